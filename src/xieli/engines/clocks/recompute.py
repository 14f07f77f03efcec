"""What a new calendar revision moves: only the clocks whose date or mark really changes."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from .calendar import Calendar, CalendarDiff, diff
from .events import Event
from .fold import due
from .result import Due
from .rules import Rule, Unit


@dataclass(frozen=True, slots=True)
class Moved:
    """A clock whose date or 暂定 mark a calendar revision changes."""

    key: str
    before: Due
    after: Due

    @property
    def moved(self) -> bool:
        """Whether the date itself moved (else only the mark 暂定 fell away)."""
        return [r.due_on for r in self.before.readings] != [r.due_on for r in self.after.readings]


def uses_calendar(rule: Rule, unit: Unit | None) -> bool:
    """Whether working days bear on the rule at all; a custody limit in months never asks the calendar."""
    return unit is Unit.WORKING_DAY or rule.roll != "none"


def touched(first: date, last: date, change: CalendarDiff) -> bool:
    """Whether a clock that runs from ``first`` to ``last`` (in either order) can be moved by ``change``.

    The same test can be written in SQL to pick the rows before any is computed.
    """
    low, high = min(first, last), max(first, last)
    return any(low <= item.day <= high for item in change.changes) or any(
        low.year <= year <= high.year for year in change.published
    )


def recompute(
    clocks: Iterable[tuple[str, Rule, Iterable[Event]]], old: Calendar, new: Calendar
) -> Iterator[Moved]:
    """The clocks (key, rule, events) that ``new`` moves in comparison with ``old``; the others are not reported."""
    change = diff(old, new)
    for key, rule, events in clocks:
        kept = tuple(events)
        before = due(rule, kept, old)
        if not before.readings or before.started is None:
            continue
        if not uses_calendar(rule, before.spans[0][1] if before.spans else None):
            continue
        if not touched(old.day_of(before.started), before.readings[-1].due_on, change):
            continue
        after = due(rule, kept, new)
        if after.readings != before.readings:
            yield Moved(key, before, after)
