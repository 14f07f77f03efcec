"""Periods with a name, and the same period of other years."""
from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta

from .model import MetricError, Period


def shift_year(day: date, years: int) -> date:
    """The same day of another year; 29 February becomes the 28th."""
    year = day.year + years
    return date(year, day.month, min(day.day, monthrange(year, day.month)[1]))


def previous_years(period: Period, n: int = 1) -> list[Period]:
    """The same period of the n years before, nearest first (同期)."""
    return [Period(shift_year(period.first, -k), shift_year(period.last, -k), f"前{k}年同期", f"same period, {k} year(s) before") for k in range(1, n + 1)]


def named_period(name: str, today: date, stored: Mapping[str, tuple[date, date | None]] | None = None) -> Period:
    """`this_year`, `half`, `quarter`, `month`, `week`, `year:2025`, `2026-01-01..2026-03-31`, or a stored name (五届市委以来).

    Raises MetricError for a name that nobody stored.
    """
    if ".." in name:
        first, _, last = name.partition("..")
        return Period(date.fromisoformat(first), date.fromisoformat(last) if last else today, name, name)
    if name == "this_year":
        return Period(date(today.year, 1, 1), today, "今年以来", "this year")
    if name.startswith("year:"):
        year = int(name[5:])
        return Period(date(year, 1, 1), date(year, 12, 31), f"{year}年", str(year))
    if name == "half":
        return Period(date(today.year, 1 if today.month <= 6 else 7, 1), today, "本半年", "this half-year")
    if name == "quarter":
        return Period(date(today.year, (today.month - 1) // 3 * 3 + 1, 1), today, "本季度", "this quarter")
    if name == "month":
        return Period(today.replace(day=1), today, "本月", "this month")
    if name == "week":
        return Period(today - timedelta(days=today.weekday()), today, "本周", "this week")
    found = (stored or {}).get(name)
    if found is None:
        raise MetricError("", 0, f"没有登记名为“{name}”的期间", f"no period is stored under the name “{name}”")
    return Period(found[0], found[1] or today, name, name)
