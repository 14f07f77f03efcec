"""A round of inspection on one page, and the package on paper for the one who was named: with his name, the minute and its end on every sheet."""
from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from xieli.faces.web import given
from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound, matter_or_404
from xieli.faces.web.views.remedy import at
from xieli.office.access.models import Grant
from xieli.office.audit import record_look, record_opened
from xieli.office.matters.queries import rounds, tracks
from xieli.office.matters.services import clocks, disclosure, seating
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.services.playbooks import playbook_of
from xieli.office.matters.services.source import call, today
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.work import FormSubmission
from xieli.office.reports import trees

# what a print is for; the code stands in the ledger as the purpose of the look
PURPOSES: dict[str, Any] = {"site": _("现场了解和核查"), "talk": _("个别谈话准备"), "meeting": _("组务会研究")}

LACKING: dict[str, Any] = {"chase": _("没有督办"), "result": _("没有结果"), "echo": _("没有回音")}


def _label(matter: Matter, form: str, field: str, column: str, value: str) -> Any:
    """The words of a choice as the playbook publishes them; the code itself for one that it no longer has."""
    published = playbook_of(matter).forms[form].field(field)
    for one in getattr(published, "columns", ()):
        if one.code == column:
            return next((o.label for o in one.options if o.code == value), value)
    return value


@bound
def page(request: HttpRequest, ref: str) -> HttpResponse:
    """One round from its records, under the reader's rights."""
    matter = matter_or_404(ref)
    if matter.kind != rounds.ROUND:
        raise NotVisible()
    who = me(request)
    found = rounds.read(matter, who.now, today())
    record_look(found.seen, purpose="round")
    playbook = playbook_of(matter)
    visible = {r["m"].title for r in found.rectification}
    # the titles stand in the round's own forms; how a problem fares is told only to who may open it
    unseen = [str(row["title"]) for table in (found.last("findings").get("rows"), found.last("look_back").get("new")) for row in table or [] if row["title"] not in visible]
    running = [{"label": playbook.clocks[c.code].label, "row": c, "due": clocks.compute(c)} for c in found.clocks if c.code in playbook.clocks and c.state != "stopped"]
    return render(request, "web/rounds/round.html", {
        "matter": matter, "round": found, "now": who.now, "at": at(matter), "clocks": running, "me_id": who.person_id,
        "packages": [{"p": p, "at": at(p.matter)} for p in found.packages], "rectification": [{**r, "at": at(r["m"])} for r in found.rectification],
        "unseen": unseen, "findings": len(found.rectification) + len(unseen),
        "heads": [{**h, "word": _label(matter, "choice", "rows", "from_kind", h["from_kind"])} for h in found.heads], "needs": found.last("needs"), "choice": found.last("choice"),
        "untied": _untied(found),
        "lacking": [{"word": LACKING[code], "matters": rows} for code, rows in found.lacking],
        "focus": [{**f, "word": _label(matter, "plan", "focus", "kind", f["kind"])} for f in found.plan.get("focus", [])],
        "verdicts": [{**v, "word": _label(matter, "look_back", "verdicts", "verdict", v["verdict"])} for v in found.last("look_back").get("verdicts", [])],
    })


def _untied(found: rounds.Found) -> list[tuple[rounds.Package, Matter]]:
    """Leads that wait to be tied to a package that the reader works on; nothing is asked where the papers name none."""
    if not any(row.get("from_package") for form in found.forms.get("during", []) for row in form.data.get("leads") or []):
        return []
    return [(p, m) for p in found.packages if call("may", p.matter.id, "write") for m in disclosure.untied(p.matter)]


@bound
def pack(request: HttpRequest, ref: str) -> HttpResponse:
    """The print pack: only for the named head, only while his grant lives; asked for its purpose, and every print is a look in the ledger."""
    matter = matter_or_404(ref)
    who = me(request)
    given = {row.form: row for row in FormSubmission.objects.filter(matter=matter).order_by("revision")} if matter.kind == rounds.PACKAGE else {}
    package = rounds.Package(matter, given)
    grant = Grant.objects.filter(matter=matter, principal=who.person_id, revoked_at=None, starts_at__lte=who.now, ends_at__gt=who.now).order_by("-ends_at").first()
    if not given or str(package.request.get("reader")) != str(who.person_id) or grant is None:
        raise NotVisible()  # whoever else may read the package reads it on the screen
    purpose = request.POST.get("purpose", "")
    page = {"matter": matter, "package": package, "until": grant.ends_at, "now": who.now, "purposes": PURPOSES.items()}
    if request.method != "POST":
        record_look([matter.id], purpose="package-print-asked")
        return render(request, "web/rounds/ask.html", page)
    if purpose not in PURPOSES:
        raise Refused("purpose", "请选择打印的用途。", "Choose what the print is for.")
    record_look([matter.id], purpose=f"package-print-{purpose}")
    written = [{**i, "word": _label(matter, i["block"], "items", "source_grade", i["source_grade"])} for i in package.items if i["grade"] == "written"]
    response = render(request, "web/rounds/pack.html", {
        **page, "purpose": PURPOSES[purpose], "written": sorted(written, key=lambda i: str(i["unit"])),
        "cleared": [i for i in package.items if i["grade"] == "unfounded_cleared"], "oral": package.grades["oral_only"]})
    response["Cache-Control"] = "no-store"
    return response


@bound
def room(request: HttpRequest, ref: str) -> HttpResponse:
    """The desk gives a matter that came without a room to one of its body's rooms, on the head's approval of the assignment."""
    matter = matter_or_404(ref)
    if not (call("may", matter.id, "write") and call("may", matter.id, "grant")) or matter.owner_room_id is not None:
        raise NotVisible()  # for all others there is nothing to seat
    if request.method == "POST":
        seating.seat(matter, given.number_or_none(request.POST, "room") or 0)
        return redirect("matter", ref)
    record_look([matter.id], purpose="room")
    return render(request, "web/rounds/room.html", {"matter": matter, "seats": seating.seats(matter)})


@require_POST
@bound
def tie(request: HttpRequest, ref: str) -> HttpResponse:
    """The contact room records that its package led to a lead of the round."""
    package, lead = matter_or_404(ref), matter_or_404(request.POST.get("lead", ""))
    disclosure.tie(package, lead)
    return redirect("matter", ref)


@bound
def chain(request: HttpRequest, ref: str) -> HttpResponse:
    """What a package led to, or what a campaign's fields came to: counted from records under the reader's rights."""
    matter = matter_or_404(ref)
    if matter.kind not in (rounds.PACKAGE, "campaign"):
        raise NotVisible()
    record_look([matter.id], purpose="chain")
    fields = trees.fields(matter.id) if matter.kind == "campaign" else []
    return render(request, "web/rounds/chain.html", {"matter": matter, "fields": fields, "whole": trees.line(matter.id)})


@bound
def board(request: HttpRequest, ref: str) -> HttpResponse:
    """The two tracks of a green channel side by side, with the total and what it saved."""
    matter = matter_or_404(ref)
    if matter.kind != "green_channel":
        raise NotVisible()
    found = tracks.board(matter)
    record_opened(matter.id, found.seen, "board")
    return render(request, "web/rounds/board.html", {"matter": matter, "board": found, "road": found.of("road"), "home": found.of("home")})
