"""One integer programme over chosen pairs, handed to HiGHS (inside scipy), with the side rules of the plan.

scipy gives no call-back and no warm start, so every programme here is small or has a node limit; a wall limit is only the
emergency stop and is reported as such, because what the clock decides cannot be replayed.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import highs
from .core import NO_LIMIT, Core, Ints


@dataclass(frozen=True)
class Outcome:
    """`assign` of the units asked for (None when none was found), `bound`, and whether it is proven or the clock cut it."""

    assign: Ints | None
    value: float
    bound: float
    proven: bool
    infeasible: bool
    by_clock: bool
    nodes: int


def solve(core: Core, units: Ints, bodies: Ints, pair_unit: Ints, pair_body: Ints, *, outside: Ints | None,
          nodes: int, seconds: float, penalty: float | None = None, cost: Ints | None = None,
          cost_at_most: float | None = None, gap: float = 0.0) -> Outcome:
    """Assign `units` to `bodies` over the given pairs, the rest of the plan (`outside`, −1 where free) staying as it is.

    `penalty` allows load outside the bands at this price per unit of load (for repairing); `cost` replaces the cost matrix
    (for tie-breaks) with `cost_at_most` keeping the true cost; `nodes` limits the search tree, `seconds` is the emergency.
    """
    from scipy.sparse import csr_matrix

    n, b, pairs = len(units), len(bodies), len(pair_unit)
    row_of_unit = np.full(core.units, -1)
    row_of_unit[units] = np.arange(n)
    row_of_body = np.full(core.bodies, -1)
    row_of_body[bodies] = np.arange(b)
    counts = np.bincount(row_of_unit[pair_unit], minlength=n)
    if bool((counts == 0).any()):
        return Outcome(None, np.inf, np.inf, proven=True, infeasible=True, by_clock=False, nodes=0)

    objective = [(core.cost if cost is None else cost)[pair_unit, pair_body].astype(float)]
    rows: list[Ints] = [row_of_unit[pair_unit], n + row_of_body[pair_body]]
    cols: list[Ints] = [np.arange(pairs), np.arange(pairs)]
    vals = [np.ones(pairs), core.weight[pair_unit, pair_body].astype(float)]
    low = [np.ones(n), core.low[bodies].astype(float)]
    high = [np.ones(n), np.where(core.high[bodies] >= NO_LIMIT, np.inf, core.high[bodies].astype(float))]
    row, width = n + b, pairs
    upper: list[float] = [1.0] * pairs
    whole: list[int] = [1] * pairs

    if penalty is not None:
        objective.append(np.full(2 * b, penalty))
        rows += [n + np.arange(b), n + np.arange(b)]
        cols += [width + np.arange(b), width + b + np.arange(b)]
        vals += [-np.ones(b), np.ones(b)]
        upper += [np.inf] * (2 * b)
        whole += [0] * (2 * b)
        width += 2 * b

    if core.case_cap is not None and core.cases is not None:
        rows.append(row + row_of_body[pair_body])
        cols.append(np.arange(pairs))
        vals.append(core.cases[pair_unit].astype(float))
        low.append(np.full(b, -np.inf))
        high.append(np.where(core.case_cap[bodies] >= NO_LIMIT, np.inf, core.case_cap[bodies].astype(float)))
        row += b

    for block in core.blocks:
        inside = np.zeros(core.units, dtype=bool)
        inside[block.units] = True
        which = np.nonzero(inside[pair_unit])[0]
        if len(which) == 0:
            continue
        size = float(inside[units].sum())
        at = row_of_body[pair_body[which]]
        # Σ x ≤ size·y  and  Σ x ≥ least·y, one y per body; x ≤ y itself where it is cheap to say
        for sign, factor in ((1.0, -size), (-1.0, float(block.least))):
            rows += [row + at, row + np.arange(b)]
            cols += [which, width + np.arange(b)]
            vals += [np.full(len(which), sign), np.full(b, factor)]
            low.append(np.full(b, -np.inf))
            high.append(np.zeros(b))
            row += b
        objective.append(np.zeros(b))
        upper += [1.0] * b
        whole += [1] * b
        width += b

    if core.move_budget is not None and core.current is not None:
        moves = (core.current[pair_unit] >= 0) & (core.current[pair_unit] != pair_body)
        spent = 0
        if outside is not None:
            spent = int(((outside >= 0) & (core.current >= 0) & (outside != core.current)).sum())
        rows.append(np.full(int(moves.sum()), row))
        cols.append(np.nonzero(moves)[0])
        vals.append(np.ones(int(moves.sum())))
        low.append(np.array([-np.inf]))
        high.append(np.array([float(core.move_budget - spent)]))
        row += 1

    if cost_at_most is not None:
        rows.append(np.full(pairs, row))
        cols.append(np.arange(pairs))
        vals.append(core.cost[pair_unit, pair_body].astype(float))
        low.append(np.array([-np.inf]))
        high.append(np.array([cost_at_most]))
        row += 1

    matrix = csr_matrix((np.concatenate(vals), (np.concatenate(rows), np.concatenate(cols))), (row, width))
    result = highs.milp(np.concatenate(objective), np.array(whole), np.array(upper), matrix, np.concatenate(low), np.concatenate(high),
                        nodes=nodes, seconds=seconds, gap=gap)
    bound = -np.inf if result.mip_dual_bound is None else float(result.mip_dual_bound)
    count = int(result.mip_node_count or 0)
    if result.x is None:
        return Outcome(None, np.inf, bound, proven=result.status == 2, infeasible=result.status == 2,
                       by_clock=result.status == 1 and count < nodes, nodes=count)
    chosen = result.x[:pairs] > 0.5
    assign = np.full(n, -1)
    assign[row_of_unit[pair_unit[chosen]]] = pair_body[chosen]
    return Outcome(assign.astype(np.int64), float(result.fun), bound, proven=result.status == 0, infeasible=False,
                   by_clock=result.status == 1 and count < nodes, nodes=count)
