"""Named cases: the corrections to the rules, and the acceptance cases of the body of rules."""
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from xieli.engines.clocks import (
    ClockError,
    Event,
    Kind,
    RuleNotInForce,
    Unit,
    due,
    load_calendars,
    load_rules,
    parse_event,
)

CN = load_calendars()["cn-mainland"]
RULES = load_rules()
LIUZHI = RULES["cn.jcf.liuzhi"]


def run(id, *events):
    return due(RULES[id], [parse_event(event) for event in events], CN)


def codes(result):
    return [finding.code for finding in result.findings]


def test_three_months_from_26_february_have_two_readings_and_the_earlier_is_acted_on():
    result = run("cn.jcf.liuzhi", "start@2026-02-26")
    assert [reading.due_on for reading in result.readings] == [date(2026, 5, 25), date(2026, 5, 26)]
    assert result.due_on == date(2026, 5, 25)
    assert result.disputed
    # The legal day ends at midnight in the calendar's zone; instants are UTC.
    assert result.due_at == datetime(2026, 5, 25, 16, tzinfo=UTC)
    assert result.latest_at == datetime(2026, 5, 26, 16, tzinfo=UTC)


def test_six_months_from_31_august_end_in_february_and_do_not_drift():
    # 28 February 2027 is a Sunday, 29 February 2028 a Tuesday.
    assert run("bz.lead.6m", "start@2026-08-31").readings[0].nominal == date(2027, 2, 28)
    assert run("bz.lead.6m", "start@2026-08-31").due_on == date(2027, 3, 1)
    assert run("bz.lead.6m", "start@2027-08-31").due_on == date(2028, 2, 29)
    second = run("bz.lead.6m", "start@2026-08-31", "report@2027-02-20")
    assert second.period_index == 2
    assert second.due_on == date(2027, 8, 31), "the second half-year ends on the 31st again, not on the 28th"


def test_two_reports_in_one_half_year_meet_one_period_only():
    assert run("bz.lead.6m", "start@2026-08-31", "report@2026-10-01", "report@2026-11-01").period_index == 2


def test_custody_never_rolls_over_a_holiday():
    # 3 October 2026 lies in the National Day holiday.
    result = run("cn.jcf.liuzhi", "start@2026-07-03")
    assert [reading.due_on for reading in result.readings] == [date(2026, 10, 2), date(2026, 10, 3)]
    rolled = run("cn.jb.assigned", "start@2026-07-03")
    assert rolled.due_on == date(2026, 10, 8)


def test_custody_into_a_projected_year_is_not_provisional_because_it_never_asks_the_calendar():
    assert not run("cn.jcf.liuzhi", "start@2026-11-20").provisional
    assert run("cn.jb.assigned", "start@2026-11-20").provisional
    assert run("cn.jb.realname.ack", "start@2026-12-25").provisional
    assert not run("cn.jb.realname.ack", "start@2026-11-25").provisional


def test_a_month_from_31_january_ends_on_the_last_of_february():
    assert run("cn.zj.lead.plan", "start@2025-01-31").due_on == date(2025, 2, 28)


EXT1 = "extend@2026-05-20:approver=next_level,ground=special_circumstances"
EXT2 = "extend@2026-08-20:approver=national,ground=ten_years"


def test_liuzhi_extends_once_by_three_months_and_once_by_two():
    first = run("cn.jcf.liuzhi", "start@2026-02-26", EXT1)
    assert first.due_on == date(2026, 8, 25)
    both = run("cn.jcf.liuzhi", "start@2026-02-26", EXT1, EXT2)
    assert both.due_on == date(2026, 10, 25)
    assert codes(both) == []
    third = run("cn.jcf.liuzhi", "start@2026-02-26", EXT1, EXT2, "extend@2026-10-01:approver=national,ground=ten_years")
    assert third.due_on == both.due_on
    assert codes(third) == ["extension_count"]


