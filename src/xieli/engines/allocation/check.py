"""The independent checker: reads the raw input and a plan, trusts neither solver nor planner. Plain Python, no arrays.

Its verdict is what the signer sees. It shares no code with the planning modules on purpose: rules are stated a second time.
"""
from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from .words import Text

EPS = 1e-9


@dataclass(frozen=True)
class Violation:
    """One broken rule: its name, the records, and a sentence."""

    rule: str
    records: tuple[str, ...]
    text: Text

    def as_json(self) -> dict[str, Any]:
        return {"rule": self.rule, "records": list(self.records), "text": self.text.as_json()}


def _v(rule: str, records: list[Any], zh: str, en: str) -> Violation:
    return Violation(rule, tuple(str(r) for r in records), Text(zh, en))


def zones(data: dict[str, Any], plan: dict[str, Any]) -> list[Violation]:
    """Every broken rule of a zone plan: coverage, recusal, bans, locks, band, caps, case caps, blocks, move budget, seat rule."""
    out: list[Violation] = []
    assign = {str(u): str(b) for u, b in (plan.get("assign") or {}).items()}
    bodies = {str(b["id"]): b for b in data["bodies"]}
    units = {str(u["id"]): u for u in data["units"]}
    waiting = {str(u) for u in plan.get("to_designate", {})}
    for u in assign:
        if u not in units:
            out.append(_v("unknown-unit", [u], f"方案中的单位 {u} 不在名单里。", f"Unit {u} of the plan is not in the list."))
    central = {b for b, row in bodies.items() if row.get("central", True)}
    loads: dict[str, int] = defaultdict(int)
    cases: dict[str, int] = defaultdict(int)
    members: dict[tuple[str, str], int] = defaultdict(int)
    moved = 0
    band = float(plan["band"])
    total_officers = sum(bodies[b]["officers"] for b in central)
    inside = {u: row for u, row in units.items() if row.get("central", True)}
    counted = {u: int(row["load"]) for u, row in inside.items()}
    if data.get("oversize") == "count_full_band":
        strongest = {u: max((bodies[b]["officers"] for b in central if _may(data, bodies[b], row)), default=0) for u, row in inside.items()}
        for _ in range(200):
            total = sum(counted.values())
            top = {u: math.floor(total * strongest[u] / total_officers * (1 + band) + EPS) for u in counted}
            if all(counted[u] <= top[u] for u in counted):
                break
            counted = {u: min(w, top[u]) for u, w in counted.items()}
    for u, row in units.items():
        home, b = str(row.get("home")), assign.get(u)
        recused = {str(k) for k in row.get("recused", [])}
        if u not in inside and home in recused:
            if b is not None or u not in waiting:
                out.append(_v("seat", [u], f"单位 {u} 的属地机构须回避，应列为待指定。", f"Unit {u}: its seat body is recused, a designation is due."))
            continue
        if b is None or b not in bodies:
            out.append(_v("coverage", [u], f"单位 {u} 没有承办机构。", f"Unit {u} has no body."))
            continue
        if b in recused:
            out.append(_v("recusal", [u, b], f"单位 {u} 分给了须回避的机构 {b}。", f"Unit {u} went to body {b}, which is recused."))
        if u not in inside:
            if b != home:
                out.append(_v("seat", [u, b], f"单位 {u} 应由属地机构 {home} 承担。", f"Unit {u} belongs to its seat body {home}."))
            continue
        if b not in central:
            out.append(_v("seat", [u, b], f"机构 {b} 不在中心城区。", f"Body {b} is not a central body."))
        loads[b] += counted[u]
        cases[b] += int(row.get("cases", 0))
        members[b, str(row.get("industry", ""))] += 1
        if row.get("current") is not None and str(row["current"]) != b:
            moved += 1
    for x in data.get("bans", []):
        if assign.get(str(x["unit"])) == str(x["body"]):
            out.append(_v("ban", [x["unit"], x["body"]], f"单位 {x['unit']} 分给了被禁止的机构 {x['body']}。", f"Unit {x['unit']} went to banned body {x['body']}."))
    for x in data.get("locks", []):
        if assign.get(str(x["unit"])) != str(x["body"]):
            out.append(_v("lock", [x["unit"], x["body"]], f"单位 {x['unit']} 应锁定在机构 {x['body']}。", f"Unit {x['unit']} is locked to body {x['body']}."))
    total = sum(counted.values())
    for b in sorted(central):
        share = total * bodies[b]["officers"] / total_officers
        cap = bodies[b].get("cap")
        floor = share * (1 - band) if cap is None else min(share * (1 - band), cap)
        if loads[b] > share * (1 + band) + 1e-6 or loads[b] < floor - 1e-6:
            out.append(_v("band", [b], f"机构 {b} 的负荷 {loads[b]} 不在目标 {share:.1f} 的 ±{band:.1%} 内。", f"Body {b} has load {loads[b]}, outside ±{band:.1%} of {share:.1f}."))
        if cap is not None and loads[b] > cap:
            out.append(_v("cap", [b], f"机构 {b} 的负荷 {loads[b]} 超过能力上限 {cap}。", f"Body {b} has load {loads[b]}, above its cap of {cap}."))
        if bodies[b].get("case_cap") is not None and cases[b] > bodies[b]["case_cap"]:
            out.append(_v("case-cap", [b], f"机构 {b} 的案件数 {cases[b]} 超过上限。", f"Body {b} has {cases[b]} cases, above its cap."))
        for block in data.get("blocks", []):
            have = members[b, str(block["industry"])]
            if have and block.get("experts_only", True) and block["industry"] not in bodies[b].get("expertise", []):
                out.append(_v("block", [b, block["industry"]], f"机构 {b} 无 {block['industry']} 专长却承接该行业。", f"Body {b} takes {block['industry']} without the expertise."))
            if 0 < have < block.get("least", 2):
                out.append(_v("block", [b, block["industry"]], f"机构 {b} 承接 {block['industry']} 少于 {block.get('least', 2)} 家。", f"Body {b} takes fewer than {block.get('least', 2)} units of {block['industry']}."))
    limit = plan.get("moves") if plan.get("moves") is not None else data.get("move_budget")
    if data.get("move_budget") is not None and moved > data["move_budget"]:
        out.append(_v("move-budget", [moved], f"调整 {moved} 家，超过上限 {data['move_budget']}。", f"{moved} units move, above the budget of {data['move_budget']}."))
    elif limit is not None and moved > limit:
        out.append(_v("moves", [moved], f"方案称调整 {limit} 家，实为 {moved} 家。", f"The plan says {limit} moves, it makes {moved}."))
    return out


