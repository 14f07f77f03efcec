"""How a condition reads aloud: what a lawyer or a supervisor would say, not what the machine compares."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .model import Condition, FormField, Guard, Playbook
from .vocabulary import (
    ADDRESSEES,
    BUILT_IN_PARTIES,
    GUARDS,
    RELATION_WORDS,
    SUBJECT_ATTRIBUTES,
    SUBJECT_WORDS,
    VALUE_OPERATORS,
    WORDS,
)

Kinds = Mapping[str, Any]  # other playbooks by code

_NUMBERS = {
    "is": ("为 {v}", "is {v}"), "is_not": ("不为 {v}", "is other than {v}"), "in": ("为 {v}", "is {v}"), "not_in": ("不为 {v}", "is other than {v}"),
    "lt": ("小于 {v}", "is below {v}"), "le": ("至多为 {v}", "is at most {v}"), "gt": ("大于 {v}", "is above {v}"), "ge": ("至少为 {v}", "is at least {v}"),
}
_DATES = {
    "is": ("为 {v}", "is {v}"), "lt": ("早于 {v}", "is before {v}"), "le": ("不晚于 {v}", "is not after {v}"), "gt": ("晚于 {v}", "is after {v}"), "ge": ("不早于 {v}", "is not before {v}"),
}
_ROWS = {"ge": ("至少有 {v} 行", "has at least {v} rows"), "le": ("至多有 {v} 行", "has at most {v} rows")}
_WORDED = {
    "is": ("为{v}", "is {v}"), "is_not": ("为{v}以外的其他项", "is other than {v}"), "in": ("为{v}", "is {v}"), "not_in": ("为{v}以外的其他项", "is other than {v}"), "has": ("包含{v}", "contains {v}"),
}
_FILLED = {"present": ("已填", "is filled in"), "absent": ("未填", "is not filled in")}
_WORKED_OUT = {"present": ("已算出", "is worked out"), "absent": ("尚未算出", "is not worked out yet")}
#: days from one date to another, asked about 0 or 1, are an order of the two dates
_ORDER = {
    ("lt", 0): ("早于{of}", "is before {of}"), ("ge", 0): ("不早于{of}", "is not before {of}"),
    ("lt", 1): ("不晚于{of}", "is not after {of}"), ("ge", 1): ("晚于{of}", "is after {of}"),
}


@dataclass(frozen=True)
class _Said:
    """A row in parts: where it is asked (a form), of what, and what holds of it; `key` is the same for rows of one form."""

    where: str
    what: str
    holds: str
    key: tuple[str, ...] = ()


def name_of(playbook: Playbook, kind: str, code: Any, language: str, kinds: Kinds | None = None) -> str:
    """The label of what an argument names (a clock, a role, a stage …), or the word itself where there is none."""
    if isinstance(code, tuple):
        return "、".join(name_of(playbook, kind, one, language, kinds) for one in code) if language == "zh" else ", ".join(name_of(playbook, kind, one, language, kinds) for one in code)
    places: dict[str, tuple[Any, ...]] = {
        "act": (playbook.approvals,), "clock": (playbook.clocks,), "composition": (playbook.compositions,), "role": (playbook.roles,),
        "party": (playbook.parties,), "ref": (playbook.roles, playbook.parties, playbook.compositions), "refs": (playbook.roles, playbook.parties, playbook.compositions),
        "stage": (playbook.stages,), "move": (playbook.moves,), "product": (playbook.products,), "document": (playbook.documents,),
        "series": (playbook.series,), "outcome": (playbook.outcomes,), "feedback": (playbook.feedback,), "message": (playbook.messages, playbook.documents), "kind": (kinds or {},),
    }
    for place in places.get(kind, ()):
        if code in place:
            label = getattr(place[code], "label", place[code])
            return str(label.say(language))
    for built_in in (BUILT_IN_PARTIES, ADDRESSEES):
        if kind in ("party", "ref", "refs") and code in built_in:
            return _pick(built_in[code], language)
    if kind == "field":
        form, _, field = str(code).partition(".")
        if form in playbook.forms and (found := playbook.forms[form].field(field)):
            return f"{playbook.forms[form].label.say(language)}·{found.label.say(language)}"
    if isinstance(code, bool):
        return _pick(WORDS["true" if code else "false"], language)
    if kind in ("enum", "word", "level", "outcome") and str(code) in WORDS:
        return _pick(WORDS[str(code)], language)
    return str(code)


def say_guard(playbook: Playbook, guard: Guard, language: str, kinds: Kinds | None = None) -> str:
    """One condition as half a sentence, such as “立案审批”已经批准."""
    said = _say(playbook, guard, language, kinds)
    return said.where + said.what + said.holds


def say_condition(playbook: Playbook, condition: Condition, language: str, kinds: Kinds | None = None) -> str:
    """The whole condition: what every alternative asks is said once and first, then the alternatives, joined by “or”."""
    common = [row for row in condition[0] if all(row in group for group in condition)] if len(condition) > 1 else []
    groups = [[row for row in group if row not in common] for group in condition]
    if not all(groups):  # one alternative asks nothing more: the others are idle
        groups = []
    comma, join, last, either = ("，", "；", "；或者", "；并且有其一：") if language == "zh" else (", ", "; ", "; or ", "; and either ")
    told = [_say(playbook, row, language, kinds) for row in common]
    text = _run(told, join, language)
    if len(groups) == 1:
        return _run([_say(playbook, row, language, kinds) for row in groups[0]], join, language)
    if groups and all(len(group) == 1 for group in groups):
        rest = _run([_say(playbook, group[0], language, kinds) for group in groups], last, language, told[-1:], word="，或" if language == "zh" else " or ")
    else:
        with_and = f"{comma}且" if language == "zh" else " and "
        rest, before = "", told[-1:]
        for group in groups:
            rows = [_say(playbook, row, language, kinds) for row in group]
            rest += (last if rest else "") + _run(rows, with_and, language, before)
            before = rows[-1:]
        rest = rest if language == "zh" or not rest or text else f"either {rest}"
    return either.join(part for part in (text, rest) if part)


def _run(rows: Sequence[_Said], join: str, language: str, before: Sequence[_Said] = (), word: str | None = None) -> str:
    """Rows one after the other: a form named just before is not named again, and two things said of one field make one phrase."""
    word = word or ("，且" if language == "zh" else " and ")
    out, last = "", before[-1] if before else None
    for row in rows:
        same = last is not None and bool(row.key) and row.key == last.key
        if same and out and last is not None and row.what == last.what:
            out += word + (row.holds.removeprefix(" is") if " is " in last.holds else row.holds).lstrip()
        else:
            out += (join if out else "") + ("" if same else row.where) + row.what + row.holds
        last = row
    return out


def _say(playbook: Playbook, guard: Guard, language: str, kinds: Kinds | None) -> _Said:
    if guard.test == "field":
        return _field(playbook, guard, language)
    if guard.test == "subject":
        return _Said("", "", _subject(guard, language))
    if guard.test == "body":
        who, attribute = name_of(playbook, "party", guard.get("party"), language), _pick(WORDS[guard.get("attribute")], language)
        return _Said("", f"“{who}”的{attribute}" if language == "zh" else f"the {attribute} of “{who}”", _worded(guard, {}, language))
    if guard.test == "relation":
        of, to = (name_of(playbook, "party", guard.get(name), language) for name in ("of", "to"))
        return _Said("", "", _pick(RELATION_WORDS[guard.get("is")], language).format(of=of, to=to))
    if guard.test == "times":
        return _Said("", "", _times(name_of(playbook, "move", guard.get("move"), language), guard.get("fewer_than"), language))
    if guard.test == "children":
        return _Said("", "", _children(playbook, guard, language, kinds or {}))
    word = GUARDS[guard.test]
    shown = {name: name_of(playbook, word.args[name].kind, value, language, kinds) for name, value in guard.args if name in word.args}
    if guard.test == "parent":
        shown["passed"] = _stage_of_parent(playbook, guard, language, kinds or {})
    shown["value"] = _worded(guard, {}, language).strip()
    return _Said("", "", (word.zh if language == "zh" else word.en).format(**shown))


def _field(playbook: Playbook, guard: Guard, language: str) -> _Said:
    form, _, code = guard.get("of").partition(".")
    found = playbook.forms[form].field(code) if form in playbook.forms else None
    where, party = _quote(_form(playbook, form, language)), ""
    for quantifier, (zh, en) in (("each", ("每个“{}”的", " of every “{}”")), ("some", ("至少一个“{}”的", " of at least one “{}”"))):
        if of := guard.get(quantifier):
            party = (zh if language == "zh" else en).format(name_of(playbook, "party", of, language))
    where = f"{party}{where}中" if language == "zh" else f"in {where}{party}, "
    key = (form, str(guard.get("each", "")), str(guard.get("some", "")))
    if found is None:
        return _Said(where, _quote(code), _worded(guard, {}, language), key)
    if found.computed and found.computed.how == "days_between" and len(found.computed.of) == 2:
        operators = [(name, wanted) for name, wanted in guard.args if name in VALUE_OPERATORS]
        if len(operators) == 1 and operators[0] in _ORDER and not isinstance(operators[0][1], bool):
            begin, end = (_quote(_date(playbook, form, of, language)) for of in found.computed.of)
            return _Said(where, end, _lead(_pick(_ORDER[operators[0]], language).format(of=begin), language), key)
    return _Said(where, _quote(found.label.say(language)), _of_type(guard, found, language), key)


def _of_type(guard: Guard, field: FormField, language: str) -> str:
    """What a row asks of a field, in the words that fit its type."""
    words: Mapping[str, tuple[str, str]] = {"integer": _NUMBERS, "money": _NUMBERS, "computed": _NUMBERS, "date": _DATES, "datetime": _DATES, "table": _ROWS}.get(field.type, _WORDED)
    counts = field.least == 0 or (field.computed is not None and (field.computed.how == "count" or field.computed.of[0].startswith("record.")))
    if words is _WORDED:
        return _worded(guard, {o.code: o.label for o in field.options}, language)
    told = []
    for operator, wanted in guard.args:
        if operator not in VALUE_OPERATORS:
            continue
        if operator in _FILLED:
            told.append(_pick((_WORKED_OUT if field.computed else _FILLED)[operator], language))
        elif counts and (operator, wanted) == ("lt", 1):  # a count is never below nothing
            told.append(_pick(_NUMBERS["is"], language).format(v=0))
        else:
            values = wanted if isinstance(wanted, tuple) else (wanted,)
            told.append(_pick(words[operator], language).format(v=_or([str(v) for v in values], language)))
    return _lead(("且" if language == "zh" else " and ").join(told), language)


def _worded(guard: Guard, options: Mapping[str, Any], language: str) -> str:
    """What a row asks of a field of words: quoted options, or whether anything stands there."""
    told = []
    for operator, wanted in guard.args:
        if operator not in VALUE_OPERATORS:
            continue
        if operator in _FILLED:
            told.append(_pick(_FILLED[operator], language))
            continue
        values: Iterable[Any] = wanted if isinstance(wanted, tuple) else (wanted,)
        names = [options[v].say(language) if v in options else _pick(WORDS.get("true" if v is True else "false" if v is False else str(v), (str(v), str(v))), language) for v in values]
        told.append(_pick(_WORDED.get(operator, _NUMBERS.get(operator, ("{v}", "{v}"))), language).format(v=_or([_quote(n) for n in names], language)))
    return _lead(("且" if language == "zh" else " and ").join(told), language)


def _subject(guard: Guard, language: str) -> str:
    attribute = guard.get("attribute")
    if SUBJECT_ATTRIBUTES[attribute] == "boolean":
        yes, no = SUBJECT_WORDS[attribute]
        return _pick(yes if guard.get("is") is not False else no, language)
    return ("对象的管理权限" if language == "zh" else "the level that manages the subject") + _worded(guard, {}, language)


def _times(move: str, fewer_than: int, language: str) -> str:
    if fewer_than == 1:
        return f"尚未办过“{move}”" if language == "zh" else f"“{move}” has not been done before"
    return f"“{move}”办过不足 {fewer_than} 次" if language == "zh" else f"“{move}” has been done fewer than {fewer_than} times"


def _children(playbook: Playbook, guard: Guard, language: str, kinds: Kinds) -> str:
    kind, outcome = guard.get("kind"), guard.get("outcome")
    own = kinds.get(kind)
    ended = name_of(own if own is not None and outcome in own.outcomes else playbook, "outcome", outcome, language) if outcome else ""
    name = name_of(playbook, "kind", kind, language, kinds)
    if guard.get("are") == "last":
        return f"最近一件“{name}”的结果为“{ended}”" if language == "zh" else f"the last “{name}” ended as “{ended}”"
    with_outcome = (f"（结果为“{ended}”的）" if language == "zh" else f" (that ended as “{ended}”)") if ended else ""
    zh, en = {
        "none": ("没有“{}”{}", "there is no “{}”{}"), "none_open": ("没有未办结的“{}”{}", "no “{}” is open{}"), "all_closed": ("“{}”{}已全部办结", "every “{}”{} is closed"),
        "some_open": ("有未办结的“{}”{}", "a “{}” is open{}"), "some_closed": ("有已办结的“{}”{}", "a “{}” is closed{}"),
    }[guard.get("are")]
    return (zh if language == "zh" else en).format(name, with_outcome)


def _stage_of_parent(playbook: Playbook, guard: Guard, language: str, kinds: Kinds) -> str:
    """The stage's own name: of the kind that is named, or of every kind that opens this one."""
    stage, kind = guard.get("passed"), guard.get("kind")
    above = [kinds[kind]] if kind in kinds else [p for p in kinds.values() if _opens(p, playbook.code)]
    names = dict.fromkeys(p.stages[stage].label.say(language) for p in above if stage in p.stages)
    return _or(list(names), language) if names else str(stage)


def _opens(playbook: Playbook, kind: str) -> bool:
    effects = (e for place in (playbook.stages, playbook.moves) for thing in place.values() for e in thing.effects)
    return any(e.do == "spawn_matter" and e.get("kind") == kind for e in effects)


def _form(playbook: Playbook, form: str, language: str) -> str:
    return playbook.forms[form].label.say(language) if form in playbook.forms else form


def _date(playbook: Playbook, form: str, reference: str, language: str) -> str:
    """The label of a date that a computed field starts from: beside it, or `form.field` of another form (then with that form's name)."""
    other, _, code = reference.rpartition(".")
    home = other or form
    found = playbook.forms[home].field(code) if home in playbook.forms else None
    label = found.label.say(language) if found else code
    return f"{_form(playbook, other, language)}·{label}" if other else label


def _or(names: Sequence[str], language: str) -> str:
    if language == "zh":
        return "或".join(names)
    return " or ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def _quote(name: str) -> str:
    return f"“{name}”"


def _lead(text: str, language: str) -> str:
    """English puts a space between a name and what is said of it."""
    return text if language == "zh" or not text else f" {text}"


def _pick(pair: tuple[str, str], language: str) -> str:
    return pair[0] if language == "zh" else pair[1]
