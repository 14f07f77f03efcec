"""What a comparison is: named levels in both languages, each a condition on derived columns.

A spec is data. Its conditions are SQL over columns `X_l` and `X_r`; Splink turns them into one query, and
a person can read them. Levels are tried from the first to the last; the last one is "anything else".
"""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Level:
    """One level of agreement. `weigh_by`: column whose rarity moves the weight (a rare name says more)."""

    key: str
    zh: str
    en: str
    sql: str
    weigh_by: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison of one trait. `missing` is the condition under which it says nothing at all."""

    key: str
    zh: str
    en: str
    missing: str
    levels: tuple[Level, ...]

    @property
    def all_levels(self) -> tuple[Level, ...]:
        """The named levels and, last, everything else."""
        return (*self.levels, Level("other", "不一致", "different", "ELSE"))

    def level_of(self, gamma: int) -> Level:
        """The level behind Splink's number: -1 missing, highest number the first level, 0 the last."""
        if gamma < 0:
            return Level("missing", "缺失，不计", "missing, not counted", self.missing)
        return self.all_levels[len(self.levels) - gamma]


@dataclass(frozen=True, slots=True)
class Rule:
    """A blocking rule: pairs that agree on all these derived columns are compared."""

    key: str
    columns: tuple[str, ...]

    @property
    def sql(self) -> str:
        return " and ".join(f"l.{c} = r.{c}" for c in self.columns)


@dataclass(frozen=True, slots=True)
class Spec:
    """All that linking needs to know about one kind of thing (person, company)."""

    kind: str
    comparisons: tuple[Comparison, ...]
    rules: tuple[Rule, ...]
    sure: tuple[Rule, ...]  # agreement on these is taken for a match when the number of matches is estimated
    columns: tuple[str, ...] = field(default=())


def settings(spec: Spec, parameters: dict[str, list[dict[str, float]]] | None, prior: float, detail: bool, link_type: str) -> dict[str, Any]:
    """Splink settings for a spec; `parameters` are m and u per comparison and level, once trained."""
    comparisons = []
    for c in spec.comparisons:
        levels: list[dict[str, Any]] = [{"sql_condition": c.missing, "label_for_charts": "missing", "is_null_level": True}]
        for i, level in enumerate(c.all_levels):
            one: dict[str, Any] = {"sql_condition": level.sql, "label_for_charts": level.key}
            if level.weigh_by:
                one["tf_adjustment_column"] = level.weigh_by
                one["tf_adjustment_weight"] = 1.0
            if parameters:
                one["m_probability"] = parameters[c.key][i]["m"]
                one["u_probability"] = parameters[c.key][i]["u"]
            levels.append(one)
        comparisons.append({"output_column_name": c.key, "comparison_levels": levels})
    return {
        "link_type": link_type,
        "unique_id_column_name": "unique_id",
        "source_dataset_column_name": "source_dataset",
        "probability_two_random_records_match": prior,
        "comparisons": comparisons,
        "blocking_rules_to_generate_predictions": [r.sql for r in spec.rules],
        "retain_matching_columns": detail,
        "retain_intermediate_calculation_columns": detail,
    }
