"""Acts of the desk: propose, sign, reveal, judge, make a lead, correct, expire. Each one writes its event. Runs: runs.py."""
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from django.db import connection, transaction
from psycopg.types.json import Jsonb

from xieli.engines.matching import verdicts
from xieli.engines.matching.authorization.document import parse_authorization
from xieli.engines.matching.authorization.draft import draft
from xieli.engines.matching.authorization.signing import read_key, sign
from xieli.engines.matching.models.contract import find_model
from xieli.engines.matching.runs.expiry import sweep
from xieli.engines.matching.runs.reveal import reveal as engine_reveal
from xieli.engines.matching.workspace import Workspace
from xieli.office.audit import record
from xieli.office.desk import store
from xieli.office.desk.models import Authorization, Conversion, Correction, Hit, Reveal, Signature, Verdict
from xieli.office.desk.words import in_words
from xieli.office.ids import random_id, to_ref
from xieli.office.matters.services import leads
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.services.source import actor, call, now, today
from xieli.office.matters.tables.core import Matter

# Ours: how long hits are kept after the authorization has ended, in days.
KEEP_DAYS = 30


@dataclass(frozen=True)
class Proposal:
    """What a person asks to be authorized. `bind` maps each table of the model to a data set of the catalogue."""

    model: str
    bind: dict[str, str]
    purpose_zh: str
    purpose_en: str
    assessment: str
    instruments: dict[str, str] = field(default_factory=dict)
    criterion_zh: str = "授权范围内全部记录"
    criterion_en: str = "every record within the authorized scope"
    subjects: tuple[str, ...] = ()
    rank: str = "other"
    programme_document: str = ""
    days: int = 30
    runs: int = 5
    hits: int = 1000
    reveals: int = 50
    operators: tuple[int, ...] = ()
    columns: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    pinned: bool = True
    approvals: tuple[dict[str, str], ...] = ()
    more: tuple[tuple[str, dict[str, str]], ...] = ()


def propose(matter: Matter, asked: Proposal) -> Authorization:
    """Write the engine's document from the proposal and lay it before two persons. Raises Refused without scope or assessment."""
    who, at = actor(), now()
    identity = random_id()
    code = f"A-{to_ref(identity)}"
    kind = "programme" if matter.kind not in ("lead", "case", "joint_case") else "case"
    if kind == "case" and not asked.subjects:
        raise Refused("no_subjects", "专案授权须列明对象：只比对他们的行。", "A case-bound authorization names its persons: only their rows are compared.")
    with in_words():
        space, ends = store.workspace(at), at + timedelta(days=asked.days)
        operators = asked.operators or (who.person,)
        given: dict[str, Any] = {
            "id": code, "kind": kind, "matter": to_ref(matter.id), "purpose": {"zh": asked.purpose_zh, "en": asked.purpose_en or asked.purpose_zh}, "basis": ["监察法 18", "个人信息保护法 13(3), 34"],
            # an empty number reaches the database's own gate, which says why
            "assessment": {"number": asked.assessment.strip() or "-", "date": at.date().isoformat(), "by": str(who.person)}, "operators": [str(o) for o in operators],
            "keep_until": (ends + timedelta(days=KEEP_DAYS)).date().isoformat(), "budget": {"runs": asked.runs, "hits": asked.hits, "reveals": asked.reveals},
            "subjects": {"rank": asked.rank, "values": list(asked.subjects), "criterion": {"zh": asked.criterion_zh, "en": asked.criterion_en}, "max": len(asked.subjects) if kind == "case" else 1_000_000},
        }
        if kind == "case":
            given["stage"] = "preliminary_check" if matter.kind == "lead" else "investigation"
        else:
            given["programme_document"] = asked.programme_document.strip() or "-"
        document = _drafted(space, asked, given, at, ends)
        for grant in document["datasets"]:
            number = asked.instruments.get(grant["dataset"], "").strip()
            if not number:
                raise Refused("no_instrument", f"请填写 {grant['dataset']} 主管单位的文书号：没有主管单位的文书，不能取用它的数据。", f"Enter the number of the owner's instrument for {grant['dataset']}: without it his data are not taken.")
            grant["instrument"]["number"] = number
        parsed = parse_authorization(document, code)
        row = Authorization.objects.create(
            id=identity, matter=matter, code=code, kind=kind, programme_document=asked.programme_document.strip(), assessment=asked.assessment.strip(), purpose_zh=asked.purpose_zh,
            purpose_en=asked.purpose_en or asked.purpose_zh, document=document, digest=parsed.digest, operators=[str(o) for o in operators], runs=asked.runs, reveals=asked.reveals,
            starts_at=at, ends_at=ends, keep_until=parsed.keep_until, state="waiting", proposed_by_id=who.person, at=at)
    record("match.proposed", matters=[matter.id], authorization=row.id, digest=row.digest)
    return row


