"""Checked import, in a child process: snapshot, read, check, grade, write, and only then publish.

    received = accepted + quarantined

holds for every import or nothing is published. The version of an import is the digest of the source bytes and the
description, so importing the same twice repeats nothing.
"""
from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from xieli.engines.identifiers import check, company_key, graded_sql, name_key
from xieli.engines.identifiers.names import needs_folding_pattern

from .. import jail
from ..child import run_child
from ..words import MatchError
from ..workspace import STAGING, Workspace, digest, read_json, read_yaml, write_json
from .attached import Readers, fetch, is_address, no_table
from .checks import is_typed, literal, problem_sql, problems_list_sql, quoted, staged_sql
from .load import Lazy, load_attached, load_raw
from .public_forms import FORMS, load_public
from .schema import GRADED, NAMES, Column, Dataset, load_dataset, parse_dataset
from .snapshot import BLANKS, disk_full, take_snapshot

Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class Limits:
    """Of the child process: DuckDB's memory in MB, all its address space, CPU seconds, wall seconds, file size."""

    memory_mb: int = 2048
    address_mb: int = 8192
    cpu_seconds: int = 3600
    wall_seconds: int = 3600
    file_gb: int = 100


@dataclass(frozen=True)
class Imported:
    """What an import did. `again` is true when the very same bytes had been imported before."""

    dataset: str
    version: str
    received: int
    accepted: int
    quarantined: int
    manifest: dict[str, Any]
    again: bool = False


def import_dataset(
    workspace: Workspace,
    source: Path | str,
    description: Path | None,
    *,
    now: datetime,
    by: str,
    kind: str = "table",
    name: str | None = None,
    sheet: str | None = None,
    table: str | None = None,
    mends: str | None = None,
    limits: Limits = Limits(),
    progress: Progress = lambda stage, n: None,
    here: bool = False,
    readers: Readers | None = None,
) -> list[Imported]:
    """Import a file into the catalogue and return one result per data set it gave.

    `kind` table needs a `description`; ocds and bods bring their own under `name`. `table` names a table of a
    database; `source` may then be its address ("postgresql://…") instead of a file, and `readers` what reads such a database.
    `mends` is the version whose quarantined rows this file brings back corrected.
    `here` reads it in this process, without the child and its limits: only for files that the platform made itself.
    Errors: MatchError, with nothing published.
    """
    with workspace.lock():
        workspace.sweep_staging()
        staging = workspace.catalogue / f"{STAGING}{os.getpid()}-{now:%H%M%S%f}"
        staging.mkdir()
        try:
            if kind == "table":
                if description is None:
                    raise MatchError("no_description", "缺少数据集说明，请先运行 xieli match describe", "no description; run xieli match describe first")
                raw = read_yaml(description)
                load_dataset(description)
                write_json(staging / "dataset.json", raw)
            elif kind not in FORMS:
                raise MatchError("kind", f"不认识的种类 {kind}", f"unknown kind {kind}")
            if is_address(source):
                source, table = fetch(str(source), table, staging / "fetched.parquet", None, readers, lambda n: progress("fetch", n)), None
            plan = {
                "task": "import", "source": str(Path(source).resolve()), "staging": str(staging.resolve()), "kind": kind, "name": name,
                "sheet": sheet, "table": table, "today": now.date().isoformat(), "limits": vars(limits),
            }  # fmt: skip
            if here:
                read_and_check(plan, progress)
            else:
                run_child(plan, staging, limits.wall_seconds, progress)
            results = [_publish(workspace, part, mends, now, by) for part in sorted(p for p in staging.iterdir() if p.is_dir())]
        except OSError as e:
            raise disk_full(e) or e from e
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    return results


