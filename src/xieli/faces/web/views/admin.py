"""Administration: people and duties (security administrator), confirmation (heads), one's own sessions. No content anywhere."""
from __future__ import annotations

import os

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from xieli.faces.web.context import installation, me
from xieli.faces.web.decorators import bound
from xieli.office.accounts import services
from xieli.office.audit import record
from xieli.office.bodies.models import Office
from xieli.office.matters.services.errors import NotVisible
from xieli.office.matters.services.source import call
from xieli.office.people.models import Person, Posting


@bound
def admin(request: HttpRequest) -> HttpResponse:
    """What each administrator needs; heads come here to confirm duties."""
    who = me(request)
    security = "security_admin" in who.offices
    heads = {p.body_id for p in who.postings if p.office and p.office.code == "head"}
    waiting = Posting.objects.filter(confirmed_by=None).select_related("person", "office", "body").defer("person__clearance")
    if not security and "system_admin" not in who.offices:
        waiting = waiting.filter(body_id__in=heads)
    if not (security or heads or who.offices & {"system_admin", "audit_admin"}):
        raise NotVisible()
    return render(request, "web/admin/admin.html", {
        "security": security, "system": "system_admin" in who.offices, "waiting": waiting.order_by("id")[:200], "place": installation(),
        "people": Person.objects.filter(active=True).only("id", "name", "name_en", "account").order_by("sort_key")[:500] if security else [],
        "offices": Office.objects.filter(valid_to=None).select_related("body", "room").order_by("body_id", "code") if security else [],
        "duties": Posting.objects.exclude(confirmed_by=None).filter(ends_at=None).select_related("person", "office", "body").order_by("body_id")[:300] if security else [],
    })


@require_POST
@bound
def act(request: HttpRequest, what: str) -> HttpResponse:
    """One administrative act; the database decides who may."""
    p = request.POST
    if what == "person":
        services.add_person(p.get("name", ""), p.get("name_en", ""), int(p.get("level", "1")), p.get("paper") != "1")
    elif what == "duty":
        services.propose(int(p["person"]), int(p["office"]), p.get("reason", ""))
    elif what == "confirm":
        services.confirm(int(p["posting"]))
    elif what == "end":
        services.end(int(p["posting"]))
    elif what == "disable":
        services.disable(int(p["person"]))
    elif what == "enrol":
        code = services.enrol(int(p["person"]), p.get("login", ""))
        return render(request, "web/admin/code.html", {"code": code, "person": Person.objects.only("id", "name", "name_en").get(pk=int(p["person"]))})
    else:
        raise NotVisible()
    return redirect("admin")


@bound
def sessions(request: HttpRequest) -> HttpResponse:
    """My open sessions, each of which I can end."""
    if request.method == "POST":
        chosen = int(request.POST["session"])
        if call("end_my_session", chosen):
            record("session.ended", session=chosen)
        return redirect("sessions")
    with connection.cursor() as cursor:
        cursor.execute("select id, opened_at, seen_at, factor, here from access.my_sessions()")
        rows = cursor.fetchall()
    door = os.environ.get("XIELI_DOOR_URL", "").rstrip("/")
    return render(request, "web/admin/sessions.html", {"rows": rows, "keys": f"{door}/keys" if door and installation()["mark"] != "demo" else ""})
