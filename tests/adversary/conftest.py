"""A small office marked production, and the web role's raw connection in hostile hands.

An handles a lead on Chen, Bo's kin and colleague of another body; Bo and the head Du are not to learn that it exists.
"""
from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests import dbfixtures
from xieli.server.cluster import Server

MINE, THEIRS = 2001, 2002
AN, BO, CHEN, DU, EN = 3001, 3002, 3003, 3004, 3005
SPARE = 3006  # three more of An's room, to be disabled and moved
ROOM, HEAD, OTHER_HEAD, CASE_DUTY = 2101, 2201, 2202, 2203


@dataclass
class Target:
    """The clone, its people's cookies, the hidden matter and what hangs on it."""

    database: dbfixtures.TestDatabase
    hidden: int = 0
    own: int = 0
    grant: int = 0
    recusal: int = 0
    cookies: dict[str, str] = field(default_factory=dict)

    def raw(self, role: str = "web") -> psycopg.Connection[Any]:
        """A connection with nothing on it: whatever the attacker wants."""
        return psycopg.connect(self.database.dsn(role), autocommit=True)

    @contextmanager
    def bound(self, name: str, *, keep: bool = False) -> Iterator[psycopg.Connection[Any]]:
        """A transaction bound to the person's live session; undone at the end unless `keep`."""
        with self.raw() as connection, connection.transaction(force_rollback=not keep):
            assert connection.execute("select access.bind(%s)", [self.cookies[name]]).fetchone() == (True,)
            yield connection


def people(admin: psycopg.Connection[Any]) -> None:
    """Two bodies, a room, four offices, five persons in them."""
    for body in (MINE, THEIRS):
        admin.execute("insert into body (id, code, kind, rank, name_zh, name_en, short_zh, short_en, division_code, sector, document_mark, initials, sort_key, valid_from)"
                      " values (%s, %s, 'commission', 'county', '机构', 'body', '', '', '990000', '', '', '{}', '', '2020-01-01')", [body, f"b{body}"])
    admin.execute("insert into room (id, body_id, kind, name_zh, name_en, valid_from) values (%s, %s, 'supervision', '室', 'room', '2020-01-01')", [ROOM, MINE])
    for office, body, code in ((HEAD, MINE, "head"), (OTHER_HEAD, THEIRS, "head"), (CASE_DUTY, THEIRS, "case_duty")):
        admin.execute("insert into office (id, body_id, code, title_zh, title_en, valid_from) values (%s, %s, %s, '职', 'o', '2020-01-01')", [office, body, code])
    for person, body, room, office in ((AN, MINE, ROOM, None), (BO, THEIRS, None, None), (CHEN, THEIRS, None, None), (DU, THEIRS, None, OTHER_HEAD), (EN, MINE, None, HEAD),
                                       *((SPARE + n, MINE, ROOM, None) for n in range(3))):
        admin.execute("insert into person (id, name, name_en, initials, sort_key, cadre_rank, native_division, clearance, active, account, id_digest)"
                      " values (%s, %s, '', '{}', '', '', '', 2, true, true, %s)", [person, f"某{person}", f"d{person}".encode()])
        admin.execute("insert into posting (person_id, body_id, room_id, office_id, kind, starts_at, confirmed_by_id, basis, is_deputy)"
                      " values (%s, %s, %s, %s, 'regular', '2020-01-01', %s, '', false)", [person, body, room, office, person])
    admin.execute("insert into kin (person_id, relation, name, id_digest, near) values (%s, '配偶', '某', %s, true)", [BO, f"d{CHEN}".encode()])


def open_matter(connection: psycopg.Connection[Any], title: str, **fields: Any) -> int:
    from xieli.office.access.search import grams

    data = {"kind": "lead", "playbook_version": 1, "playbook_sha": "x", "title": title, "grams": grams(title), **fields}
    row = connection.execute("select access.open_matter(%s)", [Jsonb(data)]).fetchone()
    assert row is not None
    return int(row[0])


def subject(connection: psycopg.Connection[Any], matter: int, person: int) -> None:
    connection.execute("insert into matter_subject (id, matter_id, kind, name, id_tail, person_id, unit_name, post, cadre_rank, dual_managed, role)"
                       " values (access.new_id(), %s, 'person', '陈某', '', %s, '', '', '', false, 'subject')", [matter, person])


def sign_in(target: Target, **who: int) -> None:
    """Sessions as the door opens them."""
    with target.raw("door") as door:
        for name, person in who.items():
            cookie = token_urlsafe(16)
            door.execute("select access.open_session(%s, %s, 'totp', 'closed', 8, 480)", [sha256(cookie.encode()).digest(), person])
            target.cookies[name] = cookie


@pytest.fixture(scope="module")
def target(pg_cluster: Server) -> Iterator[Target]:
    """The office with the hidden matter: An's lead on Chen."""
    database = dbfixtures.clone(pg_cluster, f"hostile_{os.getpid()}", mark="production", level_cap=2)
    target = Target(database)
    with database.admin() as admin:
        people(admin)
    sign_in(target, an=AN, bo=BO, chen=CHEN, du=DU, en=EN)
    with target.bound("an", keep=True) as c:
        target.hidden = open_matter(c, "关于陈某的问题线索", owner_body=MINE, owner_room=ROOM, level=1)
        subject(c, target.hidden, CHEN)
        row = c.execute("select min(id) from matter_grant").fetchone()
        assert row is not None
        target.grant = row[0]
    with target.bound("bo", keep=True) as c:
        target.own = open_matter(c, "另一件事", owner_body=THEIRS)
    with database.admin() as admin:
        row = admin.execute("select id from recusal where principal = %s", [CHEN]).fetchone()
        assert row is not None
        target.recusal = row[0]
    yield target
    dbfixtures.drop(database)