def _publish(workspace: Workspace, part: Path, mends: str | None, now: datetime, by: str) -> Imported:
    manifest = read_json(part / "manifest.json")
    home = workspace.catalogue / manifest["dataset"]
    home.mkdir(exist_ok=True)
    if mends is not None:
        _mend(home, part, manifest, mends)
    target = home / manifest["version"]
    again = target.exists()
    if not again:
        manifest["imported_at"], manifest["imported_by"] = now.isoformat(), by
        write_json(part / "manifest.json", manifest)
        os.rename(part, target)
        _fsync_directory(home)
        write_json(home / "dataset.json", manifest["description"])
        workspace.record(now, by, "imported", {k: manifest[k] for k in ("dataset", "version", "source_sha256", "received", "accepted", "quarantined")})
    write_json(home / "current.json", {"version": manifest["version"]})
    return Imported(manifest["dataset"], manifest["version"], manifest["received"], manifest["accepted"], manifest["quarantined"], manifest, again)


def _mend(home: Path, part: Path, manifest: dict[str, Any], mends: str) -> None:
    """Join the accepted rows of the mended version to the rows that came back; the counts still add up."""
    before = home / mends
    if not before.is_dir():
        raise MatchError("no_version", f"没有版本 {mends}", f"there is no version {mends}")
    old = read_json(before / "manifest.json")
    if manifest["received"] != old["quarantined"]:
        raise MatchError(
            "mend_count",
            f"待更正 {old['quarantined']} 行，交回 {manifest['received']} 行，数目不符",
            f"{old['quarantined']} rows were out for correction and {manifest['received']} came back; the counts differ",
        )
    con = duckdb.connect()
    joined = part / "joined.parquet"
    con.execute(
        f"COPY (SELECT * FROM read_parquet({literal(str(before / 'accepted.parquet'))}) UNION ALL BY NAME"
        f" SELECT * REPLACE (_row + {int(old['highest_row'])} AS _row) FROM read_parquet({literal(str(part / 'accepted.parquet'))}))"
        f" TO {literal(str(joined))} (FORMAT parquet)"
    )
    con.close()
    os.replace(joined, part / "accepted.parquet")
    manifest["version"] = digest([mends, manifest["version"]])[:16]
    manifest["mends"] = mends
    manifest["received"] = old["received"]
    manifest["accepted"] = old["accepted"] + manifest["accepted"]
    manifest["highest_row"] += old["highest_row"]


