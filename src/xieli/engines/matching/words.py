"""Errors of the data bridge: a plain sentence in Chinese and English, a code to quote, and how the command ends."""
from __future__ import annotations

USAGE, DENIED, CONFLICT = 2, 3, 4


class MatchError(Exception):
    """What happened, what was kept and what to do, in `zh` and `en`.

    `exit_code`: 2 the input or request is wrong, 3 the authorization refuses, 4 a conflict with what exists.
    """

    def __init__(self, code: str, zh: str, en: str, exit_code: int = USAGE) -> None:
        super().__init__(f"{en} [{code}]")
        self.code, self.zh, self.en, self.exit_code = code, zh, en, exit_code

    def __reduce__(self) -> tuple[type[MatchError], tuple[str, str, str, int]]:
        return type(self), (self.code, self.zh, self.en, self.exit_code)

    def as_json(self) -> dict[str, object]:
        return {"error": self.code, "zh": self.zh, "en": self.en, "exit_code": self.exit_code}


class Refused(MatchError):
    """The authorization, its state or a limit does not allow this; nothing was done."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(code, zh, en, DENIED)


class Conflict(MatchError):
    """What is asked conflicts with what exists; nothing was changed."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(code, zh, en, CONFLICT)
