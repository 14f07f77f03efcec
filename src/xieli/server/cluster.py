"""One embedded PostgreSQL cluster: made once, started as a direct child, found again by any other command, stopped by the last.

Why our own: the wheel's launcher trusts every local account, opens parent folders to all, gives up after ten seconds of
crash recovery and takes a zombie for a live server (docs/decisions/run-embedded-database.md). Only its programs are used.
"""
from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psutil

from xieli.server import pgbinaries, pgstate
from xieli.server.dsn import as_url
from xieli.server.home import Home, read_or_make_secret
from xieli.server.words import Say, Trouble, pick, silent

SUPERUSER = "postgres"
PORT = 5432  # names the socket file only: no network address is ever opened
LONGEST_SOCKET_FOLDER = 90  # bytes; the kernel's limit for the whole path is 107 (unix(7))
ROOM_FOR_A_NEW_CLUSTER = 160  # MB: an empty cluster takes 40 MB, its first write-ahead segments as much again
POLL = 0.05


class Server:
    """The embedded database in `folder` (made on first start).

    `durable=False` switches off every wait for the disk: for databases that a test throws away.
    `say` receives one line of progress at a time.
    """

    def __init__(self, folder: Path | str, *, durable: bool = True, say: Say = silent) -> None:
        self.folder = Path(folder).absolute()
        self.cluster = self.folder / "cluster"
        self.logfile = self.folder / "postgres.log"
        self.durable = durable
        self.say = say
        self.child: subprocess.Popen[bytes] | None = None
        self._using: IO[str] | None = None
        self._short: Path | None = None
        self.account = pgbinaries.account()

    @classmethod
    def at_home(cls, home: Home, **options: object) -> Server:
        """The database of an installation; moved out of its folder only if the database's account cannot enter there."""
        home.create()
        server = cls(home.pg, **options)  # type: ignore[arg-type]
        if server.account.other and not (home.path / "pg.moved").exists() and not server.account.can_enter(home.path):
            base = Path("/var/lib/xieli")
            base.mkdir(mode=0o711, parents=True, exist_ok=True)
            elsewhere = Path(tempfile.mkdtemp(prefix="pg-", dir=base))
            elsewhere.chmod(0o711)
            (home.path / "pg.moved").write_text(f"{elsewhere}\n")
            server.say(pick(
                f"账户 {server.account.name} 不能进入 {home.path}；数据库放在 {elsewhere}（原目录权限未改）。",
                f"The account {server.account.name} cannot enter {home.path}; the database is kept in {elsewhere} (no folder's mode was changed).",
            ))
            server = cls(elsewhere, **options)  # type: ignore[arg-type]
        return server

    # -- addresses ---------------------------------------------------------------------------------------------------

    def dsn(self, role: str = SUPERUSER, database: str = "postgres", password: str | None = None) -> str:
        """A connection string for a running server; the superuser's password is filled in. Error: nothing runs."""
        found = pgstate.PidFile.read(self.cluster) if self.running() else None
        if found is None:
            raise Trouble("数据库没有运行。", "The database is not running.")
        if password is None and role == SUPERUSER:
            password = read_or_make_secret(self._password_file)
        return as_url(host=found.socket_folder, port=found.port, user=role, dbname=database, password=password)

    @property
    def _password_file(self) -> Path:
        return self.folder / "superuser.password"

    def running(self) -> bool:
        return pgstate.postmaster_of(self.cluster) is not None

    def version(self) -> str:
        return self.binaries().version

    def binaries(self) -> pgbinaries.Binaries:
        return pgbinaries.find(self.folder, self.account)

    # -- start and stop ----------------------------------------------------------------------------------------------

    def start(self) -> bool:
        """Make the server run and count ourselves among its users. Returns whether this call started it.

        Two starts at once: the second waits for the first and then finds the server running.
        """
        self._prepare_folder()
        with self._alone():
            if self._using is None:
                self._using = (self.folder / "users.lock").open("a")
                fcntl.flock(self._using, fcntl.LOCK_SH)
            try:
                return self._start_alone()
            except BaseException:
                self._leave()
                raise

    def stop(self) -> bool:
        """Leave; the last user stops the server. Returns whether it was stopped."""
        if self._using is None:
            return False
        with self._alone():
            self._leave()
            with (self.folder / "users.lock").open("a") as probe:
                try:
                    fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return False
            self._stop_postmaster()
            return True

    def alive(self) -> bool:
        """Whether it still runs; reaps our child if it has died."""
        if self.child is not None and self.child.poll() is not None:
            self.child = None
        return self.running()

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _leave(self) -> None:
        if self._using is not None:
            self._using.close()
            self._using = None

    def _prepare_folder(self) -> None:
        Home(self.folder).create()
        owner = self.folder.stat().st_uid
        if owner != os.geteuid() and os.geteuid() != 0:
            raise Trouble(
                f"{self.folder} 是另一个账户（编号 {owner}）建立的；请用该账户运行，或用 XIELI_HOME 另选目录。数据未动。",
                f"{self.folder} was made by another account (number {owner}); run under that account, or choose another folder with XIELI_HOME. The data are untouched.",
            )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.folder / "start.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.say(pick("另一个命令正在启动或停止数据库，等待中……", "Another command is starting or stopping the database; waiting …"))
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _start_alone(self) -> bool:
        if self.alive():
            self._wait_until_ready(None, 0)
            return False
        binaries = self.binaries()
        if not (self.cluster / "PG_VERSION").is_file():
            self._make(binaries)
        made_by = (self.cluster / "PG_VERSION").read_text().strip()
        if made_by != str(binaries.major):
            raise pgstate.explain(self.cluster, "incompatible with server")
        if not self._password_file.exists():
            self._reset_superuser_password(binaries)
        self._wait_for_orphans()
        left = pgstate.PidFile.read(self.cluster)
        self._remove_short_socket_folder(left.socket_folder if left else "")
        pgstate.remove_stale_locks(self.cluster, self.folder / "run")
        if self.logfile.exists() and self.logfile.stat().st_size > 20 * 2**20:
            self.logfile.replace(self.logfile.with_suffix(".log.1"))
        with open(os.open(self.logfile, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as log:
            since = log.seek(0, os.SEEK_END)
            self.child = subprocess.Popen(
                [binaries.program("postgres"), "-D", str(self.cluster), *self._settings()],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", env=clean_environment(),
                start_new_session=True,  # Ctrl-C in the terminal must reach us, not the database behind our back
                **self.account.popen(),
            )
        self._wait_until_ready(self.child, since)
        return True

    def _settings(self) -> list[str]:
        values = {
            "listen_addresses": "",
            "port": str(PORT),
            "unix_socket_directories": self._socket_folder(),
            "unix_socket_permissions": "0700",
            "max_connections": "80",
            "log_startup_progress_interval": "1s",
            # an error's statement and detail may quote a case; the log keeps neither
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
            "log_timezone": "UTC",
            "timezone": "UTC",
            "lc_messages": "C",
        }
        if not self.durable:
            values |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "4GB"}
        return [word for name, value in values.items() for word in ("-c", f"{name}={value}")]

    def _socket_folder(self) -> str:
        """`run/` beside the data, or a short private folder when that path is too long or holds what libpq would split."""
        beside = self.folder / "run"
        plain = re.fullmatch(r"[\w./\- ]+", str(beside)) and str(beside) == str(beside).strip()
        if plain and len(os.fsencode(beside)) <= LONGEST_SOCKET_FOLDER:
            beside.mkdir(mode=0o700, exist_ok=True)
            self.account.own(beside)
            return str(beside)
        for base in (os.environ.get("XDG_RUNTIME_DIR", ""), "/run" if os.geteuid() == 0 else "", tempfile.gettempdir(), "/tmp"):
            if base and len(os.fsencode(base)) < 60 and os.access(base, os.W_OK | os.X_OK) and self.account.can_enter(Path(base)):
                short = Path(tempfile.mkdtemp(prefix="xieli-", dir=base))
                self.account.own(short)
                self._short = short
                return str(short)
        raise Trouble(
            "找不到可放置数据库套接字的短路径目录；请设置 TMPDIR。",
            "No short folder was found to hold the database's socket; set TMPDIR.",
        )

    def _wait_until_ready(self, child: subprocess.Popen[bytes] | None, since: int) -> None:
        """Wait as long as the server works on its start, minutes of crash recovery included, saying how far it is."""
        started = said = time.monotonic()
        while True:
            if child is not None and child.poll() is not None:
                self.child = None
                self._remove_short_socket_folder()
                raise pgstate.explain(self.cluster, pgstate.tail(self.logfile, since))
            if child is None and not self.running():
                raise pgstate.explain(self.cluster, pgstate.tail(self.logfile))
            found = pgstate.PidFile.read(self.cluster)
            if found is not None and found.state == "ready" and (child is None or found.pid == child.pid):
                return
            now = time.monotonic()
            if now - said >= 3:
                said = now
                redo = pgstate.redo_progress(pgstate.tail(self.logfile, since))
                where = f"({redo})" if redo else ""
                self.say(pick(
                    f"数据库正在从上次中断中恢复，已 {now - started:.0f} 秒{where}；已提交的数据不会丢失，请勿中断。",
                    f"The database is recovering from an interruption, {now - started:.0f} s so far {where}; what was committed is safe, let it finish.",
                ))
            time.sleep(POLL)

    def _wait_for_orphans(self) -> None:
        """After a kill -9 the postmaster's children need a moment to notice; a start before that would be refused."""
        deadline = time.monotonic() + 30
        while pgstate.orphans_of(self.cluster) and time.monotonic() < deadline:
            time.sleep(POLL)

    def _stop_postmaster(self) -> None:
        process = pgstate.postmaster_of(self.cluster)
        found = pgstate.PidFile.read(self.cluster)
        if process is not None:
            process.send_signal(signal.SIGINT)  # fast shutdown: sessions are ended, everything committed is written
            began = time.monotonic()
            while not self._ended(process):
                waited = time.monotonic() - began
                if waited > 120:
                    # immediate shutdown: nothing committed is lost, the next start recovers from the write-ahead log
                    process.send_signal(signal.SIGQUIT)
                    began = time.monotonic()
                time.sleep(POLL)
        self._remove_short_socket_folder(found.socket_folder if found else "")

    def _ended(self, process: psutil.Process) -> bool:
        """Whether the process itself has ended; its pid file goes a moment earlier. Reaps it if it is our child."""
        if self.child is not None and self.child.pid == process.pid:
            if self.child.poll() is None:
                return False
            self.child = None
            return True
        try:
            return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    def _remove_short_socket_folder(self, recorded: str = "") -> None:
        """Remove the short socket folder: the one we made, or the one the pid file names (another process made it)."""
        short = Path(recorded) if recorded else self._short
        if short is not None and short.parent != self.folder and short.name.startswith("xieli-"):
            shutil.rmtree(short, ignore_errors=True)
        self._short = None

    # -- making ------------------------------------------------------------------------------------------------------

    def _make(self, binaries: pgbinaries.Binaries) -> None:
        """initdb into a side folder, then rename: an interrupted making leaves nothing that looks like a database."""
        free = pgstate.free_megabytes(self.folder)
        if free < ROOM_FOR_A_NEW_CLUSTER:
            raise Trouble(
                f"磁盘空间不足：建立数据库需要 {ROOM_FOR_A_NEW_CLUSTER} MB，{self.folder} 所在磁盘只剩 {free} MB。什么也没有写入。请腾出空间后重试。",
                f"The disk is too full: a new database needs {ROOM_FOR_A_NEW_CLUSTER} MB and {free} MB are left where {self.folder} lies. Nothing was written. Free some space and try again.",
            )
        self.say(pick(f"建立数据库（PostgreSQL {binaries.version}），约几秒……", f"Making the database (PostgreSQL {binaries.version}), a few seconds …"))
        draft = self.folder / "cluster.draft"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        self.account.own(draft)
        password = read_or_make_secret(self._password_file)
        handed = self.folder / "initdb.password"  # initdb reads it as its own account, which may not read our files
        handed.unlink(missing_ok=True)
        with open(os.open(handed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(password + "\n")
        self.account.own(handed)
        try:
            done = subprocess.run(
                [binaries.program("initdb"), "-D", str(draft), "-U", SUPERUSER, f"--pwfile={handed}", *locale_flags(binaries),
                 "--auth=scram-sha-256", *([] if self.durable else ["--no-sync"])],
                capture_output=True, text=True, cwd="/", env=clean_environment(), check=False, **self.account.popen(),
            )
        finally:
            handed.unlink()
        if done.returncode != 0:
            shutil.rmtree(draft, ignore_errors=True)
            raise pgstate.explain(self.cluster, done.stderr[-2000:])
        (draft / "pg_hba.conf").write_text("# every role by password, over the socket only\nlocal all all scram-sha-256\n")
        draft.rename(self.cluster)

    def _reset_superuser_password(self, binaries: pgbinaries.Binaries) -> None:
        """The password file is gone but the data are ours: set a new one in single-user mode."""
        password = read_or_make_secret(self._password_file)
        done = subprocess.run(
            [binaries.program("postgres"), "--single", "-D", str(self.cluster), "postgres"],
            input=f"ALTER ROLE {SUPERUSER} PASSWORD '{password}'\n", capture_output=True, text=True, cwd="/",
            env=clean_environment(), check=False, **self.account.popen(),
        )
        if done.returncode != 0 or "ERROR" in done.stderr:
            self._password_file.unlink()
            raise pgstate.explain(self.cluster, done.stderr[-2000:])


def locale_flags(binaries: pgbinaries.Binaries) -> list[str]:
    """Flags under which Chinese text has trigrams and sorts alike everywhere.

    Measured: with `--locale=C` for the character type, `show_trgm('问题线索')` is empty and search silently finds nothing.
    """
    flags = ["--encoding=UTF8", "--lc-collate=C", "--lc-ctype=C.UTF-8", "--locale=C.UTF-8"]
    if binaries.major >= 17:
        flags = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--lc-collate=C", "--lc-ctype=C.UTF-8"]
    return [*flags, "--lc-messages=C", "--lc-monetary=C", "--lc-numeric=C", "--lc-time=C", "--text-search-config=simple"]


def clean_environment() -> dict[str, str]:
    """Our environment without what would redirect or be told to the database's processes (PG*, our own secrets)."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("PG", "XIELI_", "DATABASE_URL"))} | {"LC_ALL": "C"}
