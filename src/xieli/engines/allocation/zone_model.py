"""What a zone plan is made from: bodies, units, rules set by the person who signs; read from JSON and checked.

File format (docs/allocation.md has an example): `bodies` [{id, seat_km [x, y], officers, expertise [..], cap?, case_cap?,
central?}], `units` [{id, at_km, load, industry, recused [..], cases?, current?, central?, home?}], and optional `bans`,
`locks`, `blocks`, `weights`, `band`, `ladder`, `move_budget`, `oversize`. Loads are integers in 0.1 officer-month.
"""
from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .core import NO_LIMIT, Block, Core, Ints, without_pairs
from .words import BadInput, Text, ids, reads_a_file

Id = str | int

#: bands tried in turn, ours (reference: price of a tighter band is longer travel; the signer chooses)
LADDER = (0.03, 0.05, 0.08, 0.10, 0.15, 0.20)


@dataclass(frozen=True)
class Weights:
    """Cost of a pair = round(km × distance) − expertise − keep (if the unit stays), shifted so that the smallest is 0. Ours."""

    km: float = 10.0
    expertise: int = 60
    keep: int = 0


@dataclass(frozen=True)
class Body:
    id: Id
    seat: tuple[float, float]
    officers: float
    expertise: frozenset[str] = frozenset()
    cap: int | None = None
    case_cap: int | None = None


@dataclass(frozen=True)
class Unit:
    id: Id
    at: tuple[float, float]
    load: int
    industry: str = ""
    recused: frozenset[Id] = frozenset()
    cases: int = 0
    current: Id | None = None


@dataclass(frozen=True)
class ZoneProblem:
    """Central units and bodies only, in the order of their ids; `by_seat` holds what rule alone decides (属地)."""

    bodies: tuple[Body, ...]
    units: tuple[Unit, ...]
    bans: tuple[tuple[Id, Id, str], ...] = ()
    locks: tuple[tuple[Id, Id, str], ...] = ()
    blocks: tuple[tuple[str, int, bool], ...] = ()
    weights: Weights = Weights()
    ladder: tuple[float, ...] = LADDER
    move_budget: int | None = None
    oversize: str = "refuse"
    by_seat: dict[Id, Id] = field(default_factory=dict)
    to_designate: dict[Id, str] = field(default_factory=dict)


def order_key(identity: Id) -> tuple[int, int, str]:
    """Ids in one stable order: numbers by value, then words."""
    text = str(identity)
    return (0, int(text), text) if text.isdecimal() else (1, 0, text)


def _refuse(rule: str, records: list[str], zh: str, en: str) -> BadInput:
    return BadInput(rule, records, Text(zh, en))


_WHAT = {  # what the number of a rule is, for a person
    "officers": ("可用干部数", "number of available officers"), "cap": ("单位数上限", "most units"), "case_cap": ("案件数上限", "most cases"), "coordinates": ("坐标（公里）", "coordinate in km"),
    "negative-load": ("负荷", "load"), "negative-cases": ("案件数", "number of cases"), "block": ("行业最少家数", "fewest of an industry"), "band": ("平衡幅度", "balance band"),
    "move_budget": ("调整数上限", "most moves"),
}


_KIND = {"unit": "单位", "body": "机构"}


def _named(record: str) -> str:
    """A record as a Chinese sentence names it: 单位 u02, 机构 b1."""
    kind, _, identity = record.partition(" ")
    return f"{_KIND[kind]} {identity} " if kind in _KIND and identity else f"{record} " if record not in _WHAT else ""


def _number(value: Any, rule: str, record: str, *, least: float = 0) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < least:
        zh, en = _WHAT.get(rule, ("数值", "value"))
        raise _refuse(rule, [record], f"{_named(record)}的{zh}是 {value!r}，应为不小于 {least:g} 的数。未作任何划分，请改正后重来。".removeprefix("的"),
                      f"{record}: the {en} is {value!r}; a number of at least {least:g} is needed. Nothing was planned; correct it and run again.")
    return float(value)


def _point(value: Any, record: str) -> tuple[float, float]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise _refuse("coordinates", [record], f"{record} 没有坐标 [x, y]（公里）。", f"{record} has no coordinates [x, y] in km.")
    return (_number(value[0], "coordinates", record, least=-1e6), _number(value[1], "coordinates", record, least=-1e6))


