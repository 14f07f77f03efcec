"""A browser for the whole run and a fresh world per story; the screens' played stage is shared with tests/faces/web."""
from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests import dbfixtures, djangodb
from tests.dbfixtures import clone, drop
from tests.e2e import browser as driving
from tests.faces.web.conftest import Stage, played, stage  # noqa: F401  the played stage is a fixture here too


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="no browser driver is installed")
    if not driving.CHROMIUM:
        pytest.skip("no browser is installed")
    with playwright.sync_playwright() as p:
        found = p.chromium.launch(executable_path=driving.CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield found
        found.close()


class Fresh:
    """A world in which nothing has happened."""

    def __init__(self, database: Any) -> None:
        self.database = database
        djangodb.use(database)
        from xieli.office.demo import world
        from xieli.office.demo.theatre import Theatre
        from xieli.office.matters.services import playbooks

        with database.admin() as admin:
            self.world = world.load(admin)
            playbooks.publish(admin)
        self.admin = database.admin()
        self.theatre = Theatre(self.world, self.admin)


@pytest.fixture
def fresh(pg_cluster) -> Iterator[Fresh]:
    database = clone(pg_cluster, f"story_{os.getpid()}", mark="demo")
    made = Fresh(database)
    yield made
    made.admin.close()
    from django.db import connections

    connections["default"].close()
    drop(database)


class Whole:
    """The demo as `make run` loads it, with “one call, the same night” played upon it."""

    def __init__(self, database: Any) -> None:
        self.database = database
        djangodb.use(database)
        from xieli.office.demo import world
        from xieli.office.demo.theatre import Theatre

        self.admin = database.admin()
        self.world = world.read(self.admin)
        self.theatre = Theatre(self.world, self.admin)


def whole_world(pg_cluster: Any) -> str:
    """The name of a database that holds the whole demo; a kept cluster keeps it."""
    kept = dbfixtures.kept_world(pg_cluster)
    if kept and dbfixtures.exists(pg_cluster, f"{kept}_demo"):
        return f"{kept}_demo"
    database = clone(pg_cluster, f"whole_{os.getpid()}", mark="demo")
    djangodb.use(database)
    from django.db import connections

    from xieli.office.demo import load
    from xieli.office.demo.stories import sc03_night
    from xieli.office.demo.stories import sc03_one_call as call

    with database.admin() as admin:
        theatre = load.load(admin, say=lambda text: None)
        theatre.at("2026-03-17 10:00")
        call.the_call(theatre)
        call.the_hand_over(theatre)
        call.decide_designation(theatre, call.propose_designation(theatre))
        sc03_night.play(theatre)
    connections.close_all()
    return dbfixtures.keep(pg_cluster, database.name, kept and f"{kept}_demo")


@pytest.fixture(scope="module")
def whole(pg_cluster) -> Iterator[Whole]:
    template = whole_world(pg_cluster)
    made = Whole(dbfixtures.copy(pg_cluster, template, f"screens_whole_{os.getpid()}"))
    yield made
    made.admin.close()
    from django.db import connections

    connections.close_all()
    drop(made.database)
    if template.startswith("whole_"):
        drop(dbfixtures.TestDatabase(pg_cluster, template))


@pytest.fixture
def windows(fresh: Fresh, chromium: Any) -> Iterator[Any]:
    """A window per person before a fresh world: `windows("chief3", script=False)`; all are closed at the end, none may have complained."""
    made: list[driving.Person] = []
    with driving.serving() as base:
        def person(code: str, **options: Any) -> driving.Person:
            made.append(driving.Person(chromium, base, fresh, code, **options))
            return made[-1]

        yield person
        for one in made:
            one.close()
