"""From bytes to a Playbook, or a list of problems with file and line."""
from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from . import model as m
from .canon import content_hash
from .errors import PlaybookError, Problem
from .schema import build
from .stored import to_content, to_stored
from .yamlread import Document, read

T = TypeVar("T")
J = Mapping[str, Any]
MAX_PROBLEMS = 50


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(build())


def load(data: bytes, name: str = "playbook.yaml") -> m.Playbook:
    """Read and build one playbook. Raises PlaybookError naming file and line of everything the schema refuses.

    Shape only: whether the playbook makes sense is for `checks.check`.
    """
    document = read(data, name)
    problems = [_problem(error, document) for error in _leaves(_validator().iter_errors(document.value))]
    if problems:
        raise PlaybookError(problems)
    return from_content(document.value, name, document.lines)


def stored(playbook: m.Playbook) -> dict[str, Any]:
    """The playbook as plain data for storage (order kept in lists); `from_stored` gives the same playbook back."""
    return to_stored(playbook.content)


def from_stored(data: J) -> m.Playbook:
    """Build a playbook from what `stored` gave."""
    return from_content(to_content(data))


def from_content(content: J, name: str = "", lines: Mapping[Any, int] | None = None) -> m.Playbook:
    """Build a playbook from the data of a file that already satisfies the schema."""
    kind = content["kind"]
    return m.Playbook(
        code=kind["code"], label=_label(kind), about=_label(content["about"]), version=content["version"],
        origin=_origin(content), unverified=_codes(content, "unverified"), rows=_codes(content, "rows"),
        parties=_each(content, "parties", lambda c, x: m.Party(c, _label(x), _codes(x, "kinds"), x.get("rank"), x.get("many", False))),
        roles=_each(content, "roles", lambda c, x: m.Role(c, _label(x), x["of"], x.get("people", 1), x.get("standing", False), x.get("room"), x.get("named"))),
        compositions=_each(content, "compositions", _composition),
        secrecy=m.Secrecy(content["level"]["default"], content["level"]["floor"], content["level"].get("compartment", False)),
        series=_each(content, "series", lambda c, x: m.Series(c, _label(x), x["pattern"], x["per"])),
        forms=_each(content, "forms", lambda c, x: m.Form(c, _label(x), tuple(_field(k, f) for k, f in x["fields"].items()), x.get("per"), x.get("adds", False))),
        clocks=_each(content, "clocks", _clock),
        documents=_each(content, "documents", lambda c, x: m.Document(c, _label(x), x.get("series"), x.get("receipt", False), _origin(x))),
        products=_each(content, "products", lambda c, x: m.Product(c, _label(x), x.get("form"), x.get("document"))),
        outcomes=_each(content, "outcomes", lambda c, x: m.Outcome(c, _label(x), x["unit"])),
        messages=_each(content, "messages", lambda c, x: _label(x)),
        approvals=_each(content, "approvals", _approval),
        feedback=_each(content, "feedback", lambda c, x: m.Feedback(c, _label(x), x["to"], x.get("rule"), _amount(x.get("first")), _amount(x.get("then")), x.get("waivable", False), _origin(x))),
        separation=_each(content, "separation", lambda c, x: m.Separation(c, _label(x), _codes(x, "first"), _codes(x, "second"), _origin(x))),
        prior=_each(content, "prior", lambda c, x: m.Prior(c, _label(x), x["kind"], _codes(x, "was"), x["role"], _origin(x))),
        recusal=m.Recusal(content["recusal"]["sensitivity"], _codes(content["recusal"], "roles"), _codes(content["recusal"], "parties")),
        stages=_each(content, "stages", _stage), moves=_each(content, "moves", _move),
        sha256=content_hash(to_stored(content)), content=content, file=name, lines=lines or {},
    )


# --- building -------------------------------------------------------------------------------------------------


def _each(content: J, key: str, make: Callable[[str, J], T]) -> Mapping[str, T]:
    return MappingProxyType({code: make(code, item) for code, item in content.get(key, {}).items()})


def _label(x: J) -> m.Label:
    return m.Label(x["zh"], x["en"])


def _maybe(x: J | None) -> m.Label | None:
    return _label(x) if x else None


def _codes(x: J, key: str) -> tuple[str, ...]:
    return tuple(x.get(key, ()))


