"""S8: the ledger of leads; S2's first half: registering one, subject first, by keyboard; all matters by kind."""
from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from xieli.faces.web import registers
from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound
from xieli.office.audit import record_look
from xieli.office.bodies.models import Body, Room
from xieli.office.matters.services import forms, leads, moves
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.services.playbooks import current
from xieli.office.matters.services.source import today
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.desk import SavedView


def _register(request: HttpRequest, code: str, base: Any, title: str, **extra: Any) -> HttpResponse:
    who = me(request)
    found = registers.page(base, request.GET, who.now)
    record_look([m.id for m in found.rows], purpose=code, list=True, asked=request.GET.get("q") or None)
    context = {"page": found, "register": code, "title": title, "filters": registers.FILTERS, "all_columns": registers.COLUMNS, "now": who.now,
               "views": SavedView.objects.filter(register=code), "given": request.GET, **extra}
    template = "web/leads/table.html" if request.headers.get("HX-Request") else "web/leads/register.html"
    return render(request, template, context)


@bound
def register(request: HttpRequest) -> HttpResponse:
    """The leads this person may see."""
    from django.utils.translation import gettext as _

    return _register(request, "leads", Matter.objects.filter(kind="lead"), _("线索台账"), new=True)


@bound
def matters(request: HttpRequest) -> HttpResponse:
    """All matters this person may see."""
    from django.utils.translation import gettext as _

    return _register(request, "matters", Matter.objects.all(), _("事项"))


@bound
def new(request: HttpRequest) -> HttpResponse:
    """Register one lead: who is reported comes first and is checked before anything else is kept."""
    who = me(request)
    bodies = Body.objects.filter(id__in=[p.body_id for p in who.postings], kind__in=["commission", "working_committee", "dispatched_unit", "resident_organ", "town_committee", "inspection_office"])
    typed: dict[str, Any] = dict(request.POST.items()) if request.method == "POST" else {"received_on": today().isoformat(), "source": "petition"}
    context: dict[str, Any] = {"bodies": bodies, "rooms": Room.objects.filter(body__in=bodies, valid_to=None), "typed": typed, "units": Body.objects.filter(valid_to=None).order_by("kind", "sort_key"),
                               "form": current("lead").forms["registration"]}
    if request.method == "POST":
        try:
            matter = _post(request)
        except Refused as error:
            if error.code == "sealed_hand_up":
                # nothing of it is kept: not typed values, not a draft, not an event with content (DESIGN.md §9)
                return render(request, "web/leads/sealed.html", {"superior": bodies.first()}, status=422)
            return render(request, "web/leads/new.html", {**context, "error": error}, status=422)
        return redirect("matter", matter.ref)
    return render(request, "web/leads/new.html", context)


def _post(request: HttpRequest) -> Matter:
    p = request.POST
    unit = int(p["unit_body"]) if p.get("unit_body") else None
    subject = leads.Subject(name=p.get("subject", "").strip(), id_number=p.get("id_number", "").strip(), unit_body=unit, unit_name=p.get("unit_name", "").strip(), post=p.get("post", "").strip(),
                            dual_managed=p.get("dual_managed") == "1")
    if not subject.name:
        raise Refused("subject_missing", "请先填被反映人（不明的填“不详”）。", "Enter who is reported first (write “unknown” if nobody knows).")
    received = p.get("received_on") or today().isoformat()
    room = int(p["room"]) if p.get("room") else None
    matter = leads.register(leads.NewMatter(
        "lead", (p.get("title") or f"反映{subject.name}的问题").strip()[:300], int(p["body"]), room, (subject,), summary=p.get("summary", "").strip(), source=p.get("source", ""),
        source_grade=p.get("source_grade", ""), received_on=date.fromisoformat(received), urgent=p.get("urgent") == "1",
    ))
    data = {"subject": subject.name, "unit": str(unit or p["body"]), "source": p.get("source", "petition"), "named": p.get("named") == "1", "first_time": p.get("repeat") != "1",
            "received_on": received, "kinds": p.getlist("kinds") or ["other"], "summary": p.get("summary", "").strip(), "acceptable": "accept"}
    if p.get("accept") == "1":
        moves.make(matter, "accept_named" if data["named"] else "accept", form=("registration", data))
    else:
        forms.submit(matter, "registration", data)
    return matter


@require_POST
@bound
def check(request: HttpRequest) -> HttpResponse:
    """While typing: does it belong to the superior, and is there something like it among what I may see? Nothing is stored."""
    p = request.POST
    name, number = p.get("subject", "").strip(), p.get("id_number", "").strip()
    own = int(p["body"]) if p.get("body") else 0
    sealed = bool(name) and leads.belongs_to_superior(own, leads.Subject(name=name, id_number=number))
    same: list[Matter] = []
    if name and not sealed:
        query = Matter.objects.filter(subjects__name=name)
        digest = leads.digest_of(number) if number else None
        if digest:
            query = query | Matter.objects.filter(subjects__id_digest=digest)
        same = list(query.distinct().order_by("-opened_at")[:5])
        record_look([m.id for m in same], purpose="duplicate-check", list=True)
    return render(request, "web/leads/check.html", {"sealed": sealed, "same": same})


@require_POST
@bound
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep the present filters and columns under a name."""
    who = me(request)
    name = request.POST.get("name", "").strip()[:60]
    if name:
        SavedView.objects.update_or_create(person_id=who.person_id, register=request.POST.get("register", "leads")[:40], name=name, defaults={"query": {"q": request.POST.get("query", "")[:500]}})
    return redirect(request.META.get("HTTP_REFERER") or "leads")
