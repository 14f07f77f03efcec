"""Publish checks: `check(playbook, library)` says everything that stands against publishing it."""
from __future__ import annotations

from ..errors import PlaybookError, Problem
from ..model import Playbook
from . import conditions, living, people, references, structure, time
from .registry import RULES, Finding, Library, Rule

__all__ = ["RULES", "Finding", "Library", "Rule", "check", "require_sound"]
_MODULES = (structure, references, people, time, conditions, living)


def check(playbook: Playbook, library: Library | None = None) -> tuple[Problem, ...]:
    """Every finding of every rule, in the order of the file; empty when the playbook may be published.

    The rules that draw and walk run only when all others are content.
    """
    library = library or Library()
    found: list[Problem] = []
    for late in (False, True):
        if late and found:
            break
        for one in RULES.values():
            if one.late == late:
                found += [Problem(playbook.file, playbook.line(f.path), one.code, f.zh, f.en, f.path) for f in one.run(playbook, library)]
    return tuple(sorted(found, key=lambda p: (p.line, p.code, p.en)))


def require_sound(playbook: Playbook, library: Library | None = None) -> None:
    """Raise PlaybookError with all findings unless the playbook may be published."""
    found = check(playbook, library)
    if found:
        raise PlaybookError(found)