def _unique(items: list[dict[str, Any]], kind_zh: str, kind_en: str) -> None:
    seen: set[str] = set()
    twice = []
    for item in items:
        if "id" not in item:
            raise _refuse("missing-id", [str(item)[:80]], f"有{kind_zh}没有编号。", f"A {kind_en} has no id.")
        if str(item["id"]) in seen:
            twice.append(str(item["id"]))
        seen.add(str(item["id"]))
    if twice:
        raise _refuse("duplicate-id", twice, f"{kind_zh}编号重复：{ids(twice)}。请合并或改号后重来，未作任何划分。",
                      f"Duplicate {kind_en} ids: {ids(twice)}. Merge or renumber them and run again; nothing was planned.")


@reads_a_file
def parse(data: dict[str, Any]) -> ZoneProblem:
    """Read a problem; raises BadInput naming the rule and the records that break it."""
    if not isinstance(data, dict) or not data.get("bodies") or not data.get("units"):
        raise _refuse("empty", [], "文件里没有机构（bodies）或单位（units）。", "The file has no bodies or no units.")
    _unique(data["bodies"], "机构", "body")
    _unique(data["units"], "单位", "unit")
    every_body = {str(b["id"]): b["id"] for b in data["bodies"]}
    central_bodies = {str(b["id"]) for b in data["bodies"] if b.get("central", True)}
    bodies = []
    for b in sorted((b for b in data["bodies"] if str(b["id"]) in central_bodies), key=lambda b: order_key(b["id"])):
        name = f"body {b['id']}"
        officers = _number(b.get("officers"), "officers", name)
        caps = {c: None if b.get(c) is None else int(_number(b[c], c, name)) for c in ("cap", "case_cap")}
        bodies.append(Body(b["id"], _point(b.get("seat_km"), name), officers, frozenset(b.get("expertise", [])), **caps))
    if not bodies or sum(b.officers for b in bodies) <= 0:
        raise _refuse("officers", [str(b.id) for b in bodies], "中心城区机构可用干部总数为零，无法按人力分配。",
                      "The central bodies have no available officers at all; load cannot be shared by strength.")

    def body_of(identity: Any, where: str) -> Id:
        if str(identity) not in every_body:
            raise _refuse("unknown-body", [where, str(identity)], f"{where} 提到的机构 {identity} 不在名单里。",
                          f"{where} names body {identity}, which is not in the list.")
        found: Id = every_body[str(identity)]
        return found

    units, by_seat, to_designate = [], {}, {}
    for u in sorted(data["units"], key=lambda u: order_key(u["id"])):
        name = f"unit {u['id']}"
        recused = frozenset(body_of(k, name) for k in u.get("recused", []))
        if not u.get("central", True):
            home = body_of(u.get("home"), name)
            if home in recused:
                to_designate[u["id"]] = "recusal"
            else:
                by_seat[u["id"]] = home
            continue
        load = _number(u.get("load"), "negative-load", name)
        if load != int(load):
            raise _refuse("whole-load", [name], f"{name} 的负荷 {load} 不是整数（单位：0.1 人月）。",
                          f"{name} has a load of {load}: whole numbers of 0.1 officer-month are needed.")
        cases = int(_number(u.get("cases", 0), "negative-cases", name))
        current = None if u.get("current") is None else body_of(u["current"], name)
        units.append(Unit(u["id"], _point(u.get("at_km"), name), int(load), str(u.get("industry", "")), recused, cases, current))
    every_unit = {str(u.id): u.id for u in units}

    def unit_of(identity: Any, where: str) -> Id:
        if str(identity) not in every_unit:
            raise _refuse("unknown-unit", [where, str(identity)], f"{where} 提到的单位 {identity} 不在中心城区单位名单里。",
                          f"{where} names unit {identity}, which is not among the central units.")
        return every_unit[str(identity)]

    bans = tuple((unit_of(x["unit"], "ban"), body_of(x["body"], "ban"), str(x.get("code", "ban"))) for x in data.get("bans", []))
    locks = tuple((unit_of(x["unit"], "lock"), body_of(x["body"], "lock"), str(x.get("reason", ""))) for x in data.get("locks", []))
    blocks = tuple((str(x["industry"]), int(_number(x.get("least", 2), "block", str(x["industry"]))),
                    bool(x.get("experts_only", True))) for x in data.get("blocks", []))
    ladder = tuple(float(x) for x in data.get("ladder", [data["band"]] if "band" in data else LADDER))
    for step in ladder:
        _number(step, "band", "band")
    if list(ladder) != sorted(ladder) or not ladder:
        raise _refuse("band", ["ladder"], "浮动幅度须由小到大排列。", "The ladder of bands must rise.")
    budget = data.get("move_budget")
    oversize = data.get("oversize", "refuse")
    if oversize not in ("refuse", "count_full_band"):
        raise _refuse("oversize", [str(oversize)], "oversize 只能是 refuse 或 count_full_band。", "oversize is refuse or count_full_band.")
    problem = ZoneProblem(tuple(bodies), tuple(units), bans, locks, blocks, Weights(**data.get("weights", {})), ladder,
                          None if budget is None else int(_number(budget, "move_budget", "move_budget")), oversize,
                          by_seat, to_designate)
    _contradictions(problem)
    return problem


