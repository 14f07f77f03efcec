"""Rotas 轮值: inspection groups × counties × quarters, and chairs of joint meetings with absences. CP-SAT, one worker.

Inspection (seed S4-29): in every quarter each county is checked by exactly one group and each group checks one county; no
group checks a county it is barred from; never the same county again within `gap` quarters; repeats as even as they can be.
Chairs (seed S3): every meeting has one chair who is present, sides alternate, turns are even, a chair rests between turns.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .record import Limits, make
from .words import BadInput, Text, reads_a_file


def solve(data: dict[str, Any], limits: Limits, options: dict[str, Any], report: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Dispatch on what the file holds: `groups` and `counties` (inspection) or `members` and `meetings` (chairs)."""
    _shapes(data)
    if "groups" in data and "counties" in data:
        return inspection(data, limits)
    if "members" in data and "meetings" in data:
        return chairs(data, limits)
    raise BadInput("format", [], Text("文件须含 groups 与 counties，或 members 与 meetings。", "The file needs groups and counties, or members and meetings."))


@reads_a_file
def _shapes(data: dict[str, Any]) -> None:
    """Touch every field once, so that a misshapen file is refused before a model is built."""
    for g in data.get("groups", []):
        _ = g["id"], list(g.get("heads", [])), list(g.get("barred", []))
    for m in data.get("members", []):
        _ = m["id"], [int(t) for t in m.get("absent", [])]
    for name in ("quarters", "gap", "meetings", "rest"):
        if int(data.get(name, 1)) < 0:
            raise ValueError(f"{name} < 0")


def _distinct(items: list[Any], what_zh: str, what_en: str) -> None:
    if len({str(x) for x in items}) != len(items):
        twice = sorted({str(x) for x in items if [str(y) for y in items].count(str(x)) > 1})
        raise BadInput("duplicate-id", twice, Text(f"{what_zh}编号重复。", f"A {what_en} occurs twice."))


def _solver(limits: Limits) -> Any:
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = limits.seed
    solver.parameters.max_deterministic_time = 60.0
    solver.parameters.max_time_in_seconds = limits.seconds
    return solver


