"""Staffing: requests with seats, officers, and why an officer may not take a seat. Reasons first: a pair with a code never competes.

File format (docs/allocation.md): `skills`, `counties_km`, `officers` [{id, body, rank, skills, base_county, native_county,
former_employer_unit, kin_in_units, days_this_year, away_days, home_unit?, posting?, last_loan_to_day?}], `requests`
[{id, county, unit, from_day, to_day, seats [{role, min_rank, skill}], handled_before_by, kind?}], `fixed` [{request, officers}]
(teams already at work), `weights`. Days are numbered within one planning year; both ends count for overlaps.
"""
from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import Any

from .words import BadInput, Text, reads_a_file
from .zone_model import Id, order_key

#: 一案一借,不得连续多次借调 (监督执纪规则2019 art. 66, 未核实 in part): days between two case loans; the number is ours
REST_BETWEEN_LOANS = 30
#: days after a posting ends before its holder may handle matters of the unit he served in; ours
COOLING_OFF = 365

CODES = {
    "kin": ("近亲属在该单位", "near kin in the unit"),
    "former_employer": ("曾在该单位任职", "worked in the unit before"),
    "native_county": ("籍贯地回避", "native county"),
    "prior_handling": ("此前经办", "handled it before"),
    "home_unit": ("派出单位的事项须回避", "matter of the home unit"),
    "cooling_off": ("挂职、顶岗结束后的冷却期", "cooling-off after a posting"),
    "away": ("时间冲突", "away at that time"),
    "back_to_back": ("不得连续借调", "no back-to-back loans"),
    "rank": ("职级不足", "rank too low"),
    "skill": ("缺少专长", "skill missing"),
}
#: no weight, relaxation or approval in this engine buys these
LEGAL = frozenset({"kin", "former_employer", "native_county", "prior_handling", "home_unit", "cooling_off", "back_to_back"})


@dataclass(frozen=True)
class StaffWeights:
    """Cost of a plan: unfilled seat, days above thresholds, travel per km, rank above the seat's minimum."""

    unfilled: float = 3000.0
    fairness: tuple[tuple[float, float], ...] = ((60, 1), (120, 2), (180, 4))
    per_km: float = 0.1
    over_rank: float = 0.0
    body_share: float = 0.5
    team_extra: int = 1


@dataclass(frozen=True)
class Officer:
    id: Id
    body: Id
    rank: int
    skills: frozenset[str]
    base: tuple[float, float]
    native_county: int | None
    former: Id | None
    kin: frozenset[Id]
    days: int
    away: tuple[tuple[int, int], ...]
    home_unit: Id | None = None
    posting: tuple[str, Id, int, int] | None = None
    last_loan_to: int | None = None


@dataclass(frozen=True)
class SeatClass:
    """Equal seats of one request, counted together."""

    role: str
    min_rank: int
    skill: str | None
    count: int
    seats: tuple[int, ...]


@dataclass(frozen=True)
class Request:
    id: Id
    county: int
    at: tuple[float, float]
    unit: Id
    first: int
    last: int
    classes: tuple[SeatClass, ...]
    handled_by: frozenset[Id]
    kind: str = "case"

    @property
    def days(self) -> int:
        return self.last - self.first

    @property
    def size(self) -> int:
        return sum(c.count for c in self.classes)


@dataclass(frozen=True)
class StaffProblem:
    officers: tuple[Officer, ...]
    requests: tuple[Request, ...]
    fixed: dict[Id, tuple[Id, ...]]
    weights: StaffWeights


def _refuse(rule: str, records: list[str], zh: str, en: str) -> BadInput:
    return BadInput(rule, records, Text(zh, en))


@reads_a_file
def parse(data: dict[str, Any]) -> StaffProblem:
    """Read a staffing problem; raises BadInput with the rule and the records."""
    for key, zh, en in (("officers", "干部", "officer"), ("requests", "需求", "request")):
        seen: set[str] = set()
        for row in data.get(key) or []:
            if str(row.get("id")) in seen or row.get("id") is None:
                raise _refuse("duplicate-id", [str(row.get("id"))], f"{zh}编号重复或缺失：{row.get('id')}。", f"{en} id missing or twice: {row.get('id')}.")
            seen.add(str(row["id"]))
        if not seen:
            raise _refuse("empty", [key], f"没有{zh}。", f"There is no {en}.")
    skills, counties = data.get("skills", []), data["counties_km"]
    officers = tuple(sorted((_officer(o, skills, counties) for o in data["officers"]), key=lambda o: order_key(o.id)))
    requests = tuple(sorted((_request(r, counties) for r in data["requests"]), key=lambda r: order_key(r.id)))
    for o in officers:
        if o.days < 0:
            raise _refuse("negative-load", [f"officer {o.id}"], f"干部 {o.id} 的已派天数为负。", f"Officer {o.id} has negative days.")
    for r in requests:
        if r.last < r.first:
            raise _refuse("window", [f"request {r.id}"], f"需求 {r.id} 的结束早于开始。", f"Request {r.id} ends before it starts.")
    known = {o.id for o in officers}
    fixed = {}
    for row in data.get("fixed", []):
        for o in row["officers"]:
            if o not in known:
                raise _refuse("unknown-officer", [str(o)], f"在办组成员 {o} 不在名单里。", f"Member {o} of a running team is not in the list.")
        fixed[row["request"]] = tuple(row["officers"])
    w = dict(data.get("weights", {}))
    if "fairness" in w:
        w["fairness"] = tuple((float(a), float(b)) for a, b in w["fairness"])
    return StaffProblem(officers, requests, fixed, StaffWeights(**w))


