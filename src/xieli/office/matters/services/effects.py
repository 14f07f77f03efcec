"""Carrying out what a step entails: every word of the playbook vocabulary has its executor here.

Effects run in the order the engine gives them, inside the transaction that stores the new state; one that cannot be
done undoes the step. The words about persons (presence, recusal, postings) are in effects_people, those about measures in effects_measures.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from xieli.engines.playbooks.model import Effect, Playbook
from xieli.office.access.models import Grant
from xieli.office.audit import record
from xieli.office.matters.services import clocks, competence, grants
from xieli.office.matters.services.addressees import organs, principals
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.services.postings import posted
from xieli.office.matters.services.source import actor, call, now
from xieli.office.matters.services.subjects import first_of, given_to, named, one_named
from xieli.office.matters.tables.clocks import Alarm, Clock
from xieli.office.matters.tables.core import Matter, MatterLink, MatterSubject
from xieli.office.matters.tables.handover import FeedbackDuty
from xieli.office.matters.tables.measures import MeasureNotice, RightsSheet
from xieli.office.matters.tables.work import Fact, Note, Outcome, Task


@dataclass
class Step:
    """What an executor needs to know about the step that is being made."""

    matter: Matter
    playbook: Playbook
    bodies: dict[str, tuple[str, ...]]
    forms: dict[str, dict[str, Any]]
    move_id: int
    approval_id: int | None
    reason: str
    at: datetime
    move: str = ""
    issued: dict[str, str] = field(default_factory=dict)  # numbers drawn by this step, by document

    def field(self, name: str) -> Any:
        """The value of `form.field` as last submitted."""
        form, _, code = name.partition(".")
        return self.forms.get(form, {}).get(code)

    def named(self) -> list[MatterSubject]:
        """Subjects whom the forms name."""
        return named(self.matter, self.playbook, self.forms)

    def person(self) -> MatterSubject | None:
        """The one whom a measure concerns."""
        return one_named(self.matter, self.playbook, self.forms)


Executor = Callable[[Step, Effect], None]
_EXECUTORS: dict[str, Executor] = {}


def _does(word: str) -> Callable[[Executor], Executor]:
    def keep(function: Executor) -> Executor:
        _EXECUTORS[word] = function
        return function

    return keep


def carry_out(step: Step, effects: tuple[Effect, ...]) -> None:
    """Execute effects. Raises Refused when one cannot be done; the caller's transaction undoes them all."""
    # what ends the actor's own sight comes last: ownership that moves away, grants that close. A grant that ends with a clock
    # waits for the clock, which the same step may start; who is told of it, is told after it
    timed = any(e.do == "open_grant" and e.get("until") for e in effects)
    late: dict[str, float] = {"open_grant": 0.3, "notify": 0.6} if timed else {}
    ordered = sorted(effects, key=lambda e: {**late, "move_ownership": 1, "close_grant": 2}.get(e.do, 0))
    for effect in ordered:
        executor = _EXECUTORS.get(effect.do)
        if executor is None:
            raise Refused("no_executor", f"流程要求的“{effect.do}”尚无法执行。", f"The playbook asks for “{effect.do}”, which cannot be carried out.")
        executor(step, effect)


# ── grants ─────────────────────────────────────────────────────────────────────────────────────────────────────────
_ACTS = {"read_brief": "read", "write": "write", "advise": "note", "approve": "approve", "hand_over": "handover", "print": "export",
         "manage_grants": "grant", "read": "read"}


