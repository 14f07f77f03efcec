"""Tile cartogram: one square per district, placed by hand; no borders, so it prints, reads for load and survives mergers."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from xieli.faces.web.pictures.drawing import Drawing, cell, table
from xieli.faces.web.pictures.svg import Picture, fit, wide

WIDE, WIDEST, HIGH, GAP = 112, 176, 62, 4
SHAPES = ("●", "▲", "■")


@dataclass(frozen=True)
class Tile:
    """One district: name, column and row on the grid (from 0), its value, the value in words, and where a click leads.

    `value` None means that nobody confirmed it: hatched, never “free”. `before` is the value of the plan it is compared with.
    """

    label: str
    column: int
    row: int
    value: float | None
    words: str = ""
    before: float | None = None
    before_words: str = ""
    url: str = ""


def _words(tile: Tile) -> str:
    """The value in words."""
    return tile.words or (_("未确认") if tile.value is None else f"{tile.value:g}")


def tile_cartogram(tiles: Sequence[Tile], title: str, bounds: tuple[float, float], note: str = "", value_name: str = "") -> Drawing:
    """Tiles in three steps: below the first bound, up to the second, above it; each step has colour, shape and number.

    Two tiles on one square are a mistake of the caller: ValueError names them.
    """
    taken: dict[tuple[int, int], str] = {}
    for tile in tiles:
        if (tile.column, tile.row) in taken:
            raise ValueError(f"{tile.label} and {taken[tile.column, tile.row]} stand on the same square")
        taken[tile.column, tile.row] = tile.label
    # squares that nobody in this picture has are not drawn: a plan of eleven districts of a city of forty would begin in the middle of the paper
    left, top = min((t.column for t in tiles), default=0), min((t.row for t in tiles), default=0)
    columns, lines = max((t.column for t in tiles), default=0) - left + 1, max((t.row for t in tiles), default=0) - top + 1
    # as wide as the longest name asks, within what a page of seven columns holds
    width = min(WIDEST, max((WIDE, *(round(max(wide(t.label, 13) + 14, wide(_words(t), 13) + 28)) for t in tiles))))
    picture = Picture(max(columns * (width + GAP), 420), lines * (HIGH + GAP) + 26, title)
    rows = []
    for tile in sorted(tiles, key=lambda t: (t.row, t.column)):
        x, y, begin = (tile.column - left) * (width + GAP), (tile.row - top) * (HIGH + GAP), len(picture.shapes)
        step = None if tile.value is None else sum(tile.value > b for b in bounds)
        words = _words(tile)
        change = "" if tile.before is None or tile.value is None else "↑" if tile.value > tile.before else "↓" if tile.value < tile.before else "="
        picture.rect(x, y, width, HIGH, "tile" if step is None else f"tile t{step}", f"{tile.label}: {words}", rx=4, hatched=step is None)
        picture.text(x + 7, y + 21, fit(tile.label, width - 12, 13), "tile-name halo-card")
        picture.text(x + 7, y + 40, fit(f"{'' if step is None else SHAPES[step] + ' '}{words}", width - 9, 13), "ink halo-card")
        if change:
            picture.text(x + 7, y + 55, fit(f"{change} {tile.before_words or f'{tile.before:g}'}", width - 12, 11), "axis")
        picture.link(tile.url, begin)
        rows.append((cell(tile.label, tile.url), words, *(((tile.before_words or f"{tile.before:g}") if tile.before is not None else "—",) if any(t.before is not None for t in tiles) else ())))
    at, y = 0.0, lines * (HIGH + GAP) + 12
    for i, words in enumerate((f"≤ {bounds[0]:g}", f"{bounds[0]:g} – {bounds[1]:g}", f"> {bounds[1]:g}", _("未确认"))):
        picture.rect(at, y - 9, 18, 12, "tile" if i == 3 else f"tile t{i}", hatched=i == 3)
        picture.text(at + 24, y + 2, (SHAPES[i] + " " if i < 3 else "") + words, "axis")
        at += 105
    head = (_("区县"), value_name or _("数值"), *((_("原来"),) if any(t.before is not None for t in tiles) else ()))
    return Drawing(picture.render(), title, *table(head, rows), note)
