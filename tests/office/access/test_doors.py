"""Giving, revoking, breaking glass, recusing, circles: what the functions allow and refuse, as the people concerned meet it."""
from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests import dbfixtures
from tests.adversary.conftest import (
    AN,
    BO,
    CHEN,
    DU,
    EN,
    HEAD,
    MINE,
    ROOM,
    SPARE,
    THEIRS,
    Target,
    open_matter,
    people,
    sign_in,
    subject,
)
from xieli.server.cluster import Server

SECURITY = 3010


@pytest.fixture(scope="module")
def office(pg_cluster: Server) -> Iterator[Target]:
    """Two bodies; An handles, En heads An's body, Du heads the other."""
    database = dbfixtures.clone(pg_cluster, f"doors_{os.getpid()}", level_cap=2)
    target = Target(database)
    with database.admin() as admin:
        people(admin)
        admin.execute("insert into office (id, body_id, code, title_zh, title_en, valid_from) values (2210, %s, 'security_admin', '安全管理员', 's', '2020-01-01')", [MINE])
        admin.execute("insert into person (id, name, name_en, initials, sort_key, cadre_rank, native_division, clearance, active, account) values (%s, '安', '', '{}', '', '', '', 2, true, true)", [SECURITY])
        admin.execute("insert into posting (person_id, body_id, office_id, kind, starts_at, confirmed_by_id, basis, is_deputy) values (%s, %s, 2210, 'regular', '2020-01-01', 1, '', false)".replace("1, ''", f"{SECURITY}, ''"), [SECURITY, MINE])
        admin.execute("update body set parent_id = %s where id = %s", [THEIRS, MINE])  # Du's body is the one above
        admin.execute("insert into compartment (id, code, name) values (1, 'k1', '甲组')")
    sign_in(target, an=AN, bo=BO, chen=CHEN, du=DU, en=EN, spare=SPARE, safe=SECURITY)
    yield target
    dbfixtures.drop(database)


@pytest.fixture
def c(office: Target) -> Iterator[psycopg.Connection[Any]]:
    """One transaction for several people in turn, undone at the end."""
    with office.raw() as connection, connection.transaction(force_rollback=True):
        yield connection


def be(office: Target, c: psycopg.Connection[Any], name: str) -> None:
    assert c.execute("select access.bind(%s)", [office.cookies[name]]).fetchone() == (True,)


def one(c: psycopg.Connection[Any], query: str, *values: Any) -> Any:
    row = c.execute(query, values).fetchone()  # type: ignore[arg-type]
    return row[0] if row else None


def refused(c: psycopg.Connection[Any], query: str, *values: Any) -> str:
    with pytest.raises(psycopg.Error) as caught, c.transaction():
        c.execute(query, values)  # type: ignore[arg-type]
    return str(caught.value.diag.message_primary)


GIVE = "select access.give(%s, %s, %s, %s, null, null, '依据', '')"


def test_the_leaders_of_the_line_see_what_is_opened_and_cannot_be_shut_out(office: Target, c: psycopg.Connection[Any]) -> None:
    be(office, c, "an")
    m = open_matter(c, "线索", owner_body=MINE, owner_room=ROOM)
    line = one(c, "select id from matter_grant where matter_id = %s and kind = 'leader' and principal = %s", m, HEAD)
    assert refused(c, "select access.revoke(%s, 'x')", line) == "the line is moved where it is drawn"
    be(office, c, "en")
    assert one(c, "select access.may(%s, 'approve')", m) is True
    assert one(c, "select access.may(%s, 'write')", m) is False
    assert one(c, "select max(ends_at) <= access.now() + interval '12 months' from matter_grant where matter_id = %s", m) is True


def test_the_last_who_may_grant_hands_over_first(office: Target, c: psycopg.Connection[Any]) -> None:
    be(office, c, "an")
    m = open_matter(c, "线索", owner_body=MINE)
    own = one(c, "select id from matter_grant where matter_id = %s and principal = %s", m, AN)
    assert refused(c, "select access.revoke(%s, 'x')", own) == "the last who may grant hands over first"
    c.execute(GIVE, [m, SPARE, "handler", ["read", "write", "grant"]])
    c.execute("select access.revoke(%s, '移交')", [own])
    assert one(c, "select count(*) from matter where id = %s", m) == 0


