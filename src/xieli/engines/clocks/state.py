"""How a clock stands at an instant: state, light, what is left in words, and when that next changes.

Lights: grey not started or standing still, green ample, yellow near, red over an internal target or in a disputed
stretch, statutory red over a limit of law. Default: yellow from max(3 working days, 20 % of the term) before the end; a
rule may set its own threshold; clocks in hours use 20 %, at least two hours (ours).
"""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from .calendar import ONE_DAY
from .result import Due
from .rules import Sense, Text, Unit

NEAR_WORKING_DAYS = 3
NEAR_SHARE = 5  # one fifth of the term
NEAR_HOURS = timedelta(hours=2)


class Light(StrEnum):
    """The traffic light; colour is never alone, ``SHAPES`` and words go with it."""

    GREY = "grey"
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    STATUTORY_RED = "statutory_red"


SHAPES = {Light.GREY: "❚❚", Light.GREEN: "●", Light.YELLOW: "▲", Light.RED: "■", Light.STATUTORY_RED: "◼!"}


class State(StrEnum):
    """What the clock is doing."""

    NOT_STARTED = "not_started"
    NO_LIMIT = "no_limit"
    SUSPENDED = "suspended"
    RUNNING = "running"
    DISPUTED = "disputed"    # over by the earlier reading, not yet by the later
    OVERDUE = "overdue"
    MET = "met"
    MET_LATE = "met_late"
    WAITING = "waiting"      # a keeping or waiting period still runs
    PASSED = "passed"        # it has run out, the act is now allowed, the right or term has lapsed


