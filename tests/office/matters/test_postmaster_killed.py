"""The database's postmaster killed with -9 in the middle of a hand-over, in a cluster of its own: no half effect, no double effect.

That a running installation brings the database back by itself is tests/server/test_serving.py; here the same start follows the
kill, and what matters is what the recovered database holds.
"""
from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, InterfaceError, connection, connections

from tests import dbfixtures
from tests.djangodb import use
from tests.office.matters.conftest import Kit
from tests.office.matters.test_faults import facts, gapless
from tests.server.conftest import a_home
from xieli.office.demo import world
from xieli.office.demo.hands import Hands
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import handover
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.handover import Handover
from xieli.server import dbroles, pgstate
from xieli.server.backup import libpq_environment
from xieli.server.cluster import Server


class Office:
    """The furnished world in a cluster that may be killed."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.database = dbfixtures.TestDatabase(server, "killed")
        self.open()

    def open(self) -> None:
        admin = self.database.admin()
        self.stage = Theatre(world.read(admin), admin)
        self.kit = Kit(self.stage, Hands(self.stage))

    def killed_before_the_commit(self, person: str, act: Callable[[], object]) -> None:
        """Everything of the act is done but its commit when the postmaster dies; then the database is started as the supervisor does."""
        def cut_off() -> None:
            with self.stage.acts(person):
                act()
                self.kill()
                connection.cursor().execute("select 1")

        with pytest.raises((DatabaseError, InterfaceError)):
            cut_off()
        self.back()

    def kill(self) -> None:
        postmaster = pgstate.postmaster_of(self.folder / "cluster")
        assert postmaster is not None
        children = postmaster.children(recursive=True)
        postmaster.kill()
        postmaster.wait(20)
        for child in children:  # as a power cut would, they do not finish what they were doing
            if child.is_running():
                child.kill()

    def back(self) -> None:
        connections.close_all()
        assert self.server.start()
        self.open()


@pytest.fixture(scope="module")
def office(pg_cluster: Server, world_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    dump = tmp_path_factory.mktemp("dump") / "world"
    programs = pg_cluster.binaries()
    subprocess.run([programs.program("pg_dump"), "-Fc", "-f", str(dump), "-d", world_template], env=libpq_environment(pg_cluster.dsn(database=world_template)), check=True)
    with a_home() as place, Server(place / "pg") as server:
        dbroles.ensure_roles(server.dsn(), dbfixtures.PREFIX, dict.fromkeys(dbroles.LOGIN_ROLES, dbfixtures.PASSWORD))
        dbroles.ensure_database(server.dsn(), "killed", dbfixtures.PREFIX)
        subprocess.run([programs.program("pg_restore"), "--exit-on-error", "-d", "killed", str(dump)], env=libpq_environment(server.dsn(database="killed")), check=True)
        use(dbfixtures.TestDatabase(server, "killed"))
        made = Office(server, place / "pg")
        made.stage.start_at("2026-03-02 09:00")
        yield made
        made.stage.admin.close()
        connections.close_all()


def test_killed_while_sending_and_while_accepting_nothing_is_half_done_and_nothing_done_twice(office: Office) -> None:
    kit = office.kit
    lead, to = kit.open(), office.stage.body("zhongyue")
    before = facts(office.stage, lead)
    office.killed_before_the_commit(kit.chief, lambda: handover.send(Matter.objects.get(pk=lead), to, reason="属该县管理权限"))
    assert facts(office.stage, lead) == before
    assert gapless(office.stage)
    kit = office.kit
    parcel = kit.hands.send(kit.chief, lead, "zhongyue", "属该县管理权限")
    assert facts(office.stage, lead)["handover"] == 1

    duty = kit.hands.staff("case_duty", "zhongyue/case")
    sent = facts(office.stage, lead)
    office.killed_before_the_commit(duty, lambda: handover.step(Handover.objects.get(pk=parcel), "accepted"))
    assert facts(office.stage, lead) == sent, "what was acknowledged before the kill is there, once"
    assert state(office, parcel) == ("received", office.stage.body("wuchuan"))

    kit = office.kit
    kit.hands.receive(duty, parcel, "accepted")
    assert state(office, parcel) == ("accepted", to)
    assert office.kit.code(duty, lambda: handover.step(Handover.objects.get(pk=parcel), "accepted")) == "conflict"
    assert gapless(office.stage)


def state(office: Office, parcel: int) -> tuple[Any, ...]:
    found: tuple[Any, ...] = office.stage.admin.execute("select h.state, m.owner_body_id from handover h join matter m on m.id = h.matter_id where h.id = %s", [parcel]).fetchone()  # type: ignore[assignment]
    return found
