"""The embedded database under what machines and people do to it."""
from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from xieli.server import pgstate
from xieli.server.cluster import Server
from xieli.server.words import Trouble

pytestmark = pytest.mark.db


@pytest.fixture
def folder() -> Iterator[Path]:
    """A place that the database's account can enter (pytest's own folders are closed to it when we are root)."""
    with tempfile.TemporaryDirectory(prefix="xieli-test-") as made:
        Path(made).chmod(0o711)
        yield Path(made) / "pg"


def server_at(folder: Path, **options: object) -> Server:
    return Server(folder, durable=False, **options)  # type: ignore[arg-type]


def postmaster(server: Server) -> psutil.Process:
    process = pgstate.postmaster_of(server.cluster)
    assert process is not None
    return process


def rows(server: Server, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(server.dsn()) as connection:
        return connection.execute(query).fetchall()  # type: ignore[call-overload,no-any-return]


def run_python(text: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(text), *arguments], stdout=subprocess.PIPE, text=True)


def test_it_starts_listens_on_a_socket_only_and_leaves_nothing_running(folder: Path) -> None:
    with server_at(folder) as server:
        process = postmaster(server)
        assert rows(server, "show listen_addresses") == [("",)]
        assert not [c for c in process.net_connections() if c.status == psutil.CONN_LISTEN and c.family.name.startswith("AF_INET")]
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    assert not server.running()


def test_every_role_needs_its_password(folder: Path) -> None:
    with server_at(folder) as server:
        assert rows(server, "select auth_method, type from pg_hba_file_rules") == [("scram-sha-256", "local")]
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(server.dsn(password="wrong"))


def test_the_password_file_is_readable_by_its_owner_only(folder: Path) -> None:
    with server_at(folder):
        mode = (folder / "superuser.password").stat()
        assert stat.S_IMODE(mode.st_mode) == 0o600
        assert mode.st_uid == os.geteuid()
        assert not list(folder.glob("initdb*"))


def test_chinese_text_has_trigrams_and_sorts_alike_everywhere(folder: Path) -> None:
    with server_at(folder) as server:
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute("create extension if not exists pg_trgm")
            found = connection.execute("select cardinality(show_trgm('问题线索移送')), 'B' < 'a', lower('ÄÖ')").fetchone()
        assert found == (7, True, "äö")


def test_a_path_with_spaces_commas_and_chinese_characters_works(folder: Path) -> None:
    for name in ("数 据/协 力", "a, b", "it's"):
        with server_at(folder / name) as server:
            assert rows(server, "select 1") == [(1,)]


def test_a_path_longer_than_a_socket_may_have_works_and_its_short_folder_is_removed(folder: Path) -> None:
    with server_at(folder / ("长" * 40) / ("x" * 60)) as server:
        found = pgstate.PidFile.read(server.cluster)
        assert found is not None
        assert len(os.fsencode(found.socket_folder)) < 90
        assert stat.S_IMODE(Path(found.socket_folder).stat().st_mode) == 0o700
    assert not Path(found.socket_folder).exists()


def test_no_mode_of_an_existing_folder_is_changed(folder: Path) -> None:
    above = list(folder.parents)
    before = [p.stat().st_mode for p in above]
    with server_at(folder):
        pass
    assert [p.stat().st_mode for p in above] == before


def test_two_starts_at_once_give_one_server_and_the_last_to_leave_stops_it(folder: Path) -> None:
    servers = [server_at(folder) for _ in range(4)]
    results: list[bool] = []
    threads = [threading.Thread(target=lambda s=s: results.append(s.start())) for s in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False, False, False, True]
    assert [s.stop() for s in servers] == [False, False, False, True]
    assert not servers[0].running()


def test_another_command_uses_the_running_server_and_does_not_stop_it(folder: Path) -> None:
    with server_at(folder) as server:
        other = run_python(
            "import sys; from xieli.server.cluster import Server; s = Server(sys.argv[1]); print(s.start(), s.stop())", str(folder)
        )
        assert other.communicate()[0].split() == ["False", "False"]
        assert rows(server, "select 1") == [(1,)]


def test_the_starter_may_leave_first(folder: Path) -> None:
    first, second = server_at(folder), server_at(folder)
    assert first.start()
    assert not second.start()
    assert not first.stop()
    assert rows(second, "select 1") == [(1,)]
    assert second.stop()
    assert not second.running()


