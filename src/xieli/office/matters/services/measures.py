"""Measures, the clocks and notices they start, the presence clock."""
from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from xieli.engines.clocks.presence import BASES, VOLUNTARY
from xieli.office.audit import record
from xieli.office.matters.services import clocks
from xieli.office.matters.services.errors import Refused, plain_words
from xieli.office.matters.services.source import actor, call, now
from xieli.office.matters.tables.approvals import Approval
from xieli.office.matters.tables.core import Matter, MatterLink, MatterSubject
from xieli.office.matters.tables.measures import Measure, MeasureNotice, Presence, PresenceEntry, RightsSheet
from xieli.office.people.models import TeamMember

# kind → (rule of its clock, what happens at expiry)
CLOCKS = {
    "liuzhi": ("cn.jcf.liuzhi", "must_release"), "guanhu": ("cn.jcf.guanhu", "must_release"),
    "compelled_appearance": ("cn.jcf.qzda", "must_release"), "order_to_await": ("cn.jcf.zlhc", "escalate"),
    "exit_ban": ("cn.reg.exit3m", "escalate"), "freeze": ("cn.reg.freeze6m", "escalate"), "technical": ("cn.jcf.techinv", "escalate"),
}
CUSTODY = ("liuzhi", "guanhu", "compelled_appearance")
NOTICE_24H = ("liuzhi", "guanhu")


@transaction.atomic
def take(matter: Matter, subject: MatterSubject, kind: str, *, approval: Approval | None, by_body: int, started_at: datetime | None = None,
         superior_no: str = "", document_no: str = "", place: str = "", enterprise_note: str = "", late: bool = False, property_fen: int | None = None,
         own_clocks: bool = True) -> Measure:
    """Record a measure that begins now (or began, late, visibly). Starts its clock, the 24 h notices and the rights sheet.

    The database refuses one without its approval, before it, by a body without the power, or after a custody limit.
    """
    at = started_at or now()
    with plain_words():
        row = Measure.objects.create(matter=matter, subject=subject, kind=kind, approval=approval, by_body_id=by_body, superior_no=superior_no,
                                     document_no=document_no, place=place, started_at=at, recorded_at=now(), recorded_by_id=actor().person,
                                     enterprise_note=enterprise_note, late_record=late, property_fen=property_fen)
    row.refresh_from_db()
    # where a playbook runs the measure, its own clocks time it; the rule's version follows from the date of the act
    if kind in CLOCKS and own_clocks:
        rule, on_expiry = CLOCKS[kind]
        clocks.start(matter, kind, rule=rule, subject=subject, at=at, on_expiry=on_expiry, document_no=document_no)
    if kind in NOTICE_24H:
        for to in ("family", "unit"):
            MeasureNotice.objects.create(measure=row, matter=matter, to=to, due_at=at + timedelta(hours=24))
        if own_clocks:
            clocks.start(matter, "notify24", rule="cn.jcf.notify24", subject=subject, at=at, on_expiry="escalate")
    RightsSheet.objects.create(measure=row, matter=matter, content=rights_of(kind))
    record("measure.taken", matters=[matter.id], measure=row.id, kind=kind, subject=subject.id, at=at, late=late)
    return row


def rights_of(kind: str) -> dict[str, Any]:
    """What the sheet says: rule ids, from which the page prints text, article, term and whether it was verified."""
    rules = ["cn.jcf.humane", "cn.jcf.recuse", "cn.jcf.shensu", "cn.jcf.fucha1"]
    if kind in CUSTODY:
        rules += ["cn.jcf.notify24", "cn.jcf.vary3d", "cn.jcf.offset"]
    if kind in ("freeze", "seize"):
        rules += ["cn.jcf.freeze.release", "cn.jcf.seize.release"]
    return {"measure": kind, "rules": rules}


@transaction.atomic
def give_notice(notice: MeasureNotice, *, at: datetime | None = None) -> None:
    """Family or unit was told. When both were, the 24 h clock stops."""
    notice.given_at, notice.given_by_id = at or now(), actor().person
    notice.save()
    record("notice.given", matters=[notice.matter_id], occasion="measure24", to=notice.to)
    if not MeasureNotice.objects.filter(measure_id=notice.measure_id, given_at=None, exception_approval=None).exists():
        from xieli.office.matters.tables.clocks import Clock

        clock = Clock.objects.filter(matter_id=notice.matter_id, code="notify24", state="running").order_by("-started_at").first()
        if clock is not None:
            clocks.happen(clock, "stop", at=notice.given_at)


