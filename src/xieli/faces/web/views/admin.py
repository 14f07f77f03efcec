"""Administration: people and duties (security administrator), confirmation (heads), one's own sessions. No content anywhere."""
from __future__ import annotations

import os

from django.db import connection
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from xieli.faces.web import given
from xieli.faces.web.context import installation, me
from xieli.faces.web.decorators import bound
from xieli.office.access import services as access
from xieli.office.accounts import resets, services
from xieli.office.audit import record
from xieli.office.bodies.models import Office
from xieli.office.matters.services.errors import NotVisible
from xieli.office.matters.services.source import call
from xieli.office.people.models import Person, Posting
from xieli.server.health import readiness

FOUND = 30  # persons shown for one search


@bound
def admin(request: HttpRequest) -> HttpResponse:
    """What each administrator needs; heads come here to confirm duties. Names and duties, no matter."""
    who = me(request)
    security, system = "security_admin" in who.offices, "system_admin" in who.offices
    heads = {p.body_id for p in who.postings if p.office and p.office.code == "head"}
    waiting = Posting.objects.filter(confirmed_by=None).select_related("person", "office", "body").defer("person__clearance")
    if not security and not system:
        waiting = waiting.filter(body_id__in=heads)
    if not (security or heads or who.offices & {"system_admin", "audit_admin"}):
        raise NotVisible()
    asked = request.GET.get("q", "").strip()[:40]
    people = list(Person.objects.filter(Q(name__contains=asked) | Q(initials__contains=[asked.lower()]), active=True).only("id", "name", "name_en", "account").order_by("sort_key")[:FOUND]) if security and asked else []
    asked_resets = resets.waiting()
    reset_names = Person.objects.only("id", "name", "name_en").in_bulk({r.person for r in asked_resets} | {r.asked_by for r in asked_resets})
    waiting_rows = list(waiting.order_by("id")[:200])
    for w in waiting_rows:  # shown as the database decides: never one's own, never what one proposed
        w.may_confirm = w.person_id != who.person_id and w.granted_by_id != who.person_id and (w.body_id in heads or (system and not security))  # type: ignore[attr-defined]
    return render(request, "web/admin/admin.html", {
        "resets": [{"row": r, "who": reset_names.get(r.person), "by": reset_names.get(r.asked_by)} for r in asked_resets],
        "security": security, "system": system, "heads": heads, "waiting": waiting_rows, "place": installation(), "asked": asked, "people": people,
        "offices": Office.objects.filter(valid_to=None).select_related("body", "room").order_by("body_id", "code") if people else [],
        "duties": Posting.objects.exclude(confirmed_by=None).filter(ends_at=None, person__in=people).select_related("person", "office", "body").order_by("person__sort_key", "body_id") if people else [],
        "checks": readiness() if system else {}, "overdue": overdue_glass() if security else [], "provider": bool(os.environ.get("XIELI_OIDC")),
    })


def overdue_glass() -> list[dict[str, object]]:
    """Broken glass that nobody judged in time: who and when, no matter."""
    rows = access.reviews_overdue()
    names = {p.id: p for p in Person.objects.filter(id__in=[r["person"] for r in rows]).only("id", "name", "name_en")}
    return [{**r, "who": names.get(r["person"])} for r in rows]


@require_POST
@bound
def act(request: HttpRequest, what: str) -> HttpResponse:
    """One administrative act; the database decides who may."""
    p = request.POST
    if what == "person":
        services.add_person(p.get("name", ""), p.get("name_en", ""), given.number(p, "level") if p.get("level") else 1, p.get("paper") != "1")
    elif what == "duty":
        services.propose(given.number(p, "person"), given.number(p, "office"), p.get("reason", ""))
    elif what == "confirm":
        services.confirm(given.number(p, "posting"))
    elif what == "end":
        services.end(given.number(p, "posting"))
    elif what == "link":
        services.link(given.number(p, "person"), p.get("issuer", ""), p.get("subject", ""))
    elif what == "disable":
        services.disable(given.number(p, "person"))
    elif what == "enrol":
        code = services.enrol(given.number(p, "person"), p.get("login", ""))
        return render(request, "web/admin/code.html", {"code": code, "person": Person.objects.only("id", "name", "name_en").get(pk=given.number(p, "person"))})
    else:
        raise NotVisible()
    return redirect("admin")


@bound
def sessions(request: HttpRequest) -> HttpResponse:
    """My open sessions, each of which I can end."""
    if request.method == "POST":
        chosen = given.number(request.POST, "session", given.RANDOM)
        if call("end_my_session", chosen):
            record("session.ended", session=chosen)
        return redirect("sessions")
    with connection.cursor() as cursor:
        cursor.execute("select id, opened_at, seen_at, factor, here from access.my_sessions()")
        rows = cursor.fetchall()
    door = os.environ.get("XIELI_DOOR_URL", "").rstrip("/")
    return render(request, "web/admin/sessions.html", {"rows": rows, "keys": f"{door}/keys" if door and installation()["mark"] != "demo" else ""})