def _officer(o: dict[str, Any], skills: list[str], counties: list[list[float]]) -> Officer:
    base = counties[o["base_county"]]
    posting = o.get("posting")
    return Officer(o["id"], o["body"], int(o["rank"]), frozenset(skills[s] if isinstance(s, int) else s for s in o["skills"]),
                   (base[0], base[1]), o.get("native_county"), o.get("former_employer_unit"), frozenset(o.get("kin_in_units", [])),
                   int(o.get("days_this_year", 0)), tuple((int(a), int(b)) for a, b in o.get("away_days", [])), o.get("home_unit"),
                   None if posting is None else (posting["kind"], posting["unit"], int(posting["from_day"]), int(posting["to_day"])),
                   o.get("last_loan_to_day"))


def _request(r: dict[str, Any], counties: list[list[float]]) -> Request:
    groups: dict[tuple[str, int, str | None], list[int]] = {}
    for number, s in enumerate(r["seats"]):
        groups.setdefault((s["role"], int(s.get("min_rank", 1)), s.get("skill")), []).append(number)
    classes = tuple(SeatClass(*key, len(seats), tuple(seats)) for key, seats in groups.items())
    at = counties[r["county"]]
    return Request(r["id"], r["county"], (at[0], at[1]), r["unit"], int(r["from_day"]), int(r["to_day"]), classes,
                   frozenset(r.get("handled_before_by", [])), r.get("kind", "case"))


def overlaps(a: tuple[int, int], b: tuple[int, int]) -> bool:
    """Whether two spans of days share a day; both ends count."""
    return a[0] <= b[1] and b[0] <= a[1]


def why(officer: Officer, request: Request) -> list[str]:
    """The codes that keep an officer off a request, whatever the seat; empty = eligible."""
    codes = []
    if request.unit in officer.kin:
        codes.append("kin")
    if officer.former is not None and officer.former == request.unit:
        codes.append("former_employer")
    if officer.native_county is not None and officer.native_county == request.county:
        codes.append("native_county")
    if officer.id in request.handled_by:
        codes.append("prior_handling")
    if officer.home_unit is not None and officer.home_unit == request.unit:
        codes.append("home_unit")
    if officer.posting is not None and officer.posting[1] == request.unit and request.first <= officer.posting[3] + COOLING_OFF:
        codes.append("cooling_off")
    if any(overlaps(span, (request.first, request.last)) for span in officer.away):
        codes.append("away")
    if request.kind == "borrowing" and officer.last_loan_to is not None and request.first <= officer.last_loan_to + REST_BETWEEN_LOANS:
        codes.append("back_to_back")
    return codes


def why_seat(officer: Officer, seat: SeatClass) -> list[str]:
    """The codes that keep an officer off this kind of seat."""
    codes = []
    if officer.rank < seat.min_rank:
        codes.append("rank")
    if seat.skill is not None and seat.skill not in officer.skills:
        codes.append("skill")
    return codes


def pair_cost(problem: StaffProblem, officer: Officer, request: Request, seat: SeatClass) -> float:
    """Travel and over-rank of one officer in one seat; fairness is counted over the year, not here."""
    km = math.dist(officer.base, request.at)
    return problem.weights.per_km * km + problem.weights.over_rank * max(0, officer.rank - seat.min_rank)


def cliques(spans: dict[Id, tuple[int, int]]) -> list[tuple[Id, ...]]:
    """Maximal sets of requests that all overlap on some day (interval graph: one sweep over the starts)."""
    found: list[frozenset[Id]] = []
    for day in sorted({first for first, _ in spans.values()}):
        found.append(frozenset(r for r, (first, last) in spans.items() if first <= day <= last))
    top = [c for c in found if not any(c < other for other in found)]
    return [tuple(sorted(c, key=order_key)) for c in sorted(set(top), key=lambda c: sorted(order_key(r) for r in c))]


def exclusive(requests: tuple[Request, ...]) -> list[tuple[Id, ...]]:
    """Sets of requests of which one officer may serve at most one: overlaps, and case loans too close to each other."""
    sets = set(cliques({r.id: (r.first, r.last) for r in requests}))
    loans = {r.id: (r.first, r.last + REST_BETWEEN_LOANS) for r in requests if r.kind == "borrowing"}
    return sorted(sets | set(cliques(loans)), key=lambda c: [order_key(r) for r in c])


def code_name(officer: Id, salt: str) -> str:
    """The anonymous name shown until approval; stable within one run, not across runs."""
    return "P-" + hashlib.sha256(f"{salt}|{officer}".encode()).hexdigest()[:5]
