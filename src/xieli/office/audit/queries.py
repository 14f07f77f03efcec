"""Questions to the ledger, each for one screen, and the few acts of its administrators. All run in the caller's bound transaction."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from xieli.engines import ledger
from xieli.office.audit.recording import record


@dataclass(frozen=True, slots=True)
class Look:
    """One line of "who has seen this". `event` is None where the event names another matter that the reader may not read."""

    uuid: UUID
    at: datetime
    verb: str
    person: int | None
    capacity: str
    purpose: str | None
    event: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the audit administrator's trail: no content and no matter, only on how many of them."""

    uuid: UUID
    at: datetime
    verb: str
    person: int | None
    session: int | None
    capacity: str
    process: str
    matters: int
    sealed: bool


def _rows(query: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


def who_has_seen(matter: int, *, before: datetime | None = None, limit: int = 200) -> list[Look]:
    """Every act on the matter, the newest first; empty for who may not read it. At most 1,000."""
    rows = _rows("select uuid, at, verb, person, capacity, purpose, canon from audit.seen(%s, %s, %s)", [matter, before, limit])
    return [
        Look(uuid, at, verb, person, capacity, purpose, None if canon is None else ledger.read(bytes(canon)))
        for uuid, at, verb, person, capacity, purpose, canon in rows
    ]


def trail(since: datetime, until: datetime, *, person: int | None = None, verb: str | None = None, limit: int = 500) -> list[Step]:
    """The trail for an audit administrator; empty for everyone else. Reading it is an act and is recorded."""
    steps = [Step(*row) for row in _rows("select * from audit.trail(%s, %s, %s, %s, %s)", [since, until, person, verb, limit])]
    record("audit.trail_read", since=since, until=until, rows=len(steps))
    return steps


def order_erasure(event: UUID, part: str, basis: str) -> int:
    """Order a personal part erased (audit administrator). Returns the order's number. The database raises what is not allowed."""
    return int(_rows("select audit.order_erasure(%s, %s, %s)", [event, part, basis])[0][0])


def approve_erasure(order: int) -> None:
    """Approve another person's order; the part and its salt are gone with the end of the transaction."""
    _rows("select audit.approve_erasure(%s)", [order])


def erasures_waiting() -> list[dict[str, Any]]:
    """Orders that wait for a second person, the oldest first."""
    keys = ("id", "event", "part", "basis", "ordered_by", "ordered_at")
    return [dict(zip(keys, row, strict=True)) for row in _rows("select * from audit.erasures_waiting()", [])]


def open_alarms() -> list[dict[str, Any]]:
    """Alarms not yet closed, for the three administrators; empty for everyone else."""
    return [dict(zip(("id", "at", "kind", "zh", "en"), row, strict=True)) for row in _rows("select * from audit.open_alarms()", [])]


def close_alarm(alarm: int, remark: str) -> bool:
    """Close an alarm with a remark (audit administrator); False when it is closed already. The alarm and its end stay in the ledger."""
    return bool(_rows("select audit.close_alarm(%s, %s)", [alarm, remark])[0][0])
