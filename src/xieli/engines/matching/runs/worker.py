"""The child's side of a run: `project` lays the projection down, `model` runs the SQL locked, `spark` runs it there.

The process that runs a model never sees a source file or a key: it gets the projection, opens it read-only with file
access and configuration locked, inside a process without network and with limited memory and time.
"""
from __future__ import annotations

import json
import threading
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from .. import jail
from ..datasets.checks import literal, quoted
from ..models.steps import STEPS
from ..words import MatchError, Refused
from ..workspace import read_json, write_json
from .projection import lay_down

Plan = dict[str, Any]
Row = dict[str, Any]
EVIDENCE_ROWS = 50  # rows shown per table and hit; the count is always whole


def run_task(plan: Plan, tell: Any) -> None:
    """Dispatch; the result is left as a file in the run's folder."""
    run = Path(plan["run"])
    if plan["task"] == "project":
        jail.enter(plan["address_mb"] << 20, plan["cpu_seconds"], plan["file_gb"] << 30)
        secret = Path(plan["key"]).read_bytes().hex()
        write_json(run / "counts.json", lay_down(plan, secret, tell))
    elif plan["task"] == "spark":
        from .spark import run_spark

        write_json(run / "rows.json", run_spark(plan, tell))
    else:
        isolation = jail.enter(plan["address_mb"] << 20, plan["cpu_seconds"], plan["file_gb"] << 30)
        con = locked(run, plan["memory_mb"], plan.get("threads"))
        rows = revived(read_json(run / "rows.json")) if plan["engine"] == "spark" else execute(con, plan, run, tell)
        write_json(run / "found.json", {**finish(con, plan, rows), "isolation": isolation})
        con.close()


