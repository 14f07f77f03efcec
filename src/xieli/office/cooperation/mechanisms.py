"""The six mechanisms of a body with two parents (seed row S3-06): who owns each, when it was last used, what of it is open."""
from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from xieli.office.bodies.models import Body
from xieli.office.matters.services.moves import forms_of
from xieli.office.matters.services.source import ZONE
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.handover import Handover
from xieli.office.matters.tables.work import Fact

Sides = list[int]


@dataclass(frozen=True)
class Mechanism:
    """One of the six: what carries it, the body that owns it by the agreement in force (None where none says so), its last use, its open items."""

    code: str
    zh: str
    en: str
    owner: Body | None
    last_used: date | None
    open: int


@dataclass(frozen=True)
class Joint:
    """A body with two parents and its six mechanisms."""

    body: Body
    parents: tuple[Body, Body]
    mechanisms: tuple[Mechanism, ...]


def _between(sides: Sides) -> QuerySet[Matter]:
    """Matters of one side in which another has a part; the joint body's own are of both."""
    return Matter.objects.filter(owner_body_id__in=sides).filter(Q(bodies__body_id__in=sides, bodies__ends_at=None) | Q(owner_body_id=sides[0])).distinct()


def _kind(*kinds: str) -> Callable[[Sides], Iterable[tuple[date, bool]]]:
    def used(sides: Sides) -> Iterable[tuple[date, bool]]:
        return [(m.opened_at.astimezone(ZONE).date(), m.status == "open") for m in _between(sides).filter(kind__in=kinds)]

    return used


def _fact(code: str, *texts: str) -> Callable[[Sides], Iterable[tuple[date, bool]]]:
    """Matters of the sides with a living fact of a code."""
    def used(sides: Sides) -> Iterable[tuple[date, bool]]:
        found = Fact.objects.filter(code=code, text__in=texts, retracted_at=None, matter__owner_body_id__in=sides).select_related("matter")
        return [(f.matter.opened_at.astimezone(ZONE).date(), f.matter.status == "open") for f in found]

    return used


def _referred(sides: Sides) -> Iterable[tuple[date, bool]]:
    """Parcels from one side to another; open until the receiver has decided."""
    sent = Handover.objects.filter(sender_id__in=sides, receiver_id__in=sides)
    return [(h.sent_at.astimezone(ZONE).date(), h.state in ("sent", "received", "opened")) for h in sent]


# the options of the agreement's own form, in the order of the seed
CARRIERS: dict[str, Callable[[Sides], Iterable[tuple[date, bool]]]] = {
    "cooperation": _kind("joint_case", "assistance_request"), "departments": _kind("joint_check"), "area": _fact("task.order", "commissions", "office"),
    "report": _fact("notice.kind", "problem_report"), "referral": _referred, "outcome": _fact("notice.kind", "result"),
}


def owners(sides: Sides) -> dict[str, Body]:
    """Which body owns each mechanism, by the agreements in force between the sides; a later agreement replaces an earlier one."""
    named: dict[str, int] = {}
    for matter in Matter.objects.filter(kind="agreement", owner_body_id__in=sides, stages__contains=["in_force"]).order_by("opened_at", "id"):
        for clause in forms_of(matter).get("text", {}).get("clauses") or []:
            if clause.get("six") and clause.get("owner"):
                named[clause["six"]] = int(clause["owner"])
    bodies = Body.objects.in_bulk(set(named.values()))
    return {six: bodies[owner] for six, owner in named.items() if owner in bodies}


def registry() -> list[Joint]:
    """Every present body with two parents, each with its six; last use and open items count what the reader may see."""
    from xieli.office.matters.services.playbooks import shipped

    clauses = next(f for f in shipped()["agreement"].forms["text"].fields if f.code == "clauses")
    words = {o.code: o.label for c in clauses.columns if c.code == "six" for o in c.options}
    found = []
    for body in Body.objects.filter(valid_to=None).exclude(second_parent=None).select_related("parent", "second_parent").order_by("sort_key", "name_zh"):
        if body.parent is None or body.second_parent is None:
            continue
        sides = [body.id, body.parent.id, body.second_parent.id]
        owned, lines = owners(sides), []
        for code, used in CARRIERS.items():
            uses = list(used(sides))
            lines.append(Mechanism(code, words[code].zh, words[code].en, owned.get(code), max((day for day, _ in uses), default=None), sum(still for _, still in uses)))
        found.append(Joint(body, (body.parent, body.second_parent), tuple(lines)))
    return found
