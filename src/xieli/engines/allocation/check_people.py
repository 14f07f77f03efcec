"""The independent checker for staffing, committees and rotas; rules stated a second time in plain Python (see check.py)."""
from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations, pairwise
from typing import Any

from .check import Violation
from .words import Text

#: stated again here on purpose, not imported from the planner
REST_BETWEEN_LOANS = 30
COOLING_OFF = 365


def _v(rule: str, records: list[Any], zh: str, en: str) -> Violation:
    return Violation(rule, tuple(str(r) for r in records), Text(zh, en))


def staff(data: dict[str, Any], plan: dict[str, Any]) -> list[Violation]:
    """Every broken rule of a staffing plan: recusal, posting rules, rank, skill, time, half of a body, half a team + 1."""
    out: list[Violation] = []
    officers = {o["id"]: o for o in data["officers"]}
    requests = {r["id"]: r for r in data["requests"]}
    names = data.get("skills", [])
    weights = data.get("weights", {})
    teams: dict[Any, list[Any]] = {row["request"]: list(row["officers"]) for row in data.get("fixed", [])}
    fixed = set(teams)
    for team in plan["teams"]:
        r = requests[team["request"]]
        if r["id"] in fixed:
            out.append(_v("fixed", [r["id"]], f"需求 {r['id']} 的在办组被改动。", f"The running team of request {r['id']} was changed."))
        if sorted(s["seat"] for s in team["seats"]) != list(range(len(r["seats"]))):
            out.append(_v("seats", [r["id"]], f"需求 {r['id']} 的席位不齐。", f"The seats of request {r['id']} are not all listed."))
        teams[r["id"]] = [s["officer"] for s in team["seats"] if s["officer"] is not None]
        for s in team["seats"]:
            if s["officer"] is None:
                continue
            o, seat = officers[s["officer"]], r["seats"][s["seat"]]
            skills = {names[k] if isinstance(k, int) else k for k in o["skills"]}
            where = [r["id"], o["id"]]
            tests = [("rank", o["rank"] < seat.get("min_rank", 1)), ("skill", seat.get("skill") is not None and seat["skill"] not in skills),
                     ("kin", r["unit"] in o.get("kin_in_units", [])), ("former-employer", o.get("former_employer_unit") is not None and o["former_employer_unit"] == r["unit"]),
                     ("native-county", o.get("native_county") is not None and o["native_county"] == r["county"]), ("prior-handling", o["id"] in r.get("handled_before_by", [])),
                     ("home-unit", o.get("home_unit") is not None and o["home_unit"] == r["unit"]),
                     ("away", any(a <= r["to_day"] and r["from_day"] <= b for a, b in o.get("away_days", []))),
                     ("cooling-off", bool(o.get("posting")) and o["posting"]["unit"] == r["unit"] and r["from_day"] <= o["posting"]["to_day"] + COOLING_OFF),
                     ("back-to-back", r.get("kind") == "borrowing" and o.get("last_loan_to_day") is not None and r["from_day"] <= o["last_loan_to_day"] + REST_BETWEEN_LOANS)]
            out += [_v(rule, where, f"需求 {r['id']} 的干部 {o['id']} 违反规则：{rule}。", f"Officer {o['id']} on request {r['id']} breaks the rule {rule}.") for rule, broken in tests if broken]
        by_body = Counter(officers[o]["body"] for o in teams[r["id"]])
        limit = len(r["seats"]) // 2 + int(weights.get("team_extra", 1))
        for body, n in by_body.items():
            if n > limit:
                out.append(_v("team-share", [r["id"], body], f"需求 {r['id']} 有 {n} 人来自机构 {body}，超过 {limit}。", f"Request {r['id']} has {n} from body {body}, above {limit}."))
    serving: dict[Any, list[Any]] = defaultdict(list)
    for request, members in teams.items():
        for o in members:
            serving[o].append(request)
    for o, mine in serving.items():
        if len(set(mine)) < len(mine):
            out.append(_v("twice", [o], f"干部 {o} 在同一组占两席。", f"Officer {o} holds two seats in one team."))
        for a, b in combinations(sorted(set(mine), key=str), 2):
            ra, rb = requests[a], requests[b]
            rest = REST_BETWEEN_LOANS if ra.get("kind") == rb.get("kind") == "borrowing" else 0
            if ra["from_day"] <= rb["to_day"] + rest and rb["from_day"] <= ra["to_day"] + rest:
                out.append(_v("overlap", [o, a, b], f"干部 {o} 的需求 {a} 与 {b} 时间冲突。", f"Officer {o} is on {a} and {b} at once or too close."))
    size = Counter(o["body"] for o in officers.values())
    share = float(weights.get("body_share", 0.5))
    for day in sorted({requests[r]["from_day"] for r in teams}):
        running = [r for r in teams if requests[r]["from_day"] <= day <= requests[r]["to_day"]]
        away = Counter(officers[o]["body"] for r in running for o in teams[r])
        for body, n in away.items():
            if n > int(share * size[body]):
                out.append(_v("body-share", [body, day], f"第 {day} 天机构 {body} 派出 {n}/{size[body]} 人，超过上限。", f"On day {day} body {body} has {n} of {size[body]} out, above its share."))
    return out


