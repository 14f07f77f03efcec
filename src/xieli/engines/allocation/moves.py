"""The fewest moves that restore the bands and, among these, the cheapest plan: one lexicographic programme, twice.

First over the fourteen cheapest bodies per unit, which gives some number m of moves. Prices over all pairs then give every pair
a floor (any plan holding it makes at least so many moves); pairs with a floor above m are left out for good reason, and the
programme over all others is exact: fewest moves first, lowest cost second, over all allowed pairs.
"""
from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from . import mip, search
from .core import Bools, Core, Ints

NEAR = 14
#: the dearer knapsack floors rule pairs out only when plan and bound are this few moves apart
CLOSE = 4
#: tree nodes for a programme of more than 10,000 pairs; each holds a copy of its basis in memory
WIDE_NODES = 200
#: pairs up to which the exact programme is tried
MOST_PAIRS = 30_000


@dataclass(frozen=True)
class Moves:
    """`fewest` moves found, the proven `bound`, whether equal; `considered` of `pairs` pairs were not ruled out by price."""

    fewest: int
    bound: int
    proven: bool
    considered: int
    pairs: int
    log: tuple[str, ...]


def fewest(core: Core, effort: search.Effort, report: search.Report | None = None) -> tuple[Moves, search.Found] | None:
    """Moves and plan, or None when no plan within the bands (and the move budget) was found."""
    assert core.current is not None
    settled = core.current >= 0
    stays = core.current[:, None] == np.arange(core.bodies)[None, :]
    moved = np.where(stays | ~settled[:, None], 0, 1).astype(np.int64)
    state = search.Search(replace(core, cost=moved), replace(effort, knapsack_rounds=0), None)
    search.price(state)
    if state.impossible:
        return None
    log = state.log
    at_home = core.cost[np.arange(core.units), np.maximum(core.current, 0)]
    extra = np.where(settled[:, None], core.cost - at_home[:, None], core.cost)
    # one move outweighs any difference in cost that the moved units could make
    weight = int(np.abs(extra).max() + 1) * min(core.units, 200)
    combined = moved * weight + extra
    cheap = np.argsort(np.argsort(np.where(core.allowed, core.cost, 10**9), axis=1, kind="stable"), axis=1, kind="stable")
    near: Bools = core.allowed & ((cheap < NEAR) | stays)
    best, out = _programme(core, combined, near, effort)
    log.append(f"{int(near.sum())} of {int(core.allowed.sum())} pairs: {'no plan' if best is None else f'{_count(moved, best)} moves'}")
    plan, proven_cost = best, False
    least, pairs = max(0, state.bound), near
    limit = np.inf if plan is None else _count(moved, plan)
    if np.isfinite(limit) and limit - state.base < CLOSE:
        refined = search.Search(state.core, replace(effort, knapsack_rounds=40), None)
        search.price(refined)
        if refined.impossible:
            return None
        state, least = refined, max(least, refined.bound)
        log = [*log, *refined.log]
    possible: Bools = core.allowed & ((state.base + state.rank <= limit + 1e-6) | stays)
    if int(possible.sum()) <= MOST_PAIRS:
        pairs = possible
        best, out = _programme(core, combined, pairs, effort)
        log.append(f"{int(pairs.sum())} pairs not ruled out by price: {'no plan' if best is None else f'{_count(moved, best)} moves'}")
        if best is not None and (plan is None or _value(combined, best) <= _value(combined, plan)):
            plan = best
        if plan is not None and out.proven:
            least, proven_cost = _count(moved, plan), True
        elif np.isfinite(out.bound):
            least = max(least, int(np.ceil(out.bound / weight - 1.0 + 1e-9)))
    if plan is None:
        return None
    count, cost = _count(moved, plan), core.total(plan)
    if report is not None:
        report(plan, cost, "fewest moves")
    least = min(least, count)
    moves = Moves(count, least, least >= count, int(pairs.sum()), int(core.allowed.sum()), tuple(log))
    by_clock = state.by_clock or out.by_clock
    found = search.Found(plan, cost, float(cost if proven_cost else 0), cost if proven_cost else 0, proven_cost, False, by_clock, False, 0,
                         np.zeros(core.bodies), np.zeros(core.units), (*log, f"cost {cost} with {count} moves"))
    return moves, found


def _count(moved: Ints, plan: Ints) -> int:
    return int(moved[np.arange(len(plan)), plan].sum())


def _value(cost: Ints, plan: Ints) -> int:
    return int(cost[np.arange(len(plan)), plan].sum())


def _programme(core: Core, cost: Ints, pairs: Bools, effort: search.Effort) -> tuple[Ints | None, mip.Outcome]:
    unit, body = np.nonzero(pairs)
    out = mip.solve(core, np.arange(core.units), np.arange(core.bodies), unit, body, outside=None,
                    nodes=effort.proof_nodes if len(unit) <= 10_000 else WIDE_NODES,
                    seconds=effort.seconds, cost=cost)
    return out.assign, out
