"""What cases teach, on one page: second halves, weak points, classes and sectors of cases, leads by kind and source, the key list."""
from __future__ import annotations

from collections import Counter
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from xieli.faces.web.decorators import bound
from xieli.faces.web.views.campaigns import words_of
from xieli.office.audit import record_look
from xieli.office.cooperation import analysis
from xieli.office.matters.services.playbooks import shipped

THREADS: dict[str, Any] = {"case": _("查办"), "remedy": _("治理"), "supervision": _("监督"), "education": _("教育")}
PRODUCTS: dict[str, Any] = {"recommendation": _("一份建议"), "reflection": _("一轮反思"), "four_talks": _("一次四说")}
LEVELS: dict[str, Any] = {"unit": _("案发单位"), "department": _("主管部门"), "area": _("地区")}


def _fields() -> dict[str, Any]:
    rows = next(f for f in shipped()["after_case"].forms["weaknesses"].fields if f.code == "rows")
    return {o.code: o.label for c in rows.columns if c.code == "field" for o in c.options}


def _table(cells: Counter[tuple[str, str, str]]) -> dict[str, Any]:
    """Kinds against sources with sums on both sides, and the months below."""
    kinds, sources = sorted({k for k, _s, _m in cells}), sorted({s for _k, s, _m in cells})
    of = {(k, s): sum(n for (a, b, _m), n in cells.items() if (a, b) == (k, s)) for k in kinds for s in sources}
    labels = {**words_of("registration", "kinds", "lead"), analysis.SEVERAL: _("多类")}
    by_month: Counter[str] = Counter()
    for (_k, _s, month), n in cells.items():
        by_month[month] += n
    return {"sources": [words_of("registration", "source", "lead").get(s, s) for s in sources], "lines": [{"word": labels.get(k, k), "cells": [of[k, s] for s in sources], "sum": sum(of[k, s] for s in sources)} for k in kinds],
            "sums": [sum(of[k, s] for k in kinds) for s in sources], "total": sum(cells.values()), "months": sorted(by_month.items())}


@bound
def page(request: HttpRequest) -> HttpResponse:
    """Everything counted over what the reader may see; `tag` and `sector` choose a class of cases."""
    tag, sector = request.GET.get("tag", "")[:120], request.GET.get("sector", "")[:40]
    halves, given = analysis.second_halves(), analysis.registrations()
    keys = analysis.key_list(given)
    chosen = analysis.by_tag(tag) if tag else analysis.by_sector(sector) if sector else None
    record_look([*(h.matter.id for h in halves), *given, *(chosen.matters if chosen else ())], purpose="analysis", list=True, asked=tag or sector or None)
    fields, grounds = _fields(), words_of("registration", "priority", "lead")
    complete, ended = analysis.share_complete(halves)
    return render(request, "web/field/analysis.html", {
        "halves": [{"h": h, "open": [THREADS[t] for t in h.open], "missing": [PRODUCTS[p] for p in h.missing]} for h in halves], "complete": complete, "ended": ended,
        "due": sum(1 for h in halves if h.meeting_due), "held": sum(1 for h in halves if h.committee_met), "tags": analysis.tags(), "tag": tag, "sector": sector, "chosen": chosen,
        "causes": chosen.causes.most_common() if chosen else [], "weak": [{"w": w, "level": LEVELS[w.level], "fields": [(fields[f], n) for f, n in w.fields.most_common()]} for w in analysis.weaknesses([h.matter.id for h in halves])],
        "cross": _table(analysis.cross(given)), "keys": [{"k": k, "grounds": [grounds[g] for g in k.grounds]} for k in keys]})
