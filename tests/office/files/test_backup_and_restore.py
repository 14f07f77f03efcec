"""A stored file travels through a backup and a restore: its bytes, its custody log, its place in the ledger; a missing one is named."""
from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import dbfixtures
from tests.djangodb import use
from tests.office.matters.conftest import Kit, kit  # noqa: F401
from xieli.office.audit import sealer
from xieli.office.audit.keys import KeyFolder
from xieli.office.demo.theatre import Theatre
from xieli.office.files import services
from xieli.office.files.models import CustodyEntry, StoredFile
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.verify import verify
from xieli.server import backup, custodians, dbroles, prepare, queue, restore
from xieli.server.cluster import Server
from xieli.server.home import Home
from xieli.server.postgres import Instance

PHRASE = "twelve letters and more"
CONTENT = "谈话笔录：某日某时，某某称……".encode() * 5000


@dataclass
class Carried:
    """What was kept before, and what a restore says."""

    report: restore.Report
    said: list[str]
    home: Home
    kept: int
    lost: int
    custody: list[tuple[Any, ...]]


def installation(server: Server, name: str, folder: Path) -> Instance:
    """An installation in the tests' cluster: the roles keep their passwords."""
    home = Home(folder).create()
    for role in dbroles.LOGIN_ROLES:
        secret = home.path / "secrets" / f"{dbfixtures.PREFIX}-{role}.password"
        secret.parent.mkdir(exist_ok=True)
        secret.write_text(dbfixtures.PASSWORD)
        secret.chmod(0o600)
    return Instance(home, server.dsn(database=name), dbfixtures.PREFIX)


def custody_of(admin: Any) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = admin.execute("select file_id, kind, happened_at, recorded_at, person_id, from_whom, to_whom, note from custody_entry order by id").fetchall()
    return rows


@pytest.fixture(scope="module")
def carried(kit: Kit, stage: Theatre, pg_cluster: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Carried]:  # noqa: F811
    from django.conf import settings
    from django.db import connections

    folder = tmp_path_factory.mktemp("carried")
    for name in [n for n in os.environ if n.startswith("XIELI_DB_")]:
        del os.environ[name]  # an earlier file's address of a role would be taken for this installation's
    old_name = str(stage.admin.execute("select current_database()").fetchone()[0])  # type: ignore[index]
    old = installation(pg_cluster, old_name, folder / "old")
    before, settings.FILES = settings.FILES, old.home.files
    matter = kit.open()
    with stage.acts(kit.chief):
        kept = services.receive(Matter.objects.get(pk=matter), "谈话笔录.txt", [CONTENT], from_whom="某某")
    with stage.acts(kit.chief):  # another transaction, so another moment: sealed comes after received
        services.enter_custody(kept, "sealed", note="加封")
        lost = services.receive(Matter.objects.get(pk=matter), "账页.txt", ["账页若干".encode() * 100], from_whom="某公司")
    address = bytes(stage.admin.execute("select digest from stored_file where id = %s", [lost.id]).fetchone()[0])  # type: ignore[index]
    (old.home.files / address.hex()[:2] / address.hex()).unlink()
    custody = custody_of(stage.admin)
    KeyFolder(old.home.seals).make()
    sealer.run(old.role_dsn("sealer"), KeyFolder(old.home.seals), interval=0, stop=threading.Event(), passes=range(2))
    queue.settle(old.role_dsn("owner"), dbfixtures.PREFIX)
    prepare.harden(old)
    safe = [custodians.make(name, PHRASE, folder / f"{name}.key") for name in "ab"]
    said: list[str] = []
    made = backup.create(old, folder / "made", safe, 2, said.append)
    new = dbfixtures.TestDatabase(pg_cluster, f"xrestored_{os.getpid()}")
    dbfixtures.drop(new)
    dbroles.ensure_database(pg_cluster.dsn(), new.name, dbfixtures.PREFIX)
    fresh = installation(pg_cluster, new.name, folder / "new")
    report = restore.restore(fresh, made.data, made.keys, [custodians.open_private(folder / f"{name}.key", PHRASE) for name in "ab"], [], said.append)
    settings.FILES = fresh.home.files
    use(new, "backup")
    yield Carried(report, said, fresh.home, kept.id, lost.id, custody)
    connections.close_all()
    settings.FILES = before
    use(dbfixtures.TestDatabase(pg_cluster, old_name))
    dbfixtures.drop(new)


def test_the_bytes_and_the_custody_log_come_back_and_the_ledger_verifies(carried: Carried, pg_cluster: Server) -> None:
    from django.db import connection

    found = StoredFile.objects.get(pk=carried.kept)
    address = bytes(found.digest).hex()
    assert (carried.home.files / address[:2] / address).read_bytes() == CONTENT
    with dbfixtures.TestDatabase(pg_cluster, connection.settings_dict["NAME"]).admin() as admin:
        assert custody_of(admin) == carried.custody
    assert [e.kind for e in CustodyEntry.objects.filter(file_id=carried.kept).order_by(*CustodyEntry.ORDER)] == ["received", "sealed"]
    assert carried.report.ledger["ok"], carried.report.ledger
    assert not carried.report.differing
    named = [d.row for d in verify(("files",))["files"]]
    assert named == [f"file {carried.lost} 账页.txt"], "everything is hashed anew; only what was lost before differs"


def test_a_missing_file_is_named_when_it_is_backed_up_and_when_it_is_restored(carried: Carried) -> None:
    assert not carried.report.whole
    assert carried.report.missing == [f"{carried.lost} 账页.txt"]
    assert [(zh, en) for zh, en in carried.report.lost if "账页.txt" in zh and "账页.txt" in en]
    assert [line for line in carried.said if "账页.txt" in line]