@transaction.atomic
def except_notice(notice: MeasureNotice, approval: Approval, reason: str) -> None:
    """The impediment exception: approved, reasoned, asked again every seven days until it has gone (监察法 50; seven days are ours)."""
    if len(reason.strip()) < 4:
        raise Refused("reason_needed", "暂不通知须写明有碍调查的具体理由。", "Putting a notice off needs its reason.")
    call("use_approval", approval.id, notice.matter_id, "impediment", approval.subject_id)
    notice.exception_approval, notice.exception_reason, notice.ask_again_at = approval.id, reason, now() + timedelta(days=7)
    notice.save()
    record("notice.excepted", matters=[notice.matter_id], to=notice.to, approval=approval.id, ask_again=notice.ask_again_at)


@transaction.atomic
def give_sheet(sheet: RightsSheet) -> None:
    """The rights sheet was handed to the person."""
    sheet.given_at, sheet.given_by_id = now(), actor().person
    sheet.save()
    record("notice.given", matters=[sheet.matter_id], occasion="rights_sheet", to="person")


LAWFUL_EXITS = ("released", "changed", "transferred", "extended", "medical", "prosecution_detention")


@transaction.atomic
def end(measure: Measure, reason: str, *, at: datetime | None = None, document_no: str = "") -> None:
    """End a measure: always open, also past its limit. The clock stops; a breach stays on record."""
    if reason not in LAWFUL_EXITS:
        raise Refused("unknown_exit", "请写明解除、变更或移送。", "Say how it ends: released, changed or transferred.")
    instant = at or now()
    if instant > now() or instant < measure.started_at:
        raise Refused("future", "结束时间不对。", "The time of the end is wrong.")
    measure.ended_at, measure.end_reason, measure.end_document_no = instant, reason, document_no
    with plain_words():
        measure.save()
    from xieli.office.matters.tables.clocks import Clock

    clock = Clock.objects.filter(matter_id=measure.matter_id, code=measure.kind, subject_id=measure.subject_id).exclude(state="stopped").first()
    if clock is not None:
        clocks.happen(clock, "stop", at=instant, ground=reason)
    record("measure.ended", matters=[measure.matter_id], measure=measure.id, reason=reason, at=instant)


@transaction.atomic
def extend(measure: Measure, *, approval: Approval, code: str = "first", ground: str = "") -> None:
    """Extend the measure's clock as approved: capped, grounded, by the right level, decided before expiry; else refused in plain words."""
    from xieli.office.matters.services.approvals import level_that_signed
    from xieli.office.matters.tables.clocks import Clock

    clock = Clock.objects.get(matter_id=measure.matter_id, code=measure.kind, subject_id=measure.subject_id, state="running")
    what = dict(approval.what)
    level = level_that_signed(measure.matter, approval.act)
    call("use_approval", approval.id, measure.matter_id, approval.act, approval.subject_id)
    clocks.happen(clock, "extend", at=approval.decided_at, amount=what.get("amount"), unit=what.get("unit", ""), code=code, ground=ground or str(what.get("ground", "")),
                  approval_id=approval.id, approver_level=level, document_no=str(what.get("document_no", "")))


@transaction.atomic
def open_presence(matter: Matter, subject: MatterSubject, *, basis: str, place: str, at: datetime | None = None, keeper: int | None = None,
                  risk_note: str = "", free_to_leave: bool = True, measure: Measure | None = None, risk: str = "", safety_plan: str = "") -> Presence:
    """A person is brought or comes: basis and time from the first minute; the risk as somebody assessed it ("", low, medium, high)."""
    instant = at or now()
    if instant > now():
        raise Refused("future", "发生时间不能晚于现在。", "An act cannot lie in the future.")
    _known_basis(basis)
    if basis in VOLUNTARY and Presence.objects.filter(matter=matter, subject=subject, ended_at=None, basis__in=VOLUNTARY).exists():
        raise Refused("present_already", "这名对象已在到场计时中，请先结束上一次。没有保存。", "This person is on a presence clock already; end that one first. Nothing was kept.")
    with plain_words():
        row = Presence.objects.create(matter=matter, subject=subject, basis=basis, measure=measure, place=place, started_at=instant, free_to_leave=free_to_leave,
                                      keeper_id=keeper, risk_note=risk_note, risk=risk, safety_plan=safety_plan)
    record("presence.opened", matters=[matter.id], presence=row.id, subject=subject.id, basis=basis, at=instant)
    return row


