"""A run from permit to hits: numbered phases, each complete before the next begins, so a kill repeats nothing.

1. permit the request; the run's number is the digest of authorization, model, parameters, data versions and engine
2. record the start (this uses up one run of the budget, once per number)
3. project the granted columns into a fresh database, in a child process
4. run the model in a locked child process that sees the projection only
5. write hits and result with the authorization's digest, record the end, delete the projection

A run killed in between is taken up at its last complete phase by running the same request again.
"""
from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ..authorization.permit import BoundTable, Permit, permit
from ..authorization.signing import open_signed, secret_of
from ..child import run_child
from ..datasets.snapshot import disk_full
from ..models.contract import Model, find_model
from ..models.dialect import rendered
from ..words import Conflict, MatchError, Refused
from ..workspace import Workspace, digest, read_json, write_atomic, write_json
from .projection import SAMPLE
from .results import hit_lines, result_of

Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class RunLimits:
    """DuckDB's memory in MB, address space, CPU seconds, wall seconds, file size in GB, threads (None: all)."""

    memory_mb: int = 2048
    address_mb: int = 12_288
    cpu_seconds: int = 7200
    wall_seconds: int = 7200
    file_gb: int = 200
    threads: int | None = None


@dataclass(frozen=True)
class Finished:
    """A run that is done. `again` is true when its result existed already."""

    run: str
    folder: Path
    result: dict[str, Any]
    again: bool


def run_model(
    workspace: Workspace,
    authorization_id: str,
    model_id: str,
    *,
    operator: str,
    now: datetime,
    engine: str = "duckdb",
    master: str = "local[2]",
    models: Path | None = None,
    limits: RunLimits = RunLimits(),
    trial: bool = False,
    begun: Callable[[str], None] = lambda run: None,
    progress: Progress = lambda stage, n: None,
) -> Finished:
    """Run a model under an authorization. Refused, Conflict or MatchError, with nothing exported, when it may not or cannot.

    trial: look at one person (account, row) in a hundred and say only how many hits there were; it costs no run of the
    budget, and the same trial is never made twice. begun: told the run's number once it is recorded.
    """
    if engine not in ("duckdb", "spark"):
        raise MatchError("engine", f"不认识的引擎 {engine}", f"unknown engine {engine}")
    authorization = open_signed(workspace, authorization_id)
    model = find_model(model_id, models)
    allowed = permit(workspace, authorization, model, operator, now)
    request = {**_request(allowed, engine), **({"trial": SAMPLE} if trial else {})}
    run_id = "R-" + digest(request)[:16]
    folder = workspace.runs / run_id
    with workspace.lock(f"run-{run_id}"):
        state = read_json(folder / "state.json")["phase"] if (folder / "state.json").exists() else None
        if state == "destroyed":
            raise Refused("destroyed", f"运行 {run_id} 的数据已按期销毁", f"the data of run {run_id} were destroyed as due")
        if state == "done":
            return Finished(run_id, folder, read_json(folder / "result.json"), True)
        _start(workspace, allowed, run_id, folder, request, operator, now)
        begun(run_id)
        try:
            _phases(workspace, allowed, run_id, folder, engine, master, limits, now, progress, trial)
        except KeyboardInterrupt:
            _fail(workspace, run_id, folder, "cancelled", operator, now)
            raise
        except MatchError as e:
            _fail(workspace, run_id, folder, e.code, operator, now)
            raise
        except OSError as e:
            full = disk_full(e)
            if full is None:
                raise
            # what this run laid down goes first, and with it the room for saying so
            _fail(workspace, run_id, folder, full.code, operator, now)
            raise full from e
        result = read_json(folder / "result.json")
        workspace.record(now, operator, "run_done", {"run": run_id, "authorization_digest": authorization.digest, "hits": result["hits"]})
        _destroy_projection(workspace, run_id, folder, operator, now)
        write_json(folder / "state.json", {"phase": "done"})
    return Finished(run_id, folder, result, False)


def _request(allowed: Permit, engine: str) -> dict[str, Any]:
    return {
        "authorization": allowed.authorization.id, "authorization_digest": allowed.authorization.digest, "model": allowed.model.id,
        "model_version": allowed.model.version, "model_digest": allowed.model.digest, "parameters": allowed.parameters, "engine": engine,
        "snapshot": {t.name: {"dataset": t.entry.dataset.name, "version": t.entry.version} for t in allowed.tables},
    }  # fmt: skip


def _start(workspace: Workspace, allowed: Permit, run_id: str, folder: Path, request: dict[str, Any], operator: str, now: datetime) -> None:
    # Counted and recorded under one lock, so that two runs started together cannot both take the last of the budget.
    with workspace.lock("budget"):
        acts = workspace.acts()
        used = {a["detail"]["run"] for a in acts if a["act"] == "run_started" and a["detail"]["authorization_digest"] == allowed.authorization.digest}
        paid = {a["detail"]["run"] for a in acts if a["act"] == "run_started" and a["detail"]["run"] in used and "trial" not in a["detail"]}
        if run_id not in used:
            if "trial" not in request and len(paid) >= allowed.authorization.runs:
                raise Refused("budget", f"授权书允许的 {allowed.authorization.runs} 次运行已用完", f"the {allowed.authorization.runs} runs of the authorization are used up")
            workspace.record(now, operator, "run_started", {"run": run_id, **request})
    folder.mkdir(exist_ok=True)
    (folder / "cancel").unlink(missing_ok=True)
    write_json(folder / "request.json", {**request, "operator": operator, "started_at": now.isoformat()})
    if not (folder / "state.json").exists():
        write_json(folder / "state.json", {"phase": "planned"})