def committees(data: dict[str, Any], plan: dict[str, Any]) -> list[Violation]:
    """Every village once, sets of 3–5, connected, inside one township, one eligible head; smaller sets only if listed for decision."""
    out: list[Violation] = []
    rows = {v["id"]: v for v in data["villages"]}
    near: dict[Any, set[Any]] = defaultdict(set)
    for a, b in data.get("adjacent", []):
        near[a].add(b)
        near[b].add(a)
    low, high = data.get("low", 3), data.get("high", 5)
    listed = {tuple(d["villages"]) for d in plan.get("for_decision", [])}
    count = Counter(v for c in plan["committees"] for v in c["villages"])
    for v in rows:
        if count[v] != 1:
            out.append(_v("coverage", [v], f"村 {v} 出现 {count[v]} 次。", f"Village {v} occurs {count[v]} times."))
    for c in plan["committees"]:
        members = list(c["villages"])
        if len(members) > high or (len(members) < low and tuple(members) not in listed):
            out.append(_v("size", members, f"片区 {members} 有 {len(members)} 个村。", f"The set {members} has {len(members)} villages."))
        if len({rows[v]["township"] for v in members}) > 1:
            out.append(_v("township", members, f"片区 {members} 跨乡镇。", f"The set {members} crosses townships."))
        reached, edge = {members[0]}, [members[0]]
        while edge:
            v = edge.pop()
            fresh = (near[v] & set(members)) - reached
            reached |= fresh
            edge += sorted(fresh, key=str)
        if reached != set(members):
            out.append(_v("connected", members, f"片区 {members} 不连片。", f"The set {members} is not connected."))
        chief = c["head"]
        if chief is None:
            if tuple(members) not in listed:
                out.append(_v("head", members, f"片区 {members} 没有主任。", f"The set {members} has no head."))
        elif chief not in members or rows[chief].get("supervisor_is_cadre") or set(rows[chief].get("supervisor_kin_in", [])) & set(members):
            out.append(_v("head", [chief], f"主任 {chief} 不合格。", f"Head {chief} is not eligible."))
    return out


def rota(data: dict[str, Any], plan: dict[str, Any]) -> list[Violation]:
    """A rota of inspections or of chairs, recounted row by row."""
    return _chairs(data, plan) if plan["kind"] == "chairs" else _inspection(data, plan)


