"""The embedded database as root, as an ordinary user, on a disk that fills, and through a long recovery."""
from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from xieli.server import pgbinaries, pgstate
from xieli.server.cluster import Server
from xieli.server.home import Home
from xieli.server.words import Trouble

pytestmark = pytest.mark.db
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="xieli-test-") as made:
        Path(made).chmod(0o711)
        yield Path(made)


@as_root
def test_as_root_the_database_runs_under_another_account_from_copied_programs(open_folder: Path) -> None:
    with Server(open_folder / "pg", durable=False) as server:
        process = pgstate.postmaster_of(server.cluster)
        assert process is not None
        assert process.uids().effective != 0
        assert process.username() in ("postgres", "nobody")
        if not os.environ.get("XIELI_PG_BIN"):
            assert Path(process.exe()).is_relative_to(open_folder)
        assert (server.folder / "superuser.password").stat().st_uid == 0


@as_root
def test_without_an_account_postgres_it_runs_as_nobody(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = pwd.getpwnam

    def without_postgres(name: str) -> pwd.struct_passwd:
        if name == "postgres":
            raise KeyError(name)
        return known(name)

    monkeypatch.setattr(pgbinaries.pwd, "getpwnam", without_postgres)
    with Server(open_folder / "pg", durable=False) as server:
        process = pgstate.postmaster_of(server.cluster)
        assert process is not None
        assert process.username() == "nobody"


@as_root
def test_a_home_that_the_account_cannot_enter_keeps_its_mode_and_the_database_moves_out(open_folder: Path) -> None:
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    said: list[str] = []
    server = Server.at_home(Home(closed / "home"), durable=False, say=said.append)
    try:
        with server:
            assert stat.S_IMODE(closed.stat().st_mode) == 0o700
            assert not server.folder.is_relative_to(closed)
        assert str(server.folder) in said[0]
        again = Server.at_home(Home(closed / "home"), durable=False)
        assert again.folder == server.folder
        with again:
            assert again.running()
    finally:
        shutil.rmtree(server.folder, ignore_errors=True)


ORDINARY = """
import os, sys
from pathlib import Path
import psycopg
from xieli.server.cluster import Server
with Server(Path(sys.argv[1]) / "pg", durable=False) as server:
    with psycopg.connect(server.dsn()) as connection:
        print(os.geteuid(), connection.execute("select 40 + 2").fetchone()[0])
"""


@as_root
def test_an_ordinary_user_needs_nothing_but_his_own_folder(open_folder: Path) -> None:
    """Root asks a process without any right; an ordinary user's own run of this suite shows the same with every test."""
    nobody = pwd.getpwnam("nobody")
    mine = open_folder / "mine"
    mine.mkdir()
    os.chown(mine, nobody.pw_uid, nobody.pw_gid)
    python = python_for(nobody.pw_uid)
    packages = [p for p in sys.path if p and Path(p).is_dir() and "site-packages" in p]
    done = subprocess.run(
        [python, "-c", ORDINARY, str(mine)], user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[], cwd="/",
        env={"PYTHONPATH": os.pathsep.join([str(Path(__file__).resolve().parents[2] / "src"), *packages]), "PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, check=False,
    )
    assert done.stdout.split() == [str(nobody.pw_uid), "42"], done.stderr
    assert (mine / "pg" / "cluster").stat().st_uid == nobody.pw_uid


def python_for(uid: int) -> str:
    """A Python of our version that this account may run (ours may lie in a closed home)."""
    for candidate in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}", f"/usr/local/bin/python3.{sys.version_info.minor}"):
        try:
            done = subprocess.run([candidate, "-c", ""], user=uid, extra_groups=[], cwd="/", capture_output=True, check=False)
        except OSError:
            continue
        if done.returncode == 0:
            return candidate
    pytest.skip("no Python of this version that another account may run")


@pytest.fixture
def small_disk(open_folder: Path) -> Iterator[Path]:
    """A disk of 300 MB of its own."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
    disk = open_folder / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300m,mode=0755", "tmpfs", str(disk)], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("this machine does not let root mount a small disk")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(disk: Path, leave_mb: int) -> Path:
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(disk).free - leave_mb * 2**20)
    return ballast


def test_a_full_disk_is_said_in_plain_words_and_nothing_committed_is_lost(small_disk: Path) -> None:
    server = Server(small_disk / "pg")
    with server, psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("create table t (n int, filler text)")
        connection.execute("insert into t select g, repeat('x', 500) from generate_series(1, 1000) g")
        ballast = fill(small_disk, 2)
        with pytest.raises(psycopg.Error):
            connection.execute("insert into t select 0, repeat('y', 500) from generate_series(1, 400000)")
    ballast.unlink()
    ballast = fill(small_disk, 0)
    with pytest.raises(Trouble) as caught:
        server.start()
    assert "disk is full" in caught.value.en
    assert "nothing was lost" in caught.value.en
    assert "磁盘已满" in caught.value.zh
    ballast.unlink()
    with server, psycopg.connect(server.dsn()) as connection:
        assert connection.execute("select count(*) from t where n > 0").fetchone() == (1000,)


def test_a_database_is_not_begun_on_a_disk_too_small_for_it(small_disk: Path) -> None:
    fill(small_disk, 50)
    server = Server(small_disk / "pg", durable=False)
    with pytest.raises(Trouble, match="Nothing was written"):
        server.start()
    assert not server.cluster.exists()


@pytest.mark.soak
def test_a_recovery_of_minutes_is_waited_for_and_says_how_far_it_is(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Server._settings
    monkeypatch.setattr(Server, "_settings", lambda self: [*settings(self), "-c", "max_wal_size=16GB", "-c", "checkpoint_timeout=1d"])
    said: list[str] = []
    server = Server(open_folder / "pg", say=said.append)
    with server:
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute("create table t (n bigint primary key, filler text)")
            for part in range(10):
                connection.execute("insert into t select g, md5(g::text) from generate_series(%s::bigint, %s) g", [part * 1_000_000, part * 1_000_000 + 999_999])
        process = pgstate.postmaster_of(server.cluster)
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        said.clear()
        assert server.start()
        assert any("what was committed is safe" in line and "s, " in line for line in said)
        with psycopg.connect(server.dsn()) as connection:
            assert connection.execute("select count(*) from t").fetchone() == (10_000_000,)
