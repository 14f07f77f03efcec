"""Letters of one matter: drafted with a watermark, issued with a number, every file with its purpose."""
from __future__ import annotations

from collections import Counter
from urllib.parse import quote

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from xieli.faces.web.decorators import bound, matter_or_404
from xieli.office.audit import record_look
from xieli.office.documents import facts, services
from xieli.office.documents.templates import templates
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.work import Note


def _page(request: HttpRequest, matter: Matter, *, error: Refused | None = None, code: str = "") -> HttpResponse:
    record_look([matter.id], purpose="documents")
    code = code or request.GET.get("write", "")
    issued = list(Note.objects.filter(matter=matter, kind__startswith="letter:").select_related("person").order_by("-at", "id"))
    times = Counter(note.kind.removeprefix("letter:") for note in issued)
    rows = []
    for template in templates().values():
        found = facts.records(matter, template.record)
        typed = [{"field": f, "value": request.POST.get(f.code, "") if template.code == code else ""} for f in template.ask]
        rows.append({"template": template, "records": [{"id": str(i), "label": label} for i, label, _ in found], "ready": bool(found) or not template.record, "fields": typed,
                     "open": template.code == code, "issued": times[template.code]})
    rows.sort(key=lambda row: not row["ready"])  # what can be written now comes first, in the templates' own order
    return render(request, "web/documents.html", {
        "matter": matter, "rows": rows, "may": services.may_take_out(matter), "purposes": services.PURPOSES.items(), "needs_term": matter.level in services.LONGEST,
        "purpose": request.POST.get("purpose", ""), "years": request.POST.get("years", ""), "chosen": request.POST.get("record", ""), "form": request.POST.get("form", "pdf"),
        "issued": issued, "error": error,
    }, status=422 if error else 200)


@bound
def page(request: HttpRequest, ref: str) -> HttpResponse:
    """Which letters this matter can have and how each stands, the chosen one open (`?write=code`), and those it has."""
    return _page(request, matter_or_404(ref))


@require_POST
@bound
def make(request: HttpRequest, ref: str, code: str) -> HttpResponse:
    """One letter as a file: a draft, or issued with its number. What was typed stays on the page when it is refused."""
    matter = matter_or_404(ref)
    chosen, years = request.POST.get("record", ""), request.POST.get("years", "")
    asked = {f.code: request.POST.get(f.code, "") for f in templates()[code].ask} if code in templates() else {}
    try:
        with transaction.atomic():
            made = services.make(matter, code, purpose=request.POST.get("purpose", ""), form=request.POST.get("form", "pdf"), issue="issue" in request.POST,
                                 chosen=int(chosen) if chosen.isascii() and chosen.isdecimal() else None, asked=asked,
                                 years=int(years) if years.isascii() and years.isdecimal() and len(years) < 4 else None)
    except Refused as error:
        if error.code == "not_found":
            raise
        return _page(request, matter, error=error, code=code)
    response = HttpResponse(made.content, content_type=made.type)
    response["Content-Disposition"] = f"attachment; filename=\"letter\"; filename*=UTF-8''{quote(made.name)}"
    response["Cache-Control"] = "no-store"
    return response
