"""A stage per module: a fresh world in a scratch database, with Django bound to it as the web role."""
from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xieli.server.settings")
os.environ.setdefault("XIELI_ROLE", "web")
import django
from django.apps import apps

if not apps.ready:
    django.setup()  # models are imported when the modules are collected; the database is named later, by `use`

from tests import dbfixtures
from tests.djangodb import use
from xieli.server.cluster import Server


@pytest.fixture(scope="module")
def stage(pg_cluster: Server, request: pytest.FixtureRequest) -> Iterator[object]:
    """A theatre in a clone of its own; its time begins on 2 March 2026, 09:00."""
    database = dbfixtures.clone(pg_cluster, f"rows_{request.module.__name__.rsplit('.', 1)[-1]}_{os.getpid()}"[:40])
    plugin = request.config.pluginmanager.get_plugin("django")
    if plugin is not None:
        # pytest-django guards its own test database; ours is a clone of its own
        request.config.stash[plugin.blocking_manager_key].unblock()
    use(database)
    from xieli.office.demo import world
    from xieli.office.demo.theatre import Theatre
    from xieli.office.matters.services import playbooks

    with database.admin() as admin:
        loaded = world.load(admin)
        playbooks.publish(admin)
        theatre = Theatre(loaded, admin)
        theatre.start_at("2026-03-02 09:00")
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
