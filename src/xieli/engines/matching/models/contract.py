"""A model's folder: model.yaml (contract, parameters, explanation, innocent causes, privacy), model.sql, tests.yaml.

A model asks for tables and columns by meaning and role, never by a data set's names, so it runs wherever an
authorization binds them. `load_model` refuses a folder that lacks a part; `check` also runs its tests.
"""
from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from importlib.resources import files
from pathlib import Path
from typing import Any

from ..authorization.document import ROLES
from ..datasets.schema import SEMANTIC
from ..relations.ftm import NODE_SCHEMA
from ..relations.graph import KINDS
from ..words import MatchError
from ..workspace import read_yaml
from .steps import STEPS

PARAMETER_TYPES = ("integer", "number", "date", "text", "codes")
OUTPUT_TYPES = ("token", "number", "money", "integer", "date", "text", "boolean")
STRENGTHS = ("strong", "medium", "weak")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Input:
    """A column the model needs: any of these meanings, in this role."""

    semantic: tuple[str, ...]
    role: str


@dataclass(frozen=True)
class Parameter:
    """A number the model uses; `source` says where it comes from or that it is ours."""

    name: str
    type: str
    default: str
    source: dict[str, str]


@dataclass(frozen=True)
class Output:
    """A column of a hit. A text must be a value of the input column `origin` (TABLE.COLUMN)."""

    name: str
    type: str
    title: dict[str, str]
    origin: str


@dataclass(frozen=True)
class Relation:
    """What a table says of who stands in what relation to whom: its columns for the ends, the days, a remark."""

    table: str
    kind: str
    source: str
    target: str
    source_kind: str
    target_kind: str
    first: str = ""
    last: str = ""
    note: str = ""


@dataclass(frozen=True)
class Model:
    """A loaded model. `subject` is the column in which the persons of a case stand. `meets` names two tables and a column of both: a row that finds no partner there takes no part in
    the model and is not even laid down. `digest` covers every file of the folder, so a changed model is another model."""

    id: str
    number: str
    version: str
    title: dict[str, str]
    question: dict[str, str]
    inputs: dict[str, dict[str, Input]]
    parameters: dict[str, Parameter]
    outputs: dict[str, Output]
    sql: str
    step: str | None
    meets: tuple[tuple[str, str], ...]
    explanation: dict[str, str]
    innocent_causes: tuple[dict[str, str], ...]
    privacy: dict[str, str]
    strength: str
    tests: tuple[dict[str, Any], ...]
    digest: str
    folder: Path
    subject: tuple[str, str] | None = None
    relations: tuple[Relation, ...] = ()

    @property
    def shipped(self) -> bool:
        """Whether it came with the product, whose release vouches for what a version holds; a folder of one's own vouches for nothing."""
        return self.folder.parent == content_folder()

    def output_plan(self) -> dict[str, dict[str, str]]:
        """Type, origin and the origin's meaning of each output, for checking a result."""
        return {n: {"type": o.type, "origin": o.origin, "semantic": _first_meaning(self.inputs, o.origin)} for n, o in self.outputs.items()}

    def parameters_with(self, given: dict[str, str]) -> dict[str, str]:
        """The defaults with the approved values over them, each checked. MatchError for an unknown or wrong one."""
        unknown = set(given) - set(self.parameters)
        if unknown:
            raise MatchError("parameter", f"模型 {self.id} 没有参数 {sorted(unknown)}", f"model {self.id} has no parameters {sorted(unknown)}")
        out = {name: given.get(name, p.default) for name, p in self.parameters.items()}
        for name, value in out.items():
            check_parameter(self.parameters[name], value, self.id)
        return out


def _first_meaning(inputs: dict[str, dict[str, Input]], origin: str) -> str:
    table, _, column = origin.partition(".")
    return inputs[table][column].semantic[0] if column else ""


