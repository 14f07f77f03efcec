"""Hits and the result of a run: result only, in words, each with its evidence rows, bound to the authorization."""
from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from ..authorization.permit import Permit
from ..workspace import digest
from .projection import SAMPLE
from .worker import EVIDENCE_ROWS, token_text

ALWAYS = {
    "zh": "这是疑点，不是结论。须由人核实，先排除下列无辜原因，方可转为线索。",
    "en": "This is a hit, not a finding. A person must verify it and rule out the innocent causes below before it becomes a lead.",
}


def in_words(template: str, values: dict[str, Any]) -> str:
    """A template's {names} filled in; nothing else of a template is interpreted."""
    return re.sub(r"\{(\w+)\}", lambda m: _shown(values.get(m.group(1))), template)


def _shown(value: Any) -> str:
    if value is None:
        return "—"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def hit_lines(allowed: Permit, run_id: str, found: dict[str, Any]) -> list[bytes]:
    """One JSON line per hit, in a stable order."""
    model = allowed.model
    lines = []
    for hit in found["hits"]:
        values = {n: token_text(v) if model.outputs[n].type == "token" and v is not None else v for n, v in hit["values"].items()}
        # The number of a hit is the same in every run that finds it, so that a verdict once given is not asked again.
        identity = [model.id, {n: str(v) for n, v in values.items() if model.outputs[n].type in ("token", "text")}]
        if not identity[1]:
            identity.append(hit["evidence"])
        told = {**allowed.parameters, **values}
        evidence = {
            t: {"dataset": _dataset(allowed, t), "count": len(rows), "rows": [{"row": r, **found["shown"][t].get(str(r), {})} for r in rows[:EVIDENCE_ROWS]]}
            for t, rows in hit["evidence"].items()
            if rows
        }
        record = {
            "hit": "H-" + digest(identity)[:16], "run": run_id, "model": model.id, "version": model.version,
            "authorization": allowed.authorization.id, "authorization_digest": allowed.authorization.digest, "strength": model.strength,
            "values": values, "explanation": {lang: in_words(model.explanation[lang], told) for lang in ("zh", "en")},
            "innocent_causes": list(model.innocent_causes), "notice": ALWAYS, "evidence": evidence,
            "edges": [{**e, "dataset": _dataset(allowed, t), "row": str(r)} for t, rows in hit["evidence"].items() for r in rows[:EVIDENCE_ROWS] for e in found["edges"].get(f"{t}:{r}", ())],
        }  # fmt: skip
        lines.append((record["hit"], json.dumps(record, ensure_ascii=False).encode() + b"\n"))
    return [line for _, line in sorted(lines, key=lambda x: str(x[0]))]


def _dataset(allowed: Permit, table: str) -> str:
    return next(t.entry.dataset.name for t in allowed.tables if t.name == table)


def result_of(allowed: Permit, run_id: str, hits: int, counts: dict[str, dict[str, int]], isolation: str, engine: str, now: datetime, trial: bool) -> dict[str, Any]:
    """The result: what was compared with what, under what, and how many hits. Rows that did not hit never leave."""
    return {
        "run": run_id, "authorization": allowed.authorization.id, "authorization_digest": allowed.authorization.digest, "matter": allowed.authorization.matter,
        "purpose": allowed.authorization.purpose, "model": allowed.model.id, "version": allowed.model.version, "model_digest": allowed.model.digest,
        "title": allowed.model.title, "parameters": allowed.parameters, "engine": engine, "isolation": isolation,
        "snapshot": {t.name: {"dataset": t.entry.dataset.name, "version": t.entry.version, "as_of": t.entry.dataset.as_of, **counts[t.name]} for t in allowed.tables},
        "hits": hits, **({"trial": SAMPLE, "expected": hits * SAMPLE} if trial else {}), "notes": list(allowed.notes), "finished_at": now.isoformat(),
    }  # fmt: skip
