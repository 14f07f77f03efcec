"""Why a unit went where it went: the five best alternatives with the price of each, and the exact "what if it went there".

The price of an alternative is what the plan would cost more at the plan's own prices: kilometres + expertise + keep + load,
the last being what the room taken at that body is worth to the other units. Prices are those of a relaxation: a direction,
never a legal ground. The exact answer re-solves the bodies concerned with the unit held at the body asked for.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from . import mip
from .core import Core, Floats, Ints
from .record import Limits, digest
from .words import BadInput, Text
from .zone_model import Id, ZoneProblem, excluded, pair_cost, parse, to_core

REASONS = {"recusal": Text("回避", "recusal"), "ban": Text("被禁止", "banned"), "lock": Text("已锁定在别处", "locked elsewhere"),
           "block": Text("无该行业专长", "lacks the expertise of the block")}
PARTS = {"km": Text("路程", "distance"), "expertise": Text("专长", "expertise"), "keep": Text("保持不动", "staying"), "load": Text("负荷占用", "load")}


def _unit_index(problem: ZoneProblem, unit: Any) -> int:
    for i, u in enumerate(problem.units):
        if str(u.id) == str(unit):
            return i
    raise BadInput("unknown-unit", [str(unit)], Text(f"单位 {unit} 不在中心城区单位名单里。", f"Unit {unit} is not among the central units."))


def _body_index(problem: ZoneProblem, body: Any) -> int:
    for k, b in enumerate(problem.bodies):
        if str(b.id) == str(body):
            return k
    raise BadInput("unknown-body", [str(body)], Text(f"机构 {body} 不在名单里。", f"Body {body} is not in the list."))


def unit(data: dict[str, Any], limits: Limits, options: dict[str, Any], report: Callable[[dict[str, Any]], None] | None = None) -> dict[str, Any]:
    """`options`: plan, unit. Proposed, current and nearest body; five best alternatives with price parts; the excluded with codes."""
    problem, plan = parse(data), options["plan"]
    i = _unit_index(problem, options["unit"])
    u = problem.units[i]
    chosen = _body_index(problem, plan["assign"][str(u.id)])
    shut = excluded(problem)
    price = {str(b): float(p) for b, p in plan.get("load_price", {}).items()}
    top = {row["body"]: row for row in plan["after"]["bodies"]}

    def total(k: int) -> dict[str, float]:
        km, expertise, keep = pair_cost(problem, u, problem.bodies[k])
        return {"km": km, "expertise": expertise, "keep": keep, "load": round(-price.get(str(problem.bodies[k].id), 0.0) * u.load, 2)}

    base = total(chosen)
    rows = []
    for k, b in enumerate(problem.bodies):
        if (u.id, b.id) in shut or k == chosen:
            continue
        parts = {name: round(value - base[name], 2) for name, value in total(k).items()}
        rows.append((round(sum(parts.values()), 2), k, parts))
    rows.sort(key=lambda r: (r[0], r[1]))
    alternatives = [{"body": problem.bodies[k].id, "price": delta, "parts": parts, "text": _price_text(problem.bodies[k].id, delta, parts).as_json()}
                    for delta, k, parts in rows[:5]]
    out_of = [{"body": b.id, "code": shut[u.id, b.id].split(":")[0], "text": REASONS[shut[u.id, b.id].split(":")[0]].as_json()}
              for b in problem.bodies if (u.id, b.id) in shut]
    open_ = [b for b in problem.bodies if (u.id, b.id) not in shut]
    nearest = min(open_, key=lambda b: (pair_cost(problem, u, b)[0], str(b.id)))
    binding = [b for b in plan.get("binding", []) if b.get("body") in (problem.bodies[chosen].id, nearest.id) or b.get("unit") == u.id]
    return {"kind": "explain", "unit": u.id, "proposed": problem.bodies[chosen].id, "current": u.current, "nearest": nearest.id,
            "alternatives": alternatives, "excluded": out_of, "binding": binding, "why_not_nearest": _nearest(problem, i, chosen, nearest.id, rows, top).as_json()}


def _price_text(body: Id, delta: float, parts: dict[str, float]) -> Text:
    zh = "、".join(f"{PARTS[n].zh} {v:+g}" for n, v in parts.items() if v)
    en = ", ".join(f"{PARTS[n].en} {v:+g}" for n, v in parts.items() if v)
    return Text(f"改到机构 {body} 约贵 {delta:g} 分（{zh}）。", f"Going to body {body} would cost about {delta:g} points more ({en}).")


def _nearest(problem: ZoneProblem, i: int, chosen: int, nearest: Id, rows: list[tuple[float, int, dict[str, float]]], top: dict[Id, Any]) -> Text:
    if problem.bodies[chosen].id == nearest:
        return Text("已分到最近的可承办机构。", "It goes to its nearest eligible body.")
    delta, _, parts = next(r for r in rows if problem.bodies[r[1]].id == nearest)
    worst = max(parts, key=lambda n: parts[n])
    ratio = top[nearest]["ratio"]
    return Text(f"最近的是机构 {nearest}（负荷为目标的 {ratio:.0%}）；改去那里约贵 {delta:g} 分，主要因{PARTS[worst].zh}（{parts[worst]:+g}）。",
                f"The nearest is body {nearest} (at {ratio:.0%} of its target); going there would cost about {delta:g} points more, mainly for {PARTS[worst].en} ({parts[worst]:+g}).")


def _related(core: Core, reduced: Floats, assign: Ints, first: list[int], size: int) -> Ints:
    """`size` bodies most able to exchange units with `first`, by closeness of reduced costs."""
    allowed = np.where(core.allowed, reduced, np.inf)
    heat = max(1.0, float(np.median(np.sort(allowed, axis=1)[:, min(2, core.bodies - 1)])))
    near = np.where(core.allowed, np.exp(-np.clip(reduced, 0, 60 * heat) / heat), 0.0)
    group = list(dict.fromkeys(first))
    while len(group) < min(size, core.bodies):
        pull = near[np.isin(assign, group)].sum(axis=0)
        for k in group:
            pull += np.bincount(assign, weights=near[:, k], minlength=core.bodies)
        pull[group] = -1.0
        group.append(int(pull.argmax()))
    return np.sort(np.array(group, dtype=np.int64))


def exact(data: dict[str, Any], limits: Limits, options: dict[str, Any], report: Callable[[dict[str, Any]], None] | None = None) -> dict[str, Any]:
    """`options`: plan, unit, body. The cheapest plan with the unit held there: extra cost and the other units that would move.

    Exact among the bodies freed (8, then 14, then all when nothing fits); the rest of the plan stays as it is.
    """
    problem, plan = parse(data), options["plan"]
    i, k = _unit_index(problem, options["unit"]), _body_index(problem, options["body"])
    u, b = problem.units[i], problem.bodies[k]
    code = excluded(problem).get((u.id, b.id))
    if code is not None:
        word = REASONS[code.split(":")[0]]
        return {"kind": "exact", "unit": u.id, "body": b.id, "status": "excluded", "code": code.split(":")[0],
                "text": Text(f"机构 {b.id} 被排除：{word.zh}。", f"Body {b.id} is excluded: {word.en}.").as_json()}
    core = to_core(problem, float(plan["band"]))
    assign = np.array([_body_index(problem, plan["assign"][str(x.id)]) for x in problem.units], dtype=np.int64)
    held = core.allowed.copy()
    held[i] = False
    held[i, k] = True
    forced = replace(core, allowed=held)
    price = np.array([float(plan["load_price"].get(str(x.id), 0.0)) for x in problem.bodies])
    priced = core.cost - core.weight * price
    reduced = priced - np.where(core.allowed, priced, np.inf).min(axis=1, keepdims=True)
    nodes = limits.nodes if limits.nodes is not None else 300
    for size in (8, 14, core.bodies):
        bodies = _related(core, reduced, assign, [int(assign[i]), k], size)
        units = np.nonzero(np.isin(assign, bodies))[0]
        outside = assign.copy()
        outside[units] = -1
        rank = np.where(forced.allowed[np.ix_(units, bodies)], reduced[np.ix_(units, bodies)], np.inf)
        order = np.argsort(rank, axis=1, kind="stable")[:, : min(6, len(bodies))]
        chosen = np.zeros(rank.shape, dtype=bool)
        chosen[np.arange(len(units))[:, None], order] = True
        chosen |= assign[units][:, None] == bodies[None, :]
        chosen &= np.isfinite(rank)
        unit_, body_ = np.nonzero(chosen)
        out = mip.solve(forced, units, bodies, units[unit_], bodies[body_], outside=outside, nodes=nodes, seconds=limits.seconds)
        if out.assign is not None:
            new = outside
            new[units] = out.assign
            break
        if size >= core.bodies:
            return {"kind": "exact", "unit": u.id, "body": b.id, "status": "no_plan",
                    "text": Text(f"若 {u.id} 去 {b.id}，在 ±{plan['band']:.0%} 内没有方案。", f"With {u.id} at {b.id} no plan holds ±{plan['band']:.0%}.").as_json()}
    delta = core.total(new) - core.total(assign)
    others = [{"unit": problem.units[int(n)].id, "from": problem.bodies[int(assign[n])].id, "to": problem.bodies[int(new[n])].id}
              for n in np.nonzero(new != assign)[0] if int(n) != i]
    about_zh, about_en = ("", "") if out.proven else ("约", "about ")
    text = Text(f"若 {u.id} 去 {b.id}：总分{about_zh} {delta:+d}，另有 {len(others)} 家单位随之调整（在 {len(bodies)} 个相关机构内计算）。",
                f"If {u.id} went to {b.id}: total {about_en}{delta:+d} points, {len(others)} other units would move (computed among {len(bodies)} related bodies).")
    assigned = {str(x.id): problem.bodies[int(n)].id for x, n in zip(problem.units, new, strict=True)} | {str(a): c for a, c in problem.by_seat.items()}
    return {"kind": "exact", "unit": u.id, "body": b.id, "status": "optimal" if out.proven else "feasible", "delta": delta, "others": others,
            "among": [problem.bodies[int(x)].id for x in bodies], "band": plan["band"], "assign": assigned, "text": text.as_json(), "digest": digest(assigned)}
