"""The yearly review of the ranking's weights, and their versions: put forward by one, adopted by another, with dates."""
from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound
from xieli.faces.web.views.areas import one, planning_body
from xieli.faces.web.views.designation import PARTS
from xieli.office.allocation import divisions, services, weights
from xieli.office.allocation.models import RankingWeights
from xieli.office.audit import record_look
from xieli.office.matters.services.errors import Refused

NAMES = PARTS | {"load_zero": _("负荷零分处（人均 0.1 人月）"), "hours_zero": _("路程零分处（小时）"), "experience_full": _("经验满分处（件）"), "designations_zero": _("公平零分处（一年指定次数）")}


@bound
def review(request: HttpRequest) -> HttpResponse:
    """Where people chose otherwise and why; the weights in force; what was put forward; every version there was."""
    who = me(request)
    body = planning_body(who)
    year = int(request.GET["year"]) if request.GET.get("year", "").isdecimal() and len(request.GET["year"]) == 4 else who.now.year
    year = min(year, divisions.today().year)  # nothing was chosen in a year that has not begun
    found = services.review(year)
    record_look([r.matter_id for r in found.reasons], purpose="weights-review", list=True)
    current = weights.in_force(body.id, divisions.today())
    now = asdict(weights.as_score(current))
    versions = list(RankingWeights.objects.filter(body=body).select_related("proposed_by", "adopted_by").order_by("-proposed_at")[:30])
    return render(request, "web/designation/review.html", {
        "r": found, "against": [(PARTS[k], v) for k, v in found.against], "current": current, "score": weights.as_score(current), "years": [y for y in (year - 1, year + 1) if y <= divisions.today().year], "rows": [(k, w, now[k], *weights.LIMITS[k]) for k, w in NAMES.items()],
        "waiting": [(v, _changes(v, now)) for v in versions if v.state == "proposed"], "versions": [v for v in versions if v.state != "proposed"], "may_adopt": bool({"head", "deputy"} & who.offices), "person": who.person_id,
        "first": divisions.today() + timedelta(days=1), "due": current is None or (divisions.today() - current.valid_from).days > 365})


def _changes(version: RankingWeights, now: dict[str, Any]) -> list[tuple[Any, Any, Any]]:
    return [(w, now[k], version.weights[k]) for k, w in NAMES.items() if now[k] != version.weights[k]]


@require_POST
@bound
def propose(request: HttpRequest) -> HttpResponse:
    """Put weights forward with their reason, first day and the year that was reviewed."""
    body = planning_body(me(request))
    p = request.POST
    try:
        first = date.fromisoformat(p.get("from", ""))
    except ValueError:
        raise Refused("date", "请填写生效日期。", "Give the first day.") from None
    year = p.get("year", "")
    weights.propose(body.id, {k: p.get(k, "") for k in weights.LIMITS}, reason=p.get("reason", ""), valid_from=first, reviewed=int(year) if year.isdecimal() and len(year) == 4 else None)
    return redirect("designation_review")


@require_POST
@bound
def decide(request: HttpRequest, ref: str) -> HttpResponse:
    """Adopt as the second person, or withdraw."""
    planning_body(me(request))
    row = one(RankingWeights, ref)
    if request.POST.get("verdict") == "adopt":
        weights.adopt(row)
    else:
        weights.withdraw(row)
    return redirect("designation_review")
