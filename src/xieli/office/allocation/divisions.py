"""Areas as versions: made from records or a file, put forward by one person, adopted by another, measured before and after.

A division says who helps with a central unit; it never says who may file (catalogue, corrections). Matters stay where they are.
"""
from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from xieli.engines.allocation import check, loads
from xieli.office.allocation.models import BodyLoad, BodyPlace, LoadRelease, PlanRun, PlanVersion, UnitLoad
from xieli.office.allocation.plans import chosen_plan
from xieli.office.audit import record
from xieli.office.bodies.finding import seated_in
from xieli.office.bodies.models import AreaBody, Body
from xieli.office.matters.services.errors import Refused, plain_words
from xieli.office.matters.services.source import ZONE, actor, call, now, today

#: a body is marked as pressed (承压) above this ratio of its load to its fair share; ours
PRESSED = 1.25
LEAST_WEEKS = 4  # released weeks on either side before an effect is spoken of (ours)
WEIGHTS = loads.LoadWeights(per_case={"lead": 3.0, "case": 10.0})


def places_on(day: date) -> dict[int, BodyPlace]:
    """Where every body sits on a day."""
    rows = BodyPlace.objects.filter(valid_from__lte=day).filter(Q(valid_to=None) | Q(valid_to__gt=day)).select_related("body").order_by("valid_from")
    return {row.body_id: row for row in rows}


@dataclass(frozen=True)
class Whose:
    """Whose unit it is on a day, by which rule (`area` or `seat`), and the version in force where an area says so."""

    body: Body | None
    rule: str
    since: date | None = None


def whose(unit: Body, day: date) -> Whose:
    """The rule chain 片区 → 属地 (S0-43, S0-44): a unit of the central city goes by its area, every other by its seat on that day."""
    place = places_on(day).get(unit.id)
    if place is not None and place.central:
        member = AreaBody.objects.filter(body=unit, area__kind="central_units", valid_from__lte=day).filter(Q(valid_to=None) | Q(valid_to__gt=day)).select_related("area__lead_body").first()
        if member is not None:
            return Whose(member.area.lead_body, "area", member.valid_from)
    seat = place.division_code if place is not None and place.division_code else unit.division_code
    found = seated_in(seat, day) if seat else []
    return Whose(found[0] if found else None, "seat", place.valid_from if place is not None else None)


def unit_records() -> list[loads.UnitRecord]:
    """The released counts of every central unit that has a place, as the load index reads them."""
    counts = {row.body_id: row for row in UnitLoad.objects.all()}
    out = []
    for place in places_on(today()).values():
        if place.body.kind != "central_unit":
            continue
        c = counts.get(place.body_id)
        out.append(loads.UnitRecord(place.body_id, place.body.sector or "other", place.headcount, float(c.years) if c else 2.0, {"lead": c.leads, "case": c.cases} if c else {}))
    return out


def problem_from_records() -> dict[str, Any]:
    """The problem of the central city as the records say: seats, strength less own work, load index, who may not, who has it now.

    Raises Refused when no unit or body has a place. Own work (released load) lowers the strength that is shared out.
    """
    day = today()
    places = places_on(day)
    index = {str(x.unit): x.load for x in loads.index(unit_records(), WEIGHTS)} if unit_records() else {}
    own = {row.body_id: row for row in BodyLoad.objects.all()}
    bodies, units = [], []
    for place in sorted(places.values(), key=lambda p: p.body_id):
        body = place.body
        if body.kind in ("commission", "working_committee") and body.rank == "county":
            released = own.get(body.id)
            strength = released.officers if released else 0
            # officers tied up by the body's own cases do not share in the units: a case takes one officer-month a month
            free = max(1.0, strength - (released.load / 10 if released else 0) / 6)
            bodies.append({"id": body.id, "name": body.name_zh, "seat_km": [float(place.x_km), float(place.y_km)], "officers": round(free, 1), "expertise": [], "central": place.central})
    known = {b["id"] for b in bodies}
    central = {b["id"] for b in bodies if b["central"]}
    for place in sorted(places.values(), key=lambda p: p.body_id):
        if place.body.kind != "central_unit":
            continue
        mine = whose(place.body, day)
        row: dict[str, Any] = {"id": place.body_id, "name": place.body.name_zh, "at_km": [float(place.x_km), float(place.y_km)], "load": index.get(str(place.body_id), 1), "industry": place.body.sector or "other",
                               "recused": [], "central": place.central}
        if place.central and mine.body is not None and mine.body.id in central:
            row["current"] = mine.body.id
        if not place.central:
            if mine.body is None or mine.body.id not in known:
                continue
            row["home"] = mine.body.id
        units.append(row)
    if not units or not central:
        raise Refused("no_places", "还没有登记单位和机构的位置，无法从记录划分；可以先从文件划分。", "No unit or body has a place yet, so nothing can be divided from records; divide from a file instead.")
    return {"bodies": bodies, "units": units, "oversize": "count_full_band", "weights": {"km": 10.0, "expertise": 60, "keep": 0}}


