"""S13: joint checks as a grid of quarter and county, the calendar of visits per unit, and the project board with its slips."""
from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe

from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound
from xieli.faces.web.pictures.gantt import Bar, draw, slip, state
from xieli.faces.web.views.remedy import at, last_forms
from xieli.office.audit import record_look
from xieli.office.bodies.models import Body
from xieli.office.matters.services.source import today
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.work import FormSubmission

SOON = 30  # days within which a second visit to a unit is offered as a joint one: our default


def grid(matters: list[Matter], forms: dict[int, dict[str, dict[str, Any]]], year: int, upto: int) -> list[dict[str, Any]]:
    """A line per county that took part in a check this year: its checks in each quarter; an empty past quarter is missing."""
    count: dict[int, Counter[int]] = defaultdict(Counter)
    for m in matters:
        plan = forms[m.id].get("plan", {})
        day = str(plan.get("from_on", ""))
        if plan.get("kind") != "regular" or day[:4] != str(year):
            continue
        for row in plan.get("members", []):
            count[int(row["member"])][(int(day[5:7]) + 2) // 3] += 1
    bodies = {b.id: b for b in Body.objects.filter(id__in=count)}
    return [{"body": bodies[b], "cells": [{"n": done[q], "missing": not done[q] and q <= upto} for q in (1, 2, 3, 4)]} for b, done in count.items() if b in bodies]


def visits(matters: list[Matter], forms: dict[int, dict[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    """Planned visits by unit and day; one that follows another within the term is marked."""
    rows = sorted((u["unit"], u["visit_on"], m) for m in matters for u in forms[m.id].get("plan", {}).get("units", []) if u.get("visit_on"))
    found, before = [], ("", "")
    for unit, day, m in rows:
        near = before[0] == unit and (date.fromisoformat(day) - date.fromisoformat(before[1])).days <= SOON
        found.append({"unit": unit, "day": date.fromisoformat(day), "m": m, "near": near})
        before = (unit, day)
    return found


def board(projects: list[Matter], now: date) -> list[dict[str, Any]]:
    """Each project with the bars of its first plan (the baseline) and the actual starts that were reported since."""
    plans: dict[int, dict[str, Any]] = {}
    starts: dict[int, dict[str, date]] = defaultdict(dict)
    for row in FormSubmission.objects.filter(matter_id__in=[p.id for p in projects], form__in=["plan", "progress"]).order_by("revision"):
        if row.form == "plan":
            plans.setdefault(row.matter_id, row.data)
        else:
            starts[row.matter_id][row.data["stage"]] = date.fromisoformat(row.data["actual_start"])
    found = []
    for p in projects:
        bars = [Bar(s["stage"], date.fromisoformat(s["planned_start"]), date.fromisoformat(s["planned_end"]), starts[p.id].get(s["stage"])) for s in plans.get(p.id, {}).get("stages", [])]
        found.append({"m": p, "bars": bars, "state": state(bars, p.status != "open", now), "late": max((slip(b, now) for b in bars), default=0) if p.status == "open" else 0, "at": at(p)})
    return found


@bound
def overview(request: HttpRequest) -> HttpResponse:
    """What this person may see of checks and projects."""
    who, now = me(request), today()
    checks = list(Matter.objects.filter(kind="joint_check").order_by("-status", "-opened_at", "id")[:200])
    projects = list(Matter.objects.filter(kind="project").order_by("opened_at", "id")[:60])
    rounds = list(Matter.objects.filter(kind="inspection_round").order_by("-status", "-opened_at", "id")[:40])
    forms = last_forms([*checks, *rounds])
    record_look([m.id for m in (*checks, *projects, *rounds)], purpose="checks", list=True, asked=None)
    lines = board(projects, now)
    picture = draw([(r["m"].title, r["bars"]) for r in lines], now)
    return render(request, "web/checks/overview.html", {
        "now": who.now, "year": now.year, "grid": grid(checks, forms, now.year, (now.month + 2) // 3), "visits": visits(checks, forms), "soon": SOON,
        "checks": [{"m": m, "f": forms[m.id], "at": at(m)} for m in checks], "projects": lines, "rounds": [{"m": m, "f": forms[m.id], "at": at(m)} for m in rounds], "tally": Counter(r["state"] for r in lines),
        "picture": mark_safe(picture),
    })
