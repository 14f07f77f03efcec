"""Tripwires: the model that would have caught the case, rerun each quarter; a relapse reopens the recommendation's item by itself.

A tripwire stands on a recommendation and on a programme authorization that its setter operates; the authorization takes each
data set as it is at the time of the rerun. What was known when it was set is its baseline: a relapse is a hit that is new, or
one with more rows behind it than before. It says that the weakness is back, not that anybody did wrong: its hits are judged
one by one like all others.

What "reopen" means belongs to the recommendation: its room registers a hook (`on_relapse`). Without one the people of the
recommendation are told, and nothing else happens.
"""
from __future__ import annotations

from datetime import date, timedelta

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from xieli.office.audit import record
from xieli.office.desk import runs
from xieli.office.desk.hooks import hooks
from xieli.office.desk.models import Authorization, Hit, Run, Tripwire, TripwireCheck
from xieli.office.desk.words import in_words
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.services.source import actor, call, now, today
from xieli.office.matters.tables.core import Matter

# Ours: a quarter (DESIGN §12). After a rerun that could not be done it is tried again in a week.
QUARTER, AGAIN = 3, timedelta(days=7)

def next_quarter(day: date) -> date:
    """The same day three months on; a day that the month lacks is its last one."""
    year, month = day.year + (day.month - 1 + QUARTER) // 12, (day.month - 1 + QUARTER) % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month, min(day.day, last))


def arm(matter: Matter, authorization: Authorization, model: str, item: str) -> Tripwire:
    """Set a tripwire on a recommendation. Raises Refused without a programme authorization in force that names the model."""
    who = actor()
    if not item.strip():
        raise Refused("item", "请写明它看守哪一项建议。", "Say which ask of the recommendation it watches.")
    with in_words():
        row = Tripwire.objects.create(matter=matter, authorization=authorization, model=model, item=item.strip(), baseline=known(authorization, model), state="armed",
                                      next_on=next_quarter(today()), person_id=who.person, at=now())
    record("match.tripwire_set", matters=[matter.id, authorization.matter_id], tripwire=row.id, model=model, digest=authorization.digest)
    return row


def known(authorization: Authorization, model: str) -> dict[str, int]:
    """Every hit of the model under this authorization, with how many rows stand behind it."""
    return {h.code: rows_of(h.evidence) for h in Hit.objects.filter(run__authorization=authorization, model=model)}


def rows_of(evidence: dict[str, dict[str, int]]) -> int:
    """How many rows a hit rests on."""
    return sum(int(e["count"]) for e in evidence.values())


def stand_down(tripwire: Tripwire, reason: str) -> None:
    """Take a tripwire away, by a person who says why."""
    if not reason.strip():
        raise Refused("reason_needed", "撤去绊线须写明理由。", "Say why the tripwire is taken away.")
    with in_words():
        if not Tripwire.objects.filter(pk=tripwire.pk).exclude(state="ended").update(state="ended"):
            raise Refused("ended", "这条绊线已经撤去。", "This tripwire was taken away already.")
    record("match.tripwire_ended", matters=[tripwire.matter_id], tripwire=tripwire.id, reason=reason.strip())


def check(identity: int, bound: runs.Bound) -> TripwireCheck | None:
    """One tripwire that is due: rerun its model, compare with the baseline, reopen on a relapse. The same due day is checked once."""
    with bound():
        wire = Tripwire.objects.select_related("authorization").filter(pk=identity, state="armed", next_on__lte=today()).first()
        if wire is None:
            return None
        run = runs.ask(wire.authorization, wire.model, defer=False)
    if run.state == "queued":
        runs.perform(run.pk, bound)
    with bound():
        wire = Tripwire.objects.select_for_update().filter(pk=identity, state="armed", next_on=wire.next_on).first()
        if wire is None:
            return None
        run.refresh_from_db()
        return _judge(wire, run)


def _judge(wire: Tripwire, run: Run) -> TripwireCheck:
    """Compare, reopen, tell, and say when the next look is."""
    done, due = run.state == "done", wire.next_on
    found = _found(run) if done else {}
    relapses = [code for code, rows in found.items() if rows > int(wire.baseline.get(code, 0))]
    reopened = ""
    if relapses:
        for hook in hooks:
            reopened = hook(wire.matter, wire.item, len(relapses)) or reopened
    zh, en = (("", "") if done else (run.said_zh, run.said_en))
    row = TripwireCheck.objects.create(matter_id=wire.matter_id, tripwire=wire, run=run, due_on=due, relapses=len(relapses), reopened=reopened[:40], said_zh=zh[:300], said_en=en[:300], at=now())
    wire.baseline = {**wire.baseline, **found}
    wire.next_on = next_quarter(today()) if done else today() + AGAIN
    Tripwire.objects.filter(pk=wire.pk).update(baseline=wire.baseline, next_on=wire.next_on)
    if relapses or not done:
        call("notify", wire.matter_id, [wire.matter.owner_room_id or wire.matter.owner_body_id, wire.person_id], "tripwire", Jsonb({"tripwire": str(wire.id), "relapses": len(relapses)}), True)
    record("match.tripwire_checked", matters=[wire.matter_id], tripwire=wire.id, relapses=len(relapses), reopened=reopened or ("told" if relapses else "none" if done else "not_done"))
    return row


def _found(run: Run) -> dict[str, int]:
    """Every hit of this rerun, also those that an earlier run had found: from the engine's folder."""
    from xieli.engines.matching.runs.reveal import read_hits
    from xieli.office.desk import store

    return {h["hit"]: rows_of(h["evidence"]) for h in read_hits(store.workspace(now()).runs / run.engine_run)}


def check_due() -> int:
    """By the worker each minute: every tripwire whose day has come. Returns how many were checked."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select tripwire from access.match_tripwires_due()")
        due = [row[0] for row in cursor.fetchall()]
    return sum(_checked(identity) for identity in due)


def _checked(identity: int) -> bool:
    try:
        return check(identity, lambda: runs.mandate("bind_tripwire", identity)) is not None
    except PermissionError:  # its setter is nobody now: it stays due, and the authorization's leaders see that on the desk
        return False


__all__ = ["arm", "check", "check_due", "stand_down"]