@pytest.mark.parametrize(("event", "code"), [
    ("extend@2026-05-20:approver=own_head,ground=special_circumstances", "extension_approver"),
    ("extend@2026-05-20:approver=next_level,ground=complex", "extension_ground"),
    ("extend@2026-05-20:approver=next_level,ground=special_circumstances,amount=4,unit=month", "extension_length"),
    ("extend@2026-05-20:approver=next_level,ground=special_circumstances,amount=1,unit=year", "extension_length"),
    ("extend@2026-05-20:code=second,approver=national,ground=ten_years", "extension_order"),
    ("extend@2026-05-26:approver=next_level,ground=special_circumstances", "late_extension"),
    ("extend@2026-05-20:code=third,approver=national", "no_extension"),
    ("suspend@2026-04-01:ground=illness,approver=own_head,until=2026-04-10", "suspension_without_ground"),
])
def test_what_the_rule_does_not_allow_has_no_effect_and_is_said(event, code):
    result = run("cn.jcf.liuzhi", "start@2026-02-26", event)
    assert result.due_on == date(2026, 5, 25)
    assert codes(result) == [code]
    assert result.findings[0].text.zh
    assert result.findings[0].text.en
    assert (result.findings[0].kind == "breach") == (code == "late_extension")


def test_an_extension_on_the_last_day_is_in_time():
    last = "extend@2026-05-25:approver=next_level,ground=special_circumstances"
    assert run("cn.jcf.liuzhi", "start@2026-02-26", last).due_on == date(2026, 8, 25)
    minute = "extend@2026-05-26T00:00:00+08:00:approver=next_level,ground=special_circumstances"
    assert codes(run("cn.jcf.liuzhi", "start@2026-02-26", minute)) == ["late_extension"]


def test_an_extension_from_a_short_month_keeps_the_earliest_reading():
    result = run("cn.jcf.liuzhi", "start@2025-11-30", "extend@2026-02-20:approver=next_level,ground=special_circumstances")
    assert {reading.code: reading.due_on for reading in result.readings} == {
        "extension_chained": date(2026, 5, 27), "start_counted": date(2026, 5, 29), "start_excluded": date(2026, 5, 30),
    }


RESTART = "restart@2026-04-10:approver=national,ground=other_major_crime"


def test_liuzhi_restarts_once_by_the_national_commission_for_bodies_of_provincial_rank():
    result = run("cn.jcf.liuzhi", "start@2026-02-26:rank=province", RESTART)
    assert result.due_on == date(2026, 7, 9)
    again = run("cn.jcf.liuzhi", "start@2026-02-26:rank=province", RESTART, RESTART.replace("04-10", "05-10"))
    assert again.due_on == date(2026, 7, 9)
    assert codes(again) == ["restart_count"]
    county = run("cn.jcf.liuzhi", "start@2026-02-26:rank=county", RESTART)
    assert codes(county) == ["restart_rank"]
    assert county.due_on == date(2026, 5, 25)


def test_two_more_months_after_a_restart_are_an_open_question_and_blocked():
    result = run(
        "cn.jcf.liuzhi", "start@2026-02-26:rank=province", RESTART,
        "extend@2026-06-20:approver=national,ground=special_circumstances",
        "extend@2026-09-20:approver=national,ground=ten_years",
    )
    assert result.due_on == date(2026, 10, 9)
    assert codes(result) == ["open_question"]


