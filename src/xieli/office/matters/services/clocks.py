"""Clocks of matters: rows of dated events; every stored date is a cache of `due(rule, events, calendar)`."""
from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from xieli.engines.clocks import Calendar, Due, Rule, due, internal_rule, load_calendars, load_rules
from xieli.engines.clocks.calendar import DayFact, Notice, apply_notice
from xieli.engines.clocks.events import Event, Kind
from xieli.engines.clocks.rules import Extension, Unit
from xieli.engines.clocks.state import near_from
from xieli.office.audit import record
from xieli.office.matters.services.errors import Refused, plain_words
from xieli.office.matters.services.source import actor, now
from xieli.office.matters.tables.clocks import Clock, ClockEvent
from xieli.office.matters.tables.core import Matter, MatterSubject
from xieli.office.matters.tables.desk import CalendarRevision


@lru_cache(maxsize=1)
def rules() -> Any:
    """The rule book of the content."""
    return load_rules()


Revision = tuple[str, tuple[int, ...], tuple[tuple[str, bool, str, str], ...]]


@lru_cache(maxsize=64)
def calendar_with(code: str, revisions: tuple[Revision, ...]) -> Calendar:
    """The shipped calendar with imported notices laid on it in their order (number, years, days)."""
    calendar: Calendar = load_calendars()[code]
    for number, years, days in revisions:
        facts = {date.fromisoformat(day): DayFact(working, zh, en, number) for day, working, zh, en in days}
        calendar = apply_notice(calendar, Notice(code, number, frozenset(years), facts))
    return calendar


def revision_of(number: str, years: Iterable[int], days: Iterable[Iterable[Any]]) -> Revision:
    """One imported notice in the form in which calendars are looked up."""
    return (number, tuple(sorted(int(y) for y in years)), tuple((str(d[0]), bool(d[1]), str(d[2]), str(d[3])) for d in (list(x) for x in days)))


def calendar_of(code: str, revisions: Iterable[CalendarRevision] | None = None) -> Calendar:
    """The calendar with every notice imported so far; `revisions` when all of them have been read just now."""
    found = CalendarRevision.objects.filter(calendar=code) if revisions is None else [r for r in revisions if r.calendar == code]
    return calendar_with(code, tuple(revision_of(r.notice_no, r.years, r.days) for r in sorted(found, key=lambda r: r.revision)))


def rule_for(clock: Clock) -> Rule:
    """A statute rule, or a length of the playbook's own made into one (drawn hollow)."""
    if not clock.rule.startswith("local:"):
        rule: Rule = rules().find(clock.rule)
        return rule
    parameters = clock.parameters
    return internal_rule(clock.rule, clock.code, clock.code, int(parameters["amount"]), Unit(parameters["unit"]), calendar=clock.calendar)


def events_of(clock: Clock, rows: Iterable[ClockEvent] | None = None) -> list[Event]:
    """The clock's dated events as the engine reads them."""
    found = []
    for row in rows if rows is not None else ClockEvent.objects.filter(clock=clock):
        found.append(Event(
            Kind(row.kind), row.happened_at, id=str(row.id), amount=row.amount, unit=Unit(row.unit) if row.unit else None,
            code=row.code, ground=row.ground, approver="" if row.kind == "start" else row.approver_level, rank=row.approver_level if row.kind == "start" else "",
            document=row.document_no,
            decided=row.recorded_at if row.kind == "restart" else None,
        ))
    return found


def compute(clock: Clock, rows: Iterable[ClockEvent] | None = None, revisions: Iterable[CalendarRevision] | None = None) -> Due:
    """The clock folded afresh; never from its caches."""
    return due(rule_for(clock), events_of(clock, rows), calendar_of(clock.calendar, revisions))


def caches(clock: Clock, result: Due, at: datetime) -> dict[str, Any]:
    """What is stored beside the events so that lists and sweepers need not fold."""
    readings = result.readings
    if clock.state == "stopped" or not readings:
        return {"due_at": None, "alarm_at": None, "warn_at": None, "provisional": False, "next_look": None}
    latest, earliest = max(r.due_at for r in readings), min(r.due_at for r in readings)
    warn = near_from(result) or earliest
    upcoming = [t for t in (warn, earliest) if t > at]
    return {
        "due_at": latest, "alarm_at": earliest, "warn_at": warn, "provisional": result.provisional,
        # past the end the sweeper keeps asking (hourly): an expired custody clock never falls silent
        "next_look": min(upcoming) if upcoming else at + timedelta(hours=1),
    }


