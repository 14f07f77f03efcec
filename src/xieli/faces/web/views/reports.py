"""S14 the leader's page, S6 the deadline wall, reports with their definitions, releases."""
from __future__ import annotations

import contextlib
from datetime import date

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xieli.engines.metrics import MetricError, Period, previous_years, whole_percent
from xieli.engines.playbooks.model import Playbook
from xieli.faces.web import report_sheets
from xieli.faces.web import report_words as telling
from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound
from xieli.faces.web.pictures import figures as pictures
from xieli.faces.web.templatetags.xieli import english
from xieli.office.audit import record, record_look
from xieli.office.ids import from_ref
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.services.playbooks import shipped
from xieli.office.reports import ocel, owed, queries, releases, services
from xieli.office.reports.models import Release

PERIODS = (("this_year", "今年以来", "this year"), ("half", "本半年", "this half-year"), ("quarter", "本季度", "this quarter"), ("month", "本月", "this month"), ("week", "本周", "this week"))


def period_of(request: HttpRequest) -> Period:
    """The period that an address asks for: a name, or two days. Raises Refused in plain words."""
    name = request.GET.get("period", "this_year")
    if request.GET.get("first") and request.GET.get("last"):
        name = f"{request.GET['first']}..{request.GET['last']}"
    try:
        return services.period(name)
    except MetricError as error:
        raise Refused("period", error.zh, error.en) from None
    except ValueError:
        raise Refused("period", "日期写法不对，应为 2026-01-31。", "The date is not written like 2026-01-31.") from None


def _known(request: HttpRequest, period: Period) -> date | None:
    with contextlib.suppress(ValueError):
        return date.fromisoformat(request.GET.get("known_by", ""))
    return services.as_known(period)


def before_of(request: HttpRequest, after: Period) -> Period:
    """The period to compare with: as asked, else the same days a year earlier. Raises Refused in plain words."""
    first, last = request.GET.get("before_first", ""), request.GET.get("before_last", "")
    if not (first and last):
        return previous_years(after, 1)[0]
    try:
        return Period(date.fromisoformat(first), date.fromisoformat(last))
    except MetricError as error:
        raise Refused("period", error.zh, error.en) from None
    except ValueError:
        raise Refused("period", "日期写法不对，应为 2026-01-31。", "The date is not written like 2026-01-31.") from None


@bound
def leader(request: HttpRequest) -> HttpResponse:
    """One page that prints on A4."""
    who, period = me(request), period_of(request)
    reds = queries.reds(who.now)
    record_look([r.matter.id for r in reds], purpose="leader", list=True)
    steps = queries.funnel(period)
    columns, rows = queries.heat(who.now, 6)
    return render(request, "web/reports/leader.html", {
        "figures": queries.seven(period), "period": period, "reds": reds, "owed": owed.owed_to_people(who.now), "steps": steps, "periods": PERIODS,
        "funnel": pictures.funnel(steps, _("线索去向"), english()), "columns": columns, "heat": rows, "given": request.GET,
    })


@bound
def wall(request: HttpRequest) -> HttpResponse:
    """S6: bodies × twelve weeks."""
    columns, rows = queries.heat(me(request).now)
    record("report.read", report="wall", first=columns[0], last=columns[-1])
    return render(request, "web/reports/wall.html", {"columns": columns, "rows": rows})


@bound
def index(request: HttpRequest) -> HttpResponse:
    """All reports in their sections, and what was released."""
    book = services.book()
    reports = sorted(book.reports.values(), key=lambda r: r.number)
    groups = [(section, [r for r in reports if r.section == code]) for code, section in book.sections.items()]
    return render(request, "web/reports/index.html", {"groups": groups, "releases": Release.objects.order_by("-computed_at")[:20], "periods": PERIODS, "names": {r.code: r for r in reports}})


@bound
def report(request: HttpRequest, code: str) -> HttpResponse:
    """One report, live, with its definitions, its groups, and the list that belongs to it."""
    definition = services.book().reports.get(code)
    if definition is None:
        raise NotVisible()
    period = period_of(request)
    known = _known(request, period)
    figures = services.report(code, period, known_by=known)
    record("report.read", report=code, first=period.first, last=period.last)
    behind = services.rows_behind(definition.listing, period, known_by=known, limit=50) if definition.listing else None
    if behind is not None:
        record_look([m.id for m in behind.matters], purpose="drill-list", list=True)
    return render(request, "web/reports/report.html", {
        "report": definition, "figures": figures, "period": period, "known": known, "periods": PERIODS, "names": telling.names(figures, definition.by), "given": request.GET, "english": english(),
        "behind": behind, "called": telling.people(behind), "listed": services.book()[definition.listing] if definition.listing else None, "today": me(request).now.date(),
    })


