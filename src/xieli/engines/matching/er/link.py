"""Train, score and measure: a thin, typed layer over Splink 5 on DuckDB.

Splink is the optional extra `er`; it is imported only when something is linked.
"""
from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import duckdb
import pyarrow as pa

from .spec import Rule, Spec, settings

SAMPLE_PAIRS = 2e6  # random pairs for the u probabilities; Splink's advice for real use is 1e6 and more
SURE_RECALL = 0.6  # share of matches that agree on the sure rules, when there are no labels; assumed
SMALLEST = 1e-6  # a level never seen among matches or non-matches gets this share instead of nothing


@dataclass(frozen=True, slots=True)
class Model:
    """A trained model: plain numbers per level, no record of anybody in it."""

    kind: str
    prior: float  # probability that two random records match
    parameters: dict[str, list[dict[str, float]]]  # comparison → per level m, u; last one is "other"
    trained_on: str

    def to_json(self) -> str:
        """The model as JSON text with sorted keys."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, sort_keys=True)

    @staticmethod
    def from_json(text: str) -> Model:
        """The inverse of to_json. Raises ValueError on a file that is not a model."""
        try:
            return Model(**json.loads(text))
        except (TypeError, json.JSONDecodeError) as error:
            raise ValueError(f"not a matching model / 不是比对模型文件：{error}") from error


@dataclass(frozen=True, slots=True)
class BlockingCount:
    """What one blocking rule costs and finds. `found` is None without a truth."""

    rule: str
    pairs: int  # pairs that this rule alone proposes
    new_pairs: int  # pairs that no earlier rule proposed
    found: int | None  # true pairs among its own
    new_found: int | None


def connect(memory: str = "8GB", threads: int = 2) -> duckdb.DuckDBPyConnection:
    """A private in-memory database for one linking run."""
    con = duckdb.connect(":memory:")
    con.execute(f"set memory_limit = '{memory}'")
    con.execute(f"set threads = {threads}")
    con.execute("set preserve_insertion_order = false")
    return con


def linker(con: duckdb.DuckDBPyConnection, tables: Sequence[pa.Table], spec_settings: dict[str, Any]) -> Any:
    """A Splink linker over prepared tables (one: find duplicates; two: link)."""
    from splink import Linker
    from splink.backends.duckdb import DuckDBAPI

    api = DuckDBAPI(con)
    names = ("register_a", "register_b") if len(tables) == 2 else ("register_a",)
    frames = []
    for name, table in zip(names, tables, strict=True):
        con.register(f"in_{name}", table)
        con.execute(f"create or replace table prepared_{name} as select * from in_{name}")
        con.unregister(f"in_{name}")
        frames.append(api.register(con.table(f"prepared_{name}"), dataset_display_name=name))
    return Linker(frames if len(frames) > 1 else frames[0], spec_settings, log_level=logging.ERROR)


def _link_type(tables: Sequence[pa.Table]) -> str:
    return "link_only" if len(tables) == 2 else "dedupe_only"


def train(
    tables: Sequence[pa.Table],
    spec: Spec,
    *,
    label_column: str | None = None,
    prior: float | None = None,
    seed: int = 1,
    sample_pairs: float = SAMPLE_PAIRS,
) -> Model:
    """Estimate u from random pairs, m from labels (where known) or by expectation maximisation.

    tables: one or two prepared tables. prior: probability that two random records match; estimated from the
    sure rules when None. Without labels the sure rules and two other blockings serve as training rounds.
    """
    with connect() as con:
        link = linker(con, tables, settings(spec, None, prior or 1e-4, False, _link_type(tables)))
        if prior is None:
            link.training.estimate_probability_two_random_records_match([r.sql for r in spec.sure], recall=SURE_RECALL)
        link.training.estimate_u_using_random_sampling(max_pairs=sample_pairs, seed=seed)
        if label_column:
            link.training.estimate_m_from_label_column(label_column)
            how = f"labels ({label_column})"
        else:
            for rule in (spec.rules[0], spec.rules[1], spec.rules[2]):
                link.training.estimate_parameters_using_expectation_maximisation(rule.sql, record_sample_proportion=1.0)
            how = "expectation maximisation"
        trained = link.misc.save_model_to_json()
    return _model(spec, trained, how)


def _model(spec: Spec, trained: dict[str, Any], how: str) -> Model:
    """Take m and u out of Splink's settings; a level without an estimate gets a small share of both."""
    parameters: dict[str, list[dict[str, float]]] = {}
    by_key = {c["output_column_name"]: c for c in trained["comparisons"]}
    for c in spec.comparisons:
        rows = []
        for level in by_key[c.key]["comparison_levels"]:
            if level.get("is_null_level"):
                continue
            m, u = level.get("m_probability"), level.get("u_probability")
            rows.append({"m": max(float(m or 0), SMALLEST), "u": max(float(u or 0), SMALLEST)})
        parameters[c.key] = rows
    return Model(spec.kind, float(trained["probability_two_random_records_match"]), parameters, how)


