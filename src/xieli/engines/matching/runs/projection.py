"""The projection: a fresh database that physically holds the granted columns and rows, identifiers as tokens only.

Nothing else of the data sets is in it, so no trick of SQL can reach more (measured: to_json(t), SELECT t and
columns() leak whatever a table holds). A token is a keyed digest of the normalised value under the key of one
authorization: equal within it, meaningless outside it.
"""
from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from xieli.engines.identifiers import check, company_key, name_key

from ..datasets.checks import literal, quoted
from ..datasets.schema import GRADED, NAMES, SEMANTIC

Plan = dict[str, Any]
SAMPLE = 100  # a trial looks at one in so many


def token_sql(value: str, semantic: str, secret: str) -> str:
    """SQL of the token of a value: 63 bits, so that Spark has a type for it.

    Two different people among n share a token with probability about n²/2⁶⁴: 2·10⁻⁴ for sixty million. Every hit is
    checked against the source rows when it is revealed.
    """
    return f"CAST(md5_number_upper({literal(secret + semantic + ':')} || {value}) >> 1 AS BIGINT)"


def subject_keys(values: Sequence[str], semantic: str, today: date) -> list[str]:
    """Subjects as they are matched."""
    if semantic in GRADED:
        return [check(semantic, v, today).key for v in values]
    if semantic == "person_name":
        return [name_key(v) for v in values]
    return [company_key(v) if semantic == "company_name" else v.strip() for v in values]


def has_key(semantic: str) -> bool:
    return semantic in GRADED or semantic in NAMES


def matched(column: str, semantic: str) -> str:
    """SQL of the value to match on: the normalised key where it differs, else the value."""
    return f"coalesce({quoted(column + '__key')}, {quoted(column)})" if has_key(semantic) else quoted(column)


def source_sql(table: Plan, today: date) -> str:
    """The granted rows of a table with the columns the model needs, still as values: row_ref, columns."""
    outs = ["_row AS row_ref", *(f"{matched(c['source'], c['semantic'])} AS {quoted(c['name'])}" for c in table["columns"])]
    return f"SELECT {', '.join(outs)} FROM read_parquet({literal(table['parquet'])}){where_sql(table, today)}"


def laid_sql(table: Plan, source: str, secret: str) -> str:
    """From values to what is laid down: identifiers as tokens."""
    outs = ["row_ref"]
    for c in table["columns"]:
        name = quoted(c["name"])
        outs.append(f"{token_sql(name, c['semantic'], secret)} AS {name}" if c["token"] else name)
    return f"SELECT {', '.join(outs)} FROM {source}"


def where_sql(table: Plan, today: date) -> str:
    """The row filter of a table."""
    conditions = []
    for r in table["rows"]:
        semantic = r["semantic"]
        value = matched(r["column"], semantic)
        if r["subjects"]:
            keys = ", ".join(literal(k) for k in subject_keys(table["subjects"], semantic, today)) or "NULL"
            conditions.append(f"{value} IN ({keys})")
        else:
            conditions.append(f"{value} {r['operator']} CAST({literal(r['value'])} AS {SEMANTIC[semantic][1]})")
    if table.get("sample"):
        # whole groups, not single rows: everything of one person (or account) is in the sample or none of it
        semantic = table["sample"].get("semantic", "")
        value = matched(table["sample"]["column"], semantic) if semantic else "_row"
        conditions.append(f"md5_number_upper('trial:' || CAST({value} AS VARCHAR)) % {SAMPLE} = 0")
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def lay_down(plan: Plan, secret: str, tell: Any) -> dict[str, dict[str, int]]:
    """Create the database of a run; returns for each table the rows compared and the rows laid down.

    Where the model says that two tables meet in a column, rows without a partner are left out before anything is
    laid down. The file is complete only under its final name.
    """
    run = Path(plan["run"])
    partial, final = run / "partial.duckdb", run / "work.duckdb"
    partial.unlink(missing_ok=True)
    con = duckdb.connect()
    con.execute(f"SET memory_limit='{int(plan['memory_mb'])}MB'; SET temp_directory={literal(str(run / 'spill'))}; SET preserve_insertion_order=false")
    if plan.get("threads"):
        con.execute(f"SET threads={int(plan['threads'])}")
    con.execute(f"ATTACH {literal(str(partial))} AS laid")
    today = date.fromisoformat(plan["today"])
    sources = {t["name"]: f"({source_sql(t, today)})" for t in plan["tables"]}
    compared = {name: _count(con, source) for name, source in sources.items()}
    meets = plan.get("meets") or []
    if meets:
        tell("project", 0)
        sources = _met(con, sources, compared, meets)
    counts: dict[str, dict[str, int]] = {}
    for table in plan["tables"]:
        name = table["name"]
        con.execute(f"CREATE TABLE laid.{quoted(name)} AS {laid_sql(table, sources[name], secret)}")
        counts[name] = {"rows": compared[name], "laid_down": _count(con, f"laid.{quoted(name)}")}
        tell("project", sum(c["laid_down"] for c in counts.values()))
        if plan["engine"] == "spark":
            con.execute(f"COPY laid.{quoted(name)} TO {literal(str(run / (name + '.parquet')))} (FORMAT parquet)")
    con.execute("DETACH laid")
    con.close()
    partial.rename(final)
    return counts


def _count(con: duckdb.DuckDBPyConnection, source: str) -> int:
    return int(con.execute(f"SELECT count(*) FROM {source}").fetchall()[0][0])


def _met(con: duckdb.DuckDBPyConnection, sources: dict[str, str], compared: dict[str, int], meets: list[list[str]]) -> dict[str, str]:
    """Both sides reduced to the rows that meet; the smaller side is the one held in memory first."""
    small, large = sorted(meets, key=lambda side: compared[side[0]])
    (first, key), (second, other) = small, large
    con.execute(
        f"CREATE TEMP TABLE met_large AS SELECT l.* FROM {sources[second]} AS l"
        f" SEMI JOIN {sources[first]} AS s ON l.{quoted(other)} = s.{quoted(key)}"
    )
    met_small = (
        f"(SELECT s.* FROM {sources[first]} AS s SEMI JOIN (SELECT DISTINCT {quoted(other)} AS k FROM met_large) AS m ON s.{quoted(key)} = m.k)"
    )
    return {**sources, first: met_small, second: "met_large"}
