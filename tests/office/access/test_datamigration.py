"""Row security binds whoever migrates rows: without its policy nothing is touched, with it too few is an error."""
from __future__ import annotations

import psycopg
import pytest

from tests import dbfixtures
from xieli.office.access import hardening
from xieli.office.access.datamigration import TooFewRows, touching


def plain_role(installer: psycopg.Connection) -> None:
    installer.execute("drop role if exists xtest_migrator")
    installer.execute("create role xtest_migrator nologin")
    installer.execute("insert into compartment (code, name) values ('a', 'x'), ('b', 'x')")
    installer.execute("grant usage on schema public to xtest_migrator")
    installer.execute("grant select, update on compartment to xtest_migrator")


def test_rows_are_touched_under_a_policy_that_does_not_outlive_the_work(installer: psycopg.Connection) -> None:
    with installer.transaction(force_rollback=True):
        plain_role(installer)
        cursor = installer.cursor()
        with touching(cursor, "compartment", 2, owner="xtest_migrator") as work:
            cursor.execute("set local role xtest_migrator")
            work.execute("update compartment set name = 'y'")
            cursor.execute("reset role")
        assert work.rows == 2
        assert installer.execute("select count(*) from pg_policies where policyname = 'touching'").fetchone() == (0,)
        installer.execute("set local role xtest_migrator")
        assert installer.execute("update compartment set name = 'z'").rowcount == 0
        installer.execute("reset role")


def test_fewer_rows_than_promised_is_an_error(installer: psycopg.Connection) -> None:
    with installer.transaction(force_rollback=True):
        plain_role(installer)
        with pytest.raises(TooFewRows), touching(installer.cursor(), "compartment", 3) as work:
            work.execute("update compartment set name = 'y'")


def test_outside_a_transaction_it_refuses(installer: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.NoActiveSqlTransaction), touching(installer.cursor(), "compartment", 0):
        pass


def test_the_superuser_s_settings_are_made_and_checked(installer: psycopg.Connection, scratch: dbfixtures.TestDatabase) -> None:
    web = f"{dbfixtures.PREFIX}_web"
    with installer.transaction(force_rollback=True):
        assert {f.code for f in hardening.check(installer, web)} >= {"telltales", "row-estimates"}
        assert hardening.apply(installer)
        assert hardening.check(installer, web) == []
        installer.execute("alter function pg_catalog.textlike(text, text) leakproof")
        assert [f.code for f in hardening.check(installer, web) if f.dangerous] == ["leakproof"]
        installer.execute(f"set session authorization {web}")
        for query in ("select * from pg_stat_activity", "select * from pg_stat_user_tables", "select * from pg_locks", "select pg_relation_size('matter')",
                      "select * from pg_stat_xact_user_tables", "select reltuples from pg_class", "select pg_stat_get_live_tuples('matter'::regclass)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), installer.transaction():
                installer.execute(query)
        assert not hardening.apply(installer)
        installer.execute("reset session authorization")


def test_without_a_superuser_the_checks_say_what_stays_open(scratch: dbfixtures.TestDatabase) -> None:
    with psycopg.connect(scratch.dsn("web")) as connection:
        assert not hardening.apply(connection)
        assert {f.code for f in hardening.check(connection, f"{dbfixtures.PREFIX}_web") if f.dangerous} == {"telltales", "row-estimates"}
