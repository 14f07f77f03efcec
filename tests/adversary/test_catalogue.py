"""The database's own catalogue, walked: whatever table, function, view, sequence or schema a room adds is asked here without being named.

The world is the played demo; the attacker holds the web role's raw connection and the session of one who must not know of the case.
"""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.dbfixtures import PREFIX
from tests.faces.web.conftest import Stage, played, stage  # noqa: F401

OURS = "n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'"
SESSIONS = (f"{PREFIX}_web", f"{PREFIX}_job")
#: words that only the case knows; nobody outside its circle may meet them in any column
WORDS = ("郭某某", "消防装备采购")
#: a row that is seen although a matter it names is not, each with the reason
SEEN_WITHOUT_ITS_MATTER = {
    "handover": "the sender follows his parcel's stage after ownership moved; not when he is recused (access.recused)",
    "feedback_duty": "what is owed for his parcel: with the parcel", "feedback": "the answer to his parcel is addressed to him", "reminder": "his own reminder of his parcel",
    "notification": "rows of one person: he was told when he might know; the words are made when they are read",
}


@pytest.fixture
def outsiders(stage: Stage) -> Iterator[list[tuple[str, psycopg.Connection[Any]]]]:  # noqa: F811
    """Raw connections of the recused sister, of a chief elsewhere, of an administrator and of a village supervisor."""
    held = []
    for person in ("wuchuan-kin", "icb-officer", "sysadmin", "fengdeng-supervisor"):
        connection = psycopg.connect(stage.database.dsn("web"))
        assert connection.execute("select access.bind(%s)", [stage.theatre.token(person)]).fetchone() == (True,)
        held.append((person, connection))
    yield held
    for _, connection in held:
        connection.rollback()
        connection.close()