@transaction.atomic
def enter_presence(presence: Presence, kind: str, *, at: datetime | None = None, until: datetime | None = None, note: str = "",
                   persons: list[dict[str, Any]] | None = None, quotes: Sequence[int] = ()) -> PresenceEntry:
    """One line: rest, meal, medical check, talk. A talk needs two persons with investigative standing throughout, one of whom leads;
    a specialist never counts (correction S0-17). Each person is `{person, role, asked?, appointment?}`: `asked` is what he asked,
    `appointment` the number of a specialist's written appointment. `quotes` are stored exhibits (internal rules) that were quoted."""
    if kind == "talk":
        standing = [p for p in persons or [] if p.get("role") in ("lead", "assistant")]
        if len({p.get("person") for p in standing}) < 2:
            raise Refused("two_persons", "谈话须有两名有办案资格的人员全程在场，专家不计入。", "A talk needs two persons with investigative standing throughout; a specialist does not count.")
        _at_the_talk(presence.matter_id, persons or [])
    began, ended = at or now(), until
    if began < presence.started_at or (ended is not None and ended < began) or (presence.ended_at is not None and max(began, ended or began) > presence.ended_at):
        raise Refused("outside_presence", "时间不在到场和离开之间，或结束早于开始。没有保存。", "The time lies outside the presence, or its end before its beginning. Nothing was kept.")
    if kind == "basis":
        _known_basis(note)
        persons = [{"role": "basis", "was": presence.basis}]
        presence.basis = note
        presence.save()
    with plain_words():
        row = PresenceEntry.objects.create(presence=presence, matter_id=presence.matter_id, kind=kind, starts_at=began, ends_at=ended, note=note, persons=[*(persons or []), *_exhibits(presence.matter_id, quotes)],
                                           recorded_by_id=actor().person, recorded_at=now())
    record("presence.entered", matters=[presence.matter_id], presence=presence.id, kind=kind)
    return row


def _known_basis(basis: str) -> None:
    """Raises Refused for what is no lawful basis of a presence."""
    if basis not in BASES:
        raise Refused("presence_basis", "到场的每一分钟都要有依据；等待批准不是依据。", "Every minute of a presence has a basis; waiting for an approval is none.")


def _still_there(presence: Presence) -> None:
    """Raises Refused when the person has left."""
    if presence.ended_at is not None:
        raise Refused("presence_over", "到场已经结束。没有保存。", "This presence has ended. Nothing was kept.")


def _at_the_talk(matter: int, persons: list[dict[str, Any]]) -> None:
    """One leads; whoever talks is of the approved team of the matter or of the case it stands under; a specialist has his appointment."""
    if sum(p.get("role") == "lead" for p in persons) != 1:
        raise Refused("one_lead", "谈话须有一名主谈，且只有一名。", "A talk has one person who leads it, and only one.")
    above = MatterLink.objects.filter(target_id=matter, kind="child").values_list("source_id", flat=True)
    team = set(TeamMember.objects.filter(team__matter_id__in=[matter, *above], starts_at__lte=now()).filter(Q(ends_at=None) | Q(ends_at__gt=now())).values_list("person_id", flat=True))
    if not team:  # before a team stands, the talk is the handler's own; the approvals of the matter say who that is
        return
    if any(p.get("role") != "specialist" and int(p["person"]) not in team for p in persons):
        raise Refused("not_on_team", "谈话人员须是经批准的专案组成员。没有保存。", "Whoever talks has to be of the approved team. Nothing was kept.")
    if any(p.get("role") == "specialist" and int(p["person"]) not in team and not str(p.get("appointment") or "").strip() for p in persons):
        raise Refused("appointment", "专业人员发言须有本案书面聘用，请填写聘用文号；没有聘用的，以记录单提供意见。没有保存。", "A specialist speaks only under a written appointment for this case: enter its number, or let him advise by recorded slips. Nothing was kept.")


def _exhibits(matter: int, quotes: Sequence[int]) -> list[dict[str, Any]]:
    """Exhibits quoted in a talk, by identity; each has to be stored with the matter or with the case above it."""
    from xieli.office.files.models import StoredFile

    above = MatterLink.objects.filter(target_id=matter, kind="child").values_list("source_id", flat=True)
    found = set(StoredFile.objects.filter(pk__in=quotes, matter_id__in=[matter, *above]).values_list("pk", flat=True))
    if found != set(quotes):
        raise Refused("no_exhibit", "引用的内部规定须先作为证据材料存入本案。没有保存。", "What is quoted has to be stored with the case first. Nothing was kept.")
    return [{"role": "exhibit", "file": q} for q in quotes]


