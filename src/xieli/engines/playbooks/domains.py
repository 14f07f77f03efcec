"""Can a group of guard rows ever hold, and do the groups of several moves leave no case open?

Rows that speak of forms, the subject, a body's rank and the history are *settled*: when the stage is reached their
values do not change any more, so a gap between them would leave a matter stuck. Rows about approvals, clocks,
documents and so on are *open*: the world can still make them true.
"""
from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

from .guards import compare
from .model import FormField, Guard, Move, Playbook, Stage
from .vocabulary import RANKS, SUBJECT_ATTRIBUTES, VALUE_OPERATORS

SETTLED = ("field", "subject", "body", "fact", "passed", "not_passed")
MAX_CASES = 20_000
Case = Mapping[tuple[str, ...], Any]


def variable(row: Guard) -> tuple[str, ...]:
    """What a settled row speaks about."""
    match row.test:
        case "field":
            return ("field", row.get("of"), row.get("each") or row.get("some") or "")
        case "subject":
            return ("subject", row.get("attribute"))
        case "body":
            return ("body", row.get("party"), row.get("attribute"))
        case "fact":
            return ("fact", row.get("code"))
        case _:
            return ("passed", row.get("stage"))


def domain(playbook: Playbook, what: tuple[str, ...], rows: Iterable[Guard]) -> list[Any]:
    """Values that stand for all the different cases of `what` which these rows can tell apart."""
    constants = _constants(rows)
    match what[0]:
        case "field":
            form, _, code = what[1].partition(".")
            field = playbook.forms[form].field(code) if form in playbook.forms else None
            return _field_domain(field, constants)
        case "subject":
            kind = SUBJECT_ATTRIBUTES[what[1]]
            return [True, False] if kind == "boolean" else list(RANKS)
        case "body":
            return list(RANKS) if what[2] == "rank" else [*constants, "\0other"]
        case "passed":
            return [True, False]
        case _:
            return [None, "\0other", *_around(constants)]


def _constants(rows: Iterable[Guard]) -> list[Any]:
    found: list[Any] = []
    for row in rows:
        for operator, wanted in row.args:
            if operator in VALUE_OPERATORS and operator not in ("present", "absent"):
                found += list(wanted) if isinstance(wanted, tuple) else [wanted]
    return list(dict.fromkeys(found))


def _around(constants: list[Any]) -> list[Any]:
    found: list[Any] = []
    for constant in constants:
        found += [constant - 1, constant, constant + 1] if isinstance(constant, int) and not isinstance(constant, bool) else [constant]
    return list(dict.fromkeys(found))


def _field_domain(field: FormField | None, constants: list[Any]) -> list[Any]:
    if field is None:
        return [None]
    empty = [] if field.required else [None]
    match field.type:
        case "choice":
            return [o.code for o in field.options] + empty
        case "boolean":
            return [True, False, *empty]
        case "choices":
            picked = [o.code for o in field.options if o.code in constants]
            sets = [tuple(c) for n in range(len(picked) + 1) for c in itertools.combinations(picked, n)]
            return [s or ("\0other",) for s in sets] + empty
        case "integer" | "money" | "computed":
            values = [v for v in _around(constants) if isinstance(v, int)] or [0]
            least, most = field.least, field.most
            inside = [v for v in values if (least is None or v >= least) and (most is None or v <= most)]
            return (inside or [least if least is not None else most if most is not None else 0]) + empty
        case "table":
            sizes = sorted({max(0, v) for v in _around(constants) if isinstance(v, int)} | {1})
            least = 1 if field.required else 0
            return [("row",) * n for n in sizes if n >= least] + empty
        case "date" | "datetime":
            days = sorted({str(c) for c in constants})
            return ["0001-01-01", *days, *(d + "~" for d in days), "9999-12-31", *empty]
        case _:
            return ["\0text", *empty]


def row_holds(row: Guard, case: Case) -> bool:
    value = case[variable(row)]
    if row.test == "passed":
        return bool(value)
    if row.test == "not_passed":
        return not value
    return compare(value, row)


