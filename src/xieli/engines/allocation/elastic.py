"""The smallest band that some plan can hold: what to answer when no band of the ladder holds."""
from __future__ import annotations

import numpy as np

from . import highs
from .core import NO_LIMIT, without_pairs
from .zone_model import ZoneProblem, targets, to_core

NODES = 300


def smallest_band(problem: ZoneProblem) -> tuple[float, float] | None:
    """(δ, lower bound on δ) such that a plan within ±δ exists; None when caps, bans or locks leave no plan at any δ.

    Minimises δ over whole units with case caps and move budget in force. Node-limited: the first value is always sufficient,
    the second tells how much smaller it could at most be.
    """
    from scipy.sparse import csr_matrix

    core = to_core(problem, problem.ladder[-1])
    load = np.array([u.load for u in problem.units], dtype=np.int64)
    share = np.array(targets(problem, load))
    cap = np.array([np.inf if b.cap is None else float(b.cap) for b in problem.bodies])
    allowed = without_pairs(core.allowed, core.blocks)
    km_rank = np.argsort(np.argsort(np.where(allowed, core.cost, 10**9), axis=1, kind="stable"), axis=1, kind="stable")
    width = max(3, 4000 // max(1, core.units))
    unit, body = np.nonzero(allowed & (km_rank < width))
    narrowed = len(unit) < int(allowed.sum())
    pairs, n, k = len(unit), core.units, core.bodies
    weight = load[unit].astype(float)
    one = np.arange(pairs)
    rows = [unit, n + body, n + np.arange(k), n + k + body, n + k + np.arange(k), n + 2 * k + body]
    cols = [one, one, np.full(k, pairs), one, np.full(k, pairs), one]
    vals = [np.ones(pairs), weight, -share, weight, share, weight]
    low = [np.ones(n), np.full(k, -np.inf), np.minimum(share, cap), np.full(k, -np.inf)]
    high = [np.ones(n), share, np.full(k, np.inf), cap]
    row = n + 3 * k
    if core.case_cap is not None and core.cases is not None:
        rows.append(row + body)
        cols.append(one)
        vals.append(core.cases[unit].astype(float))
        low.append(np.full(k, -np.inf))
        high.append(np.where(core.case_cap >= NO_LIMIT, np.inf, core.case_cap.astype(float)))
        row += k
    if core.move_budget is not None and core.current is not None:
        moves = (core.current[unit] >= 0) & (core.current[unit] != body)
        rows.append(np.full(int(moves.sum()), row))
        cols.append(one[moves])
        vals.append(np.ones(int(moves.sum())))
        low.append(np.array([-np.inf]))
        high.append(np.array([float(core.move_budget)]))
        row += 1
    matrix = csr_matrix((np.concatenate(vals), (np.concatenate(rows), np.concatenate(cols))), (row, pairs + 1))
    result = highs.milp(np.concatenate([np.zeros(pairs), [1.0]]), np.concatenate([np.ones(pairs), [0]]),
                        np.concatenate([np.ones(pairs), [np.inf]]), matrix, np.concatenate(low), np.concatenate(high),
                        nodes=NODES, seconds=120.0, gap=0.01)
    if result.x is None:
        return None
    chosen = result.x[:pairs] > 0.5
    sums = np.bincount(body[chosen], weights=weight[chosen], minlength=k)
    reachable = np.minimum(share, cap)
    band = float(np.max(np.maximum((sums - share) / share, (reachable - sums) / share)))
    biggest = 0.0
    for i, u in enumerate(problem.units):
        room = max(float(share[j]) for j in range(k) if allowed[i, j])
        biggest = max(biggest, u.load / room - 1)
    least = biggest if narrowed else max(biggest, float(result.mip_dual_bound or 0.0))
    return band, min(band, least)
