"""The supervisor keeps its children running, gives each only what is its own, and leaves none behind."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from xieli.server.supervise import Child, Supervisor
from xieli.server.words import Trouble, silent


def child(name: str, text: str, **environment: str) -> Child:
    return Child(name, [sys.executable, "-c", textwrap.dedent(text)], environment)


def run_until(supervisor: Supervisor, condition: object, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds

    def done() -> bool:
        assert time.monotonic() < deadline, "waited in vain"
        return bool(condition())  # type: ignore[operator]

    supervisor.run(done)


def test_a_child_that_falls_over_is_started_again(tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(tmp_path, said.append)
    marks = tmp_path / "marks"
    supervisor.add(child("falls", f"open({str(marks)!r}, 'a').write('x'); raise SystemExit(7)"))
    run_until(supervisor, lambda: marks.exists() and len(marks.read_text()) >= 2)
    assert "7" in said[0]
    assert "falls.log" in said[0]


def test_an_essential_child_that_cannot_start_stops_all_and_shows_its_last_words(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path, silent)
    steady = child("steady", "import time; time.sleep(600)")
    broken = child("web", "import sys; sys.exit('the port is on fire')")
    broken.essential = True
    supervisor.add(steady)
    supervisor.add(broken)
    with pytest.raises(Trouble) as caught:
        run_until(supervisor, lambda: False)
    assert "the port is on fire" in caught.value.en
    assert "数据未受影响" in caught.value.zh
    assert steady.process is None


def test_a_child_sees_its_own_password_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIELI_DB_DOOR", "postgresql://door:secret@/xieli")
    monkeypatch.setenv("DATABASE_URL", "postgresql://admin:secret@/xieli")
    monkeypatch.setenv("PGPASSWORD", "secret")
    shown = tmp_path / "shown"
    supervisor = Supervisor(tmp_path, silent)
    supervisor.add(child("web", f"import os, time; open({str(shown)!r}, 'w').write(repr(dict(os.environ))); time.sleep(600)", XIELI_DB_WEB="own"))
    run_until(supervisor, lambda: shown.exists() and shown.read_text().endswith("}"))
    assert "secret" not in shown.read_text()
    assert "'XIELI_DB_WEB': 'own'" in shown.read_text()


def test_a_child_that_will_not_end_is_killed_with_its_own_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xieli.server.supervise.PATIENCE", 0.5)
    pids = tmp_path / "pids"
    supervisor = Supervisor(tmp_path, silent)
    supervisor.add(child("deaf", f"""
        import os, signal, subprocess, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        inner = subprocess.Popen(["sleep", "600"])
        open({str(pids)!r}, "w").write(f"{{os.getpid()}} {{inner.pid}}\\n")
        time.sleep(600)
    """))
    run_until(supervisor, lambda: pids.exists() and pids.read_text().endswith("\n"))
    for pid in map(int, pids.read_text().split()):  # the grandchild is nobody's to wait for: the kernel ends it a moment later
        wait_until(lambda pid=pid: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_every_child(tmp_path: Path, number: signal.Signals) -> None:
    supervisor = Supervisor(tmp_path, silent)
    supervisor.add(child("one", "import time; time.sleep(600)"))
    supervisor.add(child("two", "import time; time.sleep(600)"))
    pids: list[int] = []

    def tend() -> None:
        pids.extend(c.process.pid for c in supervisor.children if c.process)
        os.kill(os.getpid(), number)

    supervisor.tend = tend
    supervisor.run()
    assert len(pids) == 2
    assert not any(psutil.pid_exists(pid) for pid in pids)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's death signal is Linux's")
def test_children_die_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    text = f"""
        from pathlib import Path
        from xieli.server.supervise import Child, Supervisor
        import sys
        s = Supervisor(Path({str(tmp_path)!r}), print)
        s.add(Child("one", [sys.executable, "-c", "import time; time.sleep(600)"], {{}}))
        s.tend = lambda: Path({str(pids)!r}).write_text(f"{{s.children[0].process.pid}}\\n")
        s.run()
    """
    supervisor = subprocess.Popen([sys.executable, "-c", textwrap.dedent(text)])
    wait_until(lambda: pids.exists() and pids.read_text().endswith("\n"))
    supervisor.kill()
    supervisor.wait()
    pid = int(pids.read_text())
    wait_until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


def wait_until(condition: object, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
