"""What a clock says: readings, findings, the whole of ``Due``."""
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from .arithmetic import Days, Span
from .calendar import Calendar
from .events import Event
from .explain import Explanation, explain
from .rules import Rule, Text, Version

At = date | datetime
READING_WORDS = {
    "start_excluded": Text("起算日不计入", "the first day not counted"),
    "start_counted": Text("起算日计入", "the first day counted"),
    "exact": Text("自该时刻起算", "from the very minute"),
    "first_hour_excluded": Text("开始的小时不计入", "the first hour not counted"),
    "extension_chained": Text("延长自前一期届满之日起算", "the extension counted from the previous expiry"),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read the period: the last legal day, and the instant (UTC) at which the period is over."""

    code: str
    due_on: date
    due_at: datetime
    nominal: date
    provisional: bool

    @property
    def text(self) -> Text:
        """What this reading assumes."""
        return READING_WORDS[self.code]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person must know: ``refused`` (no effect), ``breach``, or ``question`` (a decision is needed)."""

    kind: str
    code: str
    text: Text
    event: Event | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """When a clock ends. ``due_on`` and ``due_at`` are those of the earliest reading: alarms and gates act on it.

    ``due_at`` is the first instant (UTC) after the period. All of them are None when the clock has not started, stands
    still (``suspended_since``), or has no number (``no_number`` says why).
    """

    rule: Rule
    version: Version | None
    calendar: Calendar
    events: tuple[Event, ...]
    started: At | None
    readings: tuple[Reading, ...]
    spans: tuple[Span, ...] = ()
    still: tuple[Days, ...] = ()
    suspended_since: At | None = None
    stopped: At | None = None
    period_index: int = 1
    extensions: tuple[Event, ...] = ()
    restarted: At | None = None
    no_number: Text | None = None
    findings: tuple[Finding, ...] = field(default=(), compare=False)

    @property
    def due_on(self) -> date | None:
        """The last legal day under the earliest reading."""
        return self.readings[0].due_on if self.readings else None

    @property
    def due_at(self) -> datetime | None:
        """The instant (UTC) at which the earliest reading is over."""
        return self.readings[0].due_at if self.readings else None

    @property
    def latest_at(self) -> datetime | None:
        """The instant (UTC) at which every reading is over: only from here on is it a breach."""
        return self.readings[-1].due_at if self.readings else None

    @property
    def provisional(self) -> bool:
        """Whether a projected calendar year bears on any reading (暂定)."""
        return any(reading.provisional for reading in self.readings)

    @property
    def disputed(self) -> bool:
        """Whether the readings differ."""
        return len(self.readings) > 1

    @property
    def anchor(self) -> At | None:
        """From where it now runs: the restart if there was one, else the start."""
        return self.restarted if self.restarted is not None else self.started

    @property
    def questions(self) -> tuple[Finding, ...]:
        """Decisions that a person must take before the date can be relied on."""
        return tuple(finding for finding in self.findings if finding.kind == "question")

    @property
    def breaches(self) -> tuple[Finding, ...]:
        """Recorded breaches."""
        return tuple(finding for finding in self.findings if finding.kind == "breach")

    @property
    def unverified(self) -> bool:
        """Whether the reader must be shown 未核实."""
        if self.started is None:
            return False
        return self.rule.unverified(self.calendar.day_of(self.started))

    def explanation(self, reading: int = 0) -> Explanation:
        """The clock explained in words and day by day, for one of its readings (0 is the one acted on)."""
        return explain(self, reading)
