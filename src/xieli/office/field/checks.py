"""Regular checks of a year against the rota: which county has a check planned, made or missing in each quarter; visits close together (seed rows S2-34, S4-29)."""
from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from xieli.office.allocation import divisions
from xieli.office.allocation.models import PlanVersion
from xieli.office.bodies.models import Body
from xieli.office.cooperation.charges import place
from xieli.office.matters.services.recorded import NEAR
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.work import FormSubmission
from xieli.office.remedy.lists import draw

QUARTERS = (1, 2, 3, 4)
Plans = Mapping[int, Mapping[str, Any]]


@dataclass(frozen=True)
class Cell:
    """One county in one quarter: checks made or dated, the group that the rota sends; missing: the quarter ended without a check; due: it runs, and there is none yet."""

    n: int
    group: str
    missing: bool
    due: bool = False


@dataclass(frozen=True)
class Row:
    """One county, its four quarters."""

    county: str
    cells: tuple[Cell, ...]


def plans_of(matters: list[Matter]) -> dict[int, dict[str, Any]]:
    """The last plan of each check."""
    found: dict[int, dict[str, Any]] = {}
    for form in FormSubmission.objects.filter(matter_id__in=[m.id for m in matters], form="plan").order_by("revision"):
        found[form.matter_id] = form.data
    return found


def made(plans: Plans, year: int) -> dict[str, Counter[int]]:
    """County to quarter to regular checks of the year; a county stands in the plan as the unit that is visited or as a commission that takes part."""
    regular = [p for p in plans.values() if p.get("kind") == "regular"]
    members = {int(r["member"]) for p in regular for r in p.get("members") or []}
    counties = {b.id: place(b.name_zh) for b in Body.objects.filter(id__in=members, kind="commission", rank="county")}
    known = {place(n) for n in Body.objects.filter(kind="commission", rank="county").values_list("name_zh", flat=True)}
    found: dict[str, Counter[int]] = defaultdict(Counter)
    for plan in regular:
        days = {counties[int(r["member"])]: str(plan.get("from_on", "")) for r in plan.get("members") or [] if int(r["member"]) in counties}
        days |= {place(u["unit"]): str(u["visit_on"]) for u in plan.get("units") or [] if place(u["unit"]) in known}
        for county, day in days.items():
            if day[:4] == str(year):
                found[county][(int(day[5:7]) + 2) // 3] += 1
    return found


def rota(bodies: list[int], day: date) -> dict[tuple[str, int], str]:
    """(county, quarter) to the group that the rota in force sends there; empty without one."""
    version = next((v for body in bodies if (v := divisions.in_force(body, "inspection", day)) is not None), None)
    return planned(version) if version is not None else {}


def planned(version: PlanVersion) -> dict[tuple[str, int], str]:
    """The visits of one rota: seven groups, seven counties, four quarters make 28. A rota made from records holds bodies by identity; here, as in
    the plans of checks, a county goes by its name."""
    rows = version.run.result.get("rows", [])
    names = {str(b.id): b.name_zh for b in Body.objects.filter(id__in=[int(r["county"]) for r in rows if str(r["county"]).isdecimal()])}
    return {(place(names.get(str(r["county"]), str(r["county"]))), int(r["quarter"])): str(r["group"]) for r in rows}


def grid(plans: Plans, visits: Mapping[tuple[str, int], str], day: date) -> list[Row]:
    """Every county that the rota visits or a check reached this year; a quarter that has ended without a check is missing, in the one that runs it is still to come."""
    done, running = made(plans, day.year), (day.month + 2) // 3
    counties = sorted({*done, *(c for c, _ in visits)})

    def cell(county: str, quarter: int) -> Cell:
        none = not done[county][quarter] and (not visits or (county, quarter) in visits)
        return Cell(done[county][quarter], visits.get((county, quarter), ""), none and quarter < running, none and quarter == running)

    return [Row(c, tuple(cell(c, q) for q in QUARTERS)) for c in counties]


@dataclass(frozen=True)
class Visit:
    """One planned visit; `near`: another visit to the unit lies within the term before it, and the two could be one."""

    unit: str
    day: date
    matter: Matter
    near: bool


def visits(matters: list[Matter], plans: Plans) -> list[Visit]:
    """Planned visits by unit and day, of what the reader sees."""
    rows = sorted(((u["unit"], u["visit_on"], m) for m in matters for u in plans.get(m.id, {}).get("units") or [] if u.get("visit_on")), key=lambda r: (r[0], r[1], r[2].id))
    found: list[Visit] = []
    for unit, day, m in rows:
        on, before = date.fromisoformat(day), found[-1] if found else None
        found.append(Visit(unit, on, m, before is not None and before.unit == unit and on - before.day <= NEAR))
    return found


@dataclass(frozen=True)
class Household:
    """One household of a sample: what the payment list says, and what it said itself; None while nobody has asked."""

    household: str
    listed: int
    said: int | None
    asked: bool

    @property
    def doubt(self) -> bool:
        """Asked, and the two amounts differ."""
        return self.asked and self.said != self.listed


def sample(check: Matter) -> list[Household]:
    """The households drawn from the payment list by its seed, each with its answer; the same seed draws the same ones again (seed row S4-01).

    The listed amount is the list's own: what a visitor typed beside his answer does not change it. Somebody outside the sample is no part of it.
    """
    last = FormSubmission.objects.filter(matter=check, form="payments").order_by("-revision").first()
    if last is None:
        return []
    listed = {row["household"]: int(row["listed"]) for row in last.data["rows"]}
    said: dict[str, int] = {}
    for form in FormSubmission.objects.filter(matter=check, form="visit").order_by("revision"):
        said |= {row["household"]: int(row["said"]) for row in form.data.get("households") or []}
    return [Household(h, listed[h], said.get(h), h in said) for h in sorted(draw(listed, last.data["seed"], int(last.data["size"])))]
