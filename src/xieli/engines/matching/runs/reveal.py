"""Reveal: the second act. One hit, one person, one reason, only the columns granted for it, on record before it is shown."""
from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from ..authorization.permit import check_time
from ..authorization.signing import open_signed
from ..datasets.catalogue import entry
from ..datasets.checks import literal, quoted
from ..words import MatchError, Refused
from ..workspace import Workspace, digest, read_json
from .projection import where_sql
from .run import run_folder
from .worker import EVIDENCE_ROWS, plain


def read_hits(folder: Path) -> list[dict[str, Any]]:
    """The hits of a run; MatchError once they were destroyed."""
    import json

    path = folder / "hits.jsonl"
    if not path.exists():
        raise MatchError("no_hits", f"运行 {folder.name} 没有可看的结果", f"run {folder.name} has no result to look at")
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def find_hit(folder: Path, hit: str) -> dict[str, Any]:
    for h in read_hits(folder):
        if h["hit"] == hit:
            return h
    raise MatchError("no_hit", f"运行 {folder.name} 没有疑点 {hit}", f"run {folder.name} has no hit {hit}")


def reveal(workspace: Workspace, run_id: str, hit: str, *, by: str, reason: str, now: datetime) -> dict[str, Any]:
    """The original rows behind a hit, side by side, in the columns granted for reveal.

    Refused after expiry, without a reason, beyond the budget or when no column was granted. The act is recorded
    before anything is returned.
    """
    if not reason.strip():
        raise Refused("reason", "揭示原始数据须写明理由", "revealing original rows needs a reason")
    folder = run_folder(workspace, run_id)
    request = read_json(folder / "request.json")
    authorization = open_signed(workspace, request["authorization"])
    if authorization.digest != request["authorization_digest"]:
        raise Refused("other_document", "授权书内容已不是运行时的内容", "the authorization is not the one the run was made under")
    check_time(authorization, now)
    if by not in authorization.operators:
        raise Refused("operator", f"{by} 不在授权书的操作人之列", f"{by} is not an operator of this authorization")
    found = find_hit(folder, hit)
    shown: dict[str, Any] = {}
    for table, evidence in found["evidence"].items():
        granted = authorization.granted[evidence["dataset"]]
        at = entry(workspace, evidence["dataset"], request["snapshot"][table]["version"])
        columns = [c for c in granted.columns if "reveal" in granted.columns[c]]
        if not columns:
            continue
        refs = [int(r["row"]) for r in evidence["rows"][:EVIDENCE_ROWS]]
        plan = {
            "rows": [{**vars(r), "semantic": at.dataset.column(r.column).semantic} for r in granted.rows], "subjects": list(authorization.subjects),
        }  # fmt: skip
        where = where_sql(plan, now.date()) or " WHERE true"
        con = duckdb.connect()
        rows = con.execute(
            f"SELECT _row, {', '.join(quoted(c) for c in columns)} FROM read_parquet({literal(str(at.accepted))}){where}"
            f" AND _row IN ({', '.join(map(str, refs))}) ORDER BY _row"
        ).fetchall()
        con.close()
        shown[table] = {
            "dataset": evidence["dataset"], "titles": {c: at.dataset.column(c).title for c in columns},
            "rows": [{"row": r[0], **{c: plain(v) for c, v in zip(columns, r[1:], strict=True)}} for r in rows],
        }  # fmt: skip
    if not shown:
        raise Refused("no_reveal", "授权书没有授权揭示任何字段", "the authorization grants no column for reveal")
    with workspace.lock("budget"):
        used = sum(1 for a in workspace.acts() if a["act"] == "revealed" and a["detail"]["authorization_digest"] == authorization.digest)
        if used >= authorization.reveals:
            raise Refused("budget", f"授权书允许的 {authorization.reveals} 次揭示已用完", f"the {authorization.reveals} reveals of the authorization are used up")
        workspace.record(
            now, by, "revealed",
            {
                "run": run_id, "hit": hit, "authorization": authorization.id, "authorization_digest": authorization.digest, "reason": reason.strip(),
                "columns": {t: sorted(s["titles"]) for t, s in shown.items()}, "rows": {t: len(s["rows"]) for t, s in shown.items()}, "shown_digest": digest(_texts(shown)),
            },
        )  # fmt: skip
    return {"run": run_id, "hit": found, "rows": shown}


def _texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _texts(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_texts(v) for v in value]
    return None if value is None else str(value)
