"""Tables and sentences about a zone plan: before and after, moved units, enclaves, what binds, what would suffice."""
from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import search
from .core import NO_LIMIT, Core, Ints
from .words import Text, ids
from .zone_model import Unit, ZoneProblem, counted_loads, excluded, pair_cost, targets


def obstacles(problem: ZoneProblem, band: float) -> list[Text]:
    """Plain reasons, if any, why no plan can hold this band; found without a solver."""
    out: list[Text] = []
    loads = counted_loads(problem, band)
    share = targets(problem, loads)
    top = {b.id: min(math.floor(q * (1 + band) + 1e-9), NO_LIMIT if b.cap is None else b.cap)
           for b, q in zip(problem.bodies, share, strict=True)}
    shut = excluded(problem)
    for u, load in zip(problem.units, loads, strict=True):
        best = max((top[b.id] for b in problem.bodies if (u.id, b.id) not in shut), default=-1)
        if load > best:
            out.append(Text(f"单位 {u.id} 的负荷 {load} 超过任何可承办机构在 ±{band:.0%} 内的上限（{best}）。可拆分该单位、放宽幅度，"
                            "或按“超大单位以满额计”处理（oversize: count_full_band）。",
                            f"Unit {u.id} has a load of {load}, above the top of the ±{band:.0%} band of every eligible body ({best}). "
                            f"Split the unit, widen the band, or count it as one full band (oversize: count_full_band)."))
    if sum(top.values()) < int(loads.sum()):
        out.append(Text(f"各机构能力上限合计 {sum(top.values())}，低于总负荷 {int(loads.sum())}。",
                        f"The caps of all bodies add up to {sum(top.values())}, below the total load of {int(loads.sum())}."))
    return out


def _side(problem: ZoneProblem, core: Core, assign: Ints, share: list[float]) -> dict[str, Any]:
    """One column of the before/after table: per body and in sum."""
    loads = core.loads(assign)
    km = [math.dist(u.at, problem.bodies[int(k)].seat) for u, k in zip(problem.units, assign, strict=True)]
    skilled = [u.industry in problem.bodies[int(k)].expertise for u, k in zip(problem.units, assign, strict=True)]
    ratio = [float(load) / q if q > 0 else 0.0 for load, q in zip(loads, share, strict=True)]
    rows = []
    for k, b in enumerate(problem.bodies):
        mine = [i for i in range(core.units) if int(assign[i]) == k]
        rows.append({"body": b.id, "units": len(mine), "load": int(loads[k]), "target": round(share[k], 1),
                     "ratio": round(ratio[k], 3), "load_per_officer": round(float(loads[k]) / b.officers, 2) if b.officers else None,
                     "mean_km": round(sum(km[i] for i in mine) / len(mine), 2) if mine else 0.0,
                     "expertise": round(sum(skilled[i] for i in mine) / len(mine), 3) if mine else 0.0})
    spread = sorted(ratio)
    gini = sum((2 * j - len(spread) + 1) * r for j, r in enumerate(spread)) / (len(spread) * sum(spread)) if sum(spread) else 0.0
    return {"bodies": rows, "max_ratio": round(max(ratio), 3), "min_ratio": round(min(ratio), 3), "gini": round(gini, 4),
            "mean_km": round(sum(km) / len(km), 2), "expertise": round(sum(skilled) / len(skilled), 3)}


def describe(problem: ZoneProblem, core: Core, assign: Ints, band: float) -> dict[str, Any]:
    """Before/after table, moved units, enclaves and binding rules. "Before" is the current body, else the nearest eligible one."""
    share = targets(problem, counted_loads(problem, band))
    at = np.array([u.at for u in problem.units])
    seat = np.array([b.seat for b in problem.bodies])
    km = np.sqrt(((at[:, None, :] - seat[None, :, :]) ** 2).sum(axis=2))
    nearest = np.where(core.allowed, km, np.inf).argmin(axis=1)
    before = nearest if core.current is None else np.where(core.current >= 0, core.current, nearest)
    moved = [{"unit": problem.units[i].id, "from": problem.bodies[int(core.current[i])].id, "to": problem.bodies[int(assign[i])].id}
             for i in range(core.units) if core.current is not None and core.current[i] >= 0 and core.current[i] != assign[i]]
    loads = core.loads(assign)
    binding = []
    slackless = int(np.median(core.weight[:, 0])) if core.units else 0
    for k, b in enumerate(problem.bodies):
        if b.cap is not None and loads[k] + slackless > b.cap:
            binding.append({"rule": "cap", "body": b.id, "load": int(loads[k]), "limit": b.cap})
        elif loads[k] + slackless > core.high[k]:
            binding.append({"rule": "band_top", "body": b.id, "load": int(loads[k]), "limit": int(core.high[k])})
        elif loads[k] - slackless < core.low[k]:
            binding.append({"rule": "band_bottom", "body": b.id, "load": int(loads[k]), "limit": int(core.low[k])})
    for unit, body, reason in problem.locks:
        binding.append({"rule": "lock", "unit": unit, "body": body, "reason": reason})
    if problem.move_budget is not None and len(moved) == problem.move_budget:
        binding.append({"rule": "move_budget", "limit": problem.move_budget})
    counted = [{"unit": u.id, "load": u.load, "counted": int(c)}
               for u, c in zip(problem.units, counted_loads(problem, band), strict=True) if int(c) != u.load]
    return {"before": _side(problem, core, before, share), "after": _side(problem, core, assign, share), "moved": moved,
            "before_is": "current" if core.current is not None and bool((core.current >= 0).any()) else "nearest",
            "enclaves": enclaves(problem, km, assign), "binding": binding, "counted_as": counted}


