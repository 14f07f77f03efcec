"""Published generalized-assignment instances, to compare this engine with the literature.

Text format (OR-Library, Chu & Beasley, Yagiura): agents and jobs; costs by agent; resources by agent; capacities.
gap1–gap12 are maximised, the types c, d and e are minimised.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import search
from .core import Core
from .record import Limits, make
from .words import BadInput, Text


def read(text: str) -> dict[str, Any]:
    """Parse one instance into {cost, resource, capacity}; raises BadInput when numbers are missing."""
    try:
        numbers = [int(x) for x in text.split()]
        agents, jobs = numbers[0], numbers[1]
        if len(numbers) < 2 + 2 * agents * jobs + agents:
            raise ValueError
    except (ValueError, IndexError) as error:
        raise BadInput("format", [], Text("不是公开算例格式（执行者数、任务数、成本、资源、容量）。",
                                          "Not a published instance (agents, jobs, costs, resources, capacities).")) from error
    rows = [numbers[2 + r * jobs : 2 + (r + 1) * jobs] for r in range(2 * agents)]
    at = 2 + 2 * agents * jobs
    return {"cost": rows[:agents], "resource": rows[agents:], "capacity": numbers[at : at + agents]}


def solve(data: dict[str, Any], limits: Limits, options: dict[str, Any], report: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Solve one instance; `options["maximise"]` turns the sense. The value and bound are in the instance's own sense."""
    sign = -1 if options.get("maximise") else 1
    cost = sign * np.array(data["cost"], dtype=np.int64).T
    shift = int(cost.min())
    weight = np.array(data["resource"], dtype=np.int64).T
    capacity = np.array(data["capacity"], dtype=np.int64)
    core = Core(cost - shift, weight, np.zeros(len(capacity), dtype=np.int64), capacity, weight <= capacity[None, :], uniform=False)
    found = search.solve(core, effort_of(limits, core), None)

    def value(total: float) -> int:
        return sign * (round(total) + shift * core.units)

    decided: dict[str, Any] = {"assign": None if found.assign is None else [int(k) for k in found.assign],
                               "status": "optimal" if found.proven and found.assign is not None else
                               ("infeasible" if found.infeasible else ("stopped_by_clock" if found.by_clock else "feasible"))}
    out: dict[str, Any] = {"kind": "gap", **decided, "log": list(found.log)}
    if found.assign is not None:
        out |= {"value": value(found.cost), "bound": value(found.bound), "lp_bound": round(sign * (found.lp_bound + shift * core.units), 3),
                "proven": found.proven, "rounds": found.rounds}
    out["record"] = make("gap", {"instance": data, "maximise": bool(options.get("maximise"))}, decided, limits,
                         engine="assignment: LP and knapsack prices, HiGHS (scipy)", by_clock=found.by_clock,
                         params={"options": {"maximise": bool(options.get("maximise"))}}).as_json()
    return out


def effort_of(limits: Limits, core: Core) -> search.Effort:
    """Fewer, larger knapsacks than in zones: neighbourhoods of about 40 jobs with a wider choice of agents."""
    group = max(3, round(40 * core.bodies / core.units))
    return search.Effort(seed=limits.seed, rounds=limits.rounds, nodes=limits.nodes or 500, group=group, width=4,
                         seconds=limits.seconds, canonical=False)