def _fsync_directory(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


# In the child process from here on.


def import_task(plan: dict[str, Any], tell: Progress) -> None:
    """The child's side: read `plan`, leave one folder per data set in the staging folder."""
    limits = plan["limits"]
    jail.enter(limits["address_mb"] << 20, limits["cpu_seconds"], limits["file_gb"] << 30)
    read_and_check(plan, tell)


def read_and_check(plan: dict[str, Any], tell: Progress) -> None:
    """The work of `import_task`, in whatever process it runs."""
    limits, staging = plan["limits"], Path(plan["staging"])
    source, today = Path(plan["source"]), date.fromisoformat(plan["today"])
    tell("snapshot", 0)
    snapshot = take_snapshot(source, staging / "source")
    if plan["kind"] == "table":
        dataset = parse_dataset(read_json(staging / "dataset.json"), "dataset")
        con = _connect(staging, limits["memory_mb"])
        tell("read", 0)
        lazy = None
        if snapshot.form in ("duckdb", "sqlite") and plan["table"] is None:
            raise no_table()
        if plan["table"] is not None:
            load_attached(con, dataset, snapshot, plan["table"], lambda n: tell("read", n))
        else:
            lazy = load_raw(con, dataset, snapshot, plan["sheet"], lambda n: tell("read", n))
        check_and_write(con, dataset, staging, snapshot.sha256, today, tell, lazy)
        con.close()
    else:
        for dataset, fill in load_public(plan["kind"], plan["name"] or plan["kind"], snapshot, today):
            con = _connect(staging, limits["memory_mb"])
            tell("read", 0)
            fill(con)
            check_and_write(con, dataset, staging, snapshot.sha256, today, tell)
            con.close()
            (staging / "work.duckdb").unlink()
    (staging / "source").unlink()
    (staging / "fetched.parquet").unlink(missing_ok=True)
    (staging / "work.duckdb").unlink(missing_ok=True)


def _connect(staging: Path, memory_mb: int) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(str(staging / "work.duckdb"))
    con.execute(f"SET memory_limit='{memory_mb}MB'; SET temp_directory={literal(str(staging / 'spill'))}")
    con.execute("SET autoinstall_known_extensions=false; SET autoload_known_extensions=false")
    return con


def check_and_write(con: duckdb.DuckDBPyConnection, dataset: Dataset, staging: Path, sha256: str, today: date, tell: Progress, lazy: Lazy | None = None) -> dict[str, Any]:
    """From `raw` and `bad` to accepted.parquet, quarantined.parquet and manifest.json in a folder of their own."""
    out = staging / dataset.name
    out.mkdir()
    tell("check", 0)
    _check(con, dataset, today, lazy)
    received = _one(con, "SELECT (SELECT count(*) FROM checked) + (SELECT count(*) FROM bad)")
    highest = _one(con, "SELECT greatest(coalesce((SELECT max(_row) FROM checked), 0), coalesce((SELECT max(_row) FROM bad), 0))")
    texts = ", ".join(quoted(c.name) for c in dataset.columns)
    con.execute(
        f"CREATE TEMP TABLE waiting AS SELECT _row, {problems_list_sql(dataset)} AS _problems, CAST(NULL AS VARCHAR) AS _raw, {texts} FROM checked WHERE {BAD}"
    )
    con.execute("INSERT INTO waiting BY NAME SELECT _row, [':' || reason] AS _problems, text AS _raw FROM bad")
    tell("grade", 0)
    accepted = _accepted_sql(con, dataset, today)
    tell("write", 0)
    con.execute(f"COPY ({accepted}) TO {literal(str(out / 'accepted.parquet'))} (FORMAT parquet)")
    con.execute(f"COPY (SELECT * FROM waiting ORDER BY _row) TO {literal(str(out / 'quarantined.parquet'))} (FORMAT parquet)")
    manifest = _manifest(con, dataset, out, sha256, received, highest)
    write_json(out / "manifest.json", manifest)
    return manifest


def _check(con: duckdb.DuckDBPyConnection, dataset: Dataset, today: date, lazy: Lazy | None) -> None:
    """Ask every row everything once, into one table `checked`; measured, asking again for each use cost twice as much."""
    if lazy is not None:
        try:
            con.execute(f"CREATE TEMP TABLE checked_rows AS {_checked_sql(dataset, today, lazy.blanks)}")
            rows = _one(con, "SELECT count(*) FROM checked_rows")
        except duckdb.InvalidInputException:
            rows = -1  # DuckDB's reader gave up on some line; the careful reader says which
        if rows == lazy.expected:
            con.execute(f"CREATE TEMP VIEW checked AS SELECT rowid + {lazy.offset} AS _row, * EXCLUDE (_row) FROM checked_rows")
            return
        con.execute("DROP TABLE IF EXISTS checked_rows")
        lazy.careful()
    con.execute(f"CREATE TEMP TABLE checked AS {_checked_sql(dataset, today)}")


BAD = '"\u00a7bad"'


def _keyed(dataset: Dataset) -> list[Column]:
    """The columns that get a key to match on beside the original."""
    return [c for c in dataset.columns if c.semantic in GRADED or c.semantic in NAMES]


def _checked_sql(dataset: Dataset, today: date, blanks: str = BLANKS) -> str:
    """Texts, typed values, grades (NULL: ask the single check), names to fold, and whether the row has a problem."""
    graded = [(c.semantic, quoted(c.name), quoted(c.name + "__g")) for c in dataset.columns if c.semantic in GRADED]
    staged = f"({staged_sql(dataset, 'raw', blanks)})"
    relation = f"({graded_sql(staged, graded, today)})" if graded else staged
    pattern = literal(needs_folding_pattern())
    folds = "".join(f", CASE WHEN regexp_matches({quoted(c.name)}, {pattern}) THEN NULL ELSE CAST(0 AS TINYINT) END AS {quoted(c.name + '__g')}" for c in dataset.columns if c.semantic in NAMES)
    return f"SELECT *{folds}, {problem_sql(dataset)} AS {BAD} FROM {relation}"


def _accepted_sql(con: duckdb.DuckDBPyConnection, dataset: Dataset, today: date) -> str:
    joins, outs = [], ["t._row"]
    for c in dataset.columns:
        t = f"t.{quoted(c.name)}"
        outs.append(f"t.{quoted(c.name + '__v')} AS {quoted(c.name)}" if is_typed(c) else t)
    for c in _keyed(dataset):
        t, g, odd = f"t.{quoted(c.name)}", f"t.{quoted(c.name + '__g')}", quoted(f"odd_{c.name}")
        if _ask(con, c, odd, today):
            joins.append(f"LEFT JOIN {odd} ON {g} IS NULL AND {t} = {odd}.v")
            key, grade = f"nullif({odd}.k, {t})", f"coalesce({g}, {odd}.g)"
        else:
            key, grade = "CAST(NULL AS VARCHAR)", g
        outs.append(f"{key} AS {quoted(c.name + '__key')}")
        if c.semantic in GRADED:
            outs.append(f"CAST({grade} AS TINYINT) AS {quoted(c.name + '__grade')}")
    return f"SELECT {', '.join(outs)} FROM checked t {' '.join(joins)} WHERE NOT t.{BAD}"


def _ask(con: duckdb.DuckDBPyConnection, column: Column, odd: str, today: date) -> bool:
    """Ask the single check (or the name fold) about the distinct values that SQL left open; False when there are none."""
    c, semantic = quoted(column.name), column.semantic
    con.execute(f"CREATE TEMP TABLE {odd} (v VARCHAR, k VARCHAR, g TINYINT)")
    con.execute(f"CREATE OR REPLACE TEMP TABLE asked AS SELECT DISTINCT {c} AS v FROM checked WHERE {quoted(column.name + '__g')} IS NULL AND {c} IS NOT NULL AND NOT {BAD}")
    total = _one(con, "SELECT count(*) FROM asked")
    for start in range(0, total, 50_000):
        values = [r[0] for r in con.execute(f"SELECT v FROM asked WHERE rowid >= {start} AND rowid < {start + 50_000}").fetchall()]
        if semantic in GRADED:
            told = [check(semantic, v, today) for v in values]
            keys, grades = [t.key for t in told], [int(t.grade) for t in told]
        else:
            fold = name_key if semantic == "person_name" else company_key
            keys, grades = [fold(v) for v in values], [0] * len(values)
        con.register("told", pa.table({"v": pa.array(values, pa.string()), "k": pa.array(keys, pa.string()), "g": pa.array(grades, pa.int8())}))
        con.execute(f"INSERT INTO {odd} SELECT * FROM told")
        con.unregister("told")
    return total > 0


def _manifest(con: duckdb.DuckDBPyConnection, dataset: Dataset, out: Path, sha256: str, received: int, highest: int) -> dict[str, Any]:
    path = literal(str(out / "accepted.parquet"))
    accepted = _one(con, f"SELECT count(*) FROM read_parquet({path})")
    quarantined = _one(con, f"SELECT count(*) FROM read_parquet({literal(str(out / 'quarantined.parquet'))})")
    if received != accepted + quarantined:
        raise MatchError(
            "counts",
            f"收到 {received} 行，接收 {accepted} 行，隔离 {quarantined} 行，数目不符，导入已撤销",
            f"{received} rows were received, {accepted} accepted and {quarantined} quarantined: the counts differ, so the import was undone",
        )
    problems = con.execute("SELECT p, count(*) FROM (SELECT unnest(_problems) AS p FROM waiting) GROUP BY p ORDER BY p").fetchall()
    grades = {}
    for c in dataset.columns:
        if c.semantic in GRADED:
            rows = con.execute(f"SELECT {quoted(c.name + '__grade')}, count(*) FROM read_parquet({path}) GROUP BY 1").fetchall()
            counts = {int(g): n for g, n in rows if g is not None}
            grades[c.name] = {"right": counts.get(0, 0), "doubtful": counts.get(1, 0), "wrong": counts.get(2, 0)}
    return {
        "dataset": dataset.name, "version": digest([sha256, digest(dataset.raw), dataset.name])[:16], "description": dataset.raw,
        "source_sha256": sha256, "received": received, "accepted": accepted, "quarantined": quarantined,
        "problems": dict(problems), "grades": grades, "highest_row": highest,
    }  # fmt: skip


def _one(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(con.execute(sql).fetchall()[0][0])

