"""A matter's life as lines of a timeline and lanes of bodies, from what the reader may see.

`asked(matter)` names the rows, so that a page reads them with its other rows in one statement; `lines_of` and `lanes_of` tell them.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from xieli.engines.playbooks.model import Playbook
from xieli.engines.playbooks.state import SYSTEM
from xieli.office.bodies.models import Body
from xieli.office.matters.services.playbooks import playbook_of
from xieli.office.matters.tables.approvals import ApprovalStep
from xieli.office.matters.tables.core import Matter, MatterBody
from xieli.office.matters.tables.handover import Handover
from xieli.office.matters.tables.measures import Measure
from xieli.office.matters.tables.work import MatterMove, Note
from xieli.office.together import Question, prepared, together


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
    who_en: str = ""


@dataclass
class Lane:
    """One body's lane: the spans in which it held the matter, and points on it."""

    body: str
    body_en: str
    spans: list[tuple[datetime, datetime | None, str]] = field(default_factory=list)
    points: list[Line] = field(default_factory=list)


@prepared
def _moves(matter: RawSQL) -> QuerySet[MatterMove]:
    return MatterMove.objects.filter(matter=matter).select_related("person").order_by("at", "id")


@prepared
def _signatures(matter: RawSQL) -> QuerySet[ApprovalStep]:
    return ApprovalStep.objects.filter(matter=matter).exclude(decided_at=None).select_related("approval", "person", "body").order_by("decided_at", "approval_id", "order")


@prepared
def _handovers(matter: RawSQL) -> QuerySet[Handover]:
    return Handover.objects.filter(matter=matter).select_related("sender", "receiver", "sent_by", "decided_by").order_by("-sent_at")


@prepared
def _measures(matter: RawSQL) -> QuerySet[Measure]:
    return Measure.objects.filter(matter=matter).select_related("recorded_by", "subject").order_by("-started_at")


@prepared
def _notes(matter: RawSQL) -> QuerySet[Note]:
    return Note.objects.filter(matter=matter).select_related("person").order_by("at", "id")


@prepared
def _bodies(matter: RawSQL) -> QuerySet[MatterBody]:
    return MatterBody.objects.filter(matter=matter).exclude(role__in=["owner", "receiver"]).select_related("body").order_by("starts_at", "body_id", "id")


def asked(matter: Matter) -> dict[str, Question]:
    """The rows that a timeline and its lanes are told from."""
    m = matter.id
    return {"moves": _moves(matter=m), "signatures": _signatures(matter=m), "handovers": _handovers(matter=m), "measures": _measures(matter=m), "notes": _notes(matter=m),
            "bodies": _bodies(matter=m)}


VERDICTS = {"approved": ("批准", "approved"), "refused": ("不批准", "refused"), "filed": ("备案", "put on record"), "recorded": ("已记录集体研究", "collective decision on record")}
LATER = 1_000_000  # what hangs on no step stands after the steps of its instant
STATES = {"sent": "sent", "received": "received", "opened": "opened", "accepted": "accepted", "returned": "returned", "redirected": "redirected"}


MEASURES_EN = {"liuzhi": "liuzhi (retention in custody)", "guanhu": "guanhu (interim custody)", "order_to_await": "order to await investigation", "compelled_appearance": "compelled appearance",
               "exit_ban": "exit ban", "freeze": "freezing", "seize": "seizure", "query": "query", "search": "search", "technical": "technical investigation", "wanted": "wanted notice",
               "questioning": "questioning", "interview": "talk"}


def _by_itself(move: MatterMove, moves: list[MatterMove], playbook: Playbook) -> tuple[str, str]:
    """Who is named at a step of time alone: the system, and on whose authority it was carried (docs/decisions/kernel-by-itself.md)."""
    before = [m for m in moves if m.person_id == move.person_id and m.at < move.at and m.id != move.id]
    last = max(before, key=lambda m: m.at, default=None)
    known = playbook.moves.get(last.move) if last is not None and last.from_stage else None
    step = (f"“{known.label.zh}”", f" (“{known.label.en}”)") if known else ("登记" if last is not None else "", " (opened)" if last is not None else "")
    return (f"系统自动办理，凭{move.person.name}{step[0]}时的权限" if step[0] else f"系统自动办理，凭{move.person.name}的权限",
            f"by the system, under the authority of {move.person.name_en or move.person.name}{step[1]}")


def in_turn(moves: list[MatterMove]) -> list[MatterMove]:
    """Moves in the order in which they were made. Of one instant the opening is first, and each leaves a stage that stood open before it."""
    left, out, open_now = sorted(moves, key=lambda m: (m.happened_at, m.at, m.id)), [], set[str]()
    while left:
        instant = [m for m in left if (m.happened_at, m.at) == (left[0].happened_at, left[0].at)]
        move = next((m for m in instant if not m.from_stage), None) or next((m for m in instant if m.from_stage in open_now), instant[0])
        left.remove(move)
        open_now = (open_now - {move.from_stage}) | set(move.to_stages)
        out.append(move)
    return out


