"""The web role's raw connection in hostile hands: nothing beyond its live session.

The attacker has Bo's cookie and any SQL. He has even been told the hidden matter's identity; he must not be able to
confirm it, and every answer about it must be the answer about a number that nobody ever used.
"""
from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from tests.adversary.conftest import AN, BO, MINE, ROOM, SPARE, Target, sign_in
from tests.dbfixtures import PREFIX

NOBODYS = 3_333_333_333_333_333_333


def answer(c: psycopg.Connection[Any], query: str, *values: Any) -> tuple[str, Any]:
    """What the attacker gets: rows, or the error's class and text. Undone afterwards."""
    try:
        with c.transaction(force_rollback=True):
            cursor = c.execute(query, values)  # type: ignore[arg-type]
            return "rows", cursor.fetchall() if cursor.description else cursor.rowcount
    except psycopg.Error as error:
        return type(error).__name__, str(error.diag.message_primary)


def test_it_is_the_web_role_and_sees_nothing_unbound(target: Target) -> None:
    with target.raw() as c:
        row = c.execute("select current_user, session_user, (select rolbypassrls or rolsuper from pg_roles where rolname = current_user)").fetchone()
        assert row == (f"{PREFIX}_web", f"{PREFIX}_web", False)
        tables = [t for (t,) in c.execute(
            "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'v', 'm')"
            " and n.nspname in ('public', 'access', 'audit', 'door', 'reporters') and has_table_privilege(c.oid, 'select')")]
        assert "matter" in tables
        # what an unbound connection may read holds no fact about anyone: the installation's marks, time, the list of migrations
        full = [t for t in tables if c.execute(f"select exists (select 1 from {t})").fetchone() == (True,)]  # type: ignore[arg-type]
        assert set(full) <= {"access.installation", "django_migrations", "audit.verb"} | {t for t in full if t.startswith("procrastinate")}, full


def test_set_config_inside_the_attacked_statement_widens_nothing(target: Target) -> None:
    everyone = "{" + ",".join(str(i) for i in range(2000, 3100)) + "}"
    with target.bound("bo") as c:
        mine = {r[0] for r in c.execute("select id from matter")}
        assert mine == {target.own}
        for knob in ("enable_indexscan", "enable_indexonlyscan", "enable_bitmapscan", "enable_seqscan"):
            with c.transaction(force_rollback=True):
                c.execute(f"set local {knob} = off")
                for inside in ("set_config('app.p', %s, true)", "set_config('app.p', %s, true) || set_config('app.w', %s, true)"):
                    forged = [everyone] if inside.count("%s") == 1 else [everyone, f"{everyone};{{}};2;{{}};{AN};1;0;9999999999"]
                    with c.transaction(force_rollback=True):
                        found = {r[0] for r in c.execute(f"with x as materialized (select {inside} as y) select m.id from x, matter m where y is not null", forged)}
                        assert found <= mine
                    with c.transaction(force_rollback=True):
                        found = {r[0] for r in c.execute(f"select id from matter where {inside} is not null", forged)}
                        assert found <= mine
                        assert {r[0] for r in c.execute("select id from matter")} <= mine


def test_a_binding_serves_its_own_transaction_and_backend_only(target: Target) -> None:
    settings = "select current_setting('app.p'), current_setting('app.w'), current_setting('app.sig')"
    with target.raw() as c, target.raw() as other:
        with c.transaction():
            c.execute("select access.bind(%s)", [target.cookies["an"]])
            stolen = c.execute(settings).fetchone()
            assert c.execute("select count(*) from matter").fetchone() == (1,)
            with other.transaction():
                other.execute("select set_config('app.p', %s, true), set_config('app.w', %s, true), set_config('app.sig', %s, true)", stolen)
                assert other.execute("select count(*) from matter").fetchone() == (0,)
        with c.transaction():
            c.execute("select set_config('app.p', %s, true), set_config('app.w', %s, true), set_config('app.sig', %s, true)", stolen)
            assert c.execute("select count(*) from matter").fetchone() == (0,)


def test_logging_out_ends_what_a_held_transaction_sees(target: Target) -> None:
    sign_in(target, held=AN)
    with target.raw() as c, c.transaction():
        c.execute("select access.bind(%s)", [target.cookies["held"]])
        assert c.execute("select count(*) from matter").fetchone() == (1,)
        with target.raw() as elsewhere, elsewhere.transaction():
            elsewhere.execute("select access.bind(%s)", [target.cookies["held"]])
            elsewhere.execute("select access.end_session()")
        assert c.execute("select count(*) from matter").fetchone() == (0,)


