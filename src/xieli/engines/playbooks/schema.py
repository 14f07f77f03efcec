"""The published JSON Schema of a playbook file, made from the vocabulary (content/playbooks/schema.json)."""
from __future__ import annotations

from typing import Any

from . import vocabulary as v

J = dict[str, Any]
CODE = "^[a-z][a-z0-9_]{0,47}$"
EVENT = "^(open|close|(enter|leave|move):[a-z][a-z0-9_]{0,47})$"
FIELD = "^[a-z][a-z0-9_]{0,47}\\.[a-z][a-z0-9_]{0,47}$"


def _obj(required: tuple[str, ...], /, **properties: Any) -> J:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def _enum(*words: str) -> J:
    return {"type": "string", "enum": list(words)}


def _list(item: J, least: int = 1) -> J:
    return {"type": "array", "items": item, "minItems": least, "maxItems": 200}


def _coded(item: J) -> J:
    """A mapping from code to thing."""
    return {"type": "object", "patternProperties": {CODE: item}, "additionalProperties": False}


_BOOL: J = {"type": "boolean"}
_CODE: J = {"type": "string", "pattern": CODE}
_TEXT: J = {"type": "string", "minLength": 1, "maxLength": 2000}
_INT: J = {"type": "integer", "minimum": -(10**12), "maximum": 10**12}
_COUNT: J = {"type": "integer", "minimum": 0, "maximum": 10_000}
_RULE: J = {"type": "string", "pattern": "^[a-z][a-z0-9]*(\\.[a-z0-9_]+)+$"}
_FIELD: J = {"type": "string", "pattern": FIELD}
_LEAF: J = {"type": ["string", "integer", "boolean"]}
_LABEL: J = {"$ref": "#/$defs/label"}
_AMOUNT: J = {"$ref": "#/$defs/amount"}
_WHEN: J = {"$ref": "#/$defs/when"}
_EFFECTS: J = {"$ref": "#/$defs/effects"}
_ZH: J = {**_TEXT, "pattern": "[\\u3400-\\u9fff]"}
_EN: J = {**_TEXT, "pattern": "[A-Za-z]"}
_NAMED: J = {"zh": _ZH, "en": _EN}
_ORIGIN: J = {"source": _enum(*v.SOURCES), "basis": _list(_RULE)}

_ARGS: dict[str, J] = {
    "field": _FIELD, "word": {"type": "string", "pattern": "^[a-z][a-z0-9_.]{0,63}$"}, "count": _COUNT,
    "refs": _list(_CODE), "acts": _list(_enum(*v.ACTS)), "level": _enum(*v.LEVELS), "period": _AMOUNT,
    "fill": {"type": "object", "patternProperties": {FIELD: {"type": "string", "pattern": FIELD}}, "additionalProperties": False},
}


def _arg(arg: v.Arg) -> J:
    if arg.kind == "enum":
        return _enum(*arg.options)
    return _ARGS.get(arg.kind, _CODE)


def _words(words: dict[str, v.Word]) -> J:
    """Each row of a guard or effect list is a mapping with exactly one key, the word."""
    properties: J = {}
    for name, word in words.items():
        args: J = {arg: _arg(spec) for arg, spec in word.args.items()}
        required = tuple(arg for arg, spec in word.args.items() if spec.required)
        if word.values:
            args |= {op: _LEAF for op in v.VALUE_OPERATORS if op not in ("in", "not_in")}
            args |= {"in": _list(_LEAF), "not_in": _list(_LEAF), "present": {"const": True}, "absent": {"const": True}}
        properties[name] = _obj(required, **args)
        if word.values:
            properties[name] |= {"minProperties": len(required) + 1}
    return {"type": "object", "properties": properties, "additionalProperties": False, "minProperties": 1, "maxProperties": 1}


