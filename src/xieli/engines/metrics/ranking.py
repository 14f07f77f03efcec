"""Ranks from judges' scores by a stated rule; equal scores share a rank, and the same scores give the same ranks in any order."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Place:
    """One contestant's place: rank (shared by ties), score, how many judges counted."""

    person: str
    rank: int
    score: Fraction
    judges: int
    tied: bool


def rank(scores: Iterable[tuple[str, str, int]], rule: str) -> list[Place]:
    """Places from (person, judge, score). ``mean``: all judges; ``trimmed``: without one highest and one lowest.

    Raises ValueError for another rule, for a judge who scored a person twice, and for fewer than three scores when trimming.
    """
    if rule not in ("mean", "trimmed"):
        raise ValueError(f"合分规则“{rule}”不认识 / unknown rule {rule}")
    of: dict[str, dict[str, int]] = {}
    for person, judge, score in scores:
        if judge in of.setdefault(person, {}):
            raise ValueError(f"评委 {judge} 给 {person} 打了两次分 / judge {judge} scored {person} twice")
        of[person][judge] = score
    means: dict[str, tuple[Fraction, int]] = {}
    for person, given in of.items():
        kept = sorted(given.values())
        if rule == "trimmed":
            if len(kept) < 3:
                raise ValueError(f"{person} 不足三个评分，不能去掉最高最低 / {person} has fewer than three scores")
            kept = kept[1:-1]
        means[person] = (Fraction(sum(kept), len(kept)), len(kept))
    order = sorted(means, key=lambda p: (-means[p][0], p))
    values = [means[p][0] for p in order]
    return [Place(p, values.index(means[p][0]) + 1, means[p][0], means[p][1], values.count(means[p][0]) > 1) for p in order]
