"""Groups as they stand on a day, what is wrong with them, who lacks a contact room, models side by side."""
from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from django.db.models import Count, Q, QuerySet

from xieli.content import content_path
from xieli.engines.compositions import Problem, Seat, Template, check, load_templates
from xieli.engines.metrics import Period
from xieli.office.bodies.models import AreaBody, Body
from xieli.office.cooperation.models import CooperationGroup, CooperationSeat, Neighbour
from xieli.office.matters.services.source import now
from xieli.office.people.models import Posting
from xieli.office.reports.services import figure


@lru_cache(maxsize=1)
def templates() -> dict[str, Template]:
    """The shipped composition templates."""
    return load_templates({e.name: e.read_text("utf-8") for e in content_path("compositions").iterdir() if e.name.endswith(".yaml")})


def valid_on(day: date) -> Q:
    """What is in force on a day; the end is exclusive."""
    return Q(valid_from__lte=day) & (Q(valid_to=None) | Q(valid_to__gt=day))


def seats_of(group: CooperationGroup, day: date) -> QuerySet[CooperationSeat]:
    """The seats of a group on a day, in the order they were taken."""
    return group.seats.filter(valid_on(day)).select_related("body", "office__body", "person").order_by("id")


def holder_of(office: int) -> str:
    """Who holds an office now, by name; empty when it is vacant. A deputy stands in, he does not hold."""
    at = now()
    row = Posting.objects.filter(office_id=office, is_deputy=False, starts_at__lte=at).exclude(confirmed_by=None).filter(Q(ends_at=None) | Q(ends_at__gt=at)).select_related("person").order_by("starts_at", "id").first()
    return row.person.name if row else ""


def problems(group: CooperationGroup, day: date) -> list[Problem]:
    """What keeps a group from being valid on a day; empty when it is valid."""
    found = []
    for seat in seats_of(group, day):
        body = seat.office.body if seat.office else seat.body
        name = body.name_zh if body else ""
        if seat.office:
            found.append(Seat(seat.slot, name, body.kind if body else "", body.rank if body else "", seat.office.code, holder_of(seat.office_id or 0), seat.person.name if seat.person else "", bool(body and body.id == group.body_id)))
        else:
            found.append(Seat(seat.slot, name, body.kind if body else "", body.rank if body else "", "", seat.person.name if seat.person else "", "", bool(body and body.id == group.body_id)))
    return check(templates()[group.template], found)


@dataclass(frozen=True)
class Uncovered:
    """A resident organ without exactly one contact room, or without exactly one body that must help it."""

    body: Body
    contacts: int
    areas: int


def uncovered(day: date) -> list[Uncovered]:
    """全辖区: organs of centrally-run units whose contact room or responsible body is missing or double; the aim is none."""
    organs = Body.objects.filter(valid_on(day), kind="resident_organ").annotate(contact_count=Count("contact_rooms", distinct=True)).order_by("sort_key", "id")
    helped = Counter(AreaBody.objects.filter(valid_on(day), area__kind="central_units").filter(Q(area__valid_to=None) | Q(area__valid_to__gt=day)).values_list("body_id", flat=True))
    return [Uncovered(b, b.contact_count, helped[b.id]) for b in organs if b.contact_count != 1 or helped[b.id] != 1]


def apart(towns: list[int]) -> list[int]:
    """Towns of an area that touch none of its others (就近): shown as a flag, never a bar. Where no neighbours are on record nothing is said."""
    pairs = {(a, b) for a, b in Neighbour.objects.filter(body_id__in=towns, other_id__in=towns).values_list("body_id", "other_id")}
    if not Neighbour.objects.filter(body_id__in=towns).exists() or len(towns) < 2:
        return []
    return [t for t in towns if not any(t in pair for pair in pairs)]


@dataclass(frozen=True)
class ModelLine:
    """One county with its model and the three measures: vertical, horizontal, linkage (S1-36)."""

    body: Body
    template: Template
    dispatches: int
    joint: int
    days: float | None


def compare_models(period: Period, day: date) -> list[ModelLine]:
    """Counties by the model they try, side by side: people sent, joint matters, median days from start to end."""
    groups = CooperationGroup.objects.filter(valid_on(day)).select_related("body").order_by("template", "body__sort_key", "id")
    measured = {code: figure(code, period, by="body").groups for code in ("dispatches", "joint_matters", "joint_days")}
    found, seen = [], set()
    for group in groups:
        if (group.body_id, group.template) in seen:
            continue
        seen.add((group.body_id, group.template))
        days = measured["joint_days"].get(group.body_id)
        found.append(ModelLine(group.body, templates()[group.template], int(measured["dispatches"].get(group.body_id, 0)), int(measured["joint_matters"].get(group.body_id, 0)), None if days is None else float(days)))
    return found