@pytest.mark.parametrize(("person", "change"), [
    (SPARE, "update person set active = false where id = %s"), (SPARE + 1, "update person set clearance = 0 where id = %s"),
    (SPARE + 2, "update posting set ends_at = now() where person_id = %s"),
])
def test_disabling_or_a_change_of_role_takes_effect_on_the_next_statement(target: Target, person: int, change: str) -> None:
    sign_in(target, changed=person)
    with target.database.admin() as admin, target.raw() as c, c.transaction():
        c.execute("select access.bind(%s)", [target.cookies["changed"]])
        assert c.execute("select count(*) from matter").fetchone() == (1,)
        admin.execute(change.encode(), [person])
        assert c.execute("select count(*) from matter").fetchone() == (0,)


FORBIDDEN = [
    # sessions and secrets
    "select * from access.session", "select token from access.session", "select k from access.secret", "select * from access.secret",
    "select access.mac('x')", "select access.keyed('x', 'x')", "select id_digest from person", "select id_digest from kin",
    # becoming someone else
    "set role xtest_owner", "set role xtest_keeper", "set role postgres", "set session authorization xtest_door", "set session_replication_role = replica",
    # opening sessions
    "select access.open_session(sha256('x'), 3001, 'totp', 'closed', 8, 480)", "select access.open_demo_session(sha256('x'), 3001)",
    "select access.end_sessions_of(3001)", "insert into access.session (id) values (1)",
    # definers that are not his
    "select access.refresh(1)", "select access.sweep(1)", "select access.line(1)", "select access.compute_recusals(1)", "select access.automatic_recusals(1)",
    "select access.principals(3001, null, now())", "select access.caches(1, now())", "select access.barred(1, 3001)", "select access.line_offices(1)",
    "select access.holds_office(3001, 'head', 2001)", "select access.is_principal(1, 5)", "select access.turn(3001)", "select access.glass_alarms()",
    "select access.due_for_sweep(10)", "select access.recompute('{}', '{}', '{}')",
    # the truth and its caches
    "insert into matter (id, title) values (1, 'x')", "delete from matter", "truncate matter", "update matter set acl = '{3002}'", "update matter set deny = '{}'",
    "update matter set level = 0", "update matter set comps = '{}'", "update matter set id = 5", "update matter set sure_until = 'epoch'",
    "insert into matter_grant (id) values (1)", "update matter_grant set principal = 3002", "delete from matter_grant", "update recusal set state = 'rejected'",
    "delete from recusal", "insert into matter_work (principal) values (3002)", "delete from matter_work", "update break_glass set verdict = 'justified'",
    "insert into compartment_holder (person) values (3002)", "update person set clearance = 9", "update posting set office_id = 2201", "insert into posting (person_id) values (3002)",
    "insert into access.clock_offset values (true, '1 day')", "update access.clock_offset set by = '1 day'", "update access.installation set mark = 'demo'",
    # building tools
    "create table t (x int)", "create temp table t (x int)", "create schema s", "create function public.f() returns int language sql as 'select 1'", "create view v as select 1",
    "alter table matter disable row level security", "alter table matter no force row level security", "drop policy need_to_know on matter", "drop trigger refresh on matter_grant",
    "alter function access.who() owner to xtest_web", "create or replace function access.gate() returns bigint language sql as 'select 0'", "grant xtest_owner to xtest_web",
    # files and the server
    "copy matter to '/tmp/x'", "copy (select 1) to program 'id'", "copy matter from '/etc/passwd'", "select pg_read_file('/etc/passwd')", "select pg_ls_dir('.')",
    "select lo_import('/etc/passwd')", "load 'auto_explain'", "create extension dblink",
    # counting by sequences
    "select nextval('principal_id')", "select last_value from principal_id", "select currval('principal_id')", "select setval('principal_id', 1)",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_it_is_refused(target: Target, statement: str) -> None:
    with target.bound("bo") as c, pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedFunction, psycopg.errors.FeatureNotSupported, psycopg.errors.ObjectNotInPrerequisiteState)):
        c.execute(statement.encode())


def test_the_server_s_settings_are_out_of_reach(target: Target) -> None:
    with target.raw() as c, pytest.raises(psycopg.errors.InsufficientPrivilege):
        c.execute("alter system set log_statement = 'all'")


def test_no_database_function_runs_as_a_stronger_role_for_everyone(target: Target) -> None:
    """Every definer function pins its search path with pg_temp last and is closed to PUBLIC."""
    with target.database.admin() as admin:
        bad = admin.execute(
            "select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace where p.prosecdef and n.nspname in ('access', 'public')"
            " and p.proowner = %s::regrole and n.nspname = 'access' and (has_function_privilege('public', p.oid, 'execute')"
            "      or not coalesce(array_to_string(p.proconfig, ',') ~ 'search_path=pg_catalog', false))", [f"{PREFIX}_keeper"]).fetchall()
        assert bad == []
        views = admin.execute("select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('v', 'm')"
                              " and n.nspname not in ('pg_catalog', 'information_schema') and not coalesce(array_to_string(c.reloptions, ',') ~ 'security_invoker=(true|on)', false)").fetchall()
        assert views == []


