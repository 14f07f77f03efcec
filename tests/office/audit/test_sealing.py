from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.office.audit.conftest import Office
from xieli.engines.ledger.verify import Report, verify
from xieli.office.audit import export, sealer
from xieli.office.audit.keys import KeyFolder, Memory
from xieli.server.words import Trouble

pytestmark = pytest.mark.db


@pytest.fixture
def folder(tmp_path: Path) -> KeyFolder:
    made = KeyFolder(tmp_path / "seals")
    made.make()
    return made


def seal_all(office: Office, folder: KeyFolder, **options: Any) -> int:
    made = sealer.Sealer(office.database.dsn("sealer"), folder, **options)
    try:
        return made.seal_once()
    finally:
        made.close()


def seal_when_free(office: Office, folder: KeyFolder) -> None:
    """Seal as soon as the server has noticed that the killed sealer is gone and let go of its lock."""
    for _ in range(600):
        try:
            seal_all(office, folder)
            return
        except sealer.Stop as reason:
            if reason.kind != "sealer-twice":
                raise
            time.sleep(0.05)
    raise AssertionError("the lock of the killed sealer was never released")


def check(office: Office, folder: KeyFolder, place: Path, witnesses: tuple[Path, ...] = (), **options: Any) -> Report:
    with office.connect("backup") as connection:
        export.write_folder(connection, place, [folder.public()], **options)
    return verify(place, {folder.identity(): folder.public()}, witnesses)


def witness(office: Office, place: Path, **options: Any) -> Path:
    with office.connect("backup") as connection, place.open("wb") as f:
        export.write_witness(connection, f, **options)
    return place


def sealed_once_and_all(office: Office) -> None:
    """Nothing sealed twice, nothing skipped: dense indexes, one leaf for every event, the last seal counts them all."""
    with office.admin() as connection:
        row = connection.execute(
            "select (select count(*) from audit.event), count(*), count(distinct event), coalesce(min(index), 0), coalesce(max(index) + 1, 0),"
            " (select coalesce(max(size), 0) from audit.seal) from audit.leaf").fetchone()
    assert row is not None
    events, leaves, distinct, low, high, size = row
    assert (events, events, 0, events, events) == (leaves, distinct, low, high, size)


def test_sealed_events_export_and_verify(office: Office, folder: KeyFolder, tmp_path: Path) -> None:
    for i in range(7):
        office.act("an", note=f"note {i}", about=("one",), personal={"name": f"person {i}"})
    assert seal_all(office, folder) == 7
    assert seal_all(office, folder) == 0
    office.act("an", note="late")
    assert seal_all(office, folder) == 1
    report = check(office, folder, tmp_path / "x", (witness(office, tmp_path / "w"),), with_personal=True)
    assert report.ok, report.findings
    assert (report.rows, report.seals, report.witnesses, report.personal) == (8, 2, 2, 7)
    sealed_once_and_all(office)


