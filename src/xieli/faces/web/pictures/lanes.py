"""Swim-lanes of a matter: who had the ball, and where it waited."""
from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.safestring import SafeString

from xieli.faces.web.pictures.svg import Picture
from xieli.faces.web.templatetags.xieli import ZONE
from xieli.office.matters.queries.timeline import Lane


def swim_lanes(lanes: list[Lane], now: datetime, title: str, english: bool) -> SafeString:
    """Lanes are bodies, bars their holding time; solid owns, pale takes part."""
    left, row, width = 270 if english else 190, 34, 900
    start = min((s for lane in lanes for s, _, _ in lane.spans), default=now)
    end = max([now, *(e for lane in lanes for _, e, _ in lane.spans if e)])
    span = max(end - start, timedelta(hours=1))
    picture = Picture(width, row * len(lanes) + 34, title)

    def x(at: datetime) -> float:
        return left + (width - left - 16) * ((at - start) / span)

    for i, lane in enumerate(lanes):
        y = i * row
        picture.text(left - 8, y + 21, (lane.body_en if english else lane.body)[:38 if english else 13], "axis", "end")
        picture.line(left, y + row - 2, width - 8, y + row - 2, "grid")
        for begins, ends, role in lane.spans:
            picture.rect(x(begins), y + 8, x(ends or end) - x(begins), 18, "bar-owner" if role == "owner" else "bar-part",
                         f"{lane.body_en if english else lane.body}: {begins.astimezone(ZONE):%Y-%m-%d %H:%M} – " + (f"{ends.astimezone(ZONE):%Y-%m-%d %H:%M}" if ends else ""))
    hours = span <= timedelta(days=3)
    for k in range(5):
        at = start + span * k / 4
        picture.text(x(at), row * len(lanes) + 20, f"{at.astimezone(ZONE):%m-%d %H:%M}" if hours else f"{at.astimezone(ZONE):%Y-%m-%d}", "axis", "start" if k == 0 else "end" if k == 4 else "middle")
    return picture.render()
