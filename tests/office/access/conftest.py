"""A scratch clone for the models: worlds are made, changed and undone in the installer's transactions."""
from __future__ import annotations

import os
from collections.abc import Iterator

import psycopg
import pytest

from tests import dbfixtures
from xieli.server.cluster import Server


@pytest.fixture(scope="module")
def scratch(pg_cluster: Server) -> Iterator[dbfixtures.TestDatabase]:
    database = dbfixtures.clone(pg_cluster, f"access_{os.getpid()}")
    yield database
    dbfixtures.drop(database)


@pytest.fixture
def installer(scratch: dbfixtures.TestDatabase) -> Iterator[psycopg.Connection]:
    """The installer's connection; worlds are made, changed and undone in its transactions."""
    with scratch.admin() as connection:
        yield connection
