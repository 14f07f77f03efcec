"""A text for outside begins from a case: the masked beginning as the records give it, and the matter in which it is written and released."""
from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from xieli.faces.web.decorators import bound, matter_or_404
from xieli.office.audit import record_look
from xieli.office.matters.queries import masking
from xieli.office.matters.services import leads
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.services.source import call


@bound
def page(request: HttpRequest, ref: str) -> HttpResponse:
    """The draft to copy from; with POST the typical case is opened, linked to its case, so that the scan knows whose names to look for."""
    matter = matter_or_404(ref)
    if matter.kind != "case":
        raise NotVisible()
    if request.method == "POST":
        if not call("may", matter.id, "write"):
            raise Refused("no_right", "您不办理这个案件，不能据此撰写对外文字。", "You do not work on this case and open no text from it.")
        return redirect("matter", leads.spawn(matter, "typical_case", "derived", owner=matter.owner_body_id, copy_subjects=False).ref)
    record_look([matter.id], purpose="press")
    return render(request, "web/press.html", {"matter": matter, "draft": masking.draft(matter)})