def _origin(x: J) -> m.Origin:
    return m.Origin(x.get("source", "law"), _codes(x, "basis"))


def _amount(x: J | None) -> m.Amount | None:
    return m.Amount(x["amount"], x["unit"]) if x else None


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_frozen(item) for item in value)
    if isinstance(value, dict):
        return tuple(sorted((key, _frozen(item)) for key, item in value.items()))
    return value


def _options(x: J, key: str) -> tuple[m.Option, ...]:
    return tuple(m.Option(code, _label(item)) for code, item in x.get(key, {}).items())


def condition(groups: Any) -> m.Condition:
    """The OR of AND rows as data: `[[{guard: {…}}, …], …]`."""
    return tuple(
        tuple(m.Guard(test, tuple(sorted((k, _frozen(a)) for k, a in args.items()))) for row in group for test, args in row.items())
        for group in groups or ()
    )


def effects(rows: Any) -> tuple[m.Effect, ...]:
    """Effects as data: `[{effect: {…}}, …]`."""
    return tuple(m.Effect(do, tuple(sorted((k, _frozen(a)) for k, a in args.items()))) for row in rows or () for do, args in row.items())


def _composition(code: str, x: J) -> m.Composition:
    slots = tuple(
        m.Slot(c, _label(s), s["count"]["least"], s["count"].get("most"), s.get("party"), s.get("role"), s.get("rank"), s.get("skill"),
               s.get("office"), s.get("standing", False), s.get("per"))
        for c, s in x["slots"].items()
    )
    return m.Composition(code, _label(x), slots, x.get("decide"), x.get("rotation"), _origin(x))


def _field(code: str, x: J) -> m.FormField:
    fact, computed = x.get("fact"), x.get("computed")
    return m.FormField(
        code, _label(x), _maybe(x.get("help")), x["type"], x.get("required", False), tuple(sorted(x.get("required_if", {}).items())),
        _options(x, "options"), x.get("least"), x.get("most"), x.get("format"), x.get("unit"),
        tuple(_field(c, column) for c, column in x.get("columns", {}).items()),
        m.Computed(computed["how"], tuple(computed["of"]), tuple(computed.get("weights", ()))) if computed else None,
        m.FactRule(fact["code"], fact.get("unit"), fact.get("subject"), fact.get("date")) if fact else None, x.get("sealed"), x.get("of"),
        tuple(sorted(x.get("only_if", {}).items())), x.get("roster"),
    )


def _clock(code: str, x: J) -> m.Clock:
    warn = tuple(m.Amount(w["amount"], w["unit"]) for w in x.get("warn_at", ()))
    return m.Clock(
        code, _label(x), x.get("rule"), _amount(x.get("local")), _codes(x, "starts_on"), _codes(x, "stops_on"), _codes(x, "suspends_on"),
        _codes(x, "resumes_on"), x.get("starts_at"), warn, x["on_expiry"], _codes(x, "alarm"), _origin(x),
    )


def _approval(code: str, x: J) -> m.Approval:
    chains = tuple(m.Chain(condition(c.get("when")), tuple(m.Approver(s["office"], s["level"], s.get("how", "sign")) for s in c["steps"])) for c in x["chains"])
    return m.Approval(
        code, _label(x), x["class"], chains, x["proposer"], _codes(x, "after"), x.get("deputies", False), x.get("delegable", False),
        x.get("oral", False), x.get("paper", True), _origin(x),
    )


def _stage(code: str, x: J) -> m.Stage:
    return m.Stage(
        code, x["kind"], _label(x), x.get("start", False), _codes(x, "roles"), x.get("form"), x.get("clock"), _maybe(x.get("no_limit")), x.get("per"),
        x.get("joins"), x.get("decides"), _options(x, "outcomes"), _codes(x, "products"), _maybe(x.get("help")), effects(x.get("effects")), x.get("result"),
        _maybe(x.get("owes_nothing")), _origin(x),
    )


def _move(code: str, x: J) -> m.Move:
    sources = (x["from"],) if isinstance(x["from"], str) else tuple(x["from"])
    return m.Move(
        code, _label(x), sources, x["to"], x.get("kind", "forward"), x.get("outcome"), _codes(x, "who"), x.get("needs"), condition(x.get("when")),
        effects(x.get("effects")), x.get("reason", False), x.get("lawful_exit", False), x.get("form"), _origin(x),
    )


