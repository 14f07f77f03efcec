"""Bounded typed paths: official → kin → company → contract, each edge of its kind, all in force together.

A search walks all starts at once, hop by hop, over arrays. Edges on a path must overlap in time: there is a
day on which all of them were in force. At most MAX_HOPS hops: longer chains connect everybody with everybody.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .graph import KINDS, Evidence, Graph, text_of

MAX_HOPS = 5
MOST_PATHS = 200_000  # walks kept per hop; beyond it the search says so instead of filling the memory

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Step:
    """One or more hops of the same sort: kinds allowed, direction (out, in, both), least and most repeats."""

    kinds: tuple[str, ...]
    direction: str = "both"
    least: int = 1
    most: int = 1

    def __post_init__(self) -> None:
        if not self.kinds or any(k not in KINDS for k in self.kinds):
            raise ValueError(f"unknown kind in {self.kinds}; known: {', '.join(KINDS)} / 未知的关系类型")
        if self.direction not in ("out", "in", "both") or not 0 <= self.least <= self.most:
            raise ValueError("direction is out, in or both, and 0 ≤ least ≤ most / 方向或次数有误")


# official → up to two steps of kin → company, perhaps through one more company → contract (model 15 of the catalogue)
SHADOW_COMPANY = (
    Step(("kin",), "both", 0, 2),
    Step(("office", "ownership"), "out", 1, 2),
    Step(("contract",), "both", 1, 1),
)


@dataclass(frozen=True, slots=True)
class Paths:
    """Found walks. nodes[i] has one more entry than edges[i]; windows are the days common to all edges."""

    nodes: tuple[tuple[int, ...], ...]
    edges: tuple[tuple[int, ...], ...]
    first_day: tuple[int, ...]
    last_day: tuple[int, ...]
    cut_short: bool  # more walks existed than MOST_PATHS; narrow the question

    def __len__(self) -> int:
        return len(self.nodes)

    def describe(self, graph: Graph, i: int) -> dict[str, object]:
        """Path i with names, kinds, dates and evidence of every edge, for a person or for JSON."""
        steps = []
        for e in self.edges[i]:
            proof = graph.evidence[e] if graph.evidence else Evidence("", str(e))
            kind = list(KINDS)[int(graph.kind[e])]
            steps.append({
                "kind": kind, "zh": KINDS[kind][0], "en": KINDS[kind][1],
                "from": text_of(int(graph.first_day[e])), "to": text_of(int(graph.last_day[e])),
                "dataset": proof.dataset, "row": proof.row, "note": proof.note,
            })  # fmt: skip
        names = [graph.node_names[n] if graph.node_names else str(n) for n in self.nodes[i]]
        hops = len(steps)
        # our default of the catalogue: up to three hops strong, four and five weak
        return {
            "nodes": names, "steps": steps, "hops": hops, "strength": "strong" if hops <= 3 else "weak",
            "strength_zh": "强" if hops <= 3 else "弱",
            "together_from": text_of(self.first_day[i]), "together_to": text_of(self.last_day[i]),
        }  # fmt: skip


@dataclass
class _Walks:
    nodes: NDArray[np.int32]  # (walks, hops + 1)
    edges: NDArray[np.int64]  # (walks, hops)
    first: NDArray[np.int32]
    last: NDArray[np.int32]

    def take(self, at: Ints | NDArray[np.bool_]) -> _Walks:
        return _Walks(self.nodes[at], self.edges[at], self.first[at], self.last[at])


def _hop(graph: Graph, walks: _Walks, step: Step, overlap: bool) -> tuple[_Walks, bool]:
    """All walks one hop longer: right kind, no node twice, still a common day."""
    at = walks.nodes[:, -1].astype(np.int64)
    parts_walk, parts_edge, parts_node = [], [], []
    for kind in step.kinds:
        for reverse in (False, True):
            if (step.direction == "out" and reverse) or (step.direction == "in" and not reverse):
                continue
            index = graph.index(kind, reverse)
            low = index.start[at]
            count = index.start[at + 1] - low
            total = int(count.sum())
            if not total:
                continue
            walk = np.repeat(np.arange(len(at)), count)
            offset = np.arange(total) - np.repeat(np.cumsum(count) - count, count)
            edge = index.edge[np.repeat(low, count) + offset]
            parts_walk.append(walk)
            parts_edge.append(edge)
            parts_node.append((graph.source if reverse else graph.target)[edge])
    if not parts_walk:
        return walks.take(np.zeros(0, dtype=np.int64)), False
    walk, edge, node = np.concatenate(parts_walk), np.concatenate(parts_edge), np.concatenate(parts_node)
    keep = (walks.nodes[walk] != node[:, None]).all(axis=1)
    first, last = np.maximum(walks.first[walk], graph.first_day[edge]), np.minimum(walks.last[walk], graph.last_day[edge])
    if overlap:
        keep &= first <= last
    walk, edge, node, first, last = walk[keep], edge[keep], node[keep], first[keep], last[keep]
    cut = len(walk) > MOST_PATHS
    if cut:
        walk, edge, node, first, last = (x[:MOST_PATHS] for x in (walk, edge, node, first, last))
    longer = _Walks(
        np.concatenate([walks.nodes[walk], node[:, None].astype(np.int32)], axis=1),
        np.concatenate([walks.edges[walk], edge[:, None]], axis=1),
        first.astype(np.int32),
        last.astype(np.int32),
    )
    return longer, cut


def find_paths(
    graph: Graph,
    starts: Sequence[int] | Ints,
    pattern: Sequence[Step] = SHADOW_COMPANY,
    *,
    targets: NDArray[np.bool_] | None = None,
    overlap: bool = True,
) -> Paths:
    """All paths from the starts that follow the pattern, shortest first.

    targets: mask over nodes; only paths that end in it are kept. overlap: all edges share a day. Raises
    ValueError when the pattern could take more than MAX_HOPS hops.
    """
    if sum(s.most for s in pattern) > MAX_HOPS:
        raise ValueError(f"the pattern may take more than {MAX_HOPS} hops / 路径模式可能超过 {MAX_HOPS} 跳")
    begin = np.asarray(starts, dtype=np.int32)
    n = len(begin)
    far = np.iinfo(np.int32)
    none = _Walks(begin[:, None], np.zeros((n, 0), dtype=np.int64), np.full(n, far.min, np.int32), np.full(n, far.max, np.int32))
    fronts = [none]
    cut_short = False
    for step in pattern:
        after: list[_Walks] = []
        for front in fronts:
            at = front
            if step.least == 0:
                after.append(at)
            for repeat in range(1, step.most + 1):
                at, cut = _hop(graph, at, step, overlap)
                cut_short |= cut
                if repeat >= step.least and len(at.nodes):
                    after.append(at)
        fronts = after
    if targets is not None:
        fronts = [f.take(targets[f.nodes[:, -1]]) for f in fronts]
    fronts.sort(key=lambda f: f.edges.shape[1])
    return Paths(
        tuple(tuple(r) for f in fronts for r in f.nodes.tolist()),
        tuple(tuple(r) for f in fronts for r in f.edges.tolist()),
        tuple(x for f in fronts for x in f.first.tolist()),
        tuple(x for f in fronts for x in f.last.tolist()),
        cut_short,
    )
