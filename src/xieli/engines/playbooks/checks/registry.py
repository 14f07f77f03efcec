"""The publish checks: each a rule with a code of its own and a name in both languages."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ..errors import Path
from ..model import Label, Playbook


class Finding(NamedTuple):
    """What one rule found: where, and the sentence in both languages."""

    path: Path
    zh: str
    en: str


@dataclass(frozen=True)
class Library:
    """What lies around the playbook; None means "not known here", and the checks that need it are left out.

    `kinds` are the playbooks of all matter kinds that exist; `rules` says of each rule of content/statutes whether its text was
    verified; `extensions` names the extensions that each rule knows; `locked` gives the hash under which each (kind, version) was published.
    """

    kinds: Mapping[str, Playbook] | None = None
    rules: Mapping[str, bool] | None = None
    extensions: Mapping[str, frozenset[str]] | None = None
    locked: Mapping[tuple[str, int], str] = field(default_factory=dict)
    walks: int = 20


Run = Callable[[Playbook, Library], Iterable[Finding]]


@dataclass(frozen=True)
class Rule:
    """One publish check. `late` rules run only when all others are content (they need a sound playbook)."""

    code: str
    name: Label
    run: Run
    late: bool = False


RULES: dict[str, Rule] = {}


def rule(code: str, zh: str, en: str, *, late: bool = False) -> Callable[[Run], Run]:
    """Register a check under its code."""

    def register(run: Run) -> Run:
        assert code not in RULES, code
        RULES[code] = Rule(code, Label(zh, en), run, late)
        return run

    return register
