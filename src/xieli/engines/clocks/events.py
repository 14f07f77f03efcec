"""Dated events of a clock. The clock is a fold over them; their order in the list does not matter."""
from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from .calendar import Calendar
from .errors import ClockError
from .rules import Unit


class Kind(StrEnum):
    """What happened to the clock."""

    START = "start"
    SUSPEND = "suspend"        # from ``at`` until ``until`` or until a RESUME
    RESUME = "resume"
    EXTEND = "extend"          # ``at`` is when it was decided
    RESTART = "restart"        # ``at`` is the discovery from which it runs anew, ``decided`` when it was decided
    REPORT = "report"          # one period of a recurring duty was met
    STOP = "stop"              # the duty is done, the measure has ended
    TRANSITION = "transition"  # which law governs a measure that ran when the law changed: choice old | new
    VOID = "void"              # a wrong entry is struck out, ``target`` names it


# On one instant: first what lets the clock run, then what stops it; a resume before a new suspension.
_ORDER = {kind: index for index, kind in enumerate(
    (Kind.START, Kind.TRANSITION, Kind.RESTART, Kind.RESUME, Kind.EXTEND, Kind.SUSPEND, Kind.REPORT, Kind.STOP, Kind.VOID)
)}


@dataclass(frozen=True, slots=True)
class Event:
    """One dated fact. ``at`` is a legal day or an instant in UTC; clocks in hours need instants.

    ``approver`` is a code of the vocabulary, relative to the handling body (own_head, next_level, national …);
    ``rank`` on START is the handling body's rank; ``choice`` picks among several limits; ``amount`` and ``unit`` are the
    length of an extension, or of a limit set on paper; ``until`` ends a suspension (that day counts again), or is
    the day set on paper.
    """

    kind: Kind
    at: date | datetime
    id: str = ""
    amount: int | None = None
    unit: Unit | None = None
    code: str = ""
    ground: str = ""
    approver: str = ""
    rank: str = ""
    choice: str = ""
    until: date | datetime | None = None
    decided: date | datetime | None = None
    target: str = ""
    document: str = ""


def in_order(events: Iterable[Event], calendar: Calendar) -> list[Event]:
    """Events that still stand, in the one order in which they are folded.

    Struck-out events (VOID) are gone. Raises ClockError when a VOID names no event.
    """
    events = list(events)
    struck = {event.target for event in events if event.kind is Kind.VOID}
    if struck:
        missing = struck - {event.id for event in events if event.id}
        if missing:
            name = sorted(missing)[0]
            raise ClockError(f"要撤销的事件 {name} 不存在。", f"The event {name} that is to be struck out does not exist.")
    live = [event for event in events if event.kind is not Kind.VOID and not (event.id and event.id in struck)]
    live.sort(key=lambda event: (
        calendar.day_of(event.at), instant_key(event.at), _ORDER[event.kind], event.code, event.ground, event.amount or 0,
        event.id, event.approver, str(event.until), str(event.decided), event.unit or "", event.choice, event.document,
    ))
    return live


def instant_key(at: date | datetime) -> float:
    """Order within a day: an entry with only a day comes before one with a time."""
    return at.timestamp() if isinstance(at, datetime) else 0.0


ARGUMENTS = ("amount", "unit", "code", "ground", "approver", "rank", "choice", "until", "decided", "document")


def parse_event(text: str) -> Event:
    """An event written on one line: ``kind@2026-03-01:ground=complex,approver=next_level,amount=3,unit=month``.

    Times are ISO with zone (``2026-03-17T13:20:00Z``). Raises ClockError in plain words.
    """
    head, at_sign, rest = text.partition("@")
    if not at_sign or head not in {kind.value for kind in Kind} - {"void"}:
        raise ClockError(
            f"事件“{text}”应写成 kind@date:arguments（类别@日期、参数），kind 为 start、suspend、resume、extend、restart、report、stop、transition。",
            f"Write the event “{text}” as kind@date:arguments; kind is start, suspend, resume, extend, restart, report, "
            "stop or transition.",
        )
    # The time holds colons too; arguments begin at the colon that a name and an equals sign follow.
    found = re.search(r":(?=[a-z]+=)", rest)
    cut = found.start() if found else len(rest)
    values: dict[str, str] = {}
    for part in filter(None, rest[cut + 1:].split(",")):
        name, equals, value = part.partition("=")
        if not equals or name not in ARGUMENTS:
            raise ClockError(
                f"事件“{text}”的参数“{part}”不认识；可用：{'、'.join(ARGUMENTS)}。",
                f"The argument “{part}” of “{text}” is not known; use {', '.join(ARGUMENTS)}.",
            )
        values[name] = value
    try:
        amount = int(values["amount"]) if "amount" in values else None
        unit = Unit(values["unit"]) if "unit" in values else None
    except ValueError:
        raise ClockError(
            f"事件“{text}”的 amount 或 unit 不对。", f"The amount or unit of “{text}” is wrong."
        ) from None
    return Event(
        Kind(head), parse_at(rest[:cut]), amount=amount, unit=unit,
        until=parse_at(values["until"]) if "until" in values else None,
        decided=parse_at(values["decided"]) if "decided" in values else None,
        **{name: values[name] for name in ("code", "ground", "approver", "rank", "choice", "document") if name in values},
    )


def parse_at(text: str) -> date | datetime:
    """A day (2026-03-17) or an instant with zone (2026-03-17T13:20:00+08:00). Raises ClockError."""
    try:
        if len(text) <= 10:
            return date.fromisoformat(text)
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ClockError(
            f"“{text}”不是日期或时刻，应写成 2026-03-17 或 2026-03-17T13:20:00+08:00。",
            f"“{text}” is no date or time; write 2026-03-17 or 2026-03-17T13:20:00+08:00.",
        ) from None
    if at.tzinfo is None:
        raise ClockError(f"时刻“{text}”没有时区。", f"The time “{text}” has no zone.")
    return at
