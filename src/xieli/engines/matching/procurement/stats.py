"""Quartiles and fences as the demonstrations of the definitions give them.

The demonstration of R024 prints q1 66.6667 and lower fence 16.6667 for differences 0, 0, 100 × 7: that is the median
unbiased quantile (Hyndman and Fan 1996, type 8), and no other of the nine types.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


def quantile(values: Sequence[float], p: float) -> float:
    """Type 8 quantile of a non-empty sequence: h = (n + 1/3) p + 1/3, linear between neighbours."""
    ordered = sorted(values)
    h = (len(ordered) + 1 / 3) * p + 1 / 3
    k = int(h)
    if k <= 0:
        return ordered[0]
    if k >= len(ordered):
        return ordered[-1]
    return ordered[k - 1] + (h - k) * (ordered[k] - ordered[k - 1])


@dataclass(frozen=True)
class Fences:
    """First and third quartile and the fences 1.5 interquartile ranges beyond them."""

    q1: float
    q3: float

    @property
    def lower(self) -> float:
        return self.q1 - 1.5 * (self.q3 - self.q1)

    @property
    def upper(self) -> float:
        return self.q3 + 1.5 * (self.q3 - self.q1)


def fences(values: Sequence[float]) -> Fences | None:
    """None for no values, and where both quartiles are 0, which would flag three quarters of all cases."""
    if not values:
        return None
    f = Fences(quantile(values, 0.25), quantile(values, 0.75))
    return None if f.q1 == 0 and f.q3 == 0 else f
