"""The shipped calendars against two independent packages, and the files against their schema."""
import csv
import io
import json
from datetime import date, timedelta

import chinese_calendar
import holidays
import pytest
from jsonschema import Draft202012Validator

from xieli.content import content_path
from xieli.engines.clocks import (
    CalendarRange,
    ClockError,
    ContentError,
    apply_notice,
    diff,
    load_calendars,
    parse_notice,
)
from xieli.engines.clocks.calendar_files import parse_days, read_calendars
from xieli.engines.clocks.yamlfile import parse_yaml

CN = load_calendars()["cn-mainland"]
EU = load_calendars()["int-eu"]


def days(first: date, last: date):
    return (first + timedelta(days=i) for i in range((last - first).days + 1))


def test_it_equals_chinese_calendar_on_every_day_of_all_its_years():
    first, last = min(chinese_calendar.holidays).replace(month=1, day=1), max(chinese_calendar.holidays).replace(month=12, day=31)
    assert (first.year, last.year) == (2004, 2026)
    differing = [day for day in days(first, last) if CN.is_working(day) != chinese_calendar.is_workday(day)]
    assert differing == []


def test_it_equals_holidays_on_every_day_of_2020_to_2026():
    china = holidays.China(years=range(2020, 2027))
    differing = [
        day for day in days(date(2020, 1, 1), date(2026, 12, 31)) if CN.is_working(day) != china.is_working_day(day)
    ]
    assert differing == []


def test_the_second_calendar_equals_the_closing_days_of_the_euro_payment_system():
    ecb = holidays.ECB(years=range(2004, 2061))
    differing = [day for day in days(EU.first, EU.last) if EU.is_working(day) != ecb.is_working_day(day)]
    assert differing == []


def test_nth_and_working_day_are_inverse_and_the_table_is_the_same_arithmetic():
    rows = list(CN.table(date(2025, 12, 1), date(2026, 3, 31)))
    assert [row.working for row in rows] == [CN.is_working(row.day) for row in rows]
    for row in rows:
        assert row.nth == CN.nth(row.day)
        if row.working:
            assert CN.working_day(row.nth) == row.day
    by_nth = {row.nth: row.day for row in rows if row.working}
    start = date(2026, 2, 10)
    assert by_nth[CN.nth(start) + 15] == CN.add_working_days(start, 15)


def test_fifteen_working_days_across_national_day_count_the_worked_weekends():
    # 25 September is Mid-Autumn; 1–7 October rest; Saturday 10 October is worked.
    assert CN.add_working_days(date(2026, 9, 24), 15) == date(2026, 10, 22)
    assert CN.is_working(date(2026, 10, 10))


def test_later_years_are_projected_and_earlier_ones_published():
    assert CN.is_provisional(date(2027, 1, 4))
    assert not CN.is_provisional(date(2026, 12, 31))
    assert CN.crosses_projected(date(2026, 12, 20), date(2027, 1, 4))
    assert not CN.is_working(date(2027, 1, 1)), "a package that knows no 2027 called New Year's Day a working day"


def test_a_day_outside_the_calendar_is_refused_in_words():
    with pytest.raises(CalendarRange, match="2003-12-31"):
        CN.nth(date(2003, 12, 31))


def test_a_local_calendar_is_laid_on_its_base():
    local = load_calendars()["demo-yujiang"]
    assert local.base == "cn-mainland"
    assert local.is_working(date(2026, 7, 11))
    assert not local.is_working(date(2026, 9, 1))
    assert [change.day for change in diff(CN, local).changes] == [date(2026, 7, 11), date(2026, 9, 1)]


NOTICE = """calendar: cn-mainland
notice: 演示通知〔2026〕1号
zh: 2027年放假安排（演示）
en: Arrangement for 2027 (demonstration)
years: [2027]
days:
  - {day: 2027-01-01, working: rest, zh: 元旦, en: New Year's Day}
  - {day: 2027-02-06, working: rest, zh: 春节, en: Spring Festival}
  - {day: 2027-02-08, working: rest, zh: 春节, en: Spring Festival}
  - {day: 2027-02-09, working: rest, zh: 春节, en: Spring Festival}
  - {day: 2027-02-20, working: work, zh: 春节调休上班, en: Worked in exchange for Spring Festival}
"""


def test_a_notice_makes_a_new_revision_and_the_diff_lists_only_days_that_moved():
    after = apply_notice(CN, parse_notice(NOTICE, "2027.yaml"))
    assert after.revision == CN.revision + 1
    assert after.sha256 != CN.sha256
    assert 2027 in after.published
    assert not after.crosses_projected(date(2026, 12, 1), date(2027, 12, 31))
    moved = diff(CN, after)
    assert moved.published == (2027,)
    assert all(CN.is_working(change.day) != after.is_working(change.day) for change in moved.changes)
    assert date(2027, 2, 20) in [change.day for change in moved.changes]
    # What had only been guessed for 2027 is gone: the notice names no Qingming.
    assert not CN.is_working(date(2027, 4, 5))
    assert after.is_working(date(2027, 4, 5))
    assert diff(after, after).empty


