"""Who is sent in a role that a playbook fills by a posting, and until when."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from xieli.engines.playbooks.model import Playbook
from xieli.office.matters.services import clocks
from xieli.office.matters.services.errors import Refused


@dataclass(frozen=True)
class Posted:
    """Who is named to be sent, and the instant after the last day that was asked for."""

    person: int
    until: datetime | None


def posted(playbook: Playbook, field: Callable[[str], Any], role: str) -> Posted | None:
    """A role filled by a posting belongs to the person named for it, before he is in place as after; None for any other role."""
    for move in playbook.moves.values():
        for effect in move.effects:
            if effect.do == "start_posting" and effect.get("role") == role:
                person = field(str(effect.get("person")))
                if person in (None, ""):
                    return None
                last = field(str(effect.get("to"))) if effect.get("to") else None
                return Posted(int(person), after_last_day(last) if last else None)
    return None


def after_last_day(value: Any) -> datetime:
    """The instant at which a last day is over, in the zone of the calendar: a posting “to the 30th” includes the 30th. Raises Refused."""
    text = str(value)
    try:
        if len(text) > 10:
            return datetime.fromisoformat(text)
        return clocks.calendar_of("cn-mainland").start_of(date.fromisoformat(text) + timedelta(days=1))
    except ValueError as error:
        raise Refused("no_end", "派员的最后一天不是日期。", "The last day of the posting is no date.") from error
