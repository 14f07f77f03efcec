"""Swim-lanes of a matter: who had the ball, and where it waited."""
from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from xieli.faces.web.pictures.drawing import Drawing, table
from xieli.faces.web.pictures.svg import Picture, fit
from xieli.faces.web.templatetags.xieli import ZONE
from xieli.office.matters.queries.timeline import Lane


def swim_lane(lanes: Sequence[Lane], now: datetime, title: str, english: bool, target: timedelta | None = None, pauses: Sequence[tuple[datetime, datetime | None]] = (), note: str = "") -> Drawing:
    """Lanes are bodies, bars their holding time: solid owns, pale takes part; diamonds are papers and approvals.

    Pauses of the clock are grey columns. A span of an owner that is longer than `target` is hatched: it waited there.
    The caller leaves out lanes the reader may not know.
    """
    left, row, width = 210 if english else 150, 34, 660  # as wide as the column it stands in, so that its words are read at their own size
    start = min((s for lane in lanes for s, _e, _r in lane.spans), default=now)
    end = max([now, *(e for lane in lanes for _s, e, _r in lane.spans if e)])
    span = max(end - start, timedelta(hours=1))
    picture = Picture(width, row * len(lanes) + 34, title)

    def x(at: datetime) -> float:
        return left + (width - left - 16) * ((at - start) / span)

    rows: list[tuple[str, str, str, str]] = []
    for begins, ends in pauses:
        picture.rect(x(begins), 0, x(ends or end) - x(begins), row * len(lanes), "bar-pause", f"{_('已暂停')} {_written(begins)} – {_written(ends)}")
    for i, lane in enumerate(lanes):
        y, name = i * row, lane.body_en if english else lane.body
        picture.text(left - 8, y + 21, fit(name, left - 14), "axis", "end")
        picture.line(left, y + row - 2, width - 8, y + row - 2, "grid")
        for begins, ends, role in lane.spans:
            waited = role == "owner" and target is not None and (ends or end) - begins > target
            picture.rect(x(begins), y + 8, x(ends or end) - x(begins), 18, "bar-owner" if role == "owner" else "bar-part", f"{name}: {_written(begins)} – {_written(ends)}", hatched=waited)
            rows.append((name, _("主办") if role == "owner" else _("协办"), _written(begins), _written(ends)))
        for point in lane.points:
            words = point.what_en if english else point.what_zh
            picture.mark(x(point.at), y + 17, "point", f"{words} {_written(point.at)}", "diamond")
            rows.append((name, words, _written(point.at), ""))
    hours = span <= timedelta(days=3)
    for k in range(5):
        at = start + span * k / 4
        picture.text(x(at), row * len(lanes) + 20, f"{at.astimezone(ZONE):%m-%d %H:%M}" if hours else f"{at.astimezone(ZONE):%Y-%m-%d}", "axis", "start" if k == 0 else "end" if k == 4 else "middle")
    return Drawing(picture.render(), title, *table((_("机构"), _("参与方式"), _("自"), _("至")), rows), note)


def _written(at: datetime | None) -> str:
    return f"{at.astimezone(ZONE):%Y-%m-%d %H:%M}" if at else ""


def swim_lanes(lanes: list[Lane], now: datetime, title: str, english: bool) -> SafeString:
    """The picture alone, for a page that prints its own table."""
    return swim_lane(lanes, now, title, english).svg