@_does("open_grant")
def _open_grant(step: Step, effect: Effect) -> None:
    wanted = effect.get("acts") or ("read",)
    acts = sorted({"read", *(_ACTS[a] for a in (wanted if isinstance(wanted, tuple | list) else (wanted,)))})
    ends = None
    until = effect.get("until")
    if until:
        clock = Clock.objects.filter(matter=step.matter, code=until).order_by("-started_at").first()
        ends = clock.alarm_at if clock else None
    sent = posted(step.playbook, step.field, str(effect.get("to")))
    if sent is not None and sent.until is not None:  # what is for a posting ends with its last day, whatever else would let it run on
        ends = min(ends, sent.until) if ends is not None else sent.until
    kind = "approver" if acts == ["approve", "read"] else ("handler" if "write" in acts else "reviewer")
    for principal in principals(step, str(effect.get("to"))):
        if Grant.objects.filter(matter=step.matter, principal=principal, revoked_at=None, ends_at__gt=step.at, acts__contains=acts).exists():
            continue
        if principal in actor().me:
            continue
        grants.give(step.matter.id, principal, kind=kind, acts=acts, ends_at=ends, basis=f"playbook:{step.playbook.code}", reason=step.reason)


@_does("close_grant")
def _close_grant(step: Step, effect: Effect) -> None:
    wanted = principals(step, str(effect.get("to")))
    # leaders of the line are not shut out by those they lead
    live = Grant.objects.filter(matter=step.matter, revoked_at=None, ends_at__gt=step.at).exclude(kind="leader", basis="line")
    for grant in live.filter(principal__in=wanted):
        # a role that has no person of its own stands for its desk; the last desk that may grant keeps the matter
        if "grant" in grant.acts and not live.filter(acts__contains=["grant"]).exclude(pk=grant.pk).exists():
            continue
        grants.revoke(grant.id, step.matter.id, "playbook")


@_does("move_ownership")
def _move_ownership(step: Step, effect: Effect) -> None:
    """Ownership moves by the accepted hand-over or the approved designation; here it is only checked."""
    party = str(effect.get("to"))
    wanted = step.bodies.get(party, ())
    if wanted and str(step.matter.owner_body_id) not in wanted:
        approval = step.approval_id or _approval_to_move(step)
        _designated(step, int(wanted[0]), approval)
        call("move_ownership", step.matter.id, int(wanted[0]), approval)


def _designated(step: Step, body: int, approval: int | None) -> None:
    """A designation is what makes the chosen body competent: its basis, with the number of the decision, is recorded by the act itself."""
    from xieli.office.matters.tables.approvals import Approval, ApprovalStep

    act = Approval.objects.filter(pk=approval, matter=step.matter).first()
    if act is None or act.act not in step.playbook.approvals or step.playbook.approvals[act.act].act_class != "designation":
        return
    signer = ApprovalStep.objects.filter(approval=act).exclude(how="file").order_by("-order").first()
    competence.record_basis(step.matter, "designation", body=body, given_by=signer.body_id if signer else step.matter.owner_body_id, approval=act.id, subject=act.subject,
                            document_no=act.document_no or str(act.what.get("document_no") or "") or next(iter(step.issued.values()), ""))


def _approval_to_move(step: Step) -> int | None:
    """A receiver accepts what the sender's head approved to send: the last approval of that class on this matter."""
    from xieli.office.matters.tables.approvals import Approval

    acts = [act.code for act in step.playbook.approvals.values() if act.act_class in ("handover", "designation")]
    found = Approval.objects.filter(matter=step.matter, act__in=acts, state__in=["approved", "used"]).order_by("-decided_at").first()
    return found.id if found is not None else None


# ── clocks ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def _clock(step: Step, code: str) -> Clock | None:
    return Clock.objects.filter(matter=step.matter, code=code).exclude(state="stopped").order_by("-started_at").first()


@_does("start_clock")
def _start_clock(step: Step, effect: Effect) -> None:
    code = str(effect.get("clock"))
    plan = step.playbook.clocks[code]
    at = step.at
    if plan.starts_at:
        value = step.field(plan.starts_at)
        if value:
            at = _instant(value, at)
    amount, unit = (plan.local.amount, plan.local.unit) if plan.local else (None, "")
    clocks.start(step.matter, code, rule=plan.rule or "", at=min(at, step.at), amount=amount, unit=unit, on_expiry=plan.on_expiry,
                 subject=step.person() if plan.on_expiry == "must_release" else None)