def readable(c: psycopg.Connection[Any]) -> dict[str, list[tuple[str, str]]]:
    """Every table and view of every schema with the columns that the connection may select."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for table, column, kind in c.execute(
            f"select c.oid::regclass::text, quote_ident(a.attname), format_type(a.atttypid, null) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            f" join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped where c.relkind in ('r', 'p', 'v', 'm', 'f') and {OURS}"
            " and has_schema_privilege(n.oid, 'usage') and has_column_privilege(c.oid, a.attnum, 'select') order by 1, a.attnum"):
        found[table].append((column, kind))
    return dict(found)


def hidden_objects(stage: Stage, visible: set[int]) -> dict[str, set[int]]:  # noqa: F811
    """table → identities of rows that hang, directly or through other rows, on a matter not in `visible`; found by foreign keys and `matter_id`."""
    admin = stage.admin
    edges = admin.execute(
        f"select k.conrelid::regclass::text, quote_ident(a.attname), k.confrelid::regclass::text from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace"
        f" join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1] where k.contype = 'f' and cardinality(k.conkey) = 1 and {OURS}").fetchall()
    edges += [(t, "matter_id", "matter") for (t,) in admin.execute(
        f"select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attname = 'matter_id' where c.relkind = 'r' and {OURS}")]
    keyed = {t for (t,) in admin.execute(
        f"select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attname = 'id' and a.atttypid = 'bigint'::regtype where c.relkind = 'r' and {OURS}")}
    hidden: dict[str, set[int]] = defaultdict(set)
    hidden["matter"] = {r[0] for r in admin.execute("select id from matter")} - visible
    changed = True
    while changed:
        changed = False
        for table, column, parent in edges:
            if table in keyed and hidden.get(parent) and parent in keyed and table != "matter":
                rows = {r[0] for r in admin.execute(f"select id from {table} where {column} = any (%s)", [list(hidden[parent])])}  # type: ignore[arg-type]
                if not rows <= hidden[table]:
                    hidden[table] |= rows
                    changed = True
    return dict(hidden)


def hanging(stage: Stage, outsiders: list[tuple[str, psycopg.Connection[Any]]]) -> tuple[list[str], set[str]]:  # noqa: F811
    """What outsiders see of rows that hang on hidden matters, and the tables that were asked."""
    wrong, tables = [], set()
    for person, c in outsiders:
        visible = {r[0] for r in c.execute("select id from matter")}
        assert stage.made["case"] not in visible
        columns = readable(c)
        for table, ids in hidden_objects(stage, visible).items():
            tables.add(table)
            if table in columns and "id" in {name for name, _ in columns[table]} and table not in SEEN_WITHOUT_ITS_MATTER:
                shown = c.execute(f"select count(*) from {table} where id = any (%s)", [list(ids)]).fetchone()  # type: ignore[arg-type]
                if shown != (0,):
                    wrong.append(f"{person} sees {shown} rows of {table} that hang on matters he does not see")
    return wrong, tables


def naming(stage: Stage, outsiders: list[tuple[str, psycopg.Connection[Any]]]) -> tuple[list[str], int]:  # noqa: F811
    """Columns in which outsiders meet a hidden matter's identity or the case's words, and how many tables were read."""
    wrong, scanned = [], 0
    for person, c in outsiders:
        visible = {r[0] for r in c.execute("select id from matter")}
        hidden = [str(m) for (m,) in stage.admin.execute("select id from matter") if m not in visible]
        assert len(hidden) >= 3
        for table, columns in readable(c).items():
            if table in SEEN_WITHOUT_ITS_MATTER or table == "kin" or table.startswith("pg_"):
                continue  # kin: what a person declared of his own family he knows
            row = " || ' ' || ".join(f"coalesce({name}::text, '')" for name, kind in columns if kind != "bytea") or "''"
            scanned += 1
            found = c.execute(f"select count(*) from {table} where ({row}) ~ %s", ["|".join([*WORDS, *hidden])]).fetchone()  # type: ignore[arg-type]
            if found != (0,):
                wrong.append(f"{person} reads {found} rows of {table} that name what he must not know")
    return wrong, scanned


Outsiders = list[tuple[str, psycopg.Connection[Any]]]


def test_whatever_hangs_on_a_hidden_matter_is_hidden_with_it(stage: Stage, outsiders: Outsiders) -> None:  # noqa: F811
    """Children inherit from all their parents, however far down and in whatever table a room adds."""
    wrong, tables = hanging(stage, outsiders)
    assert not wrong, wrong
    assert len(tables) > 30


def test_no_column_of_any_table_names_a_hidden_matter_or_its_words(stage: Stage, outsiders: Outsiders) -> None:  # noqa: F811
    """Whatever is readable, in whatever column: no identity of a hidden matter, no word that only the case knows."""
    wrong, scanned = naming(stage, outsiders)
    assert not wrong, wrong
    assert scanned > 4 * 60


def test_the_walk_sees_a_table_that_was_left_open(stage: Stage, outsiders: Outsiders) -> None:  # noqa: F811
    """Two ways to forget a policy: a table of its own, a grandchild; and a text that repeats a title. Each is found."""
    for _, c in outsiders:
        c.commit()
    stage.admin.execute("create table public.left_open (id bigint primary key, task_id bigint references public.task (id), words text)")
    try:
        stage.admin.execute(f"grant select on public.left_open to {PREFIX}_web")
        stage.admin.execute("insert into public.left_open select 5, min(id), '' from public.task where matter_id = any (%s)", [[stage.made["case"], stage.made["channel"], stage.made["lead"]]])
        again = [(person, c) for person, c in outsiders if c.execute("select access.bind(%s)", [stage.theatre.token(person)])]
        assert len([w for w in hanging(stage, again)[0] if "left_open" in w]) == len(again)
        stage.admin.execute("update public.left_open set words = '消防装备采购'")
        assert len([w for w in naming(stage, again)[0] if "left_open" in w]) == len(again)
    finally:
        for _, c in outsiders:
            c.rollback()
        stage.admin.execute("drop table public.left_open")


def test_copy_gives_no_more_than_select(stage: Stage, outsiders: Outsiders) -> None:  # noqa: F811
    for _, c in outsiders:
        visible = {str(r[0]) for r in c.execute("select id from matter")}
        with c.cursor() as cursor, cursor.copy("copy (select id from matter) to stdout") as copied:
            assert {line.decode().strip() for block in copied for line in bytes(block).splitlines(keepends=False) for line in [line]} == visible
        with c.cursor() as cursor, cursor.copy("copy matter (id) to stdout") as copied:
            assert {row.decode() for row in b"".join(bytes(b) for b in copied).split()} == visible


#: what a login role of sessions may never hold, whatever a migration granted; each query lists offenders
FORBIDDEN = {
    "schemas in which it may create": f"select n.nspname from pg_namespace n where {OURS} and has_schema_privilege(%(role)s, n.oid, 'create')",
    "sequences, which count": f"select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'S' and {OURS} and case when c.relkind = 'S' then"
                              " has_sequence_privilege(%(role)s, c.oid, 'usage, select, update') end and c.relname !~ '^procrastinate'",
    "tables that it may empty, hang triggers on or refer to": f"select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p') and {OURS}"
                                                              " and has_table_privilege(%(role)s, c.oid, 'truncate, trigger, references')",
    "relations that it owns": "select oid::regclass::text from pg_class where relowner = %(role)s::regrole",
    "functions that it owns": "select oid::regprocedure::text from pg_proc where proowner = %(role)s::regrole",
    "roles that it belongs to": "select rolname from pg_roles where rolname <> %(role)s and pg_has_role(%(role)s, oid, 'member')",
    "its own powers": "select rolname from pg_roles where rolname = %(role)s and (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or rolreplication)",
    "temporary tables": "select datname from pg_database where datname = current_database() and has_database_privilege(%(role)s, oid, 'temporary, create')",
    "servers and wrappers": "select srvname from pg_foreign_server where has_server_privilege(%(role)s, oid, 'usage') union select fdwname from pg_foreign_data_wrapper where has_foreign_data_wrapper_privilege(%(role)s, oid, 'usage')",
    "files and programs of the server": "select x from unnest(array['pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program', 'pg_read_all_data', 'pg_monitor', 'pg_read_all_stats']) x where pg_has_role(%(role)s, x, 'member')",
}


@pytest.mark.parametrize("what", FORBIDDEN)
@pytest.mark.parametrize("role", SESSIONS)
def test_a_session_s_role_holds_none_of(stage: Stage, role: str, what: str) -> None:  # noqa: F811
    found = {r[0] for r in stage.admin.execute(FORBIDDEN[what], {"role": role})}  # type: ignore[arg-type]
    assert found == set()


#: what could run as somebody stronger, in any schema; each query lists offenders
STRONGER = {
    "definers open to everyone or with a search path that can be shadowed": f"""
        select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace where p.prosecdef and {OURS} and p.proname !~ '^procrastinate'
        and (has_function_privilege('public', p.oid, 'execute') and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
             or not coalesce(array_to_string(p.proconfig, ',') ~ 'search_path=(pg_catalog|"")', false))""",
    "definers of a superuser that a session may call": f"""
        select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_roles r on r.oid = p.proowner where p.prosecdef and {OURS}
        and (r.rolsuper or r.rolbypassrls) and (has_function_privilege('{PREFIX}_web', p.oid, 'execute') or has_function_privilege('{PREFIX}_job', p.oid, 'execute'))""",
    "views that answer with their owner's rights": f"""
        select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'v' and {OURS}
        and not coalesce(array_to_string(c.reloptions, ',') ~ 'security_invoker=(true|on)', false)""",
    "materialised views that a session may read": f"""
        select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'm' and {OURS} and has_any_column_privilege('{PREFIX}_web', c.oid, 'select')""",
    "rules": "select r.oid::text from pg_rewrite r join pg_class c on c.oid = r.ev_class where c.relkind <> 'v' and c.relkind <> 'm'",
    "leak-proof marks on operators that tell by their errors": "select proname::text from pg_proc where proleakproof and proname in ('textlike', 'texticlike', 'textregexeq', 'like', 'regexeq', 'int4div', 'numeric_in')",
    "the extension that takes the operator of our index away": "select extname::text from pg_extension where extname in ('intarray', 'dblink', 'postgres_fdw', 'file_fdw', 'adminpack')",
    "a leading write policy for public": f"select p.polname::text from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace where {OURS} and 0 = any (p.polroles)",
}


@pytest.mark.parametrize("what", STRONGER)
def test_there_are_no(stage: Stage, what: str) -> None:  # noqa: F811
    assert {r[0] for r in stage.admin.execute(STRONGER[what])} == set()  # type: ignore[arg-type]


def test_a_unique_index_on_what_a_session_writes_holds_the_matter_or_a_random_number(stage: Stage) -> None:  # noqa: F811
    """A duplicate is refused with an error: it must not tell that a hidden row has the value, unless he knew a random number before."""
    rows = stage.admin.execute(
        f"select i.indrelid::regclass::text, array(select a.attname::text from pg_attribute a where a.attrelid = i.indrelid and a.attnum = any (i.indkey)) from pg_index i"
        f" join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace where i.indisunique and {OURS} and c.relkind = 'r'"
        f" and (has_any_column_privilege('{PREFIX}_web', c.oid, 'insert') or has_any_column_privilege('{PREFIX}_web', c.oid, 'update'))").fetchall()
    kinds = dict(stage.admin.execute("select attrelid::regclass::text || '.' || attname, format_type(atttypid, null) from pg_attribute where attnum > 0").fetchall())
    assert len(rows) > 30
    telling = [(table, columns) for table, columns in rows
               if not any(kinds[f"{table}.{c}"] in ("bigint", "uuid") or c == "person_id" for c in columns)]
    # a team's identity is drawn by a trigger, never by the session; an authorization's code is a random number
    assert {t for t, _ in telling} <= {"match_authorization", "team"}, telling
