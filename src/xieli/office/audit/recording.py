"""Writing acts. Every service calls `record` in its own transaction: if the event cannot be written, the act fails with it."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.utils import DatabaseError
from psycopg.types.json import Jsonb

from xieli.engines.ledger import REGISTRY, Refused
from xieli.engines.ledger.registry import FieldKind
from xieli.engines.ledger.seal import stamp


def plain(value: Any, kind: FieldKind | None = None) -> Any:
    """A field's value as the ledger keeps it: instants and days as text, identities and enumerations by their value, bytes in hexadecimal."""
    if kind and kind.many and isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [plain(v, FieldKind(kind.kind)) for v in items]
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if kind and kind.kind == "ref" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


def record(
    verb: str, *, matters: Iterable[int] = (), personal: Mapping[str, str] | None = None, **fields: Any
) -> UUID:
    """Write one act of the bound session into the ledger, inside the caller's transaction. Returns the event's identity.

    `fields`: those of the registered verb; one that is None is left out. What the verb holds as personal, given here or in `personal`, is
    in the event as a salted commitment and can be erased later.
    Raises Refused (unknown verb or field, wrong kind, no session); the caller's transaction must then roll back.
    """
    return _write(_act(verb, matters, personal, fields))[0]


def _act(verb: str, matters: Iterable[int], personal: Mapping[str, str] | None, fields: Mapping[str, Any]) -> tuple[Any, ...]:
    """One act as the database's function takes it. Raises Refused."""
    registered = REGISTRY[verb]
    given = {k: v for k, v in fields.items() if v is not None}
    parts = {k: str(given.pop(k)) for k in registered.personal & given.keys()} | dict(personal or {})
    payload = {k: plain(v, registered.fields.get(k)) for k, v in given.items()}
    registered.check(payload, parts)
    return verb, Jsonb(payload), sorted(set(matters)), Jsonb(parts)


def _write(*acts: tuple[Any, ...]) -> list[UUID]:
    """These acts in one statement. Raises Refused."""
    if not connection.in_atomic_block:
        raise Refused("须与办理在同一事务中记录", "an act is recorded in the transaction that carries it out")
    try:
        with connection.cursor() as cursor:
            cursor.execute("select " + ", ".join(["audit.record(%s, %s, %s, %s)"] * len(acts)), [value for act in acts for value in act])
            found = cursor.fetchone()
    except DatabaseError as reason:
        transaction.set_rollback(True)
        if getattr(reason.__cause__, "sqlstate", "") == "23514":  # check_violation: audit.refuse
            raise Refused(str(reason), str(reason)) from reason
        if getattr(reason.__cause__, "sqlstate", "") == "XL001":  # an export or a reveal without a fresh proof of identity
            from xieli.office.matters.services.errors import ProveAgain

            raise ProveAgain() from reason
        raise
    return [UUID(str(uuid)) for uuid in found or ()]


def record_opened(matter: int, beside: Iterable[int], purpose: str) -> None:
    """A matter was opened, and the fields of others stood beside it on the same page: seen in a list, not opened, and so an act of their own."""
    others = sorted(set(beside) - {matter})
    acts = [_act("matter.look", [matter], None, {"purpose": purpose}), *([_act("matter.list", others, None, {"purpose": purpose})] if others else [])]
    _write(*acts)


def record_look(matters: Iterable[int], purpose: str, list: bool = False, asked: str | None = None) -> UUID | None:
    """The one read event of a request: the matters whose content was opened (or, `list`, whose fields a list showed).

    `purpose` is a code (the screen's or API route's name); `asked` what was searched for. A look-up that found nothing is written as asked;
    a list without a question that shows nothing writes nothing and returns None.
    """
    seen = sorted(set(matters))
    if seen:
        return record("matter.list", matters=seen, purpose=purpose, asked=asked) if list else record("matter.look", matters=seen, purpose=purpose)
    if asked is not None:
        return record("matter.missed", purpose=purpose, asked=asked)
    return None
