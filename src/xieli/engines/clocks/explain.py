"""Why a clock ends when it ends: head lines in words, then every day with whether it counted and why."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from .calendar import ONE_DAY, Calendar
from .rules import Sense, Text, Unit

if TYPE_CHECKING:
    from .result import Due, Reading

WEEKDAY_ZH = "一二三四五六日"
WEEKDAY_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
UNIT_ZH = {Unit.HOUR: "小时", Unit.DAY: "日", Unit.WORKING_DAY: "个工作日", Unit.MONTH: "个月", Unit.QUARTER: "个季度", Unit.YEAR: "年"}
UNIT_EN = {
    Unit.HOUR: "hour", Unit.DAY: "day", Unit.WORKING_DAY: "working day", Unit.MONTH: "month", Unit.QUARTER: "quarter",
    Unit.YEAR: "year",
}


@dataclass(frozen=True, slots=True)
class DayLine:
    """One day: whether it counted, as which number, and why. ``provisional`` when its year is only projected."""

    day: date
    counted: bool
    n: int | None
    why: Text
    provisional: bool


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring days with the same reason, for print."""

    first: date
    last: date
    counted: bool
    n_first: int | None
    n_last: int | None
    why: Text
    provisional: bool


@dataclass(frozen=True)
class Explanation:
    """Head lines and days of one reading. ``days`` is empty for clocks in hours, whose head says all."""

    head: tuple[Text, ...]
    days: tuple[DayLine, ...]

    def runs(self) -> Iterator[Run]:
        """The days joined into runs of one reason."""
        first: DayLine | None = None
        last: DayLine | None = None
        for line in self.days:
            same = (
                first is not None and last is not None and line.counted == first.counted and line.why == first.why
                and line.provisional == first.provisional
            )
            if not same:
                if first is not None and last is not None:
                    yield Run(first.day, last.day, first.counted, first.n, last.n, first.why, first.provisional)
                first = line
            last = line
        if first is not None and last is not None:
            yield Run(first.day, last.day, first.counted, first.n, last.n, first.why, first.provisional)


def amount_words(amount: int, unit: Unit) -> Text:
    """``(3, month)`` → 3个月 / 3 months."""
    return Text(f"{amount}{UNIT_ZH[unit]}", f"{amount} {UNIT_EN[unit]}" + ("" if amount == 1 else "s"))


def day_words(day: date) -> Text:
    """A day with its weekday."""
    return Text(f"{day}（周{WEEKDAY_ZH[day.weekday()]}）", f"{day} ({WEEKDAY_EN[day.weekday()]})")


def at_words(at: date | datetime, calendar: Calendar) -> Text:
    """A day or an instant, in the calendar's zone."""
    if isinstance(at, datetime):
        local = at.astimezone(calendar.tz)
        base = day_words(local.date())
        return Text(f"{base.zh} {local:%H:%M}", f"{base.en} {local:%H:%M}")
    return day_words(at)


def explain(due: Due, index: int = 0) -> Explanation:
    """The explanation of one reading of ``due``; of the head alone when there is no date."""
    head = list(_head(due))
    if not due.readings:
        return Explanation(tuple(head), ())
    reading = due.readings[min(index, len(due.readings) - 1)]
    hours = bool(due.spans) and due.spans[0][1] is Unit.HOUR
    days = () if hours or not due.spans else tuple(_days(due, reading))
    if days:
        counted = sum(line.counted for line in days)
        head.append(Text(f"共计入 {counted} 日。", f"{counted} {'day' if counted == 1 else 'days'} counted."))
    return Explanation(tuple(head), days)


def _head(due: Due) -> Iterator[Text]:
    rule, calendar = due.rule, due.calendar
    yield rule.text
    if due.started is None:
        yield Text("尚未起算。", "Not started.")
        return
    day = calendar.day_of(due.started)
    for citation in rule.cite(day):
        extra = Text("；条号按对照表换算", "; number by the renumbering table") if citation.mapped else Text("", "")
        yield Text(f"依据：{citation.label('zh')}{extra.zh}", f"Basis: {citation.label('en')}{extra.en}")
    version = due.version
    if version is not None and version.local is not None:
        local = version.local
        yield Text(
            f"地方规定收紧（{local.pack}，自 {local.since} 起）：{local.document.zh}",
            f"Tightened locally ({local.pack}, from {local.since}): {local.document.en}",
        )
    if not rule.statutory:
        yield Text("这是地方或内部的目标，不是国家法律。", "This is a local or internal target, not national law.")
    if version is not None and version.limit is not None and version.limit.uncertain:
        yield Text("期限的数字未核实。", "The number itself is unverified.")
    if due.no_number is not None:
        yield due.no_number
        return
    start = at_words(due.started, calendar)
    yield Text(f"起算：{start.zh}", f"Start: {start.en}")
    yield from _length(due)
    yield from _readings(due)
    yield Text(
        f"日历：{calendar.zh}，第 {calendar.revision} 版，时区 {calendar.zone}",
        f"Calendar: {calendar.en}, revision {calendar.revision}, zone {calendar.zone}",
    )
    if rule.roll != "none":
        zh, en = "末日为休假日的顺延至下一工作日", "a last day on a holiday rolls to the next working day"
        if rule.sense is Sense.BEFORE:
            zh, en = "末日为休假日的提前至上一工作日", "a last day on a holiday moves back to the previous working day"
        unread = rule.roll_verified not in ("V1", "OWNER")
        yield Text(
            f"期间计算：{zh}" + ("（未核实" + ("，属本产品默认）" if rule.roll_ours else "）") if unread else ""),
            f"Counting: {en}" + (" (unverified" + (", our default)" if rule.roll_ours else ")") if unread else ""),
        )
    if due.provisional:
        yield Text("暂定：经过放假安排尚未公布的年份，公布后重新计算。",
                   "Provisional: it crosses a year whose holidays are not yet published, and will be computed anew.")
    for text in (rule.note, version.note if version else None):
        if text is not None:
            yield Text(f"说明：{text.zh}", f"Note: {text.en}")
    for finding in due.findings:
        label = {"refused": ("未生效", "No effect"), "breach": ("违规", "Breach"), "question": ("待决定", "To be decided")}
        zh, en = label[finding.kind]
        yield Text(f"{zh}：{finding.text.zh}", f"{en}: {finding.text.en}")


