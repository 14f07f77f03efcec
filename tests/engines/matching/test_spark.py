"""The same model text on Spark gives the same hits as on DuckDB, row for row.

Two models in the ordinary run, where pyspark is installed; all of them in the large run (scripts/spark_tests.py).
"""
from __future__ import annotations

import json
import os
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pytest

from xieli.engines.matching.models.contract import find_model, model_folders
from xieli.engines.matching.models.dialect import rendered
from xieli.engines.matching.models.testing import build, plan_of
from xieli.engines.matching.runs.reveal import read_hits
from xieli.engines.matching.runs.run import RunLimits, run_model
from xieli.engines.matching.runs.spark import run_spark
from xieli.engines.matching.runs.worker import finish, revived

from .helpers import NOW, OPERATOR, authorize, document, workspace

pytestmark = pytest.mark.skipif(find_spec("pyspark") is None, reason="pyspark is not installed (xieli[spark])")
ALL = sorted(model_folders())
CHOSEN = ALL if os.environ.get("XIELI_SIZE") == "large" else ["cadre_kin_company_contract", "deceased_recipient"]


def comparable(hits: list[dict]) -> list[str]:
    def one(value: object) -> object:
        return format(Decimal(str(value)).normalize(), "f") if isinstance(value, int | float | Decimal) or str(value).replace(".", "", 1).isdigit() else value

    return sorted(json.dumps({"values": {k: one(v) for k, v in h["values"].items()}, "evidence": h["evidence"]}, sort_keys=True, default=str) for h in hits)


@pytest.mark.parametrize("name", CHOSEN)
def test_spark_and_duckdb_agree_row_for_row(name: str, tmp_path: Path):
    model = find_model(name)
    for number, test in enumerate(model.tests):
        parameters = model.parameters_with({str(k): str(v) for k, v in (test.get("parameters") or {}).items()})
        run = tmp_path / str(number)
        run.mkdir()
        con = duckdb.connect()
        build(con, model, test["tables"])
        for table in model.inputs:
            con.execute(f"COPY \"{table}\" TO '{run}/{table}.parquet' (FORMAT parquet)")
        plan = plan_of(model, parameters)
        cursor = con.execute(rendered(model, parameters))
        names = [d[0] for d in cursor.description or []]
        here = [dict(zip(names, r, strict=True)) for r in cursor.fetchall()]
        if model.step:
            from xieli.engines.matching.models.steps import STEPS

            here = STEPS[model.step](here, parameters)
        there = run_spark(
            {**plan, "run": str(run), "master": "local[2]", "memory_mb": 1024, "step": model.step, "sql": rendered(model, parameters, "spark")}, lambda stage, n: None
        )
        there = revived(json.loads(json.dumps(there)))
        assert comparable(finish(con, plan, there)["hits"]) == comparable(finish(con, plan, here)["hits"])
        con.close()


def test_a_whole_run_on_spark_gives_the_hits_of_duckdb(tmp_path: Path):
    ws = workspace(tmp_path)
    authorize(ws, document())
    here = run_model(ws, "A-1", "deceased_recipient", operator=OPERATOR, now=NOW)
    there = run_model(ws, "A-1", "deceased_recipient", operator=OPERATOR, now=NOW, engine="spark", limits=RunLimits(memory_mb=1024))
    assert here.run != there.run

    def told(done) -> list[dict]:
        return [{k: v for k, v in h.items() if k != "run"} for h in read_hits(done.folder)]

    assert told(there) == told(here)
    assert not list(there.folder.glob("*.parquet"))
