"""Expiry: what is due is destroyed, with a record of what; the list of what is due comes before the act."""
from __future__ import annotations

import shutil
from datetime import datetime
from typing import Any

from ..authorization.document import Authorization, load_authorization
from ..authorization.signing import is_destroyed
from ..workspace import Workspace, read_json, write_json


def due(workspace: Workspace, now: datetime) -> list[dict[str, Any]]:
    """Authorizations whose keeping period is over, with their runs, and expired ones with their remaining days of keeping."""
    out = []
    for path in sorted(workspace.authorizations.glob("*.yaml")):
        authorization = load_authorization(path)
        destroyed = is_destroyed(workspace, authorization.id)
        out.append({
            "authorization": authorization.id, "expired": now >= authorization.ends, "keep_until": authorization.keep_until.isoformat(),
            "due": now.date() > authorization.keep_until and not destroyed, "destroyed": destroyed,
            "days_left": max(0, (authorization.ends - now).days), "runs": [r.name for r in _runs(workspace, authorization)],
        })  # fmt: skip
    return out


def _runs(workspace: Workspace, authorization: Authorization) -> list[Any]:
    return [
        folder for folder in sorted(workspace.runs.iterdir())
        if (folder / "request.json").exists() and read_json(folder / "request.json")["authorization"] == authorization.id
    ]  # fmt: skip


def sweep(workspace: Workspace, *, by: str, now: datetime) -> list[dict[str, Any]]:
    """Destroy what is due: hits, evidence and the key that makes tokens. Requests, counts and verdicts stay.

    Returns one record per authorization destroyed. Projections of expired authorizations go at once.
    """
    destroyed = []
    for row in due(workspace, now):
        authorization = load_authorization(workspace.authorizations / f"{row['authorization']}.yaml")
        if row["expired"] or row["due"]:
            for folder in _runs(workspace, authorization):
                for path in [*folder.glob("*.duckdb*"), *folder.glob("*.parquet"), *folder.glob("found.json"), *folder.glob("spill")]:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
        if not row["due"]:
            continue
        gone = []
        for folder in _runs(workspace, authorization):
            for name in ("hits.jsonl",):
                if (folder / name).exists():
                    (folder / name).unlink()
                    gone.append(f"{folder.name}/{name}")
            write_json(folder / "state.json", {"phase": "destroyed"})
        key = workspace.authorizations / f"{authorization.id}.key"
        if key.exists():
            key.write_bytes(b"\0" * 32)
            key.unlink()
            gone.append(key.name)
        record = {"authorization": authorization.id, "digest": authorization.digest, "files": gone}
        workspace.record(now, by, "authorization_destroyed", record)
        destroyed.append(record)
    return destroyed