def _instant(value: Any, fallback: datetime) -> datetime:
    text = str(value)
    try:
        if len(text) <= 10:
            return clocks.calendar_of("cn-mainland").start_of(date.fromisoformat(text))
        return datetime.fromisoformat(text)
    except ValueError:
        return fallback


def _happen(step: Step, effect: Effect, kind: str, **extra: Any) -> None:
    clock = _clock(step, str(effect.get("clock")))
    if clock is not None:
        clocks.happen(clock, kind, at=step.at, ground=str(effect.get("ground") or ""), approval_id=step.approval_id, **extra)


_does("stop_clock")(lambda step, effect: _happen(step, effect, "stop"))
_does("suspend_clock")(lambda step, effect: _happen(step, effect, "suspend"))
_does("resume_clock")(lambda step, effect: _happen(step, effect, "resume"))


@_does("extend_clock")
def _extend(step: Step, effect: Effect) -> None:
    """As approved; what the approval leaves open follows from the rule: its only ground, its longest step."""
    from xieli.office.matters.services.approvals import level_that_signed, what_was_approved

    clock = _clock(step, str(effect.get("clock")))
    if clock is None:
        return
    act, code = str(effect.get("act")), str(effect.get("ground"))
    what, way = what_was_approved(step.matter, act), clocks.extension_of(clock, str(effect.get("ground")))
    ground = str(what.get("ground") or (way.grounds[0] if way and len(way.grounds) == 1 else ""))
    clocks.happen(clock, "extend", at=step.at, amount=what.get("amount"), unit=what.get("unit", ""), ground=ground, approval_id=step.approval_id,
                  approver_level=level_that_signed(step.matter, act), document_no=str(what.get("document_no", "")), code=code if way else "")


@_does("restart_clock")
def _restart(step: Step, effect: Effect) -> None:
    from xieli.office.matters.services.approvals import level_that_signed, what_was_approved

    act = str(effect.get("act"))
    _happen(step, effect, "restart", approver_level=level_that_signed(step.matter, act), document_no=str(what_was_approved(step.matter, act).get("document_no", "")))


# ── other matters ──────────────────────────────────────────────────────────────────────────────────────────────────
@_does("spawn_matter")
def _spawn(step: Step, effect: Effect) -> None:
    from xieli.office.matters.services.leads import spawn

    kind, link = str(effect.get("kind")), str(effect.get("link"))
    owners: tuple[str, ...] = (str(step.matter.owner_body_id),)
    if effect.get("per"):
        owners = step.bodies.get(str(effect.get("per")), ())
    elif effect.get("owner"):
        owners = step.bodies.get(str(effect.get("owner")), ()) or owners
    rows: list[dict[str, Any]] = [{}]
    if effect.get("rows_of"):
        rows = list(step.field(str(effect.get("rows_of"))) or [])
    for owner in owners:
        # a split enters its branches one by one, each with the same effect: one matter per body all the same
        if not effect.get("rows_of") and MatterLink.objects.filter(source=step.matter, kind=link, target__kind=kind, target__owner_body_id=int(owner),
                                                                   created_at=now()).exists():
            continue
        for row in rows:
            child = spawn(step.matter, kind, link, owner=int(owner), row=row)
            _fill(step, child, effect, row)


def _fill(step: Step, child: Matter, effect: Effect, row: dict[str, Any]) -> None:
    """`fill`: what the new matter's forms already know from this one's, or from the row it was made of (`row.column`). It waits in the form until somebody hands it in."""
    from xieli.office.matters.services.forms import fill

    given = effect.get("fill") or ()
    known: dict[str, dict[str, Any]] = {}
    for target, source in given.items() if isinstance(given, dict) else given:
        place, _, column = str(source).partition(".")
        value, (form, _, code) = row.get(column) if place == "row" else step.field(str(source)), str(target).partition(".")
        if value not in (None, "", []):
            known.setdefault(form, {})[code] = value
    for form, values in known.items():
        fill(step.matter, child, form, values)


