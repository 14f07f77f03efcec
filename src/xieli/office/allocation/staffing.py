"""Staffing a matter: seats from the playbook's slots, candidates as codes until approval, dispatches that end by themselves.

Nobody here learns a name: the database keeps whom a code stands for (access.staffing_key). Recusal and posting rules are computed
there and are hard; the engine fills seats among whoever is left. What it proposes is sent seat by seat to the lending bodies as
dispatches; there the name, both approvals and the undertaking follow, and access ends with the last day.
"""
from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction

from xieli.engines.allocation import staff_rules
from xieli.engines.playbooks.model import Composition
from xieli.office.allocation import plans
from xieli.office.allocation.divisions import places_on
from xieli.office.allocation.models import BodyTravel, PlanRun
from xieli.office.audit import record
from xieli.office.bodies.models import AreaBody, Body
from xieli.office.matters.services import leads
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.services.playbooks import playbook_of
from xieli.office.matters.services.source import rows, today
from xieli.office.matters.tables.core import Matter

#: rank of an office on the engine's scale; ours
RANKS = {"head": 5, "deputy": 4, "room_head": 3, "town_secretary": 3, "handler": 2}
MOST_SEATS, MOST_DAYS = 40, 183  # a case loan is at most six months (ours, playbook dispatch)
#: why someone cannot be asked: said to who plans. Recusal is never told apart from its reasons.
CODES = {"recusal": ("须回避", "recused"), **staff_rules.CODES}


@dataclass(frozen=True)
class Seat:
    """One kind of seat: role in words, least rank, skill and how many."""

    role: str
    min_rank: int
    skill: str
    count: int


def compositions(matter: Matter) -> tuple[Composition, ...]:
    """The compositions that the matter's playbook knows."""
    return tuple(playbook_of(matter).compositions.values())


def seats_of(composition: Composition) -> tuple[Seat, ...]:
    """The seats that a composition asks for at the least; a slot without a least (X) starts with none and is raised by hand."""
    return tuple(Seat(slot.label.zh, 3 if slot.standing else 1, slot.skill or "", slot.least) for slot in composition.slots)


def lenders(matter: Matter) -> list[Body]:
    """The bodies that could lend people: the county bodies of the same city, the parties of the matter, the towns of an area case."""
    own = Body.objects.get(pk=matter.owner_body_id)
    found = {b.id: b for b in Body.objects.filter(kind__in=["commission", "working_committee"], rank="county", valid_to=None)}
    for party in matter.bodies.filter(ends_at=None).select_related("body"):
        if party.body.kind in ("commission", "working_committee", "resident_organ", "dispatched_unit", "town_committee", "inspection_office"):
            found[party.body_id] = party.body
    if own.rank == "county":
        for town in AreaBody.objects.filter(area__kind="townships", area__lead_body=own, valid_to=None).select_related("body"):
            found[town.body_id] = town.body
    return sorted(found.values(), key=lambda b: b.id)