TWO_FACED = [
    "select * from matter where id = {m}", "select access.may({m}, 'read'), access.may({m}, 'write'), access.granted({m}, 'read'), access.exact({m})",
    "select access.free_to_join({m}, 3002)", "select access.free_to_join({m}, 3003)", "select * from access.who_may_see({m})",
    "select access.give({m}, 3002, 'handler', '{{read}}', null, null, 'x', 'x')", "select access.break_glass({m}, '')", "select access.break_glass({m}, 'a long enough reason')",
    "select access.raise_recusal({m}, 3003, 'tie', 'x') is not null", "select access.raise_recusal({m}, 9999, 'tie', 'x')", "select access.raise_recusal({m}, 3003, '', 'x')",
    "select access.raise_recusal({m}, 3002, 'tie', 'x') is not null", "select access.set_level({m}, 1::smallint, 'x')", "select access.set_comps({m}, '{{}}', 'x')",
    "select access.open_matter('{{\"kind\": \"lead\", \"playbook_version\": 1, \"playbook_sha\": \"x\", \"title\": \"x\", \"owner_body\": 2001}}', {m})",
    "select access.open_matter('{{\"kind\": \"lead\", \"playbook_version\": 1, \"playbook_sha\": \"x\", \"title\": \"x\", \"owner_body\": 2002}}', {m})",
    "insert into matter_subject (id, matter_id, kind, name, id_tail, unit_name, post, cadre_rank, dual_managed, role) values (access.new_id(), {m}, 'unit', 'x', '', '', '', '', false, 'subject')",
    "insert into matter_body (id, matter_id, body_id, role, starts_at) values (access.new_id(), {m}, 2001, 'x', now())",
    "insert into matter_link (id, source_id, target_id, kind, created_at) values (access.new_id(), {own}, {m}, 'x', now())",
    "insert into matter_link (id, source_id, target_id, kind, created_at) values (access.new_id(), {m}, {own}, 'x', now())",
    "insert into team (matter_id, kind, name_zh, name_en, composition, starts_at) values ({m}, 'case_team', 'x', '', '', now())",
    "update matter set title = 'x' where id = {m}", "select * from matter where id = {m} for update", "select * from matter where id = {m} for share nowait",
    "select * from matter_subject where matter_id = {m}", "select * from matter_grant where matter_id = {m}", "select * from matter_work where matter_id = {m}",
    "select count(*) from team_member tm join team t on t.id = tm.team_id where t.matter_id = {m}",
    "insert into matter_grant (id, matter_id) values (1, {m})", "set constraints all immediate; insert into matter_link (id, source_id, target_id, kind, created_at) values (5, {own}, {m}, 'x', now())",
]


@pytest.mark.parametrize("query", TWO_FACED)
@pytest.mark.parametrize("who", ["bo", "chen", "du"])
def test_the_hidden_matter_answers_like_one_that_never_was(target: Target, who: str, query: str) -> None:
    """Same rows, same error, same words, for an outsider who knows the number, for the subject and for his chief."""
    with target.bound(who) as c:
        hidden, never = (answer(c, query.format(m=m, own=target.own)) for m in (target.hidden, NOBODYS))
        assert hidden == never, (hidden, never)


@pytest.mark.parametrize("query", [
    "select access.revoke({x}, 'x')", "select access.decide_recusal({x}, 'rejected', 'x')", "select access.lift_recusal({x}, 'a long enough reason')", "select access.may_decide({x})",
    "select access.judge_break_glass({x}, 'justified', 'x')", "select access.may_judge_glass({x})",
])
@pytest.mark.parametrize("what", ["grant", "recusal"])
def test_what_hangs_on_it_answers_like_what_never_was(target: Target, query: str, what: str) -> None:
    with target.bound("bo") as c:
        assert answer(c, query.format(x=getattr(target, what))) == answer(c, query.format(x=NOBODYS))


