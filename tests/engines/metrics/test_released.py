"""Figures that were released for one period and another: no sum and no difference of them tells a number below five."""
from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from xieli.engines.metrics import Shown, gives_away

DAY = date(2026, 1, 1)


def shown(first: int, last: int, number: int) -> Shown:
    """Days counted from the first of January, both counted."""
    return Shown(DAY + timedelta(first), DAY + timedelta(last), Decimal(number))


def test_a_day_more_with_one_more_is_not_shown_beside_the_days_before() -> None:
    assert gives_away(shown(0, 30, 18), [shown(0, 29, 17)])
    assert gives_away(shown(1, 30, 18), [shown(0, 30, 21)])
    assert not gives_away(shown(0, 30, 23), [shown(0, 29, 17)])
    assert not gives_away(shown(0, 30, 17), [shown(0, 29, 17)]), "nothing happened, nothing is told of anybody"


def test_three_periods_tell_what_two_do_not() -> None:
    earlier = [shown(0, 9, 20), shown(11, 30, 40)]
    assert gives_away(shown(0, 30, 63), earlier), "20 and 40 of 63: three on the eleventh day"
    assert not gives_away(shown(0, 30, 67), earlier)
    assert not gives_away(shown(0, 30, 60), [shown(0, 9, 20), shown(10, 30, 40)]), "the sum of its parts says nothing new"


def test_the_same_days_told_again_do_not_tell_what_was_recorded_late() -> None:
    assert gives_away(shown(0, 30, 21), [shown(0, 30, 20)])
    assert not gives_away(shown(0, 30, 20), [shown(0, 30, 20)])
    assert not gives_away(shown(0, 30, 25), [shown(0, 30, 20)])


def test_periods_that_share_no_end_tell_nothing_of_each_other() -> None:
    assert not gives_away(shown(0, 20, 12), [shown(5, 30, 11)])


@given(st.lists(st.integers(0, 9), min_size=6, max_size=10), st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=12))
def test_whatever_is_asked_for_no_chain_of_what_was_shown_tells_a_small_number(per_day: list[int], asked: list[tuple[int, int]]) -> None:
    """Every combination by brute force: all distances between days in the net of what was shown."""
    told: list[Shown] = []
    for a, b in asked:
        first, last = min(a, b) % len(per_day), max(a, b) % len(per_day)
        if first > last:
            continue
        one = shown(first, last, sum(per_day[first:last + 1]))
        if not 0 < one.number < 5 and not gives_away(one, told):
            told.append(one)
    reach: dict[tuple[date, date], Decimal] = {}
    for one in told:
        a, b = one.ends
        reach[a, b], reach[b, a] = one.number, -one.number
    days = sorted({d for pair in reach for d in pair})
    for middle, a, b in product(days, days, days):
        if a != b and (a, middle) in reach and (middle, b) in reach:
            reach.setdefault((a, b), reach[a, middle] + reach[middle, b])
    assert all(not 0 < abs(n) < 5 for n in reach.values())