def _phases(
    workspace: Workspace, allowed: Permit, run_id: str, folder: Path, engine: str, master: str, limits: RunLimits, now: datetime, progress: Progress, trial: bool
) -> None:
    sql = rendered(allowed.model, allowed.parameters, engine)
    plan = {
        "run": str(folder.resolve()), "engine": engine, "master": master, "sql": sql, "step": allowed.model.step, "parameters": allowed.parameters,
        "meets": [list(side) for side in allowed.model.meets], "hits": allowed.authorization.hits, "today": now.date().isoformat(), "outputs": allowed.model.output_plan(),
        "tables": [{**_table_plan(t, allowed), "sample": _sample(t, allowed) if trial else None} for t in allowed.tables],
        "relations": [vars(r) for r in allowed.model.relations], **vars(limits),
    }  # fmt: skip
    secret_of(workspace, allowed.authorization)
    if not (folder / "work.duckdb").exists():
        key = workspace.authorizations / f"{allowed.authorization.id}.key"
        run_child({**plan, "task": "project", "key": str(key.resolve())}, folder, limits.wall_seconds, progress)
    write_json(folder / "state.json", {"phase": "projected"})
    if engine == "spark":
        run_child({**plan, "task": "spark"}, folder, limits.wall_seconds, progress)
    run_child({**plan, "task": "model"}, folder, limits.wall_seconds, progress)
    found, counts = read_json(folder / "found.json"), read_json(folder / "counts.json")
    lines = hit_lines(allowed, run_id, found)
    # a trial says how many, never who: what a person is to judge comes from the whole data
    write_atomic(folder / "hits.jsonl", b"" if trial else b"".join(lines))
    write_json(folder / "result.json", result_of(allowed, run_id, len(lines), counts, found["isolation"], engine, now, trial))
    write_json(folder / "state.json", {"phase": "exported"})


def _sample(t: BoundTable, allowed: Permit) -> dict[str, str] | None:
    """The column of this table by which a trial is drawn: both sides of a meeting, else the first token of the hits, else rows of the largest table."""
    meets = dict(allowed.model.meets)
    origins = [o.origin.split(".", 1) for o in allowed.model.outputs.values() if o.type == "token"]
    drawn = meets.get(t.name) if meets else next((column for table, column in origins[:1] if table == t.name), None)
    if drawn is not None:
        column = next(c for c in t.columns if c.name == drawn)
        return {"column": column.source, "semantic": column.semantic}
    largest = max(allowed.tables, key=lambda x: int(x.entry.manifest["accepted"]))
    return {"column": "_row"} if not meets and not origins and t.name == largest.name else None


def _table_plan(t: BoundTable, allowed: Permit) -> dict[str, Any]:
    return {
        "name": t.name, "parquet": str(t.entry.accepted.resolve()), "subjects": list(allowed.authorization.subjects),
        "columns": [{"name": c.name, "source": c.source, "semantic": c.semantic, "token": c.token} for c in t.columns],
        "rows": [{**vars(r), "semantic": t.entry.dataset.column(r.column).semantic} for r in t.granted.rows],
    }  # fmt: skip


def _fail(workspace: Workspace, run_id: str, folder: Path, code: str, operator: str, now: datetime) -> None:
    """Nothing of a failed run stays but its request and the reason."""
    _destroy_projection(workspace, run_id, folder, operator, now)
    write_json(folder / "state.json", {"phase": "failed", "code": code})
    workspace.record(now, operator, "run_failed", {"run": run_id, "code": code})


def _destroy_projection(workspace: Workspace, run_id: str, folder: Path, by: str, now: datetime) -> None:
    gone = [p.name for p in folder.iterdir() if p.suffix in (".duckdb", ".parquet", ".wal") or p.name in ("found.json", "rows.json", "spill", "warehouse", "plan.json", "child.err")]
    for name in gone:
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    os.sync()
    workspace.record(now, by, "projection_destroyed", {"run": run_id, "files": sorted(gone)})


def cancel(workspace: Workspace, run_id: str) -> None:
    """Ask a running run to stop; it stops within a second and writes nothing. Conflict if it is not running."""
    folder = run_folder(workspace, run_id)
    if read_json(folder / "state.json")["phase"] in ("done", "failed", "destroyed"):
        raise Conflict("not_running", f"运行 {run_id} 不在进行中", f"run {run_id} is not running")
    (folder / "cancel").touch()


def run_folder(workspace: Workspace, run_id: str) -> Path:
    """The folder of a run; MatchError if there is none."""
    folder = workspace.runs / run_id
    if folder.parent != workspace.runs or not (folder / "state.json").exists():
        raise MatchError("no_run", f"没有运行 {run_id}", f"there is no run {run_id}")
    return folder


def model_of(request: dict[str, Any], models: Path | None = None) -> Model:
    return find_model(request["model"], models)