@_does("cancel_children")
def _cancel_children(step: Step, effect: Effect) -> None:
    from xieli.office.matters.services.moves import cancel

    for link in MatterLink.objects.filter(source=step.matter, target__kind=str(effect.get("kind")), target__status="open").select_related("target"):
        cancel(link.target, step.reason or "parent")


@_does("reopen_matter")
def _reopen(step: Step, effect: Effect) -> None:
    kinds = ["child"] if effect.get("which") == "parent" else ["follow_up", "derived", "counterpart"]
    for link in MatterLink.objects.filter(target=step.matter, kind__in=kinds).select_related("source"):
        Task.objects.create(matter=link.source, title=step.reason or "复核结果须重新办理 / to be handled again", created_by_id=actor().person, created_at=now(),
                            source_kind="reopen", source_id=step.matter.id)


@_does("report_to_parent")
def _report(step: Step, effect: Effect) -> None:
    call("report_outcome", step.matter.id, str(effect.get("outcome")))


# ── telling people ─────────────────────────────────────────────────────────────────────────────────────────────────
def _names(value: Any) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, tuple | list) else (str(value),)


@_does("notify")
def _notify(step: Step, effect: Effect) -> None:
    from xieli.office.matters.services.notices import owe_on_paper

    for name in _names(effect.get("who")):
        found = principals(step, name)
        if name in ("resident_organ", "line_superior"):
            competence.owe_line_notices(step.matter, str(effect.get("what")), organs(step, name))
        if found:
            call("notify", step.matter.id, found, f"playbook.{effect.get('what')}", _json({"kind": step.playbook.code, "message": str(effect.get("what"))}), False)
        else:
            owe_on_paper(step.matter, name, str(effect.get("what")))


@_does("alarm")
def _alarm(step: Step, effect: Effect) -> None:
    Alarm.objects.create(matter=step.matter, kind=str(effect.get("why")), level=2 if effect.get("until") == "lawful_exit" else 1, raised_at=now())
    for name in _names(effect.get("who")):
        found = principals(step, name)
        if found:
            call("notify", step.matter.id, found, "alarm", _json({"message": str(effect.get("why"))}), True)


def _json(value: dict[str, Any]) -> Any:
    from psycopg.types.json import Jsonb

    return Jsonb(value)


# ── products, facts, outcomes, papers ──────────────────────────────────────────────────────────────────────────────
@_does("require_product")
def _require(step: Step, effect: Effect) -> None:
    product = step.playbook.products[str(effect.get("product"))]
    if not Task.objects.filter(matter=step.matter, product=product.code, state="open").exists():
        Task.objects.create(matter=step.matter, title=f"{product.label.zh} / {product.label.en}", product=product.code, created_by_id=actor().person, created_at=now(),
                            source_kind="product")


@_does("record_outcome")
def _outcome(step: Step, effect: Effect) -> None:
    from xieli.office.files.services import cite_relied

    on = step.field(str(effect.get("on"))) if effect.get("on") else None
    day = date.fromisoformat(str(on)[:10]) if on else clocks.calendar_of("cn-mainland").day_of(step.at)
    kind, named = str(effect.get("outcome")), step.named()
    whole = kind not in step.playbook.outcomes or step.playbook.outcomes[kind].unit != "person"
    if effect.get("given"):
        whole, named = False, given_to(step.matter, step.forms, str(effect.get("given")), named)
        if not named:
            return
    for subject in [first_of(named, step.matter)] if whole or not named else named:
        row = Outcome.objects.create(matter=step.matter, subject=subject, kind=kind, happened_on=day, recorded_at=now(), recorded_by_id=actor().person)
        cite_relied(step.matter, "outcome", row.id)
        record("outcome.recorded", matters=[step.matter.id], outcome=row.id, kind=row.kind, subject=subject.id if subject else None, on=str(day))


