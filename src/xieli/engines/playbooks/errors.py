"""What is wrong with a playbook file, said in both languages, with file and line."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that must be mended before a playbook can be used.

    `code` is stable and names the rule that refused; `path` is where in the document (keys and list positions);
    `line` counts from 1, 0 where no line is known.
    """

    file: str
    line: int
    code: str
    zh: str
    en: str
    path: Path = ()

    def sentence(self, language: str = "zh") -> str:
        """`file:line: [code] sentence` in the language asked for (zh or en)."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: [{self.code}] {self.zh if language == 'zh' else self.en}"


class PlaybookError(ValueError):
    """A playbook file was refused; nothing of it is in use. `problems` says what to mend, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(problems, key=lambda p: (p.file, p.line, p.code, str(p.path))))
        super().__init__("\n".join(f"{p.sentence('zh')} / {p.en}" for p in self.problems))
