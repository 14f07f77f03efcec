"""Is a condition true now? Evaluators for every word of vocabulary.GUARDS; how it reads aloud is in aloud.py."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .model import Condition, Guard
from .state import Context, State
from .vocabulary import GUARDS, LEVELS, VALUE_OPERATORS

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