def store(clock: Clock) -> Due:
    """Recompute the caches of one clock and of its matter's next due date."""
    result = compute(clock)
    for name, value in caches(clock, result, now()).items():
        setattr(clock, name, value)
    clock.save()
    next_due(clock.matter_id)
    return result


def next_due(matter_id: int) -> None:
    """The matter's earliest alarm among running clocks; the worklist follows by trigger."""
    earliest = (Clock.objects.filter(matter_id=matter_id, state="running", alarm_at__isnull=False)
                .order_by("alarm_at").values_list("alarm_at", flat=True).first())
    Matter.objects.filter(pk=matter_id).exclude(next_due=earliest).update(next_due=earliest)


def start(matter: Matter, code: str, *, rule: str, subject: MatterSubject | None = None, at: datetime | None = None,
          amount: int | None = None, unit: str = "", on_expiry: str = "warn", stage: str = "", document_no: str = "",
          calendar: str = "cn-mainland") -> Clock:
    """Start a clock. Starting one that already runs changes nothing (the first start counts). Records `clock.started`."""
    running = Clock.objects.filter(matter=matter, code=code, subject=subject).exclude(state="stopped").first()
    if running is not None:
        return running
    instant = at or now()
    zone_day = calendar_of(calendar).day_of(instant)
    parameters = {"amount": amount, "unit": unit} if amount else {}
    clock = Clock(matter=matter, subject=subject, rule=rule or f"local:{code}", rule_on=zone_day, code=code, calendar=calendar,
                  parameters=parameters, on_expiry=on_expiry, started_at=instant, stage=stage)
    clock.statutory = bool(rule) and rules().find(rule).statutory
    clock.save(force_insert=True)
    is_paper = bool(rule) and amount is not None
    ClockEvent.objects.create(clock=clock, matter=matter, kind="start", happened_at=instant, recorded_at=now(), document_no=document_no,
                              amount=amount if is_paper else None, unit=unit if is_paper else "", approver_level=matter.owner_body.rank, person_id=actor().person)
    store(clock)
    record("clock.started", matters=[matter.id], clock=clock.id, rule=clock.rule, at=instant)
    return clock


def happen(clock: Clock, kind: str, *, at: datetime | None = None, amount: int | None = None, unit: str = "", ground: str = "",
           approval_id: int | None = None, approver_level: str = "", document_no: str = "", code: str = "") -> Due:
    """One more dated event: suspend, resume, extend, restart, stop. The caches follow; refused findings undo it.

    Raises Refused in plain words when the rule does not allow it (cap reached, ground unknown, decided after expiry …).
    """
    instant = at or now()
    if instant > now():
        raise Refused("future", "发生时间不能晚于现在。", "An act cannot lie in the future.")
    event = ClockEvent(clock=clock, matter_id=clock.matter_id, kind=kind, happened_at=instant, recorded_at=now(), amount=amount, unit=unit,
                       code=code, ground=ground, approval_id=approval_id, approver_level=approver_level, document_no=document_no, person_id=actor().person)
    before = list(ClockEvent.objects.filter(clock=clock))
    result = compute(clock, [*before, event])
    for finding in result.findings:
        # decided too late it has no effect either: the gate stays shut, and nothing is kept that looks like an extension
        if finding.kind in ("refused", "breach") and finding.event is not None and finding.event.id == str(event.id):
            raise Refused(f"clock_{finding.code}", finding.text.zh, finding.text.en)
    with plain_words():
        event.save(force_insert=True)
    if kind == "stop":
        clock.state, clock.stopped_at = "stopped", instant
    elif kind == "suspend":
        clock.state = "suspended"
    elif kind in ("resume", "restart"):
        clock.state = "running"
    if kind in ("extend", "restart"):
        clock.alarmed_level = 0
    result = store(clock)
    record("clock.moved", matters=[clock.matter_id], clock=clock.id, kind=kind, at=instant, ground=ground or None, approval=approval_id)
    return result


def status(clock: Clock, at: datetime) -> str:
    """not_started, running, suspended, expired or stopped: what guards ask."""
    if clock.state == "running" and clock.alarm_at is not None and clock.alarm_at <= at:
        return "expired"
    return clock.state


def extension_of(clock: Clock, code: str) -> Extension | None:
    """The rule's own words on one extension: how long, by whom, on which grounds. None for a clock of the playbook's own."""
    if clock.rule.startswith("local:"):
        return None
    ways = rules().find(clock.rule).at(clock.rule_on).extensions
    return next((way for way in ways if way.code == code), None)