def with_changes(problem: dict[str, Any], *, locks: list[tuple[str, str, str]] = (), bans: list[tuple[str, str, str]] = (), band: float | None = None,  # type: ignore[assignment]
                 move_budget: int | None = None, current: dict[str, Any] | None = None) -> dict[str, Any]:
    """The same problem with what the person who signs adds: locks (drag to lock), bans, one band, a move budget, the plan in force."""
    out = dict(problem)
    held = {str(x["unit"]): x for x in problem.get("locks", [])}
    for unit, body, reason in locks:
        if body:
            held[unit] = {"unit": unit, "body": body, "reason": reason}
        else:
            held.pop(unit, None)
    out["locks"] = [held[k] for k in sorted(held)]
    out["bans"] = [*problem.get("bans", []), *({"unit": u, "body": b, "code": c} for u, b, c in bans)]
    if band is not None:
        out.pop("band", None)
        out["ladder"] = [band]
    if move_budget is not None:
        out["move_budget"] = move_budget
    if current is not None:
        out["units"] = [{**u, "current": current.get(str(u["id"]), u.get("current"))} if u.get("central", True) else u for u in problem["units"]]
    return out


def rule_of(run: PlanRun, plan: dict[str, Any]) -> tuple[str, str]:
    """The rule of a version in words: band, weights, index, who was left out; printed with every version, above the record of what computed it."""
    if run.task in ("zones", "replan", "frontier", "exact"):
        w = {"km": 10.0, "expertise": 60, "keep": 0, **run.problem.get("weights", {})}
        words = loads.definition(WEIGHTS)
        band = f"±{plan['band']:.0%}"
        return (f"片区优先，片区外按属地；每家单位恰归一个机构；负荷与可用人力成比例，幅度 {band}；公里 ×{w['km']:g}，专长 −{w['expertise']:g}，保持 −{w['keep']:g}；回避不可越过。{words.zh} 已受理的事项不随片区变动。",
                f"Area first, outside the area by seat; each unit with exactly one body; load in proportion to available strength within {band}; kilometres ×{w['km']:g}, expertise −{w['expertise']:g}, staying −{w['keep']:g}; recusal is never overridden. {words.en} Matters already accepted stay where they are.")
    if run.task == "committees":
        return ("同一乡镇内 3—5 个相邻村为一片区，每村恰归一片区；主任由非村干部、无亲属关系的监督员中评分最高者担任；孤岛列出由人决定。",
                "Three to five adjacent villages of one township; each village in exactly one; the head is the best-rated supervisor who is no cadre and has no kin there; islands are listed for a person to decide.")
    return ("每季度每县恰由一组检查，每组双组长；回避的县不去；重复尽量均匀；主持按缺席和轮流排定。",
            "Each quarter each county is checked by exactly one group with two heads; no group goes where it is barred; repeats are even; chairs follow absences and turns.")


KIND_OF = {"zones": "central_units", "replan": "central_units", "frontier": "central_units", "exact": "central_units", "committees": "villages"}


def kind_of(run: PlanRun) -> str:
    """Which register a plan belongs to."""
    if run.task == "rota":
        return "inspection" if "groups" in run.problem else "chair"
    return KIND_OF[run.task]


def _areas(run: PlanRun, plan: dict[str, Any]) -> list[dict[str, Any]]:
    """The areas a plan makes, where its ids are bodies of this installation; a plan from a file with other ids makes none."""
    members: dict[str, list[str]] = {}
    if run.task == "committees":
        names = {str(b.id): b for b in Body.objects.filter(kind="village")}
        sets = [[str(v) for v in c["villages"]] for c in plan["committees"]]
        if not all(v in names for s in sets for v in s):
            return []
        leads = {str(b.id): b.parent_id for b in names.values()}
        return [{"lead": leads[s[0]], "name_zh": f"第{n}片区廉勤委", "name_en": f"Village area {n}", "members": s} for n, s in enumerate(sets, 1) if leads[s[0]]]
    central = {str(u["id"]) for u in run.problem["units"] if u.get("central", True)}
    for unit, body in plan["assign"].items():
        if unit in central:
            members.setdefault(str(body), []).append(unit)
    bodies = {str(b.id): b for b in Body.objects.filter(kind__in=["commission", "working_committee"], rank="county")}
    units = {str(i) for i in Body.objects.filter(kind="central_unit").values_list("id", flat=True)}
    if not set(members) <= set(bodies) or not {u for m in members.values() for u in m} <= units:
        return []
    return [{"lead": int(b), "name_zh": f"{bodies[b].short_zh or bodies[b].name_zh}央地协作片区", "name_en": f"{bodies[b].short_en or bodies[b].name_en} central–local area", "members": m}
            for b, m in sorted(members.items())]


