"""A process or a connection that dies in the middle of a hand-over: nothing half done, nothing done twice. A clock that jumps a day."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection

from tests.dbfixtures import TestDatabase
from tests.djangodb import use
from tests.office.matters.conftest import Kit
from xieli.office.demo.theatre import Theatre
from xieli.office.files import services as files
from xieli.office.files import store
from xieli.office.matters import sweeper
from xieli.office.matters.services import handover
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.handover import Handover
from xieli.server.cluster import Server

DIES = """
import os, signal, sys
import django
django.setup()
from django.conf import settings
settings.FILES = sys.argv[4]
from pathlib import Path
from xieli.server.binding import acting
from xieli.office.matters.services import handover
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.handover import Handover
token, what, identity = sys.argv[1], sys.argv[2], int(sys.argv[3])
with acting(token):
    if what == "send":
        handover.send(Matter.objects.get(pk=identity), int(sys.argv[5]), reason="属该县管理权限")
    elif what == "accept":
        handover.step(Handover.objects.get(pk=identity), "accepted")
    else:
        from xieli.office.files import services
        services.receive(Matter.objects.get(pk=identity), "断电.pdf", [b"%PDF-1.7 power cut"])
    os.kill(os.getpid(), signal.SIGKILL)   # everything is done but the commit
