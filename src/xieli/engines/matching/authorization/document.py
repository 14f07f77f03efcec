"""The authorization document: its fields, what each must hold, and the sentence when it does not.

Sources: the matching agreement's shape (purpose, fields, accuracy, destruction, expiry, independent verification) is
borrowed as described in docs/decisions/match-authorization; the impact assessment before matching is 个人信息保护法
articles 55 and 56; a legal basis is 监察法 18 with 个人信息保护法 13(3) and 34. Query approval by the subject's rank is
the owner's matrix; the default below is ours and labelled so.
"""
from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ..words import MatchError, Refused
from ..workspace import digest, read_yaml

ROLES = ("join", "compare", "reveal")
RANKS = ("other", "deputy", "chief")
# A matter may be matched from preliminary verification on, never at the lead.
STAGES = ("preliminary_check", "filing", "investigation", "adjudication")
LEVELS = ("office_head", "responsible_leader", "head")
# Ours, not the law's (未核实): which level approves a bank or property query, by the highest rank among the subjects.
DEFAULT_MATRIX = {"other": "office_head", "deputy": "responsible_leader", "chief": "head"}
# Ours, after the eighteen months of the agreements whose shape is borrowed: longest life of an authorization, days.
LONGEST_DAYS = 548
OPERATORS = {"=": "=", "!=": "<>", ">=": ">=", "<=": "<=", ">": ">", "<": "<"}
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True)
class RowRule:
    """Only rows for which `column operator value` holds, or whose column is among the subjects."""

    column: str
    operator: str
    value: str
    subjects: bool


@dataclass(frozen=True)
class Granted:
    """One data set: its columns by role, its rows, its owner's instrument, and a pinned version or none."""

    dataset: str
    version: str | None
    owner: str
    instrument: dict[str, str]
    columns: dict[str, frozenset[str]]
    rows: tuple[RowRule, ...]


@dataclass(frozen=True)
class AllowedModel:
    """A model and version, how its tables are bound, and the parameters that were approved. `digest` is the signed digest of a model's files."""

    model: str
    version: str
    bind: dict[str, dict[str, Any]]
    parameters: dict[str, str]
    digest: str | None = None


@dataclass(frozen=True)
class Authorization:
    """A parsed document; `digest` identifies it in every result."""

    id: str
    kind: str
    matter: str
    purpose: dict[str, str]
    assessment: str
    operators: frozenset[str]
    subjects: tuple[str, ...]
    subjects_rank: str
    starts: datetime
    ends: datetime
    keep_until: date
    runs: int
    hits: int
    reveals: int
    granted: dict[str, Granted]
    models: dict[str, AllowedModel]
    approvals: tuple[dict[str, str], ...]
    document: dict[str, Any]

    @property
    def digest(self) -> str:
        return digest(self.document)


def load_authorization(path: Path) -> Authorization:
    """Read a document; MatchError says what is missing. A document that parses is not yet signed or valid."""
    return parse_authorization(read_yaml(path), path.name)


