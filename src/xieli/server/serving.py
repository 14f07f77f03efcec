"""`xieli serve`: the whole installation as one supervisor — database, web, sign-in door, worker, sweeper, sealer, report."""
from __future__ import annotations

import fcntl
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import IO

from xieli.server import anew, pgstate, prepare
from xieli.server.home import Home, default_home
from xieli.server.postgres import Instance, ensure_database
from xieli.server.setup import prepare_checkout
from xieli.server.supervise import SMALLEST_DISK, Child, Supervisor, last_lines
from xieli.server.wizard import Desk
from xieli.server.words import Say, Trouble, pick

FIRST_PORT = 8000
PORTS_TRIED = 200
DEMO_LOADER = "xieli.office.demo.load"


@dataclass(frozen=True)
class Options:
    """What the person asked for. `demo`: an empty database becomes a demo with invented people (never a filled one)."""

    host: str = "127.0.0.1"
    port: int = FIRST_PORT
    demo: bool = False
    workers: int = 0  # of the web process; 0: by the number of processors


@dataclass(frozen=True)
class Addresses:
    """Where the two processes that people reach listen."""

    host: str
    web: int
    door: int

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.web}"

    @property
    def door_url(self) -> str:
        return f"http://{self.host}:{self.door}"


def serve(options: Options, say: Say, *, on_ready: Callable[[Addresses], None] | None = None, until: Callable[[], bool] | None = None) -> None:
    """Bring everything up, say the address, run until Ctrl-C. Errors: `Trouble`, said in plain words."""
    home = Home(default_home()).create()
    with only_once(home) as lock:
        prepare_checkout(say)
        with ensure_database(home, say=say) as db:
            prepare.bring_up_to_date(db, say)
            if not options.demo and prepare.mark_of(db) is None and not first_run(db, options, lock, say, on_ready, until):
                return
            settle(db, options, say)
            keep_serving(db, options, lock, say, on_ready, until)
            say(pick("正在停止……", "Stopping …"))
        say(pick("已全部停止，数据已保存。", "Everything has stopped; the data are kept."))


def keep_serving(db: Instance, options: Options, lock: IO[str], say: Say, on_ready: Callable[[Addresses], None] | None, until: Callable[[], bool] | None) -> None:
    """Run all processes until told to stop; a demo whose visitor asked for it is made anew and runs on at the same address."""
    addresses = free_addresses(options)
    watch = anew.Watch(db.home) if prepare.mark_of(db) == "demo" else None
    while True:
        supervisor = Supervisor(db.home.log, say)
        for child in children(db, addresses, options, watch):
            supervisor.add(child)
        supervisor.tend = Attendant(db, addresses, options.port, lock, say, on_ready).tend
        supervisor.run(lambda: bool(watch and watch.asked()) or bool(until and until()))
        if watch is None or supervisor.stopping or not watch.asked():
            return
        say(pick("演示从头再来：删除并重新装入，约一两分钟……", "The demo starts anew: deleted and loaded again, a minute or two …"))
        anew.empty(db, say)
        load_demo(db, say)
        watch.forget()
        lock.seek(0)
        lock.truncate(0)
        on_ready = None  # its one word was said


