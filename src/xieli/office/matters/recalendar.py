"""Import a working-day notice: one revision of the calendar, open clocks folded anew in batches, only moved rows written.

Run by the installer as keeper of the tables; reads and writes through one psycopg connection, in one transaction.
"""
from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from xieli.engines.clocks import diff
from xieli.engines.clocks.calendar import CalendarDiff, Notice
from xieli.engines.clocks.fold import due
from xieli.office.matters.services import clocks
from xieli.office.matters.tables.clocks import Clock, ClockEvent

BATCH = 2000
CACHED = ("due_at", "alarm_at", "warn_at", "provisional", "next_look")


@dataclass(frozen=True)
class MovedClock:
    """A clock whose stored dates or 暂定 mark the notice changed."""

    clock: int
    matter: int
    rule: str
    before: str
    after: str
    date_moved: bool


@dataclass(frozen=True)
class Imported:
    """What an import did: the revision, how many clocks were folded anew, which moved."""

    revision: int
    change: CalendarDiff
    looked_at: int
    moved: tuple[MovedClock, ...]


def import_notice(connection: psycopg.Connection[Any], notice: Notice) -> Imported:
    """Lay a notice on its calendar. Raises ValueError when the same notice was imported before; ClockError when it does not fit."""
    code = notice.calendar
    days = [[day.isoformat(), fact.working, fact.zh, fact.en] for day, fact in sorted(notice.days.items())]
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(hashtext('calendar:' || %s))", [code])
        earlier = [clocks.revision_of(*row) for row in connection.execute(
            "select notice_no, years, days from calendar_revision where calendar = %s order by revision", [code])]
        fresh = clocks.revision_of(notice.number, notice.years, days)
        if fresh in earlier:
            raise ValueError(f"这份通知已经导入（{notice.number}），没有改动。 / This notice was imported before ({notice.number}); nothing was changed.")
        old, new = clocks.calendar_with(code, tuple(earlier)), clocks.calendar_with(code, (*earlier, fresh))
        change = diff(old, new)
        revision = len(earlier) + 1
        moved, looked_at = _refold(connection, code, new, change) if not change.empty else ([], 0)
        connection.execute("insert into calendar_revision (calendar, revision, notice_no, years, days, imported_at, moved) values (%s, %s, %s, %s, %s, access.now(), %s)",
                           [code, revision, notice.number, Jsonb(sorted(notice.years)), Jsonb(days), Jsonb(dict(Counter(m.rule for m in moved)))])
    return Imported(revision, change, looked_at, tuple(moved))


def _refold(connection: psycopg.Connection[Any], code: str, calendar: Any, change: CalendarDiff) -> tuple[list[MovedClock], int]:
    changed = [item.day for item in change.changes]
    row = connection.execute("select access.now()").fetchone()
    assert row is not None
    at, after, moved, looked_at = row[0], 0, [], 0
    while True:
        # a clock can only move if a changed day, or a year that became final, lies between its start and its end
        batch = connection.cursor(row_factory=dict_row).execute(
            "select * from clock c where c.calendar = %s and c.state in ('running', 'suspended') and c.id > %s and (c.due_at is null"
            " or exists (select 1 from unnest(%s::date[]) d where d between c.started_at::date - 1 and c.due_at::date + 1)"
            " or exists (select 1 from unnest(%s::integer[]) y where y between extract(year from c.started_at) and extract(year from c.due_at)))"
            " order by c.id limit %s", [code, after, changed, list(change.published), BATCH]).fetchall()
        if not batch:
            return moved, looked_at
        after = batch[-1]["id"]
        looked_at += len(batch)
        events: dict[int, list[ClockEvent]] = defaultdict(list)
        for event in connection.cursor(row_factory=dict_row).execute("select * from clock_event where clock_id = any (%s)", [[r["id"] for r in batch]]):
            events[event["clock_id"]].append(ClockEvent(**event))
        writes = []
        for stored in batch:
            clock = Clock(**stored)
            fresh = clocks.caches(clock, due(clocks.rule_for(clock), clocks.events_of(clock, events[clock.id]), calendar), at)
            if any(stored[name] != fresh[name] for name in ("due_at", "alarm_at", "warn_at", "provisional")):
                writes.append((clock.id, *(fresh[name] for name in CACHED)))
                moved.append(MovedClock(clock.id, clock.matter_id, clock.rule, str(stored["due_at"]), str(fresh["due_at"]), stored["due_at"] != fresh["due_at"]))
        if writes:
            _write(connection, writes)


def _write(connection: psycopg.Connection[Any], writes: list[tuple[Any, ...]]) -> None:
    """One statement for the clocks, one for their matters; the worklist follows by trigger."""
    columns = [list(column) for column in zip(*writes, strict=True)]
    connection.execute(
        "update clock c set due_at = x.due, alarm_at = x.alarm, warn_at = x.warn, provisional = x.provisional, next_look = x.look"
        " from unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::boolean[], %s::timestamptz[]) x(id, due, alarm, warn, provisional, look)"
        " where c.id = x.id", columns)
    connection.execute(
        "update matter m set next_due = s.earliest from (select c.matter_id, min(c.alarm_at) filter (where c.state = 'running') as earliest from clock c"
        " where c.matter_id in (select matter_id from clock where id = any (%s)) group by 1) s where m.id = s.matter_id and m.next_due is distinct from s.earliest", [columns[0]])