def _field(deep: bool) -> J:
    properties: J = {
        **_NAMED, "help": _LABEL, "type": _enum(*v.FIELD_TYPES), "required": _BOOL,
        "required_if": {"type": "object", "patternProperties": {CODE: _LEAF}, "additionalProperties": False, "minProperties": 1},
        "only_if": {"type": "object", "patternProperties": {CODE: _LEAF}, "additionalProperties": False, "minProperties": 1}, "roster": _CODE,
        "options": {**_coded(_obj(("zh", "en"), **_NAMED)), "minProperties": 1, "maxProperties": 100},
        "least": _INT, "most": _INT, "format": _enum(*v.FORMATS), "unit": _TEXT, "sealed": _enum("reporter", "bank", "medical", "oral_only"),
        "computed": _obj(("how", "of"), how=_enum(*v.COMPUTED), of=_list({"type": "string", "pattern": "^[a-z][a-z0-9_.]{0,80}$"}), weights=_list({"type": "integer", "minimum": 0, "maximum": 1000})),
        "fact": _obj(("code",), code={"type": "string", "pattern": "^[a-z][a-z0-9_.]{0,63}$"}, unit=_TEXT, subject=_CODE, date=_CODE),
        "of": _CODE,
    }
    if deep:
        properties["columns"] = {**_coded(_field(False)), "minProperties": 1}
    schema = _obj(("zh", "en", "type"), **properties)
    schema["allOf"] = [
        {"if": {"properties": {"type": {"enum": ["choice", "choices"]}}, "required": ["type"]}, "then": {"required": ["options"]}, "else": {"properties": {"options": False}}},
        {"if": {"properties": {"type": {"const": "computed"}}, "required": ["type"]}, "then": {"required": ["computed"]}, "else": {"properties": {"computed": False}}},
    ]
    if deep:
        schema["allOf"].append({"if": {"properties": {"type": {"const": "table"}}, "required": ["type"]}, "then": {"required": ["columns"]}, "else": {"properties": {"columns": False}}})
    return schema


