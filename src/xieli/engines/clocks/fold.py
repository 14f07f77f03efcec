"""``due(rule, events, calendar)``: the date of a clock as a pure fold over its dated events.

No hidden counter and no clock of the machine: the same events give the same date whenever it is asked. An event that the
rule does not allow has no effect and is reported in words (``Due.findings``); it is never dropped silently.
"""
from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from .arithmetic import (
    Days,
    Span,
    add_months,
    join,
    merge,
    merge_instants,
    plain_end,
    push_days,
    push_instants,
    push_working_days,
    quarter_end,
    roll_forward,
)
from .authority import satisfies
from .calendar import ONE_DAY, Calendar
from .errors import ClockError
from .events import Event, Kind, in_order, instant_key
from .lengthen import Lengthening
from .result import At, Due, Finding, Reading
from .rules import MONTHS, Extension, Limit, Rule, Sense, Text, Unit, Version


def due(rule: Rule, events: Iterable[Event], calendar: Calendar) -> Due:
    """The end of a clock under ``rule`` after ``events`` by ``calendar``.

    Raises ClockError when the events contradict each other (two starts, a resume before any suspension is a finding,
    not an error), RuleNotInForce when the rule does not govern the day of the start, CalendarRange beyond the calendar.
    """
    return _Fold(rule, calendar, in_order(events, calendar)).run()


