"""Bringing an installation's database up to the present code: roles, database, migrations, what only a superuser can set.

Every step looks first and does only what is missing, so it is run at every start.
"""
from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

import psycopg
from psycopg import sql

from xieli.server import queue
from xieli.server.postgres import Instance
from xieli.server.supervise import last_lines
from xieli.server.words import Say, Trouble, pick

MARKS = ("production", "demo", "scratch")


def process_environment(db: Instance, role: str) -> dict[str, str]:
    """The environment of a Django process of this role: its own password, the cookie key's file, the settings module."""
    db.home.secret("cookie.key")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("XIELI_DB_", "PG", "DATABASE_URL"))}
    return {
        **kept,
        "DJANGO_SETTINGS_MODULE": "xieli.server.settings",
        "XIELI_SECRET": str(db.home.path / "secrets" / "cookie.key"),
        **db.role_env(role),
    }


def bring_up_to_date(db: Instance, say: Say) -> None:
    """Roles, database, migrations. Errors: `Trouble` naming the migration's last words; applied ones stay applied."""
    db.ensure_roles_and_database()
    pending = django(db, ["migrate", "--plan", "--skip-checks"]).stdout
    if "No planned migration operations" not in pending:
        say(pick("更新数据库结构……", "Bringing the database's structure up to date …"))
        django(db, ["migrate", "--no-input", "--skip-checks", "-v0"])
    queue.settle(db.role_dsn("owner"), db.prefix)
    trust_array_search(db)
    harden(db)


def harden(db: Instance) -> bool:
    """What only a superuser can set (statistics views closed, and so on), again at every start: a dump does not carry it."""
    from xieli.office.access import hardening

    with psycopg.connect(db.admin_dsn, autocommit=True) as connection:
        done = hardening.apply(connection)
        if done:  # pg_dump reads whole rows of the catalogue; these two roles serve nobody's session
            connection.execute(
                sql.SQL("grant select on pg_catalog.pg_class to {}, {}").format(sql.Identifier(db.role("owner")), sql.Identifier(db.role("backup")))
            )
        return done


def django(db: Instance, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a Django management command as the owner. Its whole output goes to log/prepare.log when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "django", *arguments],
        env=process_environment(db, "owner"), capture_output=True, text=True, check=False,
    )
    if done.returncode != 0:
        log = db.home.log / "prepare.log"
        log.write_text(done.stdout + done.stderr)
        raise Trouble(
            f"数据库结构未能更新；已完成的步骤保留，可以重试。最后的说明：\n{last_lines(log, 6)}\n全文见 {log}。",
            f"The database's structure could not be brought up to date; the steps done are kept and it can be tried again. The last words:\n"
            f"{last_lines(log, 6)}\nAll of it: {log}.",
        )
    return done


def trust_array_search(db: Instance) -> bool:
    """Let `@>` on arrays use its index under row security. Returns whether it may (False without a superuser).

    The stock function compares ids and two-character pieces and tells nothing but true or false; PostgreSQL does not know
    that, and without the mark a search reads every row the viewer may see. The mark is not part of a dump, so it is set
    again at every start.
    """
    if array_search_trusted(db):
        return True
    with psycopg.connect(db.admin_dsn, autocommit=True) as connection:
        try:
            connection.execute("alter function pg_catalog.arraycontains(anyarray, anyarray) leakproof")
        except psycopg.errors.InsufficientPrivilege:
            return False
    return True


def array_search_trusted(db: Instance) -> bool:
    with psycopg.connect(db.admin_dsn) as connection:
        row = connection.execute("select proleakproof from pg_proc where oid = 'pg_catalog.arraycontains(anyarray, anyarray)'::regprocedure").fetchone()
    return row == (True,)


def mark_of(db: Instance) -> str | None:
    """What this installation was made as: production, demo, scratch; None when it has not been set up."""
    with psycopg.connect(db.role_dsn("owner")) as connection:
        if connection.execute("select to_regclass('access.installation')").fetchone() == (None,):
            return None
        row = connection.execute("select mark from access.installation").fetchone()
    return str(row[0]) if row else None


def set_mark(db: Instance, mark: str, **values: object) -> None:
    """Write the installation's mark; the database keeps it for ever. Errors: ValueError, psycopg error when one is there."""
    if mark not in MARKS:
        raise ValueError(mark)
    columns: Mapping[str, object] = {"mark": mark, **values}
    names = psycopg.sql.SQL(", ").join(map(psycopg.sql.Identifier, columns))
    slots = psycopg.sql.SQL(", ").join(psycopg.sql.Placeholder() * len(columns))
    with psycopg.connect(db.role_dsn("owner")) as connection:
        connection.execute(
            psycopg.sql.SQL("insert into access.installation ({}) values ({})").format(names, slots), list(columns.values())
        )
