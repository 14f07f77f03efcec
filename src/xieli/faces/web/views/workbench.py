"""S1: what waits for me, nearest deadline first."""
from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound, identity
from xieli.office.audit import record_look
from xieli.office.matters.queries import worklist
from xieli.office.matters.tables.desk import Draft
from xieli.office.matters.tables.work import Task

MOST = 20  # rows with a deadline that stand open; a longer list has no end for the eye


@bound
def workbench(request: HttpRequest) -> HttpResponse:
    """Approvals, parcels, tasks, matters by deadline, debts of an answer, drafts."""
    who = me(request)
    bodies = frozenset(p.body_id for p in who.postings)
    matters = worklist.by_priority(worklist.next_matters(who.principals), who.now)
    approvals = worklist.approvals_waiting(who.principals, who.person_id)
    parcels = worklist.parcels(bodies)
    tasks = worklist.tasks(who.person_id, bodies)
    owed = worklist.answers_owed(bodies, 10)
    shown = {m.id for m in matters} | {row.matter_id for row in (*approvals, *parcels, *tasks, *owed)}
    record_look(shown, purpose="workbench", list=True)
    dated = [m for m in matters if m.next_due]
    return render(request, "web/workbench.html", {
        "matters": matters, "first": dated[:MOST], "later": dated[MOST:], "undated": [m for m in matters if not m.next_due], "most": MOST, "approvals": approvals, "papers": worklist.papers_waiting(who.person_id), "parcels": parcels, "tasks": tasks,
        "owed": owed, "sent": worklist.sent(bodies, 5), "drafts": Draft.objects.filter(person_id=who.person_id).order_by("-saved_at")[:5],
        "red": sum(1 for m in matters if m.next_due and m.next_due <= who.now), "now": who.now,
        "paper_level": max((m.level for m in (*matters, *(a.matter for a in approvals))), default=0), "inspected": any(m.kind == "lead" and m.source == "inspection" for m in matters),
    })


@require_POST
@bound
def task_done(request: HttpRequest, ref: str) -> HttpResponse:
    """Finish a task."""
    from xieli.office.matters.services.errors import NotVisible
    from xieli.office.matters.services.tasks import finish

    task = Task.objects.filter(pk=identity(ref)).first()
    if task is None:
        raise NotVisible()
    finish(task)
    return redirect(request.POST.get("next") or "workbench")