def test_a_matter_spawned_for_another_body_reaches_its_desk(office: Target, c: psycopg.Connection[Any]) -> None:
    be(office, c, "an")
    parent = open_matter(c, "线索", owner_body=MINE, level=1)
    row = c.execute("select access.open_matter(%s, %s)", [Jsonb({"kind": "lead", "playbook_version": 1, "playbook_sha": "x", "title": "移送", "owner_body": THEIRS}), parent]).fetchone()
    assert row is not None
    assert c.execute("select level, owner_body_id from matter where id = %s", [row[0]]).fetchone() == (1, THEIRS)
    assert {tuple(r) for r in c.execute("select kind, principal from matter_grant where matter_id = %s and kind <> 'leader'", [row[0]])} == {("receiver", 2203), ("sender", AN)}


def test_glass_is_broken_for_four_hours_with_a_reason_and_judged_by_another(office: Target, c: psycopg.Connection[Any]) -> None:
    be(office, c, "an")
    m = open_matter(c, "线索", owner_body=MINE)
    be(office, c, "spare")
    assert one(c, "select count(*) from matter") == 0
    assert refused(c, "select access.break_glass(%s, '急')", m) == "break-glass needs a reason"
    g = one(c, "select access.break_glass(%s, '值班急件无法联系承办人', 99)", m)
    assert one(c, "select ends_at - starts_at <= interval '4 hours' from matter_grant where id = %s", g) is True
    assert one(c, "select count(*) from matter where id = %s", m) == 1
    assert one(c, "select access.may(%s, 'write')", m) is False
    review = one(c, "select id from break_glass where grant_id = %s", g)
    assert refused(c, "select access.judge_break_glass(%s, 'justified', '')", review) == "not visible"
    be(office, c, "du")
    assert one(c, "select count(*) from access.pending_break_glass()") == 0
    be(office, c, "en")
    assert one(c, "select id from access.pending_break_glass()") == review
    c.execute("select access.judge_break_glass(%s, 'unjustified', '应先联系')", [review])
    assert refused(c, "select access.judge_break_glass(%s, 'justified', '')", review) in ("already judged", "not visible")
    be(office, c, "spare")
    assert one(c, "select count(*) from matter where id = %s", m) == 0


def test_glass_does_not_break_against_recusal_level_circle_or_another_body(office: Target, c: psycopg.Connection[Any]) -> None:
    be(office, c, "an")
    m = open_matter(c, "线索", owner_body=MINE)
    c.execute("select access.raise_recusal(%s, %s, 'tie', '')", [m, SPARE])
    be(office, c, "spare")
    assert refused(c, "select access.break_glass(%s, '值班急件无法联系承办人')", m) == "not visible"
    be(office, c, "du")
    assert refused(c, "select access.break_glass(%s, '值班急件无法联系承办人')", m) == "not visible"


def test_what_nobody_judged_within_a_day_raises_an_alarm_once(office: Target) -> None:
    with office.bound("an", keep=True) as c:
        m = open_matter(c, "线索", owner_body=MINE)
    with office.bound("spare", keep=True) as c:
        c.execute("select access.break_glass(%s, '值班急件无法联系承办人')", [m])
    alarms = "select count(*) from audit.alarm where kind = 'glass'"
    with office.raw("sweeper") as sweeper, office.database.admin() as admin:
        sweeper.execute("select access.sweep()")
        assert one(admin, alarms) == 0
        admin.execute("update access.clock_offset set by = '25 hours'")
        try:
            sweeper.execute("select access.sweep()")
            assert one(admin, alarms) == 1
            assert one(admin, "select alarmed_at is not null from break_glass where matter_id = %s", m) is True
            assert sweeper.execute("select * from access.glass_alarms()").fetchall() == []
        finally:
            admin.execute("update access.clock_offset set by = '0'")


