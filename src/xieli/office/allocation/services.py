"""Ranking bodies for a matter, choosing one with its reasons frozen, confirming readiness, ringing the duty officer."""
from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

from django.db import transaction

from xieli.engines.allocation import designate
from xieli.office.access.models import Recusal
from xieli.office.allocation.models import BodyLoad, BodyTravel, DutyCall, RankingShown, ReadinessAnswer
from xieli.office.audit import record
from xieli.office.bodies.models import Body
from xieli.office.matters.services.errors import Refused, plain_words
from xieli.office.matters.services.source import actor, call, now
from xieli.office.matters.tables.core import Matter

WEIGHTS = designate.Score()


@transaction.atomic
def confirm(body: int, *, team: str = "yes", custody: str = "yes", keepers: str = "yes", doctor: str = "yes", by_phone: bool = False) -> None:
    """One tap: what is ready here for the next twelve hours."""
    call("confirm_readiness", body, team, custody, keepers, doctor, by_phone)
    record("readiness.confirmed", body=body, by_phone=by_phone)


@transaction.atomic
def ring(matter: Matter, body: int, answer: str, note: str = "") -> DutyCall:
    """Record a call to the duty number: who was asked, what was said."""
    with plain_words():
        row = DutyCall.objects.create(matter=matter, body_id=body, answer=answer, note=note[:200], person_id=actor().person, at=now())
    record("duty.called", matters=[matter.id], body=body, answer=answer)
    return row


def natural_body(matter: Matter) -> Body | None:
    """Whose matter it would be by seat: the county commission of the subject's unit."""
    subject = matter.subjects.filter(role="subject").exclude(unit_body=None).select_related("unit_body").first()
    if subject is None or subject.unit_body is None:
        return None
    return Body.objects.filter(kind="commission", rank="county", division_code=subject.unit_body.division_code, valid_to=None).first()


def candidates(matter: Matter) -> list[designate.Candidate]:
    """Every county body as the desk sees it: released load, travel, readiness as confirmed, recusals of this matter."""
    recused = set(Recusal.objects.filter(matter=matter, state__in=["in_force", "raised"]).values_list("principal", flat=True))
    loads = {row.body_id: row for row in BodyLoad.objects.all()}
    travel = {row.body_id: row for row in BodyTravel.objects.all()}
    answers: dict[int, ReadinessAnswer] = {}
    for row in ReadinessAnswer.objects.order_by("body_id", "-at").distinct("body_id"):
        answers[row.body_id] = row
    calls: dict[int, list[str]] = {}
    for made in DutyCall.objects.filter(matter=matter).order_by("at"):
        calls.setdefault(made.body_id, []).append(f"{made.at:%H:%M} {made.get_answer_display()}")
    unit = matter.subjects.filter(role="subject").exclude(unit_body=None).select_related("unit_body").first()
    sector = (unit.unit_body.sector if unit and unit.unit_body else "") or "other"
    found = []
    for body in Body.objects.filter(kind__in=["commission", "working_committee"], rank="county", valid_to=None).order_by("id"):
        load, way, answer = loads.get(body.id), travel.get(body.id), answers.get(body.id)
        said_no = any(c.endswith("不能") for c in calls.get(body.id, []))
        ready = designate.Readiness(answer.team, answer.custody, answer.keepers, answer.doctor, str(answer.confirmed_by_id), answer.valid_until.isoformat()) if answer else designate.Readiness()  # type: ignore[arg-type]
        found.append(designate.Candidate(
            body.id, load.officers if load else 0, load.load if load else 0, float(way.hours) if way else 0.0, experience=int((load.experience if load else {}).get(sector, 0)),
            designations=load.designations if load else 0, readiness=ready, excluded=tuple(x for x, yes in (("recusal", body.id in recused), ("unable", said_no)) if yes),
            duty_number=way.duty_number if way else "", calls=tuple(calls.get(body.id, ())),
        ))
    return found


def rank(matter: Matter, *, load: int = 10) -> designate.Ranking:
    """All bodies ranked for a matter, best first; never a decision. Raises Refused when the data contradict themselves."""
    from xieli.engines.allocation import BadInput

    natural = natural_body(matter)
    try:
        return designate.rank(designate.Matter(str(matter.id), load, natural.id if natural else None, needs=("team", "custody", "keepers", "doctor")), candidates(matter), now().isoformat(), WEIGHTS)
    except BadInput as error:
        raise Refused("ranking", error.text.zh, error.text.en) from error


@transaction.atomic
def choose(matter: Matter, body: int, *, why_not_first: str = "", why_not_natural: str = "") -> RankingShown:
    """Freeze the ranking and the choice; another than the first needs a reason, and so does passing over the natural body.

    Where the matter is a designation at its comparison, the comparison form is handed in from what was shown.
    """
    ranking = rank(matter)
    chosen = next((r for r in ranking.rows if str(r.body) == str(body)), None)
    if chosen is None or not chosen.eligible:
        raise Refused("excluded", "该机构被排除，不能选。", "That body is excluded and cannot be chosen.")
    if chosen.place != 1 and len(why_not_first.strip()) < 4:
        raise Refused("reason_needed", "没有选排名第一的机构，须写明理由。", "Another than the first needs a reason.")
    natural = natural_body(matter)
    if natural is not None and natural.id != body and len(why_not_natural.strip()) < 4:
        raise Refused("reason_needed", "“为什么不是属地机构”必须写明。", "Say why it is not the natural body.")
    result = ranking.as_json()
    inputs = [asdict(c) for c in candidates(matter)]
    sha = hashlib.sha256(json.dumps([inputs, result], sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()
    with plain_words():
        row = RankingShown.objects.create(matter=matter, inputs=json.loads(json.dumps(inputs, default=str)), result=json.loads(json.dumps(result, default=str)), sha=sha, chosen_body_id=body,
                                          chosen_place=chosen.place, why_not_first=" · ".join(filter(None, [why_not_first, why_not_natural])), person_id=actor().person, at=now())
    if matter.kind == "designation" and "compare" in matter.stages:
        _hand_in_comparison(matter, ranking, body, why_not_first or why_not_natural)
    record("ranking.chosen", matters=[matter.id], ranking=row.id, body=body, place=chosen.place or 0, digest=sha)
    return row


def _hand_in_comparison(matter: Matter, ranking: designate.Ranking, body: int, why: str) -> None:
    from xieli.office.matters.services import forms
    from xieli.office.matters.services.source import today

    loads = {row.body_id: row.load for row in BodyLoad.objects.all()}
    shown = [r for r in ranking.rows if r.eligible][:5] + [r for r in ranking.rows if str(r.body) == str(body)]
    unique: dict[str, Any] = {str(r.body): r for r in shown}
    table = [{"body": str(r.body), "load": loads.get(int(r.body), 0), "readiness": "unknown" if r.unknown else "confirmed", "barred": False} for r in unique.values()]
    if len(table) < 2:
        excluded = next((r for r in ranking.rows if str(r.body) not in unique), None)
        if excluded is not None:
            table.append({"body": str(excluded.body), "load": loads.get(int(excluded.body), 0), "readiness": "unknown", "barred": True})
    sentence = next(r for r in ranking.rows if str(r.body) == str(body)).text.zh
    forms.submit(matter, "comparison", {"candidates": table, "chosen_body": str(body), "why": f"{sentence}。{why}"[:500], "chosen_on": today().isoformat()})
