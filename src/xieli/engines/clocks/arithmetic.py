"""The arithmetic of periods: months to the same-numbered day, standing still, working days by look-up.

"n-th counted day": the day on which n days have been counted, starting after the first day, leaving out the days on
which the clock stood still. Months and years are turned into that many days first, so one law governs all units.
"""
from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from .calendar import ONE_DAY, Calendar
from .rules import MONTHS, Unit

Span = tuple[int, Unit]
Days = tuple[date, date]


def add_months(day: date, months: int) -> date:
    """The same-numbered day ``months`` later, or the month's last day where there is none (31 Aug + 6 = 28/29 Feb)."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def quarter_end(day: date) -> date:
    """The last day of the calendar quarter of ``day``."""
    month = (day.month - 1) // 3 * 3 + 3
    return date(day.year, month, monthrange(day.year, month)[1])


def merge(intervals: Iterable[tuple[date, date]]) -> list[Days]:
    """Half-open day intervals, empty ones dropped, overlapping and touching ones joined, in order."""
    merged: list[Days] = []
    for start, end in sorted(interval for interval in intervals if interval[0] < interval[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def merge_instants(intervals: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """As ``merge``, for instants."""
    merged: list[tuple[datetime, datetime]] = []
    for start, end in sorted(interval for interval in intervals if interval[0] < interval[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def join(spans: Iterable[Span]) -> list[Span]:
    """Neighbouring spans of one family added up: months with quarters and years, days with days."""
    joined: list[Span] = []
    for amount, unit in spans:
        if unit in MONTHS:
            amount, unit = amount * MONTHS[unit], Unit.MONTH
        if joined and joined[-1][1] is unit:
            joined[-1] = (joined[-1][0] + amount, unit)
        else:
            joined.append((amount, unit))
    return joined


def plain_end(start: date, spans: Sequence[Span], calendar: Calendar) -> date:
    """Where ``spans`` lead from ``start`` when the clock never stands still and nothing rolls."""
    end = start
    for amount, unit in spans:
        if unit is Unit.WORKING_DAY:
            end = calendar.add_working_days(end, amount)
        elif unit is Unit.DAY:
            end += timedelta(days=amount)
        else:
            end = add_months(end, amount * MONTHS[unit])
    return end


def push_days(start: date, end: date, still: Sequence[Days]) -> date:
    """``end`` moved on by every day from ``start`` (not counted) on which the clock stood still before it ran out."""
    for begin, stop in still:
        if begin > end:
            break
        begin = max(begin, start + ONE_DAY)
        if begin < stop:
            end += stop - begin
    return end


def push_working_days(start: date, end: date, still: Sequence[Days], calendar: Calendar) -> date:
    """As ``push_days``, counting working days: ``end`` is the last counted working day."""
    nth = calendar.nth(end)
    for begin, stop in still:
        if begin > end:
            break
        begin = max(begin, start + ONE_DAY)
        if begin < stop:
            lost = calendar.nth(stop - ONE_DAY) - calendar.nth(begin - ONE_DAY)
            if lost:
                nth += lost
                end = calendar.working_day(nth)
    return end


def roll_forward(day: date, still: Sequence[Days], calendar: Calendar) -> date:
    """The first working day from ``day`` on that is not within a standstill."""
    while True:
        day = calendar.next_working(day)
        stop = next((stop for begin, stop in still if begin <= day < stop), None)
        if stop is None:
            return day
        day = stop


def push_instants(start: datetime, end: datetime, still: Sequence[tuple[datetime, datetime]]) -> datetime:
    """``end`` moved on by the time from ``start`` during which the clock stood still before it ran out."""
    for begin, stop in still:
        if begin >= end:
            break
        begin = max(begin, start)
        if begin < stop:
            end += stop - begin
    return end


Month = tuple[int, int]


def month_before(month: Month) -> Month:
    """The month before a (year, month)."""
    year, number = month
    return (year, number - 1) if number > 1 else (year - 1, 12)


def in_a_row(classes: Mapping[Month, int]) -> int:
    """For how many months up to the last one sampled the class was no worse than in that last month; a missing month breaks the row. 0 without a sample (seed row S3-20)."""
    if not classes:
        return 0
    month = max(classes)
    latest, found = classes[month], 0
    while month in classes and classes[month] <= latest:
        found, month = found + 1, month_before(month)
    return found
