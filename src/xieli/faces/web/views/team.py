"""Who belongs to the group of a matter: the seats that its playbook asks for, who sits on each, seating somebody and ending his part."""
from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from xieli.engines.playbooks.model import Slot
from xieli.faces.web import given, holders
from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound, matter_or_404
from xieli.faces.web.playbook_forms import ZONE, officers
from xieli.office.audit import record_look
from xieli.office.matters.services import context, known, people
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.services.playbooks import playbook_of
from xieli.office.matters.services.source import call
from xieli.office.matters.tables.core import Matter
from xieli.office.people.models import TeamMember


def _slots(matter: Matter) -> dict[str, Slot]:
    """Every seat of the kind by its code; a seat that two compositions name is one."""
    return {slot.code: slot for composition in playbook_of(matter).compositions.values() for slot in composition.slots}


@bound
def page(request: HttpRequest, ref: str) -> HttpResponse:
    """The compositions with their seats; a kind that asks for none has no such page."""
    matter = matter_or_404(ref)
    if not _slots(matter):
        raise NotVisible()
    record_look([matter.id], purpose="team")
    return _shown(request, matter)


def _shown(request: HttpRequest, matter: Matter, error: Refused | None = None) -> HttpResponse:
    playbook, now = playbook_of(matter), me(request).now
    held: dict[str, list[TeamMember]] = {}
    for row in TeamMember.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), team__matter_id=matter.id, team__kind="case_team").select_related("person").order_by("starts_at", "id"):
        held.setdefault(row.slot, []).append(row)
    names = officers({row.person_id for rows in held.values() for row in rows})
    valid = context.build(matter, playbook).compositions
    shown = [{"c": c, "valid": c.code in valid, "slots": [{"s": s, "members": [{"row": row, "name": names.get(str(row.person_id), row.person)} for row in held.get(s.code, ())], "short": max(0, s.least - len(held.get(s.code, ())))} for s in c.slots]}
             for c in playbook.compositions.values()]
    may_seat = matter.status == "open" and bool(call("may", matter.id, "grant"))
    return render(request, "web/team.html", {"matter": matter, "compositions": shown, "may_seat": may_seat, "seaters": [] if may_seat else holders.who_may(matter, "grant"), "error": error, "typed": request.POST},
                  status=422 if error else 200)


@require_POST
@bound
def join(request: HttpRequest, ref: str) -> HttpResponse:
    """Seat somebody, by his name; what is refused comes back with what was typed."""
    matter = matter_or_404(ref)
    slots, p = _slots(matter), request.POST
    try:
        if p.get("slot") not in slots:
            raise Refused("bad_choice", "请从列表中选择席位。", "Choose a seat from the list.")
        if not p.get("person", "").strip():
            raise Refused("no_person", "请写明是谁。", "Say who it is.")
        last = given.day_or_none(p, "ends_on")
        person: Any = known.officer(p["person"].strip()[:120], "成员", "Member")
        people.join_team(matter, int(person), p["slot"], ends_at=datetime.combine(last, time.max, ZONE) if last else None)
    except Refused as refused:
        return _shown(request, matter, refused)
    return redirect("team", ref)


@require_POST
@bound
def leave(request: HttpRequest, ref: str) -> HttpResponse:
    """End somebody's part in the group, and with it every access that came with it."""
    matter = matter_or_404(ref)
    if people.leave_team(matter, given.number(request.POST, "person")) == 0:
        raise Refused("not_seated", "没有办成：这个人不在组里，或者成员不由您调整。", "Nothing was done: that person is not in the group, or its members are not yours to change.")
    return redirect("team", ref)
