"""May this model run now, under this authorization, with these data sets, by this person? One answer, with the reason."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..datasets.catalogue import Entry, entry
from ..datasets.schema import IDENTIFIERS, NAMES
from ..models.contract import Model
from ..words import Refused
from ..workspace import Workspace, read_yaml
from .document import DEFAULT_MATRIX, Authorization, Granted, check_query_approvals


@dataclass(frozen=True)
class BoundColumn:
    """A model's column bound to a data set's; `token` when only a token of the value is laid into the projection."""

    name: str
    source: str
    semantic: str
    roles: frozenset[str]
    token: bool


@dataclass(frozen=True)
class BoundTable:
    """A model's table bound to one version of a data set."""

    name: str
    entry: Entry
    granted: Granted
    columns: tuple[BoundColumn, ...]


@dataclass(frozen=True)
class Permit:
    """Everything a run needs, decided."""

    authorization: Authorization
    model: Model
    tables: tuple[BoundTable, ...]
    parameters: dict[str, str]
    notes: tuple[dict[str, str], ...]


def policy(workspace: Workspace) -> dict[str, Any]:
    """The owner's policy.yaml, or nothing."""
    path = workspace.root / "policy.yaml"
    read = read_yaml(path) if path.exists() else {}
    return read if isinstance(read, dict) else {}


def permit(workspace: Workspace, authorization: Authorization, model: Model, operator: str, now: datetime) -> Permit:
    """Decide. Refused with the first reason that stands against it."""
    check_time(authorization, now)
    if operator not in authorization.operators:
        raise Refused("operator", f"{operator} 不在授权书的操作人之列", f"{operator} is not an operator of this authorization")
    allowed = authorization.models.get(model.id)
    if allowed is None:
        raise Refused("model", f"授权书未列模型 {model.id}", f"the authorization does not name model {model.id}")
    if allowed.version != model.version:
        raise Refused("model_version", f"授权的是 {model.id} 第 {allowed.version} 版，现为第 {model.version} 版", f"version {allowed.version} of {model.id} was authorized; this is version {model.version}")
    if allowed.digest != model.digest and (allowed.digest is not None or not model.shipped):
        raise Refused(
            "model_changed", f"模型 {model.id} 的文件不是签批时的文件，须重新签批", f"the files of model {model.id} are not the ones that were signed; have it signed anew"
        )
    from ..verdicts import suspended

    why = suspended(workspace, model.id)
    if why is not None:
        raise Refused("suspended", f"模型 {model.id} 已暂停：{why['zh']}", f"model {model.id} is suspended: {why['en']}")
    tables = tuple(_bind(workspace, authorization, model, name, allowed.bind.get(name)) for name in model.inputs)
    extra = set(allowed.bind) - set(model.inputs)
    if extra:
        raise Refused("bind", f"绑定了模型没有的表 {sorted(extra)}", f"tables the model does not have are bound: {sorted(extra)}")
    notes = tuple(
        {
            "zh": f"数据集 {t.entry.dataset.name} 截至 {t.entry.dataset.as_of}，已超过更新周期",
            "en": f"data set {t.entry.dataset.name} is as of {t.entry.dataset.as_of}, older than its owner promised",
        }
        for t in tables
        if t.entry.dataset.stale(now.date())
    )
    return Permit(authorization, model, tables, model.parameters_with(allowed.parameters), notes)


def check_time(authorization: Authorization, now: datetime) -> None:
    """Refuse before its time and after its end."""
    if now < authorization.starts:
        raise Refused("not_yet", f"授权书 {authorization.id} 自 {authorization.starts.isoformat()} 起生效", f"authorization {authorization.id} is valid from {authorization.starts.isoformat()}")
    if now >= authorization.ends:
        raise Refused("expired", f"授权书 {authorization.id} 已于 {authorization.ends.isoformat()} 到期", f"authorization {authorization.id} expired at {authorization.ends.isoformat()}")


def _bind(workspace: Workspace, authorization: Authorization, model: Model, table: str, to: dict[str, Any] | None) -> BoundTable:
    if to is None:
        raise Refused("bind", f"授权书未绑定模型的表 {table}", f"the authorization does not bind the model's table {table}")
    granted = authorization.granted.get(to["dataset"])
    if granted is None:
        raise Refused("dataset", f"授权书未授权数据集 {to['dataset']}", f"the authorization does not grant data set {to['dataset']}")
    found = entry(workspace, granted.dataset, granted.version)
    if found.dataset.owner["body"] != granted.owner:
        raise Refused("owner", f"{granted.dataset} 的主管单位是 {found.dataset.owner['body']}，文书出自 {granted.owner}", f"{granted.dataset} belongs to {found.dataset.owner['body']}; the instrument is of {granted.owner}")
    for name in granted.columns:
        column = found.dataset.column(name)
        if column.query_class:
            check_query_approvals(authorization, granted.dataset, column.query_class, _matrix(workspace))
    columns = tuple(_column(model, table, name, to.get("columns", {}), found, granted) for name in model.inputs[table])
    if any(r.subjects for r in granted.rows) and not authorization.subjects:
        raise Refused("subjects", f"{granted.dataset} 只限对象的行，但授权书未列对象", f"{granted.dataset} is limited to the subjects' rows and none are listed")
    return BoundTable(table, found, granted, columns)


def _matrix(workspace: Workspace) -> dict[str, str]:
    given = policy(workspace).get("query_approval")
    return {**DEFAULT_MATRIX, **given} if isinstance(given, dict) else DEFAULT_MATRIX


def _column(model: Model, table: str, name: str, mapping: dict[str, Any], found: Entry, granted: Granted) -> BoundColumn:
    wanted = model.inputs[table][name]
    if name in mapping:
        source = str(mapping[name])
    else:
        same = [c for c in granted.columns if found.dataset.column(c).semantic in wanted.semantic]
        if len(same) != 1:
            raise Refused(
                "bind_column",
                f"{table}.{name} 需要含义为 {'/'.join(wanted.semantic)} 的字段，{granted.dataset} 中有 {len(same)} 个，请在授权书中写明",
                f"{table}.{name} needs one column of meaning {'/'.join(wanted.semantic)}; {granted.dataset} grants {len(same)}; name it in the authorization",
            )
        source = same[0]
    roles = granted.columns.get(source)
    if roles is None:
        raise Refused("column", f"未授权字段 {granted.dataset}.{source}", f"column {granted.dataset}.{source} is not granted")
    column = found.dataset.column(source)
    if column.semantic not in wanted.semantic:
        raise Refused("semantic", f"{granted.dataset}.{source} 的含义是 {column.semantic}，模型需要 {'/'.join(wanted.semantic)}", f"{granted.dataset}.{source} means {column.semantic}; the model needs {'/'.join(wanted.semantic)}")
    if wanted.role not in roles:
        raise Refused("role", f"{granted.dataset}.{source} 未授权用于 {wanted.role}", f"{granted.dataset}.{source} is not granted for {wanted.role}")
    token = wanted.role == "join" or column.semantic in IDENTIFIERS or column.semantic in NAMES
    return BoundColumn(name, source, column.semantic, roles, token)
