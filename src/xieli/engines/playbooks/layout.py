"""A layered drawing of a playbook: ranks from the start downwards, few crossings, long arrows through free lanes.

Deterministic: same playbook, same picture. Units are SVG pixels; the origin is the top left corner.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from .lettering import STEP, place_names, width_of, wrap
from .model import Playbook, Stage
from .shapes import Arrow, Box

BOX_W, BOX_H = 150, 54
LINE = 16  # of a name in a box
GAP_X, GAP_Y = 34, 66
MARGIN = 24
TOP = 44  # room for arrows that come back to the start
SWEEPS = 12
LANE = 14  # between two arrows that run beside each other


@dataclass(frozen=True)
class Layout:
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    width: int
    height: int


def size(stage: Stage, language: str) -> tuple[int, int]:
    """Width and height of a stage's shape: as high as its name in lines needs."""
    lines = len(name_lines(stage, language))
    if stage.kind in ("split", "join"):
        return 150, 14 + LINE * lines
    wide, least, around = {"end": (140, 44, 22), "decision": (170, 66, 34)}.get(stage.kind, (BOX_W, BOX_H, 22))
    return wide, max(least, around + LINE * lines)


def name_lines(stage: Stage, language: str) -> list[str]:
    """The name of a stage as it stands in its shape."""
    return wrap(stage.label.say(language), 18 if stage.kind == "end" else 20)


