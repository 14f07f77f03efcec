"""Published generalized-assignment instances, to compare this engine with the literature.

Text format (OR-Library, Chu & Beasley, Yagiura): agents and jobs; costs by agent; resources by agent; capacities.
gap1–gap12 are maximised, the types c, d and e are minimised.
"""
from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from . import search
from .core import Core
from .record import Limits, make
from .words import BadInput, Text


def _numbers(text: str) -> list[int]:
    """Whole numbers of a text: comments (#, //, %) and names are skipped, commas and semicolons separate, 12.0 is 12."""
    out: list[int] = []
    for line in text.lstrip("\ufeff").splitlines():
        for word in re.split(r"[\s,;]+", re.split(r"#|//|%", line, maxsplit=1)[0]):
            if not word or word[0].isalpha():
                continue
            value = float(word)
            if not value.is_integer() or abs(value) > 10**9:
                raise ValueError(word)
            out.append(int(value))
    return out


def _length(numbers: list[int], at: int) -> int:
    """How many numbers the instance that begins here has; 0 where none can."""
    if at + 2 > len(numbers) or numbers[at] < 1 or numbers[at + 1] < 1:
        return 0
    agents, jobs = numbers[at], numbers[at + 1]
    return 2 + 2 * agents * jobs + agents


def _starts(numbers: list[int]) -> list[int]:
    """Where the instances of a text begin: one alone, or the OR-Library's set, whose first number says how many follow."""
    if (one := _length(numbers, 0)) and one == len(numbers):
        return [0]
    if numbers and numbers[0] >= 1:
        at = 1
        found: list[int] = []
        while len(found) < numbers[0] and (size := _length(numbers, at)) and at + size <= len(numbers):
            found.append(at)
            at += size
        if len(found) == numbers[0] and at == len(numbers):
            return found
    return [0] if one and one < len(numbers) else []  # an optimum or a name of the instance may follow


def read(text: str, number: int = 1) -> dict[str, Any]:
    """Parse one instance into {cost, resource, capacity}: the only one, or the `number`-th of a set (from 1).

    Line breaks mean nothing. Raises BadInput when numbers are missing, negative or no whole numbers.
    """
    try:
        numbers = _numbers(text)
        starts = _starts(numbers)
        if not 1 <= number <= len(starts):
            raise ValueError(number)
    except ValueError as error:
        raise BadInput("format", [str(error)[:40]], Text("不是公开算例格式（执行者数、任务数、成本、资源、容量），或没有这一例。",
                                                         "Not a published instance (agents, jobs, costs, resources, capacities), or there is none of that number.")) from error
    at = starts[number - 1]
    agents, jobs = numbers[at], numbers[at + 1]
    rows = [numbers[at + 2 + r * jobs : at + 2 + (r + 1) * jobs] for r in range(2 * agents)]
    end = at + 2 + 2 * agents * jobs
    capacity = numbers[end : end + agents]
    if min(min(r) for r in rows[agents:]) < 0 or min(capacity) < 0:
        raise BadInput("negative-load", [], Text("资源或容量为负。", "A resource or a capacity is negative."))
    return {"cost": rows[:agents], "resource": rows[agents:], "capacity": capacity}


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
