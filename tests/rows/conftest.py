"""A stage per module: a fresh world in a scratch database, with Django bound to it as the web role."""
from __future__ import annotations

import os
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xieli.server.settings")
os.environ.setdefault("XIELI_ROLE", "web")
import django
from django.apps import apps

if not apps.ready:
    django.setup()  # models are imported when the modules are collected; the database is named later, by `use`

from tests import dbfixtures
from tests.djangodb import use
from tests.office.conftest import world_template  # noqa: F401
from xieli.server import dbroles
from xieli.server.cluster import Server


@pytest.fixture(scope="module")
def stage(pg_cluster: Server, world_template: str, request: pytest.FixtureRequest) -> Iterator[object]:  # noqa: F811
    """A theatre in a copy of the furnished world, of its own; its time begins on 2 March 2026, 09:00, or at the module's BEGINS."""
    name = f"rows_{request.module.__name__.rsplit('.', 1)[-1]}_{os.getpid()}"[:40]
    with psycopg.connect(pg_cluster.dsn(), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
    dbroles.ensure_database(pg_cluster.dsn(), name, dbfixtures.PREFIX, world_template)
    database = dbfixtures.TestDatabase(pg_cluster, name)
    plugin = request.config.pluginmanager.get_plugin("django")
    if plugin is not None:
        # pytest-django guards its own test database; ours is a clone of its own
        request.config.stash[plugin.blocking_manager_key].unblock()
    use(database)
    from xieli.office.demo import world
    from xieli.office.demo.theatre import Theatre

    with database.admin() as admin:
        theatre = Theatre(world.read(admin), admin)
        theatre.start_at(getattr(request.module, "BEGINS", "2026-03-02 09:00"))
        yield theatre
    from django.db import connections

    connections.close_all()
    dbfixtures.drop(database)


@pytest.fixture(scope="session", autouse=True)
def watched_moves() -> Iterator[None]:
    """For tests of the moves themselves: a run may be asked to write down every move made, or to go without one."""
    from tests.rows import moves

    with moves.watched(lambda: os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]):
        yield
