"""Carrying out what a step entails for a measure: it begins with its paper, on the person whom the forms name, and ends. Registered with the other words by effects.py."""
from __future__ import annotations

from xieli.engines.playbooks.model import Effect, Playbook
from xieli.office.matters.services.effects import Step
from xieli.office.matters.services.effects import _clock as clock_of
from xieli.office.matters.services.effects import _does as does
from xieli.office.matters.services.subjects import first_of
from xieli.office.matters.tables.clocks import Clock

MEASURE_KINDS = ("liuzhi", "guanhu", "compelled_appearance", "order_to_await", "exit_ban", "freeze", "seize", "seizure")
PROPERTY = ("freeze", "seize")  # may lie on what a third party holds


def measure_act(playbook: Playbook) -> str:
    """The act that approves the measure itself: of its playbook's name, else the first of class measure."""
    if playbook.code in playbook.approvals:
        return playbook.code
    return next((code for code, act in playbook.approvals.items() if act.act_class == "measure"), playbook.code)


@does("arm_custody_gate")
def _arm(step: Step, effect: Effect) -> None:
    """A measure begins by its playbook's announcement: it is recorded, and the database's gate watches it from here."""
    _take_measure(step, clock_of(step, str(effect.get("clock"))))


@does("begin_measure")
def _begin_measure(step: Step, effect: Effect) -> None:
    """A measure without a custody gate (freezing, seizing) begins by its playbook's step: it has its row, its sheet and its notices."""
    _take_measure(step, None)


def _take_measure(step: Step, clock: Clock | None) -> None:
    from xieli.office.matters.services.measures import take
    from xieli.office.matters.tables.approvals import Approval

    kind = "seize" if step.playbook.code == "seizure" else step.playbook.code
    subject = step.person() if kind not in PROPERTY else first_of(step.named(), step.matter)
    if subject is None or kind not in MEASURE_KINDS or step.matter.measures.filter(kind=kind, ended_at=None).exists():
        return
    approval = Approval.objects.filter(matter=step.matter, act=measure_act(step.playbook), state__in=["approved", "used"]).order_by("-decided_at").first()
    numbers = next((f.get("superior_no") for f in step.forms.values() if f.get("superior_no")), "")
    place = next((str(f.get("place")) for f in step.forms.values() if f.get("place")), "")
    take(step.matter, subject, kind, approval=approval, by_body=step.matter.owner_body_id, started_at=clock.started_at if clock else step.at,
         superior_no=str(numbers or ""), place=place, own_clocks=False,
         enterprise_note=next((str(f["impact"]) for f in step.forms.values() if f.get("impact")), ""))


@does("end_measure")
@does("disarm_custody_gate")
def _disarm(step: Step, effect: Effect) -> None:
    from xieli.office.matters.services.measures import end

    # the step itself says how it ends; the record of the end is written after it
    how = {"transfer": "transferred", "change": "changed"}.get(step.move) or next((str(f.get("how")) for f in step.forms.values() if f.get("how")), "released")
    for measure in step.matter.measures.filter(ended_at=None):
        end(measure, how if how in ("released", "changed", "transferred") else "released", at=step.at)
