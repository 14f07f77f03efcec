"""One command serves everything, survives the database's death, and leaves nothing behind."""
from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from xieli.server import pgstate, serving
from xieli.server.home import Home
from xieli.server.words import Trouble, silent

pytestmark = [pytest.mark.db, pytest.mark.xdist_group("serving")]


class Served:
    """A running `xieli serve --demo` in a home of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("XIELI_DB", "DATABASE_URL"))} | {
            "XIELI_HOME": str(home), "XIELI_LANG": "en",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "xieli", "serve", "--demo", "--json", "--port", "18400", "--workers", "1"],
            env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(self.process.communicate()[1])
        self.url = json.loads(line)["url"]

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(self.url + path, timeout=20) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def descendants(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with tempfile.TemporaryDirectory(prefix="xieli-test-") as made:
        Path(made).chmod(0o711)
        running = Served(Path(made) / "协力 home")
        try:
            yield running
        finally:
            if running.process.poll() is None:
                running.process.send_signal(signal.SIGINT)
                running.process.communicate(timeout=60)


def test_it_answers_that_it_is_up_and_ready(served: Served) -> None:
    assert served.get("/healthz") == (200, "ok\n")
    status, body = served.get("/readyz")
    assert status == 200, body
    assert set(json.loads(body)["checks"]) >= {"database", "migrations", "sweeper"}


def test_health_answers_name_no_secret_and_no_place(served: Served) -> None:
    text = served.get("/readyz")[1]
    assert str(served.home) not in text
    assert "xieli_" not in text


def test_each_process_was_given_the_password_of_its_own_role_only(served: Served) -> None:
    given = {}
    for process in psutil.Process(served.process.pid).children():
        names = {k for k in process.environ() if k.startswith(("XIELI_DB_", "DATABASE_URL", "PG"))}
        if "postgres" not in process.name():
            given[process.environ()["XIELI_ROLE"]] = names
        else:
            assert names == set()
    assert given["web"] == {"XIELI_DB_WEB"}
    assert given["job"] == {"XIELI_DB_JOB"}
    assert all(names == {f"XIELI_DB_{role.upper()}"} for role, names in given.items())


def test_secrets_are_readable_by_their_owner_only(served: Served) -> None:
    files = [p for p in (served.home / "secrets").iterdir() if p.is_file()]
    assert len(files) >= 8
    assert {stat.S_IMODE(p.stat().st_mode) for p in files} == {0o600}


def test_a_second_start_says_where_the_first_one_is_and_harms_nothing(served: Served) -> None:
    again = subprocess.run(
        [sys.executable, "-m", "xieli", "serve", "--demo"], env=served.environment, capture_output=True, text=True, check=False
    )
    assert again.returncode == 0
    assert served.url in again.stderr
    assert served.get("/healthz")[0] == 200


def test_the_database_killed_under_it_comes_back_by_itself(served: Served) -> None:
    cluster = Home(served.home).pg / "cluster"
    postmaster = pgstate.postmaster_of(cluster)
    assert postmaster is not None
    postmaster.kill()
    deadline = time.monotonic() + 60
    while served.get("/readyz")[0] != 200 or pgstate.postmaster_of(cluster) is None:
        assert time.monotonic() < deadline, served.get("/readyz")
        time.sleep(0.2)
    assert served.process.poll() is None


def test_the_web_process_killed_under_it_comes_back_by_itself(served: Served) -> None:
    # a short-lived child that has ended and is not yet taken up has no environment
    living = [p for p in psutil.Process(served.process.pid).children() if p.status() != psutil.STATUS_ZOMBIE]
    web = next(p for p in living if p.environ().get("XIELI_ROLE") == "web")
    workers = web.children(recursive=True)
    assert workers
    web.kill()
    web.wait()
    deadline = time.monotonic() + 60
    while True:
        try:
            if served.get("/readyz")[0] == 200:
                break
        except OSError:
            pass
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert not [p for p in workers if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def test_ctrl_c_stops_every_process_and_says_so(served: Served) -> None:
    processes = served.descendants()
    assert len(processes) > 3
    served.process.send_signal(signal.SIGINT)
    said = served.process.communicate(timeout=60)[1]
    assert served.process.returncode == 0
    assert "Everything has stopped" in said
    assert not [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def test_a_taken_port_is_stepped_over() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        at = serving.free_addresses(serving.Options(port=port))
    assert port not in (at.web, at.door)
    assert at.web != at.door


def test_no_free_port_is_said_in_plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "is_free", lambda host, port: False)
    with pytest.raises(Trouble, match="--port"):
        serving.free_addresses(serving.Options())


def test_an_empty_database_is_not_served_as_if_it_were_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving.prepare, "mark_of", lambda db: None)
    with pytest.raises(Trouble, match="xieli init"):
        serving.settle(None, serving.Options(), silent)  # type: ignore[arg-type]


def test_a_demo_does_not_listen_beyond_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving.prepare, "mark_of", lambda db: "demo")
    with pytest.raises(Trouble, match="this machine only"):
        serving.settle(None, serving.Options(host="0.0.0.0"), silent)  # type: ignore[arg-type]
