"""Words in a drawing: how wide they are, how they break into lines, and where the names of arrows find room."""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise, product
from unicodedata import east_asian_width

from .shapes import Arrow, Box

STEP = 13  # between two lines of a name
CELL = 10  # the drawing is watched for other arrows in squares of this size
FAR = 50  # points of an arrow at which its name is looked for
Point = tuple[int, int]
Rect = tuple[int, int, int, int]  # left, top, right, bottom


def width_of(text: str) -> int:
    """Columns a text takes: two for wide (Chinese) characters, one for others."""
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)


def wrap(text: str, columns: int) -> list[str]:
    """Break a name into lines of at most `columns` columns, between words where there are any."""
    lines, line = [], ""
    for part in _parts(text):
        if line and width_of(line + part) > columns:
            lines.append(line.rstrip())
            line = part.lstrip()
        else:
            line += part
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _parts(text: str) -> list[str]:
    parts: list[str] = []
    for char in text:
        if parts and width_of(char) == 1 and char != " " and width_of(parts[-1][-1]) == 1 and parts[-1][-1] != " ":
            parts[-1] += char
        else:
            parts.append(char)
    return parts


def place_names(arrows: Sequence[Arrow], boxes: Iterable[Box], width: int) -> tuple[Arrow, ...]:
    """Give every name the best place along its own arrow: on no box, on no other name, then under as few other arrows as can be.

    Longest names choose first; between equals the beginning of the arrow wins, where a reader looks for it.
    """
    solid: list[Rect] = [(b.x - b.w // 2 - 2, b.y - b.h // 2 - 4, b.x + b.w // 2 + 2, b.y + b.h // 2 + 4) for b in boxes]
    solid += [_around(a.label, ("↻9",)) for a in arrows if a.loops]
    paths = [along(a) for a in arrows]
    own = [Counter((x // CELL, y // CELL) for x, y in path) for path in paths]
    crowd = sum(own, Counter())
    placed = list(arrows)
    order = sorted((i for i, a in enumerate(arrows) if a.lines and not a.loops), key=lambda i: (-max(width_of(line) for line in arrows[i].lines), i))
    for i in order:

        def cost(at: tuple[int, Point], lines: tuple[str, ...] = arrows[i].lines, mine: Counter[Point] = own[i]) -> tuple[int, int, int]:
            step, point = at
            rect = _around(point, lines)
            cells = product(range(rect[0] // CELL, rect[2] // CELL + 1), range(rect[1] // CELL, rect[3] // CELL + 1))
            outside = max(0, 2 - rect[0]) + max(0, rect[2] - width + 2)
            return sum(_shared(rect, s) for s in solid) + outside * 20, 25 * sum(crowd[c] - mine[c] for c in cells) + 6 * step, step

        half = max(width_of(line) for line in arrows[i].lines) * 3
        spots = [(k, (x + aside, y)) for k, (x, y) in enumerate(paths[i][1:FAR]) for aside in (0, -half // 2, half // 2, -half - 4, half + 4)]
        _step, best = min(spots, key=cost)
        placed[i] = replace(arrows[i], label=best)
        solid.append(_around(best, arrows[i].lines))
    return tuple(placed)


def along(arrow: Arrow) -> list[Point]:
    """Points of an arrow as it is drawn, about ten pixels apart, from its beginning."""
    out = [arrow.points[0]]
    for (x1, y1), (x2, y2) in pairwise(arrow.points):
        steps = max(4, (abs(x2 - x1) + abs(y2 - y1)) // 10)
        for k in range(1, steps + 1):
            t = k / steps
            if arrow.back:
                out.append((round(x1 + (x2 - x1) * t), round(y1 + (y2 - y1) * t)))
            else:  # the curve of the drawing: both handles at half height
                out.append((round(x1 * (1 - t) ** 2 * (1 + 2 * t) + x2 * t * t * (3 - 2 * t)), round(y1 * (1 - t) ** 3 + 1.5 * (y1 + y2) * t * (1 - t) + y2 * t**3)))
    return out


def _around(at: Point, lines: Sequence[str]) -> Rect:
    half, high = max(width_of(line) for line in lines) * 3 + 3, (len(lines) * STEP) // 2 + 1
    return at[0] - half, at[1] - high, at[0] + half, at[1] + high


def _shared(a: Rect, b: Rect) -> int:
    """How much two rectangles share, in square pixels."""
    return max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))