def score(tables: Sequence[pa.Table], spec: Spec, model: Model, *, floor: float = 0.01, detail: bool = False) -> pa.Table:
    """Scored pairs with columns left_id, right_id, weight (log2 of odds), probability, best first.

    floor: pairs with a lower probability are left out. detail: also gamma_X, bf_X and bf_tf_adj_X per
    comparison, which the waterfall needs.
    """
    with connect() as con:
        link = linker(con, tables, settings(spec, model.parameters, model.prior, detail, _link_type(tables)))
        pairs = link.inference.predict(threshold_match_probability=floor)
        # Splink orders a pair by data set name; ours are named so that _l is the left register
        extra = ""
        if detail:
            keys = [c.key for c in spec.comparisons]
            tf = [c.key for c in spec.comparisons if any(level.weigh_by for level in c.levels)]
            names = [f"gamma_{k}" for k in keys] + [f"mw_{k}" for k in keys] + [f"mw_tf_adj_{k}" for k in tf]
            extra = ", " + ", ".join(names)
        return con.sql(
            f"select unique_id_l as left_id, unique_id_r as right_id, match_weight as weight,"
            f" match_probability as probability{extra} from {pairs.physical_name} order by weight desc, left_id, right_id"
        ).to_arrow_table()


def measure_blocking(tables: Sequence[pa.Table], rules: Sequence[Rule], truth: pa.Table | None = None) -> list[BlockingCount]:
    """Count, rule by rule, the pairs proposed and, where the truth is known, the true pairs among them.

    truth: columns left_id, right_id. Two tables (linking) only. The counts of new pairs add up to all
    candidates; found among them divided by the truth is the highest recall that scoring can reach.
    """
    if len(tables) != 2:
        raise ValueError("blocking is measured between two registers / 只对两份登记册统计分块")
    out = []
    with connect() as con:
        con.register("l", tables[0])
        con.register("r", tables[1])
        con.execute("create table seen (left_id varchar, right_id varchar)")
        if truth is not None:
            con.register("truth_in", truth)
            con.execute("create table truth as select left_id::varchar left_id, right_id::varchar right_id from truth_in")
        earlier: list[str] = []
        for rule in rules:
            pairs = _one(con, f"select count(*) from l join r on {rule.sql}")
            fresh = " and ".join(f"not coalesce({e}, false)" for e in earlier) or "true"
            new = _one(con, f"select count(*) from l join r on {rule.sql} where {fresh}") if earlier else pairs
            found = new_found = None
            if truth is not None:
                base = f"from truth t join l on l.unique_id = t.left_id join r on r.unique_id = t.right_id where coalesce({rule.sql}, false)"
                found = _one(con, f"select count(*) {base}")
                new_found = _one(con, f"select count(*) {base} and {fresh}")
            out.append(BlockingCount(rule.key, pairs, new, found, new_found))
            earlier.append(f"({rule.sql})")
    return out


def _one(con: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(con.sql(query).fetchall()[0][0])
