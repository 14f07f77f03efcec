"""S13: joint checks as a grid of quarter and county against the rota, the calendar of visits per unit, and the states of the project board."""
from __future__ import annotations

from collections import Counter

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from xieli.faces.web import places
from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound
from xieli.faces.web.views.remedy import at, last_forms
from xieli.office.audit import record_look
from xieli.office.field import checks as field
from xieli.office.field import projects as tracking
from xieli.office.matters.services.recorded import NEAR
from xieli.office.matters.services.source import today
from xieli.office.matters.tables.core import Matter


@bound
def overview(request: HttpRequest) -> HttpResponse:
    """What this person may see of checks, rounds and projects."""
    who, now = me(request), today()
    checks = list(Matter.objects.filter(kind="joint_check").order_by("-status", "-opened_at", "id")[:200])
    rounds = list(Matter.objects.filter(kind="inspection_round").order_by("-status", "-opened_at", "id")[:40])
    lines = tracking.board()
    forms = last_forms([*checks, *rounds])
    plans = {m.id: forms[m.id].get("plan", {}) for m in checks}
    record_look([*(m.id for m in (*checks, *rounds)), *(line.matter.id for line in lines)], purpose="checks", list=True, asked=None)
    rota = field.rota([p.body_id for p in who.postings], now)
    grid = field.grid(plans, rota, now)
    # the grid goes by Chinese names, as plans do; it is read in the reader's language
    return render(request, "web/checks/overview.html", {
        "places": places.in_words([r.county for r in grid]),
        "now": who.now, "year": now.year, "grid": grid, "planned": len(rota), "missing": sum(1 for r in grid for c in r.cells if c.missing), "due": sum(1 for r in grid for c in r.cells if c.due), "visits": field.visits(checks, plans), "soon": NEAR.days,
        "checks": [{"m": m, "f": forms[m.id], "at": at(m)} for m in checks], "rounds": [{"m": m, "f": forms[m.id], "at": at(m)} for m in rounds],
        "projects": len(lines), "tally": Counter(line.state for line in lines)})
