"""The installation says what it is approved for and refuses above it; without the superuser's settings everything still works; numbers tell nothing."""
from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import psycopg
import pytest

from tests import dbfixtures
from tests.adversary.conftest import AN, MINE, ROOM, Target, open_matter, people, sign_in
from xieli.office.access import hardening
from xieli.office.access.search import HITS, grams
from xieli.server.cluster import Server


@pytest.fixture(scope="module")
def office(pg_cluster: Server) -> Iterator[Target]:
    """An installation approved for level 1, whose people hold clearance 2."""
    database = dbfixtures.clone(pg_cluster, f"levels_{os.getpid()}", mark="production", level_cap=1)
    target = Target(database)
    with database.admin() as admin:
        people(admin)
    sign_in(target, an=AN)
    yield target
    dbfixtures.drop(database)


def test_a_matter_above_what_the_installation_is_approved_for_is_refused_whatever_his_clearance(office: Target) -> None:
    with office.bound("an") as c:
        m = open_matter(c, "一件事", owner_body=MINE, owner_room=ROOM, level=1)
        for attempt in ("select access.open_matter('{\"kind\": \"lead\", \"playbook_version\": 1, \"playbook_sha\": \"x\", \"title\": \"x\", \"owner_body\": 2001, \"level\": 2}')",
                        f"select access.set_level({m}, 2::smallint, '定密依据')"):
            with pytest.raises(psycopg.Error) as caught, c.transaction():
                c.execute(attempt.encode())
            assert "level" in str(caught.value) or "clearance" in str(caught.value)
        assert c.execute("select level from matter where id = %s", [m]).fetchone() == (1,)
    with office.database.admin() as admin, pytest.raises(psycopg.errors.CheckViolation, match="not approved for level 2"):
        admin.execute("insert into matter (id, kind, playbook_version, playbook_sha, title, summary, owner_body_id, level, status, stages, series, number, urgent, source, source_grade, opened_at, close_kind,"
                      " row_version, acl, deny, comps, sure_until, grams) values (access.new_id(), 'lead', 1, 'x', 'x', '', %s, 2, 'open', '{}', '', '', false, '', '', now(), '', 1, '{}', '{}', '{}', '9999-01-01', '{}')", [MINE])


def test_when_the_approval_is_lowered_what_lies_above_it_is_closed_at_the_next_binding(office: Target) -> None:
    with office.bound("an", keep=True) as c:
        m = open_matter(c, "另一件事", owner_body=MINE, owner_room=ROOM, level=1)
    with office.database.admin() as admin:
        admin.execute("update access.installation set level_cap = 0")
        try:
            with office.bound("an") as c:
                assert c.execute("select count(*) from matter where id = %s", [m]).fetchone() == (0,)
        finally:
            admin.execute("update access.installation set level_cap = 1")
    with office.bound("an") as c:
        assert c.execute("select count(*) from matter where id = %s", [m]).fetchone() == (1,)


def test_the_settings_come_back_at_every_start_and_without_them_search_finds_the_same(office: Target) -> None:
    """An external database without a superuser: slower, said so as not dangerous, and the same rows."""
    with office.bound("an", keep=True) as c:
        for n in range(40):
            open_matter(c, f"关于{'张伟' if n % 3 else '王芳'}的第{n}件问题", owner_body=MINE, owner_room=ROOM)
    web = f"{dbfixtures.PREFIX}_web"

    def found() -> set[int]:
        with office.bound("an") as c:
            return {r[1] for r in c.execute(HITS, [grams("张伟"), 1000])}

    with office.database.admin() as admin:
        admin.execute("alter function pg_catalog.arraycontains(anyarray, anyarray) not leakproof")
        slow = {f.code: f.dangerous for f in hardening.check(admin, web)}
        assert slow["search-slow"] is False
        without = found()
        assert hardening.apply(admin)  # what server.prepare does at every start
        assert "search-slow" not in {f.code for f in hardening.check(admin, web)}
    assert len(without) == 26
    assert found() == without


def test_a_matter_in_a_closed_circle_leaves_no_gap_in_the_numbers_of_the_others(stage: Any, as_: Callable[[str], AbstractContextManager[None]]) -> None:
    """Its number is of a series of its own; and nobody reads a series' counter."""
    from django.db import DatabaseError, connection, transaction

    from xieli.office.matters.services import leads, numbers
    from xieli.office.matters.services.playbooks import playbook_of
    from xieli.office.matters.tables.core import Matter

    circle = stage.admin.execute("insert into compartment (code, name) values ('k-numbers', '隔离组') returning id").fetchone()[0]
    stage.admin.execute("insert into compartment_holder (compartment_id, person, starts_at, ends_at, granted_by, confirmed_by) values (%s, %s, access.now(), '9999-01-01', 1, 2)",
                        [circle, stage.person("chief3")])
    got = []
    for closed in (False, False, True, True, False):
        with as_("chief3"):
            made = leads.register(leads.NewMatter("lead", "反映某人的问题", stage.body("yj"), stage.room("yj/supervision3"), (leads.Subject("某人"),), compartments=(circle,) if closed else ()))
        with as_("chief3"):
            matter = Matter.objects.get(pk=made.pk)
            assert bool(matter.comps) == closed
            got.append(numbers.next_number(matter, next(iter(playbook_of(matter).series.values()))))
    counted = dict(stage.admin.execute("select text, number from number_use where text = any(%s)", [got]).fetchall())
    first, second, last = (counted[got[n]] for n in (0, 1, 4))  # the counts behind the printed numbers
    assert last - second == second - first > 0  # as if nothing had been registered in between
    assert got[2] != got[3]
    with as_("chief3"), connection.cursor() as cursor, pytest.raises(DatabaseError), transaction.atomic():
        cursor.execute("select last from number_series")
