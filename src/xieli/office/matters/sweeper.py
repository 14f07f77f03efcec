"""The sweeper: clocks whose next look has come. Runs as its own role; several may run; a missed run loses nothing.

1. Take up to `at_most` running clocks with `next_look <= now`, oldest first, skipping those another sweeper holds.
2. For each: fold the clock afresh from its events; compare-and-set the cached dates.
3. If its light changed for the worse, raise an alarm once and tell whom the rule names: towards custody expiry the head,
   the superior and the internal-supervision room, again each hour past it until a lawful exit is recorded.
4. A clock that cannot be folded is pushed one hour ahead and reported: a poison row cannot stop the queue.
5. Refresh knowers whose boundary has passed (`access.sweep`).
6. Feedback duties past their date turn red for the owner, the supervisor and the sender.
7. Bytes that no row names are removed (office/files).
8. Authorizations of data matching end; what is past its keeping is destroyed with a record.
"""
from __future__ import annotations

import logging
import time
from datetime import timedelta

from django.db import connection, transaction

from xieli.office.matters.services import clocks
from xieli.office.matters.services.source import now
from xieli.office.matters.tables.clocks import Clock

log = logging.getLogger(__name__)


def sweep_clocks(at_most: int = 500) -> int:
    """One round over due clocks. Returns how many were looked at."""
    done = 0
    with transaction.atomic():
        due = list(Clock.objects.select_for_update(skip_locked=True).filter(state="running", next_look__lte=now()).order_by("next_look")[:at_most])
        for clock in due:
            try:
                with transaction.atomic():
                    _look(clock)
            except Exception:
                log.exception("clock %s could not be swept", clock.id)
                Clock.objects.filter(pk=clock.pk).update(next_look=now() + timedelta(hours=1))
            done += 1
    return done


def _look(clock: Clock) -> None:
    at = now()
    result = clocks.compute(clock)
    fresh = clocks.caches(clock, result, at)
    level = 2 if fresh["alarm_at"] is not None and fresh["alarm_at"] <= at else 1 if fresh["warn_at"] is not None and fresh["warn_at"] <= at else 0
    custody = clock.on_expiry == "must_release"
    changed = Clock.objects.filter(pk=clock.pk, state="running", alarmed_level=clock.alarmed_level).update(**fresh, alarmed_level=level)
    if changed != 1:
        return  # stopped, or another sweeper was here
    if level > clock.alarmed_level or (custody and level == 2):
        with connection.cursor() as cursor:
            cursor.execute("select access.raise_alarm(%s, %s)", [clock.id, level])


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


def round_once() -> dict[str, int]:
    """One whole round."""
    return {"clocks": sweep_clocks(), "duties": sweep_duties(), "knowers": sweep_knowers(), "loads": release_loads(), "matching": expire_matching(), "files": sweep_files()}