def _length(due: Due) -> Iterator[Text]:
    if due.restarted is not None:
        at = at_words(due.restarted, due.calendar)
        yield Text(f"重新计算：自 {at.zh} 起", f"Restarted: from {at.en}")
    for number, (amount, unit) in enumerate(due.spans):
        words = amount_words(amount, unit)
        if number == 0:
            yield Text(f"期限：{words.zh}", f"Limit: {words.en}")
            continue
        event = due.extensions[number - 1]
        decided = at_words(event.at, due.calendar)
        paper = Text(f"，文书 {event.document}", f", document {event.document}") if event.document else Text("", "")
        who = due.rule.law.word("approvers", event.approver)
        yield Text(
            f"延长：{words.zh}，{decided.zh}由{who.zh}批准{paper.zh}",
            f"Extended: {words.en}, approved on {decided.en} by {who.en}{paper.en}",
        )
    for begin, end in due.still:
        yield Text(f"暂停：{begin} 至 {end}（恢复当日计入）", f"Stood still: {begin} to {end} (the day of resumption counts)")
    if due.suspended_since is not None:
        at = at_words(due.suspended_since, due.calendar)
        yield Text(f"自 {at.zh} 起暂停，恢复后才有届满日。", f"Standing still since {at.en}; it has an end only when resumed.")


def _readings(due: Due) -> Iterator[Text]:
    hours = bool(due.spans) and due.spans[0][1] is Unit.HOUR
    for number, reading in enumerate(due.readings):
        end = at_words(reading.due_at, due.calendar) if hours else day_words(reading.due_on)
        mark = Text("，暂定", ", provisional") if reading.provisional else Text("", "")
        acted = Text("（以此为准）", " (acted on)") if number == 0 and due.disputed else Text("", "")
        yield Text(
            f"届满：{end.zh}〔{reading.text.zh}〕{mark.zh}{acted.zh}",
            f"Ends: {end.en} [{reading.text.en}]{mark.en}{acted.en}",
        )
    if due.disputed:
        yield Text("读法有争议，未核实：警示与关口以较早者为准，较晚者过后才记为违规。",
                   "The reading is disputed, unverified: alarms and gates act on the earlier; only after the later is it a breach.")


def _days(due: Due, reading: Reading) -> Iterator[DayLine]:
    assert due.anchor is not None
    calendar = due.calendar
    anchor = calendar.day_of(due.anchor)
    if due.rule.sense is Sense.BEFORE:
        yield from _days_back(due, reading, anchor)
        return
    working = due.spans[0][1] is Unit.WORKING_DAY
    n = 0
    # The chained reading begins like the rule's first reading.
    counts_start = reading.code == "start_counted" or (
        reading.code == "extension_chained" and due.rule.readings[0] == "start_counted"
    )
    day = anchor
    while day <= reading.due_on:
        if day == anchor and not counts_start:
            counted, why = False, Text("起算日，不计入", "first day, not counted")
        elif any(begin <= day < end for begin, end in due.still):
            counted, why = False, Text("暂停，不计入", "clock stood still, not counted")
        elif day > reading.nominal:
            counted, why = False, _rest(calendar, day, rolled=True)
            if calendar.is_working(day):
                why = Text("顺延至此日届满", "rolled forward, ends on this day")
        elif working and not calendar.is_working(day):
            counted, why = False, _rest(calendar, day, rolled=False)
        else:
            counted, why = True, _work(calendar, day) if working else Text("计入", "counted")
        n += counted
        yield DayLine(day, counted, n if counted else None, why, calendar.is_provisional(day))
        day += ONE_DAY


def _days_back(due: Due, reading: Reading, anchor: date) -> Iterator[DayLine]:
    calendar, n, day = due.calendar, 0, anchor
    working = due.spans[0][1] is Unit.WORKING_DAY
    while day >= reading.due_on:
        if day == anchor:
            counted, why = False, Text("该行为之日，不计入", "day of the act, not counted")
        elif day < reading.nominal:
            counted, why = False, Text("末日为休假日，提前", "last day on a holiday, moved back")
        elif working and not calendar.is_working(day):
            counted, why = False, _rest(calendar, day, rolled=False)
        else:
            counted, why = True, Text("计入（向前计算）", "counted (backwards)")
        n += counted
        yield DayLine(day, counted, n if counted else None, why, calendar.is_provisional(day))
        day -= timedelta(days=1)


def _rest(calendar: Calendar, day: date, *, rolled: bool) -> Text:
    fact = calendar.fact(day)
    name = Text(fact.zh, fact.en) if fact is not None else Text("周末", "weekend")
    if rolled:
        return Text(f"{name.zh}，末日顺延", f"{name.en}, the last day rolls forward")
    return Text(f"{name.zh}，不计入", f"{name.en}, not counted")


def _work(calendar: Calendar, day: date) -> Text:
    fact = calendar.fact(day)
    return Text(fact.zh, fact.en) if fact is not None and fact.working else Text("工作日", "working day")