def parse_authorization(raw: Any, where: str = "authorization") -> Authorization:
    need = _Needs(where)
    if not isinstance(raw, dict):
        raise need.bad("应为键值结构", "must be a mapping")
    unknown = set(raw) - _KNOWN
    if unknown:
        raise need.bad(f"有不认识的项 {sorted(unknown)}", f"holds unknown entries {sorted(unknown)}")
    ident = need.text(raw, "id")
    if not _ID.fullmatch(ident):
        raise need.bad("id 只能用字母、数字、- 和 _", "id may hold letters, digits, - and _ only")
    kind = need.choice(raw, "kind", ("case", "programme"))
    matter = need.text(raw, "matter")
    if kind == "case":
        need.choice(raw, "stage", STAGES)
    else:
        need.text(raw, "programme_document")
    need.both(raw, "purpose")
    basis = raw.get("basis")
    if not isinstance(basis, list) or not basis or not all(isinstance(b, str) and b for b in basis):
        raise need.bad("basis 应列出法律依据", "basis must list the legal basis")
    assessment = need.mapping(raw, "assessment")
    for key in ("number", "date", "by"):
        need.text(assessment, key, "assessment")
    operators = need.texts(raw, "operators")
    starts, ends = need.instant(raw, "from"), need.instant(raw, "until")
    if not starts < ends:
        raise need.bad("until 必须晚于 from", "until must be after from")
    if (ends - starts).days > LONGEST_DAYS:
        raise need.bad(f"有效期不得超过 {LONGEST_DAYS} 天（本系统默认）", f"it must not last longer than {LONGEST_DAYS} days (our default)")
    keep = need.day(raw, "keep_until")
    budget = need.mapping(raw, "budget")
    subjects = need.mapping(raw, "subjects")
    rank = need.choice(subjects, "rank", RANKS)
    values = tuple(str(v) for v in subjects.get("values", []))
    need.both(subjects, "criterion")
    most = need.number(subjects, "max")
    if len(values) > most:
        raise need.bad(f"对象 {len(values)} 人，超过上限 {most}", f"{len(values)} subjects are listed, more than the {most} allowed")
    if kind == "case" and not values and most:
        raise need.bad("专案授权须列明对象 subjects.values", "a case-bound authorization must list its subjects")
    datasets = raw.get("datasets")
    if not isinstance(datasets, list) or not datasets:
        raise need.bad("datasets 为空", "datasets is empty")
    granted = [_granted(d, need) for d in datasets]
    models = raw.get("models")
    if not isinstance(models, list) or not models:
        raise need.bad("models 为空", "models is empty")
    allowed = [_model(m, need) for m in models]
    approvals = tuple(_approval(a, need) for a in raw.get("query_approvals", []))
    if len({g.dataset for g in granted}) != len(granted) or len({m.model for m in allowed}) != len(allowed):
        raise need.bad("数据集或模型重复", "a data set or model is named twice")
    return Authorization(
        ident, kind, matter, raw["purpose"], str(assessment["number"]), frozenset(operators), values, rank, starts, ends, keep,
        need.number(budget, "runs"), need.number(budget, "hits"), need.number(budget, "reveals"),
        {g.dataset: g for g in granted}, {m.model: m for m in allowed}, approvals, raw,
    )  # fmt: skip


_KNOWN = {
    "id", "kind", "matter", "stage", "programme_document", "purpose", "basis", "assessment", "operators", "from", "until", "keep_until",
    "budget", "subjects", "datasets", "models", "query_approvals", "note",
}  # fmt: skip


def _granted(d: Any, need: _Needs) -> Granted:
    if not isinstance(d, dict):
        raise need.bad("datasets 的每一项应为键值结构", "each of datasets must be a mapping")
    name = need.text(d, "dataset")
    instrument = need.mapping(d, "instrument", name)
    for key in ("kind", "number", "date"):
        need.text(instrument, key, f"{name}.instrument")
    columns = need.mapping(d, "columns", name)
    roles: dict[str, frozenset[str]] = {}
    for column, given in columns.items():
        listed = [given] if isinstance(given, str) else given
        if not isinstance(listed, list) or not listed or any(r not in ROLES for r in listed):
            raise need.bad(f"{name}.{column} 的用途应取自 {'、'.join(ROLES)}", f"{name}.{column}: roles must be among {', '.join(ROLES)}")
        roles[str(column)] = frozenset(listed)
    rules = []
    for r in d.get("rows", []):
        if not isinstance(r, dict) or r.get("column") not in roles:
            raise need.bad(f"{name}.rows 只能用已授权的字段", f"{name}.rows may use granted columns only")
        if r.get("subjects") is True:
            rules.append(RowRule(str(r["column"]), "", "", True))
        elif r.get("operator") in OPERATORS:
            rules.append(RowRule(str(r["column"]), OPERATORS[r["operator"]], str(r.get("value", "")), False))
        else:
            raise need.bad(f"{name}.rows 的 operator 不认识", f"{name}.rows: unknown operator")
    version = d.get("version")
    return Granted(name, None if version is None else str(version), need.text(d, "owner"), instrument, roles, tuple(rules))


def _model(m: Any, need: _Needs) -> AllowedModel:
    if not isinstance(m, dict):
        raise need.bad("models 的每一项应为键值结构", "each of models must be a mapping")
    bind = need.mapping(m, "bind", need.text(m, "model"))
    for table, to in bind.items():
        if not isinstance(to, dict) or not isinstance(to.get("dataset"), str) or not isinstance(to.get("columns", {}), dict):
            raise need.bad(f"bind.{table} 需要 dataset 和 columns", f"bind.{table} needs dataset and columns")
    parameters = m.get("parameters") or {}
    if not isinstance(parameters, dict):
        raise need.bad("parameters 应为键值结构", "parameters must be a mapping")
    return AllowedModel(need.text(m, "model"), str(m.get("version", "")), bind, {str(k): str(v) for k, v in parameters.items()}, str(m["digest"]) if m.get("digest") else None)