def test_an_amendment_changes_only_the_days_it_names():
    text = "# calendar: cn-mainland\n# notice: 演示修改通知\nday,working,zh,en\n2026-10-08,休,加放一天,One more day\n"
    after = apply_notice(CN, parse_notice(text, "change.csv"))
    assert [change.day for change in diff(CN, after).changes] == [date(2026, 10, 8)]
    assert after.published == CN.published


def test_a_notice_for_another_calendar_is_refused():
    with pytest.raises(ClockError, match="int-eu"):
        apply_notice(CN, parse_notice(NOTICE.replace("cn-mainland", "int-eu"), "x.yaml"))


@pytest.mark.parametrize(("broken", "line"), [
    (NOTICE.replace("2027-02-08", "2027-02-31"), 9),
    (NOTICE.replace("2027-02-09", "2027-02-08"), 10),
    (NOTICE.replace("working: work", "working: perhaps"), 11),
    (NOTICE.replace("en: Arrangement for 2027 (demonstration)\n", ""), 1),
    (NOTICE.replace("years: [2027]", "years: [2028]"), 5),
    (NOTICE + "zh: 又一次\n", 12),
    ("calendar: &a cn-mainland\nnotice: *a\n", 1),
    ("calendar: !!python/object:os.system x\n", 1),
    ("calendar: [\n", 2),
    ("calendar: " + "[" * 100_000, 1),
    ("calendar: x\n" + "# " + "x" * 4_000_001, 0),
    ("", 1),
])
def test_a_broken_notice_names_its_line(broken, line):
    with pytest.raises(ContentError) as caught:
        parse_notice(broken, "2027.yaml")
    assert caught.value.file == "2027.yaml"
    assert caught.value.line == line
    assert caught.value.zh
    assert caught.value.en


@pytest.mark.parametrize(("text", "line"), [
    ("day,working,zh,en\n2026-01-01,rest,元旦,\n", 2),
    ("day,working,zh,en\n2026-01-01,rest,元旦,New Year\n2026-01-01,work,元旦,New Year\n", 3),
    ("day,working,zh\n", 1),
    ("", 1),
    ("day,working,zh,en\n2026-01-01,rest\n", 2),
])
def test_a_broken_day_file_names_its_line(text, line):
    with pytest.raises(ContentError) as caught:
        parse_days(text, "days.csv")
    assert caught.value.line == line


def test_every_shipped_file_keeps_its_schema():
    folder = content_path("calendars")
    row_schema = Draft202012Validator(json.loads((folder / "days.schema.json").read_text(encoding="utf-8")))
    head_schema = Draft202012Validator(json.loads((folder / "calendar.schema.json").read_text(encoding="utf-8")))
    files = [entry for entry in folder.iterdir() if entry.name.endswith((".csv", ".yaml"))]
    assert len(files) == 6
    for entry in files:
        text = entry.read_text(encoding="utf-8")
        if entry.name.endswith(".yaml"):
            assert list(head_schema.iter_errors(parse_yaml(text, entry.name).data)) == []
        else:
            assert [error.message for row in csv.DictReader(io.StringIO(text)) for error in row_schema.iter_errors(row)] == []


def test_a_calendar_with_an_unknown_zone_or_a_year_without_status_is_refused(tmp_path):
    head = ("calendar: tt\nzh: 测\nen: T\nzone: {zone}\nweekend: [sunday]\nfirst: 2026-01-01\nlast: 2027-12-31\nrevision: 1\n"
            "days: t.csv\nyears: [{{from: 2026, to: {to}, status: published}}]\nsource: {{zh: 测, en: T}}\n")
    (tmp_path / "t.csv").write_text("day,working,zh,en\n", encoding="utf-8")
    for zone, to, line in (("Mars/Olympus", 2027, 4), ("UTC", 2026, 10)):
        (tmp_path / "t.yaml").write_text(head.format(zone=zone, to=to), encoding="utf-8")
        with pytest.raises(ContentError) as caught:
            read_calendars(tmp_path)
        assert caught.value.line == line
    (tmp_path / "t.yaml").write_text(head.format(zone="UTC", to=2027), encoding="utf-8")
    # Only Sunday rests here: Saturday 3 January 2026 counts.
    assert read_calendars(tmp_path)["tt"].is_working(date(2026, 1, 3))