def check_parameter(p: Parameter, value: str, where: str) -> None:
    """MatchError unless the text is a value of the parameter's type."""
    try:
        if p.type == "integer":
            int(value)
        elif p.type == "number":
            if not Decimal(value).is_finite():
                raise ValueError
        elif p.type == "date":
            date.fromisoformat(value)
    except (ValueError, InvalidOperation) as e:
        raise MatchError("parameter", f"{where} 的参数 {p.name} 应为 {p.type}：{value}", f"parameter {p.name} of {where} must be of type {p.type}: {value}") from e


def content_folder() -> Path:
    """The models shipped with the product."""
    return Path(str(files("xieli.content"))) / "models"


def model_folders(extra: Path | None = None) -> dict[str, Path]:
    """id -> folder, of the product's models and of a folder of one's own (which may not replace one of ours)."""
    out: dict[str, Path] = {}
    for root in [content_folder(), *([extra] if extra else [])]:
        for path in sorted(root.iterdir()) if root.is_dir() else []:
            if path.is_dir() and not path.name.startswith(("_", ".")):
                if path.name in out:
                    raise MatchError("model_twice", f"模型 {path.name} 已存在", f"there is a model {path.name} already")
                out[path.name] = path
    return out


def find_model(ident: str, extra: Path | None = None) -> Model:
    """A model by id; MatchError if there is none or it is incomplete."""
    folder = model_folders(extra).get(ident)
    if folder is None:
        raise MatchError("no_model", f"没有模型 {ident}", f"there is no model {ident}")
    return load_model(folder)


def load_model(folder: Path) -> Model:
    """Load and check a folder; MatchError lists everything it lacks, in one go."""
    lacking: list[tuple[str, str]] = []
    for part, zh, en in (("model.yaml", "合约", "contract"), ("model.sql", "语句", "SQL"), ("tests.yaml", "测试", "tests")):
        if not (folder / part).exists():
            lacking.append((f"缺少{zh} {part}", f"{part} ({en}) is missing"))
    if not (folder / "model.yaml").exists():
        raise _incomplete(folder, lacking)
    raw = read_yaml(folder / "model.yaml")
    if not isinstance(raw, dict):
        raise _incomplete(folder, [("model.yaml 应为键值结构", "model.yaml must be a mapping")])
    inputs = _inputs(raw, lacking)
    parameters = _parameters(raw, lacking)
    outputs = _outputs(raw, inputs, lacking)
    for key in ("title", "question", "explanation", "privacy"):
        _both(raw.get(key), key, lacking)
    causes = raw.get("innocent_causes")
    if not isinstance(causes, list) or not causes:
        lacking.append(("缺少 innocent_causes（常见的无辜原因）", "innocent_causes is missing"))
        causes = []
    for i, cause in enumerate(causes):
        _both(cause, f"innocent_causes[{i}]", lacking)
    if raw.get("strength") not in STRENGTHS:
        lacking.append((f"strength 应为 {'/'.join(STRENGTHS)}", f"strength must be one of {', '.join(STRENGTHS)}"))
    if raw.get("id") != folder.name or not _NAME.fullmatch(folder.name):
        lacking.append(("id 必须与文件夹同名", "id must be the folder's name"))
    if not raw.get("version"):
        lacking.append(("缺少 version", "version is missing"))
    step = raw.get("step")
    if step is not None and step not in STEPS:
        lacking.append((f"不认识的 step {step}", f"unknown step {step}"))
    meets = _meets(raw, inputs, lacking)
    subject = _subject(raw, inputs, lacking)
    relations = _relations(raw, inputs, lacking)
    tests = _tests(folder, lacking)
    known = set(outputs) | set(parameters)
    for lang in ("zh", "en"):
        told = raw.get("explanation", {}).get(lang, "") if isinstance(raw.get("explanation"), dict) else ""
        for name in re.findall(r"\{(\w*)\}", str(told)):
            if name not in known:
                lacking.append((f"explanation.{lang} 引用了不存在的 {name}", f"explanation.{lang} names {name}, which is neither an output nor a parameter"))
    if lacking:
        raise _incomplete(folder, lacking)
    return Model(
        folder.name, str(raw.get("number", "")), str(raw["version"]), raw["title"], raw["question"], inputs, parameters, outputs,
        (folder / "model.sql").read_text("utf-8"), step, meets, raw["explanation"], tuple(causes), raw["privacy"], raw["strength"], tests,
        folder_digest(folder), folder, subject, relations,
    )  # fmt: skip