@_does("record_fact")
def _fact(step: Step, effect: Effect) -> None:
    value = step.field(str(effect.get("from")))
    day = clocks.calendar_of("cn-mainland").day_of(step.at)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    Fact.objects.create(matter=step.matter, code=str(effect.get("code")), number=value if is_number else None,
                        text="" if is_number or value is None else str(value)[:500], happened_on=day, recorded_at=now())


@_does("open_feedback_duty")
def _duty(step: Step, effect: Effect) -> None:
    from xieli.office.matters.services.handover import open_duty

    open_duty(step.matter, step.playbook.feedback[str(effect.get("duty"))], step.bodies)


@_does("close_feedback_duty")
def _close_duty(step: Step, effect: Effect) -> None:
    from xieli.office.matters.services.handover import close_duty

    code = str(effect.get("duty"))
    wanted = Q(rule=code)
    if step.playbook.feedback[code].to == "sender":
        wanted |= Q(handover__isnull=False, owed_by_id=step.matter.owner_body_id)  # the parcel's own duty is this debt: 件件有回音
    for duty in FeedbackDuty.objects.filter(wanted, matter=step.matter, state="open"):
        close_duty(duty)


@_does("draft_document")
def _draft(step: Step, effect: Effect) -> None:
    """A paper that waits for a person: nothing has left, and issuing it is a step of its own."""
    code = str(effect.get("document"))
    Note.objects.create(matter=step.matter, text=step.playbook.documents[code].label.zh, person_id=actor().person, at=now(), kind=f"doc:{code}:drafted")


@_does("issue_document")
def _issue(step: Step, effect: Effect) -> None:
    code = str(effect.get("document"))
    document = step.playbook.documents[code]
    number = ""
    if document.series:
        from xieli.office.matters.services.numbers import next_number

        number = step.issued[code] = next_number(step.matter, step.playbook.series[document.series])
    Note.objects.create(matter=step.matter, text=f"{document.label.zh} {number}".strip(), person_id=actor().person, at=now(), kind=f"doc:{code}:issued")
    _paper_of_measure(step, code)


_TOLD = {"unit_notice": ("unit", "notice.unit_told_at"), "family_notice": ("family", "notice.family_told_at")}


def _paper_of_measure(step: Step, code: str) -> None:
    """A paper of a measure that was served discharges what the measure owes: the notice, or the rights sheet."""
    from xieli.office.matters.services.measures import give_notice, give_sheet

    if code in _TOLD:
        to, field = _TOLD[code]
        value = step.field(field)
        for notice in MeasureNotice.objects.filter(matter=step.matter, to=to, given_at=None) if value else ():
            give_notice(notice, at=_instant(value, step.at))
    if code == "rights_sheet":
        for sheet in RightsSheet.objects.filter(matter=step.matter, given_at=None):
            give_sheet(sheet)


@_does("number")
def _number(step: Step, effect: Effect) -> None:
    from xieli.office.matters.services.numbers import next_number

    series = step.playbook.series[str(effect.get("series"))]
    if not step.matter.number:
        step.matter.number = next_number(step.matter, series)
        step.matter.series = series.code
        Matter.objects.filter(pk=step.matter.pk).update(number=step.matter.number, series=series.code)


@_does("mark_exhibit")
def _exhibit(step: Step, effect: Effect) -> None:
    verdict = step.field(str(effect.get("verdict")))
    exhibit = step.field(str(effect.get("exhibit")))
    Note.objects.create(matter=step.matter, text=f"{exhibit}: {verdict}", person_id=actor().person, at=now(), kind="exhibit_verdict")
    from xieli.office.files.services import mark_exhibit

    mark_exhibit(step.matter, exhibit, str(verdict))


@_does("hand_up_sealed")
def _hand_up(step: Step, effect: Effect) -> None:
    raise Refused("sealed", "属上级受理的事项不在本级登记；请用密封上报。", "A matter that belongs to the superior is not registered here; use the sealed hand-up.")
