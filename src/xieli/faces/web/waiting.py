"""Which notifications still stand: limits of law that are past and running, and what waits for this person's own hand."""
from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from xieli.faces.web.context import Me
from xieli.office.desk.models import Authorization
from xieli.office.matters.queries import worklist
from xieli.office.matters.services import grants
from xieli.office.matters.tables.clocks import Clock
from xieli.office.matters.tables.desk import Notification

# kinds that ask for an act of the reader, with the field that names what is to be done; without one a notification waits until it is read
HAND = {"approval_waiting": "approval", "match_sign": "authorization", "handover_arrived": "handover", "access_ending": "", "reporter_asked": ""}


def _named(rows: Iterable[Notification], kind: str) -> set[int]:
    return {int(row.fields[HAND[kind]]) for row in rows if row.kind == kind and row.fields.get(HAND[kind])}


def standing(who: Me, rows: list[Notification], now: datetime) -> tuple[set[int], set[int], set[int]]:
    """Identities of the notifications about statutory limits past and still running; of those that wait for the reader's hand; and of those
    that asked for his hand and no longer do. Of a matter he cannot see nothing is known, so it is in none of the first two."""
    over = {int(row.fields["clock"]): row.id for row in rows if row.kind == "clock_alarm" and row.fields.get("clock")}
    running = set(Clock.objects.filter(id__in=over, statutory=True, state="running", alarm_at__lte=now).values_list("id", flat=True))
    red = {row.id for row in rows if row.kind == "clock_alarm" and int(row.fields.get("clock") or 0) in running}
    kinds = {row.kind for row in rows}
    open_now: dict[str, set[int]] = {}
    if "approval_waiting" in kinds:
        open_now["approval_waiting"] = {a.id for a in worklist.approvals_waiting(who.principals, who.person_id)} if who.person_id else set()
    if "handover_arrived" in kinds:
        open_now["handover_arrived"] = {h.id for h in worklist.parcels(frozenset(p.body_id for p in who.postings))}
    if "match_sign" in kinds:
        open_now["match_sign"] = set(Authorization.objects.filter(id__in=_named(rows, "match_sign"), state="waiting").values_list("id", flat=True))
    renewable = "access_ending" in kinds and any(e.mine_to_renew for e in grants.endings())
    hand, done = set(), set()
    for row in rows:
        if row.kind not in HAND:
            continue
        field = HAND[row.kind]
        if field:
            waits = int(row.fields.get(field) or 0) in open_now[row.kind]
        else:
            waits = renewable if row.kind == "access_ending" else row.read_at is None
        (hand if waits else done).add(row.id)
    return red, hand, done
