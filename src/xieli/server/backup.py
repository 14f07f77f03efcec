"""`xieli backup`: database, files and seals in one encrypted file; keys in another, kept elsewhere.

 1. Check that the backup role may read every table (or that the table is named here with the reason why not).
 2. In one snapshot: count rows, note the last seal, dump the data as the backup role, through its policies.
 3. Dump the structure as the owner.
 4. Copy files and seals. They are only ever added, so what the snapshot names is there.
 5. Write keys to a container of their own. Read both back and check every byte.

Anyone can take a backup; nobody here can read it. What a stolen one shows: its time, its size, its custodians' names.
"""
from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from xieli.server import container, pgbinaries
from xieli.server.custodians import Custodian
from xieli.server.postgres import Instance
from xieli.server.words import Say, Trouble, pick

# Tables whose rows are no part of the data file, and why.
KEY_TABLES = ("access.secret",)  # it makes digests comparable and bindings believable: travels with the keys
LEFT_OUT = {
    "access.session": "a restore ends every session",
    "access.rehearsal": "stands while the installer plays a story, and never longer",
    "public.procrastinate_workers": "names running processes",
    "public.register_export_sheet": "sheets that are deleted within a day; no backup may outlive that",
}
# Files of seals/ that are keys or a key's own memory; the memory must not go back in time with the data.
KEY_FILES = ("seal.key",)
NOT_COPIED = ("sealer.state", "ALARM")

UNCOVERED = """
    select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'm') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
      and not (has_schema_privilege(%(role)s, n.oid, 'usage') and has_table_privilege(%(role)s, c.oid, 'select')
               and (not c.relrowsecurity or exists (
                   select 1 from pg_policy p where p.polrelid = c.oid and p.polpermissive and p.polcmd in ('r', '*')
                     and (p.polroles = '{0}' or p.polroles @> array[(select oid from pg_roles where rolname = %(role)s)])
                     and pg_get_expr(p.polqual, p.polrelid) = 'true')))
    order by 1
"""
TABLES = """
    select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 1, 2
"""


@dataclass(frozen=True)
class Made:
    """What a backup run produced."""

    data: Path
    keys: Path
    rows: int
    files: int
    seal: dict[str, Any] | None


def uncovered(db: Instance) -> list[str]:
    """Tables that a backup would miss in silence: readable in full neither by the backup role nor named above."""
    known = {*KEY_TABLES, *LEFT_OUT}
    with psycopg.connect(db.admin_dsn) as connection:
        return [name for (name,) in connection.execute(UNCOVERED, {"role": db.role("backup")}) if name not in known]


def create(db: Instance, folder: Path, custodians: Sequence[Custodian], threshold: int, say: Say) -> Made:
    """Write `xieli-TIME.data` and `xieli-TIME.keys` into `folder`. Errors: `Trouble`; a failed run leaves no file."""
    missed = uncovered(db)
    if missed:
        raise Trouble(
            f"备份会遗漏这些表，因此没有进行：{'、'.join(missed)}。请升级到修正此问题的版本。",
            f"The backup would miss these tables and was not made: {', '.join(missed)}. Upgrade to a version that mends this.",
        )
    now = datetime.now(UTC)
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    about = {"made": now.isoformat(timespec="seconds"), "version": version("xieli"), "prefix": db.prefix}
    folder.mkdir(parents=True, exist_ok=True)
    data = container.Writer(folder / f"xieli-{stamp}.data", "data", about, custodians, threshold)
    keys = container.Writer(folder / f"xieli-{stamp}.keys", "keys", about, custodians, threshold)
    try:
        write_data(db, data, say)
        write_keys(db, keys)
        for writer in (data, keys):
            writer.close()
    except BaseException:
        data.abandon()
        keys.abandon()
        raise
    say(pick("读回核对……", "Reading it back …"))
    for writer in (data, keys):
        container.Reader(writer.path, key=writer.key).check()
    return Made(data.path, keys.path, sum(data.manifest["rows"].values()), data.manifest["files"], data.manifest["seal"])


def write_data(db: Instance, writer: container.Writer, say: Say) -> None:
    """Structure, rows, files, public seals; counts and the last seal go to the manifest."""
    say(pick("备份数据库……", "Backing up the database …"))
    writer.add("structure.dump", program(db, "pg_dump", db.role_dsn("owner"), "--format=custom", "--schema-only", "--no-sync"))
    with psycopg.connect(db.role_dsn("backup")) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        row = connection.execute("select pg_export_snapshot()").fetchone()
        assert row is not None
        skipped = [f"--exclude-table={name}" for name in (*KEY_TABLES, *LEFT_OUT)]
        writer.add("rows.dump", program(
            db, "pg_dump", db.role_dsn("backup"), "--format=custom", "--data-only", "--enable-row-security", "--no-sync", f"--snapshot={row[0]}", *skipped
        ))
        writer.manifest["rows"] = counts(connection)
        writer.manifest["seal"] = last_seal(connection)
    writer.manifest["files"] = 0
    say(pick("备份文件与封存……", "Backing up files and seals …"))
    for name in files_without_bytes(db):
        say(pick(f"! 材料缺失，无法备份：{name}", f"! A stored file is missing and cannot be backed up: {name}"))
    for folder, skip in ((db.home.files, ()), (db.home.seals, (*KEY_FILES, *NOT_COPIED))):
        for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".") and p.name not in skip):
            writer.add(f"{folder.name}/{path.relative_to(folder).as_posix()}", blocks_of(path))
            writer.manifest["files"] += 1


