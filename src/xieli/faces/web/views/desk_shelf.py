"""What the desk works with: the catalogue with its freshness, the models with their record, the tripwires on recommendations."""
from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound, matter_or_404
from xieli.faces.web.views.desk import one, shipped
from xieli.office.audit import record_look
from xieli.office.desk import queries, services, tripwires
from xieli.office.desk.models import Authorization, DataSet, Tripwire
from xieli.office.matters.services.errors import NotVisible, Refused


@bound
def data(request: HttpRequest) -> HttpResponse:
    """Every data set: whose, how fresh, how many rows, where from."""
    return render(request, "web/desk/data.html", {"datasets": queries.catalogue(me(request).now.date())})


@bound
def dataset(request: HttpRequest, code: str) -> HttpResponse:
    """One data set: what its columns mean, which need a query approval."""
    row = DataSet.objects.filter(code=code).first()
    if row is None:
        raise NotVisible()
    return render(request, "web/desk/dataset.html", {"d": row, "stale": (me(request).now.date() - row.as_of).days > row.every_days})


@bound
def models(request: HttpRequest) -> HttpResponse:
    """Every model with how often it was right."""
    return render(request, "web/desk/models.html", {"models": queries.models()})


@bound
def model(request: HttpRequest, code: str) -> HttpResponse:
    """One model: question, inputs, parameters with their sources, innocent causes, and its record by month and body."""
    found = shipped(code)
    return render(request, "web/desk/model.html", {"model": found, "history": queries.history(code), "stopped": queries.stopped(code), "leads": bool({"head", "deputy"} & me(request).offices)})


@require_POST
@bound
def lift(request: HttpRequest, code: str) -> HttpResponse:
    """Let a suspended model run again, by a leader who says what changed."""
    services.lift(shipped(code).id, request.POST.get("reason", ""))
    return redirect("desk_model", code)


@require_POST
@bound
def arm(request: HttpRequest, ref: str) -> HttpResponse:
    """Set a tripwire on a recommendation, under this programme authorization."""
    row = one(Authorization, ref)
    if not request.POST.get("matter"):
        raise Refused("item", "请选一份建议书。", "Choose a recommendation.")
    matter = matter_or_404(request.POST["matter"])
    record_look([matter.id], purpose="tripwire")
    tripwires.arm(matter, row, request.POST.get("model", ""), request.POST.get("item", ""))
    return redirect("desk_authorization", ref)


@require_POST
@bound
def stand_down(request: HttpRequest, ref: str) -> HttpResponse:
    """Take a tripwire away."""
    row = one(Tripwire, ref)
    tripwires.stand_down(row, request.POST.get("reason", ""))
    return redirect("desk_authorization", row.authorization.ref)
