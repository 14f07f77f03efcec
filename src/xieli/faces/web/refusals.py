"""A service said no: the page says why, what was kept and how to go on. With htmx it is a message on the same page."""
from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from xieli.faces.web import proving
from xieli.office.matters.services.errors import Refused


def refusal(request: HttpRequest, error: Refused) -> HttpResponse:
    """Status 409 for a conflict with another person, 422 for everything else a rule refuses."""
    if error.code == "prove_again":
        return proving.ask(request, error)
    status = 409 if error.code in ("conflict", "duplicate", "under_way") else 422
    context = {"error": error, "back": request.META.get("HTTP_REFERER", "/") if request.method == "POST" else "/", "typed": request.POST}
    template = "web/parts/refusal.html" if request.headers.get("HX-Request") else "web/refusal.html"
    return render(request, template, context, status=status)
