"""Forms: is a submission valid, what is computed from it, and which facts does it establish?"""
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from .model import Form, FormField, Value
from .state import Refusal

Values = Mapping[str, Any]
MAX_ROWS = 2_000
_FORMATS = {
    "document_number": re.compile(r"\S.{0,79}\Z"),
    "id_number": re.compile(r"[0-9]{17}[0-9Xx]\Z"),
    "phone": re.compile(r"\+?[0-9 -]{5,20}\Z"),
    "credit_code": re.compile(r"[0-9A-Z]{18}\Z"),
}


@dataclass(frozen=True)
class Fact:
    """One row for the fact table. Exactly one of number, text, day, ref is set; `subject` is a reference or None."""

    code: str
    subject: str | None
    number: int | None
    text: str | None
    day: str | None
    ref: str | None
    unit: str | None
    happened_on: str | None


def validate(form: Form, values: Values) -> tuple[Refusal, ...]:
    """Everything wrong with a submission, in field order; empty when it may be stored.

    Values are what JSON holds: text, whole numbers (money in cents), true/false, ISO dates, lists, and for a table a
    list of mappings. Computed fields must not be sent.
    """
    return tuple(_check_all(form.fields, values, form.label.zh, form.label.en))


def _check_all(fields: tuple[FormField, ...], values: Values, zh: str, en: str) -> list[Refusal]:
    found: list[Refusal] = []
    known = {f.code for f in fields}
    found += [Refusal("unknown_field", f"“{zh}”没有“{code}”这一项。", f"“{en}” has no field “{code}”.") for code in sorted(map(str, values)) if code not in known]
    for field in fields:
        found += _check(field, values)
    return found


def _empty(value: Any) -> bool:
    return value is None or value == "" or value == []


def _check(field: FormField, values: Values) -> list[Refusal]:
    value: Any = values.get(field.code)
    zh, en = field.label.zh, field.label.en

    def refuse(code: str, zh_text: str, en_text: str) -> list[Refusal]:
        return [Refusal(code, f"“{zh}”{zh_text}", f"“{en}” {en_text}")]

    if field.type == "computed":
        return [] if _empty(value) else refuse("computed_sent", "由系统计算，不能填写。", "is computed and cannot be entered.")
    wanted = field.required or (bool(field.required_if) and all(values.get(code) == option for code, option in field.required_if))
    if _empty(value):
        return refuse("required", "必须填写。", "must be filled in.") if wanted else []
    if any(values.get(code) != option for code, option in field.only_if):
        return refuse("must_be_empty", "不得填写。没有保存任何内容。", "must not be filled in. Nothing was kept.")
    if not _right_type(field, value):
        return refuse("wrong_type", "填写的内容类型不对。", f"holds the wrong kind of value ({field.type} expected).")
    if field.type == "table":
        if len(value) > MAX_ROWS:
            return refuse("too_many_rows", f"超过 {MAX_ROWS} 行。", f"has more than {MAX_ROWS} rows.")
        inside = []
        for number, row in enumerate(value, 1):
            inside += [Refusal(r.code, f"“{zh}”第 {number} 行：{r.zh}", f"“{en}” row {number}: {r.en}") for r in _check_all(field.columns, row, zh, en)]
        return inside + _bounds(field, len(value), refuse)
    if field.type in ("integer", "money"):
        return _bounds(field, value, refuse)
    if field.type in ("choice", "choices"):
        chosen = value if isinstance(value, list) else [value]
        options = {o.code for o in field.options}
        if any(one not in options for one in chosen):
            return refuse("no_such_option", "选了不存在的选项。", "holds an option that does not exist.")
        if len(set(chosen)) != len(chosen):
            return refuse("option_twice", "同一选项选了两次。", "holds the same option twice.")
        if field.type == "choices" and field.least == len(options) != len(chosen):  # a list that must be whole: what is missing is named (seed row S0-47)
            missing = [o.label for o in field.options if o.code not in chosen]
            return refuse("list_incomplete", f"还差：{'、'.join(m.zh for m in missing)}。", f"lacks: {'; '.join(m.en for m in missing)}.")
        return _bounds(field, len(chosen), refuse) if field.type == "choices" else []
    if field.type in ("text", "longtext"):
        limit = field.most or (400 if field.type == "text" else 20_000)
        if len(value) > limit:
            return refuse("too_long", f"超过 {limit} 字。", f"is longer than {limit} characters.")
        if field.least and len(value.strip()) < field.least:
            return refuse("too_short", f"少于 {field.least} 字。", f"is shorter than {field.least} characters.")
        if field.format and not _FORMATS[field.format].match(value):
            return refuse("wrong_format", "的写法不对。", "is not written in the expected form.")
    return []


def _bounds(field: FormField, number: int, refuse: Any) -> list[Refusal]:
    if field.least is not None and number < field.least:
        return list(refuse("too_small", f"不能小于 {field.least}。", f"cannot be less than {field.least}."))
    if field.most is not None and number > field.most:
        return list(refuse("too_large", f"不能大于 {field.most}。", f"cannot be more than {field.most}."))
    return []


