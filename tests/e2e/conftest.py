"""A browser for the whole run and a fresh world per story; the screens' played stage is shared with tests/faces/web."""
from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests import djangodb
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
