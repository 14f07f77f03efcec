"""What released figures give away together: cells, parts and wholes, and the same figure over two periods.

A count over days is the difference of two standings: what happened before its first day and what happened until its last. Two releases that share an end
tell what happened between their other ends, three may tell what two do not; so all that were shown are kept as one net of days and numbers.
"""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from .compute import SMALL


@dataclass(frozen=True)
class Shown:
    """A count that was shown for the days from `first` to `last`, both counted."""

    first: date
    last: date
    number: Decimal

    @property
    def ends(self) -> tuple[date, date]:
        """The instants between which it counts, as the days that begin there."""
        return self.first, self.last + timedelta(days=1)


def gives_away(new: Shown, earlier: Iterable[Shown], smallest: int = SMALL) -> bool:
    """Whether this number, beside those shown before, lets anybody work out a count between nothing and the smallest that may be shown.

    That is a count of some days (by any chain of sums and differences), or of what was recorded between two tellings of the same days.
    A chain that says the same again gives nothing away. Counts of distinct persons or bodies do not add up exactly; hidden with them is what would be
    hidden if they did.
    """
    standing: dict[date, tuple[date, Decimal]] = {}  # day -> (the day its net is measured from, what happened between them)
    for shown in earlier:
        _tie(standing, shown)
    start, end = new.ends
    mine, other = standing.get(start, (start, Decimal(0))), standing.get(end, (end, Decimal(0)))
    if mine[0] == other[0] and start != end and start in standing and end in standing:
        return _small(new.number - (other[1] - mine[1]), smallest)  # the same days told before, with what was known then
    shift = mine[1] + new.number - other[1]
    here = [at for root, at in standing.values() if root == mine[0]] or [mine[1]]
    there = [at + shift for root, at in standing.values() if root == other[0]] or [other[1] + shift]
    return any(_small(b - a, smallest) for a in here for b in there)


def _small(number: Decimal, smallest: int) -> bool:
    return 0 < abs(number) < smallest


def _tie(standing: dict[date, tuple[date, Decimal]], shown: Shown) -> None:
    start, end = shown.ends
    root, at = standing.setdefault(start, (start, Decimal(0)))
    joined, there = standing.setdefault(end, (end, Decimal(0)))
    if root != joined:
        shift = at + shown.number - there
        for day, (r, n) in list(standing.items()):
            if r == joined:
                standing[day] = (root, n + shift)