class _Fold(Lengthening):
    def __init__(self, rule: Rule, calendar: Calendar, events: list[Event]) -> None:
        self.rule, self.calendar, self.events = rule, calendar, events
        self.findings: list[Finding] = []
        self.extensions: list[tuple[Extension, Event, Span]] = []
        self.open: list[tuple[At, str]] = []
        self.stood: list[tuple[At, At]] = []
        self.restarted: At | None = None
        self.restarts = 0
        self.stopped: At | None = None
        self.index = 1
        self.start: Event | None = None
        self.version: Version | None = None
        self.limit: Limit | None = None
        self.base: Span | None = None
        self.fixed: At | None = None

    # ---- the fold

    def run(self) -> Due:
        starts = [event for event in self.events if event.kind is Kind.START]
        if len(starts) > 1:
            raise ClockError(
                f"“{self.rule.text.zh}”有两个起点（{starts[0].at} 和 {starts[1].at}）。请撤销其中一个。",
                f"“{self.rule.text.en}” has two starts ({starts[0].at} and {starts[1].at}). Strike one of them out.",
            )
        if not starts:
            return self._result(None)
        self.start = starts[0]
        day = self.calendar.day_of(self.start.at)
        self.version = self.rule.at(day)
        self._transition(day)
        no_number = self._set_limit()
        if no_number is not None:
            self._stops()
            return self._result(no_number)
        for event in self.events:
            handler = _HANDLERS.get(event.kind)
            if handler is not None and self.stopped is None:
                handler(self, event)
        self._late_suspensions()
        return self._result(None)

    def _transition(self, day: date) -> None:
        """A measure that ran when the law changed: which law governs it was not found in any text, so it is asked."""
        assert self.version is not None
        later = next((item for item in self.rule.versions if item.since is not None and item.since > day), None)
        if later is None or self.version.until is None or self.version.carried_forward:
            return
        assert later.since is not None
        chosen = next((event.choice for event in self.events if event.kind is Kind.TRANSITION), "")
        if chosen == "new":
            self.version = self.rule.at(later.since)
        elif chosen != "old" and self._runs_past(day, later.since):
            self._find("question", "transition", (
                f"该期限自 {day} 起算，{later.since} 法律修改时仍在进行。适用旧法还是新法，未找到过渡规定，须由本机关决定并记录。",
                f"This clock began on {day} and was running when the law changed on {later.since}. No transitional rule was "
                "found: the body must decide which law governs, and record it.",
            ))

    def _runs_past(self, day: date, change: date) -> bool:
        stop = next((event.at for event in self.events if event.kind is Kind.STOP), None)
        if stop is not None and self.calendar.day_of(stop) < change:
            return False
        limit = self.version.limit if self.version else None
        if limit is None or limit.amount is None or limit.unit is None:
            return False
        if limit.unit is Unit.HOUR:
            return day + timedelta(hours=limit.amount) >= change
        spans: list[Span] = [(limit.amount, limit.unit)]
        spans += [(e.amount, e.unit) for e in self.events if e.kind is Kind.EXTEND and e.amount and e.unit]
        return plain_end(day, join(spans), self.calendar) >= change

    def _set_limit(self) -> Text | None:
        """Fix the base length; a text when the rule gives no number."""
        assert self.start is not None
        assert self.version is not None
        start, limit = self.start, self.version.limit
        if limit is None:
            return Text("此规则没有期限。", "This rule sets no time limit.")
        self.limit = limit
        if limit.choices:
            choice = next((item for item in limit.choices if item.code == start.choice), None)
            if choice is None:
                codes = "、".join(f"{item.code}（{item.text.zh}）" for item in limit.choices)
                english = ", ".join(f"{item.code} ({item.text.en})" for item in limit.choices)
                return Text(f"须先选定其中一项：{codes}。", f"One of these must be chosen first: {english}.")
            self.base = (choice.amount, choice.unit)
        elif limit.amount is not None and limit.unit is not None:
            self.base = (limit.amount, limit.unit)
        elif start.until is not None and limit.set_by == "paper":
            self.fixed = start.until
        elif start.amount is not None and start.unit is not None and limit.set_by == "paper":
            self.base = (start.amount, start.unit)
        elif limit.set_by == "paper":
            return Text("期限写在文书里，请录入文书所定的日期。", "The limit is set on paper; enter the date it sets.")
        elif limit.set_by == "local":
            return Text("没有全国性期限，须由地方规则设定。", "There is no national limit; a local rule must set it.")
        else:
            return Text("法律没有数字，须由地方设定服务时限。", "The law gives no number; a local service level must set it.")
        if self.base is not None and self.base[1] is Unit.HOUR and not isinstance(start.at, datetime):
            raise ClockError(
                f"“{self.rule.text.zh}”以小时计，起点须有时刻。", f"“{self.rule.text.en}” is in hours: its start needs a time."
            )
        return None

    def _stops(self) -> None:
        self.stopped = next((event.at for event in self.events if event.kind is Kind.STOP), None)

    # ---- handlers

    def _suspend(self, event: Event) -> None:
        assert self.version is not None
        grounds = self.version.suspensions
        ground = next((item for item in grounds if item.code in (event.ground, "*")), None)
        if ground is None:
            names = "、".join(item.text.zh for item in grounds) or "无"
            english = ", ".join(item.text.en for item in grounds) or "none"
            self._find("refused", "suspension_without_ground", (
                f"{event.at} 的暂停没有效力：规则不允许以“{event.ground}”暂停（允许：{names}）。",
                f"The suspension of {event.at} has no effect: the rule does not allow “{event.ground}” (allowed: {english}).",
            ), event)
            return
        if not satisfies(ground.authority, event.approver, self._rank()):
            self._find("refused", "suspension_authority", (
                f"{event.at} 的暂停没有效力：须由{self._who(ground.authority).zh}决定，记录的是“{self._who(event.approver).zh}”。",
                f"The suspension of {event.at} has no effect: {self._who(ground.authority).en} must decide, recorded is "
                f"“{self._who(event.approver).en}”.",
            ), event)
            return
        if event.until is not None:
            self.stood.append((event.at, event.until))
        else:
            self.open.append((event.at, event.ground))

    def _resume(self, event: Event) -> None:
        ended = [item for item in self.open if not event.ground or item[1] == event.ground]
        if not ended:
            self._find("refused", "nothing_to_resume", (
                f"{event.at} 的恢复没有对应的暂停。", f"The resumption of {event.at} matches no suspension."
            ), event)
        for item in ended:
            self.open.remove(item)
            self.stood.append((item[0], event.at))

    def _report(self, event: Event) -> None:
        """One period met. A second report within a period already met does not open the next."""
        if self.limit is None or not self.limit.recurs:
            return
        day = self.calendar.day_of(event.at)
        previous = self._nominal_of(self.index - 1) if self.index > 1 else None
        if previous is None or day > previous:
            self.index += 1

    def _stop(self, event: Event) -> None:
        self.stopped = event.at

    # ---- the date

    def _anchor(self) -> At:
        assert self.start is not None
        return self.restarted if self.restarted is not None else self.start.at

    def _still(self) -> list[Days]:
        if not self.stood:
            return []
        day_of = self.calendar.day_of
        return merge((day_of(begin), day_of(end)) for begin, end in self.stood)

    def _spans(self) -> list[Span]:
        assert self.base is not None
        amount, unit = self.base
        if self.limit is not None and self.limit.recurs:
            amount *= self.index
        return [(amount, unit), *(span for _, _, span in self.extensions)]

    def _nominal_of(self, index: int) -> date:
        """The end of the ``index``-th period of a recurring duty, from the same first day so that it cannot drift."""
        assert self.base is not None
        anchor = self.calendar.day_of(self._anchor())
        amount, unit = self.base
        if unit is Unit.QUARTER and self.rule.starts == "calendar_quarter":
            return quarter_end(add_months(date(anchor.year, anchor.month, 1), 3 * amount * (index - 1)))
        return plain_end(anchor, [(amount * index, unit)], self.calendar)

    def _readings(self) -> tuple[Reading, ...]:
        if self.open:
            return ()
        if self.fixed is not None:
            return (self._fixed_reading(self.fixed),)
        if self.base is None:
            return ()
        found = self._hour_readings() if self.base[1] is Unit.HOUR else self._day_readings()
        found.sort(key=lambda reading: reading.due_at)
        kept: list[Reading] = []
        for reading in found:
            if not kept or kept[-1].due_at != reading.due_at:
                kept.append(reading)
        return tuple(kept)

    def _fixed_reading(self, at: At) -> Reading:
        day = self.calendar.day_of(at)
        end = at if isinstance(at, datetime) else self.calendar.end_of(day)
        return Reading("start_excluded", day, end, day, False)

    def _hour_readings(self) -> list[Reading]:
        anchor = self._anchor()
        if not isinstance(anchor, datetime):
            raise ClockError(
                f"“{self.rule.text.zh}”以小时计，起点须有时刻。", f"“{self.rule.text.en}” is in hours: its start needs a time."
            )
        hours = timedelta(hours=sum(amount for amount, _ in self._spans()))
        still = merge_instants((self._instant(begin), self._instant(end)) for begin, end in self.stood)
        found = []
        for code in self.rule.readings:
            start = anchor
            if code == "first_hour_excluded":
                start = anchor.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
            end = push_instants(start, start + hours, still)
            day = self.calendar.day_of(end)
            found.append(Reading(code, day, end, day, False))
        return found

    def _instant(self, at: At) -> datetime:
        return at if isinstance(at, datetime) else self.calendar.start_of(at)

    def _day_readings(self) -> list[Reading]:
        anchor = self.calendar.day_of(self._anchor())
        spans, still = self._spans(), self._still()
        if self.rule.sense is Sense.BEFORE:
            return [self._before(anchor, spans)]
        if self.limit is not None and self.limit.recurs:
            ends = {"start_excluded": plain_end(self._nominal_of(self.index), join(spans[1:]), self.calendar)}
        else:
            joined = join(spans)
            ends = {code: self._counted(code, anchor, plain_end(anchor, joined, self.calendar)) for code in self.rule.readings}
            if len(spans) > 1 and joined[0][1] is Unit.MONTH:
                first = self.rule.readings[0]
                chained = self._counted(first, anchor, plain_end(anchor, spans[:1], self.calendar))
                for span in spans[1:]:
                    chained = plain_end(chained, [span], self.calendar)
                ends["extension_chained"] = chained
        return [self._day_reading(code, anchor, end, still) for code, end in ends.items()]

    def _counted(self, code: str, anchor: date, end: date) -> date:
        if code != "start_counted":
            return end
        assert self.base is not None
        if self.base[1] is Unit.WORKING_DAY:
            return self.calendar.add_working_days(end, -1) if self.calendar.is_working(anchor) else end
        return end - ONE_DAY

    def _day_reading(self, code: str, anchor: date, end: date, still: list[Days]) -> Reading:
        assert self.base is not None
        working = self.base[1] is Unit.WORKING_DAY
        if still:
            end = push_working_days(anchor, end, still, self.calendar) if working else push_days(anchor, end, still)
        last = roll_forward(end, still, self.calendar) if self.rule.roll == "next_working_day" else end
        uses_calendar = working or self.rule.roll != "none"
        provisional = uses_calendar and self.calendar.crosses_projected(anchor, last)
        return Reading(code, last, self.calendar.end_of(last), end, provisional)

    def _before(self, anchor: date, spans: list[Span]) -> Reading:
        amount, unit = spans[0]
        if unit is Unit.WORKING_DAY:
            end = self.calendar.add_working_days(anchor, -amount)
        elif unit is Unit.DAY:
            end = anchor - timedelta(days=amount)
        else:
            end = add_months(anchor, -amount * MONTHS[unit])
        last = self.calendar.previous_working(end) if self.rule.roll != "none" else end
        provisional = self.calendar.crosses_projected(last, anchor)
        return Reading("start_excluded", last, self.calendar.end_of(last), end, provisional)

    def _late_suspensions(self) -> None:
        if not self.stood:  # most clocks never stand still: the dates are worked out once
            return
        readings = self._readings()
        if not readings:
            return
        last = readings[-1].due_on
        for begin, end in self.stood:
            if self.calendar.day_of(begin) > last:
                self._find("refused", "late_suspension", (
                    f"{begin} 至 {end} 的暂停没有效力：期限已于 {last} 届满。",
                    f"The suspension from {begin} to {end} has no effect: the term had ended on {last}.",
                ))

    # ---- result

    def _result(self, no_number: Text | None) -> Due:
        readings = () if no_number is not None or self.start is None else self._readings()
        if readings and self.stopped is not None:
            self._judge_stop(readings)
        opened = min(self.open, key=lambda item: instant_key(self._instant(item[0])), default=None)
        return Due(
            rule=self.rule, version=self.version, calendar=self.calendar, events=tuple(self.events),
            started=self.start.at if self.start else None, readings=readings,
            spans=tuple(self._spans()) if self.base else (), still=tuple(self._still()),
            suspended_since=opened[0] if opened and self.stopped is None else None, stopped=self.stopped,
            period_index=self.index, extensions=tuple(event for _, event, _ in self.extensions),
            restarted=self.restarted, no_number=no_number, findings=tuple(self.findings),
        )

    def _judge_stop(self, readings: tuple[Reading, ...]) -> None:
        assert self.stopped is not None
        if self.rule.sense not in (Sense.AT_MOST, Sense.BEFORE):
            return
        last = readings[-1]
        stop = self.stopped
        late = stop > last.due_at if isinstance(stop, datetime) else stop > last.due_on
        if late:
            self._find("breach", "late", (
                f"期限于 {last.due_on} 届满，{stop} 才办结：超期。", f"The term ended on {last.due_on}; it was met on {stop}: late."
            ))


_HANDLERS = {
    Kind.SUSPEND: _Fold._suspend,
    Kind.RESUME: _Fold._resume,
    Kind.EXTEND: _Fold.extend,
    Kind.RESTART: _Fold.restart,
    Kind.REPORT: _Fold._report,
    Kind.STOP: _Fold._stop,
}
