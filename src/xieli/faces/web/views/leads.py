"""S8: the ledger of leads; S2's first half: registering one, subject first, by keyboard; all matters by kind."""
from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from xieli.faces.web import given, registers
from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound, identity, matter_or_404
from xieli.faces.web.menu import OPENERS
from xieli.office.audit import record_look
from xieli.office.bodies.models import Body, Room
from xieli.office.matters.services import forms, leads, moves, tasks
from xieli.office.matters.services.context import OFFICE_ROLES
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.services.playbooks import current, shipped
from xieli.office.matters.services.source import ask_now, today
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.desk import SavedView


def _register(request: HttpRequest, code: str, base: Any, title: str, **extra: Any) -> HttpResponse:
    who = me(request)
    found = registers.page(base, request.GET, who.now)
    record_look([m.id for m in found.rows], purpose=code, list=True, asked=request.GET.get("q") or None)
    context = {"page": found, "told": _told(request), "register": code, "title": title, "filters": registers.FILTERS, "all_columns": registers.COLUMNS, "now": who.now,
               "paper_level": max((m.level for m in found.rows), default=0), "views": SavedView.objects.filter(register=code), "given": request.GET, **extra}
    template = "web/leads/table.html" if request.headers.get("HX-Request") else "web/leads/register.html"
    return render(request, template, context)


def _told(request: HttpRequest) -> dict[str, Any] | None:
    """What a batch act did, said once on the page one comes back to: how many, and why some could not."""
    done = request.GET.get("done", "")
    if not done.isdecimal():
        return None
    refused = []
    for part in request.GET.getlist("not")[:50]:
        ref, _sep, code = part.partition(":")
        matter = Matter.objects.filter(pk=identity(ref)).first()
        if matter is not None:
            refused.append((matter.number or matter.title, BATCH_REFUSALS.get(code, BATCH_REFUSALS["other"])))
    return {"done": int(done), "refused": refused}


BATCH_REFUSALS = {"not_found": gettext_lazy("您不能在这件事项上布置任务"), "empty": gettext_lazy("任务须写明内容"), "other": gettext_lazy("这件没有办成，请打开单独办理")}


@require_POST
@bound
def batch(request: HttpRequest, register: str) -> HttpResponse:
    """One act on several chosen rows: each on its own, so that one refusal does not undo the others; told per row."""
    chosen = [r for r in request.POST.getlist("pick") if r][: registers.PAGE]
    back = request.POST.get("back", "")
    back = back if back.startswith("/") and not back.startswith("//") else "/leads"
    if not chosen:
        raise Refused("nothing", "请先勾选要办理的行。", "Choose the rows first.")
    if request.POST.get("act") == "excel":
        return redirect(reverse("excel", args=[register]) + "?" + urlencode({"ref": ",".join(chosen)}))
    title, due = request.POST.get("title", ""), given.day_or_none(request.POST, "due_on")
    done, refused = 0, []
    for ref in chosen:
        try:
            with transaction.atomic():
                tasks.assign(matter_or_404(ref), title, due_on=due)
            done += 1
        except (Refused, NotVisible) as error:
            refused.append(f"{ref}:{getattr(error, 'code', 'not_found')}")
    kept = [(k, v) for k, v in parse_qsl(urlsplit(back).query) if k not in ("done", "not")]
    return redirect(urlsplit(back).path + "?" + urlencode([*kept, ("done", done), *(("not", r) for r in refused)]))


@bound
def register(request: HttpRequest) -> HttpResponse:
    """The leads this person may see."""
    from django.utils.translation import gettext as _

    return _register(request, "leads", Matter.objects.filter(kind="lead"), _("线索台账"), new=True, registers_leads=me(request).level >= leads.LEVELS[shipped()["lead"].secrecy.floor])


@bound
def matters(request: HttpRequest) -> HttpResponse:
    """All matters this person may see."""
    from django.utils.translation import gettext as _

    return _register(request, "matters", Matter.objects.all(), _("事项"), opens_matters=bool(me(request).offices & OPENERS))


@bound
def new(request: HttpRequest) -> HttpResponse:
    """Register one lead: who is reported comes first and is checked before anything else is kept."""
    who = me(request)
    bodies = Body.objects.filter(id__in=[p.body_id for p in who.postings], kind__in=["commission", "working_committee", "dispatched_unit", "resident_organ", "town_committee", "inspection_office"])
    typed: dict[str, Any] = dict(request.POST.items()) if request.method == "POST" else {"received_on": today().isoformat(), "source": "petition"}
    context: dict[str, Any] = {"bodies": bodies, "rooms": Room.objects.filter(body__in=bodies, valid_to=None), "typed": typed, "units": Body.objects.filter(valid_to=None).order_by("kind", "sort_key"),
                               "form": current("lead").forms["registration"], "kinds": request.POST.getlist("kinds"), "accepts": bool(set(OFFICE_ROLES["clerk"]) & who.offices)}
    if request.method == "POST":
        try:
            with transaction.atomic():  # what is refused half-way leaves no half-registered lead behind
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
    unit = given.number_or_none(p, "unit_body")
    subject = leads.Subject(name=p.get("subject", "").strip(), id_number=p.get("id_number", "").strip(), unit_body=unit, unit_name=p.get("unit_name", "").strip(), post=p.get("post", "").strip(),
                            dual_managed=p.get("dual_managed") == "1")
    if not subject.name:
        raise Refused("subject_missing", "请先填被反映人（不明的填“不详”）。", "Enter who is reported first (write “unknown” if nobody knows).")
    received = (given.day_or_none(p, "received_on") or today()).isoformat()
    room = given.number_or_none(p, "room")
    level = leads.level_held(current("lead"), me(request).level)
    matter = leads.register(leads.NewMatter(
        "lead", (p.get("title") or f"反映{subject.name}的问题").strip()[:300], given.number(p, "body"), room, (subject,), summary=p.get("summary", "").strip(), source=p.get("source", ""),
        source_grade=p.get("source_grade", ""), received_on=date.fromisoformat(received), urgent=p.get("urgent") == "1", level=level,
    ))
    data = {"subject": subject.name, "unit": str(unit or p["body"]), "source": p.get("source", "petition"), "named": p.get("named") == "1", "first_time": p.get("repeat") != "1",
            "received_on": received, "kinds": p.getlist("kinds") or ["other"], "summary": p.get("summary", "").strip(), "acceptable": "accept"}
    if p.get("accept") == "1":
        moves.make(matter, "accept_named" if data["named"] else "accept", form=("registration", data))
    elif set(OFFICE_ROLES["clerk"]) & me(request).offices:
        forms.submit(matter, "registration", data)  # for anybody else the form is case management's to fill, on the matter's page
    ask_now()  # a model's hit is no lead because somebody types it so (个保法 24)
    return matter


@require_POST
@bound
def check(request: HttpRequest) -> HttpResponse:
    """While typing: does it belong to the superior, and is there something like it among what I may see? Nothing is stored."""
    p = request.POST
    name, number = p.get("subject", "").strip(), p.get("id_number", "").strip()
    own = given.number_or_none(p, "body") or 0
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
