"""Lights, the next change, the custody gate, and what a new calendar moves."""
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from xieli.engines.clocks import (
    ClockError,
    DayFact,
    Event,
    Kind,
    Light,
    Notice,
    State,
    Suspension,
    Text,
    Unit,
    apply_notice,
    custody_gate,
    due,
    internal_rule,
    load_calendars,
    load_rules,
    near_from,
    next_change,
    parse_event,
    recompute,
    standing,
)

CN = load_calendars()["cn-mainland"]
RULES = load_rules()


def run(id, *events):
    return due(RULES[id], [parse_event(event) for event in events], CN)


def local(day, hour=12):
    """Noon (or another hour) of a Chinese day, in UTC."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC) - timedelta(hours=8)


LIUZHI = run("cn.jcf.liuzhi", "start@2026-02-26")


@pytest.mark.parametrize(("day", "state", "light"), [
    (date(2026, 2, 25), State.NOT_STARTED, Light.GREY),
    (date(2026, 2, 26), State.RUNNING, Light.GREEN),
    (date(2026, 5, 7), State.RUNNING, Light.GREEN),
    (date(2026, 5, 8), State.RUNNING, Light.YELLOW),
    (date(2026, 5, 25), State.RUNNING, Light.YELLOW),
    (date(2026, 5, 26), State.DISPUTED, Light.RED),
    (date(2026, 5, 27), State.OVERDUE, Light.STATUTORY_RED),
])
def test_liuzhi_between_its_two_readings_is_disputed_and_only_then_overdue(day, state, light):
    now = standing(LIUZHI, local(day))
    assert (now.state, now.light) == (state, light)
    assert not now.hollow


def test_the_words_say_how_much_is_left_in_the_unit_of_the_rule():
    reply = run("cn.zj.letter.reply", "start@2026-09-24")
    assert standing(reply, local(date(2026, 10, 19))).left == Text("剩 3 个工作日", "3 working days left")
    assert standing(reply, local(date(2026, 10, 22))).left.zh == "今天到期"
    assert standing(LIUZHI, local(date(2026, 5, 24))).left == Text("剩 1 日", "1 day left")
    assert standing(LIUZHI, local(date(2026, 5, 28))).left == Text("超期 3 日", "3 days over")
    notice = run("cn.jcf.notify24", "start@2026-03-17T21:20:00+08:00")
    assert standing(notice, datetime(2026, 3, 18, 11, tzinfo=UTC)).left.zh == "剩 2 小时 20 分"


def test_a_projected_year_is_said_in_the_words_that_remain():
    reply = run("cn.zj.letter.reply", "start@2026-12-21")
    assert reply.provisional
    assert standing(reply, local(date(2026, 12, 22))).left.zh.endswith("（暂定）")


def test_yellow_begins_at_three_working_days_or_a_fifth_of_the_term():
    # 15 working days from 24 September 2026 end on 22 October: three working days before is the 19th,
    # a fifth of the 28 days is five days before, the 17th.
    assert near_from(run("cn.zj.letter.reply", "start@2026-09-24")) == CN.start_of(date(2026, 10, 17))
    # Five working days: the three working days win.
    assert near_from(run("cn.jb.down.5wd", "start@2026-03-02")) == CN.start_of(date(2026, 3, 4))
    warned = replace(RULES["cn.jb.assigned"], warn=(10, Unit.DAY))
    assert near_from(due(warned, [Event(Kind.START, date(2026, 3, 2))], CN)) == CN.start_of(date(2026, 5, 23))
    by_work = replace(RULES["cn.jb.assigned"], warn=(5, Unit.WORKING_DAY))
    # Due Tuesday 2 June; five working days before it is Tuesday 26 May.
    assert near_from(due(by_work, [Event(Kind.START, date(2026, 3, 2))], CN)) == CN.start_of(date(2026, 5, 26))


def test_an_internal_target_is_hollow_and_never_statutory_red():
    target = internal_rule("t.reply", "答复", "reply", 5, Unit.WORKING_DAY)
    now = standing(due(target, [Event(Kind.START, date(2026, 3, 2))], CN), local(date(2026, 3, 20)))
    assert (now.light, now.hollow, now.shape) == (Light.RED, True, "■")


def test_keeping_and_rights_run_out_without_an_alarm():
    kept = run("cn.pipl.pia", "start@2023-03-01")
    assert standing(kept, local(date(2025, 3, 1))).state is State.WAITING
    assert standing(kept, local(date(2026, 3, 4))).state is State.PASSED
    right = run("cn.jcf.review1", "start@2026-03-02")
    assert standing(right, local(date(2026, 4, 1))).light is Light.YELLOW
    assert standing(right, local(date(2026, 4, 10))).light is Light.GREY


def test_a_clock_that_stands_still_is_grey_and_a_stopped_one_is_judged():
    still = (Suspension("*", Text("任何", "any"), "own_head"),)
    target = internal_rule("t.reply", "答复", "reply", 5, Unit.WORKING_DAY, suspensions=still)
    start = Event(Kind.START, date(2026, 3, 2))
    stands = due(target, [start, Event(Kind.SUSPEND, date(2026, 3, 3), ground="x", approver="own_head")], CN)
    assert standing(stands, local(date(2026, 4, 1))).state is State.SUSPENDED
    assert next_change(stands, local(date(2026, 4, 1))) is None
    met = due(target, [start, Event(Kind.STOP, date(2026, 3, 9))], CN)
    late = due(target, [start, Event(Kind.STOP, date(2026, 3, 10))], CN)
    assert standing(met, local(date(2026, 4, 1))).state is State.MET
    assert standing(late, local(date(2026, 4, 1))).state is State.MET_LATE


def test_between_two_changes_nothing_changes():
    """A sweeper that wakes only at next_change sees every state and light."""
    for result in (LIUZHI, run("cn.zj.letter.reply", "start@2026-09-24"), run("cn.jcf.review1", "start@2026-03-02"),
                   run("cn.jcf.notify24", "start@2026-03-17T21:20:00+08:00"), run("cn.reg.prenotice10", "start@2026-03-17")):
        at = local(date(2026, 1, 1))
        seen = [standing(result, at)]
        wake = next_change(result, at)
        for hour in range(24 * 330):
            moment = at + timedelta(hours=hour)
            while wake is not None and wake <= moment:
                seen.append(standing(result, wake))
                wake = next_change(result, wake)
            now = standing(result, moment)
            assert (now.state, now.light) == (seen[-1].state, seen[-1].light), moment
        assert wake is None


# ---- custody gate


def test_before_the_earliest_end_every_act_may_go_on():
    gate = custody_gate(LIUZHI, local(date(2026, 5, 25), 23))
    assert not gate.closed
    assert gate.ask("interrogation").allowed


def test_from_the_earliest_end_on_only_what_serves_the_person_or_ends_the_custody_is_open():
    gate = custody_gate(LIUZHI, local(date(2026, 5, 26), 0))
    assert gate.closed_since == datetime(2026, 5, 25, 16, tzinfo=UTC)
    for act in ("interrogation", "search", "query", "talk", "something_new"):
        answer = gate.ask(act)
        assert not answer.allowed
        assert "2026-05-25" in answer.text.zh
        assert "release" in answer.text.en
    for act in ("release", "change_of_measure", "transfer", "medical_care", "notice", "complaint"):
        assert gate.ask(act).allowed


def test_after_the_end_only_an_extension_that_was_decided_before_may_be_entered():
    gate = custody_gate(LIUZHI, local(date(2026, 5, 27)))
    assert gate.ask("extension", decided=date(2026, 5, 25)).allowed
    late = gate.ask("extension", decided=date(2026, 5, 26))
    assert (late.allowed, late.breach) == (False, True)
    assert not gate.ask("extension").allowed
    assert not gate.ask("extension", decided=datetime(2026, 5, 25, 16, tzinfo=UTC)).allowed


def test_a_late_record_needs_both_dates_and_is_marked_as_a_breach():
    gate = custody_gate(LIUZHI, local(date(2026, 5, 28)))
    assert not gate.ask("late_record", happened=local(date(2026, 5, 27))).allowed
    answer = gate.ask("late_record", happened=local(date(2026, 5, 27)), recorded=local(date(2026, 5, 28)))
    assert (answer.allowed, answer.breach) == (True, True)
    before = gate.ask("late_record", happened=local(date(2026, 5, 20)), recorded=local(date(2026, 5, 28)))
    assert (before.allowed, before.breach) == (True, False)


def test_the_gate_opens_when_a_lawful_exit_is_recorded():
    stopped = run("cn.jcf.liuzhi", "start@2026-02-26", "stop@2026-05-25")
    assert not custody_gate(stopped, local(date(2026, 6, 1))).closed


def test_only_custody_has_a_gate():
    with pytest.raises(ClockError, match="没有关口"):
        custody_gate(run("cn.jb.assigned", "start@2026-03-02"), local(date(2026, 3, 3)))


# ---- a new calendar


def test_a_new_calendar_reports_only_the_clocks_that_moved():
    rest = {date(2027, 1, 1): DayFact(False, "元旦", "New Year"), date(2027, 1, 4): DayFact(False, "元旦", "New Year"),
            date(2027, 1, 9): DayFact(True, "调休", "worked")}
    new = apply_notice(CN, Notice("cn-mainland", "演示", frozenset({2027}), rest))
    clocks = [
        ("moves", RULES["cn.zj.letter.reply"], [Event(Kind.START, date(2026, 12, 14))]),
        ("long over", RULES["cn.zj.letter.reply"], [Event(Kind.START, date(2026, 3, 2))]),
        ("custody", RULES["cn.jcf.liuzhi"], [Event(Kind.START, date(2026, 12, 1))]),
        ("only the mark", RULES["cn.jb.assigned"], [Event(Kind.START, date(2026, 12, 10))]),
        ("not started", RULES["cn.jb.assigned"], []),
    ]
    found = {item.key: item for item in recompute(clocks, CN, new)}
    assert set(found) == {"moves", "only the mark"}
    assert found["moves"].moved
    assert found["moves"].before.due_on == date(2027, 1, 5)
    assert found["moves"].after.due_on == date(2027, 1, 6)
    assert not found["only the mark"].moved
    assert found["only the mark"].before.provisional
    assert not found["only the mark"].after.provisional
    assert list(recompute(clocks, new, new)) == []


def test_recompute_never_misses_a_clock_that_a_full_computation_would_move():
    rest = {date(2026, 10, 8): DayFact(False, "加放", "one more"), date(2026, 5, 9): DayFact(False, "加放", "one more")}
    new = apply_notice(CN, Notice("cn-mainland", "演示", frozenset(), rest))
    clocks = [
        (f"{id} {start}", RULES[id], [Event(Kind.START, start)])
        for id in ("cn.zj.letter.reply", "cn.jb.assigned", "cn.reg.prenotice10", "cn.jcf.vary3d", "cn.jb.quarter.feedback")
        for start in (date(2026, 1, 1) + timedelta(days=i) for i in range(330))
    ]
    reported = {item.key for item in recompute(clocks, CN, new)}
    moved = {key for key, rule, events in clocks if due(rule, events, CN).readings != due(rule, events, new).readings}
    assert reported == moved
    assert moved


def test_the_legal_day_belongs_to_the_zone_of_the_calendar():
    at = datetime(2026, 3, 17, 17, tzinfo=UTC)  # already the 18th in China, still the 17th in Brussels
    rule = internal_rule("t.days", "三日", "three days", 3, Unit.DAY, roll="none")
    assert due(rule, [Event(Kind.START, at)], CN).due_on == date(2026, 3, 21)
    assert due(rule, [Event(Kind.START, at)], load_calendars()["int-eu"]).due_on == date(2026, 3, 20)
    # A day with a change to summer time still ends at local midnight.
    assert load_calendars()["int-eu"].end_of(date(2026, 3, 29)) == datetime(2026, 3, 29, 22, tzinfo=UTC)


@pytest.mark.parametrize("id", ["cn.jcf.liuzhi", "cn.zj.letter.reply", "cn.jcf.notify24", "cn.reg.prenotice10", "cn.zw.period"])
def test_an_explanation_speaks_both_languages_and_names_its_article(id):
    result = run(id, "start@2026-03-17T21:20:00+08:00:choice=warning")
    head = result.explanation().head
    assert any(line.zh.startswith("依据：") and line.en.startswith("Basis: ") for line in head)
    for line in head:
        assert not any("一" <= ch <= "鿿" for ch in line.en), line.en
    if result.unverified:
        assert any("未核实" in line.zh for line in head)
