"""到场时钟: who is present in a matter, on what basis, since when and until when; risk, care, talks and the keeper who signs for him."""
from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from xieli.engines.clocks.presence import BASES, VOLUNTARY
from xieli.faces.web import given
from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound, identity, matter_or_404
from xieli.office.audit import record_look
from xieli.office.matters.queries import presences
from xieli.office.matters.services import measures, papers
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.tables.core import Matter, MatterSubject
from xieli.office.matters.tables.measures import Measure, Presence
from xieli.office.together import together

CARE = [("rest", _("中途休息")), ("meal", _("饮食")), ("medical", _("医疗检查")), ("leave_offer", _("告知可离开"))]
SEATS = 3  # who sits in a talk: two with standing, one specialist


@bound
def page(request: HttpRequest, ref: str) -> HttpResponse:
    """The clocks of everyone present, minute by minute, with the forms of whoever works on the matter."""
    matter = matter_or_404(ref)
    who = me(request)
    read = papers.read(matter, {"present": presences.of_matter(matter=matter.id), "present_lines": presences.entries_of(matter=matter.id)})
    told = presences.tell(read.more["present"], read.more["present_lines"], read.approvals, who.now, read.forms)
    works = matter.status == "open" and any(g.principal in who.principals for g in read.writers)
    record_look([matter.id], purpose="presence")
    here = [t for t in told if t.row.ended_at is None]
    return render(request, "web/presence.html", {
        "matter": matter, "here": here, "gone": [t for t in told if t.row.ended_at], "works": works, "subjects": read.subjects, "care": CARE,
        "keepers": presences.may_keep(read) if works else [], "names": presences.people_in(told), "bases": BASES.items(), "comes": [(c, BASES[c]) for c in VOLUNTARY],
        "measures": together(rows=Measure.objects.filter(matter=matter, ended_at=None, kind__in=measures.CUSTODY).select_related("subject"))["rows"] if works else [],
        "risks": Presence._meta.get_field("risk").choices, "seats": range(SEATS), "me_id": who.person_id,
    })


def _keeper(request: HttpRequest, matter: Matter, name: str = "keeper") -> int | None:
    """A keeper of the list; None when nobody was chosen. Raises Refused for anybody else."""
    found = given.number_or_none(request.POST, name)
    if found is not None and found not in {p.id for p in presences.may_keep(papers.read(matter))}:
        raise Refused("bad_choice", "请从列表中选择。", "Choose from the list.")
    return found


@require_POST
@bound
def begin(request: HttpRequest, ref: str) -> HttpResponse:
    """Somebody came, or is brought: from this minute the clock runs."""
    matter, p = matter_or_404(ref), request.POST
    measure = Measure.objects.filter(matter=matter, pk=given.number_or_none(p, "measure", given.RANDOM), ended_at=None, kind__in=measures.CUSTODY).first() if p.get("measure") else None
    subject = measure.subject if measure else MatterSubject.objects.filter(matter=matter, pk=given.number_or_none(p, "subject", given.RANDOM)).first()
    if subject is None:
        raise Refused("no_subject", "没有登记对象，无法开始到场计时。", "No subject is registered; a presence cannot begin.")
    basis = measure.kind if measure else p.get("basis", "")
    made = measures.open_presence(matter, subject, basis=basis, place=p.get("place", "").strip() or "—", at=given.moment_or_none(p, "at"), keeper=_keeper(request, matter),
                                  risk_note=p.get("risk_note", "").strip(), free_to_leave=basis in VOLUNTARY, measure=measure, risk=_risk(p.get("risk", "")), safety_plan=p.get("plan", "").strip())
    if p.get("told_free") == "1":
        measures.enter_presence(made, "leave_offer", at=made.started_at)
    return redirect("presence", ref)


def _risk(text: str) -> str:
    if text not in ("", "low", "medium", "high"):
        raise Refused("bad_choice", "请从列表中选择。", "Choose from the list.")
    return text


def _seated(p: Any) -> list[dict[str, Any]]:
    """Who sat in the talk: role, what he asked, a specialist's appointment."""
    found = []
    for i in range(SEATS):
        person = given.number_or_none(p, f"person.{i}")
        if person is not None:
            found.append({"person": person, "role": p.get(f"role.{i}", ""), "asked": p.get(f"asked.{i}", "").strip(), "appointment": p.get(f"appointment.{i}", "").strip()})
    return found


@require_POST
@bound
def act(request: HttpRequest, ref: str, row: str, what: str) -> HttpResponse:
    """One act upon a presence: an entry of care, a talk, a change of basis, the risk, the keeper, the end. The services hold the rules."""
    matter, p = matter_or_404(ref), request.POST
    if not Presence.objects.filter(matter=matter, pk=identity(row)).exists():
        raise NotVisible()
    presence = Presence.objects.filter(matter=matter, pk=identity(row)).select_for_update(of=("self",)).first()  # two at once: one after the other
    if presence is None:
        raise Refused("read_only", "您在此事项上只能查看。没有保存。", "You may only read this matter. Nothing was kept.")
    at, until, note = given.moment_or_none(p, "at"), given.moment_or_none(p, "until"), p.get("note", "").strip()[:300]
    if what == "care":
        if p.get("kind") not in dict(CARE):
            raise Refused("bad_choice", "请从列表中选择。", "Choose from the list.")
        measures.enter_presence(presence, p["kind"], at=at, until=until, note=note)
    elif what == "talk":
        measures.enter_presence(presence, "talk", at=at, until=until, note=note, persons=_seated(p))
    elif what == "basis":
        measures.enter_presence(presence, "basis", at=at, note=p.get("basis", ""))
    elif what == "risk":
        measures.assess_presence(presence, p.get("risk", ""), plan=p.get("plan", "").strip(), note=note)
    elif what in ("name", "hand"):
        keeper = _keeper(request, matter)
        if keeper is None:
            raise Refused("bad_choice", "请从列表中选择。", "Choose from the list.")
        if what == "name":
            measures.name_keeper(presence, keeper)
        else:
            measures.hand_keeper(presence, keeper, note)
    elif what == "take":
        measures.take_keeper(presence)
    elif what == "end":
        measures.close_presence(presence, at=at, kind=p.get("kind", ""))
    else:
        raise NotVisible()
    return redirect("presence", ref)
