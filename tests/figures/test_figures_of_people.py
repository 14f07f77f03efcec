"""Figures of the seeds from rows, exactly as printed (section 4): people, training, meetings, areas, villages, terms, charges."""
from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.figures.conftest import Rows


@pytest.mark.parametrize(("persons", "times", "text"), [(937, 1043, "1000余人次"), (12, 15, "10余人次")])
def test_persons_and_attendances(rows: Rows, persons: int, times: int, text: str) -> None:
    """S1-30: From attendance rows the report prints distinct persons 937, person-times >1000 for the extension and lists counties at 100 %; a person attending twice counts once in 人, twice in 人次."""
    session = rows.matter("training")
    rows.fact(session, "training.attended", n=times, ref=lambda i: 10_000 + i % persons)
    assert rows.texts("trained_persons", "trained_times") == [f"{persons}人", text]
    assert rows.figure("trained_times").number == times
    for body, trained in ((31, (True, True)), (32, (True, False))):
        rows.body(body, "commission")
        for i, yes in enumerate(trained):
            person = rows.person(body * 10 + i)
            rows.posted(person, body)
            if yes:
                rows.fact(session, "training.attended", ref=lambda _, p=person: p)
    assert rows.figure("trained_counties").text() == "1个"
    assert rows.behind("trained_counties") == {31}
    assert rows.figure("training_coverage", by="body").groups[31] == 1


def test_coverage_names_who_is_missing(rows: Rows) -> None:
    """S1-25: Coverage = trained persons / persons in scope per level, with names of those missing."""
    session = rows.matter("training")
    for i in range(4):
        person = rows.person(40 + i)
        rows.posted(person, 1 + i % 2)
        if i < 3:
            rows.fact(session, "training.attended", ref=lambda _, p=person: p)
    assert rows.figure("training_coverage").text() == "75.0%"
    assert rows.behind("untrained") == {43}
    rows.posted(rows.person(44), 1, on="2026-01-01")  # not yet in post
    assert rows.figure("training_coverage").text() == "75.0%"
    assert {g: str(v) for g, v in rows.figure("training_coverage", by="body").groups.items()} == {1: "1", 2: "0.5"}


