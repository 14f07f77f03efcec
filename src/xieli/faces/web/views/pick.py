"""What the pickers ask while one types: bodies with their place, load and recusal; persons with where they serve."""
from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from xieli.faces.web.decorators import bound, matter_or_404
from xieli.faces.web.templatetags.xieli import english, named
from xieli.office.access.models import Recusal
from xieli.office.allocation.models import BodyLoad
from xieli.office.audit import record_look
from xieli.office.bodies import finding
from xieli.office.bodies.models import Body
from xieli.office.people.models import Person, Posting


def _barred(request: HttpRequest) -> set[int]:
    """Principals recused on the matter that the picker stands in; empty where there is none."""
    ref = request.GET.get("matter", "")
    return set(Recusal.objects.filter(matter=matter_or_404(ref)).exclude(state="rejected").values_list("principal", flat=True)) if ref else set()


@bound
def body(request: HttpRequest) -> HttpResponse:
    """Bodies for `q`, or the bodies under `under` (empty: the top of the tree)."""
    q, parent = request.GET.get("q", ""), request.GET.get("under", "")
    rows = finding.find(q) if q.strip() else finding.under(int(parent) if parent.isdecimal() and len(parent) < 10 else None)
    ids = [r.body.id for r in rows]
    loads = {x.body_id: x for x in BodyLoad.objects.filter(body_id__in=ids)}
    branches = set(Body.objects.filter(parent_id__in=ids, valid_to=None).values_list("parent_id", flat=True))
    barred = _barred(request)
    return JsonResponse({"rows": [{
        "id": r.body.id, "code": r.body.code, "label": named(r.body), "where": named(r.body.parent) if r.body.parent else "", "why": _why(r),
        "load": _("负荷 %(n)s") % {"n": f"{loads[r.body.id].load / max(loads[r.body.id].officers, 1) / 10:.1f}"} if r.body.id in loads else "",
        "barred": _("回避") if r.body.id in barred else "", "branch": r.body.id in branches} for r in rows]})


def _why(found: finding.Found) -> str:
    if found.why == "former":
        return _("原名 %(name)s") % {"name": (english() and found.former_en) or found.former}
    return _("首字母") if found.why == "initials" else ""


@bound
def person(request: HttpRequest) -> HttpResponse:
    """Persons for `q` by name or initials, with where they serve now; the question is on record."""
    q = request.GET.get("q", "").strip()[:40]
    rows: list[dict[str, Any]] = []
    if q:
        names = Q(name__contains=q) | (Q(id__in=finding.begins("person", "id", q.lower())) | Q(name_en__icontains=q) if q.isascii() else Q())
        people = list(Person.objects.filter(names, active=True).only("id", "name", "name_en", "sort_key").order_by("sort_key")[: finding.MOST])
        posts: dict[int, Posting] = {}
        for posting in Posting.objects.filter(person_id__in=[p.id for p in people], ends_at=None).exclude(confirmed_by=None).select_related("body", "room"):
            posts.setdefault(posting.person_id, posting)
        barred = _barred(request)
        record_look([], purpose="pick", list=True, asked=q)
        rows = [{"id": p.id, "label": named(p), "where": named(posts[p.id].room or posts[p.id].body) if p.id in posts else "", "why": "", "load": "", "barred": _("回避") if p.id in barred else "", "branch": False} for p in people]
    return JsonResponse({"rows": rows})