def _may(data: dict[str, Any], body: dict[str, Any], unit: dict[str, Any]) -> bool:
    """Whether recusal, bans, locks and blocks allow the pair."""
    b, u = str(body["id"]), str(unit["id"])
    held = [str(x["body"]) for x in data.get("locks", []) if str(x["unit"]) == u]
    closed = {str(x["industry"]) for x in data.get("blocks", []) if x.get("experts_only", True)}
    industry = str(unit.get("industry", ""))
    return (b not in {str(k) for k in unit.get("recused", [])} and not any(str(x["unit"]) == u and str(x["body"]) == b for x in data.get("bans", []))
            and (not held or b in held) and (industry not in closed or industry in body.get("expertise", [])))


def published(data: dict[str, Any], plan: dict[str, Any]) -> list[Violation]:
    """A published assignment instance: every job once, capacities kept, and the stated value recomputed."""
    out: list[Violation] = []
    used = [0] * len(data["capacity"])
    value = 0
    for job, agent in enumerate(plan["assign"]):
        if not 0 <= agent < len(used):
            out.append(_v("coverage", [job], f"任务 {job} 未分配。", f"Job {job} has no agent."))
            continue
        used[agent] += data["resource"][agent][job]
        value += data["cost"][agent][job]
    for agent, (have, cap) in enumerate(zip(used, data["capacity"], strict=True)):
        if have > cap:
            out.append(_v("capacity", [agent], f"执行者 {agent} 用量 {have} 超过 {cap}。", f"Agent {agent} uses {have} of {cap}."))
    if value != plan["value"]:
        out.append(_v("value", [value], f"方案称值为 {plan['value']}，实为 {value}。", f"The plan states {plan['value']}, it is {value}."))
    return out