@transaction.atomic
def assess_presence(presence: Presence, risk: str, *, plan: str = "", note: str = "") -> None:
    """The risk as it stands now, with the plan for it. A level once high is not lowered without a note of why.

    Raises Refused for a level that is none and for a high one that is lowered in silence.
    """
    _still_there(presence)
    if risk not in ("low", "medium", "high"):
        raise Refused("bad_choice", "请从列表中选择。", "Choose from the list.")
    if presence.risk == "high" and risk != "high" and len(note.strip()) < 4:
        raise Refused("reason_needed", "高风险降级须写明理由。没有保存。", "Lowering a high risk needs its reason. Nothing was kept.")
    presence.risk, presence.safety_plan = risk, plan or presence.safety_plan
    presence.risk_note = note or presence.risk_note
    with plain_words():
        presence.save()
    record("presence.assessed", matters=[presence.matter_id], presence=presence.id, risk=risk)


@transaction.atomic
def name_keeper(presence: Presence, keeper: int) -> None:
    """The first keeper of a presence that was opened without one; who is named later takes over by two signatures.

    Raises Refused when there is a keeper already.
    """
    _still_there(presence)
    if presence.keeper_id is not None:
        raise Refused("keeper_named", "已有看护人；更换须由本人交出、对方接收。", "There is a keeper; he hands over and the other takes over.")
    presence.keeper_id = keeper
    with plain_words():
        presence.save()
    record("presence.entered", matters=[presence.matter_id], presence=presence.id, kind="keeper")


@transaction.atomic
def hand_keeper(presence: Presence, to: int, note: str = "") -> PresenceEntry:
    """看护交接, first signature: who keeps the person names who takes over. Nothing changes before the other signs.

    Raises Refused when somebody else than the keeper hands over, or to himself.
    """
    _still_there(presence)
    if presence.keeper_id != actor().person:
        raise Refused("not_keeper", "看护由现在的看护人交出。", "The keeper is the one who hands over.")
    if to == presence.keeper_id:
        raise Refused("same_keeper", "接收的看护人须是另一人。", "Another person takes over.")
    return _keeper_line(presence, to, "hands_over", note)


@transaction.atomic
def take_keeper(presence: Presence) -> PresenceEntry:
    """看护交接, second signature: the one who was named takes over, and from this minute he is the keeper.

    Raises Refused when nobody handed over to him.
    """
    _still_there(presence)
    between = [p[1].get("signed", False) for p in presence.entries.filter(kind="keeper").values_list("persons", flat=True) if (p[0]["person"], p[1]["person"]) == (presence.keeper_id, actor().person)]
    if between.count(False) <= between.count(True):
        raise Refused("not_handed", "没有人把看护交给您。", "Nobody handed the keeping to you.")
    row = _keeper_line(presence, actor().person, "signed", "")
    presence.keeper_id = actor().person
    presence.save()
    return row


def _keeper_line(presence: Presence, to: int, what: str, note: str) -> PresenceEntry:
    persons = [{"person": presence.keeper_id, "role": "hands_over"}, {"person": to, "role": "takes_over", "signed": what == "signed"}]
    with plain_words():
        row = PresenceEntry.objects.create(presence=presence, matter_id=presence.matter_id, kind="keeper", starts_at=now(), note=note[:300], persons=persons, recorded_by_id=actor().person, recorded_at=now())
    record("presence.entered", matters=[presence.matter_id], presence=presence.id, kind="keeper")
    return row


LEAVES = ("left", "released", "to_custody", "medical")  # he left, was released, went into custody, into medical care


@transaction.atomic
def close_presence(presence: Presence, *, at: datetime | None = None, kind: str = "left") -> None:
    """He left, was taken into custody, or was handed to medical care. At high risk nobody goes without a plan and a named keeper (seed row S0-49).

    Medical care and release from a measure are never held up: they end a presence at once, whatever is missing on paper.
    """
    if kind not in LEAVES:
        raise Refused("bad_choice", "请从列表中选择。", "Choose from the list.")
    open_always = kind == "medical" or (kind == "released" and presence.basis not in VOLUNTARY)
    if presence.risk == "high" and not open_always and not (presence.safety_plan.strip() and presence.keeper_id):
        raise Refused("safety_plan", "风险为高：须有安全预案和指定看护人，谈话才能结束。没有保存。", "The risk is high: the talk does not end without a safety plan and a named keeper. Nothing was kept.")
    _still_there(presence)
    instant = at or now()
    if instant > now() or instant < presence.started_at:
        raise Refused("future", "结束时间不对。", "The time of the end is wrong.")
    presence.ended_at, presence.end_kind = instant, kind
    presence.save()
    record("presence.closed", matters=[presence.matter_id], presence=presence.id, at=presence.ended_at)
