"""A model's own tests: planted positives and near misses, run on tables built from the test, and its Spark text checked.

Values of columns that a projection lays down as tokens become tokens here too, so a test sees what a run sees.
"""
from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ..datasets.checks import quoted
from ..datasets.schema import IDENTIFIERS, NAMES, SEMANTIC
from ..runs.worker import finish, plain
from ..words import MatchError
from .contract import Input, Model, load_model, model_folders
from .dialect import rendered
from .steps import STEPS


@dataclass(frozen=True)
class Checked:
    """What `check` found of one model: its id, and problems in `zh` and `en` (none when it is whole)."""

    model: str
    problems: tuple[dict[str, str], ...]


def token_of(value: Any) -> int | None:
    """A stable stand-in for a token."""
    return None if value is None else int.from_bytes(hashlib.sha256(str(value).encode()).digest()[:8], "big") >> 1


def is_token(column: Input) -> bool:
    return column.role == "join" or any(s in IDENTIFIERS or s in NAMES for s in column.semantic)


def build(con: duckdb.DuckDBPyConnection, model: Model, tables: dict[str, list[dict[str, Any]]]) -> None:
    """Lay the test's tables down as a projection would."""
    for name, columns in model.inputs.items():
        rows = tables.get(name) or []
        data: dict[str, Any] = {"row_ref": pa.array(range(1, len(rows) + 1), pa.int64())}
        casts = ["row_ref"]
        for column, spec in columns.items():
            values = [r.get(column) for r in rows]
            if is_token(spec):
                data[column] = pa.array([token_of(v) for v in values], pa.int64())
                casts.append(quoted(column))
            else:
                data[column] = pa.array([None if v is None else str(v) for v in values], pa.string())
                casts.append(f"CAST({quoted(column)} AS {SEMANTIC[spec.semantic[0]][1]}) AS {quoted(column)}")
        con.register("given", pa.table(data))
        con.execute(f"CREATE TABLE {quoted(name)} AS SELECT {', '.join(casts)} FROM given")
        con.unregister("given")


def plan_of(model: Model, parameters: dict[str, str], hits: int = 100_000) -> dict[str, Any]:
    """The parts of a run's plan that checking a result needs."""
    return {
        "hits": hits, "outputs": model.output_plan(), "parameters": parameters,
        "tables": [
            {"name": t, "columns": [{"name": c, "semantic": s.semantic[0], "token": is_token(s)} for c, s in columns.items()]}
            for t, columns in model.inputs.items()
        ],
    }  # fmt: skip


def run_on(model: Model, tables: dict[str, list[dict[str, Any]]], parameters: dict[str, str]) -> list[dict[str, Any]]:
    """The model's hits on plain tables: outputs and evidence, checked against the contract."""
    con = duckdb.connect()
    try:
        build(con, model, tables)
        cursor = con.execute(rendered(model, parameters))
        names = [d[0] for d in cursor.description or []]
        rows = [dict(zip(names, r, strict=True)) for r in cursor.fetchall()]
        if model.step:
            rows = STEPS[model.step](rows, parameters)
        hits: list[dict[str, Any]] = finish(con, plan_of(model, parameters), rows)["hits"]
        return hits
    finally:
        con.close()


def check(folder: Path) -> Checked:
    """Load the folder, parse its SQL in both dialects and run its tests."""
    problems: list[dict[str, str]] = []
    try:
        model = load_model(folder)
        rendered(model, model.parameters_with({}))
        rendered(model, model.parameters_with({}), "spark")
        for test in model.tests:
            problems += _run_test(model, test)
    except MatchError as e:
        problems.append({"zh": e.zh, "en": e.en})
    except duckdb.Error as e:
        first = str(e).splitlines()[0]
        problems.append({"zh": f"语句运行失败：{first}", "en": f"the SQL failed: {first}"})
    return Checked(folder.name, tuple(problems))


def check_all(extra: Path | None = None) -> list[Checked]:
    """Check every model, the product's and those of a folder of one's own."""
    return [check(folder) for folder in model_folders(extra).values()]


def _run_test(model: Model, test: dict[str, Any]) -> list[dict[str, str]]:
    given = {str(k): str(v) for k, v in (test.get("parameters") or {}).items()}
    found = run_on(model, test["tables"], model.parameters_with(given))
    name = test["name"] if isinstance(test["name"], dict) else {"zh": str(test["name"]), "en": str(test["name"])}
    left = list(found)
    problems = []
    for expected in test["hits"]:
        match = next((h for h in left if _agrees(model, h, expected)), None)
        if match is None:
            problems.append({"zh": f"{name['zh']}：缺少应命中的 {expected}", "en": f"{name['en']}: expected hit missing: {expected}"})
        else:
            left.remove(match)
    if left:
        told = [h["values"] for h in left]
        problems.append({"zh": f"{name['zh']}：多出 {len(left)} 条命中 {told}", "en": f"{name['en']}: {len(left)} unexpected hits {told}"})
    return problems


def _agrees(model: Model, hit: dict[str, Any], expected: dict[str, Any]) -> bool:
    for key, value in expected.items():
        if key.endswith("_rows"):
            if sorted(hit["evidence"][key.removesuffix("_rows")]) != sorted(value):
                return False
            continue
        output, found = model.outputs[key], hit["values"][key]
        if output.type == "token":
            same = found == token_of(value)
        elif output.type in ("number", "money", "integer") and value is not None:
            same = found is not None and Decimal(str(found)) == Decimal(str(value))
        else:
            same = str(plain(found)) == str(value) if value is not None else found is None
        if not same:
            return False
    return True
