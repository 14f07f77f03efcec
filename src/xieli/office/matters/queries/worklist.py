"""What waits for this person: matters by deadline, approvals whose turn is his, parcels to open, tasks, alarms."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q

from xieli.office.matters.tables.approvals import Approval, ApprovalStep
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.handover import FeedbackDuty, Handover
from xieli.office.matters.tables.work import Task


@dataclass(frozen=True)
class Item:
    """One line of the workbench: what to do, on which matter, until when."""

    kind: str
    title: str
    ref: int
    due: datetime | None
    detail: str = ""
    urgent: bool = False


def next_matters(principals: frozenset[int], limit: int = 50, after: tuple[datetime, int] | None = None) -> list[Matter]:
    """The next matters by deadline among those this person may read: a top-N per principal from the worklist, joined
    to the visible matters (stack.md §3)."""
    keyset = "and (w.next_due, w.matter_id) > (%s, %s)" if after else ""
    sql = f"""
        select distinct w.matter_id, w.next_due from unnest(%s::integer[]) p
        cross join lateral (select w.matter_id, w.next_due from matter_work w where w.principal = p {keyset}
                            order by w.next_due, w.matter_id limit %s) w
        order by w.next_due, w.matter_id limit %s"""
    arguments: list[Any] = [sorted(principals), *(after or ()), limit, limit]
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments)
        ids = [row[0] for row in cursor.fetchall()]
    found = {m.id: m for m in Matter.objects.filter(id__in=ids).select_related("owner_body")}
    return [found[i] for i in ids if i in found]


def by_priority(matters: list[Matter], now: datetime) -> list[Matter]:
    """What is overdue stays first; then leads from inspection, which go before others (seed row S2-25); all else by its day."""
    def rank(matter: Matter) -> int:
        if matter.next_due is not None and matter.next_due <= now:
            return 0
        return 1 if matter.kind == "lead" and matter.source == "inspection" else 2

    return sorted(matters, key=rank)


def stages(kind: str, now: datetime) -> dict[str, tuple[int, int]]:
    """The board of a kind: for each stage how many open matters stand there and the age of the oldest in whole days (seed row S2-19), as the reader may see them."""
    with connection.cursor() as cursor:
        cursor.execute("select s, count(*), min(m.opened_at) from matter m, unnest(m.stages) s where m.kind = %s and m.status = 'open' group by s", [kind])
        return {str(stage): (int(n), (now - oldest).days) for stage, n, oldest in cursor.fetchall()}


def approvals_waiting(principals: frozenset[int], person: int) -> list[Approval]:
    """Requests whose turn is this person's office or delegation."""
    turns = ApprovalStep.objects.filter(decision="", approval__state="pending").order_by("approval_id", "order").distinct("approval_id")
    mine = [s.approval_id for s in turns if s.office_id is not None and s.office_id in principals]
    delegated = [s.approval_id for s in turns if s.delegable and s.office_id is not None and s.office_id not in principals]
    if delegated:
        from xieli.office.matters.services.source import now
        from xieli.office.matters.tables.approvals import Delegation

        at = now()
        offices = set(Delegation.objects.filter(person_id=person, starts_at__lte=at, ends_at__gt=at, revoked_at=None).values_list("office_id", flat=True))
        mine += [s.approval_id for s in turns if s.approval_id in delegated and s.office_id in offices]
    return list(Approval.objects.filter(id__in=mine).exclude(requested_by_id=person).select_related("matter", "subject", "requested_by").order_by("-urgent", "requested_at"))


def papers_waiting(person: int) -> list[Approval]:
    """Requests that wait for a paper signature to be entered, or confirmed by a second clerk."""
    turns = ApprovalStep.objects.filter(decision="", approval__state="pending").order_by("approval_id", "order").distinct("approval_id")
    ids = [s.approval_id for s in turns if s.office_id is None and s.clerk_one_id != person]
    return list(Approval.objects.filter(id__in=ids).select_related("matter").order_by("requested_at"))


def parcels(bodies: frozenset[int]) -> list[Handover]:
    """Hand-overs that wait to be opened or decided by this person's bodies."""
    return list(Handover.objects.filter(receiver_id__in=bodies, state__in=["sent", "received", "opened"]).select_related("sender", "receiver", "matter").order_by("sent_at"))


def sent(bodies: frozenset[int], limit: int = 50) -> list[Handover]:
    """What this person's bodies handed over, newest first: the answer to “what became of it?”."""
    return list(Handover.objects.filter(sender_id__in=bodies).select_related("sender", "receiver").prefetch_related("duties__answers").order_by("-sent_at")[:limit])


def answers_owed(bodies: frozenset[int], limit: int = 50) -> list[FeedbackDuty]:
    """Debts of an answer, the earliest first."""
    return list(FeedbackDuty.objects.filter(owed_by_id__in=bodies, state="open").select_related("matter", "owed_to").order_by("next_due")[:limit])


def tasks(person: int, bodies: frozenset[int]) -> list[Task]:
    """Open tasks of this person, or of his body without a name."""
    return list(Task.objects.filter(state="open").filter(Q(assignee_id=person) | Q(assignee=None, body_id__in=bodies)).select_related("matter").order_by("due_on", "created_at")[:100])