def test_a_raised_recusal_bars_new_grants_only_and_the_head_decides(office: Target, c: psycopg.Connection[Any]) -> None:
    be(office, c, "an")
    m = open_matter(c, "线索", owner_body=MINE)
    c.execute(GIVE, [m, SPARE, "handler", ["read", "write"]])
    r = one(c, "select access.raise_recusal(%s, %s, 'former_employer', '曾在该单位任职')", m, SPARE)
    assert refused(c, GIVE, m, SPARE, "reviewer", ["read"]) == "recused"
    assert refused(c, "select access.decide_recusal(%s, 'rejected', '')", r) == "not visible"  # the handler does not decide
    be(office, c, "spare")
    assert one(c, "select count(*) from matter where id = %s", m) == 1
    assert refused(c, "select access.decide_recusal(%s, 'rejected', '')", r) == "not visible"  # nor does the one it concerns
    be(office, c, "en")
    assert [x[0] for x in c.execute("select id from access.pending_recusals()")] == [r]
    c.execute("select access.decide_recusal(%s, 'in_force', '应当回避')", [r])
    be(office, c, "spare")
    assert one(c, "select count(*) from matter where id = %s", m) == 0


def test_the_superior_decides_for_the_head_without_seeing_the_matter(office: Target, c: psycopg.Connection[Any]) -> None:
    be(office, c, "an")
    m = open_matter(c, "线索", owner_body=MINE)
    r = one(c, "select access.raise_recusal(%s, %s, 'tie', '')", m, EN)
    be(office, c, "en")
    assert one(c, "select count(*) from access.pending_recusals()") == 0
    be(office, c, "du")
    assert one(c, "select count(*) from matter where id = %s", m) == 0
    assert one(c, "select id from access.pending_recusals()") == r
    c.execute("select access.decide_recusal(%s, 'in_force', '')", [r])
    be(office, c, "en")
    assert one(c, "select count(*) from matter where id = %s", m) == 0


def test_one_recuses_oneself_at_once_and_an_order_is_in_force_at_once(office: Target, c: psycopg.Connection[Any]) -> None:
    be(office, c, "an")
    m = open_matter(c, "线索", owner_body=MINE)
    c.execute(GIVE, [m, SPARE, "handler", ["read", "grant"]])
    be(office, c, "en")
    c.execute("select access.raise_recusal(%s, %s, 'order', '责令回避')", [m, SPARE])
    be(office, c, "spare")
    assert one(c, "select count(*) from matter where id = %s", m) == 0
    be(office, c, "an")
    c.execute("select access.raise_recusal(%s, %s, 'self', '')", [m, AN])
    assert one(c, "select count(*) from matter where id = %s", m) == 0


def test_a_recusal_is_lifted_by_two(office: Target, c: psycopg.Connection[Any]) -> None:
    be(office, c, "an")
    m = open_matter(c, "线索", owner_body=MINE)
    c.execute(GIVE, [m, SPARE + 1, "approver", ["read", "approve"]])
    subject(c, m, SPARE)
    r = one(c, "select id from recusal where matter_id = %s and principal = %s and state = 'in_force'", m, SPARE)
    be(office, c, "en")
    assert one(c, "select access.lift_recusal(%s, '身份登记有误,应予更正')", r) is False
    assert one(c, "select access.lift_recusal(%s, '身份登记有误,应予更正')", r) is False  # the same person twice is one person
    sign_in(office, second=SPARE + 1)
    be(office, c, "second")
    assert one(c, "select access.lift_recusal(%s, '经核对确系同名同姓')", r) is True
    assert one(c, "select ends_at <= access.now() + interval '1 second' from recusal where id = %s", r) is True


