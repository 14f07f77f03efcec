"""Matter kinds as data: read, check, walk, draw and migrate playbooks. Pure; nothing here touches a clock or a table.

    playbook = load(bytes, "lead.yaml")            # PlaybookError names file and line
    problems = check(playbook, Library(kinds=…))   # publish checks
    state, effects, refusals = start(playbook, context)
    offers = available_moves(playbook, state, context)
    state, effects, refusals = apply(playbook, state, "assign", context)
"""
from __future__ import annotations

from collections.abc import Mapping

from .approvals import chain_for, missing_slots
from .bpmn import bpmn
from .canon import canonical, content_hash
from .checks import RULES, Library, check, require_sound
from .diff import Change, diff
from .doc import page
from .errors import PlaybookError, Problem
from .forms import Fact, complete, facts_of, validate
from .load import from_stored, load, stored
from .migrate import DryRun, MigrationMap, dry_run, migrate, migration_map
from .model import Effect, Guard, Label, Move, Playbook, Stage
from .schema import build as json_schema
from .state import Child, Context, Offer, Refusal, Result, State, state_from_data
from .steps import apply, available_moves, start
from .svg import diagram
from .text import outline, table
from .walk import Walk, walk

__all__ = [
    "RULES", "Change", "Child", "Context", "DryRun", "Effect", "Fact", "Guard", "Label", "Library", "MigrationMap", "Move", "Offer", "Playbook",
    "PlaybookError", "Problem", "Refusal", "Result", "Stage", "State", "Walk", "apply", "available_moves", "bpmn", "canonical", "chain_for", "check",
    "complete", "content_hash", "diagram", "diff", "dry_run", "facts_of", "from_stored", "json_schema", "load", "load_all", "migrate", "migration_map",
    "missing_slots", "outline", "page", "require_sound", "start", "state_from_data", "stored", "table", "validate", "walk",
]


def load_all(sources: Mapping[str, bytes]) -> dict[str, Playbook]:
    """Load every file handed in and return the newest version of each kind, by code.

    Raises PlaybookError with the problems of all files together, so that an editor sees everything at once.
    """
    problems: list[Problem] = []
    found: dict[str, Playbook] = {}
    for name, data in sources.items():
        try:
            playbook = load(data, name)
        except PlaybookError as error:
            problems += error.problems
            continue
        other = found.get(playbook.code)
        if other is not None and other.version == playbook.version:
            problems.append(Problem(name, 1, "kind_twice", f"“{playbook.code}”第 {playbook.version} 版在 {other.file} 中已有。", f"“{playbook.code}” version {playbook.version} is already in {other.file}."))
        if other is None or playbook.version > other.version:
            found[playbook.code] = playbook
    if problems:
        raise PlaybookError(problems)
    return found
