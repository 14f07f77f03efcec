"""Form submissions: immutable, versioned, validated; fields marked `fact` are projected in the same transaction."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from psycopg.types.json import Jsonb

from xieli.engines.ledger.canonical import dumps
from xieli.engines.playbooks.forms import complete, facts_of, validate
from xieli.engines.playbooks.model import Form, FormField, Move, Playbook
from xieli.office.audit import record
from xieli.office.bodies.models import Body
from xieli.office.matters.services import clocks, known, recorded
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.services.playbooks import playbook_of
from xieli.office.matters.services.source import actor, call, now
from xieli.office.matters.services.subjects import first_of, named
from xieli.office.matters.tables.core import Matter, MatterBody
from xieli.office.matters.tables.work import Fact, FormFill, FormSubmission


def checked(matter: Matter, code: str, values: dict[str, Any]) -> dict[str, Any]:
    """The values as they would be stored. Raises Refused naming each field that is wrong."""
    form = playbook_of(matter).forms.get(code)
    if form is None:
        raise Refused("unknown_form", f"流程没有表单“{code}”。", f"The playbook has no form “{code}”.")
    clean = {k: v for k, v in values.items() if v not in (None, "")}
    refusals = validate(form, clean)
    if refusals:
        raise Refused.because(refusals)
    clean = known.identities(form, clean)
    _roster(form, clean)
    return dict(complete(form, clean, _others(matter, form, clean)))


def _roster(form: Form, values: dict[str, Any]) -> None:
    """A table with a roster lists every body of the system that it is about; who is left out stands in it with the reason (S2-05)."""
    for table in (f for f in form.fields if f.roster):
        first = table.columns[0]  # the unit: chosen from the register, or by its name
        listed = {str(row.get(first.code)) for row in values.get(table.code) or []}
        missing = [b for b in system_bodies(str(values.get(str(table.roster)) or "")) if (str(b.id) if first.type == "body" else b.name_zh) not in listed]
        if missing:
            zh, en = "、".join(b.name_zh for b in missing[:20]), ", ".join(b.name_en for b in missing[:20])
            raise Refused("roster_incomplete", f"“{table.label.zh}”还差 {len(missing)} 个单位：{zh}。不纳入的也要列出并写明理由。没有保存。",
                          f"“{table.label.en}” lacks {len(missing)} of the system's bodies: {en}. One that is left out is listed with its reason. Nothing was kept.")


def system_bodies(system: str) -> list[Body]:
    """Living bodies of a system (sector), in the order of the register."""
    return list(Body.objects.filter(sector=system, valid_to=None).order_by("code")) if system else []


def _others(matter: Matter, form: Form, values: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What has been submitted on the other forms of the matter: a total may stand on parts that others handed in, or on `record.…`."""
    found = {row.form: row.data for row in FormSubmission.objects.filter(matter=matter).order_by("form", "revision")}
    asked = sorted({name.partition(".")[2] for f in form.fields if f.computed for name in f.computed.of if name.startswith("record.")})
    return {**found, "record": recorded.counts(matter, asked, {**found, form.code: values})} if asked else found


@transaction.atomic
def submit(matter: Matter, code: str, values: dict[str, Any], *, body: str | None = None, with_step: bool = False) -> FormSubmission:
    """Hand in a form: validated as published, kept as a new revision, its facts replaced by the new ones.

    `with_step`: handed in with a move, whose own check of the role undoes both. Raises Refused naming each field that is
    wrong; nothing is stored then.
    """
    data = checked(matter, code, values)
    playbook = playbook_of(matter)
    form = playbook.forms[code]
    _no_reporter(form, data)
    if not with_step:
        _step_role(matter, playbook, code)
    body = body or own_branch(matter, form)
    if body:
        data["_body"] = body
    import hashlib

    sha = hashlib.sha256(dumps(_plain(data))).hexdigest()
    last = FormSubmission.objects.filter(matter=matter, form=code).order_by("-revision").first()
    row = FormSubmission.objects.create(matter=matter, form=code, revision=(last.revision + 1) if last else 1, data=data, sha=sha,
                                        person_id=actor().person, at=now())
    if not form.adds:  # what a body hands in for itself takes the place of its own last word alone
        before = FormSubmission.objects.filter(matter=matter, form=code).exclude(pk=row.pk)
        Fact.objects.filter(submission__in=before.filter(data___body=body) if form.per else before, retracted_at=None).update(retracted_at=row.at)
    today = clocks.calendar_of("cn-mainland").day_of(row.at)
    subject = first_of(named(matter, playbook, {code: data}), matter)
    Fact.objects.bulk_create(
        Fact(matter=matter, code=fact.code, subject=subject, number=fact.number, text=fact.text or "",
             day=date.fromisoformat(fact.day[:10]) if fact.day else None, ref=_ref(fact.ref), unit=fact.unit or "",
             happened_on=date.fromisoformat(fact.happened_on[:10]) if fact.happened_on else today, recorded_at=row.at, submission=row)
        for fact in facts_of(form, data))
    _parties_from(matter, playbook, form, data, row.at)
    record("form.submitted", matters=[matter.id], form=code, revision=row.revision, digest=sha)
    return row