def test_explain_tells_nothing_about_hidden_rows(target: Target) -> None:
    for statement in (
        "explain select * from matter", "EXPLAIN (ANALYZE) select * from matter where id = 5", " /* x */ explain analyze select * from matter_subject",
        "-- x\nexplain analyze select 1 from matter", "select 1; explain analyze select 1 from matter", "/* a /* b */ */ eXpLaIn select 1 from matter",
        "explain analyze update matter set title = 'x'", "explain (analyze, verbose) select * from team", "explain analyze select * from matter_work",
        "select E'\\''; explain analyze select * from matter --'", "select $$'$$; explain analyze select * from matter --'",
    ):
        with target.raw() as c, c.transaction(force_rollback=True):
            c.execute("select access.bind(%s)", [target.cookies["bo"]])
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                c.execute(statement.encode())
    with target.bound("bo") as c:  # and an honest text that says the word is no obstacle
        assert c.execute("select count(*) from matter where title <> 'please\nexplain; explain this'").fetchone() == (1,)
        assert c.execute("select count(*) from matter where title <> %s", ["please\nexplain --"]).fetchone() == (1,)


def test_a_team_cannot_borrow_the_identity_of_another_principal(target: Target) -> None:
    """Naming a body's or an office's number as one's team's would have inherited everything granted to it."""
    with target.bound("bo") as c:
        row = c.execute("insert into team (id, matter_id, kind, name_zh, name_en, composition, starts_at) values (%s, %s, 'case_team', 'x', '', '', now()) returning id", [MINE, target.own]).fetchone()
        assert row is not None
        assert row[0] >= 2**30
        with pytest.raises(psycopg.errors.CheckViolation), c.transaction():
            c.execute("update team set id = %s where id = %s", [ROOM, row[0]])
        assert answer(c, "update team set matter_id = null where id = %s", row[0])[0] == "CheckViolation"


def test_nobody_gives_himself_or_his_own_what_he_lacks(target: Target) -> None:
    with target.bound("bo") as c:
        for principal in (BO, 2002):
            assert answer(c, "select access.give(%s, %s, 'approver', '{read,approve}', null, null, 'x', 'x')", target.own, principal) == ("InsufficientPrivilege", "nobody grants himself")
        assert answer(c, "select access.give(%s, %s, 'handler', '{read,approve}', null, null, 'x', 'x')", target.own, AN)[0] == "CheckViolation"
        assert answer(c, "select access.give(%s, %s, 'leader', '{read}', null, null, 'line', 'x')", target.own, AN)[0] == "CheckViolation"
        # a team with more rights than he has is not a way round
        team = c.execute("insert into team (matter_id, kind, name_zh, name_en, composition, starts_at) values (%s, 'case_team', 'x', '', '', now()) returning id", [target.own]).fetchone()
        assert team is not None
        c.execute("select access.give(%s, %s, 'reviewer', '{read,approve}', null, null, 'x', 'x')", [target.own, team[0]])
        joining = "insert into team_member (id, team_id, person_id, slot, starts_at) values (access.new_id(), %s, %s, 'x', now())"
        assert answer(c, joining, team[0], BO)[0] == "InsufficientPrivilege"
        assert answer(c, joining, team[0], AN) == ("rows", 1)


def test_a_session_cannot_move_the_legal_day(target: Target) -> None:
    with target.bound("bo") as c:
        days = set()
        for zone in ("Pacific/Kiritimati", "Etc/GMT+12", "UTC"):
            c.execute(f"set local timezone = '{zone}'")
            days.add(c.execute("select access.day(access.now())::text").fetchone())
        assert len(days) == 1


def test_the_pool_gives_the_next_user_nothing(target: Target) -> None:
    """One connection for two users in turn, even after a session-level setting of the first."""
    with ConnectionPool(target.database.dsn("web"), min_size=1, max_size=1, open=True) as pool:
        with pool.connection() as c:
            c.execute("select access.bind(%s)", [target.cookies["an"]])
            assert c.execute("select count(*) from matter").fetchone() == (1,)
            p, w, sig = c.execute("select current_setting('app.p'), current_setting('app.w'), current_setting('app.sig')").fetchone()  # type: ignore[misc]
            c.execute("select set_config('app.p', %s, false), set_config('app.w', %s, false), set_config('app.sig', %s, false)", [p, w, sig])
            assert c.execute("select count(*) from matter").fetchone() == (1,)
        with pool.connection() as c:
            assert c.execute("select count(*), coalesce(current_setting('app.w', true), '') <> '' from matter").fetchone() == (0, True)
        with pool.connection() as c:
            c.execute("select access.bind(%s)", [target.cookies["bo"]])
            assert {r[0] for r in c.execute("select id from matter")} == {target.own}


def test_the_owner_of_the_functions_cannot_log_in(target: Target) -> None:
    with target.database.admin() as admin:
        rows = admin.execute("select rolname, rolcanlogin, rolbypassrls, rolsuper from pg_roles where rolname like %s", [PREFIX + r"\_%"]).fetchall()
    assert {name for name, login, *_ in rows if not login} == {f"{PREFIX}_owner", f"{PREFIX}_keeper"}
    assert not any(bypass or superuser for _, _, bypass, superuser in rows)
