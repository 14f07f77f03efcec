"""Into the raw table: every record as text with its row number, every unreadable line beside it with its reason."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from ..words import MatchError
from .attached import sqlite_records, unreadable
from .checks import literal, quoted
from .records import Bad, Good, cell_text, csv_records, jsonl_objects, read_header
from .schema import Column, Dataset
from .snapshot import Snapshot

BATCH = 50_000
# Columns our own error file adds; they are understood on the way back in and never taken for data.
OURS = ("_row", "_problems", "_raw")
Tick = Callable[[int], None]


def cleaned(header: str) -> str:
    """A header as it is compared: no spaces, brackets' width ignored, lower case."""
    return "".join(header.replace("（", "(").replace("）", ")").split()).lower()


def map_headers(dataset: Dataset, headers: Sequence[str]) -> dict[str, int]:
    """Column name -> position in the file. MatchError lists what is missing and what is unknown, side by side."""
    wanted = {cleaned(h): c.name for c in dataset.columns for h in c.headers}
    found: dict[str, int] = {}
    unknown = []
    for i, h in enumerate(headers):
        name = wanted.get(cleaned(h))
        if name is None:
            if h not in OURS:
                unknown.append(h)
        elif name in found:
            raise MatchError("double_column", f"表头中 {h} 出现两次", f"the header names {h} twice")
        else:
            found[name] = i
    lost = [c for c in dataset.columns if c.name not in found]
    if lost:
        zh = "、".join(c.title["zh"] for c in lost)
        en = ", ".join(c.title["en"] for c in lost)
        raise MatchError(
            "missing_columns",
            f"表头缺少：{zh}；文件中不认识的列：{'、'.join(unknown[:20]) or '无'}。可在数据集说明的 headers 中登记别名",
            f"the header lacks: {en}; columns not recognised: {', '.join(unknown[:20]) or 'none'}. Add other names under headers",
        )
    return found


@dataclass(frozen=True)
class Lazy:
    """A file that DuckDB reads as it is asked, to be believed only if `expected` rows came out; else `careful` fills `raw`.

    `offset` is the physical line of its first row, `blanks` the blanks besides the space that occur in it.
    """

    expected: int
    offset: int
    blanks: str
    careful: Callable[[], None]


def load_raw(con: duckdb.DuckDBPyConnection, dataset: Dataset, snapshot: Snapshot, sheet: str | None, tick: Tick) -> Lazy | None:
    """Create `raw(_row, columns…)` and `bad(_row, text, reason)` in `con` from a snapshot; Lazy where `raw` is a promise."""
    names = ", ".join(f"{quoted(c.name)} VARCHAR" for c in dataset.columns)
    con.execute("CREATE TABLE bad (_row BIGINT, text VARCHAR, reason VARCHAR)")
    if snapshot.form == "csv":
        return _load_csv(con, dataset, snapshot, names, tick)
    if snapshot.form == "parquet":
        _load_parquet(con, dataset, snapshot)
        return None
    con.execute(f"CREATE TABLE raw (_row BIGINT, {names})")
    if snapshot.form == "xlsx":
        insert(con, dataset.columns, _xlsx(dataset, snapshot.path, sheet), tick)
    elif snapshot.form == "jsonl":
        insert(con, dataset.columns, _jsonl(dataset, snapshot), tick)
    else:
        raise MatchError("form", f"这种文件（{snapshot.form}）不能直接作为表导入", f"a file of this form ({snapshot.form}) cannot be imported as a table")
    return None


