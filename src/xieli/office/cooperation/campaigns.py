"""A campaign on one page: who holds its roles, its topics side by side with both leads and both forces, reports that came and that are missing.

Everything is read under the reader's rights: a topic that he may not open is neither listed nor counted (seed rows S0-37, S4-05, S4-10,
S4-13, S4-40, S4-55, S4-56).
"""
from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from xieli.office.bodies.models import Body
from xieli.office.cooperation.charges import place, required
from xieli.office.matters.tables.core import Matter, MatterBody, MatterLink
from xieli.office.matters.tables.work import Fact
from xieli.office.people.models import Person, TeamMember
from xieli.office.remedy import lists

CAMPAIGN, TOPIC = "campaign", "campaign_topic"
# a force needs so many to stand, as the playbook of the topic says
FORCES = {"supervision": 2, "rectifying": 1}


@dataclass(frozen=True)
class Topic:
    """One topic: both leads, how many are in each force, what each side last reported in per cent."""

    matter: Matter
    department: Body | None
    first: Person | None
    second: Person | None
    forces: dict[str, int]
    supervised: int | None
    rectified: int | None

    @property
    def lacks(self) -> tuple[str, ...]:
        """What keeps it from being valid: a lead, or a force that does not stand."""
        leads = tuple(name for name, held in (("first", self.first), ("second", self.second)) if held is None)
        return leads + tuple(name for name, least in FORCES.items() if self.forces.get(name, 0) < least)


def topics(campaign: Matter | None = None) -> list[Topic]:
    """Topics of a campaign, or all that the reader sees, by title."""
    found = Matter.objects.filter(kind=TOPIC)
    if campaign is not None:
        found = found.filter(id__in=MatterLink.objects.filter(source=campaign, kind="child").values("target_id"))
    matters = list(found.order_by("title", "id")[:200])
    last: dict[int, dict[str, Fact]] = defaultdict(dict)
    for fact in Fact.objects.filter(matter_id__in=[m.id for m in matters], code__startswith="topic.", retracted_at=None).order_by("recorded_at", "id"):
        last[fact.matter_id][fact.code] = fact
    forces: dict[int, Counter[str]] = defaultdict(Counter)
    for row in TeamMember.objects.filter(team__matter_id__in=[m.id for m in matters], ends_at=None, slot__in=FORCES).select_related("team"):
        forces[int(row.team.matter_id or 0)][row.slot] += 1
    people = Person.objects.in_bulk({f.ref for mine in last.values() for c in ("topic.lead_commission", "topic.lead_department") if (f := mine.get(c)) and f.ref})
    bodies = Body.objects.in_bulk({f.ref for mine in last.values() if (f := mine.get("topic.department")) and f.ref})

    def ref(matter: Matter, code: str) -> int:
        fact = last[matter.id].get(code)
        return int(fact.ref or 0) if fact else 0

    def number(matter: Matter, code: str) -> int | None:
        fact = last[matter.id].get(code)
        return None if fact is None or fact.number is None else int(fact.number)

    return [Topic(m, bodies.get(ref(m, "topic.department")), people.get(ref(m, "topic.lead_commission")), people.get(ref(m, "topic.lead_department")),
                  dict(forces[m.id]), number(m, "topic.progress_commission"), number(m, "topic.progress_department")) for m in matters]


@dataclass(frozen=True)
class Report:
    """A department of a campaign: what it covered and when it reported; `on` is None while its report is missing."""

    body: Body
    units: int
    on: date | None


def reports(campaign: Matter) -> list[Report]:
    """Every department that was asked, with its last report or none, by name."""
    bodies = Body.objects.filter(id__in=MatterBody.objects.filter(matter=campaign, role="department", ends_at=None).values("body_id")).order_by("sort_key", "name_zh")
    told: dict[int, dict[str, object]] = {}
    for form in campaign.forms.filter(form="report").order_by("revision"):
        told[int(form.data.get("_body") or 0)] = form.data
    return [Report(b, int(str(told[b.id]["units"])), date.fromisoformat(str(told[b.id]["reported_on"]))) if b.id in told else Report(b, 0, None) for b in bodies]


def rounds(campaign: Matter) -> list[Matter]:
    """Special rounds of inspection that were linked to the campaign (专项巡察)."""
    links = MatterLink.objects.filter(source=campaign, target__kind="inspection_round")
    return list(Matter.objects.filter(id__in=links.values("target_id")).order_by("opened_at", "id"))


def sessions(campaign: Matter) -> list[lists.Session]:
    """Report sessions as they were, each beside today's numbers."""
    return lists.sessions(campaign)


def session_days(campaign: Matter) -> tuple[list[date], list[date]]:
    """Days on which report sessions were planned, and on which they were held (seed row S4-13)."""
    planned = Fact.objects.filter(matter=campaign, code="campaign.session_planned", retracted_at=None).order_by("day").values_list("day", flat=True)
    return [d for d in planned if d], [date.fromisoformat(s.held_on) for s in sessions(campaign)]


@dataclass(frozen=True)
class Level:
    """Visits by the rank of who visited: how many, and to how many places."""

    rank: str
    visits: int
    places: int


RANKS = ("national", "province", "prefecture", "county", "town", "village")


def visited(first: date, last: date) -> list[Fact]:
    """Visits of surveys and supervision (调研督导) that took place in a span, as the reader may see them."""
    kinds = Fact.objects.filter(code="check.kind", text="visit", retracted_at=None).values("matter_id")
    rows = Fact.objects.filter(code="check.visited", retracted_at=None, happened_on__range=(first, last), matter_id__in=kinds)
    return list(rows.select_related("matter__owner_body").order_by("happened_on", "matter_id", "id"))


def by_level(rows: Iterable[Fact]) -> list[Level]:
    """Visits rolled up by level, the highest first; levels without a visit are in the list with 0."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        found[row.matter.owner_body.rank].append(place(row.text))
    return [Level(rank, len(found[rank]), len(set(found[rank]))) for rank in RANKS]


def unvisited(rows: Iterable[Fact], day: date) -> list[str]:
    """Districts of the register that no visit of the span reached (家家到)."""
    seen = {place(row.text) for row in rows}
    return [name for name in required("area", day) if name not in seen]
