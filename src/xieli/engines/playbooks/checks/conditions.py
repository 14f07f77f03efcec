"""Checks of guards: right types, known in time, possible, and leaving no case open."""
from __future__ import annotations

from collections.abc import Iterable, Iterator

from .. import domains
from ..aloud import say_guard
from ..errors import Path
from ..graph import always_before, forms_before, possibly_before
from ..model import Guard, Move, Playbook
from ..vocabulary import LEVELS, OPERATORS_BY_TYPE, RANKS, SUBJECT_ATTRIBUTES, VALUE_OPERATORS
from .registry import Finding, Library, rule
from .time import all_effects


def _rows(playbook: Playbook) -> Iterator[tuple[Path, Guard]]:
    for move in playbook.moves.values():
        for number, group in enumerate(move.when):
            for row, guard in enumerate(group):
                yield ("moves", move.code, "when", number, row), guard
    for approval in playbook.approvals.values():
        for number, chain in enumerate(approval.chains):
            for group in chain.when:
                for guard in group:
                    yield ("approvals", approval.code, "chains", number), guard


@rule("guard_type", "条件与字段类型相符", "guards fit the type of what they ask about")
def guard_type(playbook: Playbook, _: Library) -> Iterable[Finding]:
    for path, row in _rows(playbook):
        wrong = _type_error(playbook, row)
        if wrong:
            yield Finding(path, f"条件写法与类型不符：{wrong[0]}。", f"The guard does not fit its type: {wrong[1]}.")


def _type_error(playbook: Playbook, row: Guard) -> tuple[str, str] | None:
    asked = [(op, value) for op, value in row.args if op in VALUE_OPERATORS]
    values = [one for op, value in asked if op not in ("present", "absent") for one in (value if isinstance(value, tuple) else (value,))]
    if row.test == "field":
        form, _, code = row.get("of").partition(".")
        field = playbook.forms[form].field(code) if form in playbook.forms else None
        if field is None:
            return None
        name = f"{form}.{code}"
        if (row.get("each") or row.get("some")) and (playbook.forms[form].per != (row.get("each") or row.get("some"))):
            return f"“{name}”不是每个机构各填一份", f"`{name}` is not submitted once per such body"
        for op, _value in asked:
            if op not in OPERATORS_BY_TYPE[field.type]:
                return f"{field.type} 类字段“{name}”不能用 {op}", f"`{op}` cannot be asked of the {field.type} field `{name}`"
        if field.type in ("choice", "choices"):
            options = {o.code for o in field.options}
            bad = [v for v in values if v not in options]
            if bad:
                return f"“{name}”没有选项“{bad[0]}”", f"`{name}` has no option “{bad[0]}”"
        wanted: type = bool if field.type == "boolean" else int if field.type in ("integer", "money", "computed", "table") else str
        if any(not isinstance(v, wanted) or (wanted is int and isinstance(v, bool)) for v in values):
            return f"“{name}”比较的值类型不对", f"`{name}` is compared with a value of another type"
    elif row.test == "subject":
        kind = SUBJECT_ATTRIBUTES[row.get("attribute")]
        if kind == "boolean" and any(op != "is" or not isinstance(v, bool) for op, v in asked):
            return f"{row.get('attribute')} 只能问 is: true/false", f"`{row.get('attribute')}` is either true or false"
        if kind != "boolean" and any(v not in RANKS for v in values):
            return f"{row.get('attribute')} 应为级别", f"`{row.get('attribute')}` is compared with something that is no rank"
    elif row.test == "children" and (row.get("are") == "last") != bool(row.get("outcome")) and row.get("are") in ("last", "none", "none_open"):
        return "“last”须写明结果，“none”“none_open”不能写结果", "`last` needs an outcome, `none` and `none_open` take none"
    elif row.test == "body" and row.get("attribute") == "rank" and any(v not in RANKS for v in values):
        return "级别写法不对", "this is no rank"
    return None


