"""Is a condition true now, and how does it read aloud? Evaluators for every word of vocabulary.GUARDS."""
from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .model import Condition, Guard, Playbook
from .state import Context, State
from .vocabulary import ADDRESSEES, BUILT_IN_PARTIES, GUARDS, LEVELS, SUBJECT_ATTRIBUTES, VALUE_OPERATORS, WORDS

Test = Callable[[Guard, State, Context], bool]


def holds(condition: Condition, state: State, context: Context) -> bool:
    """True when `condition` is empty or every row of one of its groups holds."""
    return not condition or any(all(guard_holds(row, state, context) for row in group) for group in condition)


def guard_holds(guard: Guard, state: State, context: Context) -> bool:
    """One row. Raises KeyError for a word outside the vocabulary, which the schema never lets in."""
    return _TESTS[guard.test](guard, state, context)


def missing(condition: Condition, state: State, context: Context) -> tuple[Guard, ...]:
    """The rows that still fail in the group that lacks least; empty when the condition holds."""
    if holds(condition, state, context):
        return ()
    failing = [tuple(row for row in group if not guard_holds(row, state, context)) for group in condition]
    return min(failing, key=len)


def compare(value: Any, guard: Guard) -> bool:
    """Apply the value operators of a row (`is`, `in`, `lt`, `has`, `present`, …) to one value; all must hold."""
    return all(_COMPARE[name](value, wanted) for name, wanted in guard.args if name in VALUE_OPERATORS)


def _filled(value: Any) -> bool:
    return value is not None and value != "" and value != () and value != []


def _ordered(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare_ordered(value: Any, wanted: Any) -> bool:
        if isinstance(value, list | tuple):  # a table is measured by its rows
            value = len(value)
        same = isinstance(value, str) == isinstance(wanted, str)
        return value is not None and same and test(value, wanted)

    return compare_ordered


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "is": lambda a, b: a == b and isinstance(a, bool) == isinstance(b, bool),
    "is_not": lambda a, b: _filled(a) and a != b,
    "in": lambda a, b: a in b,
    "not_in": lambda a, b: _filled(a) and a not in b,
    "lt": _ordered(lambda a, b: a < b),
    "le": _ordered(lambda a, b: a <= b),
    "gt": _ordered(lambda a, b: a > b),
    "ge": _ordered(lambda a, b: a >= b),
    "has": lambda a, b: isinstance(a, list | tuple | frozenset) and b in a,
    "present": lambda a, _: _filled(a),
    "absent": lambda a, _: not _filled(a),
}


def _field(guard: Guard, _: State, context: Context) -> bool:
    form, _dot, code = guard.get("of").partition(".")
    for quantifier, test in (("each", all), ("some", any)):
        if party := guard.get(quantifier):
            bodies = context.bodies.get(party, ())
            answers = [compare(context.forms_by_body.get((form, body), {}).get(code), guard) for body in bodies]
            return bool(answers) and test(answers)
    values = context.forms_by_body.get((form, context.body)) if context.body else None
    if values is None:
        values = context.forms.get(form, {})
    return compare(values.get(code), guard)


def _children(guard: Guard, _: State, context: Context) -> bool:
    outcome = guard.get("outcome")
    kin = [c for c in context.children if c.kind == guard.get("kind")]
    mine = [c for c in kin if outcome is None or c.outcome == outcome]
    match guard.get("are"):
        case "last":
            return bool(kin) and kin[-1].outcome == outcome
        case "none":
            return not mine
        case "none_open":
            return not any(c.open for c in mine)
        case "all_closed":
            return bool(mine) and not any(c.open for c in mine)
        case "some_open":
            return any(c.open for c in mine)
        case _:
            return any(not c.open for c in mine)


def _clock(guard: Guard, _: State, context: Context) -> bool:
    now = context.clocks.get(guard.get("code"), "not_started")
    return now != "expired" if guard.get("is") == "not_expired" else now == guard.get("is")


def _product(guard: Guard, _: State, context: Context) -> bool:
    return guard.get("code") in context.products