def enclaves(problem: ZoneProblem, km: Any, assign: Ints) -> list[dict[str, Any]]:
    """Units 飞地 none of whose three nearest neighbours goes to the same body; counted and shown, never forbidden."""
    if len(problem.units) < 4:
        return []
    at = np.array([u.at for u in problem.units])
    out = []
    for i, u in enumerate(problem.units):
        near = np.argsort(((at - at[i]) ** 2).sum(axis=1), kind="stable")[1:4]
        if not bool((assign[near] == assign[i]).any()):
            out.append({"unit": u.id, "body": problem.bodies[int(assign[i])].id, "km": round(float(km[i, assign[i]]), 2),
                        "neighbours": [problem.units[int(j)].id for j in near]})
    return out


def parts(problem: ZoneProblem, unit: Unit, body_index: int) -> dict[str, int]:
    """The parts of a pair's cost, by name."""
    km, expertise, keep = pair_cost(problem, unit, problem.bodies[body_index])
    return {"km": km, "expertise": expertise, "keep": keep}


def sentences(problem: ZoneProblem, core: Core, found: search.Found, band: float) -> list[Text]:
    """The plan in plain words: the bound, the balance, what binds and what was not considered."""
    assert found.assign is not None
    gap = (found.cost - found.bound) / max(1, abs(found.bound))
    out = []
    if found.proven:
        out.append(Text(f"已证明：在现有规则和 ±{band:.0%} 内，没有更省的方案。", f"Proven: under these rules and ±{band:.0%} no plan is cheaper."))
    else:
        out.append(Text(f"在现有规则和 ±{band:.0%} 内，任何方案最多再省 {gap:.2%}（整件计算的界）；线性界的差距为 "
                        f"{(found.cost - found.lp_bound) / max(1.0, abs(found.lp_bound)):.2%}。",
                        f"Under these rules and ±{band:.0%} no plan can be more than {gap:.2%} cheaper (bound over whole units); the gap to the "
                        f"LP bound is {(found.cost - found.lp_bound) / max(1.0, abs(found.lp_bound)):.2%}."))
    if found.by_clock:
        out.append(Text("本方案因应急时限截止，重算未必得到同一方案。", "An emergency time limit cut this run; running again may give another plan."))
    full = [(float(p), b) for p, b in zip(found.load_price, problem.bodies, strict=True) if p < -1e-6]
    for price, b in sorted(full, key=lambda x: x[0])[:3]:
        out.append(Text(f"机构 {b.id} 已近上限：那里每增加 0.1 人月，全局约贵 {-price:.1f} 分。",
                        f"Body {b.id} is near its top: each 0.1 officer-month more there costs the whole about {-price:.1f} points."))
    need = [(float(p), b) for p, b in zip(found.load_price, problem.bodies, strict=True) if p > 1e-6]
    for price, b in sorted(need, key=lambda x: -x[0])[:3]:
        out.append(Text(f"机构 {b.id} 难以达到下限：每补 0.1 人月约贵 {price:.1f} 分。",
                        f"Body {b.id} struggles to reach its floor: each 0.1 officer-month brought there costs about {price:.1f} points."))
    if problem.to_designate:
        out.append(Text(f"属地机构须回避、待指定的单位：{ids([str(u) for u in problem.to_designate])}。",
                        f"Units whose seat body is recused and that need a designation: {ids([str(u) for u in problem.to_designate])}."))
    out.append(Text("价格来自松弛问题，只说明方向，不是法律依据；未考虑路况、个案内容和人员意愿。",
                    "Prices come from a relaxation: they show a direction, never a legal ground. Not considered: road conditions, case content, people's wishes."))
    return out


def suffices(problem: ZoneProblem, proven_at: float) -> dict[str, Any] | None:
    """The smallest band found that would do, by an elastic programme: {band, proven_least, text}; None if no band helps."""
    from .elastic import smallest_band

    answer = smallest_band(problem)
    if answer is None:
        return None
    band, least = answer
    shown = math.ceil(band * 1000) / 10
    if least >= band - 1e-6:
        text = Text(f"±{shown:.1f} % 即可（已证明不能更小）。", f"±{shown:.1f} % would suffice (proven: no smaller one does).")
    else:
        text = Text(f"±{shown:.1f} % 即可（下限：±{least * 100:.1f} % 以下已证明不行）。",
                    f"±{shown:.1f} % would suffice (below ±{least * 100:.1f} % proven impossible).")
    return {"band": shown / 100, "at_least": round(least, 6), "text": text.as_json()}