@rule("guard_field_late", "条件所问的字段此前已经填报", "guards ask only about forms already submitted")
def guard_field_late(playbook: Playbook, _: Library) -> Iterable[Finding]:
    before = forms_before(playbook)
    for move in playbook.moves.values():
        for source in move.sources:
            if source not in before or source not in playbook.stages:
                continue
            stage = playbook.stages[source]
            known = before[source] | {move.form}
            known |= {stage.form} if move.kind == "forward" else set()
            for group in move.when:
                for row in group:
                    if row.test == "field" and (form := row.get("of").partition(".")[0]) in playbook.forms and form not in known:
                        label = playbook.forms[form].label
                        yield Finding(("moves", move.code, "when"), f"走到“{stage.label.zh}”时“{label.zh}”未必已经填报。", f"At “{stage.label.en}” the form “{label.en}” has not been submitted on every way there.")
            if stage.decides and move.outcome and (form := stage.decides.partition(".")[0]) in playbook.forms and form not in before[source] | {stage.form}:
                yield Finding(("stages", source, "decides"), f"“{stage.label.zh}”依据的表单未必已经填报。", f"The form on which “{stage.label.en}” decides has not been submitted on every way there.")


@rule("guard_never", "条件有可能成立", "every guard can hold")
def guard_never(playbook: Playbook, _: Library) -> Iterable[Finding]:
    always, possible = always_before(playbook), possibly_before(playbook)
    spawned = {effect.get("kind") for _path, effect in all_effects(playbook) if effect.do == "spawn_matter"}
    executed = {effect.get("duty") for _path, effect in all_effects(playbook)}
    for move in playbook.moves.values():
        for number, group in enumerate(move.when):
            if any(_type_error(playbook, row) for row in group):
                continue
            hopeless = next((row for row in group if _never(playbook, row, spawned, executed, move)), None)
            for source in move.sources:
                if source not in always:
                    continue
                implied = domains.implied_by_outcome(playbook.stages[source], move)
                if hopeless is None and domains.can_hold(playbook, group, always=always[source], possible=possible[source], implied=implied):
                    continue
                zh = "；".join(say_guard(playbook, row, "zh") for row in ((hopeless,) if hopeless else group))
                en = "; ".join(say_guard(playbook, row, "en") for row in ((hopeless,) if hopeless else group))
                yield Finding(("moves", move.code, "when", number), f"“{move.label.zh}”的这组条件永远不会成立：{zh}。", f"This group of “{move.label.en}” can never hold: {en}.")
    for approval in playbook.approvals.values():
        for number, chain in enumerate(approval.chains):
            for group in chain.when:
                if not any(_type_error(playbook, row) for row in group) and not domains.can_hold(playbook, group, always=frozenset(), possible=set(playbook.stages)):
                    yield Finding(("approvals", approval.code, "chains", number), f"“{approval.label.zh}”的这条审批链永远用不上。", f"This chain of “{approval.label.en}” can never apply.")


def _never(playbook: Playbook, row: Guard, spawned: set[str], duties: set[str], move: Move) -> bool:
    match row.test:
        case "children":
            return row.get("are") not in ("none", "none_open") and row.get("kind") not in spawned
        case "feedback":
            return row.get("of") not in duties
        case "level":
            return LEVELS.index(row.get("at_most")) < LEVELS.index(playbook.secrecy.floor)
        case "approved" | "refused":
            return move.needs == row.get("act") and row.test == "refused"
        case _:
            return False


@rule("guards_leave_gap", "条件合起来不留空档", "the guards of a stage leave no case open")
def guards_leave_gap(playbook: Playbook, _: Library) -> Iterable[Finding]:
    """Whatever was entered before, some forward, return or redo move can still become open (for every outcome)."""
    always, possible = always_before(playbook), possibly_before(playbook)
    for stage in playbook.stages.values():
        if stage.kind not in ("task", "decision", "wait") or stage.code not in always:
            continue
        moves = [m for m in playbook.moves_from(stage.code) if m.kind != "cancel"]
        if any(_type_error(playbook, row) for m in moves for g in m.when for row in g):
            continue
        sets = [[m for m in moves if m.outcome == o.code] for o in stage.outcomes] if stage.kind == "decision" and stage.decides is None else [moves]
        for mine in sets:
            if not mine:
                continue
            case = domains.gap(playbook, stage, mine, always=always[stage.code], possible=possible[stage.code])
            if case == "too_many":
                yield Finding(("stages", stage.code), f"“{stage.label.zh}”的条件组合过多，无法核对，请简化。", f"The guards of “{stage.label.en}” tell apart too many cases to check; simplify them.")
            elif case is not None and not isinstance(case, str):
                what = "; ".join(f"{'.'.join(p for p in k[1:] if p)} = {v if v is not None else '—'}" for k, v in case.items()).replace("\0", "")
                yield Finding(("stages", stage.code), f"“{stage.label.zh}”在这种情形下无路可走：{what}。", f"“{stage.label.en}” leads nowhere in this case: {what}.")
