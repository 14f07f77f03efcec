"""Households linked through their members: evidence is the members that were linked, never the address alone."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa


@dataclass(frozen=True, slots=True)
class HouseholdLink:
    """Two households that share members. Shares are of the smaller household's size, 0–1; a proposal only."""

    left: str
    right: str
    members: tuple[tuple[str, str, float], ...]  # left_id, right_id, probability
    expected: float  # expected number of shared members
    share: float


def link_households(pairs: pa.Table, left_of: Mapping[str, str], right_of: Mapping[str, str], least: int = 2) -> list[HouseholdLink]:
    """Propose pairs of households with at least `least` linked members, or all members where one lives alone.

    pairs: left_id, right_id, probability from score(). left_of, right_of: person → household. Each person counts
    for his best partner in the other household only, so that one person cannot carry a link twice.
    """
    size_left = _sizes(left_of)
    size_right = _sizes(right_of)
    found: dict[tuple[str, str], list[tuple[str, str, float]]] = {}
    columns = (pairs["left_id"].to_pylist(), pairs["right_id"].to_pylist(), pairs["probability"].to_pylist())
    order = np.argsort(-np.asarray(columns[2], dtype=float), kind="stable").tolist()
    for i in order:
        a, b, p = columns[0][i], columns[1][i], float(columns[2][i])
        if a not in left_of or b not in right_of:
            continue
        members = found.setdefault((left_of[a], right_of[b]), [])
        if all(a != x and b != y for x, y, _ in members):
            members.append((a, b, p))
    out = []
    for (h, k), members in found.items():
        smaller = min(size_left[h], size_right[k])
        if len(members) >= least or len(members) == smaller:
            expected = sum(p for _, _, p in members)
            out.append(HouseholdLink(h, k, tuple(members), expected, expected / smaller))
    return sorted(out, key=lambda x: (-x.expected, x.left, x.right))


def _sizes(of: Mapping[str, str]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for household in of.values():
        sizes[household] = sizes.get(household, 0) + 1
    return sizes
