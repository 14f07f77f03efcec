"""Who convenes next, what is open, which slots passed without a meeting."""
from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from xieli.office.matters.tables.core import Matter, MatterLink
from xieli.office.matters.tables.work import Fact
from xieli.office.meetings.models import MeetingSeries


def meetings_of(series: MeetingSeries) -> QuerySet[Matter]:
    """The meetings of a series that this reader may see, the latest first; cancelled ones are not meetings of it."""
    mine = Fact.objects.filter(matter=OuterRef("pk"), code="meeting.series", text=series.code, retracted_at=None)
    return Matter.objects.filter(Exists(mine), kind="meeting").exclude(close_kind="not_held").order_by("-opened_at", "-id")


def next_convener(series: MeetingSeries) -> int | None:
    """The side whose turn it is: the one after the side that convened last; the first where nobody has; None where an office convenes."""
    order = [s.body_id for s in series.sides.filter(convenes=True).order_by("place")]
    if not order:
        return None
    last = meetings_of(series).first()
    if last is None or last.owner_body_id not in order:
        return order[0]
    return order[(order.index(last.owner_body_id) + 1) % len(order)]


def open_items(series: MeetingSeries) -> list[Matter]:
    """Tasks from the decisions of earlier meetings that are not done, the oldest first."""
    links = MatterLink.objects.filter(source__in=meetings_of(series), target__kind="decision_task", target__status="open").select_related("target")
    return [link.target for link in links.order_by("target__opened_at", "target_id")]


@dataclass(frozen=True)
class Slot:
    """One week, month, quarter or year of a series: from, to, the meetings held in it; ``over`` when its last day has passed."""

    first: date
    last: date
    held: int
    over: bool

    @property
    def missed(self) -> bool:
        """It passed and nobody met."""
        return self.over and not self.held


def slots(series: MeetingSeries, until: date) -> list[Slot]:
    """Every slot of the series that has begun by a day."""
    held = sorted(d for d in Fact.objects.filter(matter__in=meetings_of(series), code="meeting.held", retracted_at=None).values_list("day", flat=True) if d is not None and d <= until)
    found, first, step = [], series.valid_from, 0
    end = min(until, series.valid_to - timedelta(days=1)) if series.valid_to else until
    while first <= end:
        step += 1
        following = _later(series.valid_from, step, series.every)
        last = following - timedelta(days=1)
        found.append(Slot(first, last, sum(first <= d <= last for d in held), last <= until))
        first = following
    return found


def _later(day: date, steps: int, every: str) -> date:
    """A day some slots later, counted from the start each time, so that a short month does not shift all that follow."""
    if every == "week":
        return day + timedelta(days=7 * steps)
    year, month = divmod(day.year * 12 + day.month - 1 + steps * {"month": 1, "quarter": 3, "year": 12}[every], 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
