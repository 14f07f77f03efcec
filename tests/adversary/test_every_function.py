"""Every function that a session may call, whoever wrote it, answers about a hidden matter as about one that never was."""
from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.adversary.conftest import Target
from tests.adversary.test_raw_connection import NOBODYS

OPEN = """
select p.oid::regprocedure::text, p.proname::text, array(select format_type(t, null) from unnest(p.proargtypes) with ordinality x(t, n) order by n)
from pg_proc p join pg_namespace n on n.oid = p.pronamespace
where n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_' and has_schema_privilege(n.oid, 'usage') and has_function_privilege(p.oid, 'execute')
  and p.prorettype <> 'trigger'::regtype and p.prokind = 'f'
  and array['bigint', 'bigint[]', 'uuid'] && array(select format_type(t, null) from unnest(p.proargtypes) t)
  and not exists (select 1 from pg_depend d where d.objid = p.oid and d.deptype = 'e')
order by 1
"""
#: values for the other arguments, tried in turn: they must reach past the checks of form
FILL: list[dict[str, Any]] = [
    {"integer": 3002, "text": "read", "smallint": 1, "boolean": False, "jsonb": "{}", "interval": "1 hour"},
    {"integer": 2002, "text": "a long enough reason", "smallint": 0, "boolean": True, "jsonb": '{"kind": "lead", "owner_body": 2002}', "interval": "1 day"},
    {"integer": 3003, "text": "in_force", "smallint": 2, "boolean": True, "jsonb": "[]", "interval": "0"},
]


#: the hidden matter → an act on it
EVENTS: dict[int, Any] = {}


def value(kind: str, fill: dict[str, Any], number: int) -> Any:
    if kind == "bigint":
        return number
    if kind == "uuid":
        return EVENTS.get(number) or uuid4()  # of an act on the hidden matter; or one that never was
    if kind.endswith("[]"):
        inner = kind.removesuffix("[]")
        return "{%s}" % (number if inner == "bigint" else fill.get(inner, ""))
    return fill.get(kind)


def answer(c: psycopg.Connection[Any], name: str, kinds: list[str], fill: dict[str, Any], number: int) -> Any:
    marks = ", ".join(f"%s::{kind}" for kind in kinds)
    try:
        with c.transaction(force_rollback=True):
            rows = c.execute(f"select * from {name}({marks})", [value(k, fill, number) for k in kinds]).fetchall()  # type: ignore[arg-type]
            return sorted(masked(row) for row in rows)
    except psycopg.Error as error:
        return type(error).__name__, re.sub(r"\d{6,}", "#", str(error.diag.message_primary))


def masked(row: tuple[Any, ...]) -> str:
    """Random identities and instants are nonces; everything else counts."""
    return re.sub(r"\d{15,}", "#", re.sub(r"datetime\.datetime\([^)]*\)+", "@", str(row)))


@pytest.mark.parametrize("who", ["bo", "chen", "du"])
def test_no_function_open_to_sessions_tells_a_hidden_matter_from_none(target: Target, who: str) -> None:
    different = []
    with target.database.admin() as admin:
        admin.execute("insert into audit.verb (name, fields, personal, internal, zh, en) values ('test.noted', '{}', '{}', false, 'x', 'x') on conflict do nothing")
    with target.bound("an", keep=True) as c:
        row = c.execute("select audit.record('test.noted', '{}', %s, '{}')", [[target.hidden]]).fetchone()
        assert row is not None
        EVENTS[target.hidden] = row[0]
    with target.bound(who) as c:
        functions = c.execute(OPEN).fetchall()
        assert len(functions) >= 15
        for signature, name, kinds in functions:
            schema = signature.split(".")[0] if "." in signature.split("(")[0] else "public"
            for fill in FILL:
                for number in (target.hidden, target.grant, target.recusal):
                    hidden, never = (answer(c, f"{schema}.{name}", kinds, fill, n) for n in (number, NOBODYS))
                    if hidden != never:
                        different.append((signature, number == target.hidden, hidden, never))
    assert not different, different