def lines_of(matter: Matter, rows: dict[str, list[Any]]) -> list[Line]:
    """Everything that happened, newest first; of one instant a signature stands before the step that it allowed."""
    playbook = playbook_of(matter)
    found: list[Line] = []
    allowed: dict[int, int] = {}
    turns: dict[int, int] = {}  # place of a line among those of its instant
    for turn, move in enumerate(in_turn(rows["moves"])):
        if move.approval_id:
            allowed.setdefault(move.approval_id, 2 * turn - 1)
        turns[len(found)] = 2 * turn
        # the opening of a matter is recorded as "start" from nowhere; a playbook may have a move of that name
        known = playbook.moves.get(move.move) if move.from_stage else None
        zh, en = (known.label.zh, known.label.en) if known else ("登记", "opened")
        who = _by_itself(move, rows["moves"], playbook) if known is not None and known.who == (SYSTEM,) else (move.person.name, move.person.name_en)
        found.append(Line(move.happened_at, zh, en, who[0], move.reason, move.at if move.at != move.happened_at else None, who_en=who[1]))
    for step in rows["signatures"]:
        act = playbook.approvals.get(step.approval.act)
        zh, en = (act.label.zh, act.label.en) if act else (step.approval.act, step.approval.act)
        verdict = VERDICTS.get(step.decision, (step.decision, step.decision))
        who = (step.person.name, step.person.name_en) if step.person else (f"{step.body.name_zh}（纸质 {step.paper_no}）", f"{step.body.name_en} (on paper, {step.paper_no})")
        turns[len(found)] = allowed.get(step.approval_id, LATER)
        found.append(Line(step.signed_at or step.decided_at, f"{zh}：{verdict[0]}", f"{en}: {verdict[1]}", who[0], step.reason, None, "approval", who[1]))
    for handover in rows["handovers"]:
        found.append(Line(handover.sent_at, f"移送至{handover.receiver.name_zh}", f"handed over to {handover.receiver.name_en}", handover.sent_by.name, handover.receipt_no, None, "handover", handover.sent_by.name_en))
        if handover.decided_at:
            state = dict(Handover.State.choices)[handover.state]
            found.append(Line(handover.decided_at, f"{handover.receiver.name_zh}：{state}", f"{handover.receiver.name_en}: {STATES.get(handover.state, handover.state)}",
                              handover.decided_by.name if handover.decided_by else "", handover.reason, None, "handover", handover.decided_by.name_en if handover.decided_by else ""))
    kinds = dict(Measure.KINDS)
    for measure in rows["measures"]:
        found.append(Line(measure.started_at, f"采取措施：{kinds[measure.kind]}", f"measure: {MEASURES_EN.get(measure.kind, measure.kind)}", measure.recorded_by.name, "",
                          measure.recorded_at if measure.late_record else None, "measure", measure.recorded_by.name_en))
        if measure.ended_at:
            found.append(Line(measure.ended_at, f"措施结束：{kinds[measure.kind]}", f"measure ended: {MEASURES_EN.get(measure.kind, measure.kind)}", "", measure.end_reason, None, "measure"))
    for note in rows["notes"]:
        is_paper = note.kind.startswith("doc:")
        paper = playbook.documents.get(note.kind.split(":")[1]) if is_paper else None
        text_en = note.text.replace(paper.label.zh, paper.label.en, 1) if paper else note.text
        drafted = ("（已拟，待签发）", " (drafted, to be issued)") if is_paper and note.kind.endswith(":drafted") else ("", "")
        found.append(Line(note.at, ("文书：" if is_paper else "") + note.text + drafted[0], ("paper: " if is_paper else "") + text_en + drafted[1], note.person.name, "", None, "paper" if is_paper else "note", note.person.name_en))
    return [found[n] for n in sorted(range(len(found)), key=lambda n: (found[n].at, turns.get(n, LATER), n), reverse=True)]


def lanes_of(matter: Matter, rows: dict[str, list[Any]]) -> list[Lane]:
    """Who had the ball, when: one lane per body that owned or shared the matter; papers and approvals as points on it."""
    found: dict[int, Lane] = {}

    def lane(body: Body) -> Lane:
        return found.setdefault(body.id, Lane(body.name_zh, body.name_en))

    start = matter.opened_at
    for handover in sorted((h for h in rows["handovers"] if h.state == "accepted" and h.decided_at), key=lambda h: h.decided_at):
        lane(handover.sender).spans.append((start, handover.decided_at, "owner"))
        start = handover.decided_at
    lane(matter.owner_body).spans.append((start, matter.closed_at, "owner"))
    for part in rows["bodies"]:
        lane(part.body).spans.append((part.starts_at, part.ends_at, part.role))
    playbook = playbook_of(matter)
    for step in rows["signatures"]:
        act = playbook.approvals.get(step.approval.act)
        if step.body_id in found and act:
            verdict = VERDICTS.get(step.decision, (step.decision, step.decision))
            found[step.body_id].points.append(Line(step.signed_at or step.decided_at, f"{act.label.zh}：{verdict[0]}", f"{act.label.en}: {verdict[1]}", "", kind="approval"))
    for handover in rows["handovers"]:
        if handover.sender_id in found:
            found[handover.sender_id].points.append(Line(handover.sent_at, f"移送至{handover.receiver.name_zh}", f"handed over to {handover.receiver.name_en}", "", kind="handover"))
    return list(found.values())


def lines(matter: Matter) -> list[Line]:
    """The timeline, read by itself."""
    return lines_of(matter, together(**asked(matter)))


def lanes(matter: Matter) -> list[Lane]:
    """The lanes, read by themselves."""
    return lanes_of(matter, together(**asked(matter)))