def test_liuzhi_that_ran_when_the_law_changed_demands_a_decision():
    result = run("cn.jcf.liuzhi", "start@2025-05-20")
    assert [question.code for question in result.questions] == ["transition"]
    assert run("cn.jcf.liuzhi", "start@2025-05-20", "transition@2025-06-01:choice=old").questions == ()
    ext1 = "extend@2025-08-01:approver=next_level,ground=special_circumstances"
    ext2 = "extend@2025-11-01:code=second,approver=national,ground=ten_years"
    old = run("cn.jcf.liuzhi", "start@2025-05-20", ext1, ext2, "transition@2025-06-01:choice=old")
    assert codes(old) == ["transition"]
    new = run("cn.jcf.liuzhi", "start@2025-05-20", ext1, ext2, "transition@2025-06-01:choice=new")
    assert codes(new) == []
    assert new.due_on == date(2026, 1, 19)
    # Over before the change: nothing to decide.
    assert run("cn.jcf.liuzhi", "start@2025-05-20", "stop@2025-05-30").questions == ()
    assert run("cn.jcf.liuzhi", "start@2025-01-10").questions == ()


def test_a_measure_of_the_new_law_does_not_exist_before_it():
    with pytest.raises(RuleNotInForce, match=r"cn\.jcf\.guanhu"):
        run("cn.jcf.guanhu", "start@2025-03-17")
    # The 24 hours for notice do exist under the old law.
    assert run("cn.jcf.notify24", "start@2025-03-17T21:20:00+08:00").due_at == datetime(2025, 3, 18, 13, 20, tzinfo=UTC)


def test_guanhu_extends_by_three_days_and_not_by_four():
    good = "extend@2026-03-20:approver=own_head,ground=special_circumstances,amount=3,unit=day"
    assert run("cn.jcf.guanhu", "start@2026-03-17").due_on == date(2026, 3, 23)
    assert run("cn.jcf.guanhu", "start@2026-03-17", good).due_on == date(2026, 3, 26)
    assert codes(run("cn.jcf.guanhu", "start@2026-03-17", good.replace("amount=3", "amount=4"))) == ["extension_length"]


def test_an_assigned_report_extends_once_by_the_own_head_then_only_by_the_superior():
    first = "extend@2026-05-01:approver=own_head"
    again = "extend@2026-08-01:approver=own_head,amount=1,unit=month"
    assert run("cn.jb.assigned", "start@2026-03-02", first).due_on == date(2026, 9, 2)
    assert codes(run("cn.jb.assigned", "start@2026-03-02", first, again)) == ["extension_approver"]
    superior = again.replace("own_head", "next_level")
    assert run("cn.jb.assigned", "start@2026-03-02", first, superior).due_on == date(2026, 10, 8)
    endless = superior.replace(",amount=1,unit=month", "")
    assert codes(run("cn.jb.assigned", "start@2026-03-02", first, endless)) == ["extension_length"]


def test_hours_show_both_readings_and_need_a_time():
    result = run("cn.jcf.notify24", "start@2026-03-17T21:20:00+08:00")
    assert [reading.code for reading in result.readings] == ["exact", "first_hour_excluded"]
    assert result.readings[1].due_at == datetime(2026, 3, 18, 14, tzinfo=UTC)
    with pytest.raises(ClockError, match="时刻"):
        run("cn.jcf.notify24", "start@2026-03-17")


def test_a_notice_before_an_act_is_counted_backwards():
    # Ten days before 17 March is Saturday 7 March; the notice must be out on Friday.
    assert run("cn.reg.prenotice10", "start@2026-03-17").due_on == date(2026, 3, 6)


def test_a_quarter_ends_with_the_quarter_and_the_next_report_opens_the_next():
    assert run("cn.jb.quarter.feedback", "start@2026-02-17").due_on == date(2026, 3, 31)
    assert run("cn.jb.quarter.feedback", "start@2026-02-17", "report@2026-03-30").due_on == date(2026, 6, 30)


def test_a_matching_agreement_is_renewed_only_in_its_last_three_months():
    eu = load_calendars()["int-eu"]
    agreement = RULES["int.cmppa.agree"]

    def agreed(event):
        return due(agreement, [parse_event("start@2026-01-05"), parse_event(event)], eu)

    renewal = "extend@{}:approver=oversight_board,ground=unchanged_certified"
    assert codes(agreed(renewal.format("2027-01-04"))) == ["extension_too_early"]
    assert agreed(renewal.format("2027-05-04")).due_on == date(2028, 7, 5)


