"""A county room with a lead under verification, the invented data sets, and the engine's folder in a place of its own."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from xieli.office.demo.hands import Hands
from xieli.office.matters.services import grants, leads
from xieli.office.matters.tables.core import Matter

ROOM = "wuchuan/supervision1"


class Bench:
    """Who acts and on what: `chief` operates, `head` and `deputy` sign."""

    def __init__(self, stage: Any, server: Any) -> None:
        from xieli.office.desk import demo

        self.stage, self.server, self.hands = stage, server, Hands(stage)
        self.head, self.deputy, self.chief = stage.holder("head@wuchuan"), "zhou-rong", stage.holder(f"room_head@{ROOM}")
        self.truth = demo.load(stage.admin)
        self.early = self.open()
        self.lead = self.open()
        # the installer stands for the moves before verification, which other tests walk through
        stage.admin.execute("update matter set stages = '{checking}' where id = %s", [self.lead])

    def open(self) -> int:
        with self.stage.acts(self.chief):
            lead = leads.register(leads.NewMatter("lead", "某镇惠民补贴发放异常", self.stage.body("wuchuan"), self.stage.room(ROOM), (leads.Subject("王某", unit_name="某镇", post="科员"),), source="petition"))
            for person in (self.head, self.deputy):
                grants.give(lead.id, self.stage.person(person), kind="handler", acts=["read", "write"], ends_at=None, basis="分管", reason="")
            return int(lead.id)

    def proposal(self, **changed: Any) -> Any:
        from xieli.office.desk.services import Proposal

        return Proposal(**{"model": "deceased_recipient", "bind": {"payment": "subsidies", "death": "deaths"}, "purpose_zh": "核查死后领补", "purpose_en": "check payments after death", "assessment": "PIA-1",
                           "instruments": {"subsidies": "财函〔2026〕1号", "deaths": "民函〔2026〕2号"}, "subjects": tuple(self.truth["dead"]), **changed})

    def proposed(self, matter: int | None = None, **changed: Any) -> int:
        from xieli.office.desk import services

        with self.stage.acts(self.chief):
            return int(services.propose(Matter.objects.get(pk=matter or self.lead), self.proposal(**changed)).id)

    def signed(self, identity: int, *persons: str) -> str:
        from xieli.office.desk import services
        from xieli.office.desk.models import Authorization

        state = ""
        for person in persons:
            with self.stage.acts(person):
                state = services.sign_authorization(Authorization.objects.get(pk=identity))
        return state

    def in_force(self, **changed: Any) -> int:
        identity = self.proposed(**changed)
        assert self.signed(identity, self.head, self.deputy) == "in_force"
        return identity

    def name(self, person: str) -> str:
        """A person's name."""
        return str(self.stage.admin.execute("select name from person where id = %s", [self.stage.person(person)]).fetchone()[0])

    def ran(self, identity: int) -> Any:
        from xieli.office.desk import demo

        return demo.run_now(self.stage, self.chief, identity, "deceased_recipient")

    @contextmanager
    def working(self) -> Iterator[None]:
        """The connection of the worker's own role."""
        with self.as_role("job"):
            yield

    @contextmanager
    def sweeping(self) -> Iterator[None]:
        """The connection of the sweeper's own role."""
        with self.as_role("sweeper"):
            yield

    @contextmanager
    def as_role(self, role: str) -> Iterator[None]:
        """Django on another role's connection, as that process has it."""
        from tests import dbfixtures, djangodb

        name = self.stage.admin.execute("select current_database()").fetchone()[0]
        database = dbfixtures.TestDatabase(self.server, name)
        djangodb.use(database, role)
        try:
            yield
        finally:
            djangodb.use(database, "web")


@pytest.fixture(scope="module")
def bench(stage: Any, pg_cluster: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    from django.conf import settings

    before = settings.HOME
    settings.HOME = Path(tmp_path_factory.mktemp("home"))
    yield Bench(stage, pg_cluster)
    settings.HOME = before
