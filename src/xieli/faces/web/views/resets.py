"""Resetting a second factor: asked on the administrators' page, confirmed there by another person, who hands the code over."""
from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from xieli.faces.web.decorators import bound
from xieli.faces.web.views.circles import number
from xieli.office.accounts import resets
from xieli.office.matters.services.errors import NotVisible
from xieli.office.people.models import Person


@require_POST
@bound
def act(request: HttpRequest, what: str) -> HttpResponse:
    """Ask, confirm or refuse; the database decides who may."""
    if what == "ask":
        resets.ask(number(request, "person"), request.POST.get("reason", ""))
    elif what == "confirm":
        person, code = resets.confirm(number(request, "reset"))
        return render(request, "web/admin/code.html", {"code": code, "person": Person.objects.only("id", "name", "name_en").get(pk=person), "hours": 24})
    elif what == "refuse":
        resets.refuse(number(request, "reset"))
    else:
        raise NotVisible()
    return redirect("admin")
