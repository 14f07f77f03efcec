"""The sweeper: clocks whose next look has come. Runs as its own role; several may run; a missed run loses nothing.

1. Take up to `at_most` running clocks with `next_look <= now`, oldest first, skipping those another sweeper holds.
2. Fold each afresh from its events; store the cached dates of all in one statement, under the locks of step 1.
3. If its light changed for the worse, raise an alarm once and tell whom the rule names: towards custody expiry the head,
   the superior and the internal-supervision room, again each hour past it until a lawful exit is recorded.
4. A clock that cannot be folded is pushed one hour ahead and reported: a poison row cannot stop the queue.
5. Refresh knowers whose boundary has passed (`access.sweep`).
6. Feedback duties past their date turn red for the owner, the supervisor and the sender.
7. Bytes that no row names are removed (office/files).
8. Authorizations of data matching end; what is past its keeping is destroyed with a record.
9. Requests in the reporters' store that ran out lose the halves that were handed over for them.
"""
from __future__ import annotations

import logging
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection, transaction

from xieli.engines.clocks import Calendar
from xieli.engines.clocks import due as fold
from xieli.office.matters.services import clocks
from xieli.office.matters.services.source import now
from xieli.office.matters.tables.clocks import Clock, ClockEvent
from xieli.office.matters.tables.desk import CalendarRevision

log = logging.getLogger(__name__)


# what a round asks of a clock and of an event, as bare rows: five hundred objects of Django's cost more than five hundred folds
_ASKED = ("id", "rule", "code", "calendar", "parameters", "on_expiry", "state", "due_at", "alarm_at", "warn_at", "provisional", "alarmed_level")
_READ = ("clock_id", "id", "kind", "happened_at", "recorded_at", "amount", "unit", "code", "ground", "approver_level", "document_no")
_SHARED = 20  # distinct instants worth a statement of their own


def sweep_clocks(at_most: int = 500) -> int:
    """One round over due clocks. Returns how many were looked at."""
    with transaction.atomic():
        at = now()
        due = list(Clock.objects.select_for_update(skip_locked=True).filter(state="running", next_look__lte=at).order_by("next_look").values_list(*_ASKED, named=True)[:at_most])
        if not due:
            return 0
        events: dict[int, list[Any]] = defaultdict(list)
        for event in ClockEvent.objects.filter(clock_id__in=[c.id for c in due]).values_list(*_READ, named=True):
            events[event.clock_id].append(event)
        revisions = list(CalendarRevision.objects.all())
        calendars: dict[str, Calendar] = {}
        looked = []
        for clock in due:
            try:
                if clock.calendar not in calendars:
                    calendars[clock.calendar] = clocks.calendar_of(clock.calendar, revisions)
                looked.append(_look(clock, events[clock.id], calendars[clock.calendar], at))
            except Exception:
                _later(clock, at)
        try:
            with transaction.atomic():
                _write(looked)
        except DatabaseError:
            # one of them cannot be stored: each by itself, so that it stops only itself
            for one in looked:
                try:
                    with transaction.atomic():
                        _write([one])
                except DatabaseError:
                    _later(one.clock, at)
                    one.tell = False
        telling = [one for one in looked if one.tell]
        try:
            with transaction.atomic():
                _tell(telling)
        except DatabaseError:
            for one in telling:
                try:
                    with transaction.atomic():
                        _tell([one])
                except DatabaseError:
                    _later(one.clock, at)
    return len(due)


@dataclass
class _Looked:
    """A clock folded anew: what is to be stored, and whether somebody must be told."""

    clock: Any
    fresh: dict[str, Any]
    level: int
    tell: bool


def _look(clock: Any, events: list[Any], calendar: Calendar, at: datetime) -> _Looked:
    fresh = clocks.caches(clock, fold(clocks.rule_for(clock), clocks.events_of(clock, events), calendar), at)
    level = 2 if fresh["alarm_at"] is not None and fresh["alarm_at"] <= at else 1 if fresh["warn_at"] is not None and fresh["warn_at"] <= at else 0
    return _Looked(clock, fresh, level, level > clock.alarmed_level or (clock.on_expiry == "must_release" and level == 2))


