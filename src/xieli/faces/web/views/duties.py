"""The board of a contact room: linked bodies with overdue duties, urging notes and replies."""
from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound
from xieli.office.audit import record_look
from xieli.office.bodies.models import Room
from xieli.office.cooperation import duties
from xieli.office.matters.services.source import today


@bound
def page(request: HttpRequest) -> HttpResponse:
    """The bodies linked to this person's room; a leader's, to every room of his body."""
    postings = me(request).postings
    led = [p.body_id for p in postings if p.office and p.office.code in ("head", "deputy")]
    rooms = {p.room_id for p in postings if p.room_id} | set(Room.objects.filter(body_id__in=led, valid_to=None).values_list("id", flat=True))
    lines = duties.board(sorted(rooms), today())
    record_look([d.matter.id for line in lines for d in line.duties], purpose="duties", list=True, asked=None)
    return render(request, "web/duties.html", {"lines": [x for x in lines if x.done or x.running or x.overdue], "idle": [x.body for x in lines if not (x.done or x.running or x.overdue)], "all": len(lines), "overdue": sum(line.overdue for line in lines)})
