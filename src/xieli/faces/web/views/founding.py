"""Founding cooperation groups and meeting series, seating a group, ending both: forms over the services, which hold the rules."""
from __future__ import annotations

import contextlib
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound
from xieli.office.audit import record
from xieli.office.bodies.models import Body, Office
from xieli.office.cooperation import queries, services
from xieli.office.cooperation.models import CooperationGroup
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.services.playbooks import shipped
from xieli.office.meetings import services as meetings
from xieli.office.meetings.models import MeetingSeries


@bound
def page(request: HttpRequest) -> HttpResponse:
    """The forms, and what one's own bodies founded; who runs no body sees them and is refused by the services."""
    who = me(request)
    day, mine = who.now.date(), [p.body_id for p in who.postings]
    record("report.read", report="founding", first=day, last=day)
    groups = CooperationGroup.objects.filter(queries.valid_on(day), body_id__in=mine).select_related("body").order_by("code")
    bodies = Body.objects.filter(queries.valid_on(day)).order_by("sort_key", "name_zh")
    offices = Office.objects.filter(body_id__in=[b.id for b in bodies], code__in=["head", "deputy", "room_head", "town_secretary"]).select_related("body").order_by("body__sort_key", "code", "id")
    return render(request, "web/cooperation/founding.html", {
        "groups": [{"group": g, "template": queries.templates()[g.template], "problems": queries.problems(g, day)} for g in groups], "templates": list(queries.templates().values()),
        "bodies": bodies, "mine": [b for b in bodies if b.id in mine], "offices": offices, "every": MeetingSeries.Every.choices, "kinds": _kinds(),
        "series": MeetingSeries.objects.filter(queries.valid_on(day), body_id__in=mine).order_by("code"), "today": day})


def _kinds() -> list[tuple[str, object]]:
    """Kinds of meeting as the meeting's own form names them."""
    field = next(f for f in shipped()["meeting"].forms["call"].fields if f.code == "kind")
    return [(option.code, option.label) for option in field.options]


def _number(request: HttpRequest, name: str, *, must: bool = True) -> int | None:
    value = request.POST.get(name, "")
    if value.isdecimal() and len(value) < 10:
        return int(value)
    if must:
        raise Refused("choose", "请先选择机构或职务。", "Choose a body or an office first.")
    return None


def _day(request: HttpRequest, name: str) -> date | None:
    value = request.POST.get(name, "")
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise Refused("period", "日期写法不对，应为 2026-01-31。", "The date is not written like 2026-01-31.") from None


def _names(request: HttpRequest) -> tuple[str, str, str]:
    code, zh, en = (request.POST.get(k, "").strip()[:80] for k in ("code", "zh", "en"))
    if not code or not zh or not en:
        raise Refused("names", "须写代号和中英文名称。", "Give a code and a name in Chinese and English.")
    return code, zh, en


def _own(model: type, code: str) -> object:
    found = None
    with contextlib.suppress(ValueError):
        found = model.objects.filter(code=code).first()  # type: ignore[attr-defined]
    if found is None:
        raise NotVisible()
    return found


@require_POST
@bound
def group_found(request: HttpRequest) -> HttpResponse:
    """Found a group after a template."""
    code, zh, en = _names(request)
    services.found(code, request.POST.get("template", ""), zh, en, _number(request, "body") or 0, basis=request.POST.get("basis", "")[:200], starts=_day(request, "starts"), ends=_day(request, "ends"))
    return redirect("founding")


@require_POST
@bound
def group_seat(request: HttpRequest, code: str) -> HttpResponse:
    """Take a seat: a body, or an office with its confirmed holder."""
    group = _own(CooperationGroup, code)
    services.seat(group, request.POST.get("slot", ""), body=_number(request, "body", must=False), office=_number(request, "office", must=False))  # type: ignore[arg-type]
    return redirect("founding")


@require_POST
@bound
def group_end(request: HttpRequest, code: str) -> HttpResponse:
    """End a group on a day."""
    group, day = _own(CooperationGroup, code), _day(request, "last_day")
    if day is None:
        raise Refused("period", "请填结束日期。", "Give the day on which it ends.")
    services.end(group, day)  # type: ignore[arg-type]
    return redirect("founding")


@require_POST
@bound
def series_found(request: HttpRequest) -> HttpResponse:
    """Found a meeting series: by an office, or by sides in turn."""
    code, zh, en = _names(request)
    sides = tuple(int(v) for v in request.POST.getlist("sides") if v.isdecimal() and len(v) < 10)
    turn = sides if request.POST.get("in_turn") else ()
    every = request.POST.get("every", "")
    if every not in MeetingSeries.Every.values:
        raise Refused("choose", "请选择开会的周期。", "Choose how often it meets.")
    meetings.found(meetings.NewSeries(code, zh, en, _number(request, "body") or 0, every, sides, kind=request.POST.get("kind", "regular")[:20], convener=_number(request, "convener", must=False),
                                      in_turn=turn, basis=request.POST.get("basis", "")[:200], starts=_day(request, "starts")))
    return redirect("founding")


@require_POST
@bound
def series_end(request: HttpRequest, code: str) -> HttpResponse:
    """End a series on a day."""
    series, day = _own(MeetingSeries, code), _day(request, "last_day")
    if day is None:
        raise Refused("period", "请填结束日期。", "Give the day on which it ends.")
    meetings.end(series, day)  # type: ignore[arg-type]
    return redirect("founding")
