"""Excel out of a register: the purpose is asked, the act is recorded with every matter it names, names stay masked."""
from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from xieli.faces.web import exports, registers
from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound, identity
from xieli.faces.web.templatetags.xieli import ZONE, named
from xieli.office.audit import record
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.tables.core import Matter

MOST = 20_000


def _base(register: str) -> tuple[QuerySet[Matter], str]:
    if register == "leads":
        return Matter.objects.filter(kind="lead"), _("线索台账")
    if register == "matters":
        return Matter.objects.all(), _("事项台账")
    raise NotVisible()


@bound
def excel(request: HttpRequest, register: str) -> HttpResponse:
    """Ask what it is for; then the sheet of the filtered register."""
    base, title = _base(register)
    who = me(request)
    rows, kept = registers.filtered(base, request.GET, who.now)
    if request.GET.get("ref"):  # the rows ticked on the page, nothing else
        rows = rows.filter(id__in=[identity(r) for r in request.GET["ref"].split(",")[: registers.PAGE]])
    context = {"register": register, "title": title, "count": rows.count(), "query": request.GET.urlencode(), "most": MOST}
    if request.method != "POST":
        return render(request, "web/exports/excel.html", context)
    purpose = request.POST.get("purpose", "").strip()[:200]
    try:
        if len(purpose) < 4:
            raise Refused("purpose", "请写明用途（至少四个字）。", "Say what it is for (at least four characters).")
        if context["count"] > MOST:
            raise Refused("many", f"超过 {MOST} 行，请缩小筛选范围分次导出。", f"More than {MOST} rows; narrow the filters and take it out in parts.")
    except Refused as error:
        return render(request, "web/exports/excel.html", {**context, "error": error, "purpose": purpose}, status=422)
    found = list(rows.order_by("-opened_at", "-id").select_related("owner_body", "owner_room").prefetch_related("subjects__unit_body"))
    at = who.now.astimezone(ZONE)
    period = f"{kept.get('from') or '…'} — {kept.get('to') or at.date().isoformat()}"
    sheet = exports.Sheet(
        title=request.POST.get("title", "").strip()[:80] or title, unit=_("填报单位：%(unit)s") % {"unit": named(who.body) if who.body else ""}, period=_("期间：%(period)s") % {"period": period},
        signer=_("填表人：%(name)s　　审核：　　　　　　签发：") % {"name": who.person.name if who.person else ""},
        watermark=_("内部资料 · %(name)s · %(at)s · %(purpose)s") % {"name": who.person.name if who.person else "", "at": f"{at:%Y-%m-%d %H:%M}", "purpose": purpose},
        total=_("合计"), number=_("序号"), a3=request.POST.get("paper") == "a3")
    content = exports.workbook(sheet, registers.chosen_columns(request.GET), found)
    record("register.exported", matters=[m.id for m in found], register=register, rows=len(found), purpose=purpose)
    response = HttpResponse(content, content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    response["Content-Disposition"] = f'attachment; filename="{register}-{at:%Y%m%d-%H%M}.xlsx"'
    response["Cache-Control"] = "no-store"
    return response
