"""A matter that another body's step opened for us comes to the desk and to no room; here the desk seats it, once its head has approved.

Without a room the work would hang on persons: what follows from it (a case, a check) is opened for a room's people only when its
parent has a room, and the approvers of a room's line would not know of it.
"""
from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Q

from xieli.office.access.models import Recusal
from xieli.office.audit import record
from xieli.office.bodies.models import Body, Room
from xieli.office.matters.services import grants
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.services.source import call, now
from xieli.office.matters.tables.approvals import Approval
from xieli.office.matters.tables.core import Matter
from xieli.office.people.models import Posting

APPROVAL = "assign"  # 线索分办审批: the head decides who works on it


@dataclass(frozen=True)
class Seat:
    """A room as one that may take a matter: its people, what it has in hand as the reader may see it, and who in it is tied to the subject's unit."""

    room: Room
    people: int
    load: int
    tied: int
    undecided: int

    @property
    def needs_decision(self) -> bool:
        """Somebody of the room comes from the subject's employer and nobody has decided about it yet."""
        return self.undecided > 0


def seats(matter: Matter) -> list[Seat]:
    """Every present room of the owner, least loaded first, with its conflicts (seed row S0-31).

    A tie is a posting, past or present, at the subject's unit or at the organ in it, or a home there; decided is one on whom a
    recusal is in force or was rejected by a person. Who is tied is counted, never named, on a page that a whole desk reads.
    """
    units = {s.unit_body_id for s in matter.subjects.filter(role="subject").exclude(unit_body=None)}
    places = set(Body.objects.filter(Q(id__in=units) | Q(unit_id__in=units)).values_list("id", flat=True))
    at = now()
    present = Q(starts_at__lte=at) & (Q(ends_at=None) | Q(ends_at__gt=at))
    inside: dict[int, set[int]] = {}
    for room, person in Posting.objects.filter(present, room__body_id=matter.owner_body_id).values_list("room_id", "person_id"):
        inside.setdefault(int(room), set()).add(int(person))
    everyone = set().union(*inside.values()) if inside else set()
    tied = set(Posting.objects.filter(Q(body_id__in=places) | Q(home_body_id__in=places), person_id__in=everyone).values_list("person_id", flat=True))
    decided = set(Recusal.objects.filter(matter=matter, principal__in=tied, state__in=["in_force", "rejected"]).values_list("principal", flat=True))
    load = dict(Matter.objects.filter(owner_room_id__in=list(inside), status="open").values_list("owner_room_id").annotate(n=Count("id")))
    rooms = Room.objects.filter(body_id=matter.owner_body_id, valid_to=None)
    found = [Seat(r, len(inside.get(r.id, ())), load.get(r.id, 0), len(inside.get(r.id, set()) & tied), len((inside.get(r.id, set()) & tied) - decided)) for r in rooms]
    return sorted(found, key=lambda f: (f.load, f.room.name_zh))


@transaction.atomic
def seat(matter: Matter, room: int) -> None:
    """Give a matter without a room to a room of the body that owns it; its people work on it from now on.

    Raises NotVisible without the rights to write and to pass on; Refused: closed, has a room, another body's room, not approved, recused.
    """
    row = Matter.objects.select_for_update().filter(pk=matter.pk).first()
    if row is None or not (call("may", row.id, "write") and call("may", row.id, "grant")):
        raise NotVisible()
    if row.status != "open":
        raise Refused("closed", "事项已办结，不再分办。", "The matter is closed and is not assigned any more.")
    if row.owner_room_id is not None:
        raise Refused("has_room", "事项已有承办部门。要换部门，请办理移送。", "The matter has a room already. To change it, hand it over.")
    if not Room.objects.filter(pk=room, body_id=row.owner_body_id, valid_to=None).exists():
        raise Refused("not_our_room", "请选择主办机构现有的内设部门。", "Choose a present room of the body that owns the matter.")
    if not Approval.objects.filter(matter=row, act=APPROVAL, state__in=["approved", "used"]).exists():
        raise Refused("not_approved", "分办须先经主要负责人批准。", "The head has to approve the assignment first.")
    grants.give(row.id, room, kind="handler", acts=["read", "write", "grant", "handover", "close", "export", "note"], ends_at=None, basis="分办", reason="")
    Matter.objects.filter(pk=row.pk).update(owner_room_id=room, row_version=row.row_version + 1)
    record("matter.edited", matters=[row.id], fields=["owner_room"])
    matter.refresh_from_db()