def files_without_bytes(db: Instance) -> list[str]:
    """Stored files whose row is there and whose bytes are not in this installation's folder, as `id name`."""
    with psycopg.connect(db.role_dsn("backup")) as connection:
        if connection.execute("select to_regclass('public.stored_file')").fetchone() == (None,):
            return []
        rows = connection.execute("select id, name, encode(digest, 'hex') from stored_file order by id").fetchall()
    return [f"{number} {name}" for number, name, address in rows if not (db.home.files / address[:2] / address).is_file()]


def write_keys(db: Instance, writer: container.Writer) -> None:
    """What makes the data usable and seals believable, apart from the data. Passwords of roles are made anew by a restore."""
    for name in KEY_TABLES:
        writer.add(f"tables/{name}", copy_out(db, name))
    for name in KEY_FILES:
        path = db.home.seals / name
        if path.is_file():
            writer.add(f"seals/{name}", blocks_of(path))
    # without the door's key nobody's authenticator fits after a restore
    for name in ("cookie.key", "door.key"):
        writer.add(f"secrets/{name}", [db.home.secret(name).encode()])


def counts(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """Rows of every table that is part of the data, as the backup role sees them in this snapshot."""
    found = {}
    skipped = {*KEY_TABLES, *LEFT_OUT}
    for schema, table in connection.execute(TABLES).fetchall():
        if f"{schema}.{table}" not in skipped:
            row = connection.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(schema, table))).fetchone()
            assert row is not None
            found[f"{schema}.{table}"] = int(row[0])
    return found


def last_seal(connection: psycopg.Connection[Any]) -> dict[str, Any] | None:
    """Number, size and time of the last seal, and acts not yet sealed; None in an installation without a ledger."""
    if connection.execute("select to_regclass('audit.seal')").fetchone() == (None,):
        return None
    row = connection.execute("select number, size, at from audit.seal order by number desc limit 1").fetchone()
    waiting = connection.execute("select count(*) from audit.event e where not exists (select 1 from audit.leaf l where l.event = e.id)").fetchone()
    assert waiting is not None
    number, size, at = row or (0, 0, None)
    return {"number": number, "size": size, "at": at.isoformat() if at else None, "unsealed": waiting[0]}


def copy_out(db: Instance, table: str) -> Iterator[bytes]:
    """A table's rows in COPY's text form, read as the owner; nothing when the table does not exist."""
    schema, _, name = table.partition(".")
    with psycopg.connect(db.role_dsn("owner")) as connection:
        if connection.execute("select to_regclass(%s)", [table]).fetchone() == (None,):
            return
        with connection.cursor().copy(sql.SQL("copy {} to stdout").format(sql.Identifier(schema, name))) as rows:
            for block in rows:
                yield bytes(block)


def blocks_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(container.BLOCK):
            yield block


def libpq_environment(dsn: str) -> dict[str, str]:
    """A connection string as libpq's variables: a password on a command line could be read by every account."""
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE",
             "options": "PGOPTIONS", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"}
    parts = {k: str(v) for k, v in conninfo_to_dict(dsn).items() if v is not None}
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "XIELI_DB_", "DATABASE_URL"))}
    return {**kept, **{names[k]: v for k, v in parts.items() if k in names}}


def programs(db: Instance) -> pgbinaries.Binaries:
    return pgbinaries.find(db.server.folder if db.server else db.home.path, pgbinaries.ourselves())


def program(db: Instance, name: str, dsn: str, *arguments: str) -> Iterator[bytes]:
    """What a PostgreSQL program writes, as blocks. Error: `Trouble` with its own words when it fails."""
    with tempfile.TemporaryFile() as words:
        process = subprocess.Popen(
            [programs(db).program(name), *arguments], env=libpq_environment(dsn), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=words
        )
        assert process.stdout is not None
        while block := process.stdout.read(container.BLOCK):
            yield block
        if process.wait() != 0:
            words.seek(0)
            said = words.read().decode("utf-8", "replace").strip()[-800:]  # the reason stands last, behind its warnings
            raise Trouble(f"{name} 未能完成；没有留下备份。它的说明：\n{said}", f"{name} failed and no backup was left. It said:\n{said}")
