"""Closed circles. To whoever neither holds one, nor confirms in one, nor is security, the page does not exist."""
from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound, matter_or_404
from xieli.office.access import circles
from xieli.office.matters.services.errors import NotVisible
from xieli.office.matters.tables.core import Matter
from xieli.office.people.models import Person

FOUND = 30


def number(request: HttpRequest, name: str) -> int:
    """A number of the form. Raises NotVisible for what is none."""
    given = request.POST.get(name, "")
    if not given.isascii() or not given.isdecimal() or len(given) > 19 or int(given) >= 2**63:
        raise NotVisible()
    return int(given)


@bound
def page(request: HttpRequest) -> HttpResponse:
    """The circles that concern this person, with their holders; security also opens and proposes."""
    who = me(request)
    security = "security_admin" in who.offices
    rows = circles.circles()
    if not rows and not security:
        raise NotVisible()
    held = circles.holders()
    asked = request.GET.get("q", "").strip()[:40] if security else ""
    people = list(Person.objects.filter(name__contains=asked, active=True).only("id", "name", "name_en").order_by("sort_key")[:FOUND]) if asked else []
    names = Person.objects.only("id", "name", "name_en").in_bulk({h.person for h in held} | {h.granted_by for h in held if h.granted_by} | {r.opened_by for r in rows if r.opened_by})
    live = {(h.compartment, h.person) for h in held if h.confirmed_by is not None and h.starts_at <= who.now < h.ends_at}
    peopled = {c for c, _ in live}

    def may_confirm(h: circles.Holder) -> bool:  # as the database decides: no button for what would be refused
        waits = h.confirmed_by is None and h.ends_at > who.now and who.person_id not in (h.person, h.granted_by)
        return waits and ((h.compartment, who.person_id) in live if h.compartment in peopled else "head" in who.offices)

    shown = [{"row": r, "late": r.closed_at is None and r.review_on is not None and r.review_on < who.now.date(), "opened_by": names.get(r.opened_by or 0),
              "holders": [{"row": h, "who": names.get(h.person), "waits": h.confirmed_by is None, "over": h.ends_at <= who.now,
                           "may_confirm": may_confirm(h)}
                          for h in held if h.compartment == r.id]} for r in rows]
    return render(request, "web/admin/circles.html", {"circles": shown, "security": security, "people": people, "asked": asked})


@require_POST
@bound
def act(request: HttpRequest, what: str) -> HttpResponse:
    """One act on a circle; the database decides who may."""
    p = request.POST
    if what == "open":
        circles.found(p.get("code", ""), p.get("name", ""), p.get("basis", ""), p.get("review_on", ""))
    elif what == "review":
        circles.review(number(request, "circle"), p.get("review_on", ""))
    elif what == "close":
        circles.close(number(request, "circle"), p.get("reason", ""))
    elif what == "propose":
        circles.propose(number(request, "circle"), number(request, "person"), p.get("until", ""), p.get("basis", "").strip())
    elif what == "confirm":
        circles.confirm(number(request, "holder"))
    elif what == "end":
        circles.end(number(request, "holder"), p.get("reason", ""))
    else:
        raise NotVisible()
    return redirect("circles" if circles.circles() or "security_admin" in me(request).offices else "workbench")


@require_POST
@bound
def draw(request: HttpRequest, ref: str) -> HttpResponse:
    """A matter into the chosen circles."""
    matter = matter_or_404(ref)
    circles.draw(matter.id, [int(c) for c in request.POST.getlist("circle") if c.isascii() and c.isdecimal() and len(c) < 10], request.POST.get("basis", "").strip())
    return redirect("access", ref) if Matter.objects.filter(pk=matter.id).exists() else redirect("workbench")