def _drafted(space: Workspace, asked: Proposal, given: dict[str, Any], at: datetime, ends: datetime) -> dict[str, Any]:
    """The engine's draft for the model, and for further models laid over the same people, in one document."""
    document = draft(space, find_model(asked.model), asked.bind, asked.columns, given, at, ends, pinned=asked.pinned)
    document["models"][0]["parameters"] |= asked.parameters
    for model, bind in asked.more:
        other = draft(space, find_model(model), bind, asked.columns, given, at, ends, pinned=asked.pinned)
        document["models"] += other["models"]
        mine = {g["dataset"]: g for g in document["datasets"]}
        for grant in other["datasets"]:
            if grant["dataset"] not in mine:
                document["datasets"].append(grant)
                continue
            ours = mine[grant["dataset"]]
            for column, roles in grant["columns"].items():
                held = ours["columns"].setdefault(column, [])
                held += [r for r in roles if r not in held]
            # rows limited for one model only would be missing in the other: the narrower wish wins for both
            ours["rows"] = [*ours.get("rows", []), *(r for r in grant.get("rows", []) if r not in ours.get("rows", []))]
    if asked.approvals:
        document["query_approvals"] = [dict(a) for a in asked.approvals]
    return document


def sign_authorization(authorization: Authorization) -> str:
    """The bound leader signs exactly this document; with the second person it is in force. Returns the state."""
    who, at = actor(), now()
    with in_words():
        Signature.objects.create(matter_id=authorization.matter_id, authorization=authorization, person_id=who.person, digest=authorization.digest, at=at)
        space = store.workspace(at)
        with TemporaryDirectory() as spare:
            path = Path(spare) / f"{authorization.code}.yaml"
            path.write_text(yaml.safe_dump(authorization.document, allow_unicode=True, sort_keys=False), "utf-8")
            sign(space, path, str(who.person), read_key(store.key_of(space, who.person)), at)
    record("match.signed", matters=[authorization.matter_id], authorization=authorization.id, digest=authorization.digest)
    authorization.refresh_from_db()
    return authorization.state


def reveal(hit: Hit, reason: str) -> dict[str, Any]:
    """The original rows behind one hit, recorded before they are shown. Raises Refused after expiry or beyond the budget."""
    who, at = actor(), now()
    with in_words():
        if not reason.strip():
            raise Refused("reason_needed", "揭示原始数据须写明理由。", "Revealing original rows needs a reason.")
        Reveal.objects.create(matter_id=hit.matter_id, hit=hit, person_id=who.person, reason=reason.strip(), at=at)
        shown = engine_reveal(store.workspace(at), hit.run.engine_run, hit.code, by=str(who.person), reason=reason, now=at)
    record("match.revealed", matters=[hit.matter_id], hit=hit.id, reason=reason.strip())
    rows: dict[str, Any] = shown["rows"]
    return rows


def judge(hit: Hit, verdict: str, reason: str) -> Verdict:
    """A person's verdict on one hit; it tells the engine how often the model is right."""
    who, at = actor(), now()
    if verdict not in verdicts.VERDICTS or (verdict != "open" and not reason.strip()):
        raise Refused("reason_needed", "请选择结论并写明理由：它会告诉模型错在哪里。", "Choose a verdict and give the reason: it tells the model where it errs.")
    with in_words():
        row = Verdict.objects.create(matter_id=hit.matter_id, hit=hit, verdict=verdict, reason=reason.strip(), person_id=who.person, at=at)
        said = verdicts.judge(store.workspace(at), hit.run.engine_run, hit.code, verdict, by=str(who.person), reason=reason, site=str(hit.matter.owner_body_id), now=at)
    if said["suspends"]:
        call("match_suspended", hit.model)
    record("match.judged", matters=[hit.matter_id], hit=hit.id, verdict=verdict)
    return row


def verdict_of(hit: Hit) -> Verdict | None:
    """The newest verdict on a hit."""
    return hit.verdicts.order_by("-at", "-id").first()


def to_lead(hit: Hit, title: str, subjects: tuple[leads.Subject, ...]) -> Matter:
    """Make a lead of one hit that a person judged true. Evidence and authorization go with it. Raises Refused otherwise."""
    who, at = actor(), now()
    judged = verdict_of(hit)
    if judged is None or judged.verdict != "true":
        raise Refused("unverified_hit", "疑点须先经人核定属实，才能转为线索。", "A hit becomes a lead only after a person judged it true.")
    if Conversion.objects.filter(hit=hit).exists():
        raise Refused("duplicate", "这条疑点已经转为线索。", "This hit has become a lead already.")
    source, authorization = hit.matter, hit.run.authorization
    with in_words():
        lead = leads.register(leads.NewMatter("lead", title, source.owner_body_id, source.owner_room_id, subjects, source="model", received_on=at.date(), level=max(1, source.level),
                                              summary=f"{hit.told_zh}（{authorization.code}，{hit.code}）"))
        Conversion.objects.create(matter_id=hit.matter_id, hit=hit, verdict=judged, lead=lead, evidence=hit.evidence, authorization_digest=authorization.digest, person_id=who.person, at=at)
        leads.link(source, lead, "led_to")
    record("match.converted", matters=[source.id, lead.id], hit=hit.id, lead=lead.id, digest=authorization.digest)
    return lead


