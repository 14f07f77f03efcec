"""Who is meant by a name in a playbook: the principals behind a role, a party, a slot of the team or an addressee."""
from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from xieli.engines.playbooks.model import Role
from xieli.office.access.models import Grant
from xieli.office.bodies.models import Body, Office, Room
from xieli.office.matters.services.context import OFFICE_ROLES, named
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.services.postings import posted
from xieli.office.matters.services.source import call
from xieli.office.people.models import Posting, TeamMember

if TYPE_CHECKING:
    from xieli.office.matters.services.effects import Step


def principals(step: Step, name: str) -> list[int]:
    """Principals behind a role, party, slot or addressee of the playbook."""
    bodies = step.bodies
    playbook = step.playbook
    if name in playbook.roles:
        role = playbook.roles[name]
        members = list(TeamMember.objects.filter(team__matter_id=step.matter.id, slot=name).filter(Q(ends_at=None) | Q(ends_at__gt=step.at))
                       .values_list("person_id", flat=True))
        if members:
            return members
        if (sent := posted(step.playbook, step.field, name)) is not None:
            return [sent.person]
        if role.named:
            return [_named(step, role)]
        found: list[int] = []
        for body in bodies.get(role.of, ()):
            if name in OFFICE_ROLES:
                offices = Office.objects.filter(body_id=int(body), code__in=OFFICE_ROLES[name], valid_to=None)
                if name == "room_head" and step.matter.owner_room_id:
                    offices = offices.filter(Q(room_id=step.matter.owner_room_id) | Q(room=None)) or offices
                elif name == "room_head" and int(body) != step.matter.owner_body_id:
                    # the body above has a room that answers for the owner: its head, not every head of a room there
                    offices = offices.filter(room__in=step.matter.owner_body.contact_rooms.all()) or offices
                found += list(offices.values_list("id", flat=True))
            elif role.room:
                rooms = list(Room.objects.filter(body_id=int(body), kind=role.room, valid_to=None).values_list("id", flat=True))
                found += rooms or [_desk(step, int(body))]  # a body without such a room answers at its desk
            else:
                found.append(_desk(step, int(body)))
        return found
    if name in bodies:
        return [_desk(step, int(body)) for body in bodies[name]]
    return _addressees(step, name)


def _named(step: Step, role: Role) -> int:
    """The person whom a form names for this role. Raises Refused when he does not hold what the role asks for at the party's body."""
    person = int(named(role, step.forms) or 0)
    bodies = [int(b) for b in step.bodies.get(role.of, ())]
    held = Posting.objects.filter(person_id=person, body_id__in=bodies, starts_at__lte=step.at).exclude(confirmed_by=None).filter(Q(ends_at=None) | Q(ends_at__gt=step.at))
    if role.code in OFFICE_ROLES:
        held = held.filter(office__code__in=OFFICE_ROLES[role.code])
    if not held.exists():
        raise Refused("not_that_office", f"点名的人现在不是“{role.label.zh}”，没有提供。请核对人选和任职。", f"The person named does not hold “{role.label.en}” now; nothing was opened. Check the name and the posting.")
    return person


def _desk(step: Step, body: int) -> int:
    if body == step.matter.owner_body_id and step.matter.owner_room_id:
        return int(step.matter.owner_room_id)
    return int(call("desk_of", body))  # type: ignore[call-overload]


def _offices(body: int | None, *codes: str) -> list[int]:
    return list(Office.objects.filter(body_id=body, code__in=codes, valid_to=None).values_list("id", flat=True)) if body else []


def _addressees(step: Step, name: str) -> list[int]:
    owner = step.matter.owner_body_id
    superior = int(step.bodies["superior"][0]) if step.bodies.get("superior") else None
    if name == "head":
        return _offices(owner, "head")
    if name == "superior_head":
        return _offices(superior, "head")
    if name == "internal_supervision":
        # a county without such a room of its own is watched by its superior's
        for body in (owner, superior):
            rooms = list(Room.objects.filter(body_id=body, kind="internal_supervision", valid_to=None).values_list("id", flat=True))
            if rooms:
                return rooms
        return []
    if name in ("case_management", "duty_officer"):
        return _offices(owner, "case_duty") or [_desk(step, owner)]
    if name in ("resident_organ", "line_superior"):
        return [int(call("desk_of", b)) for b in organs(step, name)]  # type: ignore[call-overload]
    if name == "party_committee":
        committee = call("body_at", owner, "committee")
        return _offices(int(committee), "party_secretary") if committee else []  # type: ignore[call-overload]
    if name == "sender":
        handover = step.matter.handovers.order_by("sent_at").first()
        if handover is not None:
            return [int(p) for p in handover.sender_acl]
        # no parcel: whoever opened it for this body out of a matter of his own
        return list(Grant.objects.filter(matter=step.matter, kind="sender", revoked_at=None, ends_at__gt=step.at).values_list("principal", flat=True))
    if name == "team":
        return list(TeamMember.objects.filter(team__matter_id=step.matter.id).filter(Q(ends_at=None) | Q(ends_at__gt=step.at)).values_list("person_id", flat=True))
    return []  # subject, family, employer, reporter: outside the platform, told by a paper (see notify)


def organs(step: Step, name: str) -> list[int]:
    """The discipline organs in the subject's unit, or the bodies above them in their own line."""
    unit = step.bodies.get("subject_unit", ())
    found = Body.objects.filter(unit_id__in=[int(u) for u in unit], kind__in=["resident_organ", "dispatched_unit"], valid_to=None)
    if name == "line_superior":
        found = Body.objects.filter(id__in=found.values("parent_id"))
    return list(found.values_list("id", flat=True))
