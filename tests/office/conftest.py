"""What office tests share: a furnished world made once, a copy of it per module, persons who act, and raw connections of theirs."""
from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xieli.server.settings")
os.environ.setdefault("XIELI_ROLE", "web")
import django
from django.apps import apps

if not apps.ready:
    django.setup()  # models are imported when the modules are collected; the database is named later, by `use`

import psycopg
import pytest
from psycopg import sql
from pytest_django import plugin

from tests import dbfixtures
from tests.djangodb import use
from xieli.server import dbroles
from xieli.server.cluster import Server

BEGINS = "2026-03-02 09:00"
_numbers = count()  # whoever imports `world_template` makes a fixture, and so a database, of its own


def allow_database(request: pytest.FixtureRequest) -> None:
    """These databases are clones of our own, not the one pytest-django would guard."""
    if plugin.blocking_manager_key in request.config.stash:
        request.config.stash[plugin.blocking_manager_key].unblock()


@pytest.fixture(scope="session")
def world_template(pg_cluster: Server, request: pytest.FixtureRequest) -> str:
    """A database with the invented province and every playbook published, from which each module's stage is copied."""
    allow_database(request)
    kept = dbfixtures.kept_world(pg_cluster)
    if kept and dbfixtures.exists(pg_cluster, kept):
        return kept
    database = dbfixtures.clone(pg_cluster, f"xworld_{os.getpid()}_{next(_numbers)}")
    use(database)
    from django.db import connections

    from xieli.office.demo import world
    from xieli.office.matters.services import playbooks

    with database.admin() as admin:
        world.load(admin)
        playbooks.publish(admin)
    connections.close_all()
    return dbfixtures.keep(pg_cluster, database.name, kept)


@pytest.fixture(scope="module")
def stage(pg_cluster: Server, world_template: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A theatre in a copy of its own; its time begins on Monday 2 March 2026, 09:00. Persons act with `as_`."""
    name = f"xstage_{request.module.__name__.rsplit('.', 1)[-1]}_{os.getpid()}"[:60]
    with psycopg.connect(pg_cluster.dsn(), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
    dbroles.ensure_database(pg_cluster.dsn(), name, dbfixtures.PREFIX, world_template)
    database = dbfixtures.TestDatabase(pg_cluster, name)
    use(database)
    from django.conf import settings
    from django.db import connections

    from xieli.office.demo import world
    from xieli.office.demo.theatre import Theatre

    before, settings.FILES = settings.FILES, tmp_path_factory.mktemp("files")

    with database.admin() as admin:
        theatre = Theatre(world.read(admin), admin)
        theatre.start_at(BEGINS)
        yield theatre
    settings.FILES = before
    connections.close_all()
    dbfixtures.drop(database)


@pytest.fixture(scope="module")
def as_(stage: Any) -> Callable[[str], AbstractContextManager[None]]:
    """`with as_("chief3"):` — one bound transaction of that person."""
    found: Callable[[str], AbstractContextManager[None]] = stage.acts
    return found


@pytest.fixture(scope="module")
def raw(stage: Any) -> Callable[[str], AbstractContextManager[psycopg.Connection[Any]]]:
    """The web role's own connection, bound to a person's session, without any service: what a hostile program would hold."""
    @contextmanager
    def connect(person: str) -> Iterator[psycopg.Connection[Any]]:
        name = stage.admin.execute("select current_database()").fetchone()[0]
        settings = stage.admin.info.get_parameters()
        with psycopg.connect(host=settings["host"], port=settings.get("port"), dbname=name, user=dbroles.role_name("web", dbfixtures.PREFIX), password=dbfixtures.PASSWORD) as connection:
            assert connection.execute("select access.bind(%s)", [stage.token(person)]).fetchone() == (True,)
            yield connection
            connection.rollback()

    return connect
