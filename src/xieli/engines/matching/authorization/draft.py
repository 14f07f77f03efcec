"""A draft authorization for one model over named data sets: least columns, least roles; a person completes and signs it."""
from __future__ import annotations

from datetime import datetime
from typing import Any

from ..datasets.catalogue import Entry, entry
from ..datasets.schema import IDENTIFIERS, NAMES
from ..models.contract import Model
from ..words import MatchError
from ..workspace import Workspace


def draft(
    workspace: Workspace, model: Model, bind: dict[str, str], columns: dict[str, str], given: dict[str, Any], starts: datetime, ends: datetime,
    *, pinned: bool = True,
) -> dict[str, Any]:  # fmt: skip
    """The document as a mapping. `bind` table → data set; `columns` TABLE.COLUMN → column where meaning does not decide.

    A case's document limits the model's subject column to the rows of its persons. Not `pinned`: every run takes the
    data sets as they are then, for what is to be looked at again each quarter. MatchError when a table is not bound or a column cannot be chosen by its meaning.
    """
    datasets: dict[str, dict[str, Any]] = {}
    bound: dict[str, Any] = {}
    for table, wanted in model.inputs.items():
        if table not in bind:
            raise MatchError("bind", f"请用 --bind {table}=数据集 指明", f"say --bind {table}=DATASET")
        found = entry(workspace, bind[table])
        grant = datasets.setdefault(found.dataset.name, _grant(found, pinned))
        chosen: dict[str, str] = {}
        for name, spec in wanted.items():
            source = columns.get(f"{table}.{name}") or _choose(found, table, name, spec.semantic)
            meaning = found.dataset.column(source).semantic
            if meaning not in spec.semantic:
                raise MatchError(
                    "semantic", f"{found.dataset.name}.{source} 的含义是 {meaning}，{table}.{name} 需要 {'/'.join(spec.semantic)}",
                    f"{found.dataset.name}.{source} means {meaning}; {table}.{name} needs {'/'.join(spec.semantic)}",
                )
            chosen[name] = source
            roles = grant["columns"].setdefault(source, [])
            if spec.role not in roles:
                roles.append(spec.role)
        # What a person needs to verify a hit: the identifier and the name, by the second, recorded act only.
        for c in found.dataset.columns:
            if (c.name in grant["columns"] and c.semantic in IDENTIFIERS) or c.semantic in NAMES:
                roles = grant["columns"].setdefault(c.name, [])
                if "reveal" not in roles:
                    roles.append("reveal")
        bound[table] = {"dataset": found.dataset.name, "columns": chosen}
        if given.get("kind") == "case" and model.subject is not None and model.subject[0] == table:
            rule = {"column": chosen[model.subject[1]], "subjects": True}
            if rule not in grant.setdefault("rows", []):
                grant["rows"].append(rule)
    return {
        **given, "from": starts.isoformat(), "until": ends.isoformat(), "datasets": list(datasets.values()),
        "models": [{"model": model.id, "version": model.version, **({} if model.shipped else {"digest": model.digest}), "bind": bound, "parameters": {n: p.default for n, p in model.parameters.items()}}],
    }  # fmt: skip


def _grant(found: Entry, pinned: bool) -> dict[str, Any]:
    instrument = {"kind": "notice", "number": "未填", "date": found.dataset.as_of}
    return {"dataset": found.dataset.name, **({"version": found.version} if pinned else {}), "owner": found.dataset.owner["body"], "instrument": instrument, "columns": {}}


def _choose(found: Entry, table: str, name: str, semantic: tuple[str, ...]) -> str:
    same = [c.name for c in found.dataset.columns if c.semantic in semantic]
    exact = [c for c in same if c == name]
    if len(exact) == 1:
        return exact[0]
    if len(same) != 1:
        raise MatchError(
            "bind_column",
            f"{table}.{name} 在 {found.dataset.name} 中有 {len(same)} 个同义字段，请用 --column {table}.{name}=字段 指明",
            f"{found.dataset.name} has {len(same)} columns of that meaning for {table}.{name}; say --column {table}.{name}=COLUMN",
        )
    return same[0]
