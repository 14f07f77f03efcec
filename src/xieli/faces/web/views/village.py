"""The village page: one note in half a minute on a phone; nothing is counted, nothing is loaded but the page itself."""
from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound
from xieli.faces.web.views.remedy import at
from xieli.office.audit import record_look
from xieli.office.bodies.models import Body
from xieli.office.matters.services import leads, moves
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.services.playbooks import shipped
from xieli.office.matters.services.source import today
from xieli.office.matters.tables.core import Matter

NEXT = {"note": "keep", "problem": "report", "lead": "protect"}


@bound
def page(request: HttpRequest) -> HttpResponse:
    """Write a note (POST), or the form with one's own last notes; only for a village supervisor."""
    who = me(request)
    post = next((p for p in who.postings if p.office and p.office.code == "village_supervisor"), None)
    if post is None:
        raise NotVisible
    form = shipped()["village_visit"].forms["note"]
    error = None
    typed = request.POST
    if request.method == "POST":
        try:
            with transaction.atomic():  # what is refused half-way leaves no note without its text
                _write(request, post.body)
            return redirect("village")
        except Refused as refused:
            error = refused
    mine = list(Matter.objects.filter(kind="village_visit", owner_body=post.body).order_by("-opened_at")[:8])
    record_look([m.id for m in mine], purpose="village", list=True, asked=None)
    options = {f.code: f.options for f in form.fields if f.options}
    return render(request, "web/village/page.html", {"error": error, "typed": typed, "topics": options["topic"], "classes": options["class"], "notes": [{"m": m, "at": at(m)} for m in mine]}, status=422 if error else 200)


def _write(request: HttpRequest, village: Body) -> None:
    p = request.POST
    cls = p.get("class", "note")
    if cls not in NEXT:
        raise Refused("no_such_option", "请选一个归类，内容还在页面上。", "Choose a kind; what you wrote is still on the page.")
    town, county = village.parent_id, village.parent.parent_id if village.parent else None
    parties = {name: (body,) for name, body in (("town", town), ("county", county)) if body}
    # what one topic asks for and the others do not: which post, which part of the works
    more = {"cadres": "cadre_post", "project": "works"}.get(p.get("topic", ""), "")
    matter = leads.register(leads.NewMatter("village_visit", f"走访 {p.get('household', '').strip()[:40]}", village.id, None, level=0, parties=parties))
    moves.make(matter, NEXT[cls], form=("note", {"household": p.get("household", "").strip(), "visited_on": today().isoformat(), "topic": p.get("topic", "needs"), "class": cls,
                                                 "text": p.get("text", "").strip(), "informant_known": p.get("informant_known") == "yes", **({more: p.get(more, "").strip()} if more else {})}))
