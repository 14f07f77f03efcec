"""Running matters and a new version: they stay on theirs unless an explicit map moves them, tried first on paper.

A map names every old stage: a new stage, `hold` (stays on the old version until it leaves that stage), or nothing,
which is impossible while matters stand there. Clocks keep the rule under which they started unless the map names a
replacement with its legal basis.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .graph import branches
from .model import Playbook
from .state import Refusal, State, belongs

HOLD = "hold"


@dataclass(frozen=True)
class MigrationMap:
    """From one version of a kind to another: old stage → new stage or `hold`; old clock → (new clock, basis)."""

    kind: str
    old_version: int
    new_version: int
    stages: Mapping[str, str]
    clocks: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """One old stage in a dry run."""

    stage: str
    to: str | None
    count: int
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True)
class DryRun:
    """What a migration would do: `moves`, `holds` and `impossible` add up to all the matters counted."""

    moves: tuple[Line, ...]
    holds: tuple[Line, ...]
    impossible: tuple[Line, ...]
    refusals: tuple[Refusal, ...]

    @property
    def possible(self) -> bool:
        """True when the map itself is sound and no matter stands where it cannot go."""
        return not self.impossible and not self.refusals


def migration_map(data: Mapping[str, Any]) -> MigrationMap:
    """From plain data: {kind, from, to, stages: {old: new|hold}, clocks: {old: {to, basis}}}. Raises ValueError."""
    try:
        clocks = {old: (item["to"], item["basis"]) for old, item in data.get("clocks", {}).items()}
        return MigrationMap(str(data["kind"]), int(data["from"]), int(data["to"]), {str(k): str(v) for k, v in data["stages"].items()}, clocks)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError("迁移表应含 kind、from、to、stages；期限替换应含 to 与 basis。/ A migration map needs kind, from, to and stages; a clock replacement needs `to` and `basis`.") from error


def dry_run(old: Playbook, new: Playbook, mapping: MigrationMap, counts: Mapping[str, int]) -> DryRun:
    """Say what would move, what would be held and what cannot move, given open matters per old stage. Pure."""
    wrong = _map_problems(old, new, mapping)
    moves: list[Line] = []
    holds: list[Line] = []
    impossible: list[Line] = []
    for stage in sorted(counts):
        count = counts[stage]
        if count <= 0:
            continue
        to = mapping.stages.get(stage)
        refusals = _stage_problems(old, new, stage, to)
        line = Line(stage, to, count, refusals)
        (impossible if refusals else holds if to == HOLD else moves).append(line)
    return DryRun(tuple(moves), tuple(holds), tuple(impossible), wrong)


def migrate(old: Playbook, new: Playbook, mapping: MigrationMap, state: State) -> tuple[State, tuple[Refusal, ...]]:
    """The matter's state under the new version: finished steps stay finished, nothing is done twice.

    A state with any open step on hold, or with a step that cannot move, is returned unchanged with the reason.
    """
    belongs(old, state)
    problems = list(_map_problems(old, new, mapping))
    for token in state.tokens:
        to = mapping.stages.get(token.stage)
        if to == HOLD:
            label = old.stages[token.stage].label
            problems.append(Refusal("on_hold", f"“{label.zh}”按迁移表留在旧版本。", f"“{label.en}” is held on the old version by the map."))
        problems += _stage_problems(old, new, token.stage, to)
    frames = {frame.split for token in state.tokens for frame in token.frames}
    for split in frames:
        if mapping.stages.get(split, split) not in new.stages:
            problems.append(Refusal("split_gone", f"新版本没有分叉“{split}”。", f"The new version has no split “{split}”."))
    if state.closed:
        problems.append(Refusal("closed", "已经办结的事项不迁移。", "A closed matter is not migrated."))
    if problems:
        return state, tuple(dict.fromkeys(problems))

    def moved(code: str) -> str:
        to = mapping.stages.get(code, code)
        return code if to == HOLD else to

    tokens = tuple(replace(t, stage=moved(t.stage), frames=tuple(replace(f, split=moved(f.split)) for f in t.frames)) for t in state.tokens)
    done = tuple(replace(d, stage=moved(d.stage), to=moved(d.to)) for d in state.done)
    return replace(state, version=new.version, sha256=new.sha256, tokens=tokens, done=done), ()


def _map_problems(old: Playbook, new: Playbook, mapping: MigrationMap) -> tuple[Refusal, ...]:
    found = []
    if (mapping.kind, mapping.old_version, mapping.new_version) != (old.code, old.version, new.version) or old.code != new.code:
        found.append(Refusal("other_versions", "迁移表不是写给这两个版本的。", "The map was not written for these two versions."))
    for stage, to in mapping.stages.items():
        if stage not in old.stages:
            found.append(Refusal("stage_unknown", f"旧版本没有环节“{stage}”。", f"The old version has no stage “{stage}”."))
        if to != HOLD and to not in new.stages:
            found.append(Refusal("stage_unknown", f"新版本没有环节“{to}”。", f"The new version has no stage “{to}”."))
    for clock, (to, basis) in mapping.clocks.items():
        if clock not in old.clocks or to not in new.clocks or not basis:
            found.append(Refusal("clock_replacement", f"期限“{clock}”的替换须指明新旧期限和法律依据。", f"Replacing the clock “{clock}” needs both clocks and a legal basis."))
    return tuple(found)


def _stage_problems(old: Playbook, new: Playbook, stage: str, to: str | None) -> tuple[Refusal, ...]:
    if stage not in old.stages:
        return (Refusal("stage_unknown", f"旧版本没有环节“{stage}”。", f"The old version has no stage “{stage}”."),)
    label = old.stages[stage].label
    if to is None:
        return (Refusal("not_mapped", f"迁移表没有说“{label.zh}”去哪里。", f"The map does not say where “{label.en}” goes."),)
    if to == HOLD:
        return ()
    if to not in new.stages:
        return (Refusal("stage_unknown", f"新版本没有环节“{to}”。", f"The new version has no stage “{to}”."),)
    if new.stages[to].kind in ("split", "join", "end"):
        return (Refusal("not_a_step", f"“{new.stages[to].label.zh}”不是可以停留的环节。", f"“{new.stages[to].label.en}” is no stage where a matter can stand."),)
    if _splits_around(old, stage) != _splits_around(new, to):
        return (Refusal("other_branch", f"“{label.zh}”在分叉中的位置与新环节不同，只能先走完或留在旧版本。", f"“{label.en}” lies in other splits than its new stage; let it finish or hold it."),)
    return ()


def _splits_around(playbook: Playbook, stage: str) -> frozenset[str]:
    return frozenset(s.code for s in playbook.stages.values() if s.kind == "split" and any(stage in branch for branch in branches(playbook, s.code)))
