"""What everybody works on: bodies and areas with their dates, the merge preview, calendars, playbooks with live counts."""
from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from xieli.engines.clocks import load_calendars
from xieli.engines.playbooks import diagram as draw
from xieli.engines.playbooks import table
from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound, identity
from xieli.faces.web.pictures.diagram import drawn
from xieli.faces.web.playbook_groups import asked_for, shelves
from xieli.faces.web.templatetags.xieli import WEEKDAYS, english
from xieli.faces.web.views.search import begins
from xieli.office.audit import record_look
from xieli.office.bodies.models import Area, Body, BodyKind, BodyName, Office, Room
from xieli.office.matters.services import clocks, merging
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.services.playbooks import shipped
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.merging import BodyMerge
from xieli.office.matters.tables.work import MatterStage
from xieli.office.people.models import Posting

#: bodies that a list shows; of one kind on the page of all kinds
LISTED, FIRST = 500, 60


@bound
def bodies(request: HttpRequest) -> HttpResponse:
    """All bodies: by kind, or those asked for, with what they were called and what became of them; areas beside them."""
    q, kind = request.GET.get("q", "").strip()[:40], request.GET.get("kind", "")
    rows = Body.objects.select_related("parent", "unit", "successor").order_by("kind", "sort_key")
    if kind in BodyKind.values:
        rows = rows.filter(kind=kind)
    if q:
        found = Q(name_zh__contains=q) | Q(name_en__icontains=q) | Q(short_zh__contains=q) | Q(names__name_zh__contains=q) | Q(code__startswith=q) | Q(division_code__startswith=q)
        if q.isascii():
            found |= Q(id__in=begins("body", "id", q.lower())) | Q(id__in=begins("body_name", "body_id", q.lower()))
        rows = rows.filter(found).distinct()
    count = rows.count()
    groups = [] if q or kind in BodyKind.values else _by_kind(rows)
    areas = Area.objects.prefetch_related("members__body").select_related("lead_body").order_by("kind", "name_zh")
    return render(request, "web/bodies.html", {"groups": groups, "rows": [] if groups else rows[:LISTED], "count": count, "q": q, "kind": kind, "kinds": BodyKind.choices, "areas": areas, "today": me(request).now.date()})


def _by_kind(rows: QuerySet[Body]) -> list[dict[str, Any]]:
    """The bodies of each kind in the order in which kinds are declared, at most `FIRST` of each, with how many there are."""
    counts = dict(rows.order_by().values_list("kind").annotate(Count("id")))
    small = [kind for kind, n in counts.items() if n <= FIRST]
    found: dict[str, list[Body]] = {}
    for one in rows.filter(kind__in=small):
        found.setdefault(one.kind, []).append(one)
    return [{"kind": kind, "label": label, "n": counts[kind], "rows": found.get(kind) or list(rows.filter(kind=kind)[:FIRST]), "more": counts[kind] > FIRST}
            for kind, label in BodyKind.choices if kind in counts]


@bound
def body(request: HttpRequest, code: str) -> HttpResponse:
    """One body: its line, rooms, offices, names and areas, each with its dates."""
    found = Body.objects.filter(code=code).select_related("parent", "second_parent", "unit", "successor").first()
    if found is None:
        raise NotVisible()
    offices = Office.objects.filter(body=found).select_related("room").order_by("code")
    holders: dict[int, list[Posting]] = {}
    for posting in Posting.objects.filter(office__in=offices, ends_at=None).exclude(confirmed_by=None).select_related("person"):
        holders.setdefault(posting.office_id or 0, []).append(posting)
    return render(request, "web/body.html", {
        "body": found, "rooms": Room.objects.filter(body=found), "offices": [(o, holders.get(o.id, [])) for o in offices], "children": found.children.filter(valid_to=None).order_by("sort_key"),
        "former": BodyName.objects.filter(body=found).order_by("-valid_from"), "before": found.predecessors.all(), "areas": found.area_memberships.select_related("area"), "organs": found.organs.all(),
        "relations": list(found.relations_out.select_related("target")) + list(found.relations_in.select_related("source")),
    })


@bound
def merge(request: HttpRequest) -> HttpResponse:
    """What merging two bodies would do: shown; then asked for by a system administrator and confirmed by the head above."""
    return _merge_page(request)


def _merge_page(request: HttpRequest, error: Refused | None = None) -> HttpResponse:
    from_codes, into_code = request.GET.getlist("from"), request.GET.get("into", "")
    sources = list(Body.objects.filter(code__in=from_codes).exclude(code=into_code))
    target = Body.objects.filter(code=into_code).first()
    plan: dict[str, Any] | None = None
    if sources and target:
        ids = [b.id for b in sources]
        visible = Matter.objects.filter(owner_body_id__in=ids, status="open")
        record_look(list(visible.values_list("id", flat=True)[:500]), purpose="merge-preview", list=True)
        plan = {
            "matters": visible.count(), "rooms": Room.objects.filter(body_id__in=ids, valid_to=None).count(), "offices": Office.objects.filter(body_id__in=ids, valid_to=None).count(),
            "postings": Posting.objects.filter(body_id__in=ids, ends_at=None).count(), "children": list(Body.objects.filter(parent_id__in=ids, valid_to=None)),
            "areas": list(Area.objects.filter(members__body_id__in=ids, valid_to=None).distinct()),
            "clashes": [b for b in sources if b.kind != target.kind or b.rank != target.rank],
        }
    return render(request, "web/merge.html", {"bodies": Body.objects.filter(valid_to=None).exclude(kind="village").order_by("kind", "sort_key"), "from_codes": from_codes, "into": into_code,
                                              "sources": sources, "target": target, "plan": plan,
                                              "may_ask": "system_admin" in me(request).offices and len(sources) == 1, "error": error, "today": me(request).now.date(),
                                              "requests": [{"row": r, "mine": merging.may_confirm(r)} for r in BodyMerge.objects.select_related("old", "heir", "asked_by", "confirmed_by").order_by("-asked_at")[:20]]},
                  status=422 if error else 200)


