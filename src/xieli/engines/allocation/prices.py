"""Prices: what a unit of load costs at each body, and the bound that follows.

Two relaxations, both valid lower bounds on the cost of any plan under the same bands:

* the linear one (units may be split), solved over all allowed pairs by prices: a short subgradient run finds nearly right
  prices, the ten cheapest bodies per unit at these prices go into one exact LP, and pairs that the exact prices still find
  attractive are added until none is left. Its value is "the LP bound over all eligible bodies";
* the knapsack one (each body's load must be a sum of whole units, each unit may be taken any number of times), which is
  never weaker and here closes most of the distance to the true optimum. Held & Karp's subgradient on the multipliers of
  "each unit once", one 0/1 knapsack with a window per body, all bodies filled together.

Both are recomputed from their prices over the full matrix, so the bound does not rest on the solver's own word.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .core import NO_LIMIT, Core, Floats

FAR = 1e12


@dataclass(frozen=True)
class LinearPrices:
    """`bound` and the prices that prove it; `load_price[k]` ≤ 0 where the body is full, ≥ 0 where it needs more load."""

    bound: float
    unit_price: Floats
    load_price: Floats
    reduced: Floats
    share: Floats
    feasible: bool


def _finite_low(core: Core) -> Floats:
    return core.low.astype(float)


def linear_bound(core: Core, load_price: Floats) -> tuple[float, Floats]:
    """The LP bound that these load prices prove, and cost − price·weight for every pair (FAR where not allowed)."""
    priced = np.where(core.allowed, core.cost - core.weight * load_price, FAR)
    high = np.where(core.high >= NO_LIMIT, 0.0, core.high.astype(float))
    rows = np.where(load_price < 0, load_price * high, load_price * _finite_low(core))
    return float(priced.min(axis=1).sum() + rows.sum()), priced


def subgradient(core: Core, rounds: int = 200) -> Floats:
    """Nearly optimal load prices by a subgradient run of `rounds` steps; deterministic."""
    n, bodies = core.units, core.bodies
    cost = np.where(core.allowed, core.cost, FAR)
    low, high = _finite_low(core), core.high.astype(float)
    price = np.zeros(bodies)
    best, best_price, stale, pace = -np.inf, price, 0, 1.0
    rows = np.arange(n)
    for _ in range(rounds):
        priced = cost - core.weight * price
        pick = priced.argmin(axis=1)
        value = priced[rows, pick].sum() + np.where(price < 0, price * high, price * low).sum()
        load = np.bincount(pick, core.weight[rows, pick], bodies)
        slope = np.where(price < 0, high - load, np.where(price > 0, low - load,
                         np.minimum(high - load, 0) + np.maximum(low - load, 0)))
        if value > best:
            best, best_price, stale = float(value), price.copy(), 0
        else:
            stale += 1
            if stale >= 10:
                pace, stale, price = pace * 0.6, 0, best_price.copy()
                continue
        norm = float(slope @ slope)
        if norm < 1e-9:
            break
        price = price + pace * (0.05 * abs(best) + 1.0) / norm * slope
        price = np.where(core.high >= NO_LIMIT, np.maximum(price, 0.0), price)
    return best_price


def linear(core: Core, width: int = 10) -> LinearPrices:
    """The LP bound over all allowed pairs with its prices. `feasible` is False when not even split units fit the bands."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_matrix, vstack

    n, bodies = core.units, core.bodies
    width = min(width, bodies)
    _, priced = linear_bound(core, subgradient(core))
    have = np.zeros((n, bodies), dtype=bool)
    near = np.argpartition(priced, width - 1, axis=1)[:, :width]
    have[np.arange(n)[:, None], near] = True
    have &= core.allowed
    widened = False
    bounded = core.high < NO_LIMIT
    floor = core.low > 0
    while True:
        unit, body = np.nonzero(have)
        count = np.arange(len(unit))
        once = csr_matrix((np.ones(len(unit)), (unit, count)), (n, len(unit)))
        load = csr_matrix((core.weight[unit, body].astype(float), (body, count)), (bodies, len(unit)))
        result = linprog(core.cost[unit, body].astype(float), A_eq=once, b_eq=np.ones(n),
                         A_ub=vstack([load[bounded], -load[floor]]).tocsr(),
                         b_ub=np.concatenate([core.high[bounded], -core.low[floor]]).astype(float),
                         bounds=(0, None), method="highs-ds")
        if result.status == 2 and not widened and bool((core.allowed & ~have).any()):
            have, widened = core.allowed.copy(), True
            continue
        if result.status != 0:
            empty = np.zeros(0)
            return LinearPrices(np.inf, empty, empty, np.zeros((0, 0)), np.zeros((0, 0)), feasible=False)
        tops = int(bounded.sum())
        price = np.zeros(bodies)
        price[bounded] += result.ineqlin.marginals[:tops]
        price[floor] -= result.ineqlin.marginals[tops:]
        bound, priced = linear_bound(core, price)
        unit_price = np.asarray(result.eqlin.marginals, dtype=float)
        missing = (priced - unit_price[:, None] < -1e-6) & core.allowed & ~have
        if not bool(missing.any()):
            break
        have |= missing
    unit_price = priced.min(axis=1)
    share = np.zeros((n, bodies))
    share[unit, body] = result.x
    return LinearPrices(bound, unit_price, price, priced - unit_price[:, None], share, feasible=True)
