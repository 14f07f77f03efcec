"""Reading what a PostgreSQL postmaster leaves behind: its pid file, its log, and what a failed start means in words."""
from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import psutil

from xieli.server.words import Trouble


@dataclass(frozen=True)
class PidFile:
    """`postmaster.pid`: process, socket folder and state ("starting", "ready", "stopping"; empty while being written)."""

    pid: int
    socket_folder: str
    port: int
    state: str

    @classmethod
    def read(cls, cluster: Path) -> PidFile | None:
        try:
            lines = (cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return None
        lines += [""] * (8 - len(lines))
        if not lines[0].strip().isdecimal():
            return None
        return cls(int(lines[0]), lines[4], int(lines[3] or 0), lines[7].strip())


def postmaster_of(cluster: Path) -> psutil.Process | None:
    """The live postmaster that serves `cluster`, or None: a dead, a zombie or an unrelated process does not count.

    A killed postmaster stays a zombie until its parent reaps it, and a process number may have been given to somebody
    else after a restart of the machine; both look alive to a plain `kill -0`.
    """
    found = PidFile.read(cluster)
    if found is None:
        return None
    try:
        process = psutil.Process(found.pid)
        if process.status() == psutil.STATUS_ZOMBIE or "postgres" not in process.name():
            return None
        try:
            return process if os.path.samefile(process.cwd(), cluster) else None
        except (psutil.AccessDenied, FileNotFoundError):
            return process
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return None


def orphans_of(cluster: Path) -> list[psutil.Process]:
    """Server processes that outlived a killed postmaster and still hold the cluster's shared memory."""
    left = []
    for process in psutil.process_iter(["name", "status"]):
        if "postgres" not in (process.info["name"] or "") or process.info["status"] == psutil.STATUS_ZOMBIE:
            continue
        try:
            if os.path.samefile(process.cwd(), cluster):
                left.append(process)
        except (psutil.Error, OSError):
            continue
    return left


def remove_stale_locks(cluster: Path, sockets: Path) -> bool:
    """Remove lock files that PostgreSQL itself would take for a live server's: their number belongs to a zombie or a stranger.

    A pid file with a plainly dead number is left alone: PostgreSQL removes it by itself, after its own checks. The socket's
    lock in our own folder `sockets` can only be a leftover once no server process of this cluster is left.
    """
    if postmaster_of(cluster) is not None or orphans_of(cluster):
        return False
    for leftover in sockets.glob(".s.PGSQL.*"):
        leftover.unlink(missing_ok=True)
    found = PidFile.read(cluster)
    if found is not None and psutil.pid_exists(found.pid):
        (cluster / "postmaster.pid").unlink(missing_ok=True)
    return True


def free_megabytes(path: Path) -> int:
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free // 2**20


def tail(log: Path, since: int = 0, lines: int = 12) -> str:
    """The last lines that the server wrote after byte `since`."""
    try:
        with log.open("rb") as file:
            file.seek(since)
            text = file.read()[-65536:].decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def redo_progress(text: str) -> str | None:
    """How far crash recovery says it is: "12.00 s, 0/5A000000", or None when the log does not say."""
    found = re.findall(r"redo in progress, elapsed time: ([\d.]+) s, current LSN: ([0-9A-F/]+)", text)
    return f"{found[-1][0]} s, {found[-1][1]}" if found else None


def explain(cluster: Path, said: str) -> Trouble:
    """Why a start failed, from what the server wrote; `said` is the end of its log."""
    free = free_megabytes(cluster)
    if "No space left on device" in said or "Disk quota exceeded" in said or free < 32:
        return Trouble(
            f"磁盘已满（{cluster.parent} 所在磁盘剩余 {free} MB），数据库无法启动。已提交的数据都在，没有丢失。请腾出至少 200 MB 空间后重新运行同一命令。",
            f"The disk is full ({free} MB left where {cluster.parent} lies), so the database cannot start. What was committed is kept; nothing was lost. "
            "Free at least 200 MB and run the same command again.",
        )
    if "incompatible with server" in said or "was initialized by PostgreSQL version" in said:
        return Trouble(
            f"{cluster} 由另一个主版本的 PostgreSQL 建立，当前程序不能打开；数据未动。请用 XIELI_PG_BIN 指明原版本程序，先执行 xieli backup，再在新版本中 xieli restore。",
            f"{cluster} was made by another major version of PostgreSQL and these programs cannot open it; the data are untouched. "
            "Name the old version's programs in XIELI_PG_BIN, run xieli backup, then xieli restore with the new version.",
        )
    if "Permission denied" in said or "has wrong ownership" in said or "invalid permissions" in said:
        return Trouble(
            f"运行数据库的账户无权读写 {cluster}（可能是另一个账户建立的）；数据未动。请用原账户运行，或用 XIELI_HOME 另选目录。\n{said}",
            f"The account that runs the database may not use {cluster} (perhaps another account made it); the data are untouched. "
            f"Run under the account that made it, or choose another folder with XIELI_HOME.\n{said}",
        )
    if "pre-existing shared memory block" in said:
        return Trouble(
            "上一次的数据库进程尚未全部退出。请等待一分钟后重试；如仍如此，请重启本机。数据未动。",
            "Processes of the earlier database run have not all ended. Wait a minute and try again; if it stays so, restart this machine. The data are untouched.",
        )
    if "could not map anonymous shared memory" in said or "Cannot allocate memory" in said or "could not create semaphores" in said:
        return Trouble(
            f"内存不足，数据库无法启动；数据未动。请关闭其他程序后重试。\n{said}",
            f"There is not enough memory to start the database; the data are untouched. Close other programs and try again.\n{said}",
        )
    return Trouble(
        f"数据库未能启动；数据未动。它最后写下的是：\n{said}\n请运行 xieli doctor 查看各项检查。",
        f"The database did not start; the data are untouched. The last it wrote:\n{said}\nRun xieli doctor to see every check.",
    )
