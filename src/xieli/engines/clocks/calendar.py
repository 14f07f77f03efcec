"""Working-day calendars: which days count, in which zone a legal day begins and ends.

A calendar holds one array ``nth``: for every day the running count of working days up to and including it. "n working
days after" is then one look-up, and the same array can be held as an SQL table (``Calendar.table``).
"""
from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

from .errors import CalendarRange, ClockError

ONE_DAY = timedelta(days=1)
PUBLISHED = "published"
PROJECTED = "projected"


@dataclass(frozen=True, slots=True)
class DayFact:
    """A day that differs from its weekday, or is named: ``working`` wins over the weekday."""

    working: bool
    zh: str
    en: str
    notice: str = ""


@dataclass(frozen=True, slots=True)
class CalendarRow:
    """One line of the day table; ``nth`` counts working days up to and including ``day``."""

    day: date
    working: bool
    nth: int
    provisional: bool
    zh: str
    en: str


@lru_cache(maxsize=4096)
def _begins(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a day; whoever folds many clocks asks for the same days again and again."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


@dataclass(frozen=True)
class Calendar:
    """A calendar of one place in one revision. Immutable; a notice makes a new revision.

    ``facts`` are the days that differ from the weekly pattern; ``weekend`` uses Monday = 0; ``published`` are the years
    whose notice is out, every other year is projected and dates that cross it are provisional (暂定).
    """

    code: str
    zh: str
    en: str
    zone: str
    first: date
    last: date
    facts: Mapping[date, DayFact]
    published: frozenset[int]
    weekend: frozenset[int] = frozenset({5, 6})
    revision: int = 1
    source_zh: str = ""
    source_en: str = ""
    base: str = ""
    _tz: ZoneInfo = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_tz", ZoneInfo(self.zone))
        if self.last < self.first:
            raise ClockError(f"日历 {self.code} 的末日早于首日。", f"Calendar {self.code} ends before it begins.")

    # ---- arrays

    @cached_property
    def _origin(self) -> int:
        return self.first.toordinal()

    @cached_property
    def nth_array(self) -> array[int]:
        """``nth_array[i]`` = working days from ``first`` up to and including ``first + i`` days."""
        counts = array("i")
        running = 0
        weekend, facts = self.weekend, self.facts
        weekday = self.first.weekday()
        overrides = {day.toordinal() - self._origin: fact.working for day, fact in facts.items()}
        for index in range((self.last - self.first).days + 1):
            working = overrides.get(index)
            if working is None:
                working = (weekday + index) % 7 not in weekend
            running += working
            counts.append(running)
        return counts

    @cached_property
    def working_array(self) -> array[int]:
        """``working_array[n - 1]`` = the ordinal of the n-th working day since ``first``."""
        days = array("i")
        previous = 0
        for index, count in enumerate(self.nth_array):
            if count != previous:
                days.append(self._origin + index)
            previous = count
        return days

    def _index(self, day: date) -> int:
        if not self.first <= day <= self.last:
            raise CalendarRange(
                f"日历“{self.zh}”只含 {self.first} 至 {self.last}，不含 {day}。请先导入该年安排。",
                f"Calendar “{self.en}” holds {self.first} to {self.last}, not {day}. Import that year first.",
            )
        return day.toordinal() - self._origin

    # ---- questions

    def nth(self, day: date) -> int:
        """Running count of working days up to and including ``day``. Raises CalendarRange."""
        return self.nth_array[self._index(day)]

    def is_working(self, day: date) -> bool:
        """Whether ``day`` is a working day, transfers (调休) included."""
        index = self._index(day)
        before = self.nth_array[index - 1] if index else 0
        return self.nth_array[index] != before

    def working_day(self, n: int) -> date:
        """The ``n``-th working day since ``first`` (1-based): the inverse of ``nth``. Raises CalendarRange."""
        if not 1 <= n <= len(self.working_array):
            raise CalendarRange(
                f"日历“{self.zh}”不含第 {n} 个工作日（止于 {self.last}）。请先导入后续年份。",
                f"Calendar “{self.en}” has no working day number {n} (it ends {self.last}). Import later years first.",
            )
        return date.fromordinal(self.working_array[n - 1])

    def add_working_days(self, day: date, n: int) -> date:
        """The ``n``-th working day after ``day`` (``day`` itself not counted); negative ``n`` counts backwards."""
        if n >= 0:
            return self.working_day(self.nth(day) + n) if n else day
        before = self.nth(day) - (1 if self.is_working(day) else 0)
        return self.working_day(before + n + 1)

    def next_working(self, day: date) -> date:
        """``day`` if it is a working day, else the first working day after it."""
        return day if self.is_working(day) else self.working_day(self.nth(day) + 1)

    def previous_working(self, day: date) -> date:
        """``day`` if it is a working day, else the last working day before it."""
        return day if self.is_working(day) else self.working_day(self.nth(day))

    def fact(self, day: date) -> DayFact | None:
        """The named fact of ``day``, if the calendar has one."""
        return self.facts.get(day)

    def is_provisional(self, day: date) -> bool:
        """Whether ``day`` lies in a year whose notice has not been published."""
        return day.year not in self.published

    def crosses_projected(self, start: date, end: date) -> bool:
        """Whether any day from ``start`` to ``end`` (in either order) lies in a projected year."""
        low, high = sorted((start.year, end.year))
        return any(year not in self.published for year in range(low, high + 1))

    def table(self, start: date | None = None, end: date | None = None) -> Iterator[CalendarRow]:
        """Rows day → (working, nth), for an SQL table with the same arithmetic."""
        low, high = self._index(start or self.first), self._index(end or self.last)
        for index in range(low, high + 1):
            day = date.fromordinal(self._origin + index)
            count = self.nth_array[index]
            fact = self.facts.get(day)
            yield CalendarRow(
                day=day,
                working=count != (self.nth_array[index - 1] if index else 0),
                nth=count,
                provisional=self.is_provisional(day),
                zh=fact.zh if fact else "",
                en=fact.en if fact else "",
            )

    # ---- legal day and instant

    @property
    def tz(self) -> ZoneInfo:
        """The zone in which a legal day begins and ends."""
        return self._tz

    def day_of(self, at: date | datetime) -> date:
        """The legal day of an instant in this calendar's zone; a plain date is already a legal day."""
        if not isinstance(at, datetime):
            return at
        if at.tzinfo is None:
            raise ClockError(
                f"时刻 {at} 没有时区。请用 UTC 时刻。", f"The instant {at} has no zone. Give instants in UTC."
            )
        return at.astimezone(self._tz).date()

    def start_of(self, day: date) -> datetime:
        """The instant (UTC) at which the legal day begins."""
        return _begins(day, self._tz)

    def end_of(self, day: date) -> datetime:
        """The instant (UTC) at which the legal day is over: the first instant of the next day."""
        return self.start_of(day + ONE_DAY)

    # ---- revisions

    @cached_property
    def sha256(self) -> str:
        """Content hash over zone, range, weekly pattern, published years and every fact."""
        digest = hashlib.sha256()
        digest.update(f"{self.code}|{self.zone}|{self.first}|{self.last}|{sorted(self.weekend)}|".encode())
        digest.update(f"{sorted(self.published)}\n".encode())
        for day in sorted(self.facts):
            fact = self.facts[day]
            digest.update(f"{day}|{int(fact.working)}|{fact.zh}|{fact.en}|{fact.notice}\n".encode())
        return digest.hexdigest()

    def with_days(self, days: Mapping[date, DayFact], *, code: str = "", zh: str = "", en: str = "") -> Calendar:
        """A local calendar on top of this one: the given days win."""
        return replace(
            self, code=code or self.code, zh=zh or self.zh, en=en or self.en,
            facts={**self.facts, **days}, base=self.code if code else self.base, revision=1 if code else self.revision,
        )


@dataclass(frozen=True, slots=True)
class Notice:
    """A published arrangement: ``years`` it makes final, and the days it names."""

    calendar: str
    number: str
    years: frozenset[int]
    days: Mapping[date, DayFact]
    zh: str = ""
    en: str = ""


@dataclass(frozen=True, slots=True)
class DayChange:
    """One day that differs between two revisions."""

    day: date
    before: bool
    after: bool
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class CalendarDiff:
    """What a new revision changes: days whose working state moved, and years that became final."""

    changes: tuple[DayChange, ...]
    published: tuple[int, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing moved and no year became final."""
        return not self.changes and not self.published


def apply_notice(calendar: Calendar, notice: Notice) -> Calendar:
    """The next revision of ``calendar`` under ``notice``.

    Years that the notice makes final lose their projected days first; an amendment (no years) changes only the days it
    names. Raises ClockError when the notice is for another calendar or names days outside the calendar.
    """
    if notice.calendar != calendar.code:
        raise ClockError(
            f"通知属于日历 {notice.calendar}，不是 {calendar.code}。未作任何改动。",
            f"The notice is for calendar {notice.calendar}, not {calendar.code}. Nothing was changed.",
        )
    last = max([calendar.last, *(date(year, 12, 31) for year in notice.years)])
    outside = [day for day in notice.days if not calendar.first <= day <= last]
    if outside:
        raise ClockError(
            f"通知中的 {outside[0]} 不在日历范围内。未作任何改动。",
            f"The notice names {outside[0]}, which is outside the calendar. Nothing was changed.",
        )
    fresh = notice.years - calendar.published
    kept = {day: fact for day, fact in calendar.facts.items() if day.year not in fresh}
    days = {day: replace(fact, notice=fact.notice or notice.number) for day, fact in notice.days.items()}
    return replace(
        calendar, facts={**kept, **days}, published=calendar.published | notice.years, last=last,
        revision=calendar.revision + 1,
    )


def diff(old: Calendar, new: Calendar) -> CalendarDiff:
    """Days whose working state differs between two revisions of the same place."""
    days: set[date] = set(old.facts) | set(new.facts)
    changes = []
    for day in sorted(days):
        if not (old.first <= day <= old.last and new.first <= day <= new.last):
            continue
        before, after = old.is_working(day), new.is_working(day)
        if before != after:
            fact = new.facts.get(day) or old.facts[day]
            changes.append(DayChange(day, before, after, fact.zh, fact.en))
    return CalendarDiff(tuple(changes), tuple(sorted(new.published - old.published)))


