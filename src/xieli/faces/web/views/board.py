"""Where leads stand: how many at each stage, and how old the oldest is."""
from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound
from xieli.office.audit import record_look
from xieli.office.matters.queries import worklist
from xieli.office.matters.services.playbooks import shipped


@bound
def leads(request: HttpRequest) -> HttpResponse:
    """The board of leads, stage by stage in the order of the playbook; counts only, of what the reader may see."""
    found = worklist.stages("lead", me(request).now)
    record_look([], purpose="board", list=True)
    rows = [{"label": stage.label, "n": found[code][0], "days": found[code][1]} for code, stage in shipped()["lead"].stages.items() if code in found]
    return render(request, "web/leads/board.html", {"rows": rows, "all": sum(r["n"] for r in rows)})
