"""Every table is under policy, or named in docs/tables.csv with the reason; nothing bypasses the policies."""
from __future__ import annotations

import csv
from pathlib import Path

import psycopg

from tests.dbfixtures import PREFIX

LIST = Path(__file__).resolve().parents[3] / "docs/tables.csv"
TABLES = """
select n.nspname || '.' || c.relname, c.relrowsecurity and c.relforcerowsecurity
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and n.nspname !~ '^pg_temp'
"""


def listed() -> dict[str, tuple[str, str]]:
    with LIST.open(encoding="utf-8", newline="") as file:
        return {row["table"]: (row["how"], row["why"]) for row in csv.DictReader(file)}


def test_every_table_is_listed_and_stands_as_listed(installer: psycopg.Connection) -> None:
    found = dict(installer.execute(TABLES).fetchall())
    known = listed()
    assert set(found) == set(known), f"not listed: {set(found) - set(known)}; gone: {set(known) - set(found)}"
    wrong = {t for t, forced in found.items() if forced != (known[t][0] == "policy")}
    assert not wrong
    assert all(how in ("policy", "named") and len(why) > 10 for how, why in known.values())


def test_a_table_without_a_policy_is_closed_to_sessions(installer: psycopg.Connection) -> None:
    """Except the installation's marks, a session has no privilege on a table that no policy guards."""
    for table, (how, _) in listed().items():
        if how == "named" and table not in ("access.installation", "public.django_migrations"):
            for role in ("web", "job"):
                if role == "job" and "procrastinate" in table:
                    continue
                privileges = installer.execute("select has_any_column_privilege(%s, %s, 'select, insert, update'), has_table_privilege(%s, %s, 'delete, truncate')",
                                               [f"{PREFIX}_{role}", table, f"{PREFIX}_{role}", table]).fetchone()
                assert privileges == (False, False), (table, role, privileges)


def test_no_policy_for_a_session_is_simply_true(installer: psycopg.Connection) -> None:
    loose = installer.execute(
        "select tablename, policyname from pg_policies where (roles && %s or roles = '{public}') and (qual = 'true' or with_check = 'true' or (qual is null and with_check is null))",
        [[f"{PREFIX}_web", f"{PREFIX}_job"]]).fetchall()
    # the names of verbs and of the log itself, no fact about anyone
    assert set(loose) <= {("verb", "known"), ("log", "named")}


def test_sessions_delete_nothing_but_their_own_desk(installer: psycopg.Connection) -> None:
    rows = installer.execute("select table_schema || '.' || table_name from information_schema.role_table_grants where grantee = %s and privilege_type = 'DELETE'", [f"{PREFIX}_web"]).fetchall()
    own = {t for t, (_, why) in listed().items() if why == "rows of one person"}
    assert {t for (t,) in rows} <= own
