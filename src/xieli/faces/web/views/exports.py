"""Excel out of a register: the purpose is asked, the act is recorded with every matter it names, names stay masked.

Up to `MOST` rows the sheet comes at once; a longer one is written by the worker and lies ready for its asker for a day.
"""
from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from xieli.faces.web import exports, registers, takeout
from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound, identity
from xieli.faces.web.tasks import write_export
from xieli.faces.web.templatetags.xieli import ZONE
from xieli.office.audit import record
from xieli.office.exports import services
from xieli.office.exports.models import RegisterExport
from xieli.office.matters.services.errors import NotVisible, Refused

MOST = 20_000
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LISTED = 30


@bound
def excel(request: HttpRequest, register: str) -> HttpResponse:
    """Ask what it is for; then the sheet of the filtered register, or a job that makes it."""
    who = me(request)
    rows, kept, title = takeout.rows_of(register, request.GET, who)
    context = {"register": register, "title": title, "count": rows.count(), "query": request.GET.urlencode(), "most": MOST}
    if request.method != "POST":
        return render(request, "web/exports/excel.html", context)
    purpose, paper = request.POST.get("purpose", "").strip()[:200], "a3" if request.POST.get("paper") == "a3" else "a4"
    title = request.POST.get("title", "").strip()[:80] or title
    try:
        if len(purpose) < 4:
            raise Refused("purpose", "请写明用途（至少四个字）。", "Say what it is for (at least four characters).")
        if context["count"] > MOST:
            made = services.ask(register, request.GET.urlencode(), language=get_language() or "zh-hans", title=title, purpose=purpose, paper=paper, total=int(context["count"]))
            # in the same transaction: either the export and its job exist or neither
            write_export.defer(export=str(made.id))
            return redirect("export", made.ref)
    except Refused as error:
        return render(request, "web/exports/excel.html", {**context, "error": error, "purpose": purpose}, status=422)
    found = list(rows)
    content = exports.workbook(takeout.sheet(who, kept, title=title, purpose=purpose, paper=paper), registers.chosen_columns(request.GET), found)
    record("register.exported", matters=[m.id for m in found], register=register, rows=len(found), purpose=purpose)
    return _file(content, f"{register}-{who.now.astimezone(ZONE):%Y%m%d-%H%M}.xlsx")


def _file(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=EXCEL)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def _mine(ref: str) -> RegisterExport:
    row = RegisterExport.objects.filter(pk=identity(ref)).first()
    if row is None:
        raise NotVisible()
    return row


@bound
def mine(request: HttpRequest) -> HttpResponse:
    """My exports: being made, ready, ended."""
    return render(request, "web/exports/mine.html", {"rows": RegisterExport.objects.order_by("-at")[:LISTED], "now": me(request).now})


@bound
def export(request: HttpRequest, ref: str) -> HttpResponse:
    """One export: how far it is; one may leave the page."""
    template = "web/exports/progress.html" if request.headers.get("HX-Request") else "web/exports/export.html"
    return render(request, template, {"row": _mine(ref), "now": me(request).now})


@require_POST
@bound
def take(request: HttpRequest, ref: str) -> HttpResponse:
    """The finished sheet, for its asker alone."""
    row = _mine(ref)
    return _file(services.take(row), f"{row.register}-{row.at.astimezone(ZONE):%Y%m%d-%H%M}.xlsx")


@require_POST
@bound
def call_off(request: HttpRequest, ref: str) -> HttpResponse:
    """Stop one that waits or runs."""
    services.call_off(_mine(ref))
    return redirect("exports")
