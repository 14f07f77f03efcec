"""S16: meetings by series, with what each decided and what has become of it."""
from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from xieli.faces.web.context import Me, me
from xieli.faces.web.decorators import bound
from xieli.faces.web.views.remedy import at, last_forms
from xieli.office.audit import record_look
from xieli.office.bodies.models import Body
from xieli.office.matters.services.source import ZONE
from xieli.office.matters.tables.core import Matter, MatterLink
from xieli.office.meetings import queries
from xieli.office.meetings.models import MeetingSeries


@bound
def overview(request: HttpRequest) -> HttpResponse:
    """Meetings this person may see, the latest first, with their decisions."""
    who = me(request)
    rows = list(Matter.objects.filter(kind="meeting").order_by("-opened_at", "id")[:60])
    forms = last_forms(rows)
    decided: dict[int, list[Matter]] = {m.id: [] for m in rows}
    for link in MatterLink.objects.filter(source_id__in=decided, target__kind="decision_task").select_related("target"):
        decided[link.source_id].append(link.target)
    shown = [{"m": m, "f": forms[m.id], "on": _day(forms[m.id]), "at": at(m), "tasks": decided[m.id], "done": sum(t.status != "open" for t in decided[m.id])} for m in rows]
    record_look([m.id for m in rows], purpose="meetings", list=True, asked=None)
    return render(request, "web/meetings/overview.html", {"now": who.now, "decided": [r for r in shown if r["tasks"]], "plain": sorted((r for r in shown if not r["tasks"]), key=lambda r: str(r["on"] or ""), reverse=True), "rhythms": _rhythms(who)})


def _day(filled: dict[str, dict[str, Any]]) -> Any:
    """The day on which a meeting was held, else for which it is called; None before anybody called it."""
    return filled.get("minutes", {}).get("held_on") or filled.get("call", {}).get("planned_on")


def _rhythms(who: Me) -> list[dict[str, Any]]:
    """Series of the bodies in which this person serves: who convenes next, this slot, missed ones, what is open."""
    mine = {p.body_id for p in who.postings}
    today = who.now.astimezone(ZONE).date()
    found = []
    for series in MeetingSeries.objects.filter(Q(body_id__in=mine) | Q(sides__body_id__in=mine), Q(valid_to=None) | Q(valid_to__gt=today)).select_related("convener").distinct().order_by("every", "id")[:20]:
        slots = queries.slots(series, today)
        due = queries.next_convener(series)
        found.append({"series": series, "next": Body.objects.get(pk=due) if due else None, "now": slots[-1] if slots else None, "missed": [s for s in slots if s.missed], "open": queries.open_items(series)[:5]})
    return found
