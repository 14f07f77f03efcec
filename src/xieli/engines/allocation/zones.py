"""Zones 片区: divide the central units among the central bodies within a hard balance band, and re-plan with few moves.

Goals in order: the smallest band of the ladder that holds, then (for a re-plan) the fewest moved units, then the lowest cost,
then one canonical choice among equal optima. Everything here runs inside the child process (see child.py); the plan is a JSON
value whose verdict comes from check.py, not from the solver.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from . import moves, search, zone_tables
from .core import Core, Ints
from .record import Limits, make
from .words import Text
from .zone_model import Id, ZoneProblem, order_key, parse, tie_order, to_core

Report = Callable[[dict[str, Any]], None]
ENGINE = "zones: LP and knapsack prices, HiGHS (scipy), neighbourhoods by rounds"


def effort_of(limits: Limits, core: Core) -> search.Effort:
    """The counted limits of a run: what the caller set, else defaults by size."""
    big = core.units * core.bodies > 100_000
    return search.Effort(seed=limits.seed, rounds=limits.rounds if limits.rounds is not None else (core.bodies // 2 if big else None),
                         nodes=limits.nodes if limits.nodes is not None else (60 if big else 100),
                         group=20 if big else 12, width=1 if big else 2, start_nodes=1000, canonical=core.units <= 150, seconds=limits.seconds)


def _named(problem: ZoneProblem, assign: Ints) -> dict[str, Id]:
    out: dict[str, Id] = {str(u.id): problem.bodies[int(k)].id for u, k in zip(problem.units, assign, strict=True)}
    out.update({str(unit): body for unit, body in problem.by_seat.items()})
    return dict(sorted(out.items(), key=lambda item: order_key(item[0])))


def plan_json(problem: ZoneProblem, data: dict[str, Any], band: float, core: Core, found: search.Found, limits: Limits,
              *, task: str, notes: list[Text], extra: dict[str, Any] | None = None) -> dict[str, Any]:
    """A finished plan with its tables, bounds, prices and record."""
    assert found.assign is not None
    assign = _named(problem, found.assign)
    status = "optimal" if found.proven else ("stopped_by_clock" if found.by_clock else "feasible")
    decided = {"status": status, "band": band, "assign": assign}
    plan: dict[str, Any] = {
        "kind": "zones", **decided,
        "cost": found.cost, "bound": found.bound, "lp_bound": round(found.lp_bound, 3),
        "gap": _ratio(found.cost, found.bound), "gap_lp": _ratio(found.cost, found.lp_bound),
        "proven": found.proven, "canonical": found.canonical, "rounds": found.rounds,
        "load_price": {str(b.id): round(float(p), 4) for b, p in zip(problem.bodies, found.load_price, strict=True)},
        "to_designate": {str(k): v for k, v in problem.to_designate.items()},
        **zone_tables.describe(problem, core, found.assign, band),
        "notes": [n.as_json() for n in notes], "log": list(found.log), **(extra or {}),
    }
    plan["sentences"] = [t.as_json() for t in zone_tables.sentences(problem, core, found, band)]
    plan["record"] = make(task, data, decided, limits, engine=ENGINE, by_clock=found.by_clock,
                          params={k: v for k, v in asdict(effort_of(limits, core)).items() if k != "seconds"}).as_json()
    return plan


def _ratio(value: float, bound: float) -> float:
    return round((value - bound) / max(1.0, abs(bound)), 6)


def _reporter(problem: ZoneProblem, band: float, report: Report | None) -> search.Report | None:
    if report is None:
        return None

    def tell(assign: Ints, cost: int, where: str) -> None:
        report({"kind": "zones", "status": "stopped_by_clock", "band": band, "cost": cost, "where": where,
                "assign": _named(problem, assign)})

    return tell


def infeasible_json(data: dict[str, Any], problem: ZoneProblem, reasons: list[dict[str, Any]], limits: Limits, *, proven: bool,
                    task: str = "zones") -> dict[str, Any]:
    """The answer when nothing fits: which bands were tried, why each failed, what would suffice."""
    decided = {"status": "infeasible" if proven else "not_found", "band": None, "assign": None}
    return {"kind": "zones", **decided, "reasons": reasons, "suffices": zone_tables.suffices(problem, proven_at=problem.ladder[-1]),
            "record": make(task, data, decided, limits, engine=ENGINE).as_json()}


def solve(data: dict[str, Any], limits: Limits, options: dict[str, Any], report: Report | None = None) -> dict[str, Any]:
    """Climb the ladder and plan at the first band that holds; returns the plan, or why nothing fits and what would."""
    problem = parse(data)
    reasons: list[dict[str, Any]] = []
    proven = True
    notes: list[Text] = []
    for band in problem.ladder:
        why = zone_tables.obstacles(problem, band)
        core = to_core(problem, band)
        if not why:
            found = search.solve(core, effort_of(limits, core), tie_order(problem) if core.units <= 150 else None,
                                 _reporter(problem, band, report))
            if found.assign is not None:
                return plan_json(problem, data, band, core, found, limits, task="zones", notes=notes)
            proven &= found.infeasible
            why = [Text(f"±{band:.0%}:" + ("已证明无解。" if found.infeasible else "未找到方案，也未证明无解。"),
                        f"±{band:.0%}: " + ("proven to have no plan." if found.infeasible else "no plan found, none disproved."))]
        notes += why
        reasons.append({"band": band, "why": [t.as_json() for t in why]})
    return infeasible_json(data, problem, reasons, limits, proven=proven)


def replan(data: dict[str, Any], limits: Limits, options: dict[str, Any], report: Report | None = None) -> dict[str, Any]:
    """The fewest moves from each unit's `current` body that restore the band, then the cheapest such plan.

    The bound on moves is proven by prices over all pairs: a pair left out would cost more moves than the plan found.
    """
    problem = parse(data)
    reasons: list[dict[str, Any]] = []
    proven = True
    for band in problem.ladder:
        why = zone_tables.obstacles(problem, band)
        core = to_core(problem, band)
        if not why:
            found = moves.fewest(core, effort_of(limits, core), _reporter(problem, band, report))
            if found is not None:
                few, plan = found
                extra = {"moves": few.fewest, "moves_bound": few.bound, "moves_proven": few.proven,
                         "pairs_not_ruled_out": few.considered, "pairs": few.pairs, "moves_log": list(few.log)}
                return plan_json(problem, data, band, core, plan, limits, task="replan", notes=[], extra=extra)
            proven = False
            why = [Text(f"±{band:.0%}:没有方案。", f"±{band:.0%}: no plan.")]
        reasons.append({"band": band, "why": [t.as_json() for t in why]})
    return infeasible_json(data, problem, reasons, limits, proven=proven, task="replan")


def frontier(data: dict[str, Any], limits: Limits, options: dict[str, Any], report: Report | None = None) -> dict[str, Any]:
    """Three to five plans side by side: bands from tight to wide, and the fewest-moves plan where units have a current body."""
    problem = parse(data)
    bands = [float(b) for b in options.get("bands") or (0.05, 0.10, 0.20)]
    plans: list[dict[str, Any]] = []
    for band in bands:
        one = solve({**_without(data, "band"), "ladder": [band]}, limits, {}, report)
        plans.append({"name": f"±{band:.0%}", **one})
    if any(u.current is not None for u in problem.units):
        for band in sorted({bands[0], bands[len(bands) // 2]}):
            one = replan({**_without(data, "band"), "ladder": [band]}, limits, {}, report)
            plans.append({"name": f"±{band:.0%} fewest moves 最少调整", **one})
    side = []
    for p in plans[:5]:
        row: dict[str, Any] = {"name": p["name"], "status": p["status"]}
        if p["assign"] is not None:
            row |= {"band": p["band"], "cost": p["cost"], "mean_km": p["after"]["mean_km"], "expertise": p["after"]["expertise"],
                    "max_ratio": p["after"]["max_ratio"], "min_ratio": p["after"]["min_ratio"], "moved": len(p["moved"]), "gap": p["gap"]}
        side.append(row)
    decided = {"plans": [{"name": p["name"], "assign": p["assign"]} for p in plans[:5]]}
    return {"kind": "frontier", "status": "feasible", "side_by_side": side, "plans": plans[:5],
            "record": make("frontier", {"data": data, "bands": bands}, decided, limits, engine=ENGINE, params={"options": {"bands": bands}}).as_json()}


def _without(data: dict[str, Any], key: str) -> dict[str, Any]:
    return {k: v for k, v in data.items() if k != key}
