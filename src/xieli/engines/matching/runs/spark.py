"""The same model text on Spark: sqlglot writes its dialect, the projection is read from Parquet, rows come back alike.

Spark needs its own processes and sockets, so it cannot run inside the locked process; the projection it reads holds
granted columns and tokens only, and everything it returns passes the same checks in the locked process afterwards.
"""
from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from ..models.steps import STEPS
from ..words import MatchError


def run_spark(plan: dict[str, Any], tell: Any) -> list[dict[str, Any]]:
    """Rows of the model as JSON values; MatchError when pyspark is absent or the SQL fails."""
    try:
        from pyspark.sql import SparkSession
    except ImportError as e:
        raise MatchError("no_spark", "未安装 pyspark，请安装 xieli[spark] 或改用 --engine duckdb", "pyspark is not installed; install xieli[spark] or use --engine duckdb") from e
    run = Path(plan["run"])
    tell("spark", 0)
    session = (
        SparkSession.builder.master(plan["master"]).appName("xieli-match")
        .config("spark.ui.enabled", "false").config("spark.sql.session.timeZone", "UTC").config("spark.sql.ansi.enabled", "true")
        .config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.memory", f"{plan['memory_mb']}m").config("spark.sql.shuffle.partitions", "8")
        .config("spark.local.dir", str(run / "spill")).config("spark.sql.warehouse.dir", str(run / "warehouse")).getOrCreate()
    )  # fmt: skip
    try:
        for table in plan["tables"]:
            session.read.parquet(str(run / f"{table['name']}.parquet")).createOrReplaceTempView(table["name"])
        frame = session.sql(plan["sql"])
        collected = frame.collect() if plan["step"] else frame.limit(plan["hits"] + 1).collect()
        rows = [r.asDict(recursive=True) for r in collected]
    except Exception as e:
        from .worker import failed

        raise failed(e) from None
    finally:
        session.stop()
    if plan["step"]:
        rows = STEPS[plan["step"]](rows, plan["parameters"])
    return [{k: _json(v) for k, v in r.items()} for r in rows]


def _json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return {"decimal": format(value, "f")}
    if isinstance(value, date | datetime):
        return {"date": value.isoformat()}
    return value
