"""Readiness is confirmed or unknown, never assumed; the ranking leaves out who is recused and freezes what was shown."""
from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import psycopg
import pytest

from tests.dbfixtures import TestDatabase, clone, drop
from xieli.server.cluster import Server

_names = count(1)


@pytest.fixture
def database(pg_cluster: Server) -> Iterator[TestDatabase]:
    import os

    made = clone(pg_cluster, f"readiness_{os.getpid()}_{next(_names)}")
    yield made
    drop(made)


def _world(c: psycopg.Connection) -> None:
    c.execute("insert into body (id, code, kind, rank, parent_id, valid_from, name_zh, name_en, division_code, sector, short_zh, short_en, document_mark, initials, sort_key) values"
              " (1, 'top', 'commission', 'province', null, '2000-01-01', '上', 'top', '', '', '', '', '', '{}', ''), (2, 'a', 'commission', 'county', 1, '2000-01-01', '甲', 'a', '', '', '', '', '', '{}', ''),"
              " (3, 'b', 'commission', 'county', 1, '2000-01-01', '乙', 'b', '', '', '', '', '', '{}', '')")
    for person, body, code in ((10, 2, "case_duty"), (11, 1, "room_head"), (12, 3, "handler")):
        c.execute("insert into person (id, name, name_en, initials, sort_key, cadre_rank, native_division, clearance, active, account) values (%s, '某', '', '{}', '', '', '', 2, true, true)", [person])
        c.execute("insert into office (id, body_id, code, title_zh, title_en, valid_from) values (%s, %s, %s, '', '', '2000-01-01')", [person + 100, body, code])
        c.execute("insert into posting (person_id, body_id, office_id, kind, starts_at, basis, is_deputy, confirmed_by_id) values (%s, %s, %s, 'regular', '2000-01-01', '', false, %s)", [person, body, person + 100, person])


def _confirm(database: TestDatabase, person: int, body: int, phoned: bool) -> None:
    import hashlib

    with psycopg.connect(database.dsn("web")) as web:
        web.execute("select access.open_demo_session(%s, %s)", [hashlib.sha256(f"{person}{phoned}".encode()).digest(), person])
        web.commit()
        web.execute("select access.bind(%s)", [f"{person}{phoned}"])
        web.execute("select access.confirm_readiness(%s, 'yes', 'yes', 'yes', 'no', %s)", [body, phoned])


def test_the_duty_officer_confirms_his_own_body_for_twelve_hours(database: TestDatabase) -> None:
    with database.admin() as c:
        _world(c)
        _confirm(database, 10, 2, False)
        assert c.execute("select body_id, doctor, valid_until - at = interval '12 hours' from readiness_answer").fetchall() == [(2, "no", True)]


def test_a_room_of_the_superior_may_confirm_by_phone_only(database: TestDatabase) -> None:
    with database.admin() as c:
        _world(c)
        _confirm(database, 11, 3, True)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            _confirm(database, 11, 3, False)
        assert c.execute("select by_phone from readiness_answer").fetchall() == [(True,)]


def test_nobody_confirms_for_a_body_that_is_not_his(database: TestDatabase) -> None:
    with database.admin() as c:
        _world(c)
        for person, body in ((10, 3), (12, 3)):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                _confirm(database, person, body, False)


def test_loads_are_counts_and_are_released_once_a_week(database: TestDatabase) -> None:
    with database.admin() as c:
        _world(c)
        assert c.execute("select access.release_loads()").fetchone() == (2,)
        assert c.execute("select access.release_loads()").fetchone() == (0,)
        c.execute("update access.clock_offset set by = by + interval '8 days'")
        assert c.execute("select access.release_loads()").fetchone() == (2,)
