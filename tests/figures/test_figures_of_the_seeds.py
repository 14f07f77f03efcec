"""Every figure of the seeds from rows, exactly as printed, and again with other numbers (catalogue section 4)."""
from __future__ import annotations

import pytest

from tests.figures.conftest import Rows


def _liuzhi(rows: Rows, year: int, n: int) -> None:
    for _ in range(n):
        matter = rows.matter("case", f"{year}-02-01")
        rows.measure(matter, rows.subject(matter, dual=True), "liuzhi", f"{year}-02-15")


@pytest.mark.parametrize(("years", "text", "mean", "last"), [
    ((3, 4, 17, 26), "26件", "+225%", "+53%"),
    ((2, 6, 10, 12), "12件", "+100%", "+20%"),
])
def test_dual_managed_liuzhi_with_two_comparisons(rows: Rows, years: tuple[int, ...], text: str, mean: str, last: str) -> None:
    """S0-19: 26 件, +225 % against the mean of three years, +53 % against last year."""
    for year, n in zip((2022, 2023, 2024, 2025), years, strict=True):
        _liuzhi(rows, year, n)
    figure = rows.figure("liuzhi_dual", "2025-01-01", "2025-06-30")
    assert figure.text() == text
    assert [c.zh.split()[-1] for c in figure.comparisons] == [last, mean]


def test_a_case_with_two_measures_and_two_persons_counts_once(rows: Rows) -> None:
    matter = rows.matter("case")
    first, second = rows.subject(matter, dual=True), rows.subject(matter, dual=True)
    rows.measure(matter, first, "liuzhi", "2025-02-01")
    rows.measure(matter, second, "liuzhi", "2025-02-02")
    assert rows.figure("liuzhi_dual").text() == "1件"
    assert rows.figure("liuzhi_persons").text() == "2人"


def test_without_a_base_there_is_no_comparison_and_no_division(rows: Rows) -> None:
    _liuzhi(rows, 2025, 3)
    figure = rows.figure("liuzhi_dual")
    assert {c.zh for c in figure.comparisons} == {"比去年同期 无可比基数", "比前三年同期均值 无可比基数"}


@pytest.mark.parametrize(("problems", "leads", "text_problems", "text_leads"), [(712, 63, "700余个", "60余条"), (1034, 40, "1000余个", "40条")])
def test_special_check_prints_yu_from_exact_records(rows: Rows, problems: int, leads: int, text_problems: str, text_leads: str) -> None:
    """S0-21: 面上问题700余个, 问题线索60余条, 留置5人; three units that never mix."""
    matter = rows.matter("joint_check")
    rows.fact(matter, "check.problem", n=problems)
    rows.fact(matter, "check.lead", n=leads)
    for _ in range(5):
        case = rows.matter("case")
        rows.measure(case, rows.subject(case), "liuzhi", "2025-05-01")
    assert rows.figure("check_problems_yu").text() == text_problems
    assert rows.figure("check_problems").number == problems
    assert rows.figure("check_leads_yu").text() == text_leads
    assert rows.figure("liuzhi_persons").text() == "5人"


@pytest.mark.parametrize(("received", "closed", "text"), [(69, 38, "55%"), (40, 10, "25%")])
def test_leads_received_and_closed_by_cohort(rows: Rows, received: int, closed: int, text: str) -> None:
    """S2-27: 69 received, 38 closed = 55 %, 31 in hand."""
    for i in range(received):
        rows.matter("lead", "2025-04-01", status="closed" if i < closed else "open", closed="2025-06-01" if i < closed else None)
    assert rows.figure("leads_received").text() == f"{received}条"
    assert rows.figure("lead_closure_rate").text() == text
    assert rows.figure("leads_open").number == received - closed


def test_share_of_closed_leads_that_became_cases(rows: Rows) -> None:
    """S2-21: 68.5 % = 37 of 54, its denominator is closed leads."""
    for i in range(54):
        matter = rows.matter("lead", "2025-02-01", status="closed", closed="2025-05-01")
        if i < 37:
            rows.outcome(matter, "case_filed", "2025-04-01")
    rows.matter("lead", "2025-02-01")
    assert rows.figure("case_rate").text() == "68.5%"


def test_outcomes_overlap(rows: Rows) -> None:
    """S2-18: 19 filed, 17 sanctioned, 4 to justice."""
    for i in range(19):
        matter = rows.matter("case")
        subject = rows.subject(matter)
        rows.outcome(matter, "case_filed", "2025-03-01", subject)
        if i < 17:
            rows.outcome(matter, "sanctioned", "2025-06-01", subject)
        if i >= 15:
            rows.outcome(matter, "to_justice", "2025-07-01", subject)
    assert [rows.figure(c).text() for c in ("persons_filed", "sanctioned", "to_justice")] == ["19人", "17人", "4人"]


@pytest.mark.parametrize(("items", "units"), [(398, 102), (50, 7)])
def test_focus_items_and_their_units(rows: Rows, items: int, units: int) -> None:
    """S2-08: 398 items on 102 units."""
    rows.fact(rows.matter("package_before_inspection"), "package.focus_item", n=items, ref=lambda i: 1000 + i % units)
    assert rows.figure("focus_items").text() == f"{items}条"
    assert rows.figure("focus_units").text() == f"{units}个"


def test_only_units_with_both_parts_have_a_total(rows: Rows) -> None:
    """S2-29, S2-30: 53 and 18 units, at most 18 totals, 156 problems."""
    matter = rows.matter("evaluation")
    rows.fact(matter, "eval.part_concentrated", n=53, ref=lambda i: i)
    rows.fact(matter, "eval.part_lookback", n=18, ref=lambda i: i)
    rows.fact(matter, "inspection.problem", n=156)
    assert rows.figure("eval_concentrated").text() == "53个"
    assert rows.figure("eval_lookback").text() == "18个"
    assert rows.figure("inspection_problems").text() == "156个"


