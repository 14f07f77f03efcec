"""A table of somebody else's PostgreSQL database, read once for an import of data matching.

The engine reads files only and knows no database: this is handed in to it. One COPY in one read-only transaction with one
snapshot, so that a table which changes meanwhile is read as it stood; every value as the text that the database itself makes
of it; as many rows in the file as the database says it sent. No password is repeated in a message, and nothing is kept.
"""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from xieli.engines.matching.datasets.attached import no_table, unreadable
from xieli.engines.matching.words import MatchError

KINDS = ("postgresql", "postgres")
BATCH = 50_000  # rows laid down at once
PATIENCE = 10  # seconds until a server that does not answer is given up, unless the address says otherwise


def read_table(address: str, table: str | None, target: Path, most: int | None = None, tick: Callable[[int], None] = lambda n: None) -> None:
    """Write `table` ("name" or "schema.name") of the database at `address` to a Parquet file of texts, at most `most` rows of it.

    `address` is a URI (postgresql://…) or libpq's keywords after "postgres:"; what it leaves out libpq takes from the environment,
    the service file and the password file, as psql does. Raises MatchError with the database's own first line.
    """
    if table is None:
        raise no_table()
    given = _given(address)
    try:
        with psycopg.connect(**{"connect_timeout": str(PATIENCE), **given, "client_encoding": "UTF8"}) as con:
            con.read_only, con.isolation_level = True, psycopg.IsolationLevel.REPEATABLE_READ
            _copy(con, table, target, most, tick)
    except (psycopg.Error, UnicodeError) as e:
        told = str(e)
        for secret in (given.get("password"), given.get("sslpassword")):
            told = told.replace(secret, "…") if secret else told
        raise unreadable(table, told) from e


def _given(address: str) -> dict[str, str]:
    """The address by libpq's keywords. What libpq says of a malformed one may quote its password: it is not passed on."""
    kind, _, rest = address.partition(":")
    try:
        return {k: str(v) for k, v in conninfo_to_dict(address if rest.startswith("//") else rest).items()}
    except psycopg.Error:
        raise MatchError(
            "address", f"{kind}: 之后的地址写法不对；可写 postgresql://用户@主机/库 或 postgres:host=… dbname=…",
            f"what follows {kind}: is no address; write postgresql://user@host/database or postgres:host=… dbname=…") from None


def _copy(con: psycopg.Connection, table: str, target: Path, most: int | None, tick: Callable[[int], None]) -> None:
    # the same rows in the same order as long as nobody changes them: the same table twice is one import
    con.execute("SET LOCAL synchronize_seqscans = off")
    con.execute("SET LOCAL datestyle = 'ISO'")
    name = sql.Identifier(*table.split("."))
    with con.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(name))
        columns = [d.name for d in cursor.description or []]
        wanted = sql.SQL("SELECT {} FROM {}{}").format(
            sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(c)) for c in columns), name, sql.SQL("") if most is None else sql.SQL(" LIMIT {}").format(sql.Literal(most)))
        schema = pa.schema([(c, pa.string()) for c in columns])
        laid = 0
        with pq.ParquetWriter(target, schema) as file, cursor.copy(sql.SQL("COPY ({}) TO STDOUT").format(wanted)) as copy:
            batch: list[tuple[str | None, ...]] = []

            def lay() -> None:
                nonlocal laid
                values = list(zip(*batch, strict=True)) or [()] * len(columns)
                file.write_table(pa.table([pa.array(v, pa.string()) for v in values], schema=schema))
                laid += len(batch)
                batch.clear()
                tick(laid)

            for row in copy.rows():
                batch.append(row)
                if len(batch) == BATCH:
                    lay()
            lay()
        if laid != cursor.rowcount:
            raise MatchError("counts", f"数据库送出 {cursor.rowcount} 行，收到 {laid} 行，导入已撤销", f"the database sent {cursor.rowcount} rows and {laid} arrived: the import was undone")