"""


def die(stage: Theatre, cluster: Server, person: str, what: str, identity: int, *more: object) -> None:
    """A web process of its own takes the step as this person and is killed with -9 before it commits."""
    from django.conf import settings

    database = TestDatabase(cluster, stage.admin.execute("select current_database()").fetchone()[0])  # type: ignore[index]
    ended = subprocess.run([sys.executable, "-c", DIES, stage.token(person), what, str(identity), str(settings.FILES), *map(str, more)],
                           env={**os.environ, **database.environment(), "PYTHONPATH": os.pathsep.join(sys.path)}, capture_output=True, timeout=60)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()


def facts(stage: Theatre, matter: int) -> dict[str, int]:
    """Everything that a hand-over writes, counted."""
    tables = {"handover": "matter_id", "feedback_duty": "matter_id", "matter_grant": "matter_id", "matter_body": "matter_id", "number_use": "matter_id", "notification": "matter_id"}
    return {t: int(stage.admin.execute(f"select count(*) from {t} where {c} = %s", [matter]).fetchone()[0]) for t, c in tables.items()} | {  # type: ignore[index,arg-type]
        "events": int(stage.admin.execute("select count(*) from audit.event_matter where matter = %s", [matter]).fetchone()[0])}  # type: ignore[index]


def gapless(stage: Theatre) -> bool:
    row = stage.admin.execute("select count(*) from number_series s where s.last <> (select count(*) from number_use u where u.series = s.series and u.year = s.year)").fetchone()
    return row == (0,)


def test_a_web_process_killed_while_sending_leaves_nothing_and_the_second_try_sends_once(kit: Kit, stage: Theatre, pg_cluster: Server) -> None:
    lead = kit.open()
    before = facts(stage, lead)
    die(stage, pg_cluster, kit.chief, "send", lead, stage.body("zhongyue"))
    assert facts(stage, lead) == before
    kit.hands.send(kit.chief, lead, "zhongyue", "属该县管理权限")
    assert facts(stage, lead)["handover"] == 1
    assert gapless(stage), "no receipt number was lost with the process"


def test_a_web_process_killed_while_accepting_leaves_the_parcel_where_it_was(kit: Kit, stage: Theatre, pg_cluster: Server) -> None:
    lead = kit.open()
    duty = kit.hands.staff("case_duty", "zhongyue/case")
    parcel = kit.hands.send(kit.chief, lead, "zhongyue", "属该县管理权限")
    before = facts(stage, lead)
    die(stage, pg_cluster, duty, "accept", parcel)
    assert facts(stage, lead) == before
    assert stage.admin.execute("select h.state, m.owner_body_id from handover h join matter m on m.id = h.matter_id where h.id = %s", [parcel]).fetchone() == ("received", stage.body("wuchuan"))
    kit.hands.receive(duty, parcel, "accepted")
    assert kit.code(duty, lambda: handover.step(Handover.objects.get(pk=parcel), "accepted")) == "conflict", "not twice"


def test_a_database_session_killed_in_the_middle_undoes_all_and_the_act_can_be_repeated(kit: Kit, stage: Theatre) -> None:
    lead = kit.open()
    before = facts(stage, lead)

    def cut_off() -> None:
        with stage.acts(kit.chief), connection.cursor() as cursor:
            handover.send(Matter.objects.get(pk=lead), stage.body("zhongyue"), reason="属该县管理权限")
            cursor.execute("select pg_backend_pid()")
            stage.admin.execute("select pg_terminate_backend(%s)", [cursor.fetchone()[0]])
            cursor.execute("select 1")

    with pytest.raises(OperationalError):
        cut_off()
    connection.close()
    assert facts(stage, lead) == before
    kit.hands.send(kit.chief, lead, "zhongyue", "属该县管理权限")
    assert facts(stage, lead)["handover"] == 1


def test_a_file_whose_process_was_killed_has_no_row_and_its_bytes_are_swept(kit: Kit, stage: Theatre, pg_cluster: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    from xieli.office.files import checking

    lead = kit.open()
    die(stage, pg_cluster, kit.chief, "file", lead)
    assert stage.admin.execute("select count(*) from stored_file where matter_id = %s", [lead]).fetchone() == (0,)
    left = [p for p in Path(store.folder()).rglob("*") if p.is_file()]
    assert len(left) == 1, "the bytes were in their place before the row could have been"
    with stage.acts(kit.chief):
        kept = files.receive(Matter.objects.get(pk=lead), "断电.pdf", [b"%PDF-1.7 power cut"])
    assert store.place(bytes(kept.digest)) == left[0], "handing it in again takes the same place"
    monkeypatch.setattr(store, "ORPHAN_AFTER_S", -1)
    use(TestDatabase(pg_cluster, stage.admin.execute("select current_database()").fetchone()[0]), "sweeper")  # type: ignore[index]
    try:
        assert checking.sweep_orphans() == 0
        stage.admin.execute("delete from custody_entry where file_id = %s", [kept.id])
        stage.admin.execute("delete from stored_file where id = %s", [kept.id])
        assert checking.sweep_orphans() == 1
    finally:
        use(TestDatabase(pg_cluster, stage.admin.execute("select current_database()").fetchone()[0]))  # type: ignore[index]


def test_a_clock_that_jumps_a_day_raises_each_alarm_once(kit: Kit, stage: Theatre, pg_cluster: Server) -> None:
    matter, _ = kit.custody()
    limit = kit.limit(matter)
    kit.past(limit, minutes=24 * 60)
    database = TestDatabase(pg_cluster, stage.admin.execute("select current_database()").fetchone()[0])  # type: ignore[index]
    use(database, "sweeper")
    try:
        for _ in range(3):
            sweeper.sweep_clocks()
    finally:
        use(database)
    raised = stage.admin.execute("select count(*) from alarm a join clock c on c.id = a.clock_id where c.matter_id = %s and c.code = 'liuzhi' and a.level = 2", [matter]).fetchone()
    assert raised == (1,), "one jump, one alarm; past the limit the next comes an hour later"


def test_a_worker_that_dies_before_its_round_is_kept_loses_none(kit: Kit, stage: Theatre, pg_cluster: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The round is written and dies with its process; the next one finds everything again."""
    matters = [kit.custody()[0] for _ in range(2)]
    kit.past(max(kit.limit(m) for m in matters))
    real: Any = sweeper._write

    def dies(looked: Any) -> None:
        real(looked)
        raise KeyboardInterrupt

    database = TestDatabase(pg_cluster, stage.admin.execute("select current_database()").fetchone()[0])  # type: ignore[index]
    use(database, "sweeper")
    try:
        monkeypatch.setattr(sweeper, "_write", dies)
        with pytest.raises(KeyboardInterrupt):
            sweeper.sweep_clocks()
        monkeypatch.setattr(sweeper, "_write", real)
        connection.close()
        sweeper.sweep_clocks()
    finally:
        use(database)
    for matter in matters:
        found = stage.admin.execute("select count(*) from alarm a join clock c on c.id = a.clock_id where c.matter_id = %s and c.code = 'liuzhi' and a.level = 2", [matter]).fetchone()
        assert found == (1,), "the round that died is undone whole, the next one does it once"
