"""Who must sign, and who is still missing from a group: read straight off the playbook."""
from __future__ import annotations

from collections.abc import Mapping

from .guards import holds
from .model import Approval, Chain, Composition, Slot
from .state import Context, Refusal, State


def chain_for(approval: Approval, context: Context) -> Chain:
    """The first chain whose condition holds for this subject and these bodies; the last one is the default.

    Reads only `context.subject` and `context.body_attributes`. Raises ValueError when no chain applies, which the
    publish check `approval_default` rules out.
    """
    nowhere = State("", 0, "", ())
    for chain in approval.chains:
        if holds(chain.when, nowhere, context):
            return chain
    raise ValueError(f"“{approval.label.zh}”没有适用的审批链 / no chain of “{approval.label.en}” applies")


def missing_slots(composition: Composition, seats: Mapping[str, int]) -> tuple[Refusal, ...]:
    """What keeps a group from being valid: seats too few or too many. `seats` counts holders per slot code.

    Slots with `per` count holders for the least covered body of that party (the caller counts them so).
    """
    found = []
    for slot in composition.slots:
        have = seats.get(slot.code, 0)
        if have < slot.least:
            found.append(Refusal("slot_empty", f"“{composition.label.zh}”的“{slot.label.zh}”应有 {_range(slot)[0]}，现有 {have} 人。", f"“{slot.label.en}” of “{composition.label.en}” needs {_range(slot)[1]}; there are {have}."))
        elif slot.most is not None and have > slot.most:
            found.append(Refusal("slot_crowded", f"“{composition.label.zh}”的“{slot.label.zh}”应有 {_range(slot)[0]}，现有 {have} 人。", f"“{slot.label.en}” of “{composition.label.en}” allows {_range(slot)[1]}; there are {have}."))
    for code in seats.keys() - {slot.code for slot in composition.slots}:
        found.append(Refusal("slot_unknown", f"“{composition.label.zh}”没有“{code}”这一席。", f"“{composition.label.en}” has no seat “{code}”."))
    return tuple(found)


def _range(slot: Slot) -> tuple[str, str]:
    if slot.most is None:
        return f"{slot.least} 人以上", f"{slot.least} or more"
    if slot.least == slot.most:
        return f"{slot.least} 人", f"exactly {slot.least}"
    return f"{slot.least} 至 {slot.most} 人", f"{slot.least} to {slot.most}"
