"""`xieli restore`: from a data file and a key file to a running installation, and a plain statement of what is lost.

 1. Open both with enough custodians; read every byte of both before anything is written.
 2. Only into an empty installation. Roles, an empty database, structure before rows.
 3. Rows, the tables that are keys, then triggers, policies and constraints.
 4. Files and seals. The key's own memory of its last seal is never overwritten: it may know more than the backup.
 5. Count again; verify the whole ledger; compare with witness files; say what was lost.
"""
from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from psycopg import sql

from xieli.server import backup, container, prepare
from xieli.server.custodians import Custodian
from xieli.server.dsn import as_url
from xieli.server.postgres import Instance
from xieli.server.words import Say, Trouble, pick

Keys = Sequence[tuple[Custodian, X25519PrivateKey]]


@dataclass
class Report:
    """What was restored, what differs, what is lost."""

    made: str
    rows: int = 0
    files: int = 0
    differing: dict[str, tuple[int, int]] = field(default_factory=dict)  # table: (in the backup, restored)
    ledger: dict[str, Any] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)  # stored files that a row names and the backup does not hold
    lost: list[tuple[str, str]] = field(default_factory=list)  # (zh, en)

    @property
    def whole(self) -> bool:
        """Whether everything that the backup holds is there and verified."""
        return not self.differing and not self.missing and bool(self.ledger.get("ok", True))


def restore(db: Instance, data: Path, keys: Path, custodians: Keys, witnesses: Sequence[Path], say: Say) -> Report:
    """Restore into the empty installation `db`. Errors: `Trouble`; then the database is as empty as before."""
    say(pick("核对备份的每一个字节……", "Checking every byte of the backup …"))
    readers = open_both(data, keys, custodians)
    manifest = readers[0].check()
    readers[1].check()
    about = readers[0].header
    if about["prefix"] != db.prefix:
        raise Trouble(
            f"备份的角色前缀是 {about['prefix']}，这里是 {db.prefix}；请设 XIELI_PREFIX={about['prefix']} 后重试。没有写入。",
            f"The backup's roles are prefixed {about['prefix']}, here it is {db.prefix}; set XIELI_PREFIX={about['prefix']} and try again. Nothing was written.",
        )
    refuse_filled(db)
    with emptied_on_failure(db), unpacked(readers, db.home.path) as folder:
        say(pick("恢复数据库……", "Restoring the database …"))
        fill_database(db, folder)
        put_files(db, folder)
    say(pick("核对恢复结果……", "Verifying what was restored …"))
    report = Report(made=about["made"], files=int(manifest["files"]))
    compare_counts(db, manifest, report)
    report.missing = backup.files_without_bytes(db)
    if (manifest["seal"] or {}).get("number") or witnesses:  # before its first seal a ledger has nothing to verify
        verify_ledger(db, witnesses, report)
    tell_losses(manifest, report)
    prepare.bring_up_to_date(db, say)
    return report


def open_both(data: Path, keys: Path, custodians: Keys) -> tuple[container.Reader, container.Reader]:
    """Both files, of the right kinds and of one run."""
    found = []
    for path, kind in ((data, "data"), (keys, "keys")):
        header = container.read_header(path)
        if header.get("kind") != kind:
            raise Trouble(f"{path.name} 不是{'数据' if kind == 'data' else '密钥'}文件。", f"{path.name} is not the {kind} file.")
        found.append(container.Reader(path, custodians))
    if found[0].header["made"] != found[1].header["made"]:
        raise Trouble("数据文件与密钥文件不是同一次备份。没有写入。", "The data file and the key file are not of one backup. Nothing was written.")
    return found[0], found[1]


def refuse_filled(db: Instance) -> None:
    with psycopg.connect(db.admin_dsn) as connection:
        row = connection.execute("select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                                 " where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'").fetchone()
    if row != (0,):
        raise Trouble(
            "目标数据库不是空的，恢复不会覆盖任何内容。请用新的数据目录（XIELI_HOME）或空数据库（DATABASE_URL）。",
            "The target database is not empty, and a restore overwrites nothing. Use a new data folder (XIELI_HOME) or an empty database (DATABASE_URL).",
        )


@contextmanager
def emptied_on_failure(db: Instance) -> Iterator[None]:
    """A restore that fails half-way leaves no half database behind."""
    try:
        yield
    except BaseException:
        with psycopg.connect(db.maintenance_dsn, autocommit=True) as connection:
            connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(db.database)))
        db.ensure_roles_and_database()
        raise


@contextmanager
def unpacked(readers: Sequence[container.Reader], beside: Path) -> Iterator[Path]:
    """The members as files in a closed folder that is removed again."""
    folder = Path(tempfile.mkdtemp(prefix=".restore-", dir=beside))
    try:
        for reader in readers:
            for name, blocks in reader.members():
                target = folder / name
                if not target.resolve().is_relative_to(folder.resolve()):
                    raise container.damaged(reader.path, name)
                target.parent.mkdir(parents=True, exist_ok=True)
                with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    for block in blocks:
                        file.write(block)
        yield folder
    finally:
        shutil.rmtree(folder)


