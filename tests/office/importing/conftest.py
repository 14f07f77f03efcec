"""A demo world without a story, in which a clerk of the commission imports ledgers."""
from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tests import djangodb
from tests.dbfixtures import TestDatabase, clone, drop


class Desk:
    """The world's identities and who sits down."""

    def __init__(self, database: TestDatabase) -> None:
        self.database = database
        djangodb.use(database)
        from xieli.office.demo import world
        from xieli.office.matters.services import playbooks

        self.admin = database.admin()
        self.world = world.load(self.admin)
        playbooks.publish(self.admin)
        self.body = self.world.bodies["yj"]
        self.room = self.world.rooms["yj/supervision3"]

    def name(self, person: str) -> str:
        return str(self.one("select name from person where id = %s", self.world.people[person]))

    def acts(self, person: str) -> AbstractContextManager[None]:
        from django.db import transaction

        from xieli.server.binding import acting, open_demo_session

        with transaction.atomic():
            token = open_demo_session(self.world.people[person])
        return acting(token)

    def one(self, query: str, *values: Any) -> Any:
        row = self.admin.execute(query, list(values)).fetchone()
        return row[0] if row else None


@pytest.fixture(scope="module")
def made(pg_cluster: Any, request: pytest.FixtureRequest) -> Iterator[Desk]:
    plugin = request.config.pluginmanager.get_plugin("django")
    if plugin is not None:
        # pytest-django guards its own test database; ours is a clone of its own
        request.config.stash[plugin.blocking_manager_key].unblock()
    database = clone(pg_cluster, f"imports_{os.getpid()}", mark="demo")
    desk = Desk(database)
    yield desk
    desk.admin.close()
    from django.db import connections

    connections["default"].close()
    drop(database)


@pytest.fixture
def desk(made: Desk) -> Desk:
    djangodb.use(made.database)
    return made


HEAD = ["线索编号", "收件时间", "被反映人", "身份证号", "工作单位", "职务", "反映的主要问题", "来源"]


@pytest.fixture
def ledger(tmp_path: Path) -> Callable[..., Path]:
    """Write rows as a workbook the way Excel would."""
    def write(rows: list[list[Any]], name: str = "台账.xlsx") -> Path:
        import openpyxl

        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        for line in book.active.iter_rows():
            for cell in line:
                if cell.data_type == "f":
                    cell.data_type = "s"  # typed as text, not a formula
        book.save(tmp_path / name)
        return tmp_path / name

    return write
