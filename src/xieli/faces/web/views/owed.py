"""欠人账: what the bodies owe to people: notices, rights sheets, answers to reporters and applicants. Overdue first."""
from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import Case, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xieli.engines.clocks import last_day
from xieli.engines.playbooks.vocabulary import ADDRESSEES, BUILT_IN_PARTIES
from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound, identity
from xieli.faces.web.templatetags.xieli import ZONE, english, named, task_title
from xieli.office.audit import record_look
from xieli.office.matters.services import measures, notices
from xieli.office.matters.services.errors import NotVisible
from xieli.office.matters.services.playbooks import shipped
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.measures import MeasureNotice, RightsSheet
from xieli.office.matters.tables.work import Task
from xieli.office.reports import owed


def _addressee(task: Task) -> str:
    """To whom a notice on paper is owed: a role of the playbook, or a person outside it."""
    who = task.source_kind.removeprefix("owed:")
    playbook = shipped().get(task.matter.kind)
    role = (playbook.roles.get(who) if playbook else None) or (playbook.parties.get(who) if playbook else None)
    if role is not None:
        return named(role.label)
    zh, en = (ADDRESSEES | BUILT_IN_PARTIES).get(who, (who, who))
    return en if english() else zh


def _line(code: str, row: Any) -> dict[str, Any]:
    """One debt in words: what, to whom, by when, and where it is recorded as given."""
    if code == "notice24":
        return {"kind": _("通知"), "what": _("采取措施后的通知"), "to": _(row.get_to_display()), "due": row.due_at, "url": "owed_notice", "ref": row.ref}
    if code == "rights_sheet":
        return {"kind": _("权利告知"), "what": _("权利义务告知书"), "to": _("本人"), "due": row.measure.started_at, "url": "owed_sheet", "ref": row.ref}
    if code == "reply":
        return {"kind": _("答复"), "what": _("答复反映人"), "to": _("反映人"), "due": row.next_due}
    if code == "paper":
        return {"kind": _("告知"), "what": task_title(row), "to": _addressee(row), "due": row.due_on, "url": "owed_task", "ref": row.ref}
    due = row.next_due and last_day(row.next_due)
    if code == "clearing":
        return {"kind": _("澄清正名"), "what": _("对了解不实反映的人澄清"), "to": _("本人"), "due": due}
    return {"kind": _("申诉、复审"), "what": _("决定并答复"), "to": _("申请人"), "due": due}


@bound
def page(request: HttpRequest) -> HttpResponse:
    """One list over everything the reader may see; what is late stands on top and is red."""
    rows: list[dict[str, Any]] = []
    for kind in owed.kinds(me(request).now):
        for row in kind.rows.annotate(is_late=Case(When(kind.late, then=Value(True)), default=Value(False))):
            line = _line(kind.code, row)
            due = line["due"]
            at = due.astimezone(ZONE).date() if isinstance(due, datetime) else due
            rows.append({**line, "matter": row if isinstance(row, Matter) else row.matter, "late": row.is_late, "key": at or date.max})
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
