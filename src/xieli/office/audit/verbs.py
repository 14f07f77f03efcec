"""The database's copy of the closed list of acts."""
from __future__ import annotations

from typing import Any

from django.db import connections
from psycopg.types.json import Jsonb

from xieli.engines.ledger import REGISTRY
from xieli.engines.ledger.registry import PATTERNS, Registry, Verb


def specification(verb: Verb) -> dict[str, Any]:
    """The fields of a verb with the pattern each text must fulfil."""
    return {name: spec | {"pattern": PATTERNS.get(spec["kind"], "")} for name, spec in verb.specification().items()}


def copy_to_database(using: str = "default", registry: Registry = REGISTRY, **_: Any) -> int:
    """Write every registered verb (as the owner, after a migration). Verbs that vanished stay: old events still name them."""
    with connections[using].cursor() as cursor:
        cursor.execute("select to_regclass('audit.verb')")
        if cursor.fetchone()[0] is None:
            return 0
        for verb in registry:
            cursor.execute(
                """insert into audit.verb (name, fields, personal, internal, zh, en) values (%s, %s, %s, %s, %s, %s)
                   on conflict (name) do update set fields = excluded.fields, personal = excluded.personal,
                       internal = excluded.internal, zh = excluded.zh, en = excluded.en""",
                [verb.name, Jsonb(specification(verb)), sorted(verb.personal), verb.internal, verb.zh, verb.en],
            )
    return len(registry.verbs)
