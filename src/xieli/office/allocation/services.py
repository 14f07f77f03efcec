"""Ranking bodies for a matter, choosing one with its reasons frozen, confirming readiness, ringing the duty officer."""
from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection, transaction

from xieli.engines.allocation import designate
from xieli.office.access.models import Recusal
from xieli.office.allocation import weights
from xieli.office.allocation.models import BodyLoad, BodyTravel, DutyCall, RankingShown, ReadinessAnswer
from xieli.office.audit import record
from xieli.office.bodies.models import Body
from xieli.office.matters.services.errors import Refused, plain_words
from xieli.office.matters.services.source import ZONE, actor, call, now
from xieli.office.matters.tables.core import Matter


@transaction.atomic
def confirm(body: int, *, team: str = "yes", custody: str = "yes", keepers: str = "yes", doctor: str = "yes", by_phone: bool = False) -> None:
    """One tap: what is ready here for the next twelve hours."""
    call("confirm_readiness", body, team, custody, keepers, doctor, by_phone)
    record("readiness.confirmed", body=body, by_phone=by_phone)


@transaction.atomic
def ring(matter: Matter, body: int, answer: str, note: str = "") -> DutyCall:
    """Record a call to the duty number: who was asked, what was said. Raises Refused for an answer that is none."""
    if answer not in {code for code, _ in DutyCall._meta.get_field("answer").choices or ()}:
        raise Refused("bad_choice", "请从列表中选择。", "Choose from the list.")
    with plain_words():
        row = DutyCall.objects.create(matter=matter, body_id=body, answer=answer, note=note[:200], person_id=actor().person, at=now())
    record("duty.called", matters=[matter.id], body=body, answer=answer)
    return row


def natural_body(matter: Matter) -> Body | None:
    """Whose matter it would be: the area of the subject's unit where it has one (片区), else its seat (属地)."""
    from xieli.office.allocation.divisions import whose
    from xieli.office.matters.services.source import today

    subject = matter.subjects.filter(role="subject").exclude(unit_body=None).select_related("unit_body").first()
    if subject is None or subject.unit_body is None:
        return None
    return whose(subject.unit_body, today()).body


def calls_of(rows: Iterable[Any]) -> dict[int, list[str]]:
    """Calls by body as the table shows them: when, what was answered."""
    out: dict[int, list[str]] = {}
    for made in rows:
        out.setdefault(made.body_id, []).append(f"{made.at.astimezone(ZONE):%H:%M} {made.get_answer_display()}{'：' + made.note if made.note else ''}")
    return out


def duty_list(*, recused: set[int], unable: set[int], calls: dict[int, list[str]], sector: str) -> list[designate.Candidate]:
    """Every county body as the desk sees it: released load, travel, readiness as confirmed; what nobody confirmed is unknown."""
    loads = {row.body_id: row for row in BodyLoad.objects.all()}
    travel = {row.body_id: row for row in BodyTravel.objects.all()}
    answers = {row.body_id: row for row in ReadinessAnswer.objects.order_by("body_id", "-at").distinct("body_id")}
    found = []
    for body in Body.objects.filter(kind__in=["commission", "working_committee"], rank="county", valid_to=None).order_by("id"):
        load, way, answer = loads.get(body.id), travel.get(body.id), answers.get(body.id)
        ready = designate.Readiness(answer.team, answer.custody, answer.keepers, answer.doctor, str(answer.confirmed_by_id), answer.valid_until.isoformat()) if answer else designate.Readiness()  # type: ignore[arg-type]
        found.append(designate.Candidate(
            body.id, load.officers if load else 0, load.load if load else 0, float(way.hours) if way else 0.0, experience=int((load.experience if load else {}).get(sector, 0)),
            designations=load.designations if load else 0, readiness=ready, excluded=tuple(x for x, yes in (("recusal", body.id in recused), ("unable", body.id in unable)) if yes),
            duty_number=way.duty_number if way else "", calls=tuple(calls.get(body.id, ()))))
    return found


def candidates(matter: Matter) -> list[designate.Candidate]:
    """The duty list for a matter, with its recusals and the calls made for it. The last answer of a body counts."""
    recused = set(Recusal.objects.filter(matter=matter, state__in=["in_force", "raised"]).values_list("principal", flat=True))
    calls = list(DutyCall.objects.filter(matter=matter).order_by("at"))
    last = {c.body_id: c.answer for c in calls}
    unit = matter.subjects.filter(role="subject").exclude(unit_body=None).select_related("unit_body").first()
    sector = (unit.unit_body.sector if unit and unit.unit_body else "") or "other"
    return duty_list(recused=recused, unable={b for b, answer in last.items() if answer == "no"}, calls=calls_of(calls), sector=sector)


def may_know_why(matter: Matter) -> bool:
    """Who leads the body that designates, or may grant on the matter, sees the codes; everybody else only “recusal”."""
    with connection.cursor() as cursor:
        cursor.execute("select access.may_plan(%s) or access.may(%s, 'grant')", [matter.owner_body_id, matter.id])
        return bool(cursor.fetchone()[0])


def _asked(matter: Matter, load: int = 10) -> designate.Matter:
    """The matter as the ranking asks for it: its load, whose it would be, what is needed on the spot."""
    natural = natural_body(matter)
    return designate.Matter(str(matter.id), load, natural.id if natural else None, needs=("team", "custody", "keepers", "doctor"))


def rank(matter: Matter, *, load: int = 10) -> designate.Ranking:
    """All bodies ranked for a matter, best first; never a decision. Raises Refused when the data contradict themselves."""
    from xieli.engines.allocation import BadInput

    try:
        return designate.rank(_asked(matter, load), candidates(matter), now().isoformat(), weights.of(matter.owner_body_id))
    except BadInput as error:
        raise Refused("ranking", error.text.zh, error.text.en) from error