def test_kin_are_recused_whoever_declared_it_and_whenever(office: Target) -> None:
    with office.database.admin() as admin, admin.transaction(force_rollback=True):
        m = one(admin, "select access.new_id()")
        admin.execute("insert into matter (id, kind, playbook_version, playbook_sha, title, summary, owner_body_id, level, status, stages, series, number, urgent, source, source_grade,"
                      " opened_at, close_kind, row_version, acl, deny, comps, sure_until, grams) values (%s, 'lead', 1, 'x', 'x', '', %s, 0, 'open', '{}', '', '', false, '', '', now(), '', 1, '{}', '{}', '{}', '9999-01-01+00', '{}')", [m, MINE])
        subject(admin, m, CHEN)
        recused = "select array_agg(principal order by principal) from recusal where matter_id = %s and state = 'in_force'"
        assert one(admin, recused, m) == [BO, CHEN]
        admin.execute("insert into kin (person_id, relation, name, id_digest, near) values (%s, '配偶', '某', %s, true)", [CHEN, f"d{EN}".encode()])
        assert one(admin, recused, m) == [BO, CHEN, EN]
        assert one(admin, "select ground from recusal where matter_id = %s and principal = %s", m, EN) == "kin"


def test_no_administrator_opens_a_circle_alone(office: Target, c: psycopg.Connection[Any]) -> None:
    be(office, c, "an")
    assert refused(c, "select access.propose_holder(1, %s, null, '依据')", AN) == "not visible"
    be(office, c, "safe")
    assert refused(c, "select access.propose_holder(1, %s, null, '依据')", SECURITY) == "not visible"
    h = one(c, "select access.propose_holder(1, %s, null, '依据')", AN)
    assert refused(c, "select access.confirm_holder(%s)", h) == "not visible"
    be(office, c, "an")
    assert one(c, "select comps from access.who()") == []
    assert refused(c, "select access.confirm_holder(%s)", h) == "not visible"
    be(office, c, "en")
    c.execute("select access.confirm_holder(%s)", [h])
    be(office, c, "an")
    assert one(c, "select comps from access.who()") == [1]
    m = open_matter(c, "线索", owner_body=MINE, comps=[1])
    be(office, c, "en")
    assert one(c, "select count(*) from matter where id = %s", m) == 0  # not even the head, outside the circle
    be(office, c, "safe")
    assert one(c, "select count(*) from matter") == 0  # and never an administrator
    assert one(c, "select count(*) from access.holders()") == 1


def test_a_level_is_lowered_by_approval_only_and_never_above_the_installation(office: Target, c: psycopg.Connection[Any]) -> None:
    be(office, c, "an")
    m = open_matter(c, "线索", owner_body=MINE)
    c.execute("select access.set_level(%s, 2::smallint, '定密依据')", [m])
    assert refused(c, "select access.set_level(%s, 0::smallint, '依据')", m) == "a level is lowered by who may approve"
    assert refused(c, "select access.set_level(%s, 3::smallint, '依据')", m) == "above the giver's clearance"
    be(office, c, "en")
    c.execute("select access.set_level(%s, 0::smallint, '解密依据')", [m])


def test_the_page_who_may_see_this_says_who_and_why_not(office: Target, c: psycopg.Connection[Any]) -> None:
    be(office, c, "an")
    m = open_matter(c, "线索", owner_body=MINE, owner_room=ROOM)
    subject(c, m, SPARE)
    found = {r[0]: (r[1], r[2]) for r in c.execute("select person, kinds, barred from access.who_may_see(%s)", [m])}
    assert found[AN] == (["handler"], "")
    assert found[EN] == (["leader"], "")
    assert found[SPARE] == (["handler"], "recused")
    assert BO not in found


def test_rights_end_with_the_posting_and_do_not_come_back(office: Target) -> None:
    with office.database.admin() as admin, admin.transaction(force_rollback=True):
        admin.execute(f"set session authorization {dbfixtures.PREFIX}_web")
        be(office, admin, "an")
        m = open_matter(admin, "线索", owner_body=MINE)
        admin.execute(GIVE, [m, BO, "dispatched", ["read", "write"]])
        be(office, admin, "bo")
        assert one(admin, "select count(*) from matter where id = %s", m) == 1
        admin.execute("reset session authorization")
        admin.execute("update posting set ends_at = access.now() where person_id = %s", [BO])
        admin.execute("update posting set ends_at = null where person_id = %s", [BO])
        admin.execute(f"set session authorization {dbfixtures.PREFIX}_web")
        be(office, admin, "bo")
        assert one(admin, "select count(*) from matter where id = %s", m) == 0
        admin.execute("reset session authorization")
