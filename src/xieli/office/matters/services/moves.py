"""Beginning a matter and moving it: guards, effects, the state and the event in one transaction."""
from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from psycopg.types.json import Jsonb

from xieli.engines.playbooks.model import Playbook
from xieli.engines.playbooks.state import SYSTEM, Context, Offer
from xieli.engines.playbooks.steps import apply, available_moves, start, who_may
from xieli.office.audit import record
from xieli.office.matters.services import context as contexts
from xieli.office.matters.services import effects_measures, effects_people  # noqa: F401  importing them registers their words
from xieli.office.matters.services.effects import Step, carry_out
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.services.papers import Papers
from xieli.office.matters.services.playbooks import playbook_of
from xieli.office.matters.services.source import actor, call, now
from xieli.office.matters.tables.approvals import Approval
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.work import FormSubmission


def forms_of(matter: Matter) -> dict[str, dict[str, Any]]:
    """The last submission of each form."""
    return {row.form: row.data for row in FormSubmission.objects.filter(matter=matter).order_by("form", "revision")}


@transaction.atomic
def begin(matter: Matter) -> None:
    """Put a new matter at its first stage and carry out what opening entails."""
    playbook = playbook_of(matter)
    context = contexts.opening(matter)
    result = start(playbook, context)
    if result.refusals:
        raise Refused.because(result.refusals)
    at = now()
    move = call("make_move", matter.id, "start", None, Jsonb(result.state.to_data()), "", None, None, matter.row_version)
    matter.refresh_from_db()
    step = Step(matter, playbook, dict(context.bodies), forms_of(matter), int(move), None, "", at)  # type: ignore[call-overload]
    carry_out(step, result.effects)
    record("matter.moved", matters=[matter.id], move="start", from_stage=None, to_stages=list(result.state.at()), happened=at)


def offers(matter: Matter, *, reason: str = "", papers: Papers | None = None) -> tuple[Offer, ...]:
    """Moves that leave the open steps, with what still stands against each for the bound actor."""
    playbook = playbook_of(matter)
    if not matter.state or matter.status != "open":
        return ()
    return available_moves(playbook, contexts.state_of(matter), contexts.build(matter, playbook, reason=reason or "…", papers=papers))


@transaction.atomic
def make(matter: Matter, move: str, *, reason: str = "", approval: Approval | None = None, token: int | None = None,
         happened: datetime | None = None, form: tuple[str, dict[str, Any]] | None = None, expected_version: int | None = None,
         body: str | None = None, by_itself: bool = False) -> int:
    """Make one move of the playbook: the engine decides, the database checks, the effects are carried out.

    `form` is submitted in the same transaction: first by who may write; by who only decides (a head on his decision) with
    the step itself, whose pen it is written with. `by_itself`: nobody makes it, the bound person only carries it (services/by_itself).
    Returns the move's identity. Raises Refused with every reason.
    """
    from xieli.office.matters.services.forms import checked, submit

    late_form = None
    if form is not None:
        if call("may", matter.id, "write"):
            submit(matter, form[0], form[1], body=body, with_step=True)
        else:
            late_form = (form[0], checked(matter, form[0], form[1]))
    matter.refresh_from_db()
    version = expected_version if expected_version is not None else matter.row_version
    playbook = playbook_of(matter)
    state = contexts.state_of(matter)
    context = contexts.build(matter, playbook, reason=reason, body=body, form=late_form)
    if by_itself:
        context = replace(context, person=SYSTEM)
    if body is not None:
        _acts_for(body, playbook, move, context)
    result = apply(playbook, state, move, context, token=token)
    if result.refusals:
        raise Refused.because(result.refusals)
    found = playbook.moves[move]
    if found.needs and approval is None:
        approval = (Approval.objects.filter(matter=matter, act=found.needs, state__in=["approved", "used"]).order_by("-decided_at").first())
    left = _token_left(state, result.state, move, token)
    at = happened or now()
    move_id = int(call("make_move", matter.id, move, left, Jsonb(result.state.to_data()), reason, approval.id if approval else None,  # type: ignore[call-overload]
                       happened, version))
    if form is not None and late_form is not None:
        submit(matter, form[0], form[1], body=body, with_step=True)
    matter.refresh_from_db()
    record("matter.moved", matters=[matter.id], move=move, from_stage=next((t.stage for t in state.tokens if t.id == left), None),
           to_stages=sorted({t.stage for t in result.state.tokens} | ({result.state.result} if result.state.result else set())),
           approval=approval.id if approval else None, happened=at)
    step = Step(matter, playbook, contexts.parties(matter), forms_of(matter), move_id, approval.id if approval else None, reason, at, move)
    carry_out(step, result.effects)
    return move_id


def _acts_for(body: str, playbook: Playbook, move: str, context: Context) -> None:
    """A branch of one body is answered by its own people: who takes part for another body of the same party may not. Raises Refused."""
    found = playbook.moves.get(move)
    if found is None or int(body) in actor().principals:
        return
    allowed = {r for source in found.sources if source in playbook.stages for r in who_may(playbook, found, playbook.stages[source])} & context.roles
    if allowed and all(body in context.bodies.get(playbook.roles[r].of, ()) for r in allowed if r in playbook.roles):
        raise Refused("wrong_body", "这一步由另一机构办理，不能代为办理。", "This step belongs to another body; nobody takes it in its place.")


def _token_left(before: Any, after: Any, move: str, wanted: int | None) -> int | None:
    if wanted is not None:
        return wanted
    remaining = {t.id for t in after.tokens}
    done = after.done[len(before.done)]
    for token in before.tokens:
        if token.id not in remaining and token.stage == done.stage and token.body == done.body:
            return int(token.id)
    return next((int(t.id) for t in before.tokens if t.id not in remaining), None)


def cancel(matter: Matter, reason: str) -> None:
    """Take the first cancelling move that leads to an end; nothing happens when the playbook has none here."""
    playbook: Playbook = playbook_of(matter)
    for offer in offers(matter, reason=reason):
        found = playbook.moves[offer.move]
        if found.kind == "cancel" and not offer.refusals:
            make(matter, offer.move, reason=reason, token=offer.token)
            return