def _write(looked: list[_Looked]) -> None:
    """All of them, their rows are locked by us: whose dates stand as they stood only says when to look again, by the instants they share."""
    changed, same = [], defaultdict(list)
    for one in looked:
        if one.level == one.clock.alarmed_level and all(one.fresh[name] == getattr(one.clock, name) for name in ("due_at", "alarm_at", "warn_at", "provisional")):
            same[one.fresh["next_look"]].append(one.clock.id)
        else:
            changed.append(one)
    if len(same) > _SHARED:  # each looks again at an instant of its own: one statement for all
        changed, same = looked, {}
    with connection.cursor() as cursor:
        for instant, ids in same.items():
            cursor.execute("update clock set next_look = %s where id = any (%s)", [instant, ids])
        if not changed:
            return
        cursor.execute(
            "update clock c set due_at = x.due, alarm_at = x.alarm, warn_at = x.warn, provisional = x.provisional, next_look = x.look, alarmed_level = x.level"
            " from unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::boolean[], %s::timestamptz[], %s::smallint[])"
            " x(id, due, alarm, warn, provisional, look, level) where c.id = x.id",
            [[o.clock.id for o in changed], *([o.fresh[name] for o in changed] for name in ("due_at", "alarm_at", "warn_at", "provisional", "next_look")), [o.level for o in changed]])


def _tell(looked: list[_Looked]) -> None:
    if not looked:
        return
    with connection.cursor() as cursor:
        cursor.execute("select access.raise_alarms(%s, %s)", [[o.clock.id for o in looked], [o.level for o in looked]])


def _later(clock: Any, at: datetime) -> None:
    """A clock that cannot be swept is looked at again in an hour, as if nobody had been told; the log says which."""
    log.exception("clock %s could not be swept", clock.id)
    Clock.objects.filter(pk=clock.id).update(next_look=at + timedelta(hours=1), alarmed_level=clock.alarmed_level)


def sweep_duties() -> int:
    """Feedback duties that fell due since the last look."""
    with connection.cursor() as cursor:
        cursor.execute("select access.sweep_duties()")
        return int(cursor.fetchone()[0])


def sweep_knowers(at_most: int = 500) -> int:
    """Matters whose circle changed by time alone."""
    with connection.cursor() as cursor:
        cursor.execute("select access.sweep(%s)", [at_most])
        return int(cursor.fetchone()[0])


def tell_endings() -> int:
    """Working access that ends within thirty days, and who works on or leads the matter hears of it; once an hour."""
    with connection.cursor() as cursor:
        cursor.execute("select access.tell_endings()")
        return int(cursor.fetchone()[0])


def release_loads() -> int:
    """Weekly loads of the county bodies, counts only; between two weeks nothing changes."""
    with connection.cursor() as cursor:
        cursor.execute("select access.release_loads()")
        return int(cursor.fetchone()[0])


def expire_matching() -> int:
    """Authorizations of data matching that have ended; what is past its keeping is destroyed with a record."""
    from xieli.office.desk.services import expire

    return expire()


def sweep_files() -> int:
    """Bytes that no row names. Looked for at most every ten minutes: it walks the whole store."""
    from xieli.office.files.checking import sweep_orphans

    global _files_looked_at
    if time.monotonic() - _files_looked_at < 600:
        return 0
    _files_looked_at = time.monotonic()
    return sweep_orphans()


_files_looked_at = -600.0


def end_reporter_requests() -> int:
    """Halves handed over for requests that ran out are deleted; nothing else of the store is open to this role."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select reporters.run_out(null)")
        return int(cursor.fetchone()[0])


def round_once() -> dict[str, int]:
    """One whole round."""
    return {"clocks": sweep_clocks(), "duties": sweep_duties(), "knowers": sweep_knowers(), "endings": tell_endings(), "loads": release_loads(), "matching": expire_matching(), "files": sweep_files(), "reporters": end_reporter_requests()}
