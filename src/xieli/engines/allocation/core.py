"""The assignment problem below zones, re-plans and the published test instances.

Units i (N of them) go to bodies k (K of them), each unit to exactly one:

    min Σ cost[i,k] x[i,k]   with   low[k] ≤ Σ_i weight[i,k] x[i,k] ≤ high[k]   and x[i,k] = 0 where not allowed

plus the side rules that a zone plan may carry: a cap on the number of cases per body, industry blocks (a body that takes
an industry takes at least so many of its units), and a budget of moved units. Everything is integer; loads are in 0.1
officer-month. This module holds the arrays and the arithmetic of a finished plan, no solver.
"""
from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NO_LIMIT = np.int64(2**40)


@dataclass(frozen=True)
class Block:
    """An industry kept together: a body outside `open_to` takes none of `units`, one inside takes none or at least `least`."""

    units: Ints
    open_to: Bools
    least: int


@dataclass(frozen=True)
class Core:
    """One assignment problem as arrays: cost, weight and allowed are N×K, low and high have K entries (NO_LIMIT = none)."""

    cost: Ints
    weight: Ints
    low: Ints
    high: Ints
    allowed: Bools
    cases: Ints | None = None
    case_cap: Ints | None = None
    blocks: tuple[Block, ...] = ()
    current: Ints | None = None
    move_budget: int | None = None
    #: weight[i,k] does not depend on k (zones); lets the knapsack tables be filled by slices
    uniform: bool = field(default=True)

    @property
    def units(self) -> int:
        return int(self.cost.shape[0])

    @property
    def bodies(self) -> int:
        return int(self.cost.shape[1])

    @property
    def has_side_rules(self) -> bool:
        return bool(self.blocks) or self.case_cap is not None or self.move_budget is not None

    def loads(self, assign: Ints) -> Ints:
        """Load of every body under a plan; shape (K,), in the unit of `weight`."""
        rows = np.arange(self.units)
        out = np.bincount(assign, weights=self.weight[rows, assign], minlength=self.bodies)
        return np.rint(out).astype(np.int64)

    def loads_of(self, partial: Ints) -> Ints:
        """Load of every body under a plan in which −1 marks units not yet placed."""
        placed = np.nonzero(partial >= 0)[0]
        out = np.bincount(partial[placed], weights=self.weight[placed, partial[placed]], minlength=self.bodies)
        return np.rint(out).astype(np.int64)

    def total(self, assign: Ints) -> int:
        """Cost of a plan."""
        return int(self.cost[np.arange(self.units), assign].sum())

    def violation(self, assign: Ints) -> int:
        """Load outside the bands, summed; 0 means every band holds. Side rules are not counted here."""
        load = self.loads(assign)
        return int(np.maximum(load - self.high, 0).sum() + np.maximum(self.low - load, 0).sum())

    def side_rules_hold(self, assign: Ints) -> bool:
        """Whether case caps, blocks, move budget and bans hold for a plan."""
        rows = np.arange(self.units)
        if not bool(self.allowed[rows, assign].all()):
            return False
        if self.case_cap is not None and self.cases is not None:
            count = np.bincount(assign, weights=self.cases, minlength=self.bodies)
            if bool((count > self.case_cap + 1e-9).any()):
                return False
        for block in self.blocks:
            count = np.bincount(assign[block.units], minlength=self.bodies)
            if bool(((count > 0) & ~block.open_to).any()) or bool(((count > 0) & (count < block.least)).any()):
                return False
        if self.move_budget is not None and self.current is not None:
            moved = int(((self.current >= 0) & (self.current != assign)).sum())
            if moved > self.move_budget:
                return False
        return True


def without_pairs(allowed: Bools, blocks: tuple[Block, ...]) -> Bools:
    """The allowed pairs once blocks have closed an industry to the bodies that may not take it."""
    out = allowed.copy()
    for block in blocks:
        out[np.ix_(block.units, ~block.open_to)] = False
    return out