def folder_digest(folder: Path) -> str:
    hashed = hashlib.sha256()
    for path in sorted(folder.glob("model.*")):
        hashed.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return hashed.hexdigest()


def _incomplete(folder: Path, lacking: list[tuple[str, str]]) -> MatchError:
    return MatchError(
        "model_incomplete",
        f"模型 {folder.name} 不完整：{'；'.join(zh for zh, _ in lacking)}",
        f"model {folder.name} is incomplete: {'; '.join(en for _, en in lacking)}",
    )


def _both(value: Any, key: str, lacking: list[tuple[str, str]]) -> None:
    if not isinstance(value, dict) or not value.get("zh") or not value.get("en"):
        lacking.append((f"{key} 需要 zh 和 en", f"{key} needs zh and en"))


def _inputs(raw: dict[str, Any], lacking: list[tuple[str, str]]) -> dict[str, dict[str, Input]]:
    given = raw.get("inputs")
    if not isinstance(given, dict) or not given:
        lacking.append(("缺少 inputs（所需的表和字段）", "inputs is missing"))
        return {}
    out: dict[str, dict[str, Input]] = {}
    for table, columns in given.items():
        if not _NAME.fullmatch(str(table)) or not isinstance(columns, dict) or not columns:
            lacking.append((f"inputs.{table} 应列出字段", f"inputs.{table} must list columns"))
            continue
        out[str(table)] = {}
        for name, spec in columns.items():
            meaning = spec.get("type") if isinstance(spec, dict) else None
            meanings = tuple(meaning) if isinstance(meaning, list) else (str(meaning),)
            role = spec.get("role") if isinstance(spec, dict) else None
            if not all(m in SEMANTIC for m in meanings) or role not in ROLES or not _NAME.fullmatch(str(name)) or name == "row_ref":
                lacking.append((f"inputs.{table}.{name} 需要已知的 type 和 role", f"inputs.{table}.{name} needs a known type and role"))
                continue
            out[str(table)][str(name)] = Input(meanings, str(role))
    return out


