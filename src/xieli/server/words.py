"""What the server side says to a person: one sentence in Chinese, one in English, and the errors that carry both."""
from __future__ import annotations

import os
import sys
from collections.abc import Callable

Say = Callable[[str], None]


def chinese() -> bool:
    """Whether the terminal's reader wants Chinese: XIELI_LANG decides, else the locale variables in their usual order."""
    for name in ("XIELI_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value:
            return value.lower().startswith("zh")
    return False


def pick(zh: str, en: str) -> str:
    """The sentence in the reader's language."""
    return zh if chinese() else en


def to_terminal(line: str) -> None:
    """Progress for a person: standard error, so that `--json` on standard output stays clean."""
    print(line, file=sys.stderr, flush=True)


def silent(line: str) -> None:
    """For callers that want no progress (libraries, tests)."""


class Trouble(Exception):
    """A failure told in plain sentences: what happened, what was kept, what to do. Both languages travel with it.

    `exit_code` is what a command ends with: 1 findings or failure, 2 usage, 3 denied, 4 conflict.
    """

    def __init__(self, zh: str, en: str, exit_code: int = 1) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en
        self.exit_code = exit_code

    def __str__(self) -> str:
        return pick(self.zh, self.en)