def test_recommendations_and_systems(rows: Rows) -> None:
    """S4-16: 230 letters, 431 systems; a system counts once."""
    matter = rows.matter("recommendation")
    rows.fact(matter, "recommendation.issued", n=230)
    rows.fact(matter, "recommendation.system", n=431, ref=lambda i: i)
    rows.fact(matter, "recommendation.system", n=10, ref=lambda i: i)
    assert [rows.figure(c).text() for c in ("recommendations", "systems", "systems_each")] == ["230份", "431个", "1.87个"]


def test_projects_by_computed_status(rows: Rows) -> None:
    """S3-17, S3-15: 30 = 1 + 26 + 3; five days late."""
    matter = rows.matter("project_board")
    for i, status in enumerate(["done"] + ["on_time"] * 26 + ["late"] * 3):
        rows.fact(matter, "project.status", ref=lambda _, i=i: i, text=status)
    rows.fact(matter, "project.slip_days", number=5)
    assert [rows.figure(c).text() for c in ("projects", "projects_late", "slip_days")] == ["30个", "3个", "5天"]


def test_joint_supervision_line(rows: Rows) -> None:
    """S3-25: 86 checks, 273 problems, 16 leads, 2 filed, 15 held accountable; 3.17 each."""
    matter = rows.matter("joint_check")
    for code, n in (("check.visit", 86), ("check.problem", 273), ("check.lead", 16), ("accountability.person", 15)):
        rows.fact(matter, code, n=n)
    for _ in range(2):
        case = rows.matter("case")
        rows.outcome(case, "case_filed", "2025-03-01", rows.subject(case))
    assert [rows.figure(c).text() for c in ("checks", "check_problems", "check_leads", "persons_filed", "accountable", "problems_per_check")] == ["86次", "273个", "16条", "2人", "15人", "3.17个"]


@pytest.mark.parametrize(("found", "done", "text"), [(251, 231, "92.0%"), (3, 1, "33.3%")])
def test_problems_disposed_of(rows: Rows, found: int, done: int, text: str) -> None:
    """S4-39: 251 found, 231 disposed = 92.0 %."""
    matter = rows.matter("joint_check")
    rows.fact(matter, "check.problem", n=found)
    rows.fact(matter, "check.disposed", n=done)
    assert rows.figure("check_disposed_rate").text() == text


def test_persons_and_attendances(rows: Rows) -> None:
    """S1-30: 937 persons, 1000余人次."""
    rows.fact(rows.matter("training"), "training.attendance", n=1043, ref=lambda i: i % 937)
    assert [rows.figure(c).text() for c in ("trained_persons", "trained_times")] == ["937人", "1000余人次"]


def test_water_sections_and_activities(rows: Rows) -> None:
    """S3-23, S3-24: 7 sections, 6 meet = 85.7 %; 20 surveys, 12 consultations, 60余 patrols."""
    matter = rows.matter("water_section")
    for i in range(7):
        rows.fact(matter, "water.reading", ref=lambda _, i=i: i, text="no" if i == 6 else "yes", number=2)
    for code, n in (("coop.survey", 20), ("coop.consultation", 12), ("coop.patrol", 64)):
        rows.fact(matter, code, n=n)
    assert [rows.figure(c).text() for c in ("water_sections", "water_met_rate", "coop_surveys", "coop_consultations", "coop_patrols")] == ["7个", "85.7%", "20次", "12次", "60余次"]


def test_supervisors_checks_topics_and_catalogue(rows: Rows) -> None:
    """S1-09 257 名, S4-29 28 checks, S4-56 12 topics, S0-38 9 条."""
    matter = rows.matter("campaign")
    for code, n in (("village.supervisor", 257), ("grid.check", 28), ("topic.double_lead", 12), ("catalogue.item", 9)):
        rows.fact(matter, code, n=n, ref=lambda i: i)
    assert [rows.figure(c).text() for c in ("supervisors", "grid_checks", "topics", "catalogue_items")] == ["257名", "28次", "12个", "9条"]


def test_a_figure_can_be_printed_again_as_it_was_known_then(rows: Rows) -> None:
    """As of two dates: a fact recorded in August about May does not count in a figure known by June."""
    matter = rows.matter("joint_check", "2025-01-01")
    rows.fact(matter, "check.problem", "2025-05-01", n=3)
    rows.fact(matter, "check.problem", "2025-05-01", n=2, known="2025-08-01")
    assert rows.figure("check_problems", last="2025-06-30", known_by="2025-06-30").number == 3
    assert rows.figure("check_problems", last="2025-06-30").number == 5


def test_change_a_record_and_every_figure_that_stands_on_it_changes(rows: Rows) -> None:
    """For every fact code of the definitions: one more row moves each count that stands on it."""
    matter = rows.matter("campaign")
    for index, (code, metric) in enumerate(rows.book.items()):
        fact = next((w.values[0] for w in metric.count.where if w.column == "code"), None)
        if metric.count.source != "facts" or metric.denominator is not None or metric.count.of in ("mean", "median") or fact is None:
            continue
        text = next((str(w.values[0]) for w in metric.count.where if w.column == "text"), "")
        before = rows.figure(code).number
        rows.fact(matter, str(fact), ref=lambda _, index=index: 10**6 + index, text=text, number=10**6 + index)
        assert rows.figure(code).number != before, code
