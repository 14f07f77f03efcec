"""S2, S3: handing over as a task list with the submit apart; following a parcel; the receiver's desk."""
from __future__ import annotations

import contextlib

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from xieli.faces.web import given
from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound, draft_of, identity, matter_or_404
from xieli.office.audit import record_look
from xieli.office.bodies.models import Body, Room
from xieli.office.ids import to_ref
from xieli.office.matters.queries import worklist
from xieli.office.matters.services import handover
from xieli.office.matters.services.errors import NotVisible
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.handover import FeedbackDuty, Handover

STEPS = (("delivered", "送达", "delivered"), ("accepted", "受理", "accepted"), ("assigned", "分办", "assigned"), ("verifying", "核查中", "verifying"),
         ("disposed", "处置", "disposed"), ("answered", "反馈", "answered"))


def _handover(ref: str) -> Handover:
    with contextlib.suppress(ValueError):
        found = Handover.objects.filter(pk=identity(ref)).select_related("sender", "receiver", "sent_by").first()
        if found is not None:
            return found
    raise NotVisible()


@bound
def sent(request: HttpRequest) -> HttpResponse:
    """My parcels: each with its receipt, its coarse stage and the next answer that is owed."""
    bodies = frozenset(p.body_id for p in me(request).postings)
    rows, inbox, owed = worklist.sent(bodies, 200), worklist.parcels(bodies), worklist.answers_owed(bodies)
    # a parcel's matter that is not open to its sender is not read here; what waits and what is owed stands with its title
    seen = Matter.objects.filter(id__in={row.matter_id for row in (*rows, *inbox, *owed)}).values_list("id", flat=True)
    record_look(seen, purpose="sent", list=True)
    return render(request, "web/sent.html", {"rows": rows, "inbox": inbox, "owed": owed})


@bound
def send(request: HttpRequest, ref: str) -> HttpResponse:
    """Hand a matter over: receiver, competence, what travels, whether the view is kept; the last block submits."""
    matter = matter_or_404(ref)
    if request.method == "POST":
        made = handover.send(matter, given.number_or_none(request.POST, "receiver"), reason=request.POST.get("reason", ""), kind=request.POST.get("kind", "handover"),
                             keep_view=request.POST.get("keep_view") == "1", document_no=request.POST.get("document_no", ""))
        return redirect("parcel", to_ref(made.id))
    record_look([matter.id], purpose="handover")
    kept = draft_of(request, f"handover:{ref}")
    return render(request, "web/handover_new.html", {"matter": matter, "kept": kept, "draft": f"handover:{ref}", "contact": handover.contact_of(matter.owner_body_id), "bodies": Body.objects.filter(valid_to=None).exclude(id=matter.owner_body_id).order_by("kind", "sort_key"),
                                                     "files": handover.index_of(matter)})


@bound
def parcel(request: HttpRequest, ref: str) -> HttpResponse:
    """One parcel, from whichever side: its ladder, receipt, answers, reminders."""
    row = _handover(ref)
    who = me(request)
    matter = Matter.objects.filter(pk=row.matter_id).first()
    bodies = frozenset(p.body_id for p in who.postings)
    receiving = row.receiver_id in bodies and matter is not None
    if receiving and row.state == "received":
        handover.step(row, "opened")
        row.refresh_from_db()
    if matter is not None:
        record_look([matter.id], purpose="parcel")
    codes = [c for c, _, _ in STEPS]
    at = codes.index(row.coarse_stage) if row.coarse_stage in codes else -1
    sending = row.sender_id in bodies
    remind, again = handover.reminding(row) if sending else ("", None)
    return render(request, "web/parcel.html", {
        "row": row, "matter": matter, "receiving": receiving and row.state in ("received", "opened"), "sending": sending, "remind": remind, "again": again,
        # a parcel that came back was delivered and went no further
        "steps": [("送达", "delivered", "done")] if row.state in ("returned", "redirected") else [(zh, en, "done" if i < at or (i == at and code == "answered") else "open" if i == at else "") for i, (code, zh, en) in enumerate(STEPS)],
        "duties": FeedbackDuty.objects.filter(handover=row).prefetch_related("answers"), "reminders": row.reminders.order_by("-at"),
        "rooms": Room.objects.filter(body_id=row.receiver_id, valid_to=None), "contact": handover.contact_of(row.sender_id), "bodies": Body.objects.filter(valid_to=None, kind="commission").order_by("sort_key"),
        "owner": matter is not None and matter.owner_body_id in bodies and row.state == "accepted",
    })


@require_POST
@bound
def step(request: HttpRequest, ref: str) -> HttpResponse:
    """Accept, return or redirect."""
    row = _handover(ref)
    handover.step(row, request.POST["verdict"], reason=request.POST.get("reason", ""), room=given.number_or_none(request.POST, "room"), to_body=given.number_or_none(request.POST, "to_body"))
    return redirect("parcel", ref) if request.POST["verdict"] == "accepted" else redirect("workbench")


@require_POST
@bound
def remind(request: HttpRequest, ref: str) -> HttpResponse:
    """催办, while an answer is still to come, at most once a month; the page says from when."""
    handover.remind(_handover(ref), "remind", request.POST.get("text", ""))
    return redirect("parcel", ref)


@require_POST
@bound
def tell(request: HttpRequest, ref: str) -> HttpResponse:
    """Show the sender a coarse stage and one agreed sentence."""
    handover.tell_sender(_handover(ref), request.POST.get("stage", "verifying"), request.POST.get("note", "")[:200])
    return redirect("parcel", ref)


@require_POST
@bound
def answer(request: HttpRequest, ref: str) -> HttpResponse:
    """Report back to the sender."""
    duty = FeedbackDuty.objects.filter(pk=identity(ref)).first()
    if duty is None:
        raise NotVisible()
    usable = request.POST.get("usable", "")
    handover.give(duty, request.POST.get("text", ""), final=request.POST.get("final") == "1", outcome_class=request.POST.get("outcome_class", ""),
                  usable=None if usable == "" else usable == "1", document_no=request.POST.get("document_no", ""))
    return redirect(request.POST.get("next") or "sent")
