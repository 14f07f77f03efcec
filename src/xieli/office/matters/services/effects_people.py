"""Carrying out what a step entails for persons: presence, recusal, postings. Registered with the other words by effects.py."""
from __future__ import annotations

from xieli.engines.playbooks.model import Effect
from xieli.office.matters.services import grants, people
from xieli.office.matters.services.effects import Step
from xieli.office.matters.services.effects import _does as does
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.services.postings import after_last_day
from xieli.office.matters.tables.core import Matter, MatterLink
from xieli.office.matters.tables.measures import Presence


@does("open_presence")
def _open_presence(step: Step, effect: Effect) -> None:
    from xieli.office.matters.services.measures import open_presence

    subject = step.person()
    if subject is None:
        raise Refused("no_subject", "没有登记对象，无法开始到场计时。", "No subject is registered; a presence cannot begin.")
    open_presence(step.matter, subject, basis=str(effect.get("basis")), place=str(step.field("presence.place") or "—"), at=step.at)


@does("change_presence_basis")
def _change_presence(step: Step, effect: Effect) -> None:
    from xieli.office.matters.services.measures import enter_presence

    for presence in Presence.objects.filter(matter=step.matter, ended_at=None):
        enter_presence(presence, "basis", at=step.at, note=str(effect.get("basis")))


@does("close_presence")
def _close_presence(step: Step, _: Effect) -> None:
    from xieli.office.matters.services.measures import close_presence

    for presence in Presence.objects.filter(matter=step.matter, ended_at=None):
        close_presence(presence, at=max(step.at, presence.started_at), kind="released")


def _person_in(step: Step, effect: Effect, name: str = "of") -> int | None:
    value = step.field(str(effect.get(name)))
    return int(value) if value not in (None, "") else None


@does("bar_grants")
def _bar(step: Step, effect: Effect) -> None:
    person = _person_in(step, effect)
    target = _recusal_target(step)
    if person is not None:
        grants.raise_recusal(target.id, person, ground="declared", reason=step.reason)


def _recusal_target(step: Step) -> Matter:
    """A recusal decided in a matter of its own concerns the matter it came from."""
    link = MatterLink.objects.filter(target=step.matter).select_related("source").order_by("created_at").first()
    return link.source if link is not None and step.playbook.code.startswith("recusal") else step.matter


@does("lift_bar")
def _lift(step: Step, effect: Effect) -> None:
    person = _person_in(step, effect)
    target = _recusal_target(step)
    for recusal in target.recusals.filter(principal=person, state="raised"):
        grants.decide_recusal(recusal.id, target.id, "rejected", step.reason or "cleared")


@does("record_recusal")
def _recusal(step: Step, effect: Effect) -> None:
    person = _person_in(step, effect)
    verdict = {"cleared": "rejected", "limited": "limited"}.get(str(effect.get("as")), "in_force")
    target = _recusal_target(step)
    raised = target.recusals.filter(principal=person, state="raised")
    for recusal in raised:
        grants.decide_recusal(recusal.id, target.id, verdict, step.reason or str(effect.get("as")))


@does("start_posting")
def _start_posting(step: Step, effect: Effect) -> None:
    person = _person_in(step, effect, "person")
    if person is None:
        raise Refused("no_person", "没有填写派出的人员。", "The person to be dispatched is missing.")
    value = step.field(str(effect.get("to"))) if effect.get("to") else None
    ends = after_last_day(value) if value else None
    people.start_posting(step.matter, person, str(effect.get("role")), ends)


@does("end_posting")
def _end_posting(step: Step, effect: Effect) -> None:
    person = _person_in(step, effect, "person")
    if person is not None:
        people.end_posting(step.matter, person)