@pytest.mark.parametrize(("villages", "committees"), [(257, 64), (9, 2)])
def test_supervisors_and_committees_within_their_bounds(rows: Rows, villages: int, committees: int) -> None:
    """257名, 3—5个村: 52 to 85 committees; two supervisors of one village are two persons."""
    for i in range(villages):
        rows.body(2000 + i, "village")
        rows.posted(rows.person(2000 + i), 2000 + i, office="village_supervisor")
    sizes = [villages // committees + (1 if i < villages % committees else 0) for i in range(committees)]
    at = 2000
    for size in sizes:
        rows.area("villages", list(range(at, at + size)))
        at += size
    assert all(3 <= s <= 5 for s in sizes)
    assert -(-villages // 5) <= rows.figure("village_committees").number <= villages // 3
    assert rows.texts("supervisors", "village_committees") == [f"{villages}名", f"{committees}个"]
    assert len(rows.behind("supervisors")) == villages
    if villages == 257:
        assert (-(-257 // 5), 257 // 3) == (52, 85)


def test_eight_areas_of_towns_and_eleven_of_central_units(rows: Rows) -> None:
    """8个协作片区; 11家区县: areas of another kind do not count."""
    for _i in range(8):
        rows.area("townships", [])
    for _i in range(11):
        rows.area("central_units", [])
    assert rows.figure("town_areas").text() == "8个"


def test_more_than_fifty_households_and_a_village_expense(rows: Rows) -> None:
    """50多户."""
    expense = rows.matter("village_expense")
    rows.fact(expense, "village_expense.amount", number=30_000)
    rows.fact(expense, "village_expense.households", number=53)
    rows.fact(rows.matter("village_visit"), "village.visit", n=3, day="2025-03-01")
    assert rows.texts("households", "village_expenses", "village_visits") == ["53户", "1件", "3次"]
    assert rows.figure("households").number > 50


@pytest.mark.parametrize(("groups", "counties", "quarters"), [(7, 7, 4), (2, 3, 4)])
def test_checks_by_quarter(rows: Rows, groups: int, counties: int, quarters: int) -> None:
    """7个督查组, 7个县, 每季度: 28 checks a year, one line per quarter."""
    for quarter in range(quarters):
        for county in range(counties):
            check = rows.matter("joint_check", f"2025-{1 + 3 * quarter:02d}-10")
            rows.fact(check, "check.unit", f"2025-{1 + 3 * quarter:02d}-10", text=f"县{county}")
    assert rows.figure("grid_checks").text() == f"{counties * quarters}次"
    assert set(rows.figure("grid_checks", by="quarter").groups.values()) == {counties}
    assert groups <= counties


@pytest.mark.parametrize("n", [12, 3])
def test_topics_with_two_leads(rows: Rows, n: int) -> None:
    """12个专项, 双牵头: 24 lead posts; a topic with one lead is none of the twelve."""
    for i in range(n):
        topic = rows.matter("campaign_topic")
        rows.fact(topic, "topic.lead_commission", ref=lambda _, i=i: 100 + i)
        rows.fact(topic, "topic.lead_department", ref=lambda _, i=i: 200 + i)
        rows.fact(topic, "topic.progress_department", number=50)
    alone = rows.matter("campaign_topic")
    rows.fact(alone, "topic.lead_commission", ref=lambda _: 1)
    assert rows.texts("topics", "topic_leads", "topic_progress") == [f"{n}个", f"{2 * n + 1}个", "50.00分"]
    assert alone not in rows.behind("topics")


def test_nine_items_and_who_reported(rows: Rows) -> None:
    """参考目录9条 and the reports that came in, of the catalogue and of a campaign beside it."""
    catalogue = rows.matter("small_cut")
    rows.fact(catalogue, "catalogue.item", n=9, text="违规收取回扣费")
    rows.fact(catalogue, "catalogue.report", n=4, day="2025-03-01")
    campaign = rows.matter("campaign")
    rows.fact(campaign, "campaign.item", n=3, ref=lambda i: i)  # a campaign's list of problems is no catalogue
    rows.fact(campaign, "campaign.report", n=2, day="2025-03-01")
    assert rows.texts("catalogue_items", "catalogue_reports") == ["9条", "6份"]


def test_education_route_and_four_questions(rows: Rows) -> None:
    """30余名 at stop 2; 四问 answered of those that should."""
    case = rows.matter("typical_case")
    rows.fact(case, "education.should", number=36)
    rows.fact(case, "education.attended", number=33)
    reflection = rows.matter("reflection")
    rows.fact(reflection, "reflection.should", n=4, text="局长")
    rows.fact(reflection, "reflection.answered", n=3, text="局长")
    for code in ("after_case.reflection_committee", "after_case.reflection_organ"):
        rows.fact(rows.matter("after_case"), code, day="2025-03-01")
    assert rows.texts("education_attended", "education_coverage", "four_questions", "four_questions_share", "reflections") == ["30余人次", "91.7%", "3份", "75%", "2次"]


def test_counted_lists_of_three_and_four(rows: Rows) -> None:
    """一份、一轮、一次; 四个一; 四包: the lists have as many items as their names say."""
    import yaml

    from xieli.content import content_path

    charge = yaml.safe_load(content_path("playbooks", "charge.yaml").read_text("utf-8"))
    assert {"area", "case", "project", "benefit"} <= set(charge["forms"]["charge"]["fields"]["kind"]["options"])
    for kind in ("area", "case", "project", "benefit"):
        rows.fact(rows.matter("charge"), "charge.kind", text=kind)
    assert rows.figure("charges", by="text").groups == dict.fromkeys(("area", "benefit", "case", "project"), 1)


def test_the_four_indicators_stand_on_records_and_measures_cannot_enter_them(rows: Rows) -> None:
    """4 indicators 整改完成率/制度健全度/警示教育覆盖率/群众满意度."""
    for i in range(8):
        rows.problem("inspection", done=i < 6)
    letter = rows.matter("recommendation")
    rows.fact(letter, "recommendation.unit", ref=lambda _: 1)
    rows.fact(letter, "recommendation.system", text="制度")
    other = rows.matter("recommendation")
    rows.fact(other, "recommendation.unit", ref=lambda _: 2)
    case = rows.matter("typical_case")
    rows.fact(case, "education.should", number=40)
    rows.fact(case, "education.attended", number=38)
    for i in range(5):
        rows.fact(case, "problem.satisfaction", text="satisfied" if i < 4 else "not")
    assert rows.texts(*rows.book.schemes["closed_loop"]) == ["75.0%", "50.0%", "95.0%", "80.0%"]
    assert rows.figure("satisfaction_n").text() == "5份"
    assert not any(rows.book[c].sensitive for c in rows.book.schemes["closed_loop"])


def test_borrowings_past_their_end(rows: Rows) -> None:
    """Borrowed now and overdue; one that came back is neither."""
    for until, back in (("2025-03-01", None), ("2025-03-01", "2025-02-20"), ("2025-12-31", None)):
        posting = rows.matter("posting")
        rows.fact(posting, "posting.kind", "2025-01-05", text="borrowing")
        rows.fact(posting, "posting.until", until, day=until)
        if back:
            rows.fact(posting, "posting.returned", back, day=back)
    assert rows.figure("borrowings").text() == "3人次"
    assert rows.figure("borrowings_overdue", last="2025-06-30").text() == "1人次"


def test_weeks_without_a_meeting(rows: Rows) -> None:
    """52/year: every week of the series that passed without a meeting is one missed; the running week is not yet."""
    rows.series("专班周会", "week", "2025-01-01")
    for week in range(52):
        if week not in (7, 30):
            rows.meeting("regular", (date(2025, 1, 1) + timedelta(days=7 * week + 2)).isoformat(), series="专班周会")
    assert rows.figure("meetings_missed").text() == "2次"
    assert rows.figure("meetings_held").text() == "50次"
    assert {label.split()[-1] for label in rows.behind("meetings_missed")} == {"2025-02-19", "2025-07-30"}
    assert rows.figure("meetings_missed", last="2025-02-20").text() == "0次"


def test_answers_fall_due_and_are_overdue(rows: Rows) -> None:
    """6个月; 每半年1次: overdue when more terms fell due than answers were given; none after the final answer."""
    first, second, third = (rows.matter("lead") for _ in range(3))
    rows.duty(first, "2025-07-31")
    rows.duty(second, "2025-07-31", told=("2025-07-20",))
    rows.duty(third, "2025-07-31", final="2025-07-01")
    assert rows.figure("feedback_owed").text() == "3件"
    assert rows.figure("feedback_overdue", last="2025-07-30").text() == "0件"
    assert rows.behind("feedback_overdue", last="2025-08-01") == {first}
    assert rows.behind("feedback_overdue", "2026-01-01", "2026-02-01") == {first, second}


def test_hours_days_and_half_a_month(rows: Rows) -> None:
    """2个小时, 24小时内, 一两周; 半个月: the medians are of hours, the channel beside the ordinary way."""
    began = datetime(2025, 3, 17, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
    for kind, hours in (("green_channel", 13.5), ("designation", 216), ("designation", 264), ("area_case", 15 * 24), ("case", 48)):
        matter = rows.matter(kind, "2025-03-17", status="closed", closed="2025-03-18")
        rows.c.execute("update matter set opened_at = %s, closed_at = %s where id = %s", [began, began + timedelta(hours=hours), matter])
    assert rows.texts("channel_hours", "designation_hours", "joint_days", "case_days") == ["13.50小时", "240.00小时", "15.00天", "2.00天"]
    assert began.weekday() == 0  # 17 March 2025 is a Monday
    assert date(2025, 5, 26).weekday() == 0


def test_response_before_and_after_a_new_allocation(rows: Rows) -> None:
    """S0-53: Given requests dated before and after an allocation version, both medians are shown with the sample size."""
    for sent, decided in (("2025-01-10 08:00", "2025-01-14 08:00"), ("2025-02-10 08:00", "2025-02-12 08:00"), ("2025-08-10 08:00", "2025-08-10 20:00")):
        rows.handover(rows.matter("lead"), 1, 2, sent, decided)
    before, after = ("2025-01-01", "2025-06-30"), ("2025-07-01", "2025-12-31")
    assert [rows.figure("response_hours", *p).text() for p in (before, after)] == ["72.00小时", "12.00小时"]
    assert [rows.figure("handovers_sent", *p).text() for p in (before, after)] == ["2件", "1件"]


def test_the_four_defects_before_and_after(rows: Rows) -> None:
    """S0-03: Given dated hand-overs, requests, contacts and postings for two periods, the reform dashboard shows all four measures for both with drill-down to the records behind each."""
    for sent, decided, state in (("2024-03-01 08:00", "2024-03-11 08:00", "returned"), ("2024-04-01 08:00", "2024-04-09 08:00", "accepted"), ("2025-03-01 08:00", "2025-03-02 08:00", "accepted")):
        rows.handover(rows.matter("lead", sent[:10]), 1, 2, sent, decided, state)
    for year, hours in ((2024, 240), (2025, 20)):
        request = rows.matter("assistance_request", f"{year}-05-01", status="closed", closed=f"{year}-05-02")
        rows.c.execute("update matter set closed_at = opened_at + make_interval(hours => %s) where id = %s", [hours, request])
    rows.meeting("joint", "2025-06-01")
    rows.fact(rows.matter("posting", "2025-06-01"), "posting.kind", "2025-06-01", text="front_line")
    before, after = ("2024-01-01", "2024-12-31"), ("2025-01-01", "2025-12-31")
    four = ("handover_rate", "handover_hours", "assistance_hours", "meetings_held", "postings")
    assert [[rows.figure(c, *p).text() for c in four] for p in (before, after)] == [
        ["50%", "216.00小时", "240.00小时", "0次", "0人次"], ["100%", "24.00小时", "20.00小时", "1次", "1人次"]]
    assert set(four) <= set(rows.book.reports["r37"].metrics)
    assert len(rows.behind("handover_hours", *before)) == 2


def test_tasks_carried_by_others(rows: Rows) -> None:
    """S4-59: Report by body kind."""
    for body, kind in ((71, "line_department"), (72, "commission"), (73, "line_department"), (74, "village")):
        rows.body(body, kind)
        rows.party(rows.matter("decision_task"), body, "duty_body")
    assert rows.figure("others_share").text() == "75.0%"
    assert rows.figure("tasks_by_body", by="body_kind").groups == {"line_department": 2, "commission": 1, "village": 1}


def test_vertical_horizontal_and_linkage_by_county(rows: Rows) -> None:
    """S1-36: Report gives the three measures for each county and model."""
    for body, days in ((1, 10), (1, 14), (2, 4)):
        joint = rows.matter("area_case", "2025-04-01", status="closed", closed="2025-04-02", body=body)
        rows.c.execute("update matter set closed_at = opened_at + make_interval(days => %s) where id = %s", [days, joint])
    rows.matter("dispatch", body=2)
    assert rows.figure("dispatches", by="body").groups == {2: 1}
    assert rows.figure("joint_matters", by="body").groups == {1: 2, 2: 1}
    assert {g: int(v) for g, v in rows.figure("joint_days", by="body").groups.items()} == {1: 12, 2: 4}


def test_a_share_over_nothing_prints_words(rows: Rows) -> None:
    assert rows.figure("case_rate").text() == "无可比基数"
    assert rows.figure("case_rate").text("en") == "no base"
    assert rows.figure("case_days").text() == "无可比基数"


def test_leads_found_by_models_and_supervision_are_a_share_by_month_beside_the_models_precision(rows: Rows) -> None:
    """S4-35: Share by month with definition."""
    given = {"2025-03": ("model", "petition", "petition", "supervision"), "2025-04": ("petition", "audit"), "2025-05": ("model",)}
    for month, sources in given.items():
        for n, source in enumerate(sources):
            rows.matter("lead", f"{month}-{n + 2:02d}", source=source)
    rows.matter("case", "2025-03-09", source="model")  # what is no lead is in neither part
    share = rows.figure("proactive_share", by="month")
    assert {f"{day:%Y-%m}": float(part) for day, part in share.groups.items()} == {"2025-03": 0.5, "2025-04": 0, "2025-05": 1}
    assert (share.of, share.text()) == (7, "42.9%")
    assert rows.figure("proactive_share", first="2025-04-01", last="2025-04-30").text() == "0.0%"
    assert "模型和监督检查发现的线索占比" in share.metric.about_zh
    assert "precision" in share.metric.about_en
    report = rows.book.reports["r28"]  # on its page never without the precision, for the same months
    assert share.metric.counterparts == ("hits_true_share",)
    assert report.by["proactive_share"] == report.by["hits_true_share"] == "month"
