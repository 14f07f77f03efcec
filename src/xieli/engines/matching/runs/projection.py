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


def table_sql(table: Plan, secret: str, today: date) -> str:
    """The SELECT that lays down one table: row_ref and the model's columns."""
    outs = ["_row AS row_ref"]
    for c in table["columns"]:
        value = matched(c["source"], c["semantic"])
        outs.append(f"{token_sql(value, c['semantic'], secret) if c['token'] else value} AS {quoted(c['name'])}")
    return f"SELECT {', '.join(outs)} FROM read_parquet({literal(table['parquet'])}){where_sql(table, today)}"


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
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def lay_down(plan: Plan, secret: str, tell: Any) -> dict[str, int]:
    """Create the database of a run; returns rows per table. The file is complete only under its final name."""
    run = Path(plan["run"])
    partial, final = run / "partial.duckdb", run / "work.duckdb"
    partial.unlink(missing_ok=True)
    con = duckdb.connect(str(partial))
    con.execute(f"SET memory_limit='{int(plan['memory_mb'])}MB'; SET temp_directory={literal(str(run / 'spill'))}; SET preserve_insertion_order=false")
    if plan.get("threads"):
        con.execute(f"SET threads={int(plan['threads'])}")
    counts: dict[str, int] = {}
    today = date.fromisoformat(plan["today"])
    for table in plan["tables"]:
        tell("project", sum(counts.values()))
        con.execute(f"CREATE TABLE {quoted(table['name'])} AS {table_sql(table, secret, today)}")
        counts[table["name"]] = int(con.execute(f"SELECT count(*) FROM {quoted(table['name'])}").fetchall()[0][0])
        if plan["engine"] == "spark":
            con.execute(f"COPY {quoted(table['name'])} TO {literal(str(run / (table['name'] + '.parquet')))} (FORMAT parquet)")
    con.close()
    partial.rename(final)
    return counts
