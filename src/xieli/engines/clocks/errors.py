"""Errors that speak to the person who must mend something, in Chinese and English."""
from __future__ import annotations


class ClockError(ValueError):
    """A question the clocks cannot answer; ``zh`` and ``en`` say what happened and what to do."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh = zh
        self.en = en
        super().__init__(f"{zh} / {en}")


class RuleNotInForce(ClockError):
    """The act's date lies outside every version of the rule."""


class CalendarRange(ClockError):
    """A day outside the years that the calendar holds."""


class ContentError(ValueError):
    """A content file that cannot be accepted; names the file and the line (1-based, 0 when unknown)."""

    def __init__(self, file: str, line: int, zh: str, en: str) -> None:
        self.file = file
        self.line = line
        self.zh = zh
        self.en = en
        super().__init__(f"{file}:{line}: {zh} / {en}")
