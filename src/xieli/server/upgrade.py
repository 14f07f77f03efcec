"""`xieli upgrade --check`: what a new version would do to this installation's database, before it does it."""
from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from xieli.server import backup, container, prepare
from xieli.server.postgres import Instance
from xieli.server.words import Trouble

RECENT_HOURS = 24


@dataclass
class Plan:
    """The steps that are pending, and what stands in the way."""

    steps: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)  # applied here but absent from this version: the code is older than the data
    uncovered: list[str] = field(default_factory=list)
    last_backup: str | None = None
    backup_is_recent: bool = False

    @property
    def hindrances(self) -> list[tuple[str, str]]:
        """Why the upgrade must not be carried out yet; empty when it may."""
        found = []
        if self.unknown:
            found.append((
                f"数据库由更新的版本写过（{'、'.join(self.unknown)}），这个版本较旧；请用较新的版本。",
                f"A newer version has written this database ({', '.join(self.unknown)}); this one is older. Use the newer version.",
            ))
        if self.steps and not self.backup_is_recent:
            since = self.last_backup or "—"
            found.append((
                f"{RECENT_HOURS} 小时内没有备份（最近：{since}）。请先 xieli backup create，再用 --backups 指明目录。",
                f"There is no backup of the last {RECENT_HOURS} hours (latest: {since}). Run xieli backup create first, and name its folder with --backups.",
            ))
        if self.uncovered:
            found.append((f"备份会遗漏这些表：{'、'.join(self.uncovered)}", f"A backup would miss these tables: {', '.join(self.uncovered)}"))
        return found


def plan(db: Instance, backups: Path | None) -> Plan:
    """Look, change nothing. Errors: `Trouble` when the migrations cannot be read."""
    listed = prepare.django(db, ["migrate", "--plan", "--skip-checks"]).stdout
    found = Plan(steps=re.findall(r"(?m)^(\w+\.\d{4}\w*)$", listed), uncovered=backup.uncovered(db))
    found.unknown = unknown_migrations(db)
    latest = latest_backup(backups) if backups else None
    if latest is not None:
        found.last_backup = latest.isoformat(timespec="minutes")
        found.backup_is_recent = (datetime.now(UTC) - latest).total_seconds() < RECENT_HOURS * 3600
    return found


def unknown_migrations(db: Instance) -> list[str]:
    """Migrations that the database has and this version does not."""
    text = prepare.django(db, ["showmigrations", "--plan", "--skip-checks"]).stdout
    known = set(re.findall(r"\[.\]\s+(\w+\.\w+)", text))
    with psycopg.connect(db.role_dsn("owner")) as connection:
        if connection.execute("select to_regclass('public.django_migrations')").fetchone() == (None,):
            return []
        applied = {f"{app}.{name}" for app, name in connection.execute("select app, name from public.django_migrations").fetchall()}
    return sorted(applied - known)


def latest_backup(folder: Path) -> datetime | None:
    """When the newest whole backup (data and keys) in the folder was made, by its own header."""
    times = []
    for path in folder.glob("*.data"):
        try:
            header = container.read_header(path)
            other = container.read_header(path.with_suffix(".keys"))
        except (Trouble, FileNotFoundError):
            continue
        if header["made"] == other["made"]:
            times.append(datetime.fromisoformat(header["made"]))
    return max(times, default=None)