def _load_csv(con: duckdb.DuckDBPyConnection, dataset: Dataset, snapshot: Snapshot, names: str, tick: Tick) -> Lazy | None:
    headers, delimiter, header_line = read_header(snapshot.path, snapshot.encoding)
    at = map_headers(dataset, headers)
    raw_at = headers.index("_raw") if "_raw" in headers else None
    order = [at[c.name] for c in dataset.columns]

    def careful() -> None:
        con.execute("DROP VIEW IF EXISTS raw")
        con.execute(f"CREATE TABLE raw (_row BIGINT, {names})")
        records = csv_records(snapshot.path, snapshot.encoding, delimiter, header_line, len(headers))
        insert(con, dataset.columns, (_pick(r, order, raw_at) for r in records), tick)

    if snapshot.clean_text and not any(h in OURS for h in headers):
        con.execute(f"CREATE TEMP VIEW raw AS {_fast_sql(dataset, snapshot, at, len(headers), delimiter, header_line)}")
        return Lazy(snapshot.lines - header_line, header_line + 1, snapshot.blanks, careful)
    careful()
    return None


def _pick(record: Good | Bad, order: list[int], raw_at: int | None) -> Good | Bad:
    if isinstance(record, Bad):
        return record
    if raw_at is not None and record.cells[raw_at] and not any(record.cells[i] for i in order):
        # a line of our error file that nobody mended stays what it was
        return Bad(record.row, unescaped(record.cells[raw_at] or ""), "ragged")
    cells = [record.cells[i] for i in order]
    return Good(record.row, [unescaped(c) if raw_at is not None and c else c for c in cells])


def unescaped(cell: str) -> str:
    """Undo the apostrophe that our exports put before a cell a spreadsheet would run."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'") else cell


def _fast_sql(dataset: Dataset, snapshot: Snapshot, at: dict[str, int], width: int, delimiter: str, header_line: int) -> str:
    """DuckDB's own reader, strict. It is believed only if every physical line comes out as exactly one row; ragged rows,
    unpaired quotes and cells over several lines go to the careful reader."""
    declared = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width))
    picked = ", ".join(f"c{at[c.name]} AS {quoted(c.name)}" for c in dataset.columns)
    quote = literal('"' if snapshot.quotes else "")
    return (
        f"SELECT CAST(0 AS UTINYINT) AS _row, {picked} FROM read_csv({literal(str(snapshot.path))}, auto_detect=false, header=false, skip={header_line},"
        f" delim={literal(delimiter)}, quote={quote}, escape={quote}, columns={{{declared}}}, strict_mode=true, null_padding=false)"
    )


def _load_parquet(con: duckdb.DuckDBPyConnection, dataset: Dataset, snapshot: Snapshot) -> None:
    path = literal(str(snapshot.path))
    try:
        headers = [r[0] for r in con.execute(f"DESCRIBE SELECT * FROM read_parquet({path})").fetchall()]
        at = map_headers(dataset, headers)
        picked = ", ".join(f"CAST({quoted(headers[at[c.name]])} AS VARCHAR) AS {quoted(c.name)}" for c in dataset.columns)
        con.execute(f"CREATE TEMP TABLE loaded AS SELECT {picked} FROM read_parquet({path})")
    except duckdb.Error as e:
        raise MatchError("parquet", f"Parquet 文件无法读取：{str(e).splitlines()[0]}", f"the Parquet file cannot be read: {str(e).splitlines()[0]}") from e
    con.execute("CREATE TEMP VIEW raw AS SELECT rowid + 1 AS _row, * FROM loaded")


def load_attached(con: duckdb.DuckDBPyConnection, dataset: Dataset, snapshot: Snapshot, table: str, tick: Tick) -> None:
    """Create `raw` from a table of another database's file: DuckDB's own or SQLite's (read-only)."""
    con.execute("CREATE TABLE bad (_row BIGINT, text VARCHAR, reason VARCHAR)")
    database = snapshot.path
    if snapshot.form == "sqlite":
        headers, records = sqlite_records(database, table)
        at = map_headers(dataset, headers)
        order = [at[c.name] for c in dataset.columns]
        con.execute(f"CREATE TABLE raw (_row BIGINT, {', '.join(f'{quoted(c.name)} VARCHAR' for c in dataset.columns)})")
        insert(con, dataset.columns, (Good(r.row, [r.cells[i] for i in order]) for r in records), tick)
        return
    try:
        con.execute(f"ATTACH {literal(str(database))} AS other (READ_ONLY)")
        source = "other." + ".".join(quoted(p) for p in table.split("."))
        headers = [r[0] for r in con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]
        at = map_headers(dataset, headers)
        picked = ", ".join(f"CAST({quoted(headers[at[c.name]])} AS VARCHAR) AS {quoted(c.name)}" for c in dataset.columns)
        con.execute(f"CREATE TEMP TABLE loaded AS SELECT {picked} FROM {source}")
        con.execute("DETACH other")
    except duckdb.Error as e:
        raise unreadable(table, str(e)) from e
    con.execute("CREATE TEMP VIEW raw AS SELECT rowid + 1 AS _row, * FROM loaded")


