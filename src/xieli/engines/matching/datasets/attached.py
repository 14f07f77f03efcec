"""Tables of other databases: a DuckDB file, an SQLite file, or a database by its address ("postgresql://…", "mysql:…", "duckdb:…").

A server has an address, not a file, and the process that imports has no network: its table is fetched first, as text, into a
Parquet file of the import's own folder, and that file is what is hashed, checked and counted. An address may hold a password: it
is neither kept nor repeated in a message. Who calls may hand in a reader for a kind of database (this library knows none); for
any other kind DuckDB attaches it, with an extension that must lie on this machine: nothing is downloaded.
"""
from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import duckdb

from ..words import MatchError
from .checks import literal, quoted
from .records import Good, cell_text

# Writes a table (None: none was named) of the database at an address to a Parquet file of texts, at most so many rows; is told how far it is.
Reader = Callable[[str, str | None, Path, int | None, Callable[[int], None]], None]
Readers = Mapping[str, Reader]
_ADDRESS = re.compile(r"[a-z][a-z0-9+_]+:(?!\\)")


def is_address(source: str | Path) -> bool:
    """Whether this names a database by its kind and address rather than a file."""
    return isinstance(source, str) and bool(_ADDRESS.match(source)) and not Path(source).exists()


def fetch(address: str, table: str | None, target: Path, most: int | None = None, readers: Readers | None = None, tick: Callable[[int], None] = lambda n: None) -> Path:
    """Write a table of the database at `address` to `target` as texts. MatchError with the database's own reason."""
    if table is None:
        raise no_table()
    kind = address.split(":", 1)[0]
    if readers and kind in readers:
        readers[kind](address, table, target, most, tick)
        return target
    con = duckdb.connect()
    try:
        con.execute("SET autoinstall_known_extensions=false; SET allow_community_extensions=false; SET memory_limit='2GB'")
        con.execute(f"ATTACH {literal(address)} AS other (READ_ONLY)")
        source = "other." + ".".join(quoted(p) for p in table.split("."))
        limit = "" if most is None else f" LIMIT {int(most)}"
        con.execute(f"COPY (SELECT CAST(COLUMNS(*) AS VARCHAR) FROM {source}{limit}) TO {literal(str(target))} (FORMAT parquet)")
    except duckdb.Error as e:
        if "extension" in str(e).lower() and kind not in ("duckdb", "sqlite"):
            raise no_extension(kind) from e
        raise unreadable(table, str(e).replace(address, "…")) from e
    finally:
        con.close()
    return target


def sqlite_rows(path: Path, table: str | None) -> Iterator[list[str | None]]:
    """The header and then the rows of a table of an SQLite file; it is opened unchanging, and its own code is not trusted."""
    if table is None:
        raise no_table()
    con = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        con.execute("PRAGMA trusted_schema=OFF")
        con.execute("PRAGMA cell_size_check=ON")
        con.text_factory = lambda raw: raw.decode("utf-8", "backslashreplace")
        cursor = con.execute(f"SELECT * FROM {quoted(table)}")
        yield [d[0] for d in cursor.description]
        for row in cursor:
            yield [v.hex() if isinstance(v, bytes) else cell_text(v) for v in row]
    except (sqlite3.Error, UnicodeError) as e:
        raise unreadable(table, str(e)) from e
    finally:
        con.close()


def sqlite_records(path: Path, table: str | None) -> tuple[list[str], Iterator[Good]]:
    """Headers and records of a table of an SQLite file, numbered from 1."""
    rows = sqlite_rows(path, table)
    headers = [h or "" for h in next(rows)]
    return headers, (Good(n, row) for n, row in enumerate(rows, 1))


def no_table() -> MatchError:
    return MatchError("table", "这是数据库，请用 --table 指明表名", "this is a database; name the table with --table")


def no_extension(kind: str) -> MatchError:
    """DuckDB cannot attach this kind here; its own words name folders of this machine and an address to download from."""
    at = f"DuckDB {duckdb.__version__}"
    return MatchError(
        "extension",
        f"读取 {kind} 数据库需要 {at} 的同版本扩展，本机没有；程序不联网下载。由管理员从可信介质放入扩展目录，或请主管单位导出 CSV、Parquet 后导入",
        f"to read a {kind} database {at} needs its extension of the same version, which is not on this machine; nothing is downloaded."
        " Let an administrator put it into the extension folder from a trusted medium, or ask the owner for a CSV or Parquet export",
    )  # fmt: skip


def unreadable(table: str, reason: str) -> MatchError:
    """The database's own first line, without a password."""
    told = re.sub(r"(?i)(password|passwd|pwd)\s*=\s*\S+|//[^@/\s]+@", "…", reason.splitlines()[0] if reason else "")
    return MatchError("attach", f"无法读取数据库表 {table}：{told}", f"table {table} cannot be read: {told}")
