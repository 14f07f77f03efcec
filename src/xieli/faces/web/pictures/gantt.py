"""The project board as a picture: planned bars by the frozen baseline, real ones below, and how late each began or ended."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from xieli.faces.web.pictures.drawing import Drawing, cell, table
from xieli.faces.web.pictures.svg import Picture, fit

WIDTH, LEFT, ROW = 900, 220, 36


@dataclass(frozen=True)
class Bar:
    """One stage by its baseline: days are inclusive; `actual` is when it really began, None when it has not; `ended` when it ended.

    `settled`: the whole is completed, so that a stage nobody reported is not late until today.
    """

    name: str
    start: date
    end: date
    actual: date | None = None
    ended: date | None = None
    settled: bool = False


def slip(bar: Bar, today: date) -> int:
    """Days late: from the planned to the actual start, or to today when it should have begun; never below 0."""
    return 0 if bar.settled and bar.actual is None else max(0, ((bar.actual or today) - bar.start).days)


def state(bars: Sequence[Bar], ended: bool, today: date) -> str:
    """done, late or on_time: computed from the dates, never entered (seed row S3-17)."""
    if ended:
        return "done"
    return "late" if any(slip(b, today) > 0 for b in bars) else "on_time"


def gantt(rows: Sequence[tuple[str, Sequence[Bar]]], today: date, title: str, note: str = "", urls: Sequence[str] = ()) -> Drawing:
    """A line per project: planned bars above, the real course below, a slip hatched in red; the line of today."""
    head = (_("项目"), _("阶段"), _("计划"), _("实际"), _("拖期（天）"))
    twin = [(cell(name, urls[n] if n < len(urls) else ""), b.name, f"{b.start} – {b.end}", f"{b.actual or ''}{f' – {b.ended}' if b.ended else ''}" or "—", slip(b, today)) for n, (name, mine) in enumerate(rows) for b in mine]
    bars = [b for _name, mine in rows for b in mine]
    if not bars:
        return Drawing(Picture(640, 20, title).render(), title, *table(head, twin), note)
    first, last = min(b.start for b in bars), max([today, *(b.end for b in bars), *(b.ended for b in bars if b.ended)])
    span, picture = max(1, (last - first).days), Picture(WIDTH, ROW * len(rows) + 48, title)

    def x(day: date) -> float:
        return LEFT + (day - first).days * (WIDTH - LEFT - 20) / span

    for day in _months(first, last):
        picture.line(x(day), 20, x(day), ROW * len(rows) + 24, "grid")
        picture.text(x(day) + 3, ROW * len(rows) + 40, day.strftime("%Y-%m"), "axis")
    for n, (name, mine) in enumerate(rows):
        y, begin = 24 + n * ROW, len(picture.shapes)
        picture.text(LEFT - 10, y + 16, fit(name, LEFT - 16, 13), "ink", "end")
        picture.link(urls[n] if n < len(urls) else "", begin)
        for b in mine:
            picture.rect(x(b.start), y, x(b.end) - x(b.start), 11, "bar-part", f"{name} · {b.name}: {b.start} – {b.end}")
            if b.actual:
                picture.rect(x(b.actual), y + 14, x(b.ended or min(max(today, b.actual), max(b.end, b.actual))) - x(b.actual), 8, "bar-owner", f"{b.name}: {b.actual} – {b.ended or ''}")
            if slip(b, today):
                picture.rect(x(b.start), y + 24, x(b.actual or today) - x(b.start), 5, "bar-over", f"{b.name}: {_('拖期（天）')} {slip(b, today)}", hatched=True)
    picture.line(x(today), 12, x(today), ROW * len(rows) + 24, "mark")
    near = x(today) > WIDTH - 120
    picture.text(x(today) + (-4 if near else 4), 12, today.isoformat(), "axis", "end" if near else "start")
    return Drawing(picture.render(), title, *table(head, twin), note)


def _months(first: date, last: date) -> list[date]:
    """Firsts of months between two days, at most twelve of them."""
    found, day = [], date(first.year + first.month // 12, first.month % 12 + 1, 1)
    while day <= last:
        found.append(day)
        day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return found[:: max(1, -(-len(found) // 8))]


def draw(rows: Sequence[tuple[str, Sequence[Bar]]], today: date) -> str:
    """The picture alone, for a page that prints its own table; empty when there is nothing to draw."""
    return str(gantt(rows, today, _("挂图")).svg) if any(mine for _name, mine in rows) else ""
