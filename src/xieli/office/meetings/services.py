"""Founding and ending series; calling the next meeting of a series with what is still open."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction

from xieli.office.audit import record
from xieli.office.matters.services import leads, moves
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.services.source import call, today
from xieli.office.matters.tables.core import Matter
from xieli.office.meetings.models import MeetingSeries
from xieli.office.meetings.queries import next_convener, open_items


@dataclass(frozen=True)
class NewSeries:
    """A series as it is founded. ``in_turn``: the sides that convene by turns; else an office convenes."""

    code: str
    zh: str
    en: str
    body: int
    every: str
    sides: tuple[int, ...]
    kind: str = "regular"
    convener: int | None = None
    in_turn: tuple[int, ...] = ()
    basis: str = ""
    starts: date | None = None


@transaction.atomic
def found(new: NewSeries) -> MeetingSeries:
    """Found a series. Raises Refused without a convening office or at least two sides in turn, or when the code is taken."""
    if new.convener is None and len(set(new.in_turn)) < 2:
        raise Refused("no_convener", "系列须写明召集职务，或至少两方轮流召集。", "A series needs a convening office, or at least two sides that convene in turn.")
    if set(new.in_turn) - set(new.sides):
        raise Refused("not_a_side", "轮流召集的一方不在参会方中。", "A side that convenes is not among the sides.")
    if MeetingSeries.objects.filter(code=new.code).exists():
        raise Refused("taken", "已有同名系列。", "There is a series of that name already.")
    identity = call("found_series", new.code, new.zh, new.en, new.body, new.every, new.kind, new.convener, new.basis, list(new.sides), list(new.in_turn), new.starts or today())
    record("series.founded", series=new.code, every=new.every)
    return MeetingSeries.objects.get(pk=identity)


@transaction.atomic
def end(series: MeetingSeries, last_day: date) -> None:
    """End a series. Raises Refused when the day lies before its start."""
    if last_day < series.valid_from:
        raise Refused("period", f"结束日 {last_day} 早于开始日 {series.valid_from}。", f"It would end on {last_day}, before it starts on {series.valid_from}.")
    call("end_series", series.id, last_day)
    record("series.ended", series=series.code, on=last_day)


@transaction.atomic
def call_meeting(series: MeetingSeries, planned_on: date, agenda: Sequence[str] = (), *, convener: int | None = None, out_of_turn: str = "", axis: str = "", room: int | None = None) -> Matter:
    """Register the next meeting of a series and hand in its call: the side whose turn it is convenes, open items come first.

    Raises Refused when another side than the next convenes without a reason, or when there is nothing to speak about.
    """
    due = next_convener(series)
    side = convener or due or series.body_id
    if due is not None and side != due and len(out_of_turn.strip()) < 4:
        raise Refused("turn", "没有轮到这一方召集；例外须写明理由。", "It is not this side's turn to convene; an exception needs a reason.")
    items = open_items(series)
    if not items and not agenda:
        raise Refused("no_agenda", "没有遗留事项，也没有新的议题。", "Nothing is open from last time and no new item was given.")
    others = [s.body_id for s in series.sides.order_by("place") if s.body_id != side]
    if not others:
        raise Refused("no_side", "系列没有其他参会方。", "The series has no other side.")
    matter = leads.register(leads.NewMatter("meeting", f"{series.name_zh}（{planned_on.isoformat()}）", side, room, level=0, parties={"side": tuple(others)}))
    values: dict[str, Any] = {
        "series": series.code, "period": series.every, "kind": series.kind, "planned_on": planned_on.isoformat(), "convener_side": str(side), "side": str(others[0]),
        "in_turn": due is None or side == due,
        "agenda": [{"title": m.title, "from_last": True} for m in items] + [{"title": t, "from_last": False} for t in agenda],
    }
    last = series_last_side(series, before=matter.id)
    optional = {"previous_side": str(last) if last else "", "turn_reason": out_of_turn.strip(), "axis": axis}
    moves.make(matter, "submit", form=("call", {**values, **{k: v for k, v in optional.items() if v}}))
    matter.refresh_from_db()
    return matter


def series_last_side(series: MeetingSeries, *, before: int = 0) -> int | None:
    """The body that convened the series' last meeting, if any."""
    from xieli.office.meetings.queries import meetings_of

    row = meetings_of(series).exclude(pk=before).first()
    return row.owner_body_id if row else None
