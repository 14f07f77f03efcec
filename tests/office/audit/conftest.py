"""A small invented office: three persons, one audit administrator, one security administrator, a few matters."""
from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests import dbfixtures
from xieli.server.cluster import Server


@dataclass
class Office:
    """The clone and who is in it: `people[name]` → person, `matters[name]` → matter."""

    database: dbfixtures.TestDatabase
    people: dict[str, int] = field(default_factory=dict)
    sessions: dict[str, int] = field(default_factory=dict)
    matters: dict[str, int] = field(default_factory=dict)

    def admin(self) -> psycopg.Connection[Any]:
        return self.database.admin()

    def connect(self, role: str, **options: Any) -> psycopg.Connection[Any]:
        return psycopg.connect(self.database.dsn(role), **options)

    def move_clock(self, by: str) -> None:
        """Set the offset of the installation's clock (scratch databases only)."""
        with self.admin() as connection:
            column = connection.execute(
                "select attname from pg_attribute where attrelid = 'access.clock_offset'::regclass and atttypid = 'interval'::regtype").fetchone()
            assert column is not None
            connection.execute("alter table access.clock_offset disable trigger user")
            connection.execute(sql.SQL("update access.clock_offset set {} = %s").format(sql.Identifier(column[0])), [by])

    @contextmanager
    def acting(self, name: str, role: str = "web") -> Iterator[psycopg.Connection[Any]]:
        """One transaction of the role with the person's session bound; committed at the end."""
        with self.connect(role) as connection:
            assert connection.execute("select access.bind(%s)", [f"cookie-{name}"]).fetchone() == (True,)
            yield connection

    def act(self, name: str, verb: str = "test.noted", *, role: str = "web", about: tuple[str, ...] = (), personal: dict[str, str] | None = None, **fields: Any) -> str:
        """One recorded act; returns the event's uuid."""
        with self.acting(name, role) as connection:
            row = connection.execute(
                "select audit.record(%s, %s, %s, %s)",
                [verb, psycopg.types.json.Jsonb(fields), [self.matters[m] for m in about], psycopg.types.json.Jsonb(personal or {})],
            ).fetchone()
        assert row is not None
        return str(row[0])


VERBS = """
insert into audit.verb (name, fields, personal, internal, zh, en) values
 ('test.noted', '{"note": {"kind": "text", "many": false, "pattern": "", "optional": false},
                  "n": {"kind": "int", "many": false, "pattern": "", "optional": true},
                  "ok": {"kind": "bool", "many": false, "pattern": "", "optional": true},
                  "codes": {"kind": "code", "many": true, "pattern": "[a-z0-9][a-z0-9_.:+-]{0,79}", "optional": true},
                  "ref": {"kind": "ref", "many": false, "pattern": "-?[0-9]{1,19}", "optional": true}}',
  '{name,number}', false, '{by} 记下 {note}', '{by} noted {note}')
"""

WORLD = """
insert into body (id, code, kind, rank, name_zh, name_en, valid_from, division_code, sector, short_zh, short_en, document_mark, initials, sort_key)
values (10, 'b10', 'commission', 'county', '甲县纪委监委', 'Commission of County A', '2020-01-01', '990101', '', '', '', '', '{}', '');
insert into office (id, body_id, code, title_zh, title_en, valid_from) values
 (20, 10, 'audit_admin', '审计管理员', 'Audit administrator', '2020-01-01'), (21, 10, 'security_admin', '安全管理员', 'Security administrator', '2020-01-01'),
 (22, 10, 'handler', '承办人', 'Handler', '2020-01-01');
"""


def furnish(database: dbfixtures.TestDatabase) -> Office:
    office = Office(database)
    with office.admin() as connection:
        connection.execute(VERBS)
        connection.execute(WORLD)
        for i, (name, post) in enumerate([("an", 22), ("bo", 22), ("chen", 22), ("auditor", 20), ("auditor2", 20), ("guard", 21)]):
            person = 100 + i
            office.people[name], office.sessions[name] = person, 9000 + i
            connection.execute(
                "insert into person (id, name, name_en, initials, sort_key, cadre_rank, native_division, clearance, active, account)"
                " values (%s, %s, %s, '{}', '', '', '', 2, true, true)", [person, name, name])
            connection.execute(
                "insert into posting (person_id, body_id, office_id, kind, starts_at, confirmed_by_id, basis, is_deputy)"
                " values (%s, 10, %s, 'regular', '2020-01-01', 100, '', false)", [person, post])
            connection.execute(
                "insert into access.session (id, token, person, opened_at, seen_at, until, idle, proved_at)"
                " values (%s, %s, %s, access.now(), access.now(), access.now() + interval '1 day', '1 day', access.now())",
                [9000 + i, sha256(f"cookie-{name}".encode()).digest(), person])
        for name, readers in {"one": ["an", "bo"], "two": ["an"], "three": ["chen"]}.items():
            row = connection.execute("select access.new_id()").fetchone()
            assert row is not None
            office.matters[name] = row[0]
            connection.execute(
                "insert into matter (id, kind, playbook_version, playbook_sha, title, summary, owner_body_id, level, status, stages, series, number,"
                " urgent, source, source_grade, opened_at, close_kind, row_version, acl, deny, comps, sure_until, grams) values"
                " (%s, 'lead', 1, '', %s, '', 10, 0, 'open', '{}', '', '', false, '', '', access.now(), '', 1, '{}', '{}', '{}', '9999-01-01', '{}')",
                [row[0], name])
            for reader in readers:
                connection.execute(
                    "insert into matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)"
                    " values (access.new_id(), %s, %s, 'handler', '{read,write}', access.now(), '9999-01-01', 'test', '', 100, access.now())",
                    [row[0], office.people[reader]])
    return office


@pytest.fixture(scope="session")
def furnished(pg_cluster: Server) -> dbfixtures.TestDatabase:
    """A furnished clone that each test copies."""
    database = dbfixtures.clone(pg_cluster, f"xaudit_base_{os.getpid()}")
    furnish(database)
    return database


@pytest.fixture
def office(pg_cluster: Server, furnished: dbfixtures.TestDatabase, request: pytest.FixtureRequest) -> Iterator[Office]:
    """A fresh copy for one test."""
    name = f"xaudit_{os.getpid()}_{abs(hash(request.node.nodeid)) % 10**9}"
    from xieli.server import dbroles

    with psycopg.connect(pg_cluster.dsn(), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
    dbroles.ensure_database(pg_cluster.dsn(), name, dbfixtures.PREFIX, furnished.name)
    database = dbfixtures.TestDatabase(pg_cluster, name)
    made = Office(database)
    with database.admin() as connection:
        made.people = dict(connection.execute("select name, id from person"))
        made.matters = dict(connection.execute("select title, id from matter"))
        made.sessions = dict(connection.execute("select p.name, s.id from access.session s join person p on p.id = s.person"))
    yield made
    dbfixtures.drop(database)