def _right_type(field: FormField, value: Any) -> bool:
    match field.type:
        case "integer" | "money":
            return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**15
        case "boolean":
            return isinstance(value, bool)
        case "date":
            return _is_date(value)
        case "datetime":
            return _is_instant(value)
        case "choices":
            return isinstance(value, list) and all(isinstance(one, str) for one in value)
        case "table":
            return isinstance(value, list) and all(isinstance(row, dict) for row in value)
        case _:
            return isinstance(value, str)


def _is_date(value: Any) -> bool:
    try:
        return isinstance(value, str) and len(value) == 10 and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _is_instant(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


# --- computed values ------------------------------------------------------------------------------------------


def complete(form: Form, values: Values, others: Mapping[str, Values] | None = None) -> dict[str, Value]:
    """The submission with its computed fields worked out (whole numbers, rounded half up; None when a part is missing).

    A missing part gives no total rather than half a score (seed row S2-29). `table.column` names a column of this form;
    `form.field` a field of another form as last submitted, which the caller hands in as `others`; `record.name` a number that
    the caller counted in the records. Without `others` such a field stays as it was handed in: what stood elsewhere on that day
    is told by the submission alone.
    """
    result: dict[str, Value] = {f.code: values[f.code] for f in form.fields if f.code in values}
    own = {f.code for f in form.fields}
    for field in form.fields:
        if field.computed:
            named = {outer for outer, dot, _ in (name.partition(".") for name in field.computed.of) if dot and outer not in own}
            if others is None and named and field.code in values:
                result[field.code] = values[field.code]
                continue
            result[field.code] = _compute(field, {**{other: (others or {}).get(other, {}) for other in named}, **result})
    return result


def _parts(name: str, values: Values) -> list[Any]:
    table, _, column = name.partition(".")
    if column and isinstance(values.get(table), Mapping):
        inside, _, deeper = column.partition(".")
        return [row.get(deeper) for row in values[table].get(inside) or []] if deeper else [values[table].get(column)]
    if column:
        return [row.get(column) for row in values.get(table) or []]
    value = values.get(table)
    return [len(value)] if isinstance(value, list) else [value]


def _lookup(of: tuple[str, ...], values: Values) -> Any:
    """`[plan.stages.stage, stage, plan.stages.start]`: the start in the row of the plan whose stage is this form's stage; None without such a row."""
    form, table, key = of[0].split(".")
    column = of[2].rpartition(".")[2]
    rows = (values.get(form) or {}).get(table) or []
    return next((row.get(column) for row in rows if row.get(key) == values.get(of[1])), None)


def _compute(field: FormField, values: Values) -> Any:
    rule = field.computed
    assert rule is not None
    parts = [part for name in rule.of for part in _parts(name, values)]
    if rule.how == "count":
        counted = [part for name in rule.of for part in (_parts(name, values) if "." in name else (values.get(name) or []))]
        return sum(len(part) if isinstance(part, list) else not _empty(part) for part in counted)
    if rule.how == "lookup":
        return _lookup(rule.of, values)
    if any(part is None for part in parts) or not parts:
        return None
    match rule.how:
        case "deduct":
            return max(0, int(parts[0] - parts[1] * rule.weights[0]))
        case "sum":
            return int(sum(parts))
        case "difference":
            return int(parts[0] - sum(parts[1:]))
        case "weighted":
            return _round(Decimal(sum(p * w for p, w in zip(parts, rule.weights, strict=True))) / 100)
        case "mean":
            return _round(Decimal(sum(parts)) / len(parts))
        case "share":
            return _round(Decimal(parts[0] * 100) / parts[1]) if parts[1] else None
        case _:  # days_between
            return (date.fromisoformat(parts[1][:10]) - date.fromisoformat(parts[0][:10])).days


def _round(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


# --- facts ----------------------------------------------------------------------------------------------------


def facts_of(form: Form, values: Values, others: Mapping[str, Values] | None = None) -> tuple[Fact, ...]:
    """The fact rows of a valid submission, in field order; table columns give one row per table row."""
    full = complete(form, values, others)
    found: list[Fact] = []
    for field in form.fields:
        if field.fact and not _empty(full.get(field.code)):
            found.append(_fact(field, full, full))
        if field.type == "table":
            for row in full.get(field.code) or []:
                found += [_fact(column, row, {**full, **row}) for column in field.columns if column.fact and not _empty(row.get(column.code))]
    return tuple(found)


def _fact(field: FormField, values: Values, around: Values) -> Fact:
    rule = field.fact
    assert rule is not None
    value = values[field.code]
    number = int(value) if isinstance(value, int) else len(value) if isinstance(value, list) else None
    day = value[:10] if field.type in ("date", "datetime") else None
    ref = value if field.type in ("person", "body", "area", "document", "exhibit", "matter") else None
    text = value if number is None and day is None and ref is None else None
    subject = around.get(rule.subject) if rule.subject else None
    happened = around.get(rule.date) if rule.date else None
    return Fact(rule.code, subject, number, text, day, ref, rule.unit or field.unit, happened[:10] if happened else None)
