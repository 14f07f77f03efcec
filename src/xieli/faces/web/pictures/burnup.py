"""Burn-up: what stands on the list and what was signed off, with what was reopened; an ideal line to the promised day."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from django.utils.translation import gettext as _

from xieli.faces.web.pictures.drawing import Drawing, table
from xieli.faces.web.pictures.svg import Picture


@dataclass(frozen=True)
class Point:
    """At the end of a day, counted from the beginning: put on the list, signed off, of these reopened since."""

    day: date
    listed: int
    signed_off: int
    reopened: int = 0

    @property
    def done(self) -> int:
        """Signed off and not reopened: the only thing that counts as done."""
        return self.signed_off - self.reopened


def burn_up(points: Sequence[Point], title: str, until: date | None = None, note: str = "") -> Drawing:
    """Two step lines over days; the ideal line runs from the first point to `until`. Applications to sign off are not counted."""
    head = (_("日期"), _("挂号累计"), _("销号累计"), _("复挂累计"), _("已销号"))
    rows = [(p.day.isoformat(), p.listed, p.signed_off, p.reopened, p.done) for p in points]
    if not points:
        return Drawing(Picture(640, 20, title).render(), title, *table(head, rows), note)
    points = sorted(points, key=lambda p: p.day)
    width, height, left, bottom = 760, 300, 46, 28
    picture = Picture(width, height, title)
    first, end = points[0].day, max(points[-1].day, until or points[-1].day)
    days, most = max(1, (end - first).days), max(max(p.listed for p in points), 1)

    def x(day: date) -> float:
        return left + (width - left - 90) * (day - first).days / days

    def y(n: float) -> float:
        return 14 + (height - bottom - 14) * (1 - n / most)

    for n in sorted({0, most // 2, most}):
        picture.line(left, y(n), width - 84, y(n), "grid")
        picture.text(left - 6, y(n) + 4, str(n), "axis", "end")
    for day, anchor in ((first, "start"), (end, "end")):
        picture.text(x(day), height - 8, day.isoformat(), "axis", anchor)
    picture.path(_area(points, x, y(0), [y(p.done) for p in points]), "area-done")
    picture.path(_steps(points, x, [y(p.listed) for p in points]), "line-listed", _("挂号累计"))
    picture.path(_steps(points, x, [y(p.done) for p in points]), "line-done", _("已销号"))
    if until:
        picture.line(x(first), y(0), x(until), y(points[-1].listed), "line-ideal")
    for before, point in pairwise(points):
        if point.reopened > before.reopened:
            picture.mark(x(point.day), y(point.done), "c-red", f"{_('复挂')} {point.reopened - before.reopened} · {point.day}", "diamond")
    last = points[-1]
    apart = y(last.done) - y(last.listed) > 16
    picture.text(x(last.day) + 8, y(last.listed) + (4 if apart else -6), f"{_('挂号')} {last.listed}", "ink")
    picture.text(x(last.day) + 8, y(last.done) + (4 if apart else 12), f"{_('销号')} {last.done}", "ink")
    return Drawing(picture.render(), title, *table(head, rows), note)


def _steps(points: Sequence[Point], x: object, ys: list[float]) -> str:
    out = f"M{x(points[0].day):.1f} {ys[0]:.1f}"  # type: ignore[operator]
    for point, y in zip(points[1:], ys[1:], strict=True):
        out += f" H{x(point.day):.1f} V{y:.1f}"  # type: ignore[operator]
    return out


def _area(points: Sequence[Point], x: object, floor: float, ys: list[float]) -> str:
    return f"{_steps(points, x, ys)} V{floor:.1f} H{x(points[0].day):.1f} z"  # type: ignore[operator]
