"""Founding groups, seating them, dividing a county's towns, asking a whole group, tasking all of a slot."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from psycopg.types.json import Jsonb

from xieli.office.access.models import Grant
from xieli.office.audit import record
from xieli.office.bodies.models import Body
from xieli.office.cooperation.models import CooperationGroup
from xieli.office.cooperation.queries import apart, problems, seats_of, templates
from xieli.office.matters.services import grants, leads, moves
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.services.postings import after_last_day
from xieli.office.matters.services.source import call, now, today
from xieli.office.matters.tables.core import Matter, MatterLink
from xieli.office.people.models import Posting


@transaction.atomic
def found(code: str, template: str, zh: str, en: str, body: int, *, area: int | None = None, basis: str = "", starts: date | None = None, ends: date | None = None) -> CooperationGroup:
    """Register a group after a template. Raises Refused for an unknown template, a taken code, or an end before the start."""
    start = starts or today()
    if template not in templates():
        raise Refused("unknown_template", f"没有“{template}”这一组成模板。", f"There is no template “{template}”.")
    if CooperationGroup.objects.filter(code=code).exists():
        raise Refused("taken", "已有同名协作组。", "There is a group of that name already.")
    if ends is not None and ends <= start:
        raise Refused("period", f"止期 {ends} 不晚于起期 {start}。", f"It would end on {ends}, not after its start on {start}.")
    identity = call("found_group", code, template, zh, en, body, area, basis, start, ends)
    record("group.founded", group=code, template=template)
    return CooperationGroup.objects.get(pk=identity)


@transaction.atomic
def seat(group: CooperationGroup, slot: str, *, body: int | None = None, office: int | None = None, person: int | None = None, starts: date | None = None, ends: date | None = None) -> None:
    """Fill a seat with a body, an office (its holder is taken as confirmed) or a person of a body; the same office again confirms a new holder."""
    wanted = next((s for s in templates()[group.template].slots if s.code == slot), None)
    if wanted is None:
        raise Refused("unknown_slot", f"模板没有席位“{slot}”。", f"The template has no slot “{slot}”.")
    if wanted.of == "office" and office is None:
        raise Refused("office_needed", f"“{wanted.zh}”须由职务担任，不能直接写人。", f"“{wanted.en}” goes with an office, not with a person.")
    if wanted.most is not None and office is None and seats_of(group, today()).filter(slot=slot).count() >= wanted.most:
        raise Refused("too_many", f"“{wanted.zh}”至多 {wanted.most} 个。", f"“{wanted.en}” takes at most {wanted.most}.")
    if office is not None:
        row = Posting.objects.filter(office_id=office, is_deputy=False, ends_at=None).exclude(confirmed_by=None).order_by("starts_at", "id").first()
        person = row.person_id if row else None
    call("seat_group", group.id, slot, body, office, person, starts or today(), ends)
    record("group.seated", group=group.code, slot=slot)


@transaction.atomic
def end(group: CooperationGroup, last_day: date) -> None:
    """End a group and its seats; whatever the group was let see ends with it."""
    call("end_group", group.id, last_day)
    record("group.ended", group=group.code, on=last_day)
    after = after_last_day(last_day.isoformat())
    for grant in Grant.objects.filter(basis=basis_of(group), revoked_at=None, ends_at__gt=after):
        if not call("may", grant.matter_id, "grant"):
            continue  # another body's matter: it ends on the day the group was to end, at the latest
        grants.revoke(grant.id, grant.matter_id, f"协作组结束：{group.name_zh}")
        if after > now():
            grants.give(grant.matter_id, grant.principal, kind=grant.kind, acts=list(grant.acts), ends_at=after, basis=grant.basis, reason=grant.reason)


def basis_of(group: CooperationGroup) -> str:
    """How a grant names the group on which it rests."""
    return f"协作组 {group.code}"


@transaction.atomic
def open_to(group: CooperationGroup, matter: Matter, *, acts: Sequence[str] = ("read",)) -> int:
    """Let the member bodies of a linked group see a matter until the group's last day, and no longer (seed row S3-22). Returns how many.

    Raises Refused for a group without an end: access that nobody would ever end is not given by a group.
    """
    if group.valid_to is None:
        raise Refused("no_end", "协作组没有止期，不能按协作组开放事项；请先写明止期。", "The group has no end; a matter is opened to a group only until its last day. State the end first.")
    until = after_last_day((group.valid_to - timedelta(days=1)).isoformat())
    members = [s.body_id for s in seats_of(group, today()) if s.body_id and s.body_id != matter.owner_body_id]
    for body in members:
        grants.give(matter.id, int(call("desk_of", body)), kind="team", acts=list(acts), ends_at=until, basis=basis_of(group), reason="")  # type: ignore[call-overload]
    record("group.opened", matters=[matter.id], group=group.code)
    return len(members)


@dataclass(frozen=True)
class Part:
    """One area of a division, with its reasons by principle."""

    zh: str
    en: str
    towns: tuple[int, ...]
    reasons: str = ""


@transaction.atomic
def divide(county: int, parts: Sequence[Part], basis: str, starts: date | None = None) -> tuple[int, list[int]]:
    """Save a county's division of its towns into areas; the old one ends the day it starts. Returns how many areas, and the
    towns that touch no other of their area (a flag, not a bar).

    Raises Refused when a town is left out, named twice, or not of this county.
    """
    towns = {b.id: b for b in Body.objects.filter(parent_id=county, kind="town_committee", valid_to=None)}
    named = [t for p in parts for t in p.towns]
    for town in named:
        if town not in towns:
            raise Refused("elsewhere", "所列乡镇不属本县。", "A town that was named is not of this county.")
        if named.count(town) > 1:
            raise Refused("twice", f"“{towns[town].name_zh}”被划入两个片区。", f"“{towns[town].name_en}” stands in two areas.")
    for town, row in towns.items():
        if town not in named:
            raise Refused("orphan", f"“{row.name_zh}”没有划入任何片区。", f"“{row.name_en}” stands in no area.")
    call("divide_towns", county, Jsonb([{"zh": p.zh, "en": p.en, "towns": [str(t) for t in p.towns]} for p in parts]), "；".join(filter(None, [basis, *(p.reasons for p in parts)])), starts or today())
    record("areas.divided", county=county, areas=len(parts))
    return len(parts), [t for p in parts for t in apart(list(p.towns))]


@transaction.atomic
def ask_group(group: CooperationGroup, title: str, *, owner: int, room: int | None = None) -> Matter:
    """A request to a group: one assistance request that goes to every member valid today, each at its own desk.

    Raises Refused when the group is not valid; what is missing is said.
    """
    wrong = problems(group, today())
    if wrong:
        raise Refused("group_incomplete", f"协作组不完整：{wrong[0].zh}。", f"The group is not complete: {wrong[0].en}.")
    members = tuple(s.body_id for s in seats_of(group, today()) if s.body_id and s.body_id != owner)
    if not members:
        raise Refused("no_members", "协作组没有其他成员单位。", "The group has no other member.")
    return leads.register(leads.NewMatter("assistance_request", title, owner, room, parties={"helper": members}))


@transaction.atomic
def task_all(group: CooperationGroup, slot: str, parent: Matter, text: str, due_on: date, *, owner: int, room: int | None = None, kind: str = "work") -> list[Matter]:
    """One task to each body of a slot (四个乡镇各一件): four receipts and four results, under one parent."""
    made = []
    for one in seats_of(group, today()).filter(slot=slot):
        if one.body_id is None:
            continue
        task = leads.register(leads.NewMatter("decision_task", text, owner, room, level=0))
        MatterLink.objects.create(source=parent, target=task, kind="child", created_at=task.opened_at)
        values: dict[str, Any] = {"duty_body": str(one.body_id), "origin": "meeting", "kind": kind, "text": text, "given_on": today().isoformat(), "due_on": due_on.isoformat()}
        moves.make(task, "give", form=("task", values))
        made.append(task)
    if not made:
        raise Refused("empty_slot", "这一席位没有单位。", "Nobody sits in that slot.")
    return made
