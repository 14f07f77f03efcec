"""The guided tour: each step signs in as the person of that step and opens what he worked on."""
from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from xieli.faces.web.context import installation
from xieli.faces.web.decorators import bound
from xieli.faces.web.tour import COOKIE, here
from xieli.faces.web.views.entrance import demo_people, loopback
from xieli.office.demo.guide import TOURS, code_of
from xieli.office.ids import to_ref
from xieli.office.matters.services.errors import NotVisible
from xieli.office.matters.tables.approvals import Approval
from xieli.office.matters.tables.core import Matter
from xieli.server.binding import open_demo_session


@require_POST
def go(request: HttpRequest, step: int, which: str = "call") -> HttpResponse:
    """Become the person of a step; nowhere but in a demo on this machine."""
    if installation()["mark"] != "demo" or not loopback(request) or which not in TOURS or not 1 <= step <= len(TOURS[which]):
        return redirect("entrance")
    person = demo_people().get(code_of(TOURS[which][step - 1].person))
    if person is None:
        return redirect("entrance")
    response = redirect("tour_there")
    response.set_cookie(settings.SESSION_COOKIE, open_demo_session(person), httponly=True, samesite="Strict", secure=settings.SESSION_COOKIE.startswith("__Host-"))
    response.set_cookie(COOKIE, f"{which}-{step}", samesite="Lax")
    return response


@bound
def there(request: HttpRequest) -> HttpResponse:
    """To the page of the step, among what this person may see."""
    at = here(request)
    if at is None:
        raise NotVisible()
    step = TOURS[at[0]][at[1] - 1]
    if not step.kind:
        return redirect(step.page)
    found = Matter.objects.filter(kind=step.kind, **({"links_in__source__kind": step.of} if step.of else {}))
    matter = found.order_by("opened_at", "id").first()
    if matter and step.page == "approval":
        slip = Approval.objects.filter(matter=matter).order_by("requested_at", "id").first()
        return redirect(reverse("approval", args=[slip.ref]) if slip else reverse("matter", args=[to_ref(matter.id)]))
    return redirect(reverse(step.page, args=[to_ref(matter.id)]) + (f"#{step.part}" if step.part else "")) if matter else redirect("workbench")


@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """Leave the tour; the role stays."""
    response = redirect("entrance")
    response.delete_cookie(COOKIE)
    return response
