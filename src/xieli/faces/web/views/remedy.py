"""S12: recommendations, the ledger of problems with its four lists, and evaluations with their arithmetic shown."""
from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound
from xieli.office.audit import record_look
from xieli.office.matters.services.playbooks import shipped
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.work import FormSubmission
from xieli.office.remedy import lists

MOST = 100


def last_forms(matters: list[Matter]) -> dict[int, dict[str, dict[str, Any]]]:
    """The last submission of every form of these matters, in one query."""
    found: dict[int, dict[str, dict[str, Any]]] = {m.id: {} for m in matters}
    for row in FormSubmission.objects.filter(matter_id__in=found).order_by("revision"):
        found[row.matter_id][row.form] = row.data
    return found


def at(matter: Matter) -> list[Any]:
    """Labels of the open steps, or of how it ended. A branch that waits where branches meet is no step while another is being done."""
    playbook = shipped().get(matter.kind)
    if playbook is None or matter.status != "open":
        return []
    stages = [playbook.stages[s] for s in dict.fromkeys(matter.stages) if s in playbook.stages]
    return [s.label for s in stages if s.kind != "join" or all(other.kind == "join" for other in stages)]


def parts_of(forms: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The arithmetic of an evaluation, line by line: indicator, weight within its half, tenths of a point."""
    playbook = shipped()["evaluation"]
    lines: list[dict[str, Any]] = []
    for code in ("part_rectification", "part_look_back"):
        form = playbook.forms[code]
        score = form.field("score")
        assert score is not None
        assert score.computed is not None
        given = forms.get(code, {})
        indicators = [{"label": label.label, "weight": weight, "value": given.get(name)}
                      for name, weight in zip(score.computed.of, score.computed.weights, strict=True) if (label := form.field(name)) is not None]
        lines.append({"label": form.label, "indicators": indicators, "score": given.get("score")})
    return lines


@bound
def overview(request: HttpRequest) -> HttpResponse:
    """What this person may see of remedy; every row opens its matter."""
    who = me(request)
    problems = list(Matter.objects.filter(kind="rectification").order_by("-status", "next_due", "id")[:MOST])
    letters = list(Matter.objects.filter(kind="recommendation").order_by("-status", "next_due", "id")[:MOST])
    evaluations = list(Matter.objects.filter(kind="evaluation").order_by("-opened_at", "title", "id")[:20])
    forms = last_forms([*problems, *letters, *evaluations])
    record_look([m.id for m in (*problems, *letters, *evaluations)], purpose="remedy", list=True, asked=None)
    return render(request, "web/remedy/overview.html", {
        "now": who.now, "common": lists.common(),
        "problems": [{"m": m, "f": forms[m.id], "at": at(m)} for m in problems],
        "letters": [{"m": m, "f": forms[m.id], "at": at(m)} for m in letters],
        "evaluations": [{"m": m, "parts": parts_of(forms[m.id]), "total": forms[m.id].get("total", {}).get("total"), "at": at(m)} for m in evaluations],
    })