@contextmanager
def only_once(home: Home) -> Iterator[IO[str]]:
    """One supervisor per installation. Error: `AlreadyServing` with the address of the one that runs."""
    with (home.path / "serve.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise AlreadyServing(json.loads(lock.read() or "{}").get("url", "")) from None
        lock.truncate(0)
        yield lock
        lock.truncate(0)


def first_run(db: Instance, options: Options, lock: IO[str], say: Say, on_ready: Callable[[Addresses], None] | None, until: Callable[[], bool] | None) -> bool:
    """Serve the first-run screens, on this machine's own address whatever was asked for, until the installation is set up there or
    by `xieli init`. False: stopped before. The one-time code is said here and nowhere kept (docs/decisions/run-first-run.md)."""
    desk = Desk(db.home)
    code = desk.begin()
    at = free_addresses(Options(port=options.port))
    supervisor = Supervisor(db.home.log, say)
    environment = {k: v for k, v in prepare.process_environment(db, "web").items() if k != "XIELI_DB_WEB"}
    supervisor.add(Child("setup", granian(at.host, at.web, 1), environment | {
        "XIELI_ROLE": "setup", "XIELI_DB_SETUP": db.admin_dsn, "XIELI_HOSTS": "127.0.0.1,localhost", "XIELI_WEB_URL": at.url}, essential=True))
    announced, done, looked = False, 0.0, 0.0

    def tend() -> None:
        nonlocal announced
        if not announced and answers(f"{at.url}/healthz"):
            announced = True
            lock.write(json.dumps({"url": at.url, "door": at.door_url, "pid": os.getpid()}))
            lock.flush()
            say(pick(
                f"\n  这个数据库还没有设立。请在本机浏览器打开 {at.url} ，输入一次性口令：{code}\n （或停止后运行 xieli init 由文件设立；只看演示：xieli serve --demo）\n",
                f"\n  This database has not been set up. Open {at.url} in a browser on this machine and enter the one-time code: {code}\n  (or stop and run xieli init with a file; for the demo: xieli serve --demo)\n"))
            if on_ready:
                on_ready(at)

    def over() -> bool:
        nonlocal done, looked
        now = time.monotonic()
        if not done and now - looked > 2:
            looked = now
            if desk.finished or (not desk.applied and prepare.mark_of(db) is not None):
                done = now
        return bool(done and now - done > 3) or bool(until and until())  # the last page and its style are still being fetched

    supervisor.tend = tend
    supervisor.run(over)
    lock.seek(0)
    lock.truncate(0)
    if prepare.mark_of(db) is None or supervisor.stopping:
        return False
    desk.forget()
    return True


class AlreadyServing(Exception):
    """The installation is served already; `url` is empty while it is still starting."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


def settle(db: Instance, options: Options, say: Say) -> None:
    """An empty installation is either made a demo now or refused: nobody shall take one for the other."""
    mark = prepare.mark_of(db)
    if mark is None and not options.demo:
        raise Trouble(
            "这个数据库还没有设立。请运行 xieli serve 或 xieli init 设立正式环境，或运行 make run（即 xieli serve --demo）看演示。没有写入任何内容。",
            "This database has not been set up. Run xieli serve or xieli init for a real installation, or make run (xieli serve --demo) for the demo. Nothing was written.",
        )
    if mark is None:
        prepare.set_mark(db, "demo", level_cap=3)
        mark = "demo"
    if mark == "demo" and options.host not in ("127.0.0.1", "localhost", "::1"):
        raise Trouble(
            f"演示环境只在本机开放（127.0.0.1），不能监听 {options.host}：任何人都能在其中选择角色。",
            f"A demo is open on this machine only (127.0.0.1) and cannot listen on {options.host}: anyone may pick any role in it.",
        )
    if mark == "demo" and find_spec_of(DEMO_LOADER):
        load_demo(db, say)


def load_demo(db: Instance, say: Say) -> None:
    """Load the invented people and matters; the loader itself does nothing when they are there."""
    environment = prepare.process_environment(db, "web")
    if "DATABASE_URL" in os.environ:  # the loader is the installer too: it finds its own connection as every command does
        environment["DATABASE_URL"] = os.environ["DATABASE_URL"]
    with (db.home.log / "demo.log").open("wb") as log:
        done = subprocess.Popen([sys.executable, "-m", DEMO_LOADER], env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
    assert done.stdout is not None
    for line in done.stdout:
        say(line.rstrip())
    if done.wait() != 0:
        raise Trouble(
            f"演示数据未能载入；数据库保持载入前的样子。最后的说明：\n{last_lines(db.home.log / 'demo.log', 6)}",
            f"The demo data could not be loaded; the database is as it was before. The last words:\n{last_lines(db.home.log / 'demo.log', 6)}",
        )


def children(db: Instance, at: Addresses, options: Options, watch: anew.Watch | None = None) -> list[Child]:
    """The processes of an installation, each with its own role's password only. Order: started first to last."""
    def environment(role: str) -> dict[str, str]:
        return prepare.process_environment(db, role) | {
            "XIELI_WEB_URL": at.url, "XIELI_DOOR_URL": at.door_url,
            "XIELI_HOSTS": os.environ.get("XIELI_HOSTS", ",".join(dict.fromkeys([at.host, "127.0.0.1", "localhost", "[::1]"]))),
        }

    db.home.secret("door.key")
    python = sys.executable
    found = [
        Child("web", granian(at.host, at.web, options.workers or min(4, os.cpu_count() or 1)), environment("web") | ({anew.VARIABLE: str(watch.place)} if watch else {}), essential=True),
        Child("worker", [python, "-m", "xieli.server.worker"], environment("job")),
    ]
    for name, module, command, role, essential in (
        ("door", "xieli.server.door_urls", granian(at.host, at.door, 1), "door", True),
        ("sweeper", "xieli.office.matters.sweeper", [python, "-m", "xieli.server.sweeper"], "sweeper", False),
        ("sealer", "xieli.office.audit.sealer", [python, "-m", "xieli.office.audit.sealer"], "sealer", False),
        ("report", "xieli.office.reports.computer", [python, "-m", "xieli.office.reports.computer"], "report", False),
    ):
        if find_spec_of(module):
            own = environment(role)
            if name == "door":  # the key of second-factor secrets is the door's alone
                own["XIELI_DOOR_KEY"] = str(db.home.path / "secrets" / "door.key")
            found.append(Child(name, command, own, essential))
    return found


def granian(host: str, port: int, workers: int) -> list[str]:
    """The HTTP server's command. No access log: addresses of pages are nobody's business in a plain file."""
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port), "--workers", str(workers),
        "--blocking-threads", "4", "--no-ws", "--respawn-failed-workers", "--log-level", "warning", "--no-access-log", "xieli.server.wsgi:application",
    ]


