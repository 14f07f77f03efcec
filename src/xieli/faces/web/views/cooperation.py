"""Groups after composition templates, what they lack; models side by side; whom no contact room covers."""
from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound
from xieli.faces.web.views.reports import PERIODS, period_of
from xieli.office.audit import record
from xieli.office.bodies.models import Area
from xieli.office.cooperation import mechanisms, queries
from xieli.office.cooperation.models import CooperationGroup


@bound
def models(request: HttpRequest) -> HttpResponse:
    """Every group with its seats and what is missing; counties by model with the three measures; areas; gaps of coverage."""
    who, period = me(request), period_of(request)
    day = who.now.date()
    record("report.read", report="models", first=period.first, last=period.last)
    groups = CooperationGroup.objects.filter(queries.valid_on(day)).select_related("body", "area").order_by("template", "code")
    shown = [{"group": g, "template": queries.templates()[g.template], "seats": _by_slot(g, day), "problems": queries.problems(g, day)} for g in groups]
    areas = Area.objects.filter(queries.valid_on(day)).select_related("lead_body").prefetch_related("members__body").order_by("kind", "id")
    return render(request, "web/cooperation/models.html", {
        "groups": shown, "lines": queries.compare_models(period, day), "uncovered": queries.uncovered(day), "joint": mechanisms.registry(), "areas": areas, "period": period, "periods": PERIODS, "given": request.GET,
        "templates": list(queries.templates().values()),
    })


def _by_slot(group: CooperationGroup, day: object) -> list[tuple[object, list[object]]]:
    seats = list(queries.seats_of(group, day))  # type: ignore[arg-type]
    return [(slot, [s for s in seats if s.slot == slot.code]) for slot in queries.templates()[group.template].slots]
