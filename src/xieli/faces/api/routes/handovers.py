# No `from __future__ import annotations` here: ninja reads the annotations as they stand.
"""Hand-overs: send with a receipt, accept or return, report back, remind."""

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from xieli.faces.api import cursors, schemas
from xieli.faces.api.finding import body as body_by
from xieli.faces.api.finding import one
from xieli.faces.api.gate import etag_of, looked, must_match, route
from xieli.faces.api.routes.matters import visible
from xieli.faces.api.schemas import at
from xieli.office.ids import to_ref
from xieli.office.matters.services import handover
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.services.leads import own_bodies
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.handover import FeedbackDuty, Handover

router = Router(tags=["handovers"])
ROWS = Handover.objects.select_related("sender", "receiver", "redirected_to")


def duty_shown(duty: FeedbackDuty) -> schemas.DutyOut:
    answers = [schemas.FeedbackOut(final=a.final, outcome_class=a.outcome_class, usable_for_sanction=a.usable_for_sanction, text=a.text, document_no=a.document_no, given_at=at(a.given_at))
               for a in duty.answers.order_by("given_at", "id")]
    return schemas.DutyOut(ref=to_ref(duty.id), owed_by=duty.owed_by.code, owed_to=duty.owed_to.code if duty.owed_to else None, state=duty.state, first_due=duty.first_due, next_due=duty.next_due, answers=answers)


def shown(row: Handover) -> schemas.HandoverOut:
    """A parcel as this reader may see it: the matter's address only to who sees the matter."""
    sees = Matter.objects.filter(pk=row.matter_id).exists()
    duties = [duty_shown(d) for d in FeedbackDuty.objects.filter(handover=row).select_related("owed_by", "owed_to").order_by("id")]
    return schemas.HandoverOut(
        ref=to_ref(row.id), matter=to_ref(row.matter_id) if sees else None, kind=row.kind, sender=row.sender.code, receiver=row.receiver.code, state=row.state, coarse_stage=row.coarse_stage,
        visible_note=row.visible_note, receipt_no=row.receipt_no, document_no=row.document_no, reason=row.reason, sent_at=at(row.sent_at), received_at=at(row.received_at),
        opened_at=at(row.opened_at), decided_at=at(row.decided_at), redirected_to=row.redirected_to.code if row.redirected_to else None, index_sha256=row.index_sha, duties=duties)


def note_look(request: HttpRequest, rows: list[Handover]) -> None:
    ids = [r.matter_id for r in rows]
    looked(request, Matter.objects.filter(id__in=ids).values_list("id", flat=True))


@route(router, "GET", "/handovers", schemas.Handovers, name="list_handovers", scope="handovers:read", purpose=True, summary="移送列表 Hand-overs, newest first", tag="handovers")
def list_handovers(request: HttpRequest, box: Literal["sent", "received"], state: Literal["sent", "received", "opened", "accepted", "returned", "redirected"] | None = None,
                   cursor: schemas.Cursor | None = None, limit: schemas.Limit = 50) -> Any:
    """`sent`: what became of what my bodies handed over. `received`: what came to them."""
    mine = [b.id for b in own_bodies()]
    rows = ROWS.filter(sender_id__in=mine) if box == "sent" else ROWS.filter(receiver_id__in=mine)
    if state is not None:
        rows = rows.filter(state=state)
    items, following = cursors.page(rows, "handovers", {"box": box, "state": state}, cursor, limit, "sent_at")
    note_look(request, items)
    return {"items": [shown(r) for r in items], "next": following}


@route(router, "POST", "/matters/{ref}/handovers", schemas.HandoverOut, name="send_handover", scope="handovers:write", status=201, summary="移送 Hand over, with a receipt", tag="handovers")
def send_handover(request: HttpRequest, response: HttpResponse, ref: str, new: schemas.NewHandover) -> Any:
    """The receipt exists at once; so does the receiver's duty to report back."""
    made = handover.send(visible(ref), body_by(new.receiver).id, reason=new.reason.strip(), kind=new.kind, keep_view=new.keep_view, document_no=new.document_no)
    answer = shown(one(ROWS, to_ref(made.id)))
    response["ETag"], response["Location"] = etag_of(answer), f"/api/v1/handovers/{to_ref(made.id)}"
    return Status(201, answer)


@route(router, "GET", "/handovers/{ref}", schemas.HandoverOut, name="read_handover", scope="handovers:read", purpose=True, summary="回执和去向 Receipt, and what became of it", tag="handovers")
def read_handover(request: HttpRequest, response: HttpResponse, ref: str) -> Any:
    """One parcel, from whichever side."""
    row = one(ROWS, ref)
    note_look(request, [row])
    answer = shown(row)
    response["ETag"] = etag_of(answer)
    return answer


@route(router, "POST", "/handovers/{ref}/decision", schemas.HandoverOut, name="decide_handover", scope="handovers:write", match=True, summary="拆阅、受理、退回、转办 Open, accept, return, redirect", tag="handovers")
def decide_handover(request: HttpRequest, response: HttpResponse, ref: str, given: schemas.Decision) -> Any:
    """As its receiver; If-Match is the parcel's ETag."""
    row = one(ROWS, ref)
    must_match(request, shown(row))
    if given.verdict in ("returned", "redirected") and not given.reason.strip():
        raise Refused("reason_needed", "退回和转办须写明理由。", "A return or redirection needs a reason.")
    to_body = body_by(given.to_body).id if given.to_body else None
    handover.step(row, given.verdict, reason=given.reason.strip(), to_body=to_body)
    left = ROWS.filter(pk=row.id).first()
    if left is None:
        raise NotVisible()
    answer = shown(left)
    response["ETag"] = etag_of(answer)
    return answer


@route(router, "POST", "/handovers/{ref}/reminders", schemas.Nothing, name="remind_handover", scope="handovers:write", status=201, summary="催办 Remind", tag="handovers")
def remind_handover(request: HttpRequest, ref: str, given: schemas.Remind) -> Any:
    """By the sender, at most once a month."""
    handover.remind(one(ROWS, ref), "remind", given.text)
    return Status(201, {"done": True})


@route(router, "GET", "/duties", schemas.Handovers, name="list_duties", scope="handovers:read", purpose=True, summary="待反馈 Parcels whose answer my bodies owe", tag="handovers")
def list_duties(request: HttpRequest, limit: schemas.Limit = 50) -> Any:
    """The nearest due first; `duties` of each parcel says when."""
    mine = [b.id for b in own_bodies()]
    owed = FeedbackDuty.objects.filter(state="open", owed_by_id__in=mine, handover__isnull=False).order_by("next_due", "id").values_list("handover_id", flat=True)[:limit]
    found = {r.id: r for r in ROWS.filter(id__in=list(owed))}
    items = [found[i] for i in dict.fromkeys(owed) if i in found]
    note_look(request, items)
    return {"items": [shown(r) for r in items], "next": None}


@route(router, "POST", "/duties/{ref}/feedback", schemas.DutyOut, name="give_feedback", scope="handovers:write", status=201, summary="反馈 Report back", tag="handovers")
def give_feedback(request: HttpRequest, ref: str, given: schemas.NewFeedback) -> Any:
    """An interim answer sets the next date; a final one discharges the duty."""
    duty = one(FeedbackDuty.objects.select_related("owed_by", "owed_to", "handover"), ref)
    handover.give(duty, given.text.strip(), final=given.final, outcome_class=given.outcome_class, usable=given.usable_for_sanction, document_no=given.document_no)
    duty.refresh_from_db()
    return Status(201, duty_shown(duty))
