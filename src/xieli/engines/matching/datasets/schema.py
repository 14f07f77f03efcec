"""The description of a data set: a Table Schema with owner, level, freshness, lineage and a meaning per column."""
from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ..words import MatchError
from ..workspace import canonical, read_yaml

# meaning -> (Table Schema type, DuckDB type). Models ask for columns by meaning, never by name.
SEMANTIC: dict[str, tuple[str, str]] = {
    "person_id": ("string", "VARCHAR"),
    "person_name": ("string", "VARCHAR"),
    "credit_code": ("string", "VARCHAR"),
    "company_name": ("string", "VARCHAR"),
    "phone": ("string", "VARCHAR"),
    "bank_account": ("string", "VARCHAR"),
    "invoice_no": ("string", "VARCHAR"),
    "invoice_code": ("string", "VARCHAR"),
    "household": ("string", "VARCHAR"),
    "plot": ("string", "VARCHAR"),
    "address": ("string", "VARCHAR"),
    "area_code": ("string", "VARCHAR"),
    "body": ("string", "VARCHAR"),
    "case_no": ("string", "VARCHAR"),
    "code": ("string", "VARCHAR"),
    "text": ("string", "VARCHAR"),
    "json": ("string", "VARCHAR"),
    "money": ("number", "DECIMAL(18,2)"),
    "number": ("number", "DOUBLE"),
    "integer": ("integer", "BIGINT"),
    "date": ("date", "DATE"),
    "instant": ("datetime", "TIMESTAMP"),
}
# Meanings whose values are keys of persons or things: projected only as tokens of one authorization (authorization §).
IDENTIFIERS = frozenset(["person_id", "credit_code", "phone", "bank_account", "invoice_no", "invoice_code", "household", "plot"])
GRADED = frozenset(["person_id", "credit_code", "phone", "bank_account", "invoice_no", "invoice_code"])
NAMES = frozenset(["person_name", "company_name"])
LEVELS = ("public", "internal", "sensitive")
# Columns of these classes need a query approval by the subject's rank.
QUERY_CLASSES = ("bank", "property")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
MAX_COLUMNS = 2000


@dataclass(frozen=True)
class Column:
    """One column. `headers` are the names it may carry in a file; `query_class` is bank, property or empty."""

    name: str
    semantic: str
    title: dict[str, str]
    headers: tuple[str, ...] = ()
    required: bool = False
    minimum: str | None = None
    maximum: str | None = None
    enum: tuple[str, ...] = ()
    unit: str = "yuan"
    query_class: str = ""

    @property
    def sql_type(self) -> str:
        return SEMANTIC[self.semantic][1]


@dataclass(frozen=True)
class Dataset:
    """A described data set; `raw` is the document it came from."""

    name: str
    title: dict[str, str]
    owner: dict[str, str]
    level: str
    as_of: str
    every_days: int
    lineage: dict[str, str]
    columns: tuple[Column, ...]
    missing: tuple[str, ...]
    raw: dict[str, Any] = field(repr=False, compare=False, hash=False)

    def column(self, name: str) -> Column:
        """The column of that name; MatchError if there is none."""
        for c in self.columns:
            if c.name == name:
                return c
        raise MatchError("no_column", f"数据集 {self.name} 没有字段 {name}", f"data set {self.name} has no column {name}")

    def stale(self, today: date) -> bool:
        """True when the data are older than their owner promised."""
        return (today - date.fromisoformat(self.as_of)).days > self.every_days

    def canonical(self) -> bytes:
        return canonical(self.raw)


def load_dataset(path: Path) -> Dataset:
    """Read and check a description; MatchError names the first thing that is missing or wrong."""
    return parse_dataset(read_yaml(path), path.name)


