"""Exports, witness files, daily pages and receipts out of the database.

They need a connection that may read every row: the backup role's. What it writes holds the content of acts: the folder is as closed as a backup.
"""
from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

import psycopg

from xieli.engines.ledger import export, page
from xieli.office.audit.sealer import read_signed
from xieli.server.words import Trouble

Connection = psycopg.Connection[Any]


def rows(connection: Connection) -> Iterator[bytes]:
    """The canonical bytes in row order; b"" where a leaf or its event is gone, so that the others keep their places."""
    at = 0
    with connection.cursor(name="ledger_rows") as cursor:
        cursor.itersize = 5000
        cursor.execute("select l.index, e.canon from audit.leaf l left join audit.event e on e.id = l.event order by l.index")
        for index, canon in cursor:
            while at < index:
                yield b""
                at += 1
            # a newline inside would shift every later row; canonical bytes have none, damaged ones may
            yield b"" if canon is None else bytes(canon).replace(b"\n", b"\\n")
            at += 1


def seal_lines(connection: Connection, first: int = 1, last: int | None = None, short: bool = False) -> Iterator[tuple[int, bytes]]:
    """(number, line) by number, as stored: a damaged seal is exported damaged, so that the verifier names it."""
    with connection.cursor(name="ledger_seals") as cursor:
        cursor.itersize = 500
        cursor.execute(
            "select number, canon, sig, leaves from audit.seal where number >= %s and number <= coalesce(%s, number) order by number", [first, last]
        )
        for number, canon, sig, leaves in cursor:
            beside = b"" if short else b'"leaves":"' + base64.b64encode(leaves) + b'",'
            yield number, b"{" + beside + b'"seal":' + bytes(canon).replace(b"\n", b"\\n") + b',"sig":"' + bytes(sig).hex().encode() + b'"}'


def personal(connection: Connection) -> Iterator[dict[str, Any]]:
    """The personal parts not erased, with their rows."""
    with connection.cursor(name="ledger_personal") as cursor:
        cursor.execute(
            "select l.index, p.part, p.salt, p.value from audit.personal p join audit.event e on e.uuid = p.event"
            " join audit.leaf l on l.event = e.id order by l.index, p.part"
        )
        for index, part, salt, value in cursor:
            yield {"index": index, "part": part, "salt": bytes(salt).hex(), "value": value}


def write_folder(connection: Connection, folder: Path, keys: list[bytes], *, with_personal: bool = False) -> dict[str, Any]:
    """Write an export as of one snapshot into a folder that must be new or empty. Returns the manifest. Raises Trouble."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise Trouble(f"{folder} 不是空目录，未写入。", f"{folder} is not empty; nothing was written.")

    def open_file(name: str) -> BinaryIO:
        return (folder / name).open("xb")

    with snapshot(connection):
        waiting = connection.execute("select count(*) from audit.event e where not exists (select 1 from audit.leaf l where l.event = e.id)").fetchone()
        assert waiting is not None
        return export.write(
            open_file, rows=rows(connection), seals=(line for _, line in seal_lines(connection)), keys=keys, personal=personal(connection) if with_personal else None,
            notes={"not_yet_sealed": waiting[0]},
        )


def snapshot(connection: Connection) -> Any:
    """One transaction in which everything is read as of the same moment."""
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    return connection.transaction()


def write_witness(connection: Connection, file: BinaryIO, first: int = 1, last: int | None = None, short: bool = False) -> tuple[int, int]:
    """Write the seals from `first` to `last` as a witness file (`short`: without leaf hashes; a row can then not be named, only a range); returns the numbers of the first and last one written (0, 0 if none)."""
    low = high = 0
    with snapshot(connection):
        for number, line in seal_lines(connection, first, last, short):
            file.write(line + b"\n")
            low, high = low or number, number
    return low, high


def daily_page(connection: Connection, site: str, day: date, zone: tzinfo = UTC, lang: str = "zh", plain: bool = False) -> str:
    """The page for one day of the zone, as HTML or (`plain`) text."""
    start = datetime(day.year, day.month, day.day, tzinfo=zone)
    end = start + timedelta(days=1)
    with snapshot(connection):
        found = [read_signed(c, s, None) for c, s in connection.execute(
            "select canon, sig from audit.seal where at >= %s and at < %s order by number", [start, end])]
        before = connection.execute("select coalesce(max(size), 0) from audit.seal where at < %s", [start]).fetchone()
    assert before is not None
    return (page.text if plain else page.page)(site, day, found, before[0], lang)


def receipt(connection: Connection, event: UUID) -> bytes:
    """The proof that one event is in the sealed ledger: its bytes, its path and the last seal. Raises Trouble when it is not sealed yet.

    Reads the hashes of all rows (about a second for a million).
    """
    with snapshot(connection):
        row = connection.execute("select e.canon, l.index from audit.event e join audit.leaf l on l.event = e.id where e.uuid = %s", [event]).fetchone()
        sealed = connection.execute("select canon, sig from audit.seal order by number desc limit 1").fetchone()
        if row is None or sealed is None:
            raise Trouble("没有这条记录，或尚未封存。", "There is no such event, or it is not sealed yet.")
        leaves = [bytes(r[0]) for r in connection.execute("select e.leaf from audit.leaf l join audit.event e on e.id = l.event order by l.index")]
    return export.receipt(bytes(row[0]), row[1], leaves, read_signed(sealed[0], sealed[1], None))
