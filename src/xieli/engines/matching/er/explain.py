"""Why a pair scored what it scored: a waterfall from the starting odds to the sum, in words and as SVG.

Weights are in bits: +1 doubles the odds that two records are the same. Words zh and en stand on every step.
"""
from __future__ import annotations

import html
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .link import Model
from .spec import Spec

BAR, LEFT, WIDTH = 26, 250, 420  # pixels: height of a row, room for words, room for bars


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what was compared, on which level it agreed, what that adds, and the sum so far (bits)."""

    key: str
    zh: str
    en: str
    level_key: str
    level_zh: str
    level_en: str
    weight: float
    rarity: float  # part of the weight that comes from how rare the value is; 0 where not used
    total: float


@dataclass(frozen=True, slots=True)
class Waterfall:
    """A scored pair taken apart. probability is 0–1; strength in words is for people, never a finding."""

    left_id: str
    right_id: str
    start: float
    steps: tuple[Step, ...]
    total: float
    probability: float
    strength_zh: str
    strength_en: str

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


# our own wording, no standard: bits of evidence → words
STRENGTH = ((10.0, "很强", "very strong"), (5.0, "强", "strong"), (2.0, "中等", "moderate"), (0.0, "弱", "weak"), (-math.inf, "不像同一对象", "unlikely the same"))


def strength(total: float) -> tuple[str, str]:
    """Words for a total in bits (zh, en); our default scale."""
    for least, zh, en in STRENGTH:
        if total >= least:
            return zh, en
    raise ValueError(f"not a weight / 不是权重：{total}")


def waterfall(pair: Mapping[str, Any], spec: Spec, model: Model) -> Waterfall:
    """Take one row of score(..., detail=True) apart. The steps add up to its weight."""
    start = math.log2(model.prior / (1 - model.prior))
    total = start
    steps = []
    for c in spec.comparisons:
        level = c.level_of(int(pair[f"gamma_{c.key}"]))
        weight = float(pair[f"mw_{c.key}"])
        rarity = float(pair.get(f"mw_tf_adj_{c.key}") or 0.0)
        total += weight + rarity
        steps.append(Step(c.key, c.zh, c.en, level.key, level.zh, level.en, weight + rarity, rarity, total))
    zh, en = strength(total)
    return Waterfall(str(pair["left_id"]), str(pair["right_id"]), start, tuple(steps), total, 1 / (1 + 2.0**-total), zh, en)


def svg(w: Waterfall, language: str = "zh") -> str:
    """The waterfall as a small SVG with a title and a table twin in its description; language zh or en."""
    if language not in ("zh", "en"):
        raise ValueError(f"language must be zh or en / 语言须为 zh 或 en: {language}")
    zh = language == "zh"
    rows = [("起始（随机两条）" if zh else "start (any two records)", 0.0, w.start)]
    at = w.start
    for s in w.steps:
        words = f"{s.zh}：{s.level_zh}" if zh else f"{s.en}: {s.level_en}"
        rows.append((words, at, s.total))
        at = s.total
    rows.append(((f"合计（{w.strength_zh}）" if zh else f"sum ({w.strength_en})"), 0.0, w.total))
    low = min(0.0, *(min(a, b) for _, a, b in rows))
    high = max(0.0, *(max(a, b) for _, a, b in rows))
    scale = WIDTH / max(high - low, 1e-9)

    def x(value: float) -> float:
        return LEFT + (value - low) * scale

    title = "比对依据" if zh else "why this pair"
    said = "; ".join(f"{words} {b - a:+.1f}" for words, a, b in rows)
    height = BAR * len(rows) + 30
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 70}" height="{height}" role="img" aria-labelledby="t d" font-size="13">',
        f'<title id="t">{title}</title><desc id="d">{html.escape(said)}</desc>',
        f'<line x1="{x(0):.1f}" y1="4" x2="{x(0):.1f}" y2="{height - 22}" stroke="#888" stroke-dasharray="3 3"/>',
    ]
    for i, (words, a, b) in enumerate(rows):
        y = 6 + i * BAR
        edge = i in (0, len(rows) - 1)
        colour = "#4a5568" if edge else "#1f6f43" if b >= a else "#a4342b"
        out.append(f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end">{html.escape(words)}</text>')
        out.append(f'<rect x="{x(min(a, b)):.1f}" y="{y}" width="{max(abs(b - a) * scale, 1):.1f}" height="{BAR - 8}" fill="{colour}"/>')
        out.append(f'<text x="{x(max(a, b)) + 4:.1f}" y="{y + 14}">{b - a:+.1f}</text>')
    unit = "单位：比特；每 +1，同一对象的可能性之比加倍。命中不等于认定" if zh else "bits: each +1 doubles the odds. A hit is not a finding"
    out.append(f'<text x="4" y="{height - 6}" fill="#555">{unit}</text></svg>')
    return "\n".join(out)
