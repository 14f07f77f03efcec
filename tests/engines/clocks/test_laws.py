"""The law of the clock as properties, each against a slow oracle that walks day by day."""
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from xieli.engines.clocks import (
    Event,
    Extension,
    Kind,
    Suspension,
    Text,
    Unit,
    due,
    internal_rule,
    load_calendars,
    load_rules,
)
from xieli.engines.clocks.arithmetic import add_months

CN = load_calendars()["cn-mainland"]
RULES = load_rules()
ANY = (Suspension("*", Text("任何", "any"), "own_head"),)
LONGER = (Extension("more", Text("延长", "longer"), None, None, None, "own_head"),)
DAYS = st.dates(date(2005, 1, 1), date(2026, 6, 30))
DAY_UNITS = st.sampled_from([Unit.DAY, Unit.WORKING_DAY, Unit.MONTH, Unit.QUARTER, Unit.YEAR])
ROLLS = st.sampled_from(["next_working_day", "none"])


def rule(amount, unit, roll="none", readings=("start_excluded",)):
    return internal_rule("t.rule", "测试", "test", amount, unit, roll=roll, suspensions=ANY, extensions=LONGER, readings=readings)


def suspend(begin, end):
    return Event(Kind.SUSPEND, begin, until=end, ground="any", approver="own_head")


@st.composite
def cases(draw, units=DAY_UNITS, max_stops=3):
    """(rule, start, suspensions) with suspensions that may overlap, touch, or lie outside the term."""
    unit = draw(units)
    amount = draw(st.integers(1, {Unit.DAY: 90, Unit.WORKING_DAY: 60, Unit.MONTH: 14, Unit.QUARTER: 4, Unit.YEAR: 3}[unit]))
    start = draw(DAYS)
    stops = []
    for _ in range(draw(st.integers(0, max_stops))):
        begin = start + timedelta(days=draw(st.integers(-10, 120)))
        stops.append((begin, begin + timedelta(days=draw(st.integers(0, 40)))))
    return rule(amount, unit, draw(ROLLS)), amount, unit, start, stops


def walked(amount, unit, roll, start, stops):
    """The same date by walking: count days that count, then walk on while the last day may not stand."""
    def stood(day):
        return any(begin <= day < end for begin, end in stops)

    if unit is Unit.WORKING_DAY or unit is Unit.DAY:
        need = amount
    else:
        months = amount * {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.YEAR: 12}[unit]
        year, month = start.year, start.month
        for _ in range(months):
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        need = (date(year, month, min(start.day, monthrange(year, month)[1])) - start).days
    day, counted = start, 0
    while counted < need:
        day += timedelta(days=1)
        if not stood(day) and (unit is not Unit.WORKING_DAY or CN.is_working(day)):
            counted += 1
    if roll == "next_working_day":
        while stood(day) or not CN.is_working(day):
            day += timedelta(days=1)
    return day


@settings(max_examples=400, deadline=None)
@given(cases())
def test_it_equals_counting_the_days_one_by_one(case):
    r, amount, unit, start, stops = case
    events = [Event(Kind.START, start), *(suspend(*stop) for stop in stops)]
    assert due(r, events, CN).due_on == walked(amount, unit, r.roll, start, stops)


@settings(max_examples=200, deadline=None)
@given(cases(), st.integers(-10, 100))
def test_a_suspension_of_no_length_changes_nothing(case, offset):
    r, _, _, start, stops = case
    events = [Event(Kind.START, start), *(suspend(*stop) for stop in stops)]
    at = start + timedelta(days=offset)
    assert due(r, [*events, suspend(at, at)], CN).readings == due(r, events, CN).readings


@settings(max_examples=200, deadline=None)
@given(DAYS, st.integers(2, 60), st.integers(1, 20), st.integers(0, 59))
def test_suspending_k_working_days_moves_the_date_by_k_working_days(start, amount, k, offset):
    r = rule(amount, Unit.WORKING_DAY)
    before = due(r, [Event(Kind.START, start)], CN).due_on
    begin = CN.add_working_days(start, 1 + offset % amount)  # a counted working day within the term
    end = CN.add_working_days(begin, k)  # k working days stand still: begin … the day before end
    after = due(r, [Event(Kind.START, start), suspend(begin, end)], CN).due_on
    assert after == CN.add_working_days(before, k)


@settings(max_examples=200, deadline=None)
@given(DAYS, st.integers(1, 90), st.integers(0, 40), st.integers(0, 89))
def test_suspending_k_days_moves_a_term_in_days_by_k_days(start, amount, k, offset):
    r = rule(amount, Unit.DAY)
    begin = start + timedelta(days=1 + offset % amount)
    after = due(r, [Event(Kind.START, start), suspend(begin, begin + timedelta(days=k))], CN).due_on
    assert after == start + timedelta(days=amount + k)


