"""Test databases: one template migrated as the owner, cloned per test process; fixtures load as the installer, tests act as web.

`make_template(server)` migrates once per source state; `clone(...)` copies it in well under a second. No test wraps
itself in a transaction where identity, sealing or jobs matter.
"""
from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from xieli.server import dbroles, queue
from xieli.server.cluster import Server

ROOT = Path(__file__).resolve().parents[1]
PREFIX = "xtest"
PASSWORD = "test-only"


def source_digest() -> str:
    """Digest of everything that shapes the schema: migrations, their SQL, and the acts that are copied into the database."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "src/xieli").rglob("*")):
        if path.suffix in {".py", ".sql"} and ("migrations" in path.parts or "sql" in path.parts or path.name in {"events.py", "verbs.py"}):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


@dataclass(frozen=True)
class TestDatabase:
    """A database of its own for one test process."""

    server: Server
    name: str

    __test__ = False

    def dsn(self, role: str | None = None) -> str:
        """Connection URL as a login role (web, door, …), or as the installer when no role is named."""
        if role is None:
            return self.server.dsn(database=self.name)
        return self.server.dsn(dbroles.role_name(role, PREFIX), self.name, PASSWORD)

    def admin(self) -> psycopg.Connection:
        return psycopg.connect(self.dsn(), autocommit=True)

    def environment(self, role: str = "web") -> dict[str, str]:
        """What a process of this role is given, and nothing else."""
        return {
            "DJANGO_SETTINGS_MODULE": "xieli.server.settings",
            "XIELI_ROLE": role,
            "XIELI_PREFIX": PREFIX,
            f"XIELI_DB_{role.upper()}": self.dsn(None if role == "owner" else role),
        }


def make_template(server: Server) -> str:
    """The migrated template database for the present sources; made at most once per cluster."""
    name = f"xt_{source_digest()}"
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(hashtext('xieli-template'))")
        if connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
            return name
        dbroles.ensure_roles(server.dsn(), PREFIX, dict.fromkeys(dbroles.LOGIN_ROLES, PASSWORD))
        scratch = name + "_new"
        connection.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(scratch)))
        dbroles.ensure_database(server.dsn(), scratch, PREFIX)
        environment = os.environ | TestDatabase(server, scratch).environment("owner") | {"PYTHONPATH": str(ROOT / "src")}
        done = subprocess.run(
            [sys.executable, "-m", "django", "migrate", "--no-input", "--skip-checks", "-v0"],
            env=environment, capture_output=True, text=True, check=False,
        )
        if done.returncode:
            raise RuntimeError(f"the template could not be migrated:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
        queue.settle(TestDatabase(server, scratch).dsn(), PREFIX)
        connection.execute(sql.SQL("alter database {} rename to {}").format(sql.Identifier(scratch), sql.Identifier(name)))
    return name


def exists(server: Server, name: str) -> bool:
    """Whether the cluster has a database of this name."""
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        return connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone() is not None


def kept_world(server: Server) -> str:
    """The name under which a furnished world stays in a kept cluster, by the sources it is made from; empty in an ordinary run."""
    if not os.environ.get("XIELI_TEST_KEEP"):
        return ""
    digest = hashlib.sha256(make_template(server).encode())
    for room in ("office", "content", "engines", "server"):
        for path in sorted((ROOT / "src/xieli" / room).rglob("*")):
            if path.is_file() and path.suffix in {".py", ".sql", ".yaml", ".csv", ".json"}:
                digest.update(path.read_bytes())
    return f"xkept_{digest.hexdigest()[:12]}"


def keep(server: Server, name: str, kept: str) -> str:
    """Give a furnished world its lasting name, unless another process was quicker; returns the name to copy from."""
    if not kept:
        return name
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        try:
            connection.execute(sql.SQL("alter database {} rename to {}").format(sql.Identifier(name), sql.Identifier(kept)))
        except psycopg.errors.DuplicateDatabase:
            return name
    return kept


def clone(server: Server, name: str, mark: str = "scratch", level_cap: int = 3) -> TestDatabase:
    """A fresh copy of the template, marked scratch (its clock may be moved by the owner) unless said otherwise."""
    template = make_template(server)
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
    dbroles.ensure_database(server.dsn(), name, PREFIX, template)
    database = TestDatabase(server, name)
    with database.admin() as connection:
        connection.execute("insert into access.installation (mark, level_cap) values (%s, %s)", [mark, level_cap])
    return database


def copy(server: Server, template: str, name: str) -> TestDatabase:
    """A copy of a furnished database to which nobody is connected; its mark, sessions and clock come with it."""
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
    dbroles.ensure_database(server.dsn(), name, PREFIX, template)
    return TestDatabase(server, name)


def drop(database: TestDatabase) -> None:
    """Remove a clone; connections still open are ended."""
    with psycopg.connect(database.server.dsn(), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(database.name)))
