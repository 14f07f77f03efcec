"""Knowers and recusals as playbook steps and teams ask for them: one definer call and one event each."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from xieli.office.access.models import Grant
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


def renew(grant_id: int, matter_id: int, why: str) -> int:
    """Another twelve months of working access, looked at by who may approve or grant on the matter; returns the new grant.

    In its last thirty days, or within a year after its end. Raises Refused for what reaches oneself and for what was withdrawn.
    """
    from xieli.office.audit import record

    identity = int(call("renew", grant_id, why.strip()))  # type: ignore[call-overload]
    record("knower.renewed", matters=[matter_id], grant=identity, of=grant_id, reason=why.strip())
    return identity


@dataclass(frozen=True)
class Ending:
    """Working access that ends within thirty days or has ended: the grant, and whether the bound person may renew it."""

    grant: Grant
    over: bool
    mine_to_renew: bool


def endings(matter_id: int | None = None, at_most: int = 200) -> list[Ending]:
    """What of the open matters that the bound person sees ends within thirty days or ended within a year, soonest first.

    What may be renewed is what the act itself would not refuse (`access.renewal_refused`); what has a later grant is not listed.
    """
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            """
            select g.id, g.ends_at <= w.t, access.renewal_refused(g) = ''
            from matter_grant g join matter m on m.id = g.matter_id and m.status = 'open', access.who() w
            where g.revoked_at is null and g.kind in ('handler', 'receiver', 'team') and 'write' = any (g.acts) and g.ends_at - g.starts_at > interval '60 days'
              and g.ends_at > w.t - interval '12 months' and g.ends_at <= w.t + interval '30 days' and (%s::bigint is null or g.matter_id = %s)
              and not access.renewed(g)
            order by g.ends_at, g.id limit %s""", [matter_id, matter_id, at_most])
        rows = {row[0]: row for row in cursor.fetchall()}
    found = {g.id: g for g in Grant.objects.filter(pk__in=rows).select_related("matter")}
    return [Ending(found[i], bool(over), bool(mine)) for i, over, mine in rows.values() if i in found]


#: grounds on which somebody raises a recusal; what a person says of himself and what a form declares have grounds of their own
GROUNDS = ("former_employer", "complaint", "ties", "order")


def raise_recusal(matter_id: int, whom: int, *, ground: str, reason: str) -> int:
    """Raise a recusal for decision; one's own takes effect at once. Raises Refused for a ground that is none."""
    from xieli.office.audit import record

    if ground not in (*GROUNDS, "self", "declared"):
        raise Refused("ground", "请选择为什么应当回避。", "Choose why the person should be recused.")
    identity = int(call("raise_recusal", matter_id, whom, ground, reason))  # type: ignore[call-overload]
    record("recusal.asked", matters=[matter_id], recusal=identity, principal=whom, ground=ground)
    return identity


def decide_recusal(recusal_id: int, matter_id: int, verdict: str, why: str) -> None:
    """Decide a raised recusal: in_force, limited or rejected, with a reason. Nothing is allowed by silence (seed row S0-26).

    Raises Refused for a verdict that is none and for one without its reason.
    """
    from xieli.office.audit import record

    if verdict not in ("in_force", "limited", "rejected"):
        raise Refused("bad_choice", "请从列表中选择：回避、限制参与或不予回避。", "Choose from the list: recused, limited or not.")
    if not why.strip():
        raise Refused("reason_needed", "决定须写明理由。没有保存。", "A decision needs its reason. Nothing was kept.")
    call("decide_recusal", recusal_id, verdict, why)
    record("recusal.answered", matters=[matter_id], recusal=recusal_id, verdict=verdict)
