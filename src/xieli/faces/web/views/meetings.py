"""S16: meetings by series, with what each decided and what has become of it."""
from __future__ import annotations

from collections import Counter

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound
from xieli.faces.web.views.remedy import at, last_forms
from xieli.office.audit import record_look
from xieli.office.matters.tables.core import Matter, MatterLink


@bound
def overview(request: HttpRequest) -> HttpResponse:
    """Meetings this person may see, the latest first, with their decisions."""
    who = me(request)
    rows = list(Matter.objects.filter(kind="meeting").order_by("-opened_at", "id")[:60])
    forms = last_forms(rows)
    decided: dict[int, list[Matter]] = {m.id: [] for m in rows}
    for link in MatterLink.objects.filter(source_id__in=decided, target__kind="decision_task").select_related("target"):
        decided[link.source_id].append(link.target)
    shown = [{"m": m, "f": forms[m.id], "at": at(m), "tasks": decided[m.id], "done": sum(t.status != "open" for t in decided[m.id])} for m in rows]
    record_look([m.id for m in rows], purpose="meetings", list=True, asked=None)
    return render(request, "web/meetings/overview.html", {"now": who.now, "meetings": shown, "series": Counter(str(r["f"].get("call", {}).get("series", "—")) for r in shown).most_common()})
