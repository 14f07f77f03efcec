"""S14 the leader's page, S6 the deadline wall, reports with their definitions, releases."""
from __future__ import annotations

import contextlib
from datetime import date

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from xieli.engines.metrics import MetricError, Period
from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound
from xieli.faces.web.pictures import figures as pictures
from xieli.faces.web.templatetags.xieli import english
from xieli.office.audit import record, record_look
from xieli.office.ids import from_ref
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.reports import ocel, queries, services
from xieli.office.reports.models import Release

PERIODS = (("this_year", "今年以来", "this year"), ("half", "本半年", "this half-year"), ("quarter", "本季度", "this quarter"), ("month", "本月", "this month"), ("week", "本周", "this week"))


def _period(request: HttpRequest) -> Period:
    name = request.GET.get("period", "this_year")
    if request.GET.get("first") and request.GET.get("last"):
        name = f"{request.GET['first']}..{request.GET['last']}"
    try:
        return services.period(name)
    except MetricError as error:
        raise Refused("period", error.zh, error.en) from None
    except ValueError:
        raise Refused("period", "日期写法不对，应为 2026-01-31。", "The date is not written like 2026-01-31.") from None


def _known(request: HttpRequest) -> date | None:
    with contextlib.suppress(ValueError):
        return date.fromisoformat(request.GET.get("known_by", ""))
    return None


@bound
def leader(request: HttpRequest) -> HttpResponse:
    """One page that prints on A4."""
    who, period = me(request), _period(request)
    reds = queries.reds(who.now)
    record_look([r.matter.id for r in reds], purpose="leader", list=True)
    steps = queries.funnel(period)
    columns, rows = queries.heat(who.now, 6)
    return render(request, "web/reports/leader.html", {
        "figures": queries.seven(period), "period": period, "reds": reds, "owed": queries.owed_to_people(who.now), "steps": steps, "periods": PERIODS,
        "funnel": pictures.funnel(steps, "漏斗 / funnel", english()), "columns": columns, "heat": rows, "given": request.GET,
    })


@bound
def wall(request: HttpRequest) -> HttpResponse:
    """S6: bodies × twelve weeks."""
    columns, rows = queries.heat(me(request).now)
    record("report.read", report="wall", first=columns[0], last=columns[-1])
    return render(request, "web/reports/wall.html", {"columns": columns, "rows": rows})


@bound
def index(request: HttpRequest) -> HttpResponse:
    """All reports, and what was released."""
    return render(request, "web/reports/index.html", {"reports": sorted(services.book().reports.values(), key=lambda r: r.number), "releases": Release.objects.order_by("-computed_at")[:50], "periods": PERIODS})


@bound
def report(request: HttpRequest, code: str) -> HttpResponse:
    """One report, live, with its definitions."""
    definition = services.book().reports.get(code)
    if definition is None:
        raise NotVisible()
    period, known = _period(request), _known(request)
    figures = services.report(code, period, known_by=known)
    record("report.read", report=code, first=period.first, last=period.last)
    from xieli.office.bodies.models import Body

    names = {b.id: b for b in Body.objects.filter(id__in=[g for f in figures for g in f.groups if isinstance(g, int)])}
    return render(request, "web/reports/report.html", {"report": definition, "figures": figures, "period": period, "known": known, "periods": PERIODS, "names": names, "given": request.GET, "english": english()})


@bound
def drill(request: HttpRequest, code: str) -> HttpResponse:
    """The records behind a figure that this reader may see."""
    if code not in services.book():
        raise NotVisible()
    period, known = _period(request), _known(request)
    matters, counted = services.rows_behind(code, period, known_by=known)
    record_look([m.id for m in matters], purpose="drill", list=True)
    return render(request, "web/reports/drill.html", {"metric": services.book()[code], "matters": matters, "counted": counted, "period": period})


@require_POST
@bound
def release_pass(request: HttpRequest, ref: str) -> HttpResponse:
    """Check or approve a release."""
    row = Release.objects.filter(pk=from_ref(ref)).first()
    if row is None:
        raise NotVisible()
    services.pass_release(row, request.POST.get("verdict", ""))
    return redirect("release", ref)


@bound
def release(request: HttpRequest, ref: str) -> HttpResponse:
    """A released report as frozen; it opens the records that this reader may see, and says how many are not open to him."""
    row = Release.objects.filter(pk=from_ref(ref)).first()
    if row is None:
        raise NotVisible()
    definition = services.book().reports.get(row.report)
    book = services.book()
    lines = [(book[c], f) for c, f in row.content.get("figures", {}).items() if c in book]
    return render(request, "web/reports/release.html", {"release": row, "report": definition, "lines": lines, "english": english()})


@bound
def waits(request: HttpRequest) -> HttpResponse:
    """Where matters wait."""
    period = _period(request)
    record("report.read", report="waits", first=period.first, last=period.last)
    return render(request, "web/reports/waits.html", {"rows": queries.waits(period), "period": period, "periods": PERIODS, "given": request.GET})


@bound
def ocel_export(request: HttpRequest) -> HttpResponse:
    """OCEL 2.0 of what this reader may see."""
    period = _period(request)
    record("report.read", report="ocel", first=period.first, last=period.last)
    response = JsonResponse(ocel.export(period))
    response["Content-Disposition"] = 'attachment; filename="ocel.json"'
    return response