def inspection(data: dict[str, Any], limits: Limits) -> dict[str, Any]:
    """Groups × counties × quarters. A group {id, heads [two], barred [counties]} without two heads is refused."""
    from ortools.sat.python import cp_model

    groups, counties, quarters = data["groups"], data["counties"], int(data.get("quarters", 4))
    gap = int(data.get("gap", min(4, len(counties)))) - 1
    _distinct([g["id"] for g in groups], "检查组", "group")
    _distinct(counties, "县区", "county")
    single = [str(g["id"]) for g in groups if len(g.get("heads", [])) != 2]
    if single:
        raise BadInput("two-heads", single, Text(f"检查组须双组长：{'、'.join(single)}。", f"Every group needs two heads: {', '.join(single)}."))
    if len(groups) < len(counties):
        raise BadInput("coverage", [], Text(f"{len(groups)} 个组无法在一个季度内覆盖 {len(counties)} 个县区。", f"{len(groups)} groups cannot cover {len(counties)} counties in a quarter."))
    model = cp_model.CpModel()
    x = {(g, c, q): model.new_bool_var(f"x{g}_{c}_{q}") for g in range(len(groups)) for c in range(len(counties)) for q in range(quarters)}
    barred = [{str(b) for b in g.get("barred", [])} for g in groups]
    for q in range(quarters):
        for c in range(len(counties)):
            model.add_exactly_one(x[g, c, q] for g in range(len(groups)))
        for g in range(len(groups)):
            model.add_at_most_one(x[g, c, q] for c in range(len(counties)))
    excess = []
    for g in range(len(groups)):
        open_ = [c for c in range(len(counties)) if str(counties[c]) not in barred[g]]
        for c in range(len(counties)):
            if c not in open_:
                model.add(sum(x[g, c, q] for q in range(quarters)) == 0)
                continue
            for q in range(quarters - gap):
                model.add_at_most_one(x[g, c, p] for p in range(q, q + gap + 1))
            even = -(-quarters // max(1, len(open_)))
            over = model.new_int_var(0, quarters, f"over{g}_{c}")
            model.add(over >= sum(x[g, c, q] for q in range(quarters)) - even)
            excess.append(over)
    model.minimize(sum(excess))
    solver = _solver(limits)
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return _none("inspection", data, limits, status == cp_model.INFEASIBLE,
                     Text("在回避、间隔和全覆盖要求下没有轮值方案；请减小间隔（gap）或复核回避。", "No rota fits the bars, the gap and full coverage: shorten the gap or review the bars."))
    rows = [{"quarter": q + 1, "group": groups[g]["id"], "county": counties[c]} for q in range(quarters) for c in range(len(counties))
            for g in range(len(groups)) if solver.value(x[g, c, q])]
    return _result("inspection", data, limits, rows, status == cp_model.OPTIMAL, int(solver.objective_value))


def chairs(data: dict[str, Any], limits: Limits) -> dict[str, Any]:
    """Members {id, side, absent [meeting numbers from 1]} chair `meetings` meetings; `rest` meetings between two turns."""
    from ortools.sat.python import cp_model

    members, meetings, rest = data["members"], int(data["meetings"]), int(data.get("rest", 0))
    _distinct([m["id"] for m in members], "成员", "member")
    sides = sorted({str(m.get("side", "")) for m in members})
    model = cp_model.CpModel()
    x = {(m, t): model.new_bool_var(f"c{m}_{t}") for m in range(len(members)) for t in range(meetings)}
    for t in range(meetings):
        model.add_exactly_one(x[m, t] for m in range(len(members)))
        if len(sides) == 2:
            first = sides.index(str(data.get("first_side", sides[0])))
            for m, member in enumerate(members):
                if str(member.get("side", "")) != sides[(first + t) % 2]:
                    model.add(x[m, t] == 0)
    turns = []
    for m, member in enumerate(members):
        for t in member.get("absent", []):
            if 1 <= int(t) <= meetings:
                model.add(x[m, int(t) - 1] == 0)
        for t in range(meetings - rest):
            model.add_at_most_one(x[m, p] for p in range(t, t + rest + 1))
        turns.append(sum(x[m, t] for t in range(meetings)))
    most, least = model.new_int_var(0, meetings, "most"), model.new_int_var(0, meetings, "least")
    for turn in turns:
        model.add(turn <= most)
        model.add(turn >= least)
    model.minimize(most - least)
    solver = _solver(limits)
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return _none("chairs", data, limits, status == cp_model.INFEASIBLE,
                     Text("按缺席、轮流和间隔要求排不出主持人；请缩短间隔或调整会期。", "No order of chairs fits absences, alternation and rest: shorten the rest or move a meeting."))
    rows = [{"meeting": t + 1, "chair": members[m]["id"]} for t in range(meetings) for m in range(len(members)) if solver.value(x[m, t])]
    return _result("chairs", data, limits, rows, status == cp_model.OPTIMAL, int(solver.objective_value))


def _result(kind: str, data: dict[str, Any], limits: Limits, rows: list[dict[str, Any]], proven: bool, value: int) -> dict[str, Any]:
    decided = {"rows": rows}
    return {"kind": kind, "status": "optimal" if proven else "feasible", **decided, "uneven": value, "proven": proven,
            "record": make("rota", data, decided, limits, engine="rota: CP-SAT, one worker").as_json()}


def _none(kind: str, data: dict[str, Any], limits: Limits, proven: bool, why: Text) -> dict[str, Any]:
    decided: dict[str, Any] = {"rows": None}
    return {"kind": kind, "status": "infeasible" if proven else "not_found", **decided, "assign": None, "suffices": None,
            "reasons": [{"why": [why.as_json()]}], "record": make("rota", data, decided, limits, engine="rota: CP-SAT, one worker").as_json()}