def excluded(problem: ZoneProblem) -> dict[tuple[Id, Id], str]:
    """Pairs that may not be, with the code of the rule: recusal, ban:…, lock (to another body), block (no expertise)."""
    out: dict[tuple[Id, Id], str] = {}
    closed = {industry for industry, _, experts in problem.blocks if experts}
    locked = {unit: body for unit, body, _ in problem.locks}
    banned = {(unit, body): code for unit, body, code in problem.bans}
    for u in problem.units:
        for b in problem.bodies:
            if b.id in u.recused:
                out[u.id, b.id] = "recusal"
            elif (u.id, b.id) in banned:
                out[u.id, b.id] = f"ban:{banned[u.id, b.id]}"
            elif u.id in locked and locked[u.id] != b.id:
                out[u.id, b.id] = "lock"
            elif u.industry in closed and u.industry not in b.expertise:
                out[u.id, b.id] = "block"
    return out


def _contradictions(problem: ZoneProblem) -> None:
    held: dict[Id, Id] = {}
    for unit, body, _ in problem.locks:
        if held.get(unit, body) != body:
            raise _refuse("lock-against-lock", [f"unit {unit}"], f"单位 {unit} 同时被锁定到机构 {held[unit]} 和 {body}。请撤销其一。",
                          f"Unit {unit} is locked both to body {held[unit]} and to body {body}. Withdraw one lock.")
        held[unit] = body
    recused = {u.id: u.recused for u in problem.units}
    banned = {(unit, body): code for unit, body, code in problem.bans}
    central = {b.id for b in problem.bodies}
    for unit, body, _ in problem.locks:
        code = "recusal" if body in recused[unit] else banned.get((unit, body))
        if code is None and body not in central:
            code = "not central"
        if code is not None:
            raise _refuse("lock-against-ban", [f"unit {unit}", f"body {body}", code],
                          f"单位 {unit} 被锁定到机构 {body}，但该机构被排除（{code}）。回避不能用锁定越过；请撤销锁定或另选机构。",
                          f"Unit {unit} is locked to body {body}, which is excluded ({code}). A lock cannot override an exclusion; withdraw the lock or choose another body.")
    out = excluded(problem)
    for u in problem.units:
        if all((u.id, b.id) in out for b in problem.bodies):
            codes = sorted({out[u.id, b.id].split(":")[0] for b in problem.bodies})
            raise _refuse("no-eligible-body", [f"unit {u.id}", *codes],
                          f"单位 {u.id} 没有可承办的机构（全部被排除：{'、'.join(codes)}）。请报上级指定管辖，或复核排除依据。",
                          f"Unit {u.id} has no eligible body (all excluded: {', '.join(codes)}). Ask the superior for a designation, or review the exclusions.")


