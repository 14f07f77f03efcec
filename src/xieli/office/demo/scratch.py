"""A scratch database for each story: migrated once, furnished once, copied for every story, dropped afterwards."""
from __future__ import annotations

import os
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from xieli.server import dbroles, prepare
from xieli.server.dsn import as_url
from xieli.server.postgres import Instance


@dataclass
class Played:
    """How one story went."""

    id: str
    zh: str
    en: str
    checks: list[dict[str, str]] = field(default_factory=list)
    figures: list[dict[str, Any]] = field(default_factory=list)
    failed: str = ""

    @property
    def held(self) -> bool:
        return not self.failed and bool(self.checks)


def keeper_connection(db: Instance) -> psycopg.Connection[Any]:
    """The installer as keeper of the tables: what the demo's loader and a story's clock write with."""
    return psycopg.connect(db.admin_dsn, autocommit=True, options=f"-c role={db.prefix}_keeper")


@contextmanager
def stage_databases(db: Instance, say: Callable[[str], None]) -> Iterator[Instance]:
    """A furnished template beside the installation's database; both it and the copy of each story are gone afterwards."""
    name = f"{db.prefix}_story_{os.getpid()}"
    template = replace(db, admin_dsn=as_url(db.admin_dsn, dbname=f"{name}_t"))
    copy = replace(db, admin_dsn=as_url(db.admin_dsn, dbname=name))
    files = tempfile.TemporaryDirectory(prefix="xieli-story-")
    try:
        prepare.bring_up_to_date(template, say)
        prepare.set_mark(template, "scratch", level_cap=3)
        os.environ.update(prepare.process_environment(copy, "web"))
        import django

        django.setup()
        from django.conf import settings

        settings.FILES = Path(files.name)  # a story's files are not those of the installation
        from xieli.office.demo import world
        from xieli.office.matters.services.playbooks import publish

        with keeper_connection(template) as connection:
            world.load(connection)
            publish(connection)
        yield copy
    finally:
        _forget()
        for one in (copy, template):
            _drop(db, one.database)
        files.cleanup()


def _forget() -> None:
    from django.db import connections

    try:
        connections.close_all()
    except Exception:  # Django was never set up: there is nothing to close
        return


def _drop(db: Instance, name: str) -> None:
    with psycopg.connect(db.maintenance_dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def play_one(db: Instance, copy: Instance, story: Any, say: Callable[[str], None]) -> Played:
    """Play one story in a fresh copy. Never raises for a story that failed: the result says which sentence did not hold."""
    from xieli.office.demo import world
    from xieli.office.demo.theatre import Theatre

    result = Played(*story.STORY)
    _forget()
    _drop(db, copy.database)
    dbroles.ensure_database(db.maintenance_dsn, copy.database, db.prefix, f"{copy.database}_t")
    with keeper_connection(copy) as connection:
        stage = Theatre(world.read(connection), connection, say)
        try:
            story.play(stage)
        except Exception as problem:
            where = traceback.extract_tb(problem.__traceback__)
            line = next((f"{f.name}:{f.lineno}" for f in reversed(where) if "/demo/stories/" in f.filename), "")
            result.failed = f"{problem} ({line})" if line else str(problem)
        result.checks, result.figures = stage.checks, stage.figures
    return result
