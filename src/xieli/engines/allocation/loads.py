"""The load index 负荷指数: what one unit is expected to cost its body, in 0.1 officer-month. Counts and weights only, no case content.

    load = base + per_head · headcount/1000 + industry + Σ over kinds of (expected cases a year × officer-months per case)

Expected cases are shrunk (Gamma–Poisson over industry × size): last year's bare count would make a unit with one unlucky case look
ten times heavier than its like. All weights are ours, versioned, approved before use; `definition` prints them.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .words import BadInput, Text


@dataclass(frozen=True)
class LoadWeights:
    """Ours: officer-months (×10) per unit, per thousand staff, per industry, per case by kind; prior strength in unit-years."""

    version: str = "1 (ours)"
    base: float = 2.0
    per_thousand: float = 1.5
    industry: Mapping[str, float] = field(default_factory=dict)
    per_case: Mapping[str, float] = field(default_factory=lambda: {"lead": 3.0, "case": 15.0})
    prior_years: float = 2.0
    sizes: tuple[int, ...] = (200, 2000)


@dataclass(frozen=True)
class UnitRecord:
    """Counts of one unit: staff, and matters by kind over `years`."""

    id: str | int
    industry: str
    headcount: int
    years: float
    matters: Mapping[str, int]


@dataclass(frozen=True)
class LoadIndex:
    """The whole-number load and its parts, which add up to it before rounding."""

    unit: str | int
    load: int
    parts: dict[str, float]


def _size(record: UnitRecord, weights: LoadWeights) -> int:
    return sum(record.headcount >= limit for limit in weights.sizes)


def index(records: Sequence[UnitRecord], weights: LoadWeights | None = None) -> list[LoadIndex]:
    """Load of every unit; raises BadInput on negative counts, no years, duplicate ids or a kind without a weight."""
    w = weights or LoadWeights()
    seen: set[str] = set()
    for r in records:
        if str(r.id) in seen:
            raise BadInput("duplicate-id", [str(r.id)], Text(f"单位编号 {r.id} 重复。", f"Unit id {r.id} occurs twice."))
        seen.add(str(r.id))
        if r.headcount < 0 or r.years <= 0 or any(n < 0 for n in r.matters.values()):
            raise BadInput("negative-load", [str(r.id)], Text(f"单位 {r.id} 的人数、年数或件数无效。", f"Unit {r.id} has an impossible headcount, span or count."))
        unknown = sorted(set(r.matters) - set(w.per_case))
        if unknown:
            raise BadInput("unknown-kind", [str(r.id), *unknown], Text(f"事项种类 {'、'.join(unknown)} 没有权重。", f"No weight for kind {', '.join(unknown)}."))
    groups: dict[tuple[str, int, str], tuple[float, float]] = {}
    for r in records:
        for kind in w.per_case:
            count, years = groups.get((r.industry, _size(r, w), kind), (0.0, 0.0))
            groups[r.industry, _size(r, w), kind] = (count + r.matters.get(kind, 0), years + r.years)
    out = []
    for r in records:
        parts = {"base": w.base, "headcount": w.per_thousand * r.headcount / 1000, "industry": w.industry.get(r.industry, 0.0)}
        for kind, months in w.per_case.items():
            count, years = groups[r.industry, _size(r, w), kind]
            rate = (r.matters.get(kind, 0) + w.prior_years * count / years) / (r.years + w.prior_years)
            parts[kind] = months * rate
        out.append(LoadIndex(r.id, max(1, round(sum(parts.values()))), {k: round(v, 2) for k, v in parts.items()}))
    return out


#: what a kind of matter is called in the definition
KIND_ZH = {"lead": "线索", "case": "案件"}


def definition(weights: LoadWeights | None = None) -> Text:
    """The definition of the index in words, printed beside every figure that uses it."""
    w = weights or LoadWeights()
    kinds_zh = "、".join(f"{KIND_ZH.get(k, k)}每件 {v:g}" for k, v in w.per_case.items())
    kinds_en = ", ".join(f"{v:g} per {k}" for k, v in w.per_case.items())
    return Text(f"负荷指数 {w.version.replace(' (ours)', '（本平台默认）')}（单位 0.1 人月）：每家 {w.base:g}，每千人 {w.per_thousand:g}，行业附加，预期件数×（{kinds_zh}）；"
                f"预期件数向同行业同规模的平均收缩，强度 {w.prior_years:g} 年。只用数量和权重，不含案情。",
                f"Load index {w.version} (0.1 officer-month): {w.base:g} per unit, {w.per_thousand:g} per thousand staff, an industry term, expected matters × "
                f"({kinds_en}); expected matters are shrunk to the mean of the same industry and size with the weight of {w.prior_years:g} years. Counts and weights only.")