@bound
def report_excel(request: HttpRequest, code: str) -> HttpResponse:
    """The same report as an Excel sheet: figures, groups, definitions; typed cells, printed as it stands."""
    definition = services.book().reports.get(code)
    if definition is None:
        raise NotVisible()
    period = period_of(request)
    known = _known(request, period)
    figures = services.report(code, period, known_by=known)
    record("report.taken", report=code, first=period.first, last=period.last)
    response = HttpResponse(report_sheets.workbook(definition, figures, period, known, me(request), english()), content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    response["Content-Disposition"] = f'attachment; filename="{code}-{period.first}-{period.last}.xlsx"'
    return response


@bound
def drill(request: HttpRequest, code: str) -> HttpResponse:
    """The records behind a figure that this reader may see."""
    if code not in services.book():
        raise NotVisible()
    period = period_of(request)
    known = _known(request, period)
    behind = services.rows_behind(code, period, known_by=known)
    record_look([m.id for m in behind.matters], purpose="drill-list", list=True)
    metric = services.book()[code]
    figures = [services.figure(c, period, known_by=known) for c in (code, *metric.counterparts)]  # a count of measures never stands alone
    return render(request, "web/reports/drill.html", {"metric": metric, "behind": behind, "called": telling.people(behind), "figures": figures, "period": period, "known": known, "hidden": None})


@require_POST
@bound
def release_ask(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for the release of this report, as of a cut-off."""
    if code not in services.book().reports:
        raise NotVisible()
    try:
        first, last, known = (date.fromisoformat(request.POST.get(k, "")) for k in ("first", "last", "known_by"))
        period = Period(first, last)
    except MetricError as error:
        raise Refused("period", error.zh, error.en) from None
    except ValueError:
        raise Refused("period", "日期写法不对，应为 2026-01-31。", "The date is not written like 2026-01-31.") from None
    return redirect("release", releases.ask(code, period, known).ref)


@require_POST
@bound
def release_pass(request: HttpRequest, ref: str) -> HttpResponse:
    """Check or approve a release."""
    row = Release.objects.filter(pk=from_ref(ref)).first()
    if row is None:
        raise NotVisible()
    releases.decide(row, request.POST.get("verdict", ""))
    return redirect("release", ref)


@bound
def release(request: HttpRequest, ref: str) -> HttpResponse:
    """A released report as frozen; each figure opens the records that this reader may see."""
    row = Release.objects.filter(pk=from_ref(ref)).first()
    if row is None:
        raise NotVisible()
    book = services.book()
    lines = [(book[c], f) for c, f in row.content.get("figures", {}).items() if c in book]
    assessable = row.state == Release.State.RELEASED and any(set(s) <= set(row.content.get("figures", {})) for s in book.schemes.values()) and releases.may_release()
    return render(request, "web/reports/release.html", {"release": row, "report": book.reports.get(row.report), "lines": lines, "english": english(), "assessable": assessable})


@bound
def release_signed(request: HttpRequest, ref: str) -> HttpResponse:
    """A released report of a scheme's indicators as its assessment takes it: signed, to be checked anywhere."""
    row = Release.objects.filter(pk=from_ref(ref)).select_related("checked_by", "approved_by").first()
    if row is None:
        raise NotVisible()
    content = releases.for_assessment(row)
    record("report.taken", report=row.report, first=row.first, last=row.last)
    response = HttpResponse(content, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{row.report}-{row.first}-{row.last}.signed.json"'
    return response


@bound
def release_drill(request: HttpRequest, ref: str, code: str) -> HttpResponse:
    """The records behind a released figure, as of its cut-off, and how many are not open to this reader."""
    row = Release.objects.filter(pk=from_ref(ref)).first()
    if row is None or code not in row.content.get("figures", {}) or code not in services.book():
        raise NotVisible()
    behind, hidden = releases.opened(row, code)
    record_look([m.id for m in behind.matters], purpose="drill-list", list=True)
    return render(request, "web/reports/drill.html", {"metric": services.book()[code], "behind": behind, "called": telling.people(behind), "period": Period(row.first, row.last), "known": row.known_by, "hidden": hidden})


@bound
def waits(request: HttpRequest) -> HttpResponse:
    """Where matters wait: per stage, per pair of bodies, and what share ends within so many days."""
    period = period_of(request)
    asked = request.GET.get("days", "")
    days = min(max(int(asked), 1), 366) if asked.isdecimal() and len(asked) < 4 else 30
    record("report.read", report="waits", first=period.first, last=period.last)
    playbooks = shipped()
    stages = [(_label(playbooks, k), _label(playbooks, k, s), n, d) for k, s, n, d in queries.waits(period)]
    before = before_of(request, period)
    return render(request, "web/reports/waits.html", {
        "defects": queries.before_after(before, period), "before": before,
        "rows": stages, "pairs": [(p, None if p.within is None else whole_percent(p.within)) for p in queries.waits_by_pair(period, min(days, 60))],
        "shares": [(_label(playbooks, k), n, None if s is None else whole_percent(s)) for k, n, s in queries.within(period, days)], "days": days, "period": period, "periods": PERIODS, "given": request.GET,
    })


def _label(playbooks: dict[str, Playbook], kind: str, stage: str = "") -> str:
    """A kind's or a stage's name in the reader's language; the code where the playbook is gone."""
    playbook = playbooks.get(kind)
    if playbook is None:
        return stage or kind
    label = playbook.stages[stage].label if stage in playbook.stages else playbook.label
    return label.en if english() else label.zh


@bound
def ocel_export(request: HttpRequest) -> HttpResponse:
    """OCEL 2.0 of what this reader may see."""
    period = period_of(request)
    log, matters = ocel.export(period)
    record("report.exported", matters=matters, report="OCEL 2.0", first=period.first, last=period.last, objects=len(log["objects"]))
    response = JsonResponse(log)
    response["Content-Disposition"] = 'attachment; filename="ocel.json"'
    return response