@transaction.atomic
def propose(run: PlanRun, *, reason: str, valid_from: date, which: int | None = None) -> PlanVersion:
    """Put a finished plan forward with its reason. What the signers see is frozen: tables, verdict, rule, record.

    Raises Refused: no reason, a date in the past, no plan, or a plan that its checker did not pass.
    """
    if len(reason.strip()) < 4:
        raise Refused("reason_needed", "请写明为什么采用这个方案。", "Say why this plan is put forward.")
    if valid_from < today():
        raise Refused("past", "片区划分不能从过去的日期开始。", "A division does not begin in the past.")
    if run.state != "done" or run.verdict is None or run.verdict:
        raise Refused("unchecked", "该方案未通过独立核验，不能提出。", "The plan has not passed its independent check and cannot be put forward.")
    zone = run.task in KIND_OF and run.task != "committees"
    plan = chosen_plan(run, which) if zone else dict(run.result or {})
    verdict = [v.as_json() for v in check.zones(run.problem, plan)] if run.task in ("zones", "replan", "frontier") else run.verdict
    zh, en = rule_of(run, plan)
    snapshot = {"plan": {k: v for k, v in plan.items() if k not in ("log", "load_price")}, "verdict": verdict, "assign": plan.get("assign"), "areas": _areas(run, plan) if zone or run.task == "committees" else [],
                "rule": {"zh": zh, "en": en}, "record": plan.get("record") or (run.result or {}).get("record")}
    sha = hashlib.sha256(json.dumps(snapshot, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    with plain_words():
        row = PlanVersion.objects.create(body_id=run.body_id, kind=kind_of(run), run=run, rule_zh=zh, rule_en=en, reason=reason.strip()[:300], snapshot=snapshot, sha=sha, valid_from=valid_from,
                                         proposed_by_id=actor().person, proposed_at=now())
    record("plan.proposed", version=row.id, kind=row.kind, digest=sha)
    return row


@transaction.atomic
def adopt(version: PlanVersion) -> int:
    """The second person adopts; the version before it ends that day. Returns its number. Raises Refused; then nothing has changed."""
    number = int(str(call("adopt_plan", version.id)))
    record("plan.adopted", version=version.id, kind=version.kind, number=number, digest=version.sha)
    version.refresh_from_db()
    return number


@transaction.atomic
def withdraw(version: PlanVersion) -> None:
    """Take back what was put forward; what is in force stays."""
    call("withdraw_plan", version.id)
    record("plan.withdrawn", version=version.id)


def in_force(body: int, kind: str, day: date) -> PlanVersion | None:
    """The version in force on a day: the last good plan, until a later one begins."""
    return PlanVersion.objects.filter(body_id=body, kind=kind, state__in=["in_force", "ended"], valid_from__lte=day).filter(Q(valid_to=None) | Q(valid_to__gt=day)).order_by("-valid_from").first()


@dataclass(frozen=True)
class Spread:
    """How even load per officer was over one span: bodies above 1.25 of the mean, max to mean, weeks counted, hours to acceptance."""

    pressed: tuple[int, ...]
    max_to_mean: float | None
    weeks: int
    hours: float | None
    answers: int


def _span(begin: datetime, end: datetime) -> Spread:
    by_body: dict[int, list[float]] = {}
    weeks = set()
    for row in LoadRelease.objects.filter(released_at__gte=begin, released_at__lt=end):
        weeks.add(row.released_at)
        if row.officers:
            by_body.setdefault(row.body_id, []).append(row.load / row.officers)
    level = {body: median(values) for body, values in by_body.items()}
    mean = sum(level.values()) / len(level) if level else 0.0
    with connection.cursor() as cursor:
        cursor.execute("select median, n from access.response_hours(%s, %s)", [begin, end])
        hours, n = cursor.fetchone()
    return Spread(tuple(sorted(b for b, v in level.items() if mean and v > PRESSED * mean)), round(max(level.values()) / mean, 2) if mean else None, len(weeks), None if hours is None else float(hours), int(n))


def judged(before: Spread, after: Spread) -> str:
    """What the two spans say together: early (too few weeks on one side), better, worse, mixed or same. Bodies and ratio must agree.

    The loads are those of all matters of a body: a division is one cause among others, which the page says beside it.
    """
    if min(before.weeks, after.weeks) < LEAST_WEEKS or before.max_to_mean is None or after.max_to_mean is None:
        return "early"
    signs = {(x > y) - (x < y) for x, y in ((len(after.pressed), len(before.pressed)), (after.max_to_mean, before.max_to_mean))}
    return "mixed" if signs >= {1, -1} else "worse" if 1 in signs else "better" if -1 in signs else "same"


def effect(version: PlanVersion, days: int = 180) -> tuple[Spread, Spread]:
    """Before and after a version began (S0-46, S0-53): the same length on both sides, with how many weeks and answers each rests on."""
    begins = datetime.combine(version.valid_from, datetime.min.time(), ZONE)
    return _span(begins - timedelta(days=days), begins), _span(begins, min(begins + timedelta(days=days), now()))
