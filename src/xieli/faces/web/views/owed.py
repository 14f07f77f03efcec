"""欠人账: what the bodies owe to people: notices, rights sheets, answers to reporters and applicants. Overdue first."""
from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound, identity
from xieli.faces.web.templatetags.xieli import ZONE, task_title
from xieli.office.audit import record_look
from xieli.office.matters.services import measures, notices
from xieli.office.matters.services.errors import NotVisible
from xieli.office.matters.tables.handover import FeedbackDuty
from xieli.office.matters.tables.measures import MeasureNotice, RightsSheet
from xieli.office.matters.tables.work import Task


@bound
def page(request: HttpRequest) -> HttpResponse:
    """One list over everything the reader may see; what is late stands on top and is red."""
    now = me(request).now
    today = now.astimezone(ZONE).date()
    rows: list[dict[str, Any]] = []

    def add(kind: str, what: str, matter: Any, due: datetime | date | None, url: str = "", ref: str = "") -> None:
        late = due is not None and ((due < now) if isinstance(due, datetime) else due < today)
        at = due if due is None or not isinstance(due, datetime) else due.astimezone(ZONE).date()
        rows.append({"kind": kind, "what": what, "matter": matter, "due": due, "late": late, "key": at or date.max, "url": url, "ref": ref})

    for notice in MeasureNotice.objects.filter(given_at=None, exception_approval=None).select_related("matter", "measure__subject"):
        add(_("通知"), _("采取措施后通知%(to)s") % {"to": _(notice.get_to_display())}, notice.matter, notice.due_at, "owed_notice", notice.ref)
    for sheet in RightsSheet.objects.filter(given_at=None).select_related("matter", "measure"):
        add(_("权利告知"), _("权利义务告知书"), sheet.matter, sheet.measure.started_at, "owed_sheet", sheet.ref)
    for duty in FeedbackDuty.objects.filter(state="open", to_reporter=True).select_related("matter"):
        add(_("答复"), _("答复反映人"), duty.matter, duty.next_due)
    for task in Task.objects.filter(state="open", source_kind__startswith="owed:").select_related("matter"):
        add(_("告知"), task_title(task), task.matter, task.due_on, "owed_task", task.ref)
    rows.sort(key=lambda r: (not r["late"], r["key"]))
    record_look({r["matter"].id for r in rows}, purpose="owed", list=True)
    return render(request, "web/owed.html", {"rows": rows[:300], "late": sum(1 for r in rows if r["late"]), "total": len(rows)})


@require_POST
@bound
def notice(request: HttpRequest, ref: str) -> HttpResponse:
    """The notice was given."""
    row = MeasureNotice.objects.filter(pk=identity(ref), given_at=None).first()
    if row is None:
        raise NotVisible()
    measures.give_notice(row)
    return redirect("owed")


@require_POST
@bound
def sheet(request: HttpRequest, ref: str) -> HttpResponse:
    """The rights sheet was handed over."""
    row = RightsSheet.objects.filter(pk=identity(ref), given_at=None).first()
    if row is None:
        raise NotVisible()
    measures.give_sheet(row)
    return redirect("owed")


@require_POST
@bound
def task(request: HttpRequest, ref: str) -> HttpResponse:
    """The notice on paper was given, under this number."""
    row = Task.objects.filter(pk=identity(ref), state="open", source_kind__startswith="owed:").first()
    if row is None:
        raise NotVisible()
    notices.record_given(row, document_no=request.POST.get("document_no", "")[:60])
    return redirect("owed")