@settings(max_examples=200, deadline=None)
@given(cases(), DAY_UNITS, st.integers(1, 12))
def test_an_extension_never_shortens(case, unit, amount):
    r, _, _, start, stops = case
    events = [Event(Kind.START, start), *(suspend(*stop) for stop in stops)]
    before = due(r, events, CN)
    more = Event(Kind.EXTEND, start, amount=amount, unit=unit, approver="own_head")
    after = due(r, [*events, more], CN)
    assert [finding.code for finding in after.findings if finding.event is more] == []
    assert after.readings[0].nominal >= before.readings[0].nominal
    assert after.due_at >= before.due_at


@settings(max_examples=150, deadline=None)
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_in_which_events_are_listed_does_not_matter(case, random):
    r, _, _, start, stops = case
    events = [Event(Kind.START, start), *(suspend(*stop) for stop in stops)]
    events.append(Event(Kind.EXTEND, start, amount=5, unit=Unit.DAY, approver="own_head"))
    shuffled = list(events)
    random.shuffle(shuffled)
    assert due(r, shuffled, CN) == due(r, events, CN)


@settings(max_examples=150, deadline=None)
@given(cases(), st.integers(0, 400))
def test_the_date_does_not_depend_on_when_it_is_computed(case, later):
    """What is known by a day gives that day's answer; events after the end of the term cannot reach back."""
    r, _, _, start, stops = case
    events = [Event(Kind.START, start), *(suspend(*stop) for stop in stops)]
    first = due(r, events, CN)
    after = first.due_on + timedelta(days=1 + later)
    again = due(r, [*events, suspend(after, after + timedelta(days=9))], CN)
    assert again.due_on == first.due_on
    assert [finding.code for finding in again.findings if finding not in first.findings] == ["late_suspension"]


@settings(max_examples=300, deadline=None)
@given(DAYS, st.integers(1, 60))
def test_months_run_to_the_same_numbered_day_or_the_months_end(start, months):
    end = add_months(start, months)
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    assert end.day == min(start.day, monthrange(end.year, end.month)[1])


@settings(max_examples=150, deadline=None)
@given(DAYS, st.integers(1, 40), DAY_UNITS)
def test_counting_the_first_day_is_never_later(start, amount, unit):
    both = due(rule(amount % 12 + 1, unit, readings=("start_counted", "start_excluded")), [Event(Kind.START, start)], CN)
    by_code = {reading.code: reading.due_on for reading in both.readings}
    plain = due(rule(amount % 12 + 1, unit), [Event(Kind.START, start)], CN).due_on
    assert both.due_on <= plain
    assert by_code.get("start_excluded", both.due_on) == plain
    assert both.readings[0].due_at <= both.readings[-1].due_at


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, 150 * 24 * 60), st.integers(1, 72), st.integers(0, 4000), st.integers(0, 3000)
)
def test_hours_stand_still_for_exactly_as_long_as_they_are_suspended(start, hours, offset, length):
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=start)
    r = rule(hours, Unit.HOUR, readings=("exact",))
    begin = start + timedelta(minutes=offset)
    events = [Event(Kind.START, start), suspend(begin, begin + timedelta(minutes=length))]
    plain = start + timedelta(hours=hours)
    expected = plain + timedelta(minutes=length) if begin < plain else plain
    assert due(r, events, CN).due_at == expected


@settings(max_examples=200, deadline=None)
@given(cases(max_stops=2))
def test_the_explanation_counts_to_the_same_day(case):
    r, amount, unit, start, stops = case
    result = due(r, [Event(Kind.START, start), *(suspend(*stop) for stop in stops)], CN)
    lines = result.explanation().days
    assert lines[0].day == start
    assert lines[-1].day == result.due_on
    assert [line.day for line in lines] == [start + timedelta(days=i) for i in range(len(lines))]
    last = [line.n for line in lines if line.counted][-1]
    if unit in (Unit.DAY, Unit.WORKING_DAY):
        assert last == amount
    assert [line.n for line in lines if line.counted] == list(range(1, last + 1))
    runs = list(result.explanation().runs())
    assert sum((run.last - run.first).days + 1 for run in runs) == len(lines)


@settings(max_examples=200, deadline=None)
@given(cases(max_stops=0), st.integers(1, 12))
def test_an_extension_in_the_clocks_own_unit_lengthens(case, more):
    r, _, unit, start, _ = case
    before = due(r, [Event(Kind.START, start)], CN)
    extended = due(r, [Event(Kind.START, start), Event(Kind.EXTEND, start, amount=more, unit=unit, approver="own_head")], CN)
    assert extended.readings[0].nominal > before.readings[0].nominal
