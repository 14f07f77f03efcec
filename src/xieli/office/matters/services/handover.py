"""The hand-over ladder, its receipts, and the debt of an answer."""
from __future__ import annotations

import hashlib
from calendar import monthrange
from datetime import date
from typing import Any

from django.db import transaction
from psycopg.types.json import Jsonb

from xieli.engines.ledger.canonical import dumps
from xieli.engines.playbooks.model import Feedback as FeedbackPlan
from xieli.office.audit import record
from xieli.office.bodies.models import Room
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.services.source import ZONE, actor, call, now, today
from xieli.office.matters.tables.core import Matter, MatterLink
from xieli.office.matters.tables.handover import Feedback, FeedbackDuty, Handover, Reminder


def add_months(day: date, months: int) -> date:
    """The same day n months on; the month's last day where there is none (31 Aug + 6 = 28/29 Feb)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def index_of(matter: Matter) -> list[dict[str, Any]]:
    """The file list that travels with a hand-over: name, size, keyed digest of each file."""
    from xieli.office.files.services import index_of as stored

    return stored(matter)


def contact_of(unit: int) -> Room | None:
    """The contact room (对口联系部门) of a unit's organ: the one present room that has it in its charge; None where there is none or more than one."""
    found = list(Room.objects.filter(contacts=unit, valid_to=None).select_related("body")[:2])
    return found[0] if len(found) == 1 else None


def no_contact(unit: int) -> Refused:
    """Said instead of guessing an address (seed row S0-39)."""
    n = Room.objects.filter(contacts=unit, valid_to=None).count()
    return Refused("no_contact", f"本机构现有 {n} 个对口联系部门，应当恰有一个。请选择接收机构，并请管理机构的人更正登记。没有发出。",
                   f"Your body has {n} contact rooms and should have exactly one. Choose the receiver, and ask whoever keeps the register to mend it. Nothing was sent.")


@transaction.atomic
def send(matter: Matter, receiver: int | None, *, reason: str, kind: str = "handover", keep_view: bool = False, document_no: str = "",
         feedback_months: int = 6, feedback_rule: str = "bz.lead.6m") -> Handover:
    """Hand a matter over. The receipt exists at once: inside one installation sending and receiving are one transaction.

    Without a receiver it goes to the sender's contact room: nobody types an address (seed row S0-39). Raises Refused where the register
    knows none or several. The duty to report back is created here, so that nothing can be accepted without it: first due `feedback_months`
    after sending (bz.lead.6m: local rule of the seeds, six months, then half-yearly).
    """
    if receiver is None:
        room = contact_of(matter.owner_body_id)
        if room is None:
            raise no_contact(matter.owner_body_id)
        receiver = room.body_id
    index = index_of(matter)
    sha = hashlib.sha256(dumps(index)).hexdigest()
    year = today().year
    receipt = str(call("next_number", f"receipt:{receiver}", f"{_mark(receiver)}收〔{year}〕{{n}}号", matter.id))
    identity = int(call("send_handover", matter.id, receiver, kind, reason, Jsonb(index), sha, keep_view, receipt, document_no))  # type: ignore[call-overload]
    handover = Handover.objects.get(pk=identity)
    _drop_drafts(matter, receipt)
    first = add_months(handover.sent_at.astimezone(ZONE).date(), feedback_months)
    FeedbackDuty.objects.create(matter=matter, handover=handover, owed_by_id=receiver, owed_to_id=handover.sender_id, rule=feedback_rule,
                                every_months=feedback_months, first_due=first, next_due=first, created_at=now())
    record("handover.sent", matters=[matter.id], handover=handover.id, to_body=receiver, kind=kind, receipt=receipt, index=sha)
    return handover


def _drop_drafts(matter: Matter, receipt: str) -> None:
    """The parcel with its receipt takes the place of a drafted hand-over; the matter that waits learns of it by the parcel."""
    from xieli.office.matters.services.moves import cancel

    for link in MatterLink.objects.filter(source=matter, target__kind="handover", target__status="open").select_related("target"):
        if "draft" in link.target.stages:
            cancel(link.target, receipt)


def _mark(body: int) -> str:
    from xieli.office.bodies.models import Body

    found = Body.objects.get(pk=body)
    return found.document_mark or found.short_zh or found.name_zh


