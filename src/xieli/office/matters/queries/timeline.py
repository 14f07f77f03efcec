"""A matter's life as lines of a timeline and lanes of bodies, from what the reader may see."""
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from xieli.office.bodies.models import Body
from xieli.office.matters.services.playbooks import playbook_of
from xieli.office.matters.tables.approvals import ApprovalStep
from xieli.office.matters.tables.core import Matter, MatterBody
from xieli.office.matters.tables.handover import Handover
from xieli.office.matters.tables.measures import Measure
from xieli.office.matters.tables.work import MatterMove, Note


@dataclass(frozen=True)
class Line:
    """One thing that happened."""

    at: datetime
    what_zh: str
    what_en: str
    who: str
    detail: str = ""
    recorded_at: datetime | None = None
    kind: str = "move"


@dataclass
class Lane:
    """One body's lane: the spans in which it held the matter, and points on it."""

    body: str
    body_en: str
    spans: list[tuple[datetime, datetime | None, str]] = field(default_factory=list)
    points: list[Line] = field(default_factory=list)


def lines(matter: Matter) -> list[Line]:
    """Everything that happened, newest first."""
    playbook = playbook_of(matter)
    found: list[Line] = []
    for move in MatterMove.objects.filter(matter=matter).select_related("person"):
        known = playbook.moves.get(move.move)
        zh, en = (known.label.zh, known.label.en) if known else ("登记", "opened")
        found.append(Line(move.happened_at, zh, en, move.person.name, move.reason, move.at if move.at != move.happened_at else None))
    for step in ApprovalStep.objects.filter(matter=matter).exclude(decided_at=None).select_related("approval", "person", "body"):
        act = playbook.approvals.get(step.approval.act)
        zh, en = (act.label.zh, act.label.en) if act else (step.approval.act, step.approval.act)
        verdict = {"approved": ("批准", "approved"), "refused": ("不批准", "refused"), "filed": ("备案", "put on record")}.get(step.decision, (step.decision, step.decision))
        found.append(Line(step.signed_at or step.decided_at, f"{zh}：{verdict[0]}", f"{en}: {verdict[1]}",  # type: ignore[arg-type]
                          step.person.name if step.person else f"{step.body.name_zh}（纸质 {step.paper_no}）", step.reason, None, "approval"))
    for handover in Handover.objects.filter(matter=matter).select_related("sender", "receiver", "sent_by", "decided_by"):
        found.append(Line(handover.sent_at, f"移送至{handover.receiver.name_zh}", f"handed over to {handover.receiver.name_en}", handover.sent_by.name, handover.receipt_no, None, "handover"))
        if handover.decided_at:
            state = dict(Handover.State.choices)[handover.state]
            found.append(Line(handover.decided_at, f"{handover.receiver.name_zh}：{state}", f"{handover.receiver.name_en}: {handover.state}", handover.decided_by.name if handover.decided_by else "", handover.reason, None, "handover"))
    kinds = dict(Measure.KINDS)
    for measure in Measure.objects.filter(matter=matter).select_related("recorded_by"):
        found.append(Line(measure.started_at, f"采取措施：{kinds[measure.kind]}", f"measure: {measure.kind}", measure.recorded_by.name, "补录" if measure.late_record else "", measure.recorded_at, "measure"))
        if measure.ended_at:
            found.append(Line(measure.ended_at, f"措施结束：{kinds[measure.kind]}", f"measure ended: {measure.kind}", "", measure.end_reason, None, "measure"))
    for note in Note.objects.filter(matter=matter).select_related("person"):
        is_paper = note.kind.startswith("doc:")
        found.append(Line(note.at, ("文书：" if is_paper else "") + note.text, ("paper: " if is_paper else "") + note.text, note.person.name, "", None, "paper" if is_paper else "note"))
    return sorted(found, key=lambda line: line.at, reverse=True)


def lanes(matter: Matter) -> list[Lane]:
    """Who had the ball, when: one lane per body that owned or shared the matter."""
    found: dict[int, Lane] = {}

    def lane(body: Body) -> Lane:
        return found.setdefault(body.id, Lane(body.name_zh, body.name_en))

    handovers = list(Handover.objects.filter(matter=matter, state="accepted").select_related("sender", "receiver").order_by("decided_at"))
    start = matter.opened_at
    for handover in handovers:
        lane(handover.sender).spans.append((start, handover.decided_at, "owner"))
        start = handover.decided_at or start
    lane(matter.owner_body).spans.append((start, matter.closed_at, "owner"))
    for part in MatterBody.objects.filter(matter=matter).exclude(role__in=["owner", "receiver"]).select_related("body").order_by("starts_at"):
        lane(part.body).spans.append((part.starts_at, part.ends_at, part.role))
    return list(found.values())
