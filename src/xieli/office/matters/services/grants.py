"""Knowers and recusals as playbook steps and teams ask for them: one definer call and one event each."""
from __future__ import annotations

from datetime import datetime

from xieli.office.matters.services.errors import Refused
from xieli.office.matters.services.source import call


def give(matter_id: int, principal: int, *, kind: str, acts: list[str], ends_at: datetime | None, basis: str, reason: str) -> int:
    """One more knower; raises Refused for a recused principal, NotVisible without the act `grant`."""
    from xieli.office.audit import record

    identity = int(call("give", matter_id, principal, kind, acts, None, ends_at, basis, reason, None))  # type: ignore[call-overload]
    record("knower.added", matters=[matter_id], grant=identity, principal=principal, kind=kind, basis=basis)
    return identity


def revoke(grant_id: int, matter_id: int, why: str) -> None:
    """End a grant at this instant."""
    from xieli.office.audit import record

    call("revoke", grant_id, why)
    record("knower.removed", matters=[matter_id], grant=grant_id, reason=why or None)


def raise_recusal(matter_id: int, whom: int, *, ground: str, reason: str) -> int:
    """Raise a recusal for decision; one's own takes effect at once."""
    from xieli.office.audit import record

    identity = int(call("raise_recusal", matter_id, whom, ground, reason))  # type: ignore[call-overload]
    record("recusal.asked", matters=[matter_id], recusal=identity, principal=whom, ground=ground)
    return identity


def decide_recusal(recusal_id: int, matter_id: int, verdict: str, why: str) -> None:
    """Decide a raised recusal: in_force or rejected, with a reason. Nothing is allowed by silence (seed row S0-26).

    Raises Refused for a verdict that is none and for one without its reason.
    """
    from xieli.office.audit import record

    if verdict not in ("in_force", "rejected"):
        raise Refused("bad_choice", "请从列表中选择：回避或不予回避。", "Choose from the list: recused or not.")
    if not why.strip():
        raise Refused("reason_needed", "决定须写明理由。没有保存。", "A decision needs its reason. Nothing was kept.")
    call("decide_recusal", recusal_id, verdict, why)
    record("recusal.answered", matters=[matter_id], recusal=recusal_id, verdict=verdict)
