"""Who convenes next, what is open, which slots passed without a meeting."""
from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from xieli.office.matters.services.moves import forms_of
from xieli.office.matters.tables.core import Matter, MatterBody, MatterLink
from xieli.office.matters.tables.work import Fact, FormSubmission, MatterMove
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


def briefing_for(meeting: Matter, body: int) -> list[str]:
    """What a receiver may know of a meeting: its own parts and nothing else."""
    minutes = forms_of(meeting).get("minutes", {})
    return [str(p["text"]) for p in minutes.get("parts") or [] if str(p["receiver"]) == str(body)]


def without_minutes(bodies: Sequence[int], first: date, last: date) -> list[int]:
    """Bodies of which no own meeting was minuted in a period, in the order given."""
    held = set(Fact.objects.filter(code="meeting.held", retracted_at=None, day__range=(first, last), matter__owner_body_id__in=bodies).values_list("matter__owner_body_id", flat=True))
    return [b for b in bodies if b not in held]


def one_sided(notice: Matter) -> list[int]:
    """Receivers that have not acknowledged a notice, lowest identity first."""
    receivers = set(MatterBody.objects.filter(matter=notice, role="receiver", ends_at=None).values_list("body_id", flat=True))
    acked = {int(row.data["_body"]) for row in FormSubmission.objects.filter(matter=notice, form="ack") if row.data.get("_body")}
    return sorted(receivers - acked)


def exchanges(notices: Iterable[Matter]) -> list[tuple[datetime, str, Matter]]:
    """Everything sent and acknowledged, in order: the log of a round or of a series. What the reader may not see is not in it."""
    by_id = {m.id: m for m in notices}
    found = MatterMove.objects.filter(matter_id__in=by_id, move__in=["send", "received"]).order_by("at", "id")
    return [(move.at, {"send": "sent"}.get(move.move, move.move), by_id[move.matter_id]) for move in found]


def by_axis(meetings: Iterable[Matter]) -> dict[str, list[Matter]]:
    """Tasks of meetings under the line or block that each meeting was about."""
    found: dict[str, list[Matter]] = {}
    for meeting in meetings:
        axis = str(forms_of(meeting).get("call", {}).get("axis", "") or "—")
        links = MatterLink.objects.filter(source=meeting, target__kind="decision_task").select_related("target").order_by("target__opened_at", "target_id")
        found.setdefault(axis, []).extend(link.target for link in links)
    return found