def _meets(raw: dict[str, Any], inputs: dict[str, dict[str, Input]], lacking: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """`meets: [TABLE.COLUMN, TABLE.COLUMN]`: two different tables, columns of one meaning in the role join."""
    given = raw.get("meets")
    if given is None:
        return ()
    sides = [tuple(str(x).split(".", 1)) for x in given] if isinstance(given, list) else []
    found = [inputs.get(s[0], {}).get(s[1]) for s in sides if len(s) == 2]
    if len(sides) != 2 or len(found) != 2 or None in found or sides[0][0] == sides[1][0] or found[0] != found[1] or found[0] is None or found[0].role != "join":
        lacking.append(("meets 应为两个不同表中同义的 join 字段", "meets must name join columns of one meaning in two different tables"))
        return ()
    return ((sides[0][0], sides[0][1]), (sides[1][0], sides[1][1]))


def _subject(raw: dict[str, Any], inputs: dict[str, dict[str, Input]], lacking: list[tuple[str, str]]) -> tuple[str, str] | None:
    """`subject: TABLE.COLUMN`: under a case only the rows of its persons in that column are laid down."""
    if raw.get("subject") is None:
        return None
    table, _, column = str(raw["subject"]).partition(".")
    if inputs.get(table, {}).get(column) is None or inputs[table][column].role != "join":
        lacking.append(("subject 应为一个 join 字段", "subject must name a join column"))
        return None
    return table, column


def _relations(raw: dict[str, Any], inputs: dict[str, dict[str, Input]], lacking: list[tuple[str, str]]) -> tuple[Relation, ...]:
    """`relations`: what the evidence rows of a table say as edges; every column named must be an input."""
    out = []
    for spec in raw.get("relations") or []:
        columns = inputs.get(str(spec.get("table")), {}) if isinstance(spec, dict) else {}
        named = [str(spec[k]) for k in ("from", "to", "first", "last", "note") if spec.get(k)] if columns else []
        if not columns or spec.get("kind") not in KINDS or not spec.get("from") or not spec.get("to") or any(n not in columns for n in named) \
                or any(spec.get(k) not in NODE_SCHEMA for k in ("from_kind", "to_kind")):
            lacking.append(("relations 的每一项需要已知的 table、kind、from、to、from_kind、to_kind", "each of relations needs a known table, kind, from, to, from_kind and to_kind"))
            continue
        out.append(Relation(spec["table"], spec["kind"], spec["from"], spec["to"], spec["from_kind"], spec["to_kind"], *(str(spec.get(k) or "") for k in ("first", "last", "note"))))
    return tuple(out)


def _parameters(raw: dict[str, Any], lacking: list[tuple[str, str]]) -> dict[str, Parameter]:
    out = {}
    for name, spec in (raw.get("parameters") or {}).items():
        if not isinstance(spec, dict) or spec.get("type") not in PARAMETER_TYPES or "default" not in spec:
            lacking.append((f"参数 {name} 需要 type 和 default", f"parameter {name} needs type and default"))
            continue
        _both(spec.get("source"), f"parameters.{name}.source", lacking)
        p = Parameter(str(name), spec["type"], str(spec["default"]), spec.get("source") or {})
        try:
            check_parameter(p, p.default, "model")
        except MatchError as e:
            lacking.append((e.zh, e.en))
        out[str(name)] = p
    return out


def _outputs(raw: dict[str, Any], inputs: dict[str, dict[str, Input]], lacking: list[tuple[str, str]]) -> dict[str, Output]:
    given = raw.get("outputs")
    if not isinstance(given, dict) or not given:
        lacking.append(("缺少 outputs（结果字段）", "outputs is missing"))
        return {}
    out = {}
    for name, spec in given.items():
        if not isinstance(spec, dict) or spec.get("type") not in OUTPUT_TYPES:
            lacking.append((f"outputs.{name} 需要已知的 type", f"outputs.{name} needs a known type"))
            continue
        _both(spec.get("title"), f"outputs.{name}.title", lacking)
        origin = str(spec.get("origin", ""))
        table, _, column = origin.partition(".")
        if spec["type"] in ("text", "token") and column not in inputs.get(table, {}):
            lacking.append((f"outputs.{name} 需要 origin: 表.字段", f"outputs.{name} needs origin: TABLE.COLUMN"))
        out[str(name)] = Output(str(name), spec["type"], spec.get("title") or {}, origin)
    return out


def _tests(folder: Path, lacking: list[tuple[str, str]]) -> tuple[dict[str, Any], ...]:
    if not (folder / "tests.yaml").exists():
        return ()
    raw = read_yaml(folder / "tests.yaml")
    if not isinstance(raw, list) or not raw:
        lacking.append(("tests.yaml 应为测试列表", "tests.yaml must be a list of tests"))
        return ()
    positive = near_miss = False
    for i, test in enumerate(raw):
        if not isinstance(test, dict) or not {"name", "tables", "hits"} <= set(test) or not isinstance(test["hits"], list):
            lacking.append((f"第 {i + 1} 个测试缺少 name、tables 或 hits", f"test {i + 1} lacks name, tables or hits"))
            continue
        positive |= bool(test["hits"])
        near_miss |= not test["hits"] or bool(test.get("near_misses"))
    if not positive:
        lacking.append(("没有应命中的测试", "no test plants a positive"))
    if not near_miss:
        lacking.append(("没有近似但不应命中的测试", "no test plants a near miss"))
    return tuple(t for t in raw if isinstance(t, dict))
