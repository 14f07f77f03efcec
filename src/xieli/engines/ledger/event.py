"""The envelope of an act, as it is hashed.

    {"at":"2026-11-22T03:39:16.000000Z","by":{"capacity":"regular:7","person":"12","process":"xieli_web","session":"34"},
     "fields":{…},"id":"<uuid>","matters":["5","9"],"personal":{"name":"<commitment>"},"v":1,"verb":"matter.look"}

Identities are text, because they use 62 bits and JSON numbers are exact to 53. The database composes these bytes itself from its own clock and
the bound session (office/audit/sql); this module composes the same bytes for vectors, tests and other stores, and reads them back.
"""
from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from xieli.engines.ledger import canonical
from xieli.engines.ledger.seal import AT, HEX64, stamp

KEYS = {"at", "by", "fields", "id", "matters", "personal", "v", "verb"}
BY = {"capacity", "person", "process", "session"}
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
REF = re.compile(r"-?[0-9]{1,19}")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted: person and session (None: the platform itself), in which capacity, through which process."""

    person: int | None
    session: int | None
    capacity: str
    process: str


def compose(
    *, at: datetime, by: Actor, event: str, verb: str, fields: Mapping[str, object], matters: Iterable[int] = (),
    personal: Mapping[str, bytes] | None = None,
) -> bytes:
    """The canonical bytes of one event; `personal` maps parts to commitments. Raises NotCanonical."""
    return canonical.dumps({
        "at": stamp(at),
        "by": {
            "capacity": by.capacity, "person": None if by.person is None else str(by.person), "process": by.process,
            "session": None if by.session is None else str(by.session),
        },
        "fields": fields, "id": event, "matters": [str(m) for m in sorted(set(matters))],
        "personal": {part: c.hex() for part, c in (personal or {}).items()}, "v": 1, "verb": verb,
    })


def read(canon: bytes) -> dict[str, Any]:
    """Decode an envelope strictly; raises canonical.NotCanonical (bytes) or ValueError (shape)."""
    value = canonical.loads(canon)
    if not isinstance(value, dict) or set(value) != KEYS or value["v"] != 1:
        raise ValueError("不是审计记录 / not an event")
    by, matters, personal = value["by"], value["matters"], value["personal"]
    sound = (
        isinstance(by, dict) and set(by) == BY and isinstance(value["fields"], dict) and isinstance(matters, list)
        and isinstance(personal, dict) and isinstance(value["verb"], str)
        and isinstance(value["at"], str) and AT.fullmatch(value["at"])
        and isinstance(value["id"], str) and UUID.fullmatch(value["id"])
        and all(isinstance(m, str) and REF.fullmatch(m) for m in matters)
        and all(isinstance(c, str) and HEX64.fullmatch(c) for c in personal.values())
        and all(by[k] is None or (isinstance(by[k], str) and REF.fullmatch(by[k])) for k in ("person", "session"))
        and isinstance(by["capacity"], str) and isinstance(by["process"], str)
    )
    if not sound:
        raise ValueError("审计记录的项目不符 / a part of the event is malformed")
    return value
