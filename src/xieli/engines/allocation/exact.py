"""A small assignment problem to its end by CP-SAT, ties included: whole numbers throughout, so both goals fit one objective.

HiGHS proves the cheapest plan well but breaks ties badly (a second programme on the face of the optima cost as much as all before
it); CP-SAT reasons in integers, so `cost · BIG + digest order` is exact and one search settles both. Side rules as in mip.py.
"""
from __future__ import annotations

from typing import Any

import numpy as np

from .core import NO_LIMIT, Bools, Core, Ints

#: pairs up to which this is tried; beyond it HiGHS has the better bounds
MOST_PAIRS = 600
#: deterministic seconds of CP-SAT: a count of its own work, the same on every machine
EFFORT = 3.0


def settle(core: Core, keep: Bools, order: Ints, *, seed: int, seconds: float) -> Ints | None:
    """The cheapest plan over the pairs of `keep`, and among equals the one of smallest `order`; None where not settled in EFFORT."""
    from ortools.sat.python import cp_model

    unit, body = np.nonzero(keep)
    if len(unit) > MOST_PAIRS:
        return None
    model = cp_model.CpModel()
    pairs = [model.new_bool_var("") for _ in unit]
    of_unit: list[list[int]] = [[] for _ in range(core.units)]
    of_body: list[list[int]] = [[] for _ in range(core.bodies)]
    for n, (i, k) in enumerate(zip(unit.tolist(), body.tolist(), strict=True)):
        of_unit[i].append(n)
        of_body[k].append(n)
    for mine in of_unit:
        model.add_exactly_one([pairs[n] for n in mine])
    for k, mine in enumerate(of_body):
        load = sum(int(core.weight[unit[n], k]) * pairs[n] for n in mine)
        model.add_linear_constraint(load, int(core.low[k]), int(min(core.high[k], NO_LIMIT)))
        if core.case_cap is not None and core.cases is not None and core.case_cap[k] < NO_LIMIT:
            model.add(sum(int(core.cases[unit[n]]) * pairs[n] for n in mine) <= int(core.case_cap[k]))
    for block in core.blocks:
        inside = set(block.units.tolist())
        for mine in of_body:
            held = [pairs[n] for n in mine if int(unit[n]) in inside]
            if held:
                opened = model.new_bool_var("")
                model.add(sum(held) >= block.least * opened)
                for one in held:
                    model.add_implication(one, opened)
    if core.move_budget is not None and core.current is not None:
        model.add(sum(pairs[n] for n, (i, k) in enumerate(zip(unit, body, strict=True)) if core.current[i] >= 0 and core.current[i] != k) <= core.move_budget)
    ranks = [int(order[i, k]) for i, k in zip(unit, body, strict=True)]
    big = 1 + core.units * max(ranks)  # more than any sum of ranks: cost first
    model.minimize(sum((int(core.cost[i, k]) * big + rank) * pairs[n] for n, (i, k, rank) in enumerate(zip(unit, body, ranks, strict=True))))
    solver: Any = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed
    solver.parameters.linearization_level = 2
    solver.parameters.max_deterministic_time = EFFORT
    solver.parameters.max_time_in_seconds = seconds
    if solver.solve(model) != cp_model.OPTIMAL:
        return None
    assign = np.full(core.units, -1, dtype=np.int64)
    for n, one in enumerate(pairs):
        if solver.boolean_value(one):
            assign[unit[n]] = body[n]
    return assign