@transaction.atomic
def step(handover: Handover, verdict: str, *, reason: str = "", room: int | None = None, to_body: int | None = None) -> str:
    """Open, accept, return or redirect a parcel as its receiver. On opening, the list is compared with the stored files,
    byte by byte; a file that does not match blocks acceptance until it is compared anew, and is named."""
    from xieli.office.files.services import compare, differing

    if verdict not in ("opened", "accepted", "returned", "redirected"):
        raise Refused("bad_choice", "请选择受理、退回或转送。", "Choose to accept, to return or to redirect.")
    if verdict == "opened" and handover.state in ("received", "opened") and call("may", handover.matter_id, "handover"):
        compare(handover)
    if verdict == "accepted" and call("may", handover.matter_id, "handover"):
        if handover.index and not handover.checks.exists():
            compare(handover)
        wrong = differing(handover)
        if wrong:
            raise Refused("index_mismatch", f"案卷清单与实际材料不一致，不能受理：{'、'.join(wrong)}。请与移送方核对后重新拆封核对，或退回。",
                          f"The list and the files differ, so it cannot be accepted: {', '.join(wrong)}. Check with the sender and open it anew, or return it.")
    matter_id = handover.matter_id
    record("handover.stepped", matters=[matter_id], handover=handover.id, verdict=verdict, to_body=to_body, receipt=handover.receipt_no or None)
    result = str(call("step_handover", handover.id, verdict, reason, room, to_body))
    if verdict == "returned":
        call("close_duty_of", handover.id, "returned")
    return result


@transaction.atomic
def tell_sender(handover: Handover, stage: str, note: str = "") -> None:
    """Let the sender see a coarse stage: assigned, verifying, disposed … and one agreed sentence, never internal state."""
    call("show_sender", handover.id, stage, note)
    record("handover.stepped", matters=[handover.matter_id], handover=handover.id, verdict="shown")


def open_duty(matter: Matter, plan: FeedbackPlan, bodies: dict[str, tuple[str, ...]]) -> None:
    """The playbook's own duty to report back."""
    if FeedbackDuty.objects.filter(matter=matter, rule=plan.code, state="open").exists():
        return
    months = plan.first.amount if plan.first and plan.first.unit == "month" else 6
    every = plan.then.amount if plan.then and plan.then.unit == "month" else months
    day = today()
    if plan.first and plan.first.unit in ("day", "working_day"):
        from xieli.office.matters.services.clocks import calendar_of

        calendar = calendar_of("cn-mainland")
        first = calendar.add_working_days(day, plan.first.amount) if plan.first.unit == "working_day" else date.fromordinal(day.toordinal() + plan.first.amount)
    else:
        first = add_months(day, months)
    to = bodies.get(plan.to, ())
    if plan.to in ("sender",):
        handover = matter.handovers.filter(state="accepted").order_by("-decided_at").first()
        if handover is not None:
            if FeedbackDuty.objects.filter(handover=handover, state="open").exists():
                return
            to = (str(handover.sender_id),)
    FeedbackDuty.objects.create(matter=matter, owed_by_id=matter.owner_body_id, owed_to_id=int(to[0]) if to else None, to_reporter=plan.to == "reporter",
                                rule=plan.code, every_months=every, first_due=first, next_due=first, created_at=now())


@transaction.atomic
def give(duty: FeedbackDuty, text: str, *, final: bool = False, outcome_class: str = "", usable: bool | None = None, document_no: str = "") -> Feedback:
    """Answer. A final answer discharges the duty; an interim one sets the next date a term on from the date that was due."""
    if duty.state != "open":
        raise Refused("closed", "这项反馈已经办结。", "This duty has been discharged already.")
    if not call("may", duty.matter_id, "write"):
        raise Refused("not_your_role", "这项反馈由承办人答复；您能看到，不能代答。什么也没有记录。", "Those who handle it answer this; you can see it and cannot answer for them. Nothing was recorded.")
    if final and not outcome_class:
        raise Refused("outcome_needed", "最终反馈须写明结果类别。", "A final answer states the class of the outcome.")
    row = Feedback.objects.create(duty=duty, matter_id=duty.matter_id, final=final, outcome_class=outcome_class, usable_for_sanction=usable, text=text,
                                  document_no=document_no, given_at=now(), given_by_id=actor().person)
    if final:
        duty.state = "closed"
    else:
        duty.next_due = _next_after(duty, today())
        # an early answer does not move the date that is owed
    duty.save()
    if duty.handover_id:
        if final:
            call("show_sender", duty.handover_id, "answered", "")
        handover = duty.handover
        if handover is not None:
            call("notify", duty.matter_id, list(handover.sender_acl), "feedback", Jsonb({"handover": str(handover.id)}), True)
    elif duty.owed_to_id is not None:
        call("notify", duty.matter_id, [int(call("desk_of", duty.owed_to_id))], "feedback", Jsonb({"duty": str(duty.id)}), True)  # type: ignore[call-overload]
    record("feedback.given", matters=[duty.matter_id], duty=duty.id, final=final)
    return row