def locked(run: Path, memory_mb: int, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """The projection, read-only, with no way to a file, an extension or another setting."""
    con = duckdb.connect(str(run / "work.duckdb"), read_only=True)
    if threads:
        con.execute(f"SET threads={int(threads)}")
    con.execute(
        f"SET memory_limit='{int(memory_mb)}MB'; SET temp_directory={literal(str(run / 'spill'))}; SET preserve_insertion_order=false;"
        "SET autoinstall_known_extensions=false; SET autoload_known_extensions=false; SET allow_community_extensions=false;"
        "SET enable_external_access=false; SET lock_configuration=true"
    )
    return con


def execute(con: duckdb.DuckDBPyConnection, plan: Plan, run: Path, tell: Any) -> list[Row]:
    """Run the model's SQL and step; at most one row more than the budget allows is ever fetched."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.3):
            if (run / "cancel").exists():
                con.interrupt()
                return
            tell("model", max(0, int(con.query_progress())))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        cursor = con.execute(plan["sql"])
        names = [d[0] for d in cursor.description or []]
        # A step may need many rows to give few; without one, more rows than hits allowed are never fetched.
        fetched = cursor.fetchall() if plan["step"] else cursor.fetchmany(plan["hits"] + 1)
        rows = [dict(zip(names, r, strict=True)) for r in fetched]
    except duckdb.InterruptException as e:
        raise MatchError("cancelled", "已按要求停止，未写入任何结果", "stopped as asked; nothing was written", 4) from e
    except duckdb.OutOfMemoryException as e:
        raise MatchError("too_big", f"超过内存限制 {plan['memory_mb']} MB，未写入任何结果", f"the memory limit of {plan['memory_mb']} MB was reached; nothing was written") from e
    except duckdb.Error as e:
        raise failed(e) from e
    finally:
        done.set()
        watcher.join()
    return STEPS[plan["step"]](rows, plan["parameters"]) if plan["step"] else rows


def failed(error: Exception) -> MatchError:
    """What is said of a model whose SQL failed on real data: the kind of error, never its text, which quotes values of rows that are no hit."""
    kind = type(error).__name__
    return MatchError("model_sql", f"模型语句运行失败（{kind}），未写入任何结果。原文可能带出数据，不予显示；请用 xieli match check 在样例上查找原因。",
                      f"the model's SQL failed ({kind}); nothing was written. Its text could carry data and is not shown: find the cause on examples with xieli match check.")


def finish(con: duckdb.DuckDBPyConnection, plan: Plan, rows: list[Row]) -> dict[str, Any]:
    """Check every row against the contract, attach evidence rows, and keep nothing else."""
    if len(rows) > plan["hits"]:
        raise Refused(
            "too_many_hits",
            f"命中超过授权书允许的 {plan['hits']} 条，未输出任何结果；请缩小范围或另行报批",
            f"more hits than the {plan['hits']} the authorization allows; nothing was output: narrow the scope or ask again",
        )
    outputs, tables = plan["outputs"], [t["name"] for t in plan["tables"]]
    lists = [f"{t}_rows" for t in tables]
    expected = {*outputs, *lists}
    for row in rows:
        if not set(row) <= expected or not set(outputs) <= set(row):
            # a column outside the contract may be named after a value (PIVOT): it is counted, not named
            lacking, extra = sorted(set(outputs) - set(row)), len(set(row) - expected)
            raise MatchError("contract", f"结果字段与合约不符：缺 {lacking}，另有 {extra} 个合约之外的字段", f"the result's columns differ from the contract: missing {lacking}, and {extra} outside it")
    _check_values(con, outputs, rows)
    hits = []
    for row in rows:
        evidence = {t: sorted({int(r) for r in row.get(f"{t}_rows") or [] if r is not None}) for t in tables}
        hits.append({"values": {n: plain(row[n]) for n in outputs}, "evidence": evidence})
    shown = _evidence(con, plan, hits)
    return {"hits": hits, "shown": shown, "edges": _edges(con, plan, hits)}


def token_text(value: int) -> str:
    """A token as people see it."""
    return f"t-{value:016x}"


def _edges(con: duckdb.DuckDBPyConnection, plan: Plan, hits: list[Row]) -> dict[str, list[Row]]:
    """The relations that the evidence rows state, by "TABLE:ROW"; both ends as tokens or granted values."""
    out: dict[str, list[Row]] = {}
    for spec in plan.get("relations") or []:
        table = spec["table"]
        token = {c["name"]: c["token"] for t in plan["tables"] if t["name"] == table for c in t["columns"]}
        wanted = [spec[k] for k in ("source", "target", "first", "last", "note")]
        picked = ", ".join(quoted(c) if c else "NULL" for c in wanted)
        refs = sorted({r for h in hits for r in h["evidence"][table][:EVIDENCE_ROWS]})
        for start in range(0, len(refs), 5000):
            part = refs[start : start + 5000]
            marks = ", ".join("?" for _ in part)
            for ref, *values in con.execute(f"SELECT row_ref, {picked} FROM {quoted(table)} WHERE row_ref IN ({marks}) ORDER BY row_ref", part).fetchall():
                ends = [token_text(v) if token[c] else plain(v) for v, c in zip(values[:2], wanted[:2], strict=True) if v is not None]
                if len(ends) == 2:
                    first, last, note = (None if v is None else str(plain(v)) for v in values[2:])
                    out.setdefault(f"{table}:{ref}", []).append({
                        "kind": spec["kind"], "source": str(ends[0]), "target": str(ends[1]), "source_kind": spec["source_kind"], "target_kind": spec["target_kind"],
                        "from": first and first[:10], "to": last and last[:10], "note": note or "",
                    })  # fmt: skip
    return out


def _check_values(con: duckdb.DuckDBPyConnection, outputs: dict[str, dict[str, str]], rows: list[Row]) -> None:
    # A text or token that leaves must be a value of the column it is declared to come from: nothing can be carried
    # out inside a string that the model made up.
    numbers = (int, float, Decimal)
    kinds: dict[str, tuple[type, ...]] = {
        "number": numbers, "money": numbers, "integer": (int,), "date": (date, datetime), "boolean": (bool,), "text": (str,), "token": (int,),
    }  # fmt: skip
    for name, o in outputs.items():
        values = [r[name] for r in rows if r[name] is not None]
        good = all(isinstance(v, kinds[o["type"]]) for v in values)
        if good and o["type"] in ("text", "token"):
            table, _, column = o["origin"].partition(".")
            if o["semantic"] == "json":
                good = all(_inside(con, table, column, r[name], r[f"{table}_rows"]) for r in rows if r[name] is not None)
            else:
                good = _all_in(con, table, column, sorted(set(values)))
        if not good:
            raise MatchError("contract", f"结果字段 {name} 的值不属于其声明的来源", f"values of result column {name} are not of its declared origin")


def _all_in(con: duckdb.DuckDBPyConnection, table: str, column: str, distinct: list[Any]) -> bool:
    for start in range(0, len(distinct), 5000):
        part = distinct[start : start + 5000]
        marks = ", ".join("?" for _ in part)
        try:
            found = con.execute(f"SELECT count(DISTINCT {quoted(column)}) FROM {quoted(table)} WHERE {quoted(column)} IN ({marks})", part).fetchall()
        except duckdb.ConversionException:  # a text said to come from a column of numbers
            return False
        if int(found[0][0]) != len(part):
            return False
    return True


def _inside(con: duckdb.DuckDBPyConnection, table: str, column: str, value: str, refs: list[int]) -> bool:
    """Whether a text stands as a whole JSON string (or number) in one of the rows it is said to come from."""
    marks = ", ".join("?" for _ in refs) or "NULL"
    bodies = con.execute(f"SELECT {quoted(column)} FROM {quoted(table)} WHERE row_ref IN ({marks})", list(refs)).fetchall()

    def holds(part: Any) -> bool:
        if isinstance(part, dict):
            return any(holds(v) for v in part.values())
        if isinstance(part, list):
            return any(holds(v) for v in part)
        return not isinstance(part, bool) and isinstance(part, str | int) and str(part) == value

    return any(holds(json.loads(b)) for (b,) in bodies)


def _evidence(con: duckdb.DuckDBPyConnection, plan: Plan, hits: list[Row]) -> dict[str, dict[str, Row]]:
    shown: dict[str, dict[str, Row]] = {}
    for table in plan["tables"]:
        name = table["name"]
        columns = [c["name"] for c in table["columns"] if not c["token"] and c["semantic"] != "json"]
        refs = sorted({r for h in hits for r in h["evidence"][name][:EVIDENCE_ROWS]})
        rows: dict[str, Row] = {}
        for start in range(0, len(refs), 5000):
            part = refs[start : start + 5000]
            marks = ", ".join("?" for _ in part)
            picked = "".join(f", {quoted(c)}" for c in columns)
            for r in con.execute(f"SELECT row_ref{picked} FROM {quoted(name)} WHERE row_ref IN ({marks})", part).fetchall():
                rows[str(r[0])] = {c: plain(v) for c, v in zip(columns, r[1:], strict=True)}
        missing = [r for r in refs if str(r) not in rows]
        if missing:
            raise MatchError("contract", f"结果引用了授权范围之外的行（{name}）", f"the result points at rows outside the authorization ({name})")
        shown[name] = rows
    return shown


def plain(value: Any) -> Any:
    """A value as JSON can hold it without loss."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value


def revived(rows: list[Row]) -> list[Row]:
    """Rows that came as JSON from Spark, with dates and decimals as themselves."""

    def back(value: Any) -> Any:
        if isinstance(value, dict) and "decimal" in value:
            return Decimal(value["decimal"])
        if isinstance(value, dict) and "date" in value:
            return date.fromisoformat(value["date"]) if len(value["date"]) == 10 else datetime.fromisoformat(value["date"])
        return value

    return [{k: back(v) for k, v in r.items()} for r in rows]