def answering(form: Form, parties: Mapping[str, Iterable[str]], principals: AbstractSet[int]) -> list[str]:
    """The bodies of a form's party for which somebody with these principals answers; none where the form is not one that each body hands in."""
    return [b for b in parties.get(form.per, ()) if int(b) in principals] if form.per else []


def own_branch(matter: Matter, form: Form) -> str | None:
    """The body of a form's party for which the actor hands it in: the one that still stands at its stage before one that is done; None where he acts for none."""
    from xieli.office.matters.services.context import parties, state_of

    if not form.per:
        return None
    own = answering(form, parties(matter), actor().principals)
    standing = {t.body for t in state_of(matter).tokens} if matter.state else set()
    return next((b for b in own if b in standing), next(iter(own), None))


def last_of(matter: Matter, form: Form) -> FormSubmission | None:
    """The last submission of a form that the actor is shown; of a form that each body hands in for itself, his own body's alone.

    Who acts for none of these bodies (whoever asked them) reads the last one, as every other form of the matter.
    """
    rows = FormSubmission.objects.filter(matter=matter, form=form.code)
    branch = own_branch(matter, form)
    return (rows.filter(data___body=branch) if branch else rows).order_by("-revision").first()


def facts_shown(matter: Matter) -> QuerySet[Fact]:
    """The facts of a matter that the actor is shown: of a form that each body hands in for itself, those of his own bodies' answers alone."""
    from xieli.office.matters.services.context import parties

    rows, there, mine = Fact.objects.filter(matter=matter, retracted_at=None), parties(matter), actor().principals
    for form in playbook_of(matter).forms.values():
        if own := answering(form, there, mine):
            rows = rows.exclude(Q(submission__form=form.code) & ~Q(submission__data___body__in=own))
    return rows


def _waiting_for(matter: Matter, playbook: Playbook, code: str) -> list[tuple[Move, set[str]]]:
    """The moves of the open stages that ask for this form, each with the roles that may make it."""
    from xieli.engines.playbooks.steps import who_may

    found = []
    for name in matter.stages:
        stage = playbook.stages[name]
        for move in playbook.moves_from(name):
            if stage.form == code or move.form == code or any(row.test == "field" and str(row.get("of")).partition(".")[0] == code for group in move.when for row in group):
                found.append((move, set(who_may(playbook, move, stage))))
    return found


def decided_with(matter: Matter, code: str) -> list[Move]:
    """The steps with which somebody who only decides hands in this form, as he has no pen of his own here; none for who may write."""
    from xieli.office.matters.services.context import build

    if call("may", matter.id, "write"):
        return []
    playbook = playbook_of(matter)
    roles = build(matter, playbook).roles
    return [move for move, allowed in _waiting_for(matter, playbook, code) if allowed & roles]


def _step_role(matter: Matter, playbook: Playbook, code: str) -> None:
    """A form that an open step waits for is handed in by who may take that step, as moves are made by them.

    A form that no open step asks for is a correction or a late paper: the right to write is enough.
    """
    from xieli.office.matters.services.context import build

    allowed = {role for _, roles in _waiting_for(matter, playbook, code) for role in roles}
    if allowed and not allowed & build(matter, playbook).roles:
        names = [playbook.roles[r].label for r in sorted(allowed) if r in playbook.roles]
        zh, en = "、".join(n.zh for n in names), ", ".join(n.en for n in names)
        raise Refused("not_your_role", f"这张表由{zh}填报。没有保存。", f"This form is handed in by: {en}. Nothing was kept.")