def _approval(a: Any, need: _Needs) -> dict[str, str]:
    if not isinstance(a, dict):
        raise need.bad("query_approvals 的每一项应为键值结构", "each of query_approvals must be a mapping")
    need.choice(a, "class", ("bank", "property"))
    need.choice(a, "level", LEVELS)
    for key in ("number", "approver", "date", "dataset"):
        need.text(a, key, "query_approvals")
    return {k: str(v) for k, v in a.items()}


class _Needs:
    def __init__(self, where: str) -> None:
        self.where = where

    def bad(self, zh: str, en: str) -> MatchError:
        return MatchError("authorization", f"授权书 {self.where}：{zh}", f"authorization {self.where}: {en}")

    def text(self, raw: dict[str, Any], key: str, at: str = "") -> str:
        value = raw.get(key)
        if value is None or not str(value).strip() or isinstance(value, dict | list):
            path = f"{at}.{key}" if at else key
            raise self.bad(f"缺少 {path}", f"{path} is missing")
        return str(value)

    def texts(self, raw: dict[str, Any], key: str) -> list[str]:
        value = raw.get(key)
        if not isinstance(value, list) or not value or not all(isinstance(v, str) and v.strip() for v in value):
            raise self.bad(f"{key} 应为姓名列表", f"{key} must be a list of names")
        return value

    def mapping(self, raw: dict[str, Any], key: str, at: str = "") -> dict[str, Any]:
        value = raw.get(key)
        if not isinstance(value, dict) or not value:
            path = f"{at}.{key}" if at else key
            raise self.bad(f"缺少 {path}", f"{path} is missing")
        return value

    def choice(self, raw: dict[str, Any], key: str, allowed: tuple[str, ...]) -> str:
        if raw.get(key) not in allowed:
            raise self.bad(f"{key} 应为 {'、'.join(allowed)} 之一", f"{key} must be one of {', '.join(allowed)}")
        return str(raw[key])

    def both(self, raw: dict[str, Any], key: str) -> None:
        value = raw.get(key)
        if not isinstance(value, dict) or not value.get("zh") or not value.get("en"):
            raise self.bad(f"{key} 需要 zh 和 en", f"{key} needs zh and en")

    def number(self, raw: dict[str, Any], key: str) -> int:
        value = raw.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self.bad(f"{key} 应为不小于 0 的整数", f"{key} must be an integer of 0 or more")
        return value

    def day(self, raw: dict[str, Any], key: str) -> date:
        try:
            return date.fromisoformat(str(raw.get(key)))
        except ValueError as e:
            raise self.bad(f"{key} 应为日期", f"{key} must be a date") from e

    def instant(self, raw: dict[str, Any], key: str) -> datetime:
        try:
            value = datetime.fromisoformat(str(raw.get(key)))
        except ValueError as e:
            raise self.bad(f"{key} 应为带时区的时间", f"{key} must be an instant with its zone") from e
        if value.tzinfo is None:
            raise self.bad(f"{key} 应带时区，例如 2026-01-01T00:00:00+08:00", f"{key} must carry a zone, e.g. 2026-01-01T00:00:00+08:00")
        return value


def check_query_approvals(authorization: Authorization, dataset: str, query_class: str, matrix: dict[str, str]) -> None:
    """Refuse a bank or property column without an approval of the level that the subjects' rank demands."""
    needed = matrix.get(authorization.subjects_rank, DEFAULT_MATRIX[authorization.subjects_rank])
    for a in authorization.approvals:
        if a["class"] == query_class and a["dataset"] == dataset and LEVELS.index(a["level"]) >= LEVELS.index(needed):
            return
    zh_class, en_class = {"bank": ("银行", "bank"), "property": ("财产", "property")}[query_class]
    raise Refused(
        "query_approval",
        f"{dataset} 含{zh_class}查询字段，对象职级 {authorization.subjects_rank} 需 {needed} 级审批，授权书未附",
        f"{dataset} holds {en_class} columns; for subjects of rank {authorization.subjects_rank} an approval of level {needed} is needed and none is attached",
    )
