"""Checks that everything named exists, and that everything declared is used."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..errors import Path
from ..model import Effect, FormField, Guard, Playbook
from ..vocabulary import ADDRESSEES, BUILT_IN_PARTIES, EFFECTS, GUARDS, RECORDS
from .registry import Finding, Library, rule

Named = tuple[Path, str, str]  # where, kind of thing, code


def references(playbook: Playbook) -> Iterator[Named]:
    """Every place where the playbook names something: (path, kind of thing, code)."""
    for role in playbook.roles.values():
        yield ("roles", role.code, "of"), "party", role.of
        yield from _some(("roles", role.code, "named"), ("field", role.named))
    for composition in playbook.compositions.values():
        for slot in composition.slots:
            here: Path = ("compositions", composition.code, "slots", slot.code)
            yield from _some(here, ("party", slot.party), ("role", slot.role), ("party", slot.per))
    for code in (*playbook.recusal.roles,):
        yield ("recusal", "roles"), "role", code
    for code in playbook.recusal.parties:
        yield ("recusal", "parties"), "party", code
    for form in playbook.forms.values():
        yield from _some(("forms", form.code), ("party", form.per))
    for clock in playbook.clocks.values():
        here = ("clocks", clock.code)
        for event in (*clock.starts_on, *clock.stops_on, *clock.suspends_on, *clock.resumes_on):
            verb, _, code = event.partition(":")
            if code:
                yield here, "move" if verb == "move" else "stage", code
        yield from _some(here, ("field", clock.starts_at))
        for code in clock.alarm:
            yield here, "refs", code
    for document in playbook.documents.values():
        yield from _some(("documents", document.code), ("series", document.series))
    for product in playbook.products.values():
        yield from _some(("products", product.code), ("form", product.form), ("document", product.document))
    for approval in playbook.approvals.values():
        here = ("approvals", approval.code)
        yield here, "role", approval.proposer
        for code in approval.after:
            yield here, "act", code
        for number, chain in enumerate(approval.chains):
            for group in chain.when:
                yield from _guards((*here, "chains", number), group)
    for duty in playbook.feedback.values():
        yield ("feedback", duty.code), "refs", duty.to
    for separation in playbook.separation.values():
        for code in (*separation.first, *separation.second):
            yield ("separation", separation.code), "step", code
    for prior in playbook.prior.values():
        yield ("prior", prior.code), "role", prior.role
        yield ("prior", prior.code), "kind", prior.kind
    for stage in playbook.stages.values():
        here = ("stages", stage.code)
        yield from _some(here, ("form", stage.form), ("clock", stage.clock), ("party", stage.per), ("field", stage.decides), ("outcome", stage.result), ("stage", stage.joins))
        for code in stage.roles:
            yield here, "actor", code
        for code in stage.products:
            yield here, "product", code
        yield from _effects(here, stage.effects)
    for move in playbook.moves.values():
        here = ("moves", move.code)
        for code in (*move.sources, move.to):
            yield here, "stage", code
        for code in move.who:
            yield here, "actor", code
        yield from _some(here, ("act", move.needs), ("form", move.form))
        for group in move.when:
            yield from _guards((*here, "when"), group)
        yield from _effects(here, move.effects)


def _some(here: Path, *named: tuple[str, str | None]) -> Iterator[Named]:
    for kind, code in named:
        if code is not None:
            yield here, kind, code


def _args(here: Path, specs: Any, args: Iterable[tuple[str, Any]]) -> Iterator[Named]:
    named = dict(args)
    for name, value in named.items():
        kind = specs[name].kind if name in specs else None
        if kind in ("refs",):
            for code in value:
                yield here, kind, code
        elif kind == "fill":
            for _target, source in value:
                place, _, column = source.partition(".")
                # `row.column`: the row of the table that the matters are made of
                yield (here, "column", f"{named['rows_of']}.{column}") if place == "row" and "rows_of" in named else (here, "field", source)
        elif kind is not None and kind not in ("enum", "word", "count", "acts", "level", "period"):
            yield here, kind, value


def _guards(here: Path, group: Iterable[Guard]) -> Iterator[Named]:
    for row in group:
        yield from _args(here, GUARDS[row.test].args, row.args)


def _effects(here: Path, effects: Iterable[Effect]) -> Iterator[Named]:
    for number, effect in enumerate(effects):
        yield from _args((*here, "effects", number), EFFECTS[effect.do].args, effect.args)


def exists(playbook: Playbook, kind: str, code: str) -> bool:
    """Whether the thing named is there (kinds of matters are checked elsewhere)."""
    if kind == "field":
        form, _, name = code.partition(".")
        return form in playbook.forms and playbook.forms[form].field(name) is not None
    if kind == "column":
        form, name, column = code.split(".", 2)
        table = playbook.forms[form].field(name) if form in playbook.forms else None
        return table is not None and any(c.code == column for c in table.columns)
    party = code in playbook.parties or code in BUILT_IN_PARTIES
    places: dict[str, bool] = {
        "role": code in playbook.roles, "actor": code in playbook.roles or code == "system", "party": party, "composition": code in playbook.compositions,
        "ref": party or code in playbook.roles or code in playbook.compositions or code == "sender", "refs": party or code in playbook.roles or code in playbook.compositions or code in ADDRESSEES,
        "stage": code in playbook.stages, "move": code in playbook.moves, "step": code in playbook.stages or code in playbook.moves, "clock": code in playbook.clocks,
        "act": code in playbook.approvals, "form": code in playbook.forms, "product": code in playbook.products, "document": code in playbook.documents,
        "series": code in playbook.series, "outcome": code in playbook.outcomes, "feedback": code in playbook.feedback,
        "message": code in playbook.messages or code in playbook.documents, "kind": True,
    }
    return places[kind]


_KIND_NAMES = {
    "role": ("角色", "role"), "actor": ("角色", "role"), "party": ("机构方", "party"), "composition": ("人员编组", "composition"), "ref": ("对象", "role, party or composition"),
    "refs": ("对象", "role, party or addressee"), "stage": ("环节", "stage"), "move": ("步骤", "move"), "step": ("环节或步骤", "stage or move"), "clock": ("期限", "clock"),
    "act": ("审批事项", "approval"), "form": ("表单", "form"), "product": ("成果", "product"), "document": ("文书", "document"), "series": ("编号系列", "series"),
    "outcome": ("结果", "outcome"), "feedback": ("反馈责任", "feedback duty"), "message": ("通知内容", "message or document"), "field": ("表单字段", "form field"), "column": ("表格列", "column of the table"), "kind": ("事项类别", "matter kind"),
}


@rule("reference_unknown", "所引用的都存在", "everything named exists")
def reference_unknown(playbook: Playbook, _: Library) -> Iterable[Finding]:
    for path, kind, code in references(playbook):
        if not exists(playbook, kind, code):
            zh, en = _KIND_NAMES[kind]
            yield Finding(path, f"没有名为“{code}”的{zh}。", f"There is no {en} named “{code}”.")


@rule("kind_unknown", "所引用的事项类别都存在", "every matter kind named exists")
def kind_unknown(playbook: Playbook, library: Library) -> Iterable[Finding]:
    if library.kinds is None:
        return
    for path, kind, code in references(playbook):
        if kind == "kind" and code not in library.kinds and code != playbook.code:
            yield Finding(path, f"没有事项类别“{code}”。", f"There is no matter kind “{code}”.")


@rule("other_kind_mismatch", "与其他流程的约定对得上", "what is expected of other kinds is there")
def other_kind_mismatch(playbook: Playbook, library: Library) -> Iterable[Finding]:
    """Outcomes waited for are reported, stages a parent must have passed exist, roles barred for prior handling exist."""
    if library.kinds is None:
        return
    kinds = {**library.kinds, playbook.code: playbook}
    reported = {code: {e.get("outcome") for m in kind.moves.values() for e in m.effects if e.do == "report_to_parent"} for code, kind in kinds.items()}
    for move in playbook.moves.values():
        for row in (row for group in move.when for row in group):
            path = ("moves", move.code, "when")
            if row.test == "children" and row.get("outcome") and row.get("kind") in kinds and row.get("outcome") not in reported[row.get("kind")]:
                yield Finding(path, f"“{row.get('kind')}”从不向上级事项报告“{row.get('outcome')}”。", f"“{row.get('kind')}” never reports “{row.get('outcome')}” to its parent.")
            if row.test == "parent":
                parents = [kinds[row.get("kind")]] if row.get("kind") in kinds else [] if row.get("kind") else list(kinds.values())
                if parents and not any(row.get("passed") in kind.stages for kind in parents):
                    yield Finding(path, f"上级事项没有环节“{row.get('passed')}”。", f"No parent has a stage “{row.get('passed')}”.")
    for prior in playbook.prior.values():
        for role in prior.was:
            if prior.kind in kinds and role not in kinds[prior.kind].roles:
                yield Finding(("prior", prior.code), f"“{prior.kind}”没有角色“{role}”。", f"“{prior.kind}” has no role “{role}”.")


@rule("field_inside", "表单内部的引用正确", "fields refer to fields of their own form")
def field_inside(playbook: Playbook, _: Library) -> Iterable[Finding]:
    for form in playbook.forms.values():
        for field, around, path in _with_surroundings(form.fields, ("forms", form.code, "fields")):
            names = [c for c, _v in (*field.required_if, *field.only_if)] + ([field.roster] if field.roster else [])
            if field.fact:
                names += [c for c in (field.fact.subject, field.fact.date) if c]
            known = {f.code: f for f in around}
            bad = [n for n in names if n not in known]
            for name in field.computed.of if field.computed else ():
                outer, _dot, column = name.partition(".")
                if outer == "record" and column in RECORDS:
                    continue
                column = column.partition(".")[0]
                found = known.get(outer)
                elsewhere = playbook.forms.get(outer) if found is None and column else None
                if elsewhere is not None and elsewhere.field(column) is not None and elsewhere.code != form.code:
                    continue
                if found is None or (column and column not in {c.code for c in found.columns}):
                    bad.append(name)
            for name in bad:
                yield Finding(path, f"“{field.label.zh}”引用了不存在的字段“{name}”。", f"“{field.label.en}” refers to a field “{name}” that does not exist.")


def _with_surroundings(fields: tuple[FormField, ...], path: Path, outer: tuple[FormField, ...] = ()) -> Iterator[tuple[FormField, tuple[FormField, ...], Path]]:
    for field in fields:
        yield field, (*outer, *fields), (*path, field.code)
        if field.columns:
            yield from _with_surroundings(field.columns, (*path, field.code, "columns"), (*outer, *fields))


@rule("weights", "计算方式完整", "computed fields can be computed")
def weights(playbook: Playbook, _: Library) -> Iterable[Finding]:
    """Weights are as many as the parts and add up to 100; differences, days and shares have their two parts."""
    for form in playbook.forms.values():
        for field in form.fields:
            rule_of = field.computed
            if rule_of is None:
                continue
            if rule_of.how == "deduct":
                wrong = len(rule_of.of) != 2 or len(rule_of.weights) != 1
            elif rule_of.how == "lookup":
                wrong = len(rule_of.of) != 3 or [name.count(".") for name in rule_of.of] != [2, 0, 2]
            else:
                wrong = (rule_of.how == "weighted") != bool(rule_of.weights) or (bool(rule_of.weights) and (len(rule_of.weights) != len(rule_of.of) or sum(rule_of.weights) != 100))
            if wrong or (rule_of.how in ("days_between", "share") and len(rule_of.of) != 2):
                yield Finding(("forms", form.code, "fields", field.code), f"“{field.label.zh}”的权重须与各项一一对应、合计 100；相隔天数与占比须有两项。",
                              f"“{field.label.en}”: weights must match the parts and add up to 100; days and shares take two parts.")


@rule("unused", "所声明的都用得上", "everything declared is used")
def unused(playbook: Playbook, _: Library) -> Iterable[Finding]:
    used: dict[str, set[str]] = {}
    for _path, kind, code in references(playbook):
        used.setdefault(kind, set()).add(code)
        if kind == "field":
            used.setdefault("form", set()).add(code.partition(".")[0])
    groups: list[tuple[str, Iterable[str], set[str]]] = [
        ("forms", playbook.forms, used.get("form", set())),
        ("documents", playbook.documents, used.get("document", set()) | used.get("message", set())),
        ("products", playbook.products, used.get("product", set())),
        ("outcomes", playbook.outcomes, used.get("outcome", set())),
        ("messages", playbook.messages, used.get("message", set())),
        ("approvals", playbook.approvals, used.get("act", set())),
        ("series", playbook.series, used.get("series", set())),
        ("compositions", playbook.compositions, used.get("composition", set()) | used.get("ref", set()) | used.get("refs", set())),
        ("feedback", playbook.feedback, used.get("feedback", set())),
        ("roles", playbook.roles, set().union(*(used.get(k, set()) for k in ("role", "actor", "ref", "refs")))),
        ("parties", playbook.parties, set().union(*(used.get(k, set()) for k in ("party", "ref", "refs")))),
    ]
    for section, declared, named in groups:
        for code in declared:
            if code not in named:
                yield Finding((section, code), f"“{code}”已声明但没有用到。", f"“{code}” is declared but never used.")
