"""Moves that a playbook gives to the passing of time alone (`who: [system]`): a posting that is over, a freeze that lapses.

1. `round_once` (each minute, in the worker): ask which matters stand where such a move begins and have something that ended.
2. For each, in a transaction of its own: lock it (another worker's is left alone), bind to the last person who acted on it and may
   still write, and let the playbook's own guards say whether the move may be made now.
3. The move counts from the instant at which its ground arose, however late the worker comes.
4. A matter whose move may not be made, or cannot be, is looked at again in an hour and reported; it stops only itself.
"""
from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from xieli.engines.playbooks.guards import guard_holds
from xieli.engines.playbooks.model import Guard, Move, Playbook
from xieli.engines.playbooks.state import SYSTEM, Context
from xieli.engines.playbooks.steps import available_moves
from xieli.office.audit import record
from xieli.office.matters.services import context as contexts
from xieli.office.matters.services import moves
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.services.playbooks import playbook_of
from xieli.office.matters.services.postings import posted
from xieli.office.matters.services.source import call, now, rows
from xieli.office.matters.tables.clocks import Clock
from xieli.office.matters.tables.core import Matter

log = logging.getLogger(__name__)


def of_time(move: Move) -> bool:
    """Whether nobody but the passing of time makes this move."""
    return move.who == (SYSTEM,)


def round_once(at_most: int = 200) -> int:
    """One round; returns how many moves were made."""
    made = 0
    for (matter,) in rows("matters_due", at_most):
        try:
            made += bool(carry(matter))
        except Exception as error:
            if not isinstance(error, Refused):
                log.exception("matter %s could not be ended by itself", matter)
            else:
                log.warning("matter %s does not end by itself: %s", matter, error.code)  # its words may name what stands in the matter
            _put_off(matter)
    return made


def carry(identity: int) -> str:
    """Make the move that is due on one matter; empty where none may be made now. Raises Refused for what stands against it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select access.bind_due(%s)", [identity])
        carrier = cursor.fetchone()[0]
        if carrier == 0:  # in another's hand at this moment: the next round looks again
            return ""
        moved = ""
        if carrier is not None:
            moved = _move(Matter.objects.get(pk=identity))
            call("end_session")
        # nobody who acted on it may write any more: put off like a guard that does not hold; its clocks tell the leaders
    if not moved:
        _put_off(identity)
    return moved


def _put_off(identity: int) -> None:
    with transaction.atomic():
        call("looked_in_vain", identity)


def _move(matter: Matter) -> str:
    playbook = playbook_of(matter)
    context = replace(contexts.build(matter, playbook), person=SYSTEM)
    for offer in available_moves(playbook, contexts.state_of(matter), context):
        found = playbook.moves[offer.move]
        if not of_time(found) or any(r.code.startswith("guard_") for r in offer.refusals):
            continue
        moves.make(matter, offer.move, token=offer.token, happened=since(matter, playbook, found, context), by_itself=True)
        call("tell_carrier", matter.id)
        record("matter.by_itself", matters=[matter.id], move=offer.move)
        return offer.move
    return ""


def since(matter: Matter, playbook: Playbook, move: Move, context: Context) -> datetime | None:
    """When the ground of the move arose: the end of the posting or of the clock; None where the ground has no date of its own."""
    state = contexts.state_of(matter)
    entered = matter.moves.order_by("-at").values_list("at", flat=True).first()
    grounds = [at for group in move.when if all(guard_holds(row, state, context) for row in group) for row in group if (at := _since(matter, playbook, row, context)) is not None]
    at = now()
    return max(min(grounds), entered or at) if grounds and min(grounds) <= at else None


def _since(matter: Matter, playbook: Playbook, row: Guard, context: Context) -> datetime | None:
    if row.test == "clock":
        clock = Clock.objects.filter(matter=matter, code=row.get("code"), state="running").order_by("-started_at").first()
        return clock.alarm_at if clock is not None else None
    if row.test == "posting":
        def field(name: str) -> Any:
            form, _, code = name.partition(".")
            return context.forms.get(form, {}).get(code)

        one = posted(playbook, field, row.get("of"))
        return one.until if one is not None else None
    return None