@require_POST
@bound
def merge_ask(request: HttpRequest) -> HttpResponse:
    """Ask for the merger that was previewed."""
    bodies = {b.code: b for b in Body.objects.filter(code__in=[request.POST.get("old", ""), request.POST.get("heir", "")])}
    old, heir = bodies.get(request.POST.get("old", "")), bodies.get(request.POST.get("heir", ""))
    if old is None or heir is None:
        raise NotVisible()
    try:
        with transaction.atomic():
            day = request.POST.get("on", "")
            merging.ask(old, heir, date.fromisoformat(day) if re.fullmatch(r"\d{4}-\d\d-\d\d", day) else me(request).now.date(), request.POST.get("document_no", ""))
    except NotVisible:
        raise
    except Refused as error:
        return _merge_page(request, error)
    return redirect("merge")


@require_POST
@bound
def merge_decide(request: HttpRequest, ref: str) -> HttpResponse:
    """Confirm or refuse, as the head of the body above."""
    found = BodyMerge.objects.filter(pk=identity(ref)).first()
    if found is None:
        raise NotVisible()
    merging.decide(found, request.POST.get("verdict") == "agree")
    return redirect("merge")


@bound
def calendar(request: HttpRequest) -> HttpResponse:
    """One year of a calendar: working days, rest days, transfers; projected years say so on every page they touch."""
    calendars = load_calendars()
    code = request.GET.get("code", "cn-mainland")
    if code not in calendars:
        raise NotVisible()
    today = me(request).now.date()
    year = int(request.GET["year"]) if request.GET.get("year", "").isdecimal() else today.year
    found = clocks.calendar_of(code)
    year = min(max(year, found.first.year), found.last.year)
    months: list[dict[str, Any]] = []
    for month in range(1, 13):
        first = date(year, month, 1)
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        cells: list[dict[str, Any] | None] = [None] * first.weekday()
        for n in range(last.day):
            day = first + timedelta(days=n)
            fact = found.facts.get(day)
            working = found.is_working(day)
            cells.append({"day": day, "rest": not working, "moved": fact is not None and working == (day.weekday() >= 5), "name": (fact.en if english() else fact.zh) if fact else ""})
        cells += [None] * (-len(cells) % 7)
        months.append({"first": first, "weeks": [cells[i:i + 7] for i in range(0, len(cells), 7)], "working": sum(1 for c in cells if c and not c["rest"])})
    named = [(d, f) for d, f in sorted(found.facts.items()) if d.year == year]
    return render(request, "web/calendar.html", {"calendar": found, "calendars": [calendars[c] for c in sorted(calendars)], "year": year, "months": months, "named": named, "notices": any(f.notice for _, f in named), "projected": year not in found.published, "today": today,
                                                 "total": sum(m["working"] for m in months), "published_to": max(found.published, default=0), "weekdays": WEEKDAYS})


@bound
def playbooks(request: HttpRequest) -> HttpResponse:
    """Every kind of matter by shelf: what it is for, how many of them the reader sees in work; `q` keeps those that answer it."""
    q = request.GET.get("q", "").strip()[:60]
    counts = dict(Matter.objects.filter(status="open").values_list("kind").annotate(n=Count("id")))
    every = list(shipped().values())
    kept = [p for p in every if not q or asked_for(p, q)]
    groups = [{"n": n, "words": words, "rows": [{"playbook": p, "n": counts.get(p.code, 0)} for p in held]} for n, (words, held) in enumerate(shelves(kept), 1)]
    return render(request, "web/playbooks.html", {"groups": groups, "asked": q, "found": len(kept), "every": len(every)})


@bound
def playbook(request: HttpRequest, code: str) -> HttpResponse:
    """One kind: its picture with the number of visible matters at each stage, and the same as a table."""
    found = shipped().get(code)
    if found is None:
        raise NotVisible()
    open_rows = MatterStage.objects.filter(state="open", matter__kind=code, matter__status="open")
    counts = dict(open_rows.values_list("stage").annotate(n=Count("matter_id", distinct=True)))
    counts = {k: v for k, v in counts.items() if k in found.stages}
    record_look(set(open_rows.values_list("matter_id", flat=True)[:500]), purpose="playbook-counts", list=True)
    language = "en" if english() else "zh"
    return render(request, "web/playbook.html", {"playbook": found, "svg": drawn(draw(found, language=language, counts=counts)), "rows": table(found, language, counts=counts, kinds=dict(shipped())), "counts": counts,
                                                 "unverified": [clocks.rules()[u].text for u in found.unverified],
                                                 "stages": [(s, counts.get(s.code, 0)) for s in found.stages.values() if s.kind != "split"]})
