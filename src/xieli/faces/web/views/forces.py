"""S16: people: the pool with free or busy, requests, postings and what is overdue, training coverage with the missing by name."""
from __future__ import annotations

import contextlib
from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound
from xieli.faces.web.views.remedy import at, last_forms
from xieli.faces.web.views.reports import PERIODS, period_of
from xieli.office.audit import record_look
from xieli.office.cooperation import people
from xieli.office.matters.tables.core import Matter
from xieli.office.reports import services

KINDS = ("people_request", "posting", "dispatch", "training", "contest", "self_study")


def _day(request: HttpRequest, name: str, otherwise: date) -> date:
    with contextlib.suppress(ValueError):
        return date.fromisoformat(request.GET.get(name, ""))
    return otherwise


@bound
def overview(request: HttpRequest) -> HttpResponse:
    """What this person may see of people and training; the pool is searched by words and days."""
    who, period = me(request), period_of(request)
    today = who.now.date()
    first = _day(request, "free_from", today)
    last = max(_day(request, "free_to", first + timedelta(days=30)), first)
    words = tuple(w for w in request.GET.get("skills", "").split() if w)[:5]
    members = people.search_pool(words, first, last, free_only=False)[:60]
    rows = list(Matter.objects.filter(kind__in=KINDS).order_by("-status", "-opened_at", "id")[:80])
    forms = last_forms(rows)
    record_look([m.id for m in rows], purpose="forces", list=True, asked=None)
    shown = [(code, [{"m": m, "at": at(m), "plan": forms[m.id].get("plan") or forms[m.id].get("request") or {}} for m in rows if m.kind == code]) for code in KINDS]
    figures = [services.figure(c, period) for c in ("training_coverage", "trained_persons", "trained_times", "postings", "borrowings_overdue")]
    missing = services.rows_behind("untrained", period, limit=24)
    return render(request, "web/cooperation/forces.html", {
        "members": members, "first": first, "last": last, "words": " ".join(words), "shown": [(c, r) for c, r in shown if r], "figures": figures, "missing": missing, "period": period, "periods": PERIODS, "given": request.GET,
    })