def test_the_sealer_reads_hashes_and_no_act(office: Office) -> None:
    with office.connect("sealer", autocommit=True) as connection:
        for column in ("canon", "matters", "person", "verb", "uuid"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"select {column} from audit.event")
        for statement in ("insert into audit.event (uuid) values (gen_random_uuid())", "update audit.leaf set event = 1", "delete from audit.seal",
                          "truncate audit.leaf", "select * from audit.personal", "select * from matter"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_an_event_that_commits_late_is_sealed_later_and_not_skipped(office: Office, folder: KeyFolder) -> None:
    running = sealer.Sealer(office.database.dsn("sealer"), folder)
    with office.acting("an") as slow:
        slow.execute("select audit.record('test.noted', '{\"note\": \"slow\"}')")  # has its number, is not committed
        for i in range(4):
            office.act("bo", note=f"quick {i}")
            assert running.seal_once() == 1
        assert running.seal_once() == 0
    office.act("bo", note="after")
    assert running.seal_once() == 2
    # a floor is decided when every transaction of the cluster that was open then has ended, those of other tests too
    for _ in range(600):
        assert running.seal_once() == 0
        if running.floor.decided > 0:
            break
        time.sleep(0.1)
    assert running.floor.decided > 0
    running.close()
    sealed_once_and_all(office)


def test_the_floor_never_hides_an_event_under_random_interleaving(office: Office, folder: KeyFolder) -> None:
    rng = random.Random(11)
    running = sealer.Sealer(office.database.dsn("sealer"), folder)
    names = ["an", "bo", "chen"]
    open_now: list[psycopg.Connection[Any]] = []
    for _ in range(150):
        step = rng.random()
        if step < 0.4 and len(open_now) < 6:
            connection = office.connect("web")
            connection.execute("select access.bind(%s)", [f"cookie-{rng.choice(names)}"])
            connection.execute("select audit.record('test.noted', %s)", [Jsonb({"note": "x"})])
            open_now.append(connection)
        elif step < 0.7 and open_now:
            connection = open_now.pop(rng.randrange(len(open_now)))
            connection.commit() if rng.random() < 0.7 else connection.rollback()
            connection.close()
        else:
            running.seal_once()
    for connection in open_now:
        connection.commit()
        connection.close()
    running.seal_once()
    running.close()
    sealed_once_and_all(office)


def in_child(office: Office, folder: KeyFolder, die_at: int) -> bool:
    """Run one start and one pass in a forked child that is killed (SIGKILL) before its n-th line of the sealer's code. Returns whether it died."""
    child = os.fork()
    if child == 0:
        lines = 0

        def trace(frame: Any, event: str, _: Any) -> Any:
            nonlocal lines
            if not frame.f_code.co_filename.endswith(("audit/sealer.py", "audit/keys.py")):
                return None
            if event == "line":
                lines += 1
                if lines == die_at:
                    os.kill(os.getpid(), signal.SIGKILL)
            return trace

        try:
            sys.settrace(trace)
            seal_all(office, folder)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def test_killed_at_any_line_it_seals_nothing_twice_and_skips_nothing(office: Office, folder: KeyFolder, tmp_path: Path) -> None:
    died, line = 0, 0
    while True:
        line += 1
        office.act("an", note=f"before line {line}")
        if not in_child(office, folder, line):
            break
        died += 1
        if line % 10 == 0:
            seal_when_free(office, folder)
            sealed_once_and_all(office)
    assert died > 60
    seal_when_free(office, folder)
    sealed_once_and_all(office)
    report = check(office, folder, tmp_path / "x")
    assert report.ok, report.findings


def test_kill_9_of_the_real_process_while_people_work(office: Office, folder: KeyFolder, tmp_path: Path) -> None:
    environment = os.environ | {"XIELI_DB_SEALER": office.database.dsn("sealer"), "XIELI_SEALS": str(folder.folder), "PYTHONPATH": "src"}
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            office.act("an", note="x")

    worker = threading.Thread(target=work)
    worker.start()
    rng = random.Random(5)
    for _ in range(5):
        process = subprocess.Popen([sys.executable, "-m", "xieli.office.audit.sealer"], env=environment)
        time.sleep(0.6 + rng.random())
        process.kill()
        process.wait()
    done.set()
    worker.join()
    seal_when_free(office, folder)
    sealed_once_and_all(office)
    assert check(office, folder, tmp_path / "x").ok


def test_two_sealers_do_not_run_at_once(office: Office, folder: KeyFolder) -> None:
    first = sealer.Sealer(office.database.dsn("sealer"), folder)
    with pytest.raises(sealer.Stop) as caught:
        sealer.Sealer(office.database.dsn("sealer"), folder)
    assert caught.value.kind == "sealer-twice"
    first.close()


def alarms(office: Office) -> list[str]:
    with office.admin() as connection:
        return [r[0] for r in connection.execute("select kind from audit.alarm order by id")]


def passes(office: Office, folder: KeyFolder, n: int = 1) -> None:
    sealer.run(office.database.dsn("sealer"), folder, interval=0, stop=threading.Event(), passes=range(n))


def test_a_clock_that_goes_back_stops_the_seal_and_raises_one_alarm(office: Office, folder: KeyFolder) -> None:
    office.act("an", note="now")
    passes(office, folder)
    office.move_clock('-1 hour')
    office.act("an", note="earlier")
    passes(office, folder, 5)
    assert alarms(office) == ["clock-back"]
    with office.admin() as connection:
        assert connection.execute("select count(*) from audit.seal").fetchone() == (1,)
    office.move_clock('1 hour')
    passes(office, folder)
    sealed_once_and_all(office)  # the alarm itself is an event and sealed too
    office.move_clock('3599 seconds')  # one second back is drift, and the seals stay in order
    office.act("an", note="drift")
    passes(office, folder)
    with office.admin() as connection:
        assert connection.execute("select bool_and(a) from (select at >= lag(at, 1, at) over (order by number) as a from audit.seal) x").fetchone() == (True,)
    sealed_once_and_all(office)


def test_a_quiet_hour_gets_a_seal_of_its_own(office: Office, folder: KeyFolder) -> None:
    office.act("an", note="now")
    passes(office, folder)
    passes(office, folder)
    office.move_clock('61 minutes')
    passes(office, folder)
    with office.admin() as connection:
        assert connection.execute("select number, size from audit.seal order by 1").fetchall() == [(1, 1), (2, 1)]


def test_a_full_disk_in_the_database_loses_nothing_and_is_told(office: Office, folder: KeyFolder) -> None:
    office.act("an", note="x")
    with office.admin() as connection:
        connection.execute("create function audit.full() returns trigger language plpgsql as $$ begin raise exception 'could not extend file' using errcode = '53100'; end $$")
        connection.execute("create trigger full_disk before insert on audit.seal for each row execute function audit.full()")
    passes(office, folder, 3)
    assert alarms(office) == ["sealer-diskfull"]
    with office.admin() as connection:
        assert connection.execute("select count(*) from audit.leaf").fetchone() == (0,)
        connection.execute("drop trigger full_disk on audit.seal")
    passes(office, folder)
    sealed_once_and_all(office)


def test_a_full_disk_beside_the_key_is_told_and_sealing_goes_on(office: Office, folder: KeyFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """/dev/full gives the kernel's own ENOSPC to the write of the memory file."""
    office.act("an", note="w")
    passes(office, folder)
    before = folder.memory()
    office.act("an", note="x")
    real = os.open

    def full(path: Any, flags: int, mode: int = 0o777) -> int:
        return real("/dev/full", os.O_WRONLY) if str(path).startswith(str(folder.folder / ".sealer.state")) else real(path, flags, mode)

    with monkeypatch.context() as patch:
        patch.setattr("xieli.office.audit.keys.os.open", full)
        passes(office, folder, 2)
        assert alarms(office) == ["sealer-oserror"]
        assert folder.memory() == before
    passes(office, folder)
    sealed_once_and_all(office)
    office.act("an", note="y")
    passes(office, folder)
    assert folder.memory() not in (None, before)
    assert check(office, folder, tmp_path / "x").ok


def restore_in_fresh_cluster(office: Office, dump: Path, tmp_path: Path) -> Any:
    from tests import dbfixtures
    from xieli.server import dbroles
    from xieli.server.cluster import Server

    place = tmp_path / "fresh"
    place.mkdir()
    for parent in (place, *place.parents[:3]):
        parent.chmod(0o711 if parent.stat().st_uid == os.geteuid() else parent.stat().st_mode)
    server = Server(place / "pg", durable=False)
    server.start()
    dbroles.ensure_roles(server.dsn(), dbfixtures.PREFIX, dict.fromkeys(dbroles.LOGIN_ROLES, dbfixtures.PASSWORD))
    dbroles.ensure_database(server.dsn(), "restored", dbfixtures.PREFIX)
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("drop database restored")
        connection.execute("create database restored template template0")
        for role in dbroles.LOGIN_ROLES:
            connection.execute(f'grant connect on database restored to "{dbroles.role_name(role, dbfixtures.PREFIX)}"')
    programs = server.binaries()
    subprocess.run([str(Path(programs.folder) / "psql"), "-qX", "-v", "ON_ERROR_STOP=1", "-f", str(dump), server.dsn(database="restored")], check=True, stdout=subprocess.DEVNULL)
    return server, dbfixtures.TestDatabase(server, "restored")


def dump_of(office: Office, place: Path) -> Path:
    programs = office.database.server.binaries()
    with place.open("wb") as f:
        subprocess.run([str(Path(programs.folder) / "pg_dump"), office.database.dsn()], check=True, stdout=f)
    return place


def test_a_whole_restore_into_a_fresh_cluster_goes_on_where_it_was(office: Office, folder: KeyFolder, tmp_path: Path) -> None:
    for i in range(5):
        office.act("an", note=f"{i}")
    passes(office, folder)
    office.act("an", note="committed, not yet sealed")
    server, database = restore_in_fresh_cluster(office, dump_of(office, tmp_path / "dump.sql"), tmp_path)
    try:
        moved = Office(database, office.people, office.sessions, office.matters)
        passes(moved, folder)
        moved.act("an", note="after the move")
        passes(moved, folder)
        sealed_once_and_all(moved)
        assert alarms(moved) == []
        report = check(moved, folder, tmp_path / "x", (witness(office, tmp_path / "w"),))
        assert report.ok, report.findings
        assert report.rows == 7
    finally:
        server.stop()


def test_a_restore_that_lost_seals_stops_with_an_alarm_until_it_is_accepted(office: Office, folder: KeyFolder, tmp_path: Path) -> None:
    for i in range(5):
        office.act("an", note=f"{i}")
    passes(office, folder)
    dump = dump_of(office, tmp_path / "dump.sql")
    office.act("an", note="to be lost")
    passes(office, folder)
    kept = witness(office, tmp_path / "w")
    server, database = restore_in_fresh_cluster(office, dump, tmp_path)
    try:
        old = Office(database, office.people, office.sessions, office.matters)
        old.act("an", note="another")
        passes(old, folder, 3)
        assert alarms(old) == ["rolled-back"]
        with old.admin() as connection:
            assert connection.execute("select max(number) from audit.seal").fetchone() == (1,)
        seal_all(old, folder, restored_because="disk of the server died, backup of last night")
        sealed_once_and_all(old)
        report = check(old, folder, tmp_path / "x")
        assert [f.kind for f in report.findings] == ["restored"]
        assert report.first_bad_row is None
        assert (report.findings[0].first, report.findings[0].last) == (5, 5)
        # the witness of the lost row shows exactly which one is not what it was
        report = check(old, folder, tmp_path / "y", (kept,))
        assert report.first_bad_row == 5
    finally:
        server.stop()


def test_a_damaged_past_is_not_sealed_over(office: Office, folder: KeyFolder) -> None:
    office.act("an", note="x")
    passes(office, folder)
    with office.admin() as connection:
        connection.execute("alter table audit.leaf disable trigger all")
        connection.execute("delete from audit.leaf")
    office.act("an", note="y")
    passes(office, folder, 2)
    assert alarms(office) == ["leaves-damaged"]
    with office.admin() as connection:
        assert connection.execute("select count(*) from audit.seal").fetchone() == (1,)


def test_a_key_is_never_overwritten_and_must_be_closed_to_others(folder: KeyFolder) -> None:
    before = folder.key.read_bytes()
    with pytest.raises(Trouble):
        folder.make()
    assert folder.key.read_bytes() == before
    folder.key.chmod(0o644)
    with pytest.raises(Trouble):
        folder.private()
    folder.key.chmod(0o600)
    folder.remember(Memory(3, 9, "ab"))
    assert folder.memory() == Memory(3, 9, "ab")
    folder.state.write_text("{")
    with pytest.raises(Trouble):
        folder.memory()


def test_the_lag_is_the_age_of_the_oldest_unsealed_event(office: Office, folder: KeyFolder) -> None:
    def lag(role: str = "sealer") -> float:
        with office.connect(role) as connection:
            row = connection.execute("select extract(epoch from audit.sealer_lag())::float8").fetchone()
        assert row is not None
        return float(row[0])

    assert lag() == lag("web") == 0
    office.act("an", note="x")
    office.move_clock('30 seconds')
    assert 29 < lag() < 60
    assert lag("web") == lag("job") == 0, "that somebody acted just now is nobody's business"
    office.move_clock('90 seconds')
    assert 89 < lag() < 120
    assert lag("web") == 120, "that the sealer is late is said, by steps"
    office.move_clock('15 minutes')
    assert lag("web") == 3600
    office.move_clock('100 days')
    assert lag("web") == 30 * 86400
    office.move_clock('0')
    passes(office, folder)
    assert lag() == lag("web") == 0


def test_how_many_acts_were_sealed_is_told_when_the_day_is_over(office: Office, folder: KeyFolder) -> None:
    """The seal's count of rows, asked again and again, would tell of every act of others."""
    def last(name: str = "") -> tuple[int, int] | None:
        with office.acting(name) if name else office.connect("web") as connection:
            return connection.execute("select number, tree_size from access.last_seal()").fetchone()

    office.move_clock('-2 days')
    office.act("an", note="x")
    passes(office, folder)
    assert last() is None
    assert last("an") is None
    office.move_clock('0')
    told = last("an")
    assert told is not None
    office.act("an", note="x")
    passes(office, folder)
    assert last("an") == last() == told, "yesterday's, as the printed page has it"