def correct(hit: Hit, dataset: str, wrong: str, asked_by: str = "handler") -> Correction:
    """Ask the owner of the data to put right what wrongly hit a person; `asked_by` says who found it. Raises Refused unless the verdict says data error."""
    judged = verdict_of(hit)
    if judged is None or judged.verdict != "data_error" or not wrong.strip() or dataset not in {e["dataset"] for e in hit.evidence.values()}:
        raise Refused("no_data_error", "先判定为“数据错误”，并写明哪个数据集错在哪里。", "Judge it a data error first, and say which data set is wrong and how.")
    if asked_by not in ("handler", "person", "counsel", "owner"):
        raise Refused("bad_choice", "请从列表中选择。", "Choose from the list.")
    row = Correction.objects.create(matter_id=hit.matter_id, hit=hit, dataset=dataset, wrong=wrong.strip(), asked_by=asked_by, person_id=actor().person, at=now())
    record("match.correction", matters=[hit.matter_id], hit=hit.id, correction=row.id, answered=False)
    return row


def answer(correction: Correction, text: str, told_on: date | None = None, not_told: str = "") -> None:
    """What the owner of the data answered, entered by whoever received it, and when the person was told.

    Raises Refused a second time, and where the person or his counsel raised it and it is neither said when he was told nor why not.
    """
    if not text.strip() or correction.answered_at is not None:
        raise Refused("reason_needed", "请填写一次主管单位的答复。", "Enter the owner's answer, once.")
    if correction.asked_by in ("person", "counsel") and told_on is None and not not_told.strip():
        raise Refused("told_needed", "本人或其律师提出的更正，请填写告知本人的日期；不告知的，写明理由。", "The person or his counsel raised it: enter when he was told of the outcome, or why he was not.")
    if told_on is not None and told_on > today():
        raise Refused("future", "告知日期不能在今天之后。", "He cannot have been told after today.")
    correction.answer, correction.answered_by_id, correction.answered_at = text.strip(), actor().person, now()
    correction.told_on, correction.not_told = told_on, "" if told_on else not_told.strip()[:300]
    correction.save(update_fields=["answer", "answered_by", "answered_at", "told_on", "not_told"])
    record("match.correction", matters=[correction.matter_id], hit=correction.hit_id, correction=correction.id, answered=True)


def lift(model: str, reason: str) -> None:
    """Let a suspended model run again, by a person who says what changed. Raises Refused, NotVisible for who leads nothing."""
    from xieli.office.people.models import Posting

    who, at = actor(), now()
    if not Posting.objects.filter(person_id=who.person, office__code__in=["head", "deputy"], starts_at__lte=at).exclude(ends_at__lte=at).exclude(confirmed_by=None).exists():
        raise NotVisible()
    with in_words():
        verdicts.lift_suspension(store.workspace(at), model, by=str(who.person), reason=reason, now=at)
    record("match.lifted", matters=[], model=model, reason=reason.strip())


def expire(at: datetime | None = None) -> int:
    """By the sweeper: end what has ended, destroy what is due, keep the record of both. Returns how many were destroyed."""
    at = at or now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select code from access.match_expire()")
        due = {row[0] for row in cursor.fetchall()}
        if not due:
            return 0
        gone = {r["authorization"]: r for r in sweep(store.workspace(at), by="sweeper", now=at)}
        for code in sorted(due):
            # destroyed on an earlier round whose transaction was lost, or never signed: nothing is left in the folder
            cursor.execute("select access.match_destroyed(%s, %s)", [code, Jsonb(gone.get(code, {"authorization": code, "files": []}))])
        return len(due)


def history(authorization: Authorization) -> dict[str, int]:
    """What is used and left of an authorization: days, runs, reveals."""
    used = authorization.match_runs.exclude(state="refused").exclude(trial=True).exclude(state="cancelled", started_at=None).count()
    shown = Reveal.objects.filter(hit__run__authorization=authorization).count()
    return {"days": max(0, (authorization.ends_at - now()).days), "runs": authorization.runs - used, "reveals": authorization.reveals - shown}


__all__ = ["Proposal", "answer", "correct", "expire", "history", "judge", "lift", "propose", "reveal", "sign_authorization", "to_lead", "verdict_of"]