def find_spec_of(module: str) -> bool:
    """Whether a module is part of this installation; its packages need not be."""
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def free_addresses(options: Options) -> Addresses:
    """The wanted port and the next one, or the first free pair above. Error: `Trouble` when none is free."""
    ports = (port for port in range(options.port, min(options.port + PORTS_TRIED, 65536)) if is_free(options.host, port))
    try:
        return Addresses(options.host, next(ports), next(ports))
    except StopIteration:
        raise Trouble(
            f"端口 {options.port} 起的 {PORTS_TRIED} 个端口都被占用；请用 --port 另选。",
            f"None of the {PORTS_TRIED} ports from {options.port} on is free; choose another with --port.",
        ) from None


def is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


class Attendant:
    """What the supervisor looks after once a second: the database, the disk, and saying the address when it answers."""

    def __init__(self, db: Instance, at: Addresses, wanted: int, lock: IO[str], say: Say, on_ready: Callable[[Addresses], None] | None) -> None:
        self.db, self.at, self.wanted, self.lock, self.say, self.on_ready = db, at, wanted, lock, say, on_ready
        self.announced = False
        self.began = time.monotonic()
        self.next_look = 0.0
        self.warned_disk = 0.0
        self.warned_wait = self.began

    def tend(self) -> None:
        now = time.monotonic()
        if not self.announced:
            self._announce_if_up(now)
        if now >= self.next_look:
            self.next_look = now + 1
            self._database()
            self._disk(now)

    def _announce_if_up(self, now: float) -> None:
        if answers(f"{self.at.url}/healthz"):
            self.announced = True
            self.lock.write(json.dumps({"url": self.at.url, "door": self.at.door_url, "pid": os.getpid()}))
            self.lock.flush()
            if self.at.web != self.wanted:
                self.say(pick(f"端口 {self.wanted} 已被占用，改用 {self.at.web}。", f"Port {self.wanted} is taken; using {self.at.web}."))
            self.say(pick(f"\n  协力已就绪：{self.at.url}    (Ctrl-C 停止)\n", f"\n  Xieli is ready: {self.at.url}    (Ctrl-C stops it)\n"))
            if self.on_ready:
                self.on_ready(self.at)
        elif now - self.warned_wait > 10:
            self.warned_wait = now
            self.say(pick(f"仍在启动（{now - self.began:.0f} 秒）……", f"Still starting ({now - self.began:.0f} s) …"))

    def _database(self) -> None:
        server = self.db.server
        if server is None or server.alive():
            return
        self.say(pick("数据库意外停止，正在重启；已提交的数据都在。", "The database stopped unexpectedly and is being restarted; what was committed is kept."))
        server.start()
        self.say(pick("数据库已恢复。", "The database is back."))

    def _disk(self, now: float) -> None:
        free = pgstate.free_megabytes(self.db.server.folder if self.db.server else self.db.home.path)
        if free < SMALLEST_DISK and now - self.warned_disk > 300:
            self.warned_disk = now
            self.say(pick(
                f"磁盘只剩 {free} MB。写满后新的操作会被拒绝，已提交的不受影响；请尽快腾出空间。",
                f"Only {free} MB of disk are left. When it is full new acts are refused, committed ones are safe; free some space soon.",
            ))


def answers(url: str) -> bool:
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