def _next_after(duty: FeedbackDuty, day: date) -> date:
    """The next date that is still to come. Counted from the day of receipt, so that 31 August stays the month's end: 28 February, then 31 August."""
    since = (duty.handover.sent_at if duty.handover is not None else duty.created_at).astimezone(ZONE).date()
    if add_months(since, duty.every_months) != duty.first_due:
        since = duty.first_due  # the first term is another one: later ones follow it
    terms, due = 1, duty.next_due
    while due <= day:
        due, terms = max(due, add_months(since, duty.every_months * terms)), terms + 1
    return due


def close_duty(duty: FeedbackDuty) -> None:
    """Discharge a duty by a playbook step: only when a final answer was given."""
    if not duty.answers.filter(final=True).exists() and duty.state == "open" and duty.owed_to_id is not None:
        raise Refused("feedback_owed", "尚未向对方作最终反馈，也没有记录免除的理由，不能办结。",
                      "The other side has not had a final answer and no reason for waiving it is recorded; it cannot be closed.")
    duty.state = "closed"
    duty.save()


@transaction.atomic
def waive(duty: FeedbackDuty, reason: str) -> None:
    """Nothing closes without an answer or a recorded reason: this is the reason."""
    if len(reason.strip()) < 4:
        raise Refused("reason_needed", "免除反馈须写明理由。", "Waiving an answer needs a reason.")
    duty.state, duty.waived_reason = "waived", reason
    duty.save()
    record("feedback.waived", matters=[duty.matter_id], duty=duty.id, reason=reason)


def reminding(handover: Handover) -> tuple[str, date | None]:
    """Whether the sender may remind now: `open`; `later` with the first day on which he may again; or why there is nothing left to remind of:
    `returned`, `redirected`, `answered`. A parcel that was not opened yet can be reminded of too: that it lies unopened is the commonest ground."""
    if handover.state in ("returned", "redirected"):
        return handover.state, None
    duties = list(handover.duties.all())
    if duties and all(d.state != "open" or any(a.final for a in d.answers.all()) for d in duties):
        return "answered", None
    last = Reminder.objects.filter(handover=handover, kind="remind").order_by("-at").first()
    again = add_months(last.at.astimezone(ZONE).date(), 1) if last is not None else None
    return ("later", again) if again is not None and again > today() else ("open", None)


NOTHING_LEFT = {"returned": ("移送已被退回，没有可催办的；可补正后重新移送。", "The hand-over was returned, there is nothing to remind of; mend it and hand over anew."),
                "redirected": ("移送已转办，请向承接的机构了解。", "The hand-over was redirected; ask the body that took it."),
                "answered": ("对方已作最终反馈，不用再催。", "The final answer was given; there is nothing to remind of.")}


@transaction.atomic
def remind(handover: Handover, kind: str = "remind", text: str = "") -> Reminder:
    """催办 by the sender, at most once a month per parcel, while an answer is still to come; 督办 by a superior. Raises Refused."""
    who = actor()
    if kind == "remind":
        if not who.principals.intersection(handover.sender_acl):
            raise Refused("not_sender", "只有移送方可以催办。", "Only the sender reminds.")
        state, again = reminding(handover)
        if again is not None:
            raise Refused("too_soon", f"一个月内已经催办过一次；{again} 起可再催。", f"A reminder was sent within the last month; the next can go from {again}.")
        if state in NOTHING_LEFT:
            raise Refused("nothing_to_remind", *NOTHING_LEFT[state])
    row = Reminder.objects.create(matter_id=handover.matter_id, handover=handover, kind=kind, by_body_id=handover.sender_id, person_id=who.person, text=text, at=now())
    call("notify", handover.matter_id, [int(call("desk_of", handover.receiver_id))], "reminder", Jsonb({"handover": str(handover.id), "kind": kind}), True)  # type: ignore[call-overload]
    record("reminder.sent", matters=[handover.matter_id], kind=kind, handover=handover.id)
    return row