def _xlsx(dataset: Dataset, path: Path, sheet: str | None) -> Iterator[Good | Bad]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(str(path))
        if sheet is not None and sheet not in book.sheet_names:
            raise MatchError("no_sheet", f"没有名为 {sheet} 的工作表，现有：{'、'.join(book.sheet_names)}", f"no sheet {sheet}; there are: {', '.join(book.sheet_names)}")
        rows = book.get_sheet_by_name(sheet or book.sheet_names[0]).iter_rows()
        header = next(rows, None)
        at: dict[str, int] | None = None
        number = 1
        while header is not None and not any(cell_text(c) for c in header):
            header, number = next(rows, None), number + 1
        if header is None:
            raise MatchError("header", "工作表没有表头", "the sheet has no header")
        headers = [cell_text(c) or "" for c in header]
        at = map_headers(dataset, headers)
        raw_at = headers.index("_raw") if "_raw" in headers else None
        order = [at[c.name] for c in dataset.columns]
        for row in rows:
            number += 1
            cells = [cell_text(c) for c in row]
            if any(cells):
                cells += [None] * (len(headers) - len(cells))
                yield _pick(Good(number, cells), order, raw_at)
    except (CalamineError, ValueError, OSError, IndexError) as e:
        raise MatchError("xlsx", f"工作簿无法读取：{e}", f"the workbook cannot be read: {e}") from e


def _jsonl(dataset: Dataset, snapshot: Snapshot) -> Iterator[Good | Bad]:
    wanted = {cleaned(h): c.name for c in dataset.columns for h in c.headers}
    names = [c.name for c in dataset.columns]
    for item in jsonl_objects(snapshot.path, snapshot.encoding):
        if isinstance(item, Bad):
            yield item
            continue
        number, value = item
        found = {wanted[k]: v for key, v in value.items() if (k := cleaned(key)) in wanted}
        yield Good(number, [cell_text(found.get(n)) for n in names])


def encodable(text: str | None) -> str | None:
    """Text that UTF-8 can hold: a lone half of a surrogate pair becomes its escape."""
    return None if text is None else text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


def insert(con: duckdb.DuckDBPyConnection, columns: Sequence[Column], records: Iterable[Good | Bad], tick: Tick, table: str = "raw") -> None:
    """Insert records in batches; `tick` is told how many have been read."""
    good: list[Good] = []
    bad: list[Bad] = []
    seen = 0

    def flush() -> None:
        if good:
            data = {"_row": pa.array([g.row for g in good], pa.int64())}
            for i, c in enumerate(columns):
                data[c.name] = pa.array([encodable(g.cells[i]) for g in good], pa.string())
            con.register("batch", pa.table(data))
            con.execute(f"INSERT INTO {table} SELECT * FROM batch")
            con.unregister("batch")
            good.clear()
        if bad:
            con.register("batch", pa.table({
                "_row": pa.array([b.row for b in bad], pa.int64()),
                "text": pa.array([encodable(b.text) for b in bad], pa.string()),
                "reason": pa.array([b.reason for b in bad], pa.string()),
            }))
            con.execute("INSERT INTO bad SELECT * FROM batch")
            con.unregister("batch")
            bad.clear()
        tick(seen)

    for record in records:
        seen += 1
        if isinstance(record, Good):
            good.append(record)
        else:
            bad.append(record)
        if len(good) + len(bad) >= BATCH:
            flush()
    flush()
