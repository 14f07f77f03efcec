"""What changed between two versions, thing by thing, in the order of the file."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .canon import canonical
from .errors import Path
from .model import Playbook

_SKIP = {"version", "format"}


@dataclass(frozen=True)
class Change:
    """One difference: `how` is added, removed or changed; values are plain data, None where there is none."""

    path: Path
    how: str
    before: Any
    after: Any

    def sentence(self, language: str = "zh") -> str:
        verb = {"added": ("新增", "added"), "removed": ("删去", "removed"), "changed": ("修改", "changed")}[self.how][0 if language == "zh" else 1]
        place = ".".join(str(part) for part in self.path)
        if self.how == "changed":
            return f"{verb} {place}：{_short(self.before)} → {_short(self.after)}" if language == "zh" else f"{verb} {place}: {_short(self.before)} → {_short(self.after)}"
        return f"{verb} {place}"


def diff(before: Playbook, after: Playbook) -> tuple[Change, ...]:
    """Every difference between two versions, except the version number itself; empty when they mean the same."""
    return tuple(_compare((), dict(before.content), dict(after.content)))


def _compare(path: Path, before: Any, after: Any) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(k for k in after if k not in before)]:
            if not path and key in _SKIP:
                continue
            if key not in after:
                yield Change((*path, key), "removed", before[key], None)
            elif key not in before:
                yield Change((*path, key), "added", None, after[key])
            else:
                yield from _compare((*path, key), before[key], after[key])
    elif canonical(before) != canonical(after):
        yield Change(path, "changed", before, after)


def _short(value: Any) -> str:
    text = canonical(value).decode()
    return text if len(text) <= 60 else text[:57] + "…"