def fill(parent: Matter, child: Matter, code: str, values: dict[str, Any]) -> None:
    """Put into a form of a matter that was just spawned what its parent knows; called by the step that spawns it."""
    call("fill_form", parent.id, child.id, code, Jsonb(values))


def filled(matter: Matter, code: str) -> dict[str, Any]:
    """What waits in a form that nobody has handed in yet; empty when nothing does."""
    row = FormFill.objects.filter(matter=matter, form=code).first()
    return dict(row.data) if row is not None and not FormSubmission.objects.filter(matter=matter, form=code).exists() else {}


# a table that answers, line by line, what another form of the matter lists: kind, form → its table and column, and where the lines come from
_ANSWERS = {("small_cut", "answers"): ("rows", "item", "catalogue", "items", "kind"), ("joint_check", "visit"): ("answers", "item", "plan", "checklist", "title")}


def begun_with(matter: Matter, form: Form) -> dict[str, Any]:
    """What a form begins with that its own people have not handed in yet: what its parent knew, or the lines that it is to answer."""
    if (matter.kind, form.code) not in _ANSWERS:
        return filled(matter, form.code)
    table, column, source, rows, name = _ANSWERS[(matter.kind, form.code)]
    last = FormSubmission.objects.filter(matter=matter, form=source).order_by("-revision").first()
    listed = [row.get(name) for row in (last.data.get(rows) or [])] if last is not None else []
    return {**filled(matter, form.code), table: [{column: one} for one in listed if one]}


def _no_reporter(form: Form, data: dict[str, Any]) -> None:
    """Who reported is never kept with a form: every reader of the matter would learn it. It has a store of its own (office/reporters);
    here a name is refused where it is typed instead of being kept where it may leak."""
    named = [f for f in form.fields if f.sealed == "reporter" and data.get(f.code)]
    if named:
        raise Refused("reporter_not_kept_here", f"“{named[0].label.zh}”不得录入：反映人信息不随表单保存。请此处留空，到事项页的“反映人”处登记进反映人信息库。没有保存任何内容。",
                      f"“{named[0].label.en}” is not entered here: who reported is never kept with a form. Leave this empty and take it in under “Reporting person” on the matter's page. Nothing was kept.")


def shown(matter: Matter, form: Form, data: dict[str, Any]) -> dict[str, Any]:
    """A submission as the bound person may read it: sealed fields (and columns) only for who may write in the matter."""
    hidden = {f.code for f in form.fields if f.sealed}
    columns = {f.code: {c.code for c in f.columns if c.sealed} for f in form.fields if f.type == "table"}
    if not (hidden or any(columns.values())) or call("may", matter.id, "write"):
        return data
    return {k: [{c: v for c, v in row.items() if c not in columns[k]} for row in value] if columns.get(k) and isinstance(value, list) else value for k, value in data.items() if k not in hidden}


def _parties_from(matter: Matter, playbook: Playbook, form: Form, data: dict[str, Any], at: Any) -> None:
    """A body field named after a party (`chosen_body`, `chosen`, or `of: party`) says who that party is from now on."""
    for field, value in _bodies_in(form, data):
        party = field.of or (field.code if field.code in playbook.parties else field.code.removesuffix("_body"))
        if party not in playbook.parties:
            continue
        body = int(value)
        current = MatterBody.objects.filter(matter=matter, role=party, ends_at=None)
        if not playbook.parties[party].many:
            current.exclude(body_id=body).update(ends_at=at)
        if not current.filter(body_id=body).exists():
            MatterBody.objects.create(matter=matter, body_id=body, role=party, starts_at=at)


def _bodies_in(form: Form, data: dict[str, Any]) -> list[tuple[FormField, str]]:
    """Body fields that are filled, those in the rows of a table as well (the departments of a check, the towns of a sweep)."""
    found = [(f, data[f.code]) for f in form.fields if f.type == "body" and data.get(f.code)]
    for table in (f for f in form.fields if f.type == "table"):
        found += [(c, row[c.code]) for c in table.columns if c.type == "body" for row in data.get(table.code) or [] if row.get(c.code)]
    return found


def _ref(value: str | None) -> int | None:
    return int(value) if value and value.lstrip("-").isdecimal() else None


def _plain(value: Any) -> Any:
    """Floats have no canonical bytes: they are kept as text in the digest."""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value
