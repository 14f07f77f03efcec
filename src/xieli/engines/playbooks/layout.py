"""A layered drawing of a playbook: ranks from the start downwards, few crossings, long arrows through free lanes.

Deterministic: same playbook, same picture. Units are SVG pixels; the origin is the top left corner.
"""
from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from .model import Playbook

BOX_W, BOX_H = 150, 54
GAP_X, GAP_Y = 34, 66
MARGIN = 24
TOP = 44  # room for arrows that come back to the start
SWEEPS = 12


@dataclass(frozen=True)
class Box:
    """A stage's place: centre and size."""

    stage: str
    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True)
class Arrow:
    """One drawn arrow (a move from one of its sources): the points it runs through and where its name stands.

    Moves that stay at their stage share one small loop; `loops` names them all.
    """

    move: str
    source: str
    to: str
    points: tuple[tuple[int, int], ...]
    label: tuple[int, int]
    back: bool
    loops: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layout:
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    width: int
    height: int


def size(kind: str) -> tuple[int, int]:
    """Width and height of a stage's shape."""
    return {"split": (120, 30), "join": (120, 30), "end": (140, 44), "decision": (170, 66)}.get(kind, (BOX_W, BOX_H))


def layout(playbook: Playbook) -> Layout:
    """Place every stage and route every move except the cancels (which the text twin lists)."""
    edges = _edges(playbook)
    back = _back_edges(playbook, edges)
    rank = _ranks(playbook, edges, back)
    rows, chains = _rows_with_lanes(playbook, edges, back, rank)
    _order(rows, chains)
    centre = _places(playbook, rows)
    right = max(x for x, _y in centre.values()) + BOX_W // 2
    boxes = tuple(Box(code, *centre[code], *size(playbook.stages[code].kind)) for code in playbook.stages)
    by_code = {b.stage: b for b in boxes}
    arrows: list[Arrow] = []
    lane = right + GAP_X
    used: dict[int, int] = {}
    points: tuple[tuple[int, int], ...]
    for move, source, to in edges:
        a, b = by_code[source], by_code[to]
        if source == to:
            same = tuple(m for m, s, t in edges if s == t == source)
            if move == same[0]:
                edge = a.x + a.w // 2
                points = ((edge, a.y - 7), (edge + 16, a.y - 7), (edge + 16, a.y + 7), (edge, a.y + 7))
                arrows.append(Arrow(move, source, to, points, (edge + 16, a.y - 11), True, same))
            continue
        if (move, source, to) in back:
            points = _back_route(a, b, lane, used)
            lane += 14
            arrows.append(Arrow(move, source, to, points, (points[1][0] + 46, points[1][1] + 4), True))
        else:
            points = _forward_route(a, b, [centre[n] for n in chains[(move, source, to)][1:-1]])
            arrows.append(Arrow(move, source, to, points, _middle(points), False))
    width = max(lane, right) + MARGIN + 60
    height = max(b.y + b.h // 2 for b in boxes) + MARGIN
    return Layout(boxes, tuple(arrows), width, height)


Edge = tuple[str, str, str]  # move, source, target


def _edges(playbook: Playbook) -> list[Edge]:
    return [(m.code, s, m.to) for m in playbook.moves.values() if m.kind != "cancel" or len(m.sources) == 1 for s in m.sources]


def _back_edges(playbook: Playbook, edges: list[Edge]) -> set[Edge]:
    """Edges that close a cycle in a depth-first walk from the start (returns first counted as backward)."""
    back = {e for e in edges if playbook.moves[e[0]].kind in ("return", "redo") or e[1] == e[2]}
    out: dict[str, list[Edge]] = {}
    for edge in edges:
        if edge not in back:
            out.setdefault(edge[1], []).append(edge)
    state: dict[str, int] = {}
    order = sorted(playbook.stages, key=lambda c: not playbook.stages[c].start)
    for root in order:
        stack: list[tuple[str, int]] = [(root, 0)] if root not in state else []
        while stack:
            here, position = stack.pop()
            state[here] = 1
            mine = out.get(here, [])
            if position == len(mine):
                state[here] = 2
                continue
            stack.append((here, position + 1))
            edge = mine[position]
            if state.get(edge[2]) == 1:
                back.add(edge)
            elif edge[2] not in state:
                stack.append((edge[2], 0))
    return back


def _ranks(playbook: Playbook, edges: list[Edge], back: set[Edge]) -> dict[str, int]:
    """Longest path from the start; ends of a matter are not pulled further down than they must be."""
    rank = dict.fromkeys(playbook.stages, 0)
    for _ in playbook.stages:
        changed = False
        for edge in edges:
            if edge not in back and rank[edge[2]] < rank[edge[1]] + 1:
                rank[edge[2]], changed = rank[edge[1]] + 1, True
        if not changed:
            break
    drawn = {edge[2] for edge in edges}
    lowest = max(rank.values())
    for code, stage in playbook.stages.items():
        if code not in drawn and not stage.start:  # reached by cancelling only: stands beside the other ends
            rank[code] = lowest
    return rank


def _rows_with_lanes(playbook: Playbook, edges: list[Edge], back: set[Edge], rank: dict[str, int]) -> tuple[list[list[str]], dict[Edge, list[str]]]:
    rows: list[list[str]] = [[] for _ in range(max(rank.values()) + 1)]
    for code in playbook.stages:
        rows[rank[code]].append(code)
    chains: dict[Edge, list[str]] = {}
    for edge in edges:
        if edge in back:
            continue
        chain = [edge[1]]
        for level in range(rank[edge[1]] + 1, rank[edge[2]]):
            dummy = f"\0{edge[0]}\0{edge[1]}\0{level}"
            rows[level].append(dummy)
            chain.append(dummy)
        chains[edge] = [*chain, edge[2]]
    return rows, chains


def _order(rows: list[list[str]], chains: dict[Edge, list[str]]) -> None:
    """Barycentre sweeps down and up; the best order seen (fewest crossings) stays."""
    up: dict[str, list[str]] = {}
    down: dict[str, list[str]] = {}
    for chain in chains.values():
        for a, b in pairwise(chain):
            down.setdefault(a, []).append(b)
            up.setdefault(b, []).append(a)
    best, best_cost = [list(r) for r in rows], _crossings(rows, down)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        sequence = range(1, len(rows)) if forward else range(len(rows) - 2, -1, -1)
        for level in sequence:
            neighbours = up if forward else down
            fixed = rows[level - 1 if forward else level + 1]
            position = {n: i for i, n in enumerate(fixed)}
            here = {n: i for i, n in enumerate(rows[level])}

            def middle(node: str, neighbours: dict[str, list[str]] = neighbours, position: dict[str, int] = position, here: dict[str, int] = here) -> tuple[float, int]:
                mine = [position[n] for n in neighbours.get(node, []) if n in position]
                return (sum(mine) / len(mine) if mine else here[node], here[node])

            rows[level].sort(key=middle)
        cost = _crossings(rows, down)
        if cost < best_cost:
            best, best_cost = [list(r) for r in rows], cost
    rows[:] = best


def _crossings(rows: list[list[str]], down: dict[str, list[str]]) -> int:
    total = 0
    for upper, lower in pairwise(rows):
        position = {n: i for i, n in enumerate(lower)}
        ends = [position[b] for a in upper for b in sorted(down.get(a, []), key=lambda n: position.get(n, 0)) if b in position]
        total += sum(x > y for i, x in enumerate(ends) for y in ends[i + 1 :])
    return total


def _places(playbook: Playbook, rows: list[list[str]]) -> dict[str, tuple[int, int]]:
    def wide(node: str) -> int:
        return size(playbook.stages[node].kind)[0] if node in playbook.stages else 30

    widths = [sum(wide(n) + GAP_X for n in row) - GAP_X for row in rows]
    total = max(widths)
    centre: dict[str, tuple[int, int]] = {}
    for level, row in enumerate(rows):
        x = MARGIN + (total - widths[level]) // 2
        y = TOP + BOX_H // 2 + level * (BOX_H + GAP_Y)
        for node in row:
            centre[node] = (x + wide(node) // 2, y)
            x += wide(node) + GAP_X
    return centre


def _forward_route(a: Box, b: Box, lanes: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    return ((a.x, a.y + a.h // 2), *((x, y) for x, y in lanes), (b.x, b.y - b.h // 2))


def _back_route(a: Box, b: Box, lane: int, used: dict[int, int]) -> tuple[tuple[int, int], ...]:
    """Down into the gap below the row, right to a lane of its own, and back through the gap above the target's row."""

    def gap(y: int) -> int:
        used[y] = used.get(y, 0) + 1
        return y + 5 * (used[y] - 1)

    below, above = gap(a.y + BOX_H // 2 + 12), gap(b.y - BOX_H // 2 - 24)
    out, into = a.x + a.w // 2 - 14, b.x + b.w // 2 - 14
    return ((out, a.y + a.h // 2), (out, below), (lane, below), (lane, above), (into, above), (into, b.y - b.h // 2))


def _middle(points: tuple[tuple[int, int], ...]) -> tuple[int, int]:
    """Where the name of an arrow stands: just below its beginning, where few others pass."""
    (x1, y1), (x2, y2) = points[0], points[1]
    return (x1 + int((x2 - x1) * 0.42), y1 + int((y2 - y1) * 0.42))
