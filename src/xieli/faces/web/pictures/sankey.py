"""Sankey: where what came in went to, in columns from left to right; what is still open is a band of its own."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from xieli.faces.web.pictures.drawing import Drawing, table
from xieli.faces.web.pictures.svg import Picture, fit

NODE, GAP, PAPER = 14, 14, 320


@dataclass(frozen=True)
class Flow:
    """So many went from one node to another; nodes are named by what the reader reads."""

    source: str
    target: str
    n: int


def sankey(columns: Sequence[Sequence[str]], flows: Sequence[Flow], title: str, note: str = "", floor: int = 0) -> Drawing:
    """Columns of node names, top to bottom, and the flows between neighbouring (or later) columns.

    A flow below `floor` is drawn as wide as `floor` and read as “<floor”, in the picture and in the table: the caller has
    suppressed complements already. Raises ValueError for a flow whose node is in no column or that runs backwards.
    """
    column_of = {name: i for i, names in enumerate(columns) for name in names}
    for flow in flows:
        if column_of.get(flow.source, 99) >= column_of.get(flow.target, -1):
            raise ValueError(f"a flow must run to a later column: {flow.source} → {flow.target}")
    shown = [(f, max(f.n, floor)) for f in flows if f.n > 0]
    into, out = ({name: sum(n for f, n in shown if getattr(f, side) == name) for name in column_of} for side in ("target", "source"))
    size = {name: max(into[name], out[name]) for name in column_of}
    alive = [[name for name in names if size[name]] for names in columns]
    scale = min(((PAPER - GAP * (len(names) - 1)) / sum(size[n] for n in names) for names in alive if names), default=1.0)
    width, pad = 900, 150
    step = (width - 2 * pad - NODE) / max(1, len(columns) - 1)
    picture = Picture(width, PAPER + 30, title)
    top: dict[str, float] = {}
    for names in alive:
        y = 8.0
        for name in names:
            top[name] = y
            y += size[name] * scale + GAP
    left, right = dict(top), dict(top)
    order = {name: i for i, name in enumerate(column_of)}
    for flow, n in sorted(shown, key=lambda item: (order[item[0].source], order[item[0].target])):
        x1, x2 = pad + column_of[flow.source] * step + NODE, pad + column_of[flow.target] * step
        y1, y2, h, middle = right[flow.source], left[flow.target], n * scale, (pad + column_of[flow.source] * step + NODE + pad + column_of[flow.target] * step) / 2
        right[flow.source] += h
        left[flow.target] += h
        picture.path(f"M{x1:.1f} {y1:.1f} C{middle:.1f} {y1:.1f} {middle:.1f} {y2:.1f} {x2:.1f} {y2:.1f} v{h:.1f} C{middle:.1f} {y2 + h:.1f} {middle:.1f} {y1 + h:.1f} {x1:.1f} {y1 + h:.1f} z",
                     "band", f"{flow.source} → {flow.target}: {_read(flow.n, floor)}")
    last = len(columns) - 1
    for name, i in column_of.items():
        if not size[name]:
            continue
        x, y, h = pad + i * step, top[name], size[name] * scale
        picture.rect(x, y, NODE, h, "node", f"{name}: {_read(size[name], floor)}")
        words = fit(f"{name} {_read(size[name], floor)}", pad - 12 if i in (0, last) else step - NODE - 16)
        outside = i == 0
        picture.text(x - 6 if outside else x + NODE + 6, y + h / 2 + 4, words, "ink halo", "end" if outside else "start")
    return Drawing(picture.render(), title, *table((_("从"), _("到"), _("件数")), [(f.source, f.target, _read(f.n, floor)) for f, _n in shown]), note)


def _read(n: int, floor: int) -> str:
    return f"<{floor}" if n < floor else f"{n:,}"
