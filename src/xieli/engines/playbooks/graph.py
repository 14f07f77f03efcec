"""The playbook seen as a graph: who reaches whom, what has always been passed before, what lies inside a split."""
from __future__ import annotations

from collections.abc import Callable, Iterable

from .model import Guard, Move, Playbook


def targets(playbook: Playbook, stage: str, *, kinds: Iterable[str] = ("forward", "return", "redo", "cancel")) -> tuple[str, ...]:
    """Stages that a move of one of these kinds leads to from `stage`, in file order."""
    wanted = tuple(kinds)
    return tuple(dict.fromkeys(m.to for m in playbook.moves_from(stage) if m.kind in wanted and m.to in playbook.stages))


def reachable(playbook: Playbook, starts: Iterable[str], *, stop: Iterable[str] = (), kinds: Iterable[str] = ("forward", "return", "redo", "cancel")) -> set[str]:
    """Every stage that can be reached from `starts` (included), not going on from a stage of `stop`."""
    blocked, seen = set(stop), set()
    todo = [s for s in starts if s in playbook.stages]
    while todo:
        stage = todo.pop()
        if stage in seen:
            continue
        seen.add(stage)
        if stage not in blocked:
            todo += targets(playbook, stage, kinds=kinds)
    return seen


def distance_to_end(playbook: Playbook) -> dict[str, int]:
    """The least number of moves from each stage to an end; a stage that cannot reach one is missing."""
    found = {s.code: 0 for s in playbook.stages.values() if s.kind == "end"}
    todo = list(found)
    while todo:
        goal = todo.pop(0)
        for move in playbook.moves.values():
            if move.to == goal:
                for source in move.sources:
                    if source not in found:
                        found[source] = found[goal] + 1
                        todo.append(source)
    return found


def join_of(playbook: Playbook, split: str) -> str | None:
    """The join that names this split; None when there is none."""
    return next((s.code for s in playbook.stages.values() if s.joins == split), None)


def branches(playbook: Playbook, split: str) -> list[set[str]]:
    """The stages of each branch of a split, up to its join (the join itself left out). Cancel moves leave the split."""
    join = join_of(playbook, split)
    stop = {join} if join else set()
    return [reachable(playbook, [move.to], stop=stop, kinds=("forward", "return", "redo")) - stop for move in playbook.moves_from(split)]


Mark = Callable[[Move, str], frozenset[str]]


def _stage_left(_: Move, source: str) -> frozenset[str]:
    return frozenset({source})


def always_before(playbook: Playbook, mark: Mark = _stage_left) -> dict[str, frozenset[str]]:
    """For each stage the marks (by default: the stages left) gathered on every way to it.

    A forward must-analysis: ways meet by intersection, but at a join the branches of its split meet by union,
    because all of them were walked. Stages that cannot be reached are missing.
    """
    starts = [s.code for s in playbook.stages.values() if s.start]
    live = reachable(playbook, starts)
    ways_in: dict[str, list[tuple[Move, str]]] = {stage: [] for stage in live}
    for move in playbook.moves.values():
        if move.to in live:
            ways_in[move.to] += [(move, source) for source in move.sources if source in live]
    everything = frozenset(m for ways in ways_in.values() for move, source in ways for m in mark(move, source))
    known = dict.fromkeys(live, everything) | dict.fromkeys(starts, frozenset[str]())
    regions = {s.code: branches(playbook, s.joins) for s in playbook.stages.values() if s.kind == "join" and s.joins in playbook.stages and s.joins is not None}

    def meet(ways: list[tuple[Move, str]]) -> frozenset[str]:
        gathered = [known[source] | mark(move, source) for move, source in ways]
        return frozenset.intersection(*gathered) if gathered else frozenset()

    changed = True
    while changed:
        changed = False
        for stage in live - set(starts):
            parts = [ways_in[stage]]
            if stage in regions:
                parts = [[way for way in ways_in[stage] if way[1] in branch] for branch in regions[stage]]
            now = frozenset[str]().union(*(meet(part) for part in parts if part))
            if now != known[stage]:
                known[stage], changed = now, True
    return known


def forms_before(playbook: Playbook) -> dict[str, frozenset[str]]:
    """For each stage the forms that have been submitted on every way to it."""

    def mark(move: Move, source: str) -> frozenset[str]:
        form = playbook.stages[source].form if move.kind == "forward" else None
        return frozenset(f for f in (form, move.form) if f)

    return always_before(playbook, mark)


def possibly_before(playbook: Playbook) -> dict[str, set[str]]:
    """For each stage every stage that some way to it may have left (branches of a split may interleave)."""
    found: dict[str, set[str]] = {stage: set() for stage in playbook.stages}
    for stage in playbook.stages:
        for later in reachable(playbook, targets(playbook, stage)):
            found[later].add(stage)
    for split in playbook.stages.values():
        if split.kind == "split":
            inside = branches(playbook, split.code)
            for mine in inside:
                for other in inside:
                    if other is not mine:
                        for code in mine:
                            found[code] |= other
    return found


def rows(move: Move) -> Iterable[Guard]:
    """Every guard row of a move."""
    return (row for group in move.when for row in group)
