"""Every story of the seeds holds, each in a fresh world: the same sentences that `xieli story run` prints."""
from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests import dbfixtures
from tests.djangodb import use
from tests.office.conftest import world_template  # noqa: F401
from xieli.office.demo.stories import stories
from xieli.server import dbroles
from xieli.server.cluster import Server


@pytest.fixture
def theatre(pg_cluster: Server, world_template: str) -> Iterator[Any]:  # noqa: F811
    name = f"xstory_{os.getpid()}"
    with psycopg.connect(pg_cluster.dsn(), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
    dbroles.ensure_database(pg_cluster.dsn(), name, dbfixtures.PREFIX, world_template)
    database = dbfixtures.TestDatabase(pg_cluster, name)
    use(database)
    from django.db import connections

    from xieli.office.demo import world
    from xieli.office.demo.theatre import Theatre

    with database.admin() as admin:
        yield Theatre(world.read(admin), admin)
    connections.close_all()
    dbfixtures.drop(database)


@pytest.mark.parametrize("code", sorted(stories()))
def test_the_story_holds(theatre: Any, code: str) -> None:
    stories()[code].play(theatre)
    assert len(theatre.checks) >= 5
    assert all(check["zh"] and check["en"] for check in theatre.checks)


def test_a_story_whose_sentence_does_not_hold_is_a_failure(theatre: Any) -> None:
    from xieli.office.demo.theatre import CheckFailed

    with pytest.raises(CheckFailed):
        theatre.check("从不", "never", False)
    assert theatre.checks == []
