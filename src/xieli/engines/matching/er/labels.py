"""People's verdicts become labels: levels of agreement only, never names, dates or numbers of anybody.

A model learns from them by counting: the trained shares m and u act as so many earlier cases, each verdict
adds one. Few verdicts therefore move a model a little, many move it a lot.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .link import Model
from .spec import Spec

VERDICTS = {"true": "属实", "false": "不属实", "data_error": "数据错误", "open": "待核"}
EARLIER_CASES = 100.0  # how many verdicts the trained shares weigh as much as; our default


@dataclass(frozen=True, slots=True)
class Label:
    """What is kept of a judged pair: a level per comparison and the verdict. Nothing else fits in."""

    levels: tuple[tuple[str, str], ...]
    verdict: str

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON Lines."""
        return {"levels": dict(self.levels), "verdict": self.verdict}

    @staticmethod
    def from_dict(data: Mapping[str, Any], spec: Spec) -> Label:
        """Read a stored label. Raises ValueError for anything that is not a level of the spec or a verdict."""
        if set(data) != {"levels", "verdict"} or data["verdict"] not in VERDICTS:
            raise ValueError("a label holds levels and a verdict, nothing else / 标签只含比对层级与判断")
        known = {c.key: {level.key for level in c.all_levels} | {"missing"} for c in spec.comparisons}
        for key, level in data["levels"].items():
            if level not in known.get(key, set()):
                raise ValueError(f"unknown level {key}={level} / 未知层级")
        return Label(tuple(sorted(data["levels"].items())), data["verdict"])


def label(pair: Mapping[str, Any], spec: Spec, verdict: str) -> Label:
    """Make a label of one row of score(..., detail=True) and a person's verdict."""
    if verdict not in VERDICTS:
        raise ValueError(f"verdict must be one of {', '.join(VERDICTS)} / 判断须为：{'、'.join(VERDICTS.values())}")
    levels = tuple(sorted((c.key, c.level_of(int(pair[f"gamma_{c.key}"])).key) for c in spec.comparisons))
    return Label(levels, verdict)


def learn(model: Model, spec: Spec, labels: Sequence[Label], earlier: float = EARLIER_CASES) -> Model:
    """A new model that counts the verdicts in; open and data_error verdicts teach nothing about agreement.

    Only m is learned, from pairs judged true. u is not: judged pairs were candidates because they agreed on
    something, so the rejected ones are no sample of strangers; they count in precision() instead.
    """
    true = [dict(x.levels) for x in labels if x.verdict == "true"]
    parameters: dict[str, list[dict[str, float]]] = {}
    for c in spec.comparisons:
        seen = [t[c.key] for t in true if t.get(c.key, "missing") != "missing"]
        if not seen:
            parameters[c.key] = model.parameters[c.key]
            continue
        rows = []
        for old, level in zip(model.parameters[c.key], c.all_levels, strict=True):
            m = (old["m"] * earlier + seen.count(level.key)) / (earlier + len(seen))
            rows.append({"m": m, "u": old["u"]})
        parameters[c.key] = rows
    note = f"{model.trained_on}; {len(true)} true verdicts of {len(labels)}"
    return Model(model.kind, model.prior, parameters, note)


def precision(labels: Sequence[Label]) -> float | None:
    """Share of true among judged true or false; None while nothing was judged."""
    judged = [x for x in labels if x.verdict in ("true", "false")]
    return sum(x.verdict == "true" for x in judged) / len(judged) if judged else None