def layout(playbook: Playbook, language: str = "zh") -> Layout:
    """Place every stage and route every move except the cancels (which the text twin lists), with room for their names."""
    edges = _edges(playbook)
    back = _back_edges(playbook, edges)
    rank = _ranks(playbook, edges, back)
    rows, chains = _rows_with_lanes(playbook, edges, back, rank)
    _order(rows, chains)
    sizes = {code: size(stage, language) for code, stage in playbook.stages.items()}
    names = {move.code: tuple(wrap(move.label.say(language), 22)) for move in playbook.moves.values()}
    said = {e: () if playbook.stages[e[1]].kind in ("split", "join") else names[e[0]] for e in edges}
    xs = _columns(rows, chains, sizes)
    tops = _heights(rows, edges, back, rank, sizes, said, xs)
    centre = {n: (xs[n], tops[level]) for level, row in enumerate(rows) for n in row}
    boxes = tuple(Box(code, *centre[code], *sizes[code]) for code in playbook.stages)
    by_code = {b.stage: b for b in boxes}
    right = max(xs[n] + _wide(n, sizes) // 2 for n in xs)
    ports = _ports(chains, by_code, centre)
    arrows: list[Arrow] = []
    lane = right + GAP_X
    used: dict[int, int] = {}
    points: tuple[tuple[int, int], ...]
    for edge in edges:
        move, source, to = edge
        a, b = by_code[source], by_code[to]
        if source == to:
            same = tuple(m for m, s, t in edges if s == t == source)
            if move == same[0]:
                side = a.x + a.w // 2
                points = ((side, a.y - 7), (side + 16, a.y - 7), (side + 16, a.y + 7), (side, a.y + 7))
                arrows.append(Arrow(move, source, to, points, (side + 16, a.y - 15), True, same))
            continue
        if edge in back:
            points = _back_route(a, b, lane, used, (tops[rank[source]] + _tall(rows[rank[source]], sizes) // 2, tops[rank[to]] - _tall(rows[rank[to]], sizes) // 2))
            lane += LANE
        else:
            inner = [centre[n] for n in chains[edge][1:-1]]
            points = ((ports[edge][0], a.y + a.h // 2), *inner, (ports[edge][1], b.y - b.h // 2))
        arrows.append(Arrow(move, source, to, points, (0, 0), edge in back, (), said[edge]))
    width = max(lane, right) + MARGIN
    height = max(b.y + b.h // 2 for b in boxes) + MARGIN
    placed = place_names(arrows, boxes, width)
    return Layout(boxes, placed, width, height)


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


def _wide(node: str, sizes: Mapping[str, tuple[int, int]]) -> int:
    return sizes[node][0] if node in sizes else 24


def _tall(row: list[str], sizes: Mapping[str, tuple[int, int]]) -> int:
    return max((sizes[n][1] for n in row if n in sizes), default=BOX_H)


def _columns(rows: list[list[str]], chains: dict[Edge, list[str]], sizes: Mapping[str, tuple[int, int]]) -> dict[str, int]:
    """The middle of every node: each row as near below and above its neighbours as its own widths allow."""
    above: dict[str, list[str]] = {}
    below: dict[str, list[str]] = {}
    for chain in chains.values():
        for a, b in pairwise(chain):
            below.setdefault(a, []).append(b)
            above.setdefault(b, []).append(a)
    both = {n: above.get(n, []) + below.get(n, []) for row in rows for n in row}
    place = {n: 0.0 for row in rows for n in row}
    for row in rows:
        at = -sum(_wide(n, sizes) + GAP_X for n in row) / 2
        for n in row:
            place[n] = at + _wide(n, sizes) / 2
            at += _wide(n, sizes) + GAP_X
    for sweep in range(SWEEPS + 2):
        near = both if sweep >= SWEEPS else above if sweep % 2 == 0 else below
        for row in rows if sweep % 2 == 0 else rows[::-1]:
            wish = [sum(place[m] for m in near[n]) / len(near[n]) if near.get(n) else place[n] for n in row]
            apart = [(_wide(a, sizes) + _wide(b, sizes)) / 2 + GAP_X for a, b in pairwise(row)]
            left, right = list(wish), list(wish)
            for i in range(1, len(row)):
                left[i] = max(left[i], left[i - 1] + apart[i - 1])
            for i in range(len(row) - 2, -1, -1):
                right[i] = min(right[i], right[i + 1] - apart[i])
            for n, x, y in zip(row, left, right, strict=True):
                place[n] = (x + y) / 2
    first = min(x - _wide(n, sizes) / 2 for n, x in place.items())
    return {n: round(x - first) + MARGIN for n, x in place.items()}


def _heights(rows: list[list[str]], edges: list[Edge], back: set[Edge], rank: dict[str, int], sizes: Mapping[str, tuple[int, int]],
             said: Mapping[Edge, tuple[str, ...]], xs: Mapping[str, int]) -> list[int]:
    """The middle of every row: between two rows there is room for the names of what leaves the upper one and for what comes back."""
    wide = max(xs.values()) - min(xs.values()) + BOX_W
    tops, y = [], TOP
    for level, row in enumerate(rows):
        tall = _tall(row, sizes)
        tops.append(y + tall // 2)
        leaving = [e for e in edges if rank[e[1]] == level and e[1] != e[2]]
        pairs: dict[tuple[str, str], int] = {}
        for e in leaving:
            if e not in back:
                pairs[e[1], e[2]] = pairs.get((e[1], e[2]), 0) + len(said[e])
        stacked = max(pairs.values(), default=0)
        beside = sum(max((width_of(line) for line in said[e]), default=0) * 6 + 12 for e in leaving) // wide + 1
        most = max((len(said[e]) for e in leaving), default=0)
        backs = sum(1 for e in leaving if e in back) + sum(1 for e in back if e[1] != e[2] and rank[e[2]] == level + 1)
        y += tall + max(GAP_Y, 42 + STEP * max(stacked, beside * most)) + LANE * backs
    return tops


def _ports(chains: dict[Edge, list[str]], boxes: Mapping[str, Box], centre: Mapping[str, tuple[int, int]]) -> dict[Edge, tuple[int, int]]:
    """Where each forward arrow leaves and enters: spread along the side of the box, in the order of where they go and come from."""
    ends: dict[Edge, list[int]] = {e: [boxes[e[1]].x, boxes[e[2]].x] for e in chains}
    for side in (0, 1):
        of: dict[str, list[Edge]] = {}
        for e in chains:
            of.setdefault(e[1 + side], []).append(e)
        for code, mine in of.items():
            mine.sort(key=lambda e: (centre[chains[e][1 if side == 0 else -2]][0], e[0]))
            step = min(24, int(boxes[code].w * 0.6) // max(1, len(mine) - 1))
            for i, e in enumerate(mine):
                ends[e][side] = boxes[code].x + round((i - (len(mine) - 1) / 2) * step)
    return {e: (a, b) for e, (a, b) in ends.items()}


def _back_route(a: Box, b: Box, lane: int, used: dict[int, int], edge: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """Down into the gap below the row, right to a lane of its own, and back through the gap above the target's row."""

    def gap(y: int, step: int) -> int:
        used[y] = used.get(y, 0) + 1
        return y + step * (used[y] - 1)

    below, above = gap(edge[0] + 14, LANE), gap(edge[1] - 22, -6)
    out, into = a.x + a.w // 2 - 14, b.x + b.w // 2 - 34  # the badge of the target keeps its corner
    return ((out, a.y + a.h // 2), (out, below), (lane, below), (lane, above), (into, above), (into, b.y - b.h // 2))