def parse_dataset(raw: Any, where: str) -> Dataset:
    def bad(zh: str, en: str) -> MatchError:
        return MatchError("dataset", f"{where}：{zh}", f"{where}: {en}")

    if not isinstance(raw, dict):
        raise bad("应为键值结构", "must be a mapping")
    name = raw.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise bad("name 应为小写字母开头的标识", "name must be lower case letters, digits and underscores")
    for key in ("title", "lineage"):
        _both(raw.get(key), bad, key)
    owner = raw.get("owner")
    if not isinstance(owner, dict) or not owner.get("body"):
        raise bad("缺少 owner.body（数据主管单位）", "owner.body is missing")
    _both(owner, bad, "owner")
    if raw.get("level") not in LEVELS:
        raise bad(f"level 应为 {'、'.join(LEVELS)} 之一", f"level must be one of {', '.join(LEVELS)}")
    fresh = raw.get("freshness")
    try:
        as_of, every = str(fresh["as_of"]), int(fresh["every_days"])  # type: ignore[index]
        date.fromisoformat(as_of)
    except (TypeError, KeyError, ValueError) as e:
        raise bad("freshness 需要 as_of（日期）和 every_days（天数）", "freshness needs as_of (a date) and every_days") from e
    schema = raw.get("schema")
    fields = schema.get("fields") if isinstance(schema, dict) else None
    if not isinstance(fields, list) or not fields:
        raise bad("schema.fields 为空", "schema.fields is empty")
    if len(fields) > MAX_COLUMNS:
        raise bad(f"字段超过 {MAX_COLUMNS} 个", f"more than {MAX_COLUMNS} columns")
    columns = tuple(_column(f, bad) for f in fields)
    if len({c.name for c in columns}) != len(columns):
        raise bad("字段名重复", "two columns share a name")
    missing = tuple(str(m) for m in schema.get("missingValues", ["", "NULL", "null", "—", "-"]))  # type: ignore[union-attr]
    return Dataset(name, raw["title"], owner, raw["level"], as_of, every, raw["lineage"], columns, missing, raw)


def _both(value: Any, bad: Any, key: str) -> None:
    if not isinstance(value, dict) or not value.get("zh") or not value.get("en"):
        raise bad(f"{key} 需要 zh 和 en", f"{key} needs zh and en")


def _column(f: Any, bad: Any) -> Column:
    if not isinstance(f, dict) or not isinstance(f.get("name"), str) or not _NAME.fullmatch(f["name"]):
        raise bad("字段缺少合法的 name", "a column lacks a valid name")
    name, semantic = f["name"], f.get("semantic")
    if semantic not in SEMANTIC:
        raise bad(f"字段 {name} 的 semantic 不认识：{semantic}", f"column {name} has an unknown semantic type: {semantic}")
    if f.get("type", SEMANTIC[semantic][0]) != SEMANTIC[semantic][0]:
        raise bad(f"字段 {name} 的 type 与 semantic 不符", f"column {name}: type does not fit its semantic type")
    _both(f.get("title"), bad, f"{name}.title")
    query_class = f.get("query_class", "bank" if semantic == "bank_account" else "")
    if query_class not in ("", *QUERY_CLASSES):
        raise bad(f"字段 {name} 的 query_class 不认识", f"column {name} has an unknown query_class")
    unit = f.get("unit", "yuan")
    if unit not in ("yuan", "wan", "fen"):
        raise bad(f"字段 {name} 的 unit 应为 yuan、wan 或 fen", f"column {name}: unit must be yuan, wan or fen")
    limits = f.get("constraints") or {}
    if not isinstance(limits, dict):
        raise bad(f"字段 {name} 的 constraints 应为键值结构", f"column {name}: constraints must be a mapping")
    unknown = set(limits) - {"required", "minimum", "maximum", "enum"}
    if unknown:
        raise bad(f"字段 {name} 有不支持的约束 {sorted(unknown)}", f"column {name} has unsupported constraints {sorted(unknown)}")
    headers = tuple(str(h) for h in (name, f["title"]["zh"], f["title"]["en"], *f.get("headers", [])))
    low, high = limits.get("minimum"), limits.get("maximum")
    return Column(
        name, semantic, f["title"], headers, bool(limits.get("required", False)),
        None if low is None else str(low), None if high is None else str(high),
        tuple(str(e) for e in limits.get("enum", ())), unit, query_class,
    )  # fmt: skip
