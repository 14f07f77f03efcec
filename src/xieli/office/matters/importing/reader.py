"""The child process that opens a foreign workbook: no database, no installation, limited memory and processor time.

    python -I reader.py FILE            (CSV or any workbook that calamine reads)

Writes to standard output one line {"sheet": name, "rows": how many}, then the rows, PART of them a line: [[cell, …], …].
A cell is text, a number, a truth value or a day as "\\u0001YYYY-MM-DD". Formulas are never evaluated: what the writing
program last showed is read.
"""
from __future__ import annotations

import csv
import io
import json
import resource
import sys
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

MEMORY = 1 << 30
SECONDS = 120
UNPACKED = 600 << 20
RATIO = 400
COLUMNS = 300
ROWS = 1_000_000
PART = 200  # rows a line: one by one, what surrounds each costs more than its cells; workbook.PART says the same


class Unfit(Exception):
    """The file cannot be read; the code names the sentence that the parent shows."""


def plain(value: object) -> object:
    """A cell that JSON does not know."""
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return "\x01" + value.isoformat()
    if isinstance(value, time | timedelta):
        return str(value)
    raise TypeError(type(value).__name__)


def check_container(path: str) -> None:
    """Refuse a bomb or a broken archive before anything is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError):
        raise Unfit("broken") from None
    unpacked = sum(m.file_size for m in members)
    packed = sum(m.compress_size for m in members) or 1
    if unpacked > UNPACKED or (unpacked > 64 << 20 and unpacked / packed > RATIO) or len(members) > 5000:
        raise Unfit("bomb")
    names = {m.filename for m in members}
    if not names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}:
        raise Unfit("not_workbook")


def read_csv(data: bytes) -> list[list[object]]:
    """UTF-8 or GB 18030, comma or tab."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise Unfit("encoding")
    if "\0" in text:
        raise Unfit("not_workbook")
    csv.field_size_limit(1 << 20)
    tab = text[:4096].count("\t") > text[:4096].count(",")
    return [list(row) for row in csv.reader(io.StringIO(text), delimiter="\t" if tab else ",")]


def from_the_corner(found: Any) -> Iterator[list[object]]:
    """The rows of a sheet from A1 on, one at a time: calamine leaves out the unused columns at the left."""
    rows: Iterator[list[object]] = found.iter_rows()
    beside = [""] * (found.start[1] if found.start else 0)
    return ([*beside, *row] for row in rows) if beside else rows


def read(path: str, suffix: str, sheet: str | None) -> tuple[str, int, Iterable[list[object]]]:
    """Sheet name, how many rows, and the rows from A1 on. Raises Unfit."""
    with open(path, "rb") as file:
        start = file.read(8)
    if start.startswith(b"PK") or suffix in (".xlsx", ".xlsm", ".ods", ".xlsb"):
        check_container(path)
    elif not start.startswith(b"\xd0\xcf\x11\xe0"):
        if suffix not in (".csv", ".txt", ".tsv"):
            raise Unfit("not_workbook")
        with open(path, "rb") as file:
            rows = read_csv(file.read())
        if max(map(len, rows), default=0) > COLUMNS:
            raise Unfit("columns")
        return "", len(rows), rows
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(path)
        names = book.sheet_names
        if sheet is not None and sheet not in names:
            raise Unfit("no_sheet")
        for name in [sheet] if sheet else names:
            found = book.get_sheet_by_name(name)
            height, width = (found.end[0] + 1, found.end[1] + 1) if found.end else (0, 0)
            if width > COLUMNS:
                raise Unfit("columns")
            if height > ROWS:
                raise Unfit("rows")
            if height or sheet or name == names[-1]:
                return name, height, from_the_corner(found)
    except CalamineError:
        raise Unfit("broken") from None
    raise Unfit("empty")


def main() -> int:
    path, suffix, sheet = sys.argv[1], sys.argv[2], sys.argv[3] or None
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (UNPACKED, UNPACKED))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        name, count, found = read(path, suffix, sheet)
        # some rows a line: neither side ever holds the whole text
        out = sys.stdout
        out.write(json.dumps({"sheet": name, "rows": count}) + "\n")
        encode = json.JSONEncoder(ensure_ascii=False, default=plain, check_circular=False).encode
        rows = iter(found)
        while part := list(islice(rows, PART)):
            out.write(encode(part) + "\n")
    except Unfit as reason:
        print(reason, file=sys.stderr)
        return 2
    except MemoryError:
        print("memory", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.exit(main())