def _inspection(data: dict[str, Any], plan: dict[str, Any]) -> list[Violation]:
    out: list[Violation] = []
    gap = int(data.get("gap", min(4, len(data["counties"]))))
    at: dict[tuple[Any, Any], list[int]] = defaultdict(list)
    for q in range(1, int(data.get("quarters", 4)) + 1):
        rows = [r for r in plan["rows"] if r["quarter"] == q]
        for county in data["counties"]:
            n = sum(1 for r in rows if r["county"] == county)
            if n != 1:
                out.append(_v("coverage", [county, q], f"{county} 第 {q} 季被检查 {n} 次。", f"{county} is checked {n} times in quarter {q}."))
        for group, n in Counter(r["group"] for r in rows).items():
            if n > 1:
                out.append(_v("twice", [group, q], f"{group} 第 {q} 季有 {n} 个县区。", f"{group} has {n} counties in quarter {q}."))
        for r in rows:
            at[r["group"], r["county"]].append(q)
    barred = {(g["id"], str(c)) for g in data["groups"] for c in g.get("barred", [])}
    for (group, county), quarters in at.items():
        if (group, str(county)) in barred:
            out.append(_v("barred", [group, county], f"{group} 须回避 {county}。", f"{group} is barred from {county}."))
        if any(b - a < gap for a, b in pairwise(quarters)):
            out.append(_v("gap", [group, county], f"{group} 再到 {county} 间隔不足 {gap} 季。", f"{group} returns to {county} within {gap} quarters."))
    return out


def _chairs(data: dict[str, Any], plan: dict[str, Any]) -> list[Violation]:
    out: list[Violation] = []
    members = {m["id"]: m for m in data["members"]}
    rest = int(data.get("rest", 0))
    chairs = {r["meeting"]: r["chair"] for r in plan["rows"]}
    if sorted(chairs) != list(range(1, int(data["meetings"]) + 1)) or len(plan["rows"]) != len(chairs):
        out.append(_v("coverage", [], "有会议没有主持人或不止一人。", "A meeting has no chair or more than one."))
    last: dict[Any, int] = {}
    sides = {str(m.get("side", "")) for m in data["members"]}
    for t in sorted(chairs):
        who = chairs[t]
        if t in members[who].get("absent", []):
            out.append(_v("absent", [who, t], f"{who} 第 {t} 次缺席。", f"{who} is absent at meeting {t}."))
        if who in last and t - last[who] <= rest:
            out.append(_v("rest", [who, t], f"{who} 两次主持间隔不足。", f"{who} chairs again too soon."))
        if len(sides) == 2 and t - 1 in chairs and str(members[who].get("side", "")) == str(members[chairs[t - 1]].get("side", "")):
            out.append(_v("sides", [t], f"第 {t} 次未轮到另一方。", f"Meeting {t} does not alternate sides."))
        last[who] = t
    return out


def batch(data: dict[str, Any], plan: dict[str, Any]) -> list[Violation]:
    """Every matter once; no proposal to a body that is excluded, without officers, over its cap or without a custody place."""
    out: list[Violation] = []
    bodies = {str(b["id"]): b for b in data["bodies"]}
    matters = {str(m["id"]): m for m in data["matters"]}
    seen = Counter(str(p["matter"]) for p in plan["proposals"])
    out += [_v("coverage", [m], f"事项 {m} 未列出或列出多次。", f"Matter {m} is missing or listed twice.") for m in matters if seen[m] != 1]
    for p in plan["proposals"]:
        if p["body"] is None:
            continue
        m, b = matters[str(p["matter"])], bodies[str(p["body"])]
        ready = b.get("readiness", {})
        live = bool(ready.get("confirmed_by")) and (not ready.get("valid_until") or ready["valid_until"] > data["now"])
        tests = [("excluded", bool(b.get("excluded")) or bool(m.get("excluded", {}).get(str(b["id"])))), ("officers", b["officers"] <= 0),
                 ("capacity", b.get("cap") is not None and b["load"] + m["load"] > b["cap"]), ("rank", bool(m.get("ranks")) and b.get("rank", "county") not in m["ranks"]),
                 ("custody", "custody" in m.get("needs", ("team", "custody")) and live and ready.get("custody") == "no"), ("redesignation", bool(m.get("already_designated")))]
        out += [_v(rule, [m["id"], b["id"]], f"事项 {m['id']} 拟交机构 {b['id']}，违反规则：{rule}。", f"Matter {m['id']} is proposed to body {b['id']} against the rule {rule}.") for rule, broken in tests if broken]
    return out