_TESTS: dict[str, Test] = {
    "field": _field,
    "approved": lambda g, s, c: c.approvals.get(g.get("act")) == "approved",
    "refused": lambda g, s, c: c.approvals.get(g.get("act")) == "refused",
    "clock": _clock,
    "slots": lambda g, s, c: g.get("of") in c.compositions,
    "votes": lambda g, s, c: g.get("by") in c.votes.get(g.get("of"), frozenset()),
    "recusal": lambda g, s, c: g.get("of") in c.cleared,
    "product": _product,
    "document": lambda g, s, c: g.get("is") in c.documents.get(g.get("code"), frozenset()),
    "children": _children,
    "feedback": lambda g, s, c: c.feedback.get(g.get("of")) in (("given", "waived") if g.get("is") == "given_or_waived" else ("given",)),
    "competence": lambda g, s, c: c.competence,
    "parent": lambda g, s, c: g.get("kind") in (None, c.parent_kind) and g.get("passed") in c.parent_passed,
    "people": lambda g, s, c: len(c.people.get(g.get("role"), frozenset())) >= g.get("at_least"),
    "subject": lambda g, s, c: compare(c.subject.get(g.get("attribute")), g),
    "body": lambda g, s, c: compare(c.body_attributes.get((g.get("party"), g.get("attribute"))), g),
    "relation": lambda g, s, c: (g.get("of"), g.get("to"), g.get("is")) in c.relations,
    "passed": lambda g, s, c: g.get("stage") in s.passed(),
    "not_passed": lambda g, s, c: g.get("stage") not in s.passed(),
    "times": lambda g, s, c: sum(d.move == g.get("move") for d in s.done) < g.get("fewer_than"),
    "fact": lambda g, s, c: compare(c.facts.get(g.get("code")), g),
    "files": lambda g, s, c: g.get("are") in c.files,
    "evidence": lambda g, s, c: c.evidence >= g.get("at_least"),
    "authorization": lambda g, s, c: c.authorization,
    "presence": lambda g, s, c: g.get("is") in c.presence,
    "posting": lambda g, s, c: g.get("of") in c.postings_over,
    "rights": lambda g, s, c: g.get("told") in c.rights,
    "level": lambda g, s, c: LEVELS.index(c.level) <= LEVELS.index(g.get("at_most")),
}
assert set(_TESTS) == set(GUARDS), "every guard word needs an evaluator"


# --- reading aloud --------------------------------------------------------------------------------------------


def name_of(playbook: Playbook, kind: str, code: Any, language: str, kinds: dict[str, Any] | None = None) -> str:
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
            return built_in[code][0 if language == "zh" else 1]
    if kind == "field":
        form, _, field = str(code).partition(".")
        if form in playbook.forms and (found := playbook.forms[form].field(field)):
            return f"{playbook.forms[form].label.say(language)}·{found.label.say(language)}"
    if kind == "enum" and str(code) in WORDS:
        return WORDS[str(code)][0 if language == "zh" else 1]
    if isinstance(code, bool):
        return WORDS["true" if code else "false"][0 if language == "zh" else 1]
    return str(code)


def say_guard(playbook: Playbook, guard: Guard, language: str, kinds: dict[str, Any] | None = None) -> str:
    """One condition as half a sentence, such as “立案审批”已经批准."""
    word = GUARDS[guard.test]
    shown = {name: name_of(playbook, word.args[name].kind, value, language, kinds) for name, value in guard.args if name in word.args}
    if guard.test == "children":
        shown["outcome"] = name_of(playbook, "outcome", guard.get("outcome"), language) if guard.get("outcome") else ""
    shown["value"] = " ".join(_say_value(playbook, guard, op, wanted, language) for op, wanted in guard.args if op in VALUE_OPERATORS)
    return (word.zh if language == "zh" else word.en).format(**shown)


def _say_value(playbook: Playbook, guard: Guard, operator: str, wanted: Any, language: str) -> str:
    verb = WORDS[operator][0 if language == "zh" else 1]
    if operator in ("present", "absent"):
        return verb
    values: Iterable[Any] = wanted if isinstance(wanted, tuple) else (wanted,)
    options: dict[str, Any] = {}
    if guard.test == "field":
        form, _, code = guard.get("of").partition(".")
        found = playbook.forms[form].field(code) if form in playbook.forms else None
        options = {o.code: o.label for o in found.options} if found else {}
    elif guard.test == "subject" and SUBJECT_ATTRIBUTES[guard.get("attribute")] == "boolean":
        verb = "：" if language == "zh" else ":"
    texts = [options[v].say(language) if v in options else name_of(playbook, "enum", v, language) for v in values]
    return f"{verb} " + ("、" if language == "zh" else ", ").join(texts)


def say_condition(playbook: Playbook, condition: Condition, language: str, kinds: dict[str, Any] | None = None) -> str:
    """The whole condition; groups are joined by “or”."""
    join_and, join_or = ("；", "；或者 ") if language == "zh" else ("; ", "; or ")
    return join_or.join(join_and.join(say_guard(playbook, row, language, kinds) for row in group) for group in condition)
