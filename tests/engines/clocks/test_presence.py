"""The presence clock: a basis for every minute, 12 or 24 hours, and what a person must be given."""
from datetime import UTC, datetime, timedelta

import pytest

from xieli.engines.clocks import ClockError, Mark, PresenceMark, presence

NINE = datetime(2026, 3, 17, 1, tzinfo=UTC)  # 09:00 in China


def at(hours):
    return NINE + timedelta(hours=hours)


def cared(until):
    """Meals, rests, a medical check and the information that he is free to leave, up to ``until`` hours."""
    marks = [PresenceMark(Mark.MEDICAL, at(0.1)), PresenceMark(Mark.TOLD_FREE, at(0.1))]
    marks += [PresenceMark(Mark.MEAL, at(hour)) for hour in range(3, int(until) + 1, 5)]
    for hour in range(2, int(until) + 1, 3):
        marks += [PresenceMark(Mark.REST_START, at(hour)), PresenceMark(Mark.REST_END, at(hour + 0.5))]
    return [mark for mark in marks if mark.at < at(until)]


def arrive(basis="compelled_appearance"):
    return PresenceMark(Mark.ARRIVE, NINE, basis)


def codes(found):
    return [finding.code for finding in found.findings]


def test_twelve_hours_end_at_twelve_hours():
    found = presence([arrive(), *cared(12), PresenceMark(Mark.LEAVE, at(12))], at(20))
    assert found.left
    assert found.limit_at == at(12)
    assert codes(found) == []


def test_thirteen_hours_without_custody_are_a_breach():
    found = presence([arrive(), *cared(13)], at(13))
    assert codes(found) == ["over_limit"]
    assert "60 分钟" in found.findings[0].text.zh


def test_twenty_three_hours_with_an_approval_in_time_are_lawful():
    found = presence([arrive(), *cared(23), PresenceMark(Mark.CUSTODY_NEEDED, at(11))], at(23))
    assert found.limit_at == at(24)
    assert codes(found) == []


def test_an_approval_after_the_twelve_hours_has_no_effect():
    found = presence([arrive(), *cared(13), PresenceMark(Mark.CUSTODY_NEEDED, at(12))], at(13))
    assert found.limit_at == at(12)
    assert codes(found) == ["over_limit", "late_extension"]


def test_waiting_for_an_approval_is_no_basis():
    found = presence(
        [arrive("walk_in_talk"), *cared(8), PresenceMark(Mark.BASIS, at(5), "waiting_for_approval"),
         PresenceMark(Mark.BASIS, at(6.5), "compelled_appearance")], at(8),
    )
    assert found.without_basis == timedelta(hours=1.5)
    assert codes(found) == ["waiting_is_no_basis"]


def test_changing_the_basis_does_not_restart_the_clock():
    found = presence([arrive("walk_in_talk"), *cared(14), PresenceMark(Mark.BASIS, at(6), "compelled_appearance")], at(14))
    assert found.limit_at == at(12)
    assert "over_limit" in codes(found)


def test_custody_takes_over_and_ends_the_presence():
    found = presence([arrive(), *cared(11), PresenceMark(Mark.BASIS, at(11), "liuzhi")], at(40))
    assert found.elapsed == timedelta(hours=11)
    assert codes(found) == []


def test_who_came_of_his_own_will_must_be_told_that_he_may_leave():
    marks = [mark for mark in cared(3) if mark.mark is not Mark.TOLD_FREE]
    assert codes(presence([arrive("walk_in_talk"), *marks], at(3))) == ["not_told_free"]
    assert codes(presence([arrive("compelled_appearance"), *marks], at(3))) == []


def test_missing_care_is_found():
    assert codes(presence([arrive()], at(7))) == ["no_medical", "no_meal", "no_rest"]


def test_a_second_presence_soon_after_the_first_is_hidden_detention():
    marks = [arrive(), *cared(2)]
    assert codes(presence(marks, at(2), previous_end=at(-11))) == ["back_to_back"]
    assert codes(presence(marks, at(2), previous_end=at(-12))) == []


def test_what_was_recorded_later_does_not_change_the_past():
    marks = [arrive(), *cared(10), PresenceMark(Mark.LEAVE, at(10))]
    assert not presence(marks, at(5)).left
    assert presence(marks, at(5)).elapsed == timedelta(hours=5)


@pytest.mark.parametrize("marks", [
    [], [PresenceMark(Mark.MEAL, NINE)], [arrive(), PresenceMark(Mark.ARRIVE, at(1), "guanhu")],
    [arrive(), PresenceMark(Mark.LEAVE, at(1)), PresenceMark(Mark.MEAL, at(2))], [arrive("house_arrest")],
])
def test_contradictory_records_are_refused_in_words(marks):
    with pytest.raises(ClockError):
        presence(marks, at(5))