def cases(playbook: Playbook, rows: list[Guard], *, always: frozenset[str] = frozenset(), possible: set[str] | None = None) -> Iterable[Case] | None:
    """Every combination of settled values these rows can tell apart; None when there are too many to try."""
    settled = [row for row in rows if row.test in SETTLED]
    by_variable: dict[tuple[str, ...], list[Guard]] = {}
    for row in settled:
        by_variable.setdefault(variable(row), []).append(row)
    spaces: list[list[Any]] = []
    for what, mine in by_variable.items():
        values = domain(playbook, what, mine)
        if what[0] == "passed":
            values = [True] if what[1] in always else [False] if possible is not None and what[1] not in possible else values
        spaces.append(values)
    total = 1
    for space in spaces:
        total *= len(space)
    if total > MAX_CASES:
        return None
    names = list(by_variable)
    return (dict(zip(names, values, strict=True)) for values in itertools.product(*spaces))


def can_hold(playbook: Playbook, group: tuple[Guard, ...], *, always: frozenset[str], possible: set[str], implied: tuple[Guard, ...] = ()) -> bool:
    """Whether some world makes every row of the group true at once (`implied` rows hold besides)."""
    group = (*group, *implied)
    if not _open_rows_agree(playbook, group):
        return False
    settled = [row for row in group if row.test in SETTLED]
    if any(row.test == "field" and row.get("some") for row in settled):
        # different bodies may answer differently: each such row stands for itself
        alone = [row for row in settled if row.get("some")]
        rest = [row for row in settled if not row.get("some")]
        groups = [[row, *(r for r in rest if r.get("of") == row.get("of") and r.get("each"))] for row in alone] + [rest]
    else:
        groups = [settled]
    for rows in groups:
        # a row about one body and a row about each of them speak of the same answer
        rows = [Guard(r.test, tuple((k, v) for k, v in r.args if k not in ("each", "some"))) if r.test == "field" else r for r in rows]
        tried = cases(playbook, rows, always=always, possible=possible)
        if tried is not None and not any(all(row_holds(row, case) for row in rows) for case in tried):
            return False
    return True



def _open_rows_agree(playbook: Playbook, group: tuple[Guard, ...]) -> bool:
    approved = {r.get("act") for r in group if r.test == "approved"}
    if approved & {r.get("act") for r in group if r.test == "refused"}:
        return False
    clocks: dict[str, set[str]] = {}
    for row in group:
        if row.test == "clock":
            states = {"not_started", "running", "suspended", "stopped"} if row.get("is") == "not_expired" else {row.get("is")}
            clocks[row.get("code")] = clocks.get(row.get("code"), states) & states
        if row.test == "times" and row.get("fewer_than") < 1:
            return False
        if row.test == "slots" and (found := playbook.compositions.get(row.get("of"))) and any(s.most is not None and s.most < s.least for s in found.slots):
            return False
    if any(not states for states in clocks.values()):
        return False
    relations: dict[tuple[str, str], set[str]] = {}
    for row in group:
        if row.test == "relation":
            relations.setdefault((row.get("of"), row.get("to")), set()).add(row.get("is"))
    if any("same" in found and found - {"same"} for found in relations.values()):
        return False
    children: dict[str, set[str]] = {}
    for row in group:
        if row.test == "children":
            children.setdefault(row.get("kind"), set()).add(row.get("are"))
    return not any(("none" in c and c - {"none", "none_open"}) or {"none_open", "some_open"} <= c or {"all_closed", "some_open"} <= c for c in children.values())


def implied_by_outcome(stage: Stage, move: Move) -> tuple[Guard, ...]:
    """The row that a decision's outcome adds to each of its moves."""
    if stage.decides and move.outcome:
        return (Guard("field", (("is", move.outcome), ("of", stage.decides))),)
    return ()


def gap(playbook: Playbook, stage: Stage, moves: Iterable[Move], *, always: frozenset[str], possible: set[str]) -> Case | str | None:
    """A combination of settled values for which none of these moves is open; None when there is none.

    Returns the text "too_many" when the guards tell apart more cases than can be tried.
    """
    groups: list[list[Guard]] = []
    for move in moves:
        extra = implied_by_outcome(stage, move)
        for group in move.when or ((),):
            rows = [row for row in (*group, *extra) if row.test in SETTLED and not row.get("some") and not row.get("each")]
            groups.append(rows)
    if any(not rows for rows in groups):
        return None
    tried = cases(playbook, [row for rows in groups for row in rows], always=always, possible=possible)
    if tried is None:
        return "too_many"
    return next((case for case in tried if not any(all(row_holds(row, case) for row in rows) for rows in groups)), None)