@transaction.atomic
def choose(matter: Matter, body: int, *, why_not_first: str = "", why_not_natural: str = "", propose: bool = False, document_no: str = "") -> RankingShown:
    """Freeze the ranking and the choice; another than the first needs a reason, and so does passing over the natural body.

    Where the matter is a designation at its comparison, the comparison form is handed in from what was shown; `propose` also
    takes it to the approval. Nothing is ever designated here.
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
    result = ranking.as_json() | {"asked": asdict(_asked(matter)), "now": now().isoformat()}
    inputs = [asdict(c) for c in candidates(matter)]
    sha = hashlib.sha256(json.dumps([inputs, result], sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()
    with plain_words():
        row = RankingShown.objects.create(matter=matter, inputs=json.loads(json.dumps(inputs, default=str)), result=json.loads(json.dumps(result, default=str)), sha=sha, chosen_body_id=body,
                                          chosen_place=chosen.place, why_not_first=" · ".join(filter(None, [why_not_first, why_not_natural])), person_id=actor().person, at=now())
    if matter.kind == "designation" and "compare" in matter.stages:
        _hand_in_comparison(matter, ranking, body, why_not_first or why_not_natural)
        if propose:
            from xieli.office.matters.services import approvals, moves

            moves.make(matter, "submit")
            matter.refresh_from_db()
            approvals.request(matter, "designate", {"body": body, **({"document_no": document_no.strip()[:60]} if document_no.strip() else {})},
                              reason=(why_not_natural or why_not_first or "比选第一")[:200], urgent=matter.urgent)
    record("ranking.chosen", matters=[matter.id], ranking=row.id, body=body, place=chosen.place or 0, digest=sha)
    return row


def ranked_again(row: RankingShown) -> bool:
    """Rank once more from what was frozen, by nothing but the kept inputs, weights and instant: whether every row comes out as it was shown."""
    kept = row.result
    if "asked" not in kept:
        return False
    matter = designate.Matter(**{**kept["asked"], **{name: tuple(kept["asked"][name]) for name in ("ranks", "needs")}})
    bodies = [designate.Candidate(**{**c, "readiness": designate.Readiness(**c["readiness"]), "excluded": tuple(c["excluded"]), "calls": tuple(c["calls"])}) for c in row.inputs]
    again = json.loads(json.dumps(designate.rank(matter, bodies, kept["now"], designate.Score(**kept["weights"])).as_json(), default=str))
    return bool({k: kept[k] for k in again} == again)


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


@dataclass(frozen=True)
class Review:
    """One year of choices: how many, how many took the first, and where reasons went against the weights.

    `against` says, per part of the score, by how many points on average the chosen body lay below the first (positive) where
    another was chosen: a part that is passed over again and again weighs too much. Ours; for the yearly review, not automatic.
    """

    year: int
    choices: int
    first: int
    against: tuple[tuple[str, float], ...]
    reasons: tuple[RankingShown, ...]


def review(year: int) -> Review:
    """The year's choices as far as the reader may see their matters."""
    rows = list(RankingShown.objects.filter(at__year=year).exclude(chosen_body=None).select_related("chosen_body", "matter").order_by("-at"))
    other = [r for r in rows if r.chosen_place != 1]
    sums: Counter[str] = Counter()
    counted = 0
    for r in other:
        first = next((x for x in r.result["rows"] if x["place"] == 1), None)
        chosen = next((x for x in r.result["rows"] if str(x["body"]) == str(r.chosen_body_id)), None)
        if first and chosen:
            counted += 1
            for part, points in first["parts"].items():
                sums[part] += points - chosen["parts"].get(part, 0.0)
    return Review(year, len(rows), len(rows) - len(other), tuple((part, round(total / counted, 1)) for part, total in sorted(sums.items(), key=lambda x: -x[1])) if counted else (), tuple(other))


def batch_problem(matters: list[Matter]) -> dict[str, Any]:
    """The week's designations that wait at their comparison, as the engine's batch reads them. Raises Refused when there is none."""
    if not matters:
        raise Refused("empty", "没有停在比选环节的指定事项。", "No designation waits at its comparison.")
    bodies = [asdict(c) for c in duty_list(recused=set(), unable=set(), calls={}, sector="other")]
    for b in bodies:
        b["excluded"], b["calls"] = [], []
    rows = []
    for m in matters:
        own = candidates(m)
        natural = natural_body(m)
        rows.append({"id": str(m.id), "load": 10, "natural": natural.id if natural else None, "needs": list(designate.NEEDS), "excluded": {str(c.id): list(c.excluded) for c in own if c.excluded},
                     "experience": {str(c.id): c.experience for c in own if c.experience}})
    return {"now": now().isoformat(), "matters": rows, "bodies": bodies, "weights": asdict(weights.of(matters[0].owner_body_id))}


def laid_before_signer(matter: Matter) -> dict[str, Any] | None:
    """The newest ranking of a matter as its signer sees it: every row with score, codes and calls, the weights, the choice, the digest."""
    row = RankingShown.objects.filter(matter=matter).order_by("-at").first()
    if row is None:
        return None
    return {"sha": row.sha, "at": row.at.isoformat(), "chosen_body": row.chosen_body_id, "chosen_place": row.chosen_place, "why": row.why_not_first, "rows": row.result["rows"], "weights": row.result["weights"],
            "margin": row.result["margin_text"], "natural": row.result["natural"], "loads": [{"body": c["id"], "load": c["load"], "officers": c["officers"]} for c in row.inputs]}