STATE_WORDS = {
    State.NOT_STARTED: Text("未起算", "not started"),
    State.NO_LIMIT: Text("没有数字期限", "no limit in numbers"),
    State.SUSPENDED: Text("暂停", "standing still"),
    State.RUNNING: Text("进行中", "running"),
    State.DISPUTED: Text("读法有争议，未核实", "reading disputed, unverified"),
    State.OVERDUE: Text("超期", "overdue"),
    State.MET: Text("已办结", "met"),
    State.MET_LATE: Text("超期办结", "met late"),
    State.WAITING: Text("期间未满", "still to run"),
    State.PASSED: Text("期间已满", "run out"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A clock at one instant. ``hollow``: an internal or local target, drawn differently from law."""

    state: State
    light: Light
    left: Text
    hollow: bool
    provisional: bool

    @property
    def shape(self) -> str:
        """The mark that goes with the colour."""
        return SHAPES[self.light]


def standing(due: Due, at: datetime) -> Standing:
    """State, light and remaining time of ``due`` at the instant ``at`` (UTC)."""
    state = _state(due, at)
    return Standing(state, _light(due, state, at), _left(due, state, at), not due.rule.statutory, due.provisional)


def _state(due: Due, at: datetime) -> State:
    if due.started is None or due.calendar.start_of(due.calendar.day_of(due.started)) > at:
        return State.NOT_STARTED
    if due.stopped is not None:
        late = any(finding.code == "late" for finding in due.findings)
        return State.MET_LATE if late else State.MET
    if due.no_number is not None:
        return State.NO_LIMIT
    if due.suspended_since is not None:
        return State.SUSPENDED
    assert due.due_at is not None
    assert due.latest_at is not None
    if at < due.due_at:
        return State.WAITING if due.rule.sense is Sense.AT_LEAST else State.RUNNING
    if due.rule.sense in (Sense.AT_LEAST, Sense.RIGHT, Sense.TERM):
        return State.PASSED if at >= due.latest_at else State.WAITING
    return State.OVERDUE if at >= due.latest_at else State.DISPUTED


def _light(due: Due, state: State, at: datetime) -> Light:
    if state in (State.NOT_STARTED, State.NO_LIMIT, State.SUSPENDED, State.PASSED):
        return Light.GREY
    if state in (State.MET, State.WAITING):
        return Light.GREEN
    if state in (State.OVERDUE, State.MET_LATE):
        return Light.STATUTORY_RED if due.rule.statutory else Light.RED
    if state is State.DISPUTED:
        return Light.RED
    near = near_from(due)
    return Light.YELLOW if near is not None and at >= near else Light.GREEN


def near_from(due: Due) -> datetime | None:
    """The instant (UTC) from which the clock is near its end (yellow); None when it has no end."""
    if due.due_at is None or due.due_on is None or due.anchor is None or due.rule.sense is Sense.AT_LEAST:
        return None
    if due.rule.warn is not None:
        return _warned(due, *due.rule.warn)
    calendar = due.calendar
    if due.spans and due.spans[0][1] is Unit.HOUR and isinstance(due.anchor, datetime):
        return due.due_at - max((due.due_at - due.anchor) / NEAR_SHARE, NEAR_HOURS)
    anchor = calendar.day_of(due.anchor)
    if due.rule.sense is Sense.BEFORE:
        anchor = min(anchor, due.due_on)
    share = due.due_on - timedelta(days=(due.due_on - anchor).days // NEAR_SHARE)
    three = calendar.working_day(max(1, calendar.nth(due.due_on) - NEAR_WORKING_DAYS))
    near = min(share, three)
    if due.rule.sense is not Sense.BEFORE:
        near = max(near, anchor)
    return calendar.start_of(near)


def _warned(due: Due, amount: int, unit: Unit) -> datetime:
    assert due.due_at is not None
    assert due.due_on is not None
    if unit is Unit.HOUR:
        return due.due_at - timedelta(hours=amount)
    if unit is Unit.DAY:
        return due.calendar.start_of(due.due_on - timedelta(days=amount))
    return due.calendar.start_of(due.calendar.add_working_days(due.due_on + ONE_DAY, -amount - 1))


def next_change(due: Due, at: datetime) -> datetime | None:
    """The next instant (UTC) after ``at`` at which state or light change by time alone; None when none will.

    A sweeper that stores it needs to look at nothing else.
    """
    if due.stopped is not None or not due.readings:
        return None
    assert due.started is not None
    moments = [due.calendar.start_of(due.calendar.day_of(due.started)), *(reading.due_at for reading in due.readings)]
    near = near_from(due)
    if near is not None:
        moments.append(near)
    return min((moment for moment in moments if moment > at), default=None)


def _left(due: Due, state: State, at: datetime) -> Text:
    if state not in (State.RUNNING, State.WAITING, State.DISPUTED, State.OVERDUE):
        return STATE_WORDS[state]
    assert due.due_at is not None
    assert due.due_on is not None
    if due.spans and due.spans[0][1] is Unit.HOUR:
        return _left_hours(due.due_at - at)
    today = due.calendar.day_of(at)
    if state in (State.DISPUTED, State.OVERDUE):
        over = (today - due.due_on).days
        words = Text(f"超期 {over} 日", f"{over} day{'' if over == 1 else 's'} over")
        if state is State.DISPUTED:
            return Text(f"{STATE_WORDS[state].zh}（{words.zh}）", f"{STATE_WORDS[state].en} ({words.en})")
        return words
    return _left_days(due, today, due.due_on)


def _left_days(due: Due, today: date, last: date) -> Text:
    if last == today:
        return Text("今天到期", "due today")
    mark = Text("（暂定）", " (provisional)") if due.provisional else Text("", "")
    if due.spans and due.spans[0][1] is Unit.WORKING_DAY:
        left = due.calendar.nth(last) - due.calendar.nth(today)
        return Text(f"剩 {left} 个工作日{mark.zh}", f"{left} working day{'' if left == 1 else 's'} left{mark.en}")
    left = (last - today).days
    return Text(f"剩 {left} 日{mark.zh}", f"{left} day{'' if left == 1 else 's'} left{mark.en}")


def _left_hours(left: timedelta) -> Text:
    minutes = int(abs(left).total_seconds() // 60)
    hours, rest = divmod(minutes, 60)
    if left > timedelta(0):
        return Text(f"剩 {hours} 小时 {rest} 分", f"{hours} h {rest} min left")
    return Text(f"超过 {hours} 小时 {rest} 分", f"{hours} h {rest} min over")