def test_a_command_that_is_killed_leaves_a_server_that_the_next_one_finds_and_stops(folder: Path) -> None:
    killed = run_python(
        "import sys, time; from xieli.server.cluster import Server; s = Server(sys.argv[1], durable=False); s.start(); print('up', flush=True); time.sleep(60)",
        str(folder),
    )
    assert killed.stdout is not None
    assert killed.stdout.readline() == "up\n"
    killed.kill()
    killed.wait()
    server = server_at(folder)
    assert server.start() is False
    assert rows(server, "select 1") == [(1,)]
    assert server.stop() is True
    assert not server.running()


def test_after_kill_9_of_the_postmaster_committed_rows_are_there_and_the_zombie_is_no_hindrance(folder: Path) -> None:
    with Server(folder) as server:
        rows(server, "select 1")
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute("create table t as select generate_series(1, 50000) as n")
        dead = postmaster(server).pid
        os.kill(dead, signal.SIGKILL)
        # nobody has waited for it: it is a zombie of ours now, and its pid file is still there
        wait_until(lambda: psutil.Process(dead).status() == psutil.STATUS_ZOMBIE)
        assert (server.cluster / "postmaster.pid").exists()
        assert not server.running()
        assert server.start() is True
        assert rows(server, "select count(*) from t") == [(50000,)]


def test_a_zombie_that_another_process_has_not_reaped_is_taken_for_dead(folder: Path) -> None:
    # the parent starts the server, never waits for it, and lives on
    parent = run_python(
        "import sys, time; from xieli.server.cluster import Server; s = Server(sys.argv[1], durable=False); s.start(); print('up', flush=True); time.sleep(120)",
        str(folder),
    )
    assert parent.stdout is not None
    parent.stdout.readline()
    server = server_at(folder)
    dead = postmaster(server).pid
    os.kill(dead, signal.SIGKILL)
    wait_until(lambda: psutil.Process(dead).status() == psutil.STATUS_ZOMBIE)
    try:
        assert server.start() is True
        assert rows(server, "select 1") == [(1,)]
    finally:
        parent.kill()
        parent.wait()
        server.stop()


def test_a_pid_file_naming_somebody_elses_process_is_stale(folder: Path) -> None:
    with server_at(folder) as server:
        pass
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        (server.cluster / "postmaster.pid").write_text(f"{stranger.pid}\n{server.cluster}\n1700000000\n5432\n/nowhere\n\n  1 2\nready\n")
        server.account.own(server.cluster / "postmaster.pid")
        assert not server.running()
        with server:
            assert rows(server, "select 1") == [(1,)]
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_an_interrupted_making_is_begun_anew(folder: Path) -> None:
    folder.mkdir()
    (folder / "cluster.draft").mkdir()
    (folder / "cluster.draft" / "PG_VERSION").write_text("18\n")
    with server_at(folder) as server:
        assert rows(server, "select 1") == [(1,)]


def test_a_lost_password_file_is_mended_without_touching_the_data(folder: Path) -> None:
    with server_at(folder) as server, psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("create table kept as select 7 as n")
    (folder / "superuser.password").unlink()
    with server_at(folder) as server:
        assert rows(server, "select n from kept") == [(7,)]


def test_a_cluster_of_another_major_version_is_refused_untouched(folder: Path) -> None:
    with server_at(folder) as server:
        pass
    version = server.cluster / "PG_VERSION"
    version.write_text("14\n")
    with pytest.raises(Trouble, match="another major version"):
        server.start()
    assert version.read_text() == "14\n"


def test_a_start_that_fails_says_why_and_what_to_do(folder: Path) -> None:
    with server_at(folder) as server:
        pass
    (server.cluster / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(Trouble) as caught:
        server.start()
    assert "no_such_setting" in caught.value.en
    assert "untouched" in caught.value.en
    assert "xieli doctor" in caught.value.zh
    assert not server.running()


def test_a_statement_that_fails_does_not_leave_its_text_in_the_log(folder: Path) -> None:
    with server_at(folder) as server:
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute("create table person (name text unique)")
            connection.execute("insert into person values ('张某某')")
            with pytest.raises(psycopg.errors.UniqueViolation):
                connection.execute("insert into person values ('张某某')")
        assert "张某某" not in server.logfile.read_text()


def wait_until(condition: object, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
