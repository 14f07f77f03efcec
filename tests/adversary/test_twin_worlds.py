"""Two worlds that differ in one thing: in one a lead on Chen exists. Whatever Chen, his wife Bo, and his chief Du can fetch is equal.

At the level of SQL: every table, every function open to sessions, counts, numbers, what their own acts return. Set aside are
only nonces: identities drawn at random and instants.
"""
from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests import dbfixtures
from tests.adversary.conftest import BO, CHEN, MINE, ROOM, SPARE, THEIRS, Target, open_matter, people, sign_in
from xieli.server.cluster import Server

#: what is drawn at random or read from the clock, in both worlds alike
NONCES = re.compile(r"^(id|token|uuid|t|session|matter_id|source_id|target_id|grant_id|team_id|.*_at|until|at|leaf|canon|recusal|next_due|sure_until|posting|seen_at|sig)$")
WHO = {"bo": BO, "chen": CHEN, "du": 3004}


@pytest.fixture(scope="module")
def worlds(pg_cluster: Server) -> Iterator[tuple[Target, Target]]:
    """The same office twice; the same ordinary work in both; in the second An also works on the lead."""
    made = []
    for mark in ("with", "without"):
        target = Target(dbfixtures.clone(pg_cluster, f"twin_{mark}_{os.getpid()}", mark="production", level_cap=2))
        with target.database.admin() as admin:
            people(admin)
        sign_in(target, an=3001, bo=BO, chen=CHEN, du=3004, en=3005)
        with target.bound("an", keep=True) as c:
            open_matter(c, "平常的一件事", owner_body=MINE, owner_room=ROOM)
        if mark == "with":
            with target.bound("an", keep=True) as c:
                m = target.hidden = open_matter(c, "关于陈某的问题线索", owner_body=MINE, owner_room=ROOM, level=1)
                c.execute("insert into matter_subject (id, matter_id, kind, name, id_tail, person_id, unit_name, unit_body_id, post, cadre_rank, dual_managed, role)"
                          " values (access.new_id(), %s, 'person', '陈某', '', %s, '', %s, '', '', false, 'subject')", [m, CHEN, THEIRS])
                c.execute("insert into matter_body (id, matter_id, body_id, role, starts_at) values (access.new_id(), %s, %s, 'assisting', now())", [m, THEIRS])
                c.execute("insert into team (matter_id, kind, name_zh, name_en, composition, starts_at) values (%s, 'case_team', '组', '', '', now())", [m])
                c.execute("select access.give(%s, %s, 'handler', '{read,write}', null, null, '依据', '')", [m, SPARE])
                c.execute("select access.give(%s, %s, 'receiver', '{read}', null, null, '依据', '')", [m, 2203])
                # the whole of their body may read it: the subject, his kin and his chief are kept out by their recusals alone
                c.execute("select access.give(%s, %s, 'receiver', '{read}', null, null, '依据', '')", [m, THEIRS])
                c.execute("update matter set next_due = now() + interval '5 days' where id = %s", [m])
        with target.bound("du", keep=True) as c:
            open_matter(c, "对方机构的一件事", owner_body=THEIRS)
        made.append(target)
    yield made[0], made[1]
    for target in made:
        dbfixtures.drop(target.database)


def fetch(c: psycopg.Connection[Any], query: str) -> Any:
    """Rows without nonces, in order; or the error."""
    try:
        with c.transaction(force_rollback=True):
            cursor = c.execute(query.encode())
            if cursor.description is None:
                return cursor.rowcount
            kept = [i for i, column in enumerate(cursor.description) if not NONCES.match(column.name)]
            return len(rows := cursor.fetchall()), sorted(str([row[i] for i in kept]) for row in rows)
    except psycopg.Error as error:
        return type(error).__name__, error.diag.message_primary


def everything(target: Target, name: str) -> dict[str, Any]:
    """All that one person can fetch: each table column by column, each function without arguments, counts, his own acts."""
    out: dict[str, Any] = {}
    with target.bound(name) as c:
        tables = [t for (t,) in c.execute(
            "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'v') and n.nspname not in ('pg_catalog', 'information_schema')"
            " and has_schema_privilege(n.oid, 'usage') and has_any_column_privilege(c.oid, 'select') order by 1")]
        for table in tables:
            columns = [x for (x,) in c.execute("select quote_ident(attname) from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped"
                                               " and has_column_privilege(%s::regclass, attnum, 'select') order by 1", [table, table])]
            out[table] = fetch(c, f"select {', '.join(columns)} from {table}")
            out[f"count {table}"] = fetch(c, f"select count(*) from {table}")
        functions = [f for (f,) in c.execute(
            "select p.oid::regproc::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname in ('access', 'audit') and p.pronargs = 0"
            " and has_function_privilege(p.oid, 'execute') and p.prorettype <> 'trigger'::regtype and p.proname not in ('new_id', 'new_team_id', 'now') order by 1")]
        for function in functions:
            out[function] = fetch(c, f"select * from {function}() as x")
        out["own matter"] = fetch(c, f"""select m.acl, m.deny, m.comps, m.number from matter m where m.id = access.open_matter('{{"kind": "lead", "playbook_version": 1, "playbook_sha": "x", "title": "x", "owner_body": {THEIRS}}}')""")
        out["search"] = fetch(c, "select title from matter where grams @> '{陈某}'")
        out["page"] = fetch(c, "select count(*) from matter_work")
        for person in WHO.values():
            out[f"recuse {person}"] = fetch(c, f"select access.raise_recusal({target.hidden or 3333333333333333333}, {person}, 'tie', 'x') is not null")
    return out


@pytest.mark.parametrize("name", list(WHO))
def test_the_subject_his_kin_and_his_chief_fetch_the_same_in_both_worlds(worlds: tuple[Target, Target], name: str) -> None:
    with_lead, without = (everything(w, name) for w in worlds)
    assert set(with_lead) == set(without)
    assert len(with_lead) > 60
    different = {k: (with_lead[k], without[k]) for k in with_lead if with_lead[k] != without[k]}
    assert not different


def test_without_their_recusals_the_two_worlds_would_differ_for_each_of_them(worlds: tuple[Target, Target]) -> None:
    """Else the test above would compare what none of them could see anyway."""
    with worlds[0].database.admin() as admin, admin.transaction(force_rollback=True):
        found = {p for (p,) in admin.execute("select principal from recusal where matter_id = %s and state = 'in_force'", [worlds[0].hidden])}
        acl = admin.execute("select acl from matter where id = %s", [worlds[0].hidden]).fetchone()
    assert set(WHO.values()) <= found
    assert acl is not None
    assert THEIRS in acl[0]


def test_the_lead_is_there_for_its_handler(worlds: tuple[Target, Target]) -> None:
    """Else the test above would compare nothing."""
    with worlds[0].bound("an") as c:
        assert c.execute("select count(*) from matter").fetchone() == (2,)
    with worlds[1].bound("an") as c:
        assert c.execute("select count(*) from matter").fetchone() == (1,)
    with worlds[0].bound("du") as c:
        assert c.execute("select count(*) from matter where id = %s", [worlds[0].hidden]).fetchone() == (0,)
