"""What a letter says of its matter: records to choose from, the words that fill the slots, the gates of the procedure passport."""
from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import connection

from xieli.engines.ledger.tree import leaf_hash
from xieli.engines.playbooks.model import Label
from xieli.office.matters.services.clocks import rules
from xieli.office.matters.services.playbooks import playbook_of
from xieli.office.matters.services.source import ZONE
from xieli.office.matters.tables.approvals import Approval
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.handover import Handover
from xieli.office.matters.tables.measures import Measure
from xieli.office.matters.tables.work import MatterMove


def long_day(value: date | datetime | None) -> str:
    """2026年3月17日, the legal day in the calendar's zone; a dash for none."""
    if value is None:
        return "——"
    day = value.astimezone(ZONE) if isinstance(value, datetime) else value
    return f"{day.year}年{day.month}月{day.day}日"


def records(matter: Matter, kind: str) -> list[tuple[int, Label, Mapping[str, str]]]:
    """The records a letter of this kind may speak about: identity, what the chooser reads, the slots it fills."""
    if kind == "handover":
        states = dict(Handover.State.choices)
        return [(h.id, Label(f"{h.receiver.name_zh} {long_day(h.sent_at)}", f"{h.receiver.name_en}, {h.sent_at.astimezone(ZONE):%Y-%m-%d}"),
                 {"sender": h.sender.name_zh, "receiver": h.receiver.name_zh, "reason": h.competence_reason, "receipt": h.receipt_no or "——", "files": str(len(h.index)),
                  "index": h.index_sha[:16], "received": long_day(h.received_at), "state": states[h.state]})
                for h in matter.handovers.select_related("sender", "receiver").order_by("-sent_at")]
    if kind == "competence":
        return [(c.id, Label(f"{c.body.name_zh} {c.document_no}", f"{c.body.name_en} {c.document_no}"),
                 {"body": c.body.name_zh, "decided": long_day(c.decided_on), "document": c.document_no})
                for c in matter.competence.filter(kind="designation").select_related("body").order_by("-decided_on")]
    if kind == "duty":
        return [(d.id, Label(f"{d.owed_to.name_zh} {long_day(d.next_due)}", f"{d.owed_to.name_en}, {d.next_due}"), {"owed_to": d.owed_to.name_zh})
                for d in matter.feedback_duties.exclude(owed_to=None).select_related("owed_to").order_by("next_due") if d.owed_to]
    if kind == "measure":
        kinds = dict(Measure.KINDS)
        return [(m.id, Label(f"{kinds[m.kind]} {long_day(m.started_at)}", f"{m.kind}, {m.started_at.astimezone(ZONE):%Y-%m-%d}"),
                 {"measure": kinds[m.kind], "subject": m.subject.name, "started": long_day(m.started_at), "by_body": m.by_body.name_zh, "measure_no": m.document_no or "——"})
                for m in matter.measures.select_related("subject", "by_body").order_by("-started_at")]
    return []


def _prints(matter: Matter) -> dict[str, list[str]]:
    """Leaf hashes of this matter's acts, oldest first: by `move:CODE`, `approval:ID`, `measure:ID`; what an export of the ledger proves offline."""
    with connection.cursor() as cursor:
        cursor.execute("select verb, canon from audit.event where %s = any (matters) and verb in ('matter.moved', 'approval.decided', 'measure.taken') order by at", [matter.id])
        rows: list[tuple[str, Any]] = cursor.fetchall()
    found: dict[str, list[str]] = {}
    for verb, canon in rows:
        data = bytes(canon)
        payload = json.loads(data)["fields"]
        field = {"matter.moved": "move", "approval.decided": "approval", "measure.taken": "measure"}[verb]
        key, print_ = f"{field}:{payload[field]}", leaf_hash(data).hex()
        if field == "approval":
            found[key] = [print_]  # several signers, one approval: the last decision is the one that opened the gate
        else:
            found.setdefault(key, []).append(print_)
    return found


def _grouped(digest: str) -> str:
    """In groups of sixteen, so that a narrow column breaks it where a reader expects it."""
    return " ".join(digest[i:i + 16] for i in range(0, len(digest), 16))


def cited(code: str, on: date) -> str:
    """A rule as the law of that day cites it: 监察法（2024修正）第42条; the code itself, 未核实, where the rule files hold no article."""
    rule = rules().get(code)
    found = [f"{c.text.zh}第{c.article}条{'（条号未核实）' if c.article_unverified else ''}" for c in rule.cite(on) if c.article] if rule else []
    return "、".join(found) or code.replace(".", ".\u200b") + "（未核实）"


def gates(matter: Matter) -> tuple[tuple[str, ...], ...]:
    """Rows of the procedure passport, oldest first: gate, time, rules, document number, fingerprint. No name and no fact of the case."""
    playbook, prints = playbook_of(matter), _prints(matter)
    rows: list[tuple[datetime, tuple[str, ...]]] = []

    def row(at: datetime, what: str, basis: tuple[str, ...], number: str, key: str) -> None:
        rows.append((at, (what, f"{at.astimezone(ZONE):%Y-%m-%d %H:%M}", "、".join(cited(b, at.astimezone(ZONE).date()) for b in basis) or "——", number or "——", _grouped(prints[key].pop(0)) if prints.get(key) else "——")))

    for move in MatterMove.objects.filter(matter=matter).order_by("at", "id"):
        known = playbook.moves.get(move.move)
        if known:
            row(move.happened_at, known.label.zh, known.origin.basis, "", f"move:{move.move}")
    for approval in Approval.objects.filter(matter=matter).exclude(decided_at=None):
        act = playbook.approvals.get(approval.act)
        verdict = dict(Approval.State.choices)[approval.state]
        row(approval.decided_at, f"{act.label.zh if act else approval.act}：{verdict}", act.origin.basis if act else (), approval.document_no, f"approval:{approval.id}")  # type: ignore[arg-type]
    kinds = dict(Measure.KINDS)
    for measure in Measure.objects.filter(matter=matter):
        row(measure.started_at, f"{kinds[measure.kind]}：开始", (), measure.document_no, f"measure:{measure.id}")
        if measure.ended_at:
            row(measure.ended_at, f"{kinds[measure.kind]}：结束", (), measure.end_document_no, "")
    return tuple(r for _, r in sorted(rows, key=lambda pair: pair[0]))