def problem(matter: Matter, seats: Iterable[Seat], first: date, last: date, bodies: list[Body]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The engine's problem and the people left out with their codes. Raises Refused for a window or seats that make no sense.

    Days are numbered from the first of the year in which the window begins.
    """
    wanted = [s for s in seats if s.count > 0]
    if not wanted or sum(s.count for s in wanted) > MOST_SEATS:
        raise Refused("seats", f"请填写席位（1 至 {MOST_SEATS} 个）。", f"Ask for 1 to {MOST_SEATS} seats.")
    if last < first or first < today() or (last - first).days > MOST_DAYS:
        raise Refused("window", "请填写起止日期：不早于今天，至多六个月。", "Give first and last day: not before today, at most six months.")
    zero = date(first.year, 1, 1)

    def number(day: date | str) -> int:
        return ((date.fromisoformat(day) if isinstance(day, str) else day) - zero).days

    seats_at = places_on(today())
    hours = {r.body_id: float(r.hours) for r in BodyTravel.objects.all()}
    index = {b.id: n for n, b in enumerate(bodies)}
    own = matter.owner_body_id
    at = [[float(seats_at[b.id].x_km), float(seats_at[b.id].y_km)] if b.id in seats_at else [60.0 * hours.get(b.id, 1.0), 0.0] for b in bodies]
    if own in seats_at:
        at.append([float(seats_at[own].x_km), float(seats_at[own].y_km)])
    else:
        at.append([0.0, 0.0])
    officers, out = [], []
    skills: set[str] = {s.skill for s in wanted if s.skill}
    for code, body, office, has, days, away, loan, codes in rows("staffing_pool", matter.id, first, last, [b.id for b in bodies]):
        if codes:
            # one word for everything that touches the person himself
            out.append({"code": code, "body": body, "codes": ["recusal"] if "recusal" in codes else list(codes)})
            continue
        skills |= set(has)
        officers.append({"id": code, "body": body, "rank": RANKS.get(office, 1), "skills": sorted(has), "base_county": index[body], "days_this_year": days or 0, "away_days": [[number(a), number(b)] for a, b in (json.loads(away) if isinstance(away, str) else away)],
                         **({"last_loan_to_day": number(loan)} if loan is not None else {})})
    if not officers:
        raise Refused("nobody", "没有可商请的人员：扩大到上级人才库。", "Nobody can be asked: turn to the superior's talent pool.")
    each = [{"role": s.role, "min_rank": s.min_rank, "skill": s.skill or None} for s in wanted for _ in range(s.count)]
    return {"skills": sorted(skills), "counties_km": at, "officers": officers,
            "requests": [{"id": "R1", "county": len(bodies), "unit": "subject", "from_day": number(first), "to_day": number(last), "kind": "borrowing", "seats": each}]}, out


@transaction.atomic
def ask(matter: Matter, seats: Iterable[Seat], first: date, last: date, *, bodies: list[Body] | None = None, defer: bool = True) -> PlanRun:
    """Ask for a team: queued like every plan, seen by the matter's circle alone."""
    chosen = lenders(matter) if bodies is None else bodies
    data, out = problem(matter, seats, first, last, chosen)
    return plans.ask(matter.owner_body_id, "staff", matter.title, {**data, "left_out": out}, options={"year": first.year}, matter=matter, limits={"seconds": 60.0}, defer=defer)


def teams(run: PlanRun) -> list[dict[str, Any]]:
    """The proposed seats: role, code, lending body, days so far; a seat without a code is unfilled."""
    known = {o["id"]: o for o in run.problem["officers"]}
    bodies = {b.id: b for b in Body.objects.filter(id__in={o["body"] for o in run.problem["officers"]})}
    return [{**seat, "code": seat["officer"], "body": bodies.get(known[seat["officer"]]["body"]) if seat["officer"] else None, "days": known[seat["officer"]]["days_this_year"] if seat["officer"] else None,
             "skills": known[seat["officer"]]["skills"] if seat["officer"] else []} for seat in (run.result or {}).get("teams", [{"seats": []}])[0]["seats"]]


def name_of(matter: Matter, code: str) -> tuple[int, str] | None:
    """Whom a code stands for, where the reader may know: the lending body, and the host once the person is in place."""
    found = rows("staffing_name", matter.id, code)
    return (int(found[0][0]), str(found[0][1])) if found else None


def window(run: PlanRun) -> tuple[date, date]:
    """First and last day of the team asked for."""
    request = run.problem["requests"][0]
    zero = date(int(run.options["year"]), 1, 1)
    return date.fromordinal(zero.toordinal() + request["from_day"]), date.fromordinal(zero.toordinal() + request["to_day"])


@transaction.atomic
def send(run: PlanRun, code: str) -> Matter:
    """Ask the lending body for one seat: a dispatch of its own, opened for it, that serves this matter. The code goes with it, no name.

    Raises Refused when the plan has not passed its check, the seat is not in it, or it was asked for already.
    """
    if run.state != "done" or run.verdict != []:
        raise Refused("unchecked", "该方案未通过独立核验，不能征询。", "The plan has not passed its check; nobody can be asked.")
    seat = next((s for s in teams(run) if s["code"] == code), None)
    if seat is None or seat["body"] is None:
        raise Refused("no_seat", "方案里没有这个席位。", "The plan has no such seat.")
    matter = Matter.objects.get(pk=run.matter_id)
    if any(link.target.title.endswith(f"[{code}]") for link in matter.links_out.filter(target__kind="dispatch").select_related("target")):
        raise Refused("duplicate", "已就该席位征询过。", "That seat was asked for already.")
    dispatch = leads.spawn(matter, "dispatch", "child", owner=seat["body"].id, title=f"{seat['role']} [{code}]", copy_subjects=False)
    record("staffing.sent", matters=[matter.id, dispatch.id], dispatch=dispatch.id, seat=f"{seat['role']} {code}")
    return dispatch