# --- schema errors in plain words -----------------------------------------------------------------------------


def _leaves(errors: Any) -> list[ValidationError]:
    found: list[ValidationError] = []
    for error in errors:
        found.extend(_leaves(error.context) if error.context else [error])
        if len(found) >= MAX_PROBLEMS:
            break
    return found[:MAX_PROBLEMS]


def _problem(error: ValidationError, document: Document) -> Problem:
    path = tuple(error.absolute_path)
    where = ".".join(str(part) for part in path) or "文件 / file"
    zh, en = _sentence(error)
    return Problem(document.name, document.line(path), f"schema_{error.validator}", f"{where}：{zh}", f"{where}: {en}", path)


def _sentence(error: ValidationError) -> tuple[str, str]:
    value: Any = error.instance
    rule: Any = error.validator_value
    match error.validator:
        case "required":
            missing = next(key for key in rule if key not in value)
            if missing in ("zh", "en"):
                return f"缺少 {missing}（每个名称都要有中文和英文）。", f"“{missing}” is missing (every name needs Chinese and English)."
            return f"缺少“{missing}”。", f"“{missing}” is missing."
        case "additionalProperties":
            known = list(error.schema.get("properties", {})) if isinstance(error.schema, dict) else []
            patterns = error.schema.get("patternProperties", {}) if isinstance(error.schema, dict) else {}
            extra = [key for key in value if key not in known and not any(re.search(p, key) for p in patterns)]
            name = extra[0] if extra else "?"
            near = difflib.get_close_matches(name, known, 1)
            zh_hint, en_hint = (f"，是否想写“{near[0]}”？", f"; did you mean “{near[0]}”?") if near else ("。", ".")
            return f"不认识“{name}”{zh_hint}", f"“{name}” is not known here{en_hint}"
        case "enum" | "const":
            allowed = "、".join(str(item) for item in (rule if isinstance(rule, list) else [rule]))
            return f"“{str(value)[:40]}”不在允许的词中：{allowed}。", f"“{str(value)[:40]}” is not one of: {allowed.replace('、', ', ')}."
        case "type":
            return f"类型不对：这里应为 {_kind(rule)[0]}，实际是 {_is(value)[0]}。", f"Wrong type: {_kind(rule)[1]} expected, {_is(value)[1]} found."
        case "pattern":
            if "u3400" in str(rule) or "\u3400" in str(rule):
                return "中文名称里没有汉字。", "The Chinese name holds no Chinese character."
            if rule == "[A-Za-z]":
                return "英文名称里没有字母。", "The English name holds no letter."
            return f"“{str(value)[:60]}”的写法不对（应符合 {rule}）。", f"“{str(value)[:60]}” is not written as it should be ({rule})."
        case "minItems" | "minLength" | "minProperties":
            return "内容太少或为空。", "Too little here, or nothing."
        case "maxItems" | "maxLength" | "maxProperties":
            return "内容太多；守卫与效果每行只能写一个词。", "Too much here; a guard or effect row names exactly one word."
        case "minimum" | "maximum":
            return f"数值 {value} 超出允许范围（界限 {rule}）。", f"{value} is out of range (limit {rule})."
        case None if error.schema is False:
            return "这种字段不能带这一项。", "A field of this type cannot have this."
    return "写法不符合格式。", "Not in the expected shape."


_NAMES = {"object": ("键值", "a mapping"), "array": ("列表", "a list"), "string": ("文字", "text"), "integer": ("整数", "a whole number"), "boolean": ("true/false", "true or false"), "null": ("空", "nothing")}


def _kind(rule: Any) -> tuple[str, str]:
    names = [_NAMES[r] for r in (rule if isinstance(rule, list) else [rule])]
    return "或".join(n[0] for n in names), " or ".join(n[1] for n in names)


def _is(value: Any) -> tuple[str, str]:
    kinds: list[tuple[type, str]] = [(dict, "object"), (list, "array"), (str, "string"), (bool, "boolean"), (int, "integer"), (type(None), "null")]
    return _NAMES[next(name for kind, name in kinds if isinstance(value, kind))]
