"""One supervisor, several children: starts them, keeps what they write, restarts what falls over, stops all on Ctrl-C.

Each child is given only the password of its own database role. A child that dies with us: on Linux the kernel ends it
when the supervisor is killed, so that a second start never meets leftovers of the first.
"""
from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from xieli.server.words import Say, Trouble, pick

PATIENCE = 15.0  # seconds a child gets to end by itself before it is killed
LONGEST_PAUSE = 30.0  # seconds between restarts of a child that keeps falling
STEADY = 60.0  # seconds after which an earlier fall is forgotten
SMALLEST_DISK = 200  # MB free below which people are warned
LOG_LIMIT = 20 * 2**20
PR_SET_PDEATHSIG = 1  # prctl(2)


@dataclass
class Child:
    """One process of the installation. `essential`: when it cannot even start, all stops and says so."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    essential: bool = False
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    falls: int = 0
    restart_at: float = 0.0
    log: Path = field(default_factory=Path)


class Supervisor:
    """Runs children until told to stop. `tend` is called about once a second (the database is looked after there)."""

    def __init__(self, logs: Path, say: Say, tend: Callable[[], None] | None = None) -> None:
        self.logs = logs
        self.say = say
        self.tend = tend or (lambda: None)
        self.children: list[Child] = []
        self.stopping = False

    def add(self, child: Child) -> None:
        child.log = self.logs / f"{child.name}.log"
        self.children.append(child)

    def start(self, child: Child) -> None:
        if child.log.exists() and child.log.stat().st_size > LOG_LIMIT:
            child.log.replace(child.log.with_suffix(".log.1"))
        with open(os.open(child.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as log:
            child.process = subprocess.Popen(
                list(child.command), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment_of(child),
                start_new_session=True, preexec_fn=die_with(os.getpid()),
            )
        child.started = time.monotonic()

    def run(self, until: Callable[[], bool] | None = None) -> None:
        """Start every child and tend them until SIGINT, SIGTERM or SIGHUP (or `until` says so); then stop all."""
        before = {number: signal.signal(number, self._on_signal) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        try:
            for child in self.children:
                self.start(child)
            while not self.stopping and not (until and until()):
                self._look_after()
                self.tend()
                time.sleep(0.25)
        finally:
            self.stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _look_after(self) -> None:
        now = time.monotonic()
        for child in self.children:
            if child.process is not None and child.process.poll() is not None:
                code = child.process.returncode
                end_group(child)
                child.process = None
                child.falls = 1 if now - child.started > STEADY else child.falls + 1
                if child.essential and child.falls >= 3:
                    raise Trouble(
                        f"进程 {child.name} 连续三次未能启动（退出码 {code}）；数据未受影响。它最后写下的是：\n{last_lines(child.log)}\n全文见 {child.log}。",
                        f"The process {child.name} failed to start three times in a row (exit code {code}); the data are unaffected. The last it wrote:\n"
                        f"{last_lines(child.log)}\nAll of it: {child.log}.",
                    )
                pause = min(LONGEST_PAUSE, 0.5 * 2 ** (child.falls - 1))
                child.restart_at = now + pause
                self.say(pick(
                    f"进程 {child.name} 意外退出（退出码 {code}），{pause:.0f} 秒后重启；记录见 {child.log}。",
                    f"The process {child.name} ended unexpectedly (exit code {code}); it restarts in {pause:.0f} s. Its log: {child.log}.",
                ))
            elif child.process is None and now >= child.restart_at:
                self.start(child)

    def stop(self) -> None:
        """End every child: ask, wait, then kill. Last started, first stopped."""
        running = [child for child in reversed(self.children) if child.process is not None]
        for child in running:
            assert child.process is not None
            child.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        for child in running:
            assert child.process is not None
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
            end_group(child)
            child.process = None


def end_group(child: Child) -> None:
    """End what a dead child left: it led a session of its own, and its orphans would hold its port."""
    assert child.process is not None
    try:
        os.killpg(child.process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def environment_of(child: Child) -> dict[str, str]:
    """Our environment without any database address or password, then the child's own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("XIELI_DB_", "PG", "DATABASE_URL"))}
    return {**kept, "PYTHONUNBUFFERED": "1", **child.environment}


def die_with(parent: int) -> Callable[[], None] | None:
    """What the child does between fork and exec: ask the kernel for SIGTERM when the supervisor dies (Linux only)."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # it died before the kernel knew
            os._exit(1)

    return ask


def last_lines(path: Path, count: int = 15) -> str:
    try:
        return "\n".join(path.read_text("utf-8", "replace").splitlines()[-count:])
    except FileNotFoundError:
        return ""
