"""Why nothing fits: the rule groups that contradict each other, and the least relaxation of each that would do.

One literal per rule group, CP-SAT with one worker and no objective (assumptions and objectives do not mix), the core then shrunk
by deletion until every group left is needed. The second answer is elastic: the smallest band, and how much a cap must give.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .core import NO_LIMIT
from .elastic import smallest_band
from .record import Limits, make
from .words import Text
from .zone_model import ZoneProblem, counted_loads, parse, targets, to_core

GROUPS: dict[str, Text] = {
    "recusal": Text("回避", "recusal"), "ban": Text("禁止分配", "bans"), "lock": Text("锁定", "locks"),
    "band_top": Text("均衡上限", "top of the band"), "band_bottom": Text("均衡下限", "bottom of the band"),
    "cap": Text("能力上限", "caps"), "case_cap": Text("案件数上限", "case caps"), "block": Text("行业成块", "industry blocks"),
    "move_budget": Text("调整数量上限", "move budget"),
}
#: deterministic work per question to CP-SAT (its own unit, about a second)
WORK = 20.0


def _feasible(problem: ZoneProblem, band: float, active: frozenset[str]) -> bool | None:
    """Whether a plan exists under these rule groups only; None when neither a plan nor a proof was found in time."""
    from ortools.sat.python import cp_model

    model, literals = _model(problem, band)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = WORK
    for name, literal in literals.items():
        model.add(literal == (1 if name in active else 0))
    status = solver.solve(model)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return True
    return False if status == cp_model.INFEASIBLE else None


def _model(problem: ZoneProblem, band: float) -> tuple[Any, dict[str, Any]]:
    """The zone rules, each group switched on by one literal."""
    from ortools.sat.python import cp_model

    core = to_core(problem, band)
    loads = counted_loads(problem, band)
    share = targets(problem, loads)
    model = cp_model.CpModel()
    literals: dict[str, Any] = {}

    def switch(name: str) -> Any:
        if name not in literals:
            literals[name] = model.new_bool_var(name)
        return literals[name]

    n, k = core.units, core.bodies
    x = [[model.new_bool_var(f"x{i}_{j}") for j in range(k)] for i in range(n)]
    for row in x:
        model.add_exactly_one(row)
    place = {b.id: j for j, b in enumerate(problem.bodies)}
    index = {u.id: i for i, u in enumerate(problem.units)}
    for i, u in enumerate(problem.units):
        for other in u.recused:
            if other in place:
                model.add(x[i][place[other]] == 0).only_enforce_if(switch("recusal"))
    for unit, body, _ in problem.bans:
        if body in place:
            model.add(x[index[unit]][place[body]] == 0).only_enforce_if(switch("ban"))
    for unit, body, _ in problem.locks:
        model.add(x[index[unit]][place[body]] == 1).only_enforce_if(switch("lock"))
    for j, b in enumerate(problem.bodies):
        load = sum(int(loads[i]) * x[i][j] for i in range(n))
        model.add(load <= int(np.floor(share[j] * (1 + band) + 1e-9))).only_enforce_if(switch("band_top"))
        floor = int(np.ceil(share[j] * (1 - band) - 1e-9))
        model.add(load >= (floor if b.cap is None else min(floor, b.cap))).only_enforce_if(switch("band_bottom"))
        if b.cap is not None:
            model.add(load <= b.cap).only_enforce_if(switch("cap"))
        if core.case_cap is not None and core.cases is not None and core.case_cap[j] < NO_LIMIT:
            model.add(sum(int(core.cases[i]) * x[i][j] for i in range(n)) <= int(core.case_cap[j])).only_enforce_if(switch("case_cap"))
        for block in core.blocks:
            taken = model.new_bool_var(f"y{j}")
            if not block.open_to[j]:
                model.add(taken == 0).only_enforce_if(switch("block"))
            for i in block.units:
                model.add(x[int(i)][j] <= taken).only_enforce_if(switch("block"))
            model.add(sum(x[int(i)][j] for i in block.units) >= block.least).only_enforce_if([switch("block"), taken])
    if problem.move_budget is not None and core.current is not None:
        moves = sum(1 - x[i][int(core.current[i])] for i in range(n) if core.current[i] >= 0)
        model.add(moves <= problem.move_budget).only_enforce_if(switch("move_budget"))
    return model, literals


def groups(data: dict[str, Any], limits: Limits, options: dict[str, Any], report: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """The smallest found set of rule groups that cannot hold together at the widest band, each indispensable, and what would do."""
    from ortools.sat.python import cp_model

    problem = parse(data)
    band = problem.ladder[-1]
    model, literals = _model(problem, band)
    model.add_assumptions(list(literals.values()))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = 3 * WORK
    status = solver.solve(model)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        decided: dict[str, Any] = {"status": "feasible", "groups": []}
        texts = [Text("规则之间没有冲突：存在可行方案。", "The rules do not conflict: a plan exists.")]
        relax: list[dict[str, Any]] = []
    elif status != cp_model.INFEASIBLE:
        decided = {"status": "unsettled", "groups": []}
        texts = [Text("在限额内既未找到方案，也未证明冲突。", "Neither a plan nor a conflict was found within the limits.")]
        relax = []
    else:
        by_index = {literal.index: name for name, literal in literals.items()}
        core = [by_index[i] for i in solver.sufficient_assumptions_for_infeasibility()] or list(literals)
        for name in sorted(core):
            if len(core) > 1 and _feasible(problem, band, frozenset(core) - {name}) is False:
                core.remove(name)
        core.sort()
        decided = {"status": "conflict", "groups": core}
        texts = [Text("不能同时成立：" + "、".join(GROUPS[g].zh for g in core) + f"（±{band:.0%}）。去掉其中任何一类即可。",
                      "Cannot hold together: " + ", ".join(GROUPS[g].en for g in core) + f" (±{band:.0%}). Without any one of them a plan exists.")]
        relax = _relaxations(problem, core)
    return {"kind": "conflict", **decided, "assign": None, "sentences": [t.as_json() for t in texts], "relaxations": relax,
            "record": make("conflict", data, decided, limits, engine="conflict: CP-SAT assumptions, one worker, deletion").as_json()}


def _relaxations(problem: ZoneProblem, core: list[str]) -> list[dict[str, Any]]:
    """What would do, per group of the conflict: a number for the band and the caps, a plain hint for the rest."""
    out: list[dict[str, Any]] = []
    if "band_top" in core or "band_bottom" in core:
        answer = smallest_band(problem)
        if answer is not None:
            shown = float(np.ceil(answer[0] * 1000) / 10)
            out.append({"rule": "band", "value": shown / 100, "text": Text(f"均衡幅度放宽到 ±{shown:.1f} % 即可。", f"A band of ±{shown:.1f} % would suffice.").as_json()})
    total, caps = sum(u.load for u in problem.units), [b.cap for b in problem.bodies if b.cap is not None]
    if "cap" in core and len(caps) == len(problem.bodies) and sum(caps) < total:
        out.append({"rule": "cap", "value": total - sum(caps), "text": Text(f"能力上限合计至少再增 {(total - sum(caps)) / 10:g} 人月。", f"The caps together need at least {(total - sum(caps)) / 10:g} officer-months more.").as_json()})
    for name in ("lock", "ban", "block", "move_budget", "case_cap"):
        if name in core:
            out.append({"rule": name, "value": None, "text": Text(f"复核{GROUPS[name].zh}:撤销其中一部分即可有方案。", f"Review the {GROUPS[name].en}: withdrawing some of them gives a plan.").as_json()})
    return out
