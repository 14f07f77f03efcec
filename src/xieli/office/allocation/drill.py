"""Drill night: the green channel walked on an invented person with the real duty list; it prints where the minutes went.

A drill has a table of its own and touches no other: no matter, no fact, no grant, no figure can come of it.
"""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from xieli.engines.allocation import designate
from xieli.office.allocation import weights
from xieli.office.allocation.models import Drill
from xieli.office.allocation.services import duty_list
from xieli.office.audit import record
from xieli.office.bodies.models import Body
from xieli.office.matters.services.errors import Refused, plain_words
from xieli.office.matters.services.source import ZONE, actor, now

#: the steps of the channel in order; each may be pressed once
STEPS = ("call", "opened", "compared", "chosen", "signed", "left", "ready")
NAMES = ("演某甲", "演某乙", "演某丙", "演某丁")
ANSWERS = {"yes": "能承办", "no": "不能", "none": "无人接听"}


@dataclass(frozen=True)
class Minutes:
    """One step: when, how many minutes after the one before, and what was noted."""

    step: str
    at: datetime
    minutes: float
    note: str


@transaction.atomic
def start(body: int, natural: Body) -> Drill:
    """The phone rings, about nobody."""
    at = now()
    with plain_words():
        row = Drill.objects.create(body_id=body, name=NAMES[at.day % len(NAMES)], natural=natural, steps=[{"step": "call", "at": at.isoformat(), "note": ""}], started_by_id=actor().person, started_at=at)
    record("drill.started", drill=row.id)
    return row


def calls(drill: Drill) -> dict[int, list[str]]:
    """What the duty numbers answered in this drill."""
    out: dict[int, list[str]] = {}
    for s in drill.steps:
        if s["step"] == "rang":
            out.setdefault(int(s["body"]), []).append(f"{datetime.fromisoformat(s['at']).astimezone(ZONE):%H:%M} {ANSWERS[s['answer']]}")
    return out


def rank(drill: Drill) -> designate.Ranking:
    """The same ranking as for a real call: today's loads, readiness as confirmed, calls made in the drill."""
    last = {int(s["body"]): s["answer"] for s in drill.steps if s["step"] == "rang"}
    field = duty_list(recused=set(), unable={b for b, answer in last.items() if answer == "no"}, calls=calls(drill), sector="other")
    return designate.rank(designate.Matter("drill", 10, drill.natural_id, needs=designate.NEEDS), field, now().isoformat(), weights.of(drill.body_id))


def _append(drill: Drill, entry: dict[str, Any]) -> None:
    fresh = Drill.objects.select_for_update().filter(pk=drill.pk, ended_at=None).first()
    if fresh is None:
        raise Refused("ended", "演练已经结束。", "The drill has ended.")
    if entry["step"] != "rang" and any(s["step"] == entry["step"] for s in fresh.steps):
        raise Refused("conflict", "这一步已经记过。", "That step is on record already.")
    fresh.steps = [*fresh.steps, {**entry, "at": now().isoformat()}]
    if entry["step"] == STEPS[-1]:
        fresh.ended_at = now()
    if entry["step"] == "chosen":
        fresh.ranking = rank(fresh).as_json() | {"chosen": entry["body"]}
    with plain_words():
        fresh.save(update_fields=["steps", "ended_at", "ranking"])
    record("drill.step", drill=drill.id, step=entry["step"])
    drill.refresh_from_db()


@transaction.atomic
def step(drill: Drill, name: str, *, body: int | None = None, note: str = "") -> None:
    """Press a step. Raises Refused when it is unknown, pressed already, out of order, or the drill is over."""
    done = {s["step"] for s in drill.steps}
    if name not in STEPS or any(s not in done for s in STEPS[:STEPS.index(name)]):
        raise Refused("order", "演练也按次序：先办前一步。", "A drill keeps the order too: take the step before first.")
    if name == "chosen":
        chosen = next((r for r in rank(drill).rows if str(r.body) == str(body)), None)
        if chosen is None or not chosen.eligible:
            raise Refused("excluded", "该机构被排除，不能选。", "That body is excluded and cannot be chosen.")
    _append(drill, {"step": name, "note": note[:200], **({"body": body} if body is not None else {})})


@transaction.atomic
def ring(drill: Drill, body: int, answer: str) -> None:
    """Really ring the duty number, and note what was said."""
    if answer not in ANSWERS:
        raise Refused("answer", "请选择答复。", "Choose an answer.")
    _append(drill, {"step": "rang", "body": body, "answer": answer})


def minutes(drill: Drill) -> list[Minutes]:
    """Where the minutes went: every step and call with the time since the one before."""
    out: list[Minutes] = []
    before: datetime | None = None
    for s in drill.steps:
        at = datetime.fromisoformat(s["at"])
        out.append(Minutes(s["step"], at, round((at - before).total_seconds() / 60, 1) if before else 0.0, ANSWERS.get(s.get("answer", ""), s.get("note", ""))))
        before = at
    return out