def fill_database(db: Instance, folder: Path) -> None:
    """Structure, rows, tables that are keys, and last what watches over them: triggers would otherwise act on the restored rows."""
    db.ensure_roles_and_database()
    run(db, "--section=pre-data", folder / "structure.dump")
    run(db, "--data-only", folder / "rows.dump")
    with psycopg.connect(db.admin_dsn) as connection:
        for path in sorted((folder / "tables").iterdir()):
            schema, _, name = path.name.partition(".")
            if connection.execute("select to_regclass(%s)", [path.name]).fetchone() == (None,):
                continue
            with connection.cursor().copy(sql.SQL("copy {} from stdin").format(sql.Identifier(schema, name))) as rows:
                rows.write(path.read_bytes())
    run(db, "--section=post-data", folder / "structure.dump")
    with psycopg.connect(db.admin_dsn, autocommit=True) as connection:
        connection.execute("analyze")


def run(db: Instance, what: str, archive: Path) -> None:
    done = subprocess.run(
        [backup.programs(db).program("pg_restore"), what, "--exit-on-error", "--single-transaction", f"--dbname={as_url(dbname=db.database)}", str(archive)],
        env=backup.libpq_environment(db.admin_dsn), capture_output=True, text=True, check=False,
    )
    if done.returncode != 0:
        said = done.stderr.strip()[:800]
        raise Trouble(f"数据库未能恢复，已退回空库。说明：\n{said}", f"The database could not be restored and is empty again. The reason:\n{said}")


def put_files(db: Instance, folder: Path) -> None:
    """Files, seals and keys to their places; one that is there already is kept when it is the same, else reported."""
    for name, target in (("files", db.home.files), ("seals", db.home.seals)):
        source = folder / name
        for path in sorted(p for p in source.rglob("*") if p.is_file()) if source.is_dir() else []:
            place = target / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            if place.exists() and place.read_bytes() != path.read_bytes():
                raise Trouble(
                    f"{place} 已存在而内容不同；没有覆盖，数据库已退回空库。请换一个空的数据目录。",
                    f"{place} is there already with other content; it was not overwritten and the database is empty again. Use an empty data folder.",
                )
            shutil.move(path, place)
    for name in ("cookie.key", "door.key"):
        if (folder / "secrets" / name).is_file():
            db.home.secret(name)
            shutil.move(folder / "secrets" / name, db.home.path / "secrets" / name)


def compare_counts(db: Instance, manifest: dict[str, Any], report: Report) -> None:
    with psycopg.connect(db.role_dsn("backup")) as connection:
        found = backup.counts(connection)
    wanted: dict[str, int] = manifest["rows"]
    report.rows = sum(found.values())
    report.differing = {t: (wanted.get(t, 0), found.get(t, 0)) for t in sorted({*wanted, *found}) if wanted.get(t, 0) != found.get(t, 0)}


def verify_ledger(db: Instance, witnesses: Sequence[Path], report: Report) -> None:
    """Export the restored ledger and verify it, with the witnesses' files: a log that shrank is found here (T15)."""
    public = db.home.seals / "seal.pub"
    if not public.is_file():
        return
    from xieli.engines.ledger.verify import read_keys, verify
    from xieli.office.audit.export import write_folder

    with tempfile.TemporaryDirectory(prefix=".verify-", dir=db.home.path) as work:
        export = Path(work) / "export"
        known = read_keys(public.read_text())
        with psycopg.connect(db.role_dsn("backup")) as connection:
            write_folder(connection, export, list(known.values()))
        report.ledger = verify(export, known, witnesses).as_dict()


def tell_losses(manifest: dict[str, Any], report: Report) -> None:
    """What a restore cannot bring back, in words."""
    made = datetime.fromisoformat(report.made)
    hours = (datetime.now(UTC) - made).total_seconds() / 3600
    report.lost.append((
        f"{report.made} 之后（距今 {hours:.1f} 小时）的一切操作：须按纸质记录和对方回执补录，并标明补录时间。",
        f"everything done after {report.made} ({hours:.1f} hours ago): enter it again from papers and others' receipts, marked with the time of entry",
    ))
    report.lost.append(("所有登录会话：每个人须重新登录。", "all sessions: everyone signs in again"))
    for name in report.missing:
        report.lost.append((f"材料 {name}：记录仍在，内容不在备份中。请从原件或移送方重新取得。", f"the file {name}: its record is there, its content is not in the backup. Get it again from the original or from who sent it"))
    missing = report.ledger.get("missing")
    if missing:
        first, last = missing
        report.lost.append((
            f"见证文件证明曾有而这份备份没有的 {last - first + 1} 条已封存记录（第 {first} 至 {last} 行）。",
            f"{last - first + 1} sealed acts that a witness proves and this backup does not hold (rows {first} to {last})",
        ))
    unsealed = (manifest.get("seal") or {}).get("unsealed", 0)
    if unsealed:
        report.lost.append((
            f"备份时有 {unsealed} 条记录尚未封存：记录仍在，但恢复后才封存。",
            f"{unsealed} acts were not yet sealed when the backup was made: they are kept, but sealed only after the restore",
        ))
