"""Setting up once, three persons; duties proposed and confirmed by two; nobody else reads a credential; logout is at once."""
from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from itertools import count

import psycopg
import pytest

from tests.dbfixtures import PREFIX, TestDatabase, clone, drop, make_template
from xieli.server import dbroles
from xieli.server.cluster import Server
from xieli.server.words import Trouble

_names = count(1)
FILE = {"own": "c", "bodies": [{"code": "c", "kind": "commission", "rank": "county", "zh": "甲县纪委监委", "offices": [{"code": "head"}, {"code": "clerk"}]}],
        "administrators": {"system_admin": {"name": "系一", "login": "sys"}, "security_admin": {"name": "安二", "login": "sec"}, "audit_admin": {"name": "审三", "login": "aud"}}}


@pytest.fixture
def empty(pg_cluster: Server) -> Iterator[TestDatabase]:
    """A migrated database that nobody has set up."""
    name = f"init_{os.getpid()}_{next(_names)}"
    dbroles.ensure_database(pg_cluster.dsn(), name, PREFIX, make_template(pg_cluster))
    database = TestDatabase(pg_cluster, name)
    yield database
    drop(database)


def _set_up(database: TestDatabase) -> dict[str, int]:
    from xieli.server import init

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xieli.server.settings")
    with database.admin() as c:
        codes = init.set_up(c, FILE, level_cap=1, zone="closed")
        assert len({x.code for x in codes}) == 3
        return dict(c.execute("select name, id from person").fetchall())


def _session(database: TestDatabase, person: int, token: str) -> None:
    with psycopg.connect(database.dsn("door"), autocommit=True) as door:
        door.execute("select access.open_session(%s, %s, 'totp', 'closed', 8, 15)", [hashlib.sha256(token.encode()).digest(), person])


@pytest.mark.parametrize("change", ["same person", "no audit", "unknown parent", "twice"])
def test_a_file_that_cannot_be_is_refused_before_anything_is_written(change: str, tmp_path: object) -> None:
    import copy
    from pathlib import Path

    import yaml

    from xieli.server import init

    data = copy.deepcopy(FILE)
    admins, bodies = data["administrators"], data["bodies"]
    assert isinstance(admins, dict)
    assert isinstance(bodies, list)
    if change == "same person":
        admins["audit_admin"]["name"] = "系一"
    elif change == "no audit":
        del admins["audit_admin"]
    elif change == "unknown parent":
        bodies[0]["parent"] = "zz"
    else:
        bodies.append(bodies[0])
    path = Path(str(tmp_path)) / "i.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    with pytest.raises(Trouble):
        init.read(path)


def test_an_installation_is_set_up_once(empty: TestDatabase) -> None:
    _set_up(empty)
    with pytest.raises(Trouble):
        _set_up(empty)
    with empty.admin() as c:
        assert c.execute("select mark from access.installation").fetchone() == ("production",)
        with pytest.raises(psycopg.errors.RaiseException):
            c.execute("update access.installation set mark = 'demo'")


def test_a_production_installation_has_no_role_picker(empty: TestDatabase) -> None:
    people = _set_up(empty)
    with psycopg.connect(empty.dsn("web")) as web, pytest.raises(psycopg.errors.InsufficientPrivilege):
        web.execute("select access.open_demo_session(%s, %s)", [b"x", people["系一"]])


@pytest.mark.parametrize("role", ["web", "job", "sweeper", "sealer", "report"])
def test_nobody_but_the_door_reads_a_credential(empty: TestDatabase, role: str) -> None:
    _set_up(empty)
    with psycopg.connect(empty.dsn(role)) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("select * from door.credential")


def test_a_duty_needs_two_persons_and_never_oneself(empty: TestDatabase) -> None:
    people = _set_up(empty)
    for name, token in (("系一", "s"), ("安二", "c"), ("审三", "a")):
        _session(empty, people[name], token)
    with empty.admin() as c:
        office = c.execute("select id from office where code = 'head'").fetchone()[0]  # type: ignore[index]
    with psycopg.connect(empty.dsn("web")) as web:
        web.execute("select access.bind('c')")
        person = web.execute("select access.add_person('丁四', '', '{ding si,ds}', 1::smallint, true)").fetchone()[0]  # type: ignore[index]
        posting = web.execute("select access.propose_duty(%s, %s, null, null, '')", [person, office]).fetchone()[0]  # type: ignore[index]
        web.commit()
        for token in ("c", "a"):  # the one who proposed it; the audit administrator
            web.execute("select access.bind(%s)", [token])
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                web.execute("select access.confirm_duty(%s)", [posting])
            web.rollback()
        web.execute("select access.bind('s')")
        web.execute("select access.confirm_duty(%s)", [posting])
        web.commit()
        web.execute("select access.bind('c')")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            web.execute("select access.propose_duty(%s, %s, null, null, '')", [people["安二"], office])
        web.rollback()
        # who comes to hold both duties still does not confirm what he proposed
        with empty.admin() as c:
            c.execute("insert into posting (person_id, body_id, office_id, kind, starts_at, confirmed_by_id, basis, is_deputy) select %s, body_id, id, 'regular', '2020-01-01', %s, '', false from office where id = %s",
                      [people["安二"], people["系一"], office])
        web.execute("select access.bind('c')")
        mine = web.execute("select access.propose_duty(%s, %s, null, null, '')", [people["审三"], office]).fetchone()[0]  # type: ignore[index]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            web.execute("select access.confirm_duty(%s)", [mine])


def test_disabling_an_account_takes_effect_on_the_next_query(empty: TestDatabase) -> None:
    people = _set_up(empty)
    _session(empty, people["安二"], "c")
    _session(empty, people["审三"], "a")
    with psycopg.connect(empty.dsn("web")) as web, psycopg.connect(empty.dsn("web")) as other:
        other.execute("select access.bind('a')")
        assert other.execute("select count(*) from person").fetchone() == (3,)
        other.commit()
        web.execute("select access.bind('c')")
        web.execute("select access.disable_account(%s)", [people["审三"]])
        web.commit()
        assert other.execute("select access.bind('a')").fetchone() == (False,)
        assert other.execute("select count(*) from person").fetchone() == (0,)


def test_a_fresh_proof_lasts_five_minutes_and_a_demo_needs_none(empty: TestDatabase, pg_cluster: Server) -> None:
    people = _set_up(empty)
    _session(empty, people["安二"], "c")
    with psycopg.connect(empty.dsn("web")) as web:
        web.execute("select access.bind('c')")
        assert web.execute("select access.fresh()").fetchone() == (True,)
    with empty.admin() as c:
        c.execute("update access.session set proved_at = proved_at - interval '6 minutes'")
    with psycopg.connect(empty.dsn("web")) as web:
        web.execute("select access.bind('c')")
        assert web.execute("select access.fresh()").fetchone() == (False,)
    demo = clone(pg_cluster, f"init_{os.getpid()}_{next(_names)}", mark="demo")
    try:
        with demo.admin() as c:
            c.execute("insert into person (id, name, name_en, initials, sort_key, cadre_rank, native_division, clearance, active, account) values (5, '某', '', '{}', '', '', '', 2, true, true)")
        with psycopg.connect(demo.dsn("web")) as web:
            web.execute("select access.open_demo_session(%s, 5)", [hashlib.sha256(b"z").digest()])
            web.execute("select access.bind('z')")
            assert web.execute("select access.fresh()").fetchone() == (True,)
    finally:
        drop(demo)