def build() -> J:
    """The whole schema (JSON Schema 2020-12) as plain data."""
    events = _list({"type": "string", "pattern": EVENT})
    slot = _obj(("zh", "en", "count"), **_NAMED, count=_obj(("least",), least=_COUNT, most=_COUNT), party=_CODE, role=_CODE,
                rank=_enum(*v.RANKS), skill=_CODE, office=_CODE, standing=_BOOL, per=_CODE)
    stage = _obj(
        ("zh", "en", "kind"), **_NAMED, **_ORIGIN, kind=_enum(*v.STAGE_KINDS), start={"const": True}, roles=_list(_CODE), form=_CODE,
        clock=_CODE, no_limit=_LABEL, per=_CODE, joins=_CODE, decides=_FIELD, outcomes={**_coded(_obj(("zh", "en"), **_NAMED)), "minProperties": 1},
        products=_list(_CODE), help=_LABEL, effects=_EFFECTS, result=_CODE, owes_nothing=_LABEL,
    )
    move = _obj(
        ("zh", "en", "from", "to"), **_NAMED, **_ORIGIN, **{"from": {"type": ["string", "array"], "items": _CODE, "pattern": CODE, "minItems": 1}}, to=_CODE,
        kind=_enum(*v.MOVE_KINDS), outcome=_CODE, who=_list(_CODE), needs=_CODE, when=_WHEN, effects=_EFFECTS, reason={"const": True}, lawful_exit={"const": True}, form=_CODE,
    )
    clock = _obj(
        ("zh", "en", "starts_on", "stops_on", "on_expiry"), **_NAMED, **_ORIGIN, rule=_RULE, local=_AMOUNT, starts_on={**events, "minItems": 0}, stops_on={**events, "minItems": 0},
        suspends_on=events, resumes_on=events, starts_at=_FIELD, warn_at=_list(_AMOUNT), on_expiry=_enum(*v.ON_EXPIRY), alarm=_list(_CODE),
    )
    step = _obj(("office", "level"), office=_enum(*v.OFFICES), level=_enum(*v.STEP_LEVELS), how=_enum("sign", "collective", "file"))
    approval = _obj(
        ("zh", "en", "class", "proposer", "chains"), **_NAMED, **_ORIGIN, **{"class": _enum(*v.ACT_CLASSES)}, proposer=_CODE,
        chains=_list(_obj(("steps",), when=_WHEN, steps=_list(step))), after=_list(_CODE), deputies=_BOOL, delegable=_BOOL, oral=_BOOL, paper=_BOOL,
    )
    feedback = _obj(("zh", "en", "to"), **_NAMED, **_ORIGIN, to=_CODE, rule=_RULE, first=_AMOUNT, then=_AMOUNT, waivable=_BOOL)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:xieli:playbook:1",
        "title": "协力流程文件 / Xieli playbook",
        "description": "一个文件说清一类事项的一生；每个名称都要有中文和英文。/ One file says the whole life of one kind of matter; every name in Chinese and English.",
        **_obj(
            ("format", "kind", "version", "about", "roles", "level", "recusal", "stages", "moves"),
            format={"const": 1}, kind=_obj(("code", "zh", "en"), code=_CODE, **_NAMED), version={"type": "integer", "minimum": 1, "maximum": 9999},
            about=_LABEL, source=_enum(*v.SOURCES), basis=_list(_RULE), unverified=_list(_RULE), rows=_list({"type": "string", "pattern": "^(S[0-4]-[0-9]{2}|SC-[0-9]{2})$"}),
            parties=_coded(_obj(("zh", "en"), **_NAMED, kinds=_list(_CODE), rank=_enum(*v.RANKS), many=_BOOL)),
            roles={**_coded(_obj(("zh", "en", "of"), **_NAMED, of=_CODE, people={"type": "integer", "minimum": 1, "maximum": 50}, standing=_BOOL, room=_CODE, named=_FIELD)), "minProperties": 1},
            compositions=_coded(_obj(("zh", "en", "slots"), **_NAMED, **_ORIGIN, slots={**_coded(slot), "minProperties": 1}, decide=_enum("all", "majority", "chair"), rotation=_enum("alternate"))),
            level=_obj(("default", "floor"), default=_enum(*v.LEVELS), floor=_enum(*v.LEVELS), compartment=_BOOL),
            series=_coded(_obj(("zh", "en", "pattern", "per"), **_NAMED, pattern={"type": "string", "pattern": "\\{n\\}"}, per=_enum("body", "compartment", "matter"))),
            forms=_coded(_obj(("zh", "en", "fields"), **_NAMED, fields={**_coded(_field(True)), "minProperties": 1}, per=_CODE, adds=_BOOL)),
            clocks=_coded(clock), documents=_coded(_obj(("zh", "en"), **_NAMED, **_ORIGIN, series=_CODE, receipt=_BOOL)),
            products=_coded(_obj(("zh", "en"), **_NAMED, form=_CODE, document=_CODE)), outcomes=_coded(_obj(("zh", "en", "unit"), **_NAMED, unit=_enum("matter", "person", "item", "unit", "attendance"))),
            messages=_coded(_obj(("zh", "en"), **_NAMED)), approvals=_coded(approval), feedback=_coded(feedback),
            separation=_coded(_obj(("zh", "en", "first", "second"), **_NAMED, **_ORIGIN, first=_list(_CODE), second=_list(_CODE))),
            prior=_coded(_obj(("zh", "en", "kind", "was", "role"), **_NAMED, **_ORIGIN, kind=_CODE, was=_list(_CODE), role=_CODE)),
            recusal=_obj(("sensitivity", "roles"), sensitivity=_enum("strict", "normal", "none"), roles=_list(_CODE, 0), parties=_list(_CODE)),
            stages={**_coded(stage), "minProperties": 2}, moves={**_coded(move), "minProperties": 1},
        ),
        "$defs": {
            "label": _obj(("zh", "en"), **_NAMED),
            "amount": _obj(("amount", "unit"), amount={"type": "integer", "minimum": 1, "maximum": 9999}, unit=_enum(*v.UNITS)),
            "when": _list(_list({"$ref": "#/$defs/guard"})),
            "effects": _list({"$ref": "#/$defs/effect"}),
            "guard": _words(v.GUARDS),
            "effect": _words(v.EFFECTS),
        },
    }
