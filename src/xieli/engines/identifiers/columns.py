"""Whole columns at once: the same grades as the single checks, as SQL that DuckDB runs over millions of rows.

`graded_sql` decides the common forms arithmetically and answers NULL for anything else; those few values (distinct)
are then asked of the single check. A property test holds both to the same answer.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from .accounts import check_bank_account, check_invoice, check_invoice_code, check_phone
from .credit import check_credit
from .grades import Verdict
from .resident import PROVINCES, WEIGHTS, check_resident

if TYPE_CHECKING:
    import pyarrow as pa

CHECKS: dict[str, Callable[[str, date], Verdict]] = {
    "person_id": check_resident,
    "credit_code": lambda text, today: check_credit(text),
    "phone": lambda text, today: check_phone(text),
    "bank_account": lambda text, today: check_bank_account(text),
    "invoice_no": check_invoice,
    "invoice_code": lambda text, today: check_invoice_code(text),
}


# The common form of each kind; a value of another form is asked of the single check.
FORMS = {
    "person_id": "[1-9][0-9]{16}[0-9X]",
    "bank_account": "[34569][0-9]{11,18}",
}


def check(kind: str, text: str, today: date) -> Verdict:
    """Grade one value of a kind in `CHECKS`; KeyError for an unknown kind."""
    return CHECKS[kind](text, today)


def graded_sql(source: str, columns: Sequence[tuple[str, str, str]], today: date) -> str:
    """SQL over a relation that adds a grade column for each (kind, quoted column, quoted new name).

    The grade is 0 right, 1 doubtful, 2 wrong, or NULL where only the single check can say. Numbers are taken apart
    as integers in an inner SELECT: measured, 17 divisions cost a fifth of 17 substrings.
    """
    helpers: list[str] = []
    grades: list[str] = []
    hidden: list[str] = []
    for n, (kind, column, name) in enumerate(columns):
        k = f'"\u00a7k{n}"'
        if kind == "person_id":
            helpers.append(f"CASE WHEN regexp_full_match({column}, '{FORMS[kind]}') THEN CAST(left({column}, 17) AS BIGINT) END AS {k}")
            hidden.append(k)
            grades.append(f"CAST({_resident_sql(column, k, today)} AS TINYINT) AS {name}")
        elif kind == "bank_account":
            helpers.append(f"CASE WHEN regexp_full_match({column}, '{FORMS[kind]}') THEN CAST({column} AS HUGEINT) END AS {k}")
            hidden.append(k)
            grades.append(f"CAST({_luhn_sql(column, k)} AS TINYINT) AS {name}")
        else:
            grades.append(f"CAST({_form_sql(kind, column)} AS TINYINT) AS {name}")
    inner = f"(SELECT *, {', '.join(helpers)} FROM {source})" if helpers else source
    drop = f" EXCLUDE ({', '.join(hidden)})" if hidden else ""
    return f"SELECT *{drop}{''.join(', ' + g for g in grades)} FROM {inner}"


def _form_sql(kind: str, column: str) -> str:
    if kind == "phone":
        return f"CASE WHEN regexp_full_match({column}, '1[3-9][0-9]{{9}}') AND {column}[4:] <> repeat({column}[4:4], 8) THEN 0 END"
    if kind == "invoice_no":
        return f"CASE WHEN regexp_full_match({column}, '[0-9]{{8}}') AND {column} <> repeat({column}[1:1], 8) THEN 0 END"
    return "NULL"


def _resident_sql(column: str, k: str, today: date) -> str:
    weighted = " + ".join(f"({k} // {10 ** (16 - i)} % 10) * {w}" for i, w in enumerate(WEIGHTS))
    ymd = f"CAST({k} // 1000 % 100000000 AS INTEGER)"
    year, month, day = f"({ymd} // 10000)", f"({ymd} // 100 % 100)", f"({ymd} % 100)"
    leap = f"({year} % 4 = 0 AND ({year} % 100 <> 0 OR {year} % 400 = 0))"
    # Days up to 28 need no look at the month, which is nearly all of them.
    days = f"(CASE WHEN {month} IN (4, 6, 9, 11) THEN 30 WHEN {month} = 2 THEN 28 + CAST({leap} AS INTEGER) ELSE 31 END)"
    provinces = ", ".join(str(p) for p in sorted(PROVINCES))
    # The check value c satisfies (sum + c) % 11 = 1, and X is worth 10.
    last = f"instr('0123456789X', right({column}, 1)) - 1"
    return (
        f"CASE WHEN {k} IS NULL THEN NULL"
        f" WHEN ({weighted} + {last}) % 11 <> 1 OR {month} NOT BETWEEN 1 AND 12 OR {day} < 1"
        f" OR ({day} > 28 AND {day} > {days}) OR {ymd} > {today:%Y%m%d} OR {k} % 11111111111111111 = 0 THEN 2"
        f" WHEN {ymd} < 18500000 OR {k} // 1000000000000000 NOT IN ({provinces}) THEN 1 ELSE 0 END"
    )


def _luhn_sql(column: str, k: str) -> str:
    parts = []
    for i in range(19):
        d = f"({k} // CAST('1{'0' * i}' AS HUGEINT) % 10)"
        parts.append(d if i % 2 == 0 else f"({d} * 2 - CASE WHEN {d} > 4 THEN 9 ELSE 0 END)")
    return (
        f"CASE WHEN {k} IS NOT NULL AND {column} <> repeat({column}[1:1], length({column})::INTEGER)"
        f" AND ({' + '.join(parts)}) % 10 = 0 THEN 0 END"
    )


def check_column(kind: str, values: Sequence[str | None] | pa.Array, today: date) -> pa.Table:
    """Grade a column: a table `grade` (0, 1, 2; NULL where the value is NULL), `key`, `reasons` (joined by a space).

    Runs in an in-memory DuckDB connection of its own. KeyError for an unknown kind.
    """
    # sixty megabytes that every process would carry which checks one number
    import duckdb
    import pyarrow as pa

    single = CHECKS[kind]
    con = duckdb.connect()
    try:
        column = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values, pa.string())
        con.register("handed_in", pa.table({"v": column}))
        con.execute("CREATE TABLE h AS SELECT row_number() OVER () AS n, v FROM handed_in")
        con.execute(f"CREATE TABLE c AS {graded_sql('h', [(kind, 'v', 'g')], today)}")
        # Wrong or doubtful values need their reasons in words, so only what is right is settled here.
        odd = [r[0] for r in con.execute("SELECT DISTINCT v FROM c WHERE v IS NOT NULL AND g IS DISTINCT FROM 0").fetchall()]
        told = [single(v, today) for v in odd]
        con.register(
            "told",
            pa.table({
                "v": pa.array(odd, pa.string()),
                "g": pa.array([int(t.grade) for t in told], pa.int8()),
                "k": pa.array([t.key for t in told], pa.string()),
                "r": pa.array([" ".join(t.reasons) for t in told], pa.string()),
            }),
        )
        return con.sql(
            "SELECT coalesce(t.g, c.g) AS grade, coalesce(t.k, c.v) AS key, coalesce(t.r, '') AS reasons"
            " FROM c LEFT JOIN told t ON c.v = t.v ORDER BY c.n"
        ).to_arrow_table()
    finally:
        con.close()