def test_choices_paper_and_words_have_no_date_until_somebody_says_it():
    assert run("cn.zw.period", "start@2026-03-02").no_number is not None
    assert run("cn.zw.period", "start@2026-03-02:choice=serious_demerit").readings[0].nominal == date(2027, 9, 2)
    assert run("cn.jcf.sugg", "start@2026-03-02").no_number.en.startswith("The limit is set on paper")
    assert run("cn.reg.sugg.content", "start@2026-03-02").no_number.en.startswith("The limit is set on paper")
    assert run("cn.reg.sugg.content", "start@2026-03-02:until=2026-04-15").due_on == date(2026, 4, 15)
    assert run("cn.zw.clear", "start@2026-03-02").no_number.zh.startswith("法律没有数字")
    assert run("cn.chuhe.duration", "start@2026-03-02").no_number.zh.startswith("没有全国性期限")


def test_an_open_suspension_has_no_end_until_it_is_resumed():
    from xieli.engines.clocks import Suspension, Text, internal_rule
    target = internal_rule("t.reply", "答复", "reply", 10, Unit.WORKING_DAY,
                           suspensions=(Suspension("waiting_for_court", Text("等待法院", "court"), "own_head"),))
    start = Event(Kind.START, date(2026, 3, 2))
    pause = Event(Kind.SUSPEND, date(2026, 3, 5), ground="waiting_for_court", approver="own_head")
    standing_still = due(target, [start, pause], CN)
    assert standing_still.due_on is None
    assert standing_still.suspended_since == date(2026, 3, 5)
    # Suspended Thursday 5 to Monday 16 March: seven working days lost.
    resumed = due(target, [start, pause, Event(Kind.RESUME, date(2026, 3, 16))], CN)
    assert resumed.due_on == CN.add_working_days(date(2026, 3, 16), 7)
    assert codes(due(target, [start, replace(pause, approver="deputy_leader")], CN)) == ["suspension_authority"]
    assert codes(due(target, [start, Event(Kind.RESUME, date(2026, 3, 16))], CN)) == ["nothing_to_resume"]


def test_a_struck_out_entry_is_as_if_it_had_never_been():
    start = Event(Kind.START, date(2026, 2, 26), id="a")
    wrong = Event(Kind.STOP, date(2026, 3, 1), id="b")
    struck = due(LIUZHI, [start, wrong, Event(Kind.VOID, date(2026, 3, 2), target="b")], CN)
    assert struck == replace(due(LIUZHI, [start], CN))
    with pytest.raises(ClockError, match="不存在"):
        due(LIUZHI, [start, Event(Kind.VOID, date(2026, 3, 2), target="nothing")], CN)
    with pytest.raises(ClockError, match="两个起点"):
        due(LIUZHI, [start, replace(start, at=date(2026, 2, 27))], CN)


def test_a_stop_after_every_reading_is_a_breach_and_between_them_is_not():
    assert codes(run("cn.jcf.liuzhi", "start@2026-02-26", "stop@2026-05-26")) == []
    assert codes(run("cn.jcf.liuzhi", "start@2026-02-26", "stop@2026-05-27")) == ["late"]


def test_events_are_read_from_one_line_and_refused_in_words():
    event = parse_event("suspend@2026-03-01T08:00:00+08:00:ground=x,approver=own_head,until=2026-03-04T08:00:00+08:00")
    assert event.at == datetime(2026, 3, 1, tzinfo=UTC)
    assert event.until == datetime(2026, 3, 4, tzinfo=UTC)
    for text in ("start", "begin@2026-01-01", "start@2026-13-01", "start@2026-01-01T10:00:00", "start@2026-01-01:color=red",
                 "extend@2026-01-01:amount=x", "extend@2026-01-01:unit=fortnight"):
        with pytest.raises(ClockError):
            parse_event(text)