def counted_loads(problem: ZoneProblem, band: float) -> Ints:
    """Loads as the balance counts them: a unit larger than the band of every body that
    may take it counts as one full band of the strongest of them (only when the file allows it)."""
    load = np.array([u.load for u in problem.units], dtype=np.int64)
    if problem.oversize == "refuse":
        return load
    shut, officers = excluded(problem), sum(b.officers for b in problem.bodies)
    reach = [max((b.officers for b in problem.bodies if (u.id, b.id) not in shut), default=0) / officers for u in problem.units]
    for _ in range(200):
        top = np.array([math.floor(int(load.sum()) * r * (1 + band) + 1e-9) for r in reach], dtype=np.int64)
        if bool((load <= top).all()):
            break
        load = np.minimum(load, top)
    return load


def targets(problem: ZoneProblem, loads: Ints) -> list[float]:
    """Fair share of every body: total load × its available officers / all available officers."""
    total, officers = float(loads.sum()), sum(b.officers for b in problem.bodies)
    return [total * b.officers / officers for b in problem.bodies]


def pair_cost(problem: ZoneProblem, unit: Unit, body: Body) -> tuple[int, int, int]:
    """The parts of one pair's cost before the shift: kilometres, expertise (≤ 0), keep (≤ 0)."""
    km = round(problem.weights.km * math.dist(unit.at, body.seat))
    expertise = -problem.weights.expertise if unit.industry in body.expertise else 0
    keep = -problem.weights.keep if unit.current == body.id else 0
    return km, expertise, keep


def to_core(problem: ZoneProblem, band: float) -> Core:
    """The arrays of the problem at one band; rows and columns in the order of the ids."""
    units, bodies = problem.units, problem.bodies
    at = np.array([u.at for u in units])
    seat = np.array([b.seat for b in bodies])
    km = np.sqrt(((at[:, None, :] - seat[None, :, :]) ** 2).sum(axis=2))
    industries = sorted({u.industry for u in units})
    skilled = np.array([[i in b.expertise for b in bodies] for i in industries])
    cost = np.rint(problem.weights.km * km).astype(np.int64)
    cost -= problem.weights.expertise * skilled[[industries.index(u.industry) for u in units]]
    place = {b.id: k for k, b in enumerate(bodies)}
    current = np.array([place.get(u.current, -1) if u.current is not None else -1 for u in units], dtype=np.int64)
    kept = np.nonzero(current >= 0)[0]
    cost[kept, current[kept]] -= problem.weights.keep
    cost -= cost.min()
    allowed = np.ones(cost.shape, dtype=bool)
    row = {u.id: i for i, u in enumerate(units)}
    for (unit, body), _ in excluded(problem).items():
        allowed[row[unit], place[body]] = False
    loads = counted_loads(problem, band)
    share = targets(problem, loads)
    low = np.array([math.ceil(q * (1 - band) - 1e-9) for q in share], dtype=np.int64)
    high = np.array([math.floor(q * (1 + band) + 1e-9) for q in share], dtype=np.int64)
    caps = np.array([NO_LIMIT if b.cap is None else b.cap for b in bodies], dtype=np.int64)
    high = np.minimum(high, caps)
    low = np.minimum(low, np.where(caps < NO_LIMIT, caps, low))
    blocks = []
    for industry, least, experts in problem.blocks:
        members = np.array([i for i, u in enumerate(units) if u.industry == industry], dtype=np.int64)
        open_to = np.array([industry in b.expertise or not experts for b in bodies])
        blocks.append(Block(members, open_to, least))
    case_cap = None
    if any(b.case_cap is not None for b in bodies):
        case_cap = np.array([NO_LIMIT if b.case_cap is None else b.case_cap for b in bodies], dtype=np.int64)
    return Core(cost, np.repeat(loads[:, None], len(bodies), axis=1), low, high, without_pairs(allowed, tuple(blocks)),
                np.array([u.cases for u in units], dtype=np.int64), case_cap, tuple(blocks), current, problem.move_budget)


def tie_order(problem: ZoneProblem) -> Ints:
    """Distinct-looking ranks from stable ids, by which one of several equal optima is chosen; any engine would agree."""
    def rank(unit: Id, body: Id) -> int:
        return int.from_bytes(hashlib.sha256(f"{unit}|{body}".encode()).digest()[:4], "big") % 9973

    return np.array([[rank(u.id, b.id) for b in problem.bodies] for u in problem.units], dtype=np.int64)
