"""Figures of the seeds from rows, exactly as printed, with what drill-down opens, and again with other numbers (section 4):
cases, leads, checks, inspection, remedy. People, meetings, areas and terms are in test_figures_of_people.py."""
from __future__ import annotations

import pytest

from tests.figures.conftest import Rows


def _liuzhi(rows: Rows, year: int, n: int) -> list[int]:
    found = []
    for _ in range(n):
        matter = rows.matter("case", f"{year}-02-01")
        rows.measure(matter, rows.subject(matter, dual=True), "liuzhi", f"{year}-02-15")
        found.append(matter)
    return found


@pytest.mark.parametrize(("years", "text", "mean", "last"), [((3, 4, 17, 26), "26件", "+225%", "+53%"), ((2, 6, 10, 12), "12件", "+100%", "+20%")])
def test_dual_managed_liuzhi_with_two_comparisons(rows: Rows, years: tuple[int, ...], text: str, mean: str, last: str) -> None:
    """S0-19: Given same-period counts e.g. 3, 4, 17 and 26, the report prints 26, +225 %, +53 % (52.9→53) and lists the 26 cases; the period is a parameter; with a zero base it prints "无可比基数", not a division error; each case counted once though two bodies register it."""
    cases: list[int] = []
    for year, n in zip((2022, 2023, 2024, 2025), years, strict=True):
        cases = _liuzhi(rows, year, n)
    rows.party(cases[0], 2, "partner")  # a second body on the same case
    figure = rows.figure("liuzhi_dual", "2025-01-01", "2025-06-30")
    assert figure.text() == text
    assert [c.zh.split()[-1] for c in figure.comparisons] == [last, mean]
    assert rows.behind("liuzhi_dual", "2025-01-01", "2025-06-30") == set(cases)
    assert rows.figure("liuzhi_dual", "2025-03-01", "2025-06-30").text() == "0件"
    empty = rows.figure("liuzhi_dual", "2022-01-01", "2022-06-30")
    assert {c.zh for c in empty.comparisons} == {"比去年同期 无可比基数", "比前三年同期均值 无可比基数"}


def test_a_case_with_two_measures_and_two_persons_counts_once(rows: Rows) -> None:
    matter = rows.matter("case")
    first, second = rows.subject(matter, dual=True), rows.subject(matter, dual=True)
    rows.measure(matter, first, "liuzhi", "2025-02-01")
    rows.measure(matter, second, "liuzhi", "2025-02-02")
    assert rows.figure("liuzhi_dual").text() == "1件"
    assert rows.figure("liuzhi_persons").text() == "2人"


@pytest.mark.parametrize(("problems", "leads", "text_problems", "text_leads"), [(712, 63, "700余个", "60余条"), (1034, 40, "1000余个", "40条")])
def test_special_check_prints_yu_from_exact_records(rows: Rows, problems: int, leads: int, text_problems: str, text_leads: str) -> None:
    """面上问题700余个, 问题线索60余条, 留置5人: three units that never mix; 余 only in print (S0-21 is acted in tests/rows)."""
    matter = rows.matter("joint_check")
    rows.fact(matter, "check.problem", n=problems)
    rows.fact(matter, "check.lead", n=leads)
    cases = [rows.matter("case") for _ in range(5)]
    for case in cases:
        rows.measure(case, rows.subject(case), "liuzhi", "2025-05-01")
    assert rows.texts("check_problems_yu", "check_leads_yu", "liuzhi_persons") == [text_problems, text_leads, "5人"]
    assert rows.figure("check_problems").number == problems
    assert rows.behind("check_problems") == {matter}
    assert rows.behind("liuzhi_persons") == set(cases)


@pytest.mark.parametrize(("received", "closed", "text"), [(69, 38, "55%"), (40, 10, "25%")])
def test_leads_received_and_closed_by_cohort(rows: Rows, received: int, closed: int, text: str) -> None:
    """S2-27: From 69 rows with 38 closed the line prints 69条, 38条, 55%; the 31 open are listed by age; a lead returned or merged is treated by a stated rule."""
    still = set()
    for i in range(received):
        matter = rows.matter("lead", "2025-04-01", status="closed" if i < closed else "open", closed="2025-06-01" if i < closed else None)
        if i >= closed:
            still.add(matter)
    assert rows.texts("leads_received", "leads_closed", "lead_closure_rate") == [f"{received}条", f"{closed}条", text]
    assert rows.figure("leads_open").number == received - closed
    assert rows.behind("leads_open") == still
    # the rule for one that came and went: by cohort of receipt, whatever its end; the definition says so
    assert "按收到批次" in rows.book["lead_closure_rate"].about_zh
    assert rows.figure("lead_closure_rate", known_by="2025-05-31").text() == "0%"  # as it was known before any was closed


def test_share_of_closed_leads_that_became_cases(rows: Rows) -> None:
    """S2-21: With 37 of 54 leads leading to cases the system prints 68.5 % and the definition; changing the base (received vs closed) changes the number and the label."""
    cases = set()
    for i in range(54):
        matter = rows.matter("lead", "2025-02-01", status="closed", closed="2025-05-01")
        if i < 37:
            rows.outcome(matter, "case_filed", "2025-04-01")
            cases.add(matter)
    rows.matter("lead", "2025-02-01")  # received and open: no part of the base
    assert rows.figure("case_rate").text() == "68.5%"
    assert rows.behind("case_rate") == cases
    assert "分母是已办结线索" in rows.book["case_rate"].about_zh
    other = rows.redefined("case_rate", "per: {from: closings, where: {kind: lead}}", "per: {from: matters, where: {kind: lead}}", "成案率", "成案率（按收到）")
    assert (other.text(), other.metric.zh) == ("67.3%", "成案率（按收到）")


@pytest.mark.parametrize(("filed", "sanctioned", "justice"), [(19, 17, 4), (3, 0, 1)])
def test_the_line_of_a_campaign_and_outcomes_that_overlap(rows: Rows, filed: int, sanctioned: int, justice: int) -> None:
    """S2-18: From records the line prints 53/2/9, 24, 19, 17, 4; a person with both sanction and transfer counts in both; persons, not cases, are counted."""
    for system, n in (("教育", 53), ("殡葬", 2), ("农业", 9)):
        round_ = rows.matter("inspection_round")
        rows.fact(round_, "round.system", text=system)
        for i in range(n):
            rows.fact(round_, "round.unit", text=f"{system}{i}")
    for _ in range(24):
        rows.matter("lead", source="inspection")
    for i in range(filed):
        matter = rows.matter("case")
        subject = rows.subject(matter)
        rows.outcome(matter, "filed", "2025-03-01", subject)
        if i < sanctioned:  # both kinds of sanction on one person count one person
            rows.outcome(matter, "party_sanction", "2025-06-01", subject)
            rows.outcome(matter, "administrative_sanction", "2025-06-01", subject)
        if i >= filed - justice:
            rows.outcome(matter, "to_justice", "2025-07-01", subject)
    assert rows.texts("inspected_units", "inspection_leads", "persons_filed", "sanctioned", "to_justice") == ["64个", "24条", f"{filed}人", f"{sanctioned}人", f"{justice}人"]
    assert len(rows.behind("sanctioned")) == sanctioned


@pytest.mark.parametrize(("items", "units", "each"), [(398, 102, "3.90条"), (50, 7, "7.14条")])
def test_focus_items_and_their_units(rows: Rows, items: int, units: int, each: str) -> None:
    """S2-08: From delivered items in the period the report prints 398 and 102 distinct units; undelivered or withdrawn items are excluded; the period is the committee's term (named period "五届")."""
    from datetime import date

    from xieli.engines.metrics import named_period

    package = rows.matter("package_before_inspection")
    for i in range(items):
        rows.fact(package, "package.item_unit", text=f"单位{i % units}")
    undelivered = rows.matter("package_before_inspection")
    rows.fact(undelivered, "package.item_unit", n=5, text="另一单位")
    assert rows.figure("focus_items").text() == "0条"
    rows.outcome(package, "delivered", "2025-03-02")
    assert rows.texts("focus_items", "focus_units", "focus_each") == [f"{items}条", f"{units}个", each]
    assert rows.behind("focus_items") == {package}
    term = named_period("五届", date(2025, 7, 1), {"五届": (date(2021, 11, 1), None)})
    assert rows.figure("focus_items", term.first.isoformat(), term.last.isoformat()).text() == f"{items}条"


def test_the_chain_from_disclosure_to_justice_and_the_tree_of_derived_leads(rows: Rows) -> None:
    """S2-11 and S2-23 as figures: 3人立案, 1人移送; 共留置5人 over the tree, each person once."""
    for i in range(3):
        case = rows.matter("case")
        subject = rows.subject(case)
        rows.outcome(case, "filed", "2025-03-01", subject)
        if i == 0:
            rows.outcome(case, "to_justice", "2025-06-01", subject)
    assert rows.texts("persons_filed", "to_justice") == ["3人", "1人"]
    for _ in range(5):
        derived = rows.matter("liuzhi")
        person = rows.subject(derived)
        rows.measure(derived, person, "liuzhi", "2025-04-01")
    rows.measure(derived, person, "liuzhi", "2025-09-01")  # the same person again is no sixth
    again = rows.matter("liuzhi")  # nor is he in a second case of the tree
    rows.measure(again, rows.subject(again, same=9_000_000 + person), "liuzhi", "2025-09-01")
    assert rows.figure("liuzhi_persons").text() == "5人"
    known = [rows.subject(rows.matter("case")) for _ in range(2)]  # with an identity number the digest says that it is one person
    for subject in known:
        rows.c.execute("update matter_subject set id_digest = 'one person' where id = %s", [subject])
        rows.c.execute("insert into measure select (jsonb_populate_record(x, jsonb_build_object('id', x.id + 10000000 + %s, 'matter_id', s.matter_id, 'subject_id', s.id))).* from measure x, matter_subject s where s.id = %s and x.subject_id = %s limit 1",
                       [subject, subject, person])
    assert rows.figure("liuzhi_persons").text() == "6人"


def test_two_heads_five_leads_two_retained(rows: Rows) -> None:
    """S2-16 as figures: 2名组长, 5条, 2人 (2023)."""
    round_ = rows.matter("inspection_round", "2023-05-01")
    for i in range(5):
        rows.fact(round_, "round.handed_during", "2023-06-01", text=f"线索{i}")
    for i in range(2):
        case = rows.matter("case", "2023-07-01")
        rows.measure(case, rows.subject(case), "liuzhi", "2023-07-15")
        rows.person(20 + i)
        rows.posted(20 + i, office="inspection_leader", on="2023-05-01")
    assert [rows.figure(c, "2023-01-01", "2023-12-31").text() for c in ("handed_during", "liuzhi_persons")] == ["5条", "2人"]
    assert rows.figure("handed_during").text() == "0条"


@pytest.mark.parametrize(("first", "second", "both", "problems"), [(53, 18, 18, 156), (4, 9, 4, 11)])
def test_only_units_with_both_parts_have_a_total(rows: Rows, first: int, second: int, both: int, problems: int) -> None:
    """S2-30: Report prints 53/18/156 for the period; units in both parts counted in each; overlap shown."""
    for i in range(max(first, second)):
        matter = rows.matter("evaluation")
        rows.fact(matter, "evaluation.unit", ref=lambda _, i=i: 1000 + i)
        if i < first:
            rows.fact(matter, "evaluation.part_rectification", number=88)
        if i < second:
            rows.fact(matter, "evaluation.part_look_back", number=76)
        if i < min(first, second):
            rows.fact(matter, "evaluation.total", number=82)
    for _ in range(problems):
        rows.problem("inspection")
    rows.problem("check")
    assert rows.texts("eval_concentrated", "eval_lookback", "eval_both", "eval_totals", "inspection_problems") == [f"{first}个", f"{second}个", f"{both}个", f"{both}个", f"{problems}个"]
    assert len(rows.behind("inspection_problems")) == problems


@pytest.mark.parametrize(("letters", "systems", "each"), [(230, 431, "1.87个"), (4, 3, "0.75个")])
def test_recommendations_and_systems(rows: Rows, letters: int, systems: int, each: str) -> None:
    """S4-16: Printed from numbered, sealed documents; a system counts only with text and date; a system tied to two recommendations counts once."""
    made = []
    for i in range(letters):
        letter = rows.matter("recommendation")
        rows.fact(letter, "recommendation.unit", ref=lambda _, i=i: 100 + i)
        made.append(letter)
    for i in range(systems):
        rows.fact(made[i % letters], "recommendation.system", text=f"制度{i}")
    again = rows.matter("recommendation", "2024-11-01")  # an earlier letter to the same unit led to the same system
    rows.fact(again, "recommendation.unit", "2024-11-01", ref=lambda _: 100)
    rows.fact(again, "recommendation.system", text="制度0")
    assert rows.texts("recommendations", "systems", "systems_each") == [f"{letters}份", f"{systems}个", each]
    assert rows.behind("recommendations") == set(made)


@pytest.mark.parametrize(("done", "on_time", "late", "days"), [(1, 26, 3, 5), (2, 3, 0, 0)])
def test_projects_by_computed_status(rows: Rows, done: int, on_time: int, late: int, days: int) -> None:
    """S3-17: Given 30 projects with plan/actual rows, the rule yields 1/26/3 and the three by name and days late; status is computed, not typed; as-of date is a parameter."""
    behind = set()
    for i in range(done + on_time + late):
        project = rows.matter("project", "2025-01-02")
        rows.fact(project, "project.stage_planned", "2025-03-10", text="进场")
        rows.fact(project, "project.stage_planned", "2025-09-01", text="完工")
        slip = days if i >= done + on_time else 0
        rows.fact(project, "project.stage_started", f"2025-03-{10 + slip}", day=f"2025-03-{10 + slip}")
        rows.fact(project, "project.slip", f"2025-03-{10 + slip}", number=slip)
        if i < done:
            rows.fact(project, "project.stage_started", "2025-09-01", day="2025-09-01")
            rows.outcome(project, "completed", "2025-09-10")
        if slip:
            behind.add(project)
    at = {"last": "2025-04-30"}
    assert [rows.figure(c, **at).text() for c in ("projects", "projects_done", "projects_on_time", "projects_late")] == [f"{done + on_time + late}个", "0个", f"{done + on_time}个", f"{late}个"]
    assert rows.behind("projects_late", last="2025-04-30") == behind
    if days:
        assert rows.figure("slip_days", **at).text() == "5天"  # S3-15: planned 03-10, actual 03-15
    # by mid September the finished ones are done, and whoever has not begun the last stage is late
    assert [rows.figure(c, last="2025-09-15").text() for c in ("projects_done", "projects_on_time", "projects_late")] == [f"{done}个", "0个", f"{on_time + late}个"]


@pytest.mark.parametrize(("checks", "problems", "leads", "filed", "held", "each"), [(86, 273, 16, 2, 15, "3.17个"), (4, 3, 1, 0, 1, "0.75个")])
def test_joint_supervision_line(rows: Rows, checks: int, problems: int, leads: int, filed: int, held: int, each: str) -> None:
    """S3-25: Printed from records with drill-down; "发现并处置" requires both states; the same person filed and held accountable counts in both."""
    made = [rows.matter("joint_check") for _ in range(checks)]
    for check in made:
        rows.fact(check, "check.kind", text="joint")
    for i in range(problems):
        rows.fact(made[i % checks], "check.problem", text=f"问题{i}")
        rows.problem("check", done=True)
    rows.problem("check")  # found, not disposed of: does not count as both
    for i in range(leads):
        rows.handover(rows.matter("lead"), 1 + i % 2, 2 - i % 2, "2025-04-01", "2025-04-02")
    for _ in range(filed):
        case = rows.matter("case")
        rows.party(case, 2, "partner")
        subject = rows.subject(case)
        rows.outcome(case, "filed", "2025-05-01", subject)
    alone = rows.matter("case")  # filed by one body: no part of the joint line
    rows.outcome(alone, "filed", "2025-05-01", rows.subject(alone))
    for _ in range(held):
        rows.outcome(rows.matter("accountability"), "held_accountable", "2025-06-01")
    assert rows.texts("checks", "check_problems", "check_disposed", "leads_moved", "persons_filed_jointly", "accountable", "problems_per_check") == [
        f"{checks}次", f"{problems}个", f"{problems}个", f"{leads}件", f"{filed}人", f"{held}人", each]
    assert rows.behind("checks") == set(made)
    directions = rows.figure("leads_moved", by="pair").groups
    assert sum(directions.values()) == leads
    assert set(directions) <= {"1:2", "2:1"}


@pytest.mark.parametrize(("found", "done", "text"), [(251, 231, "92.0%"), (3, 1, "33.3%")])
def test_risk_problems_found_and_done(rows: Rows, found: int, done: int, text: str) -> None:
    """S4-39: From rows prints 251/231 and lists the 20 open with age and owner; the same problem found by two departments counts once."""
    made = [rows.problem("department", done=i < done) for i in range(found)]
    rows.fact(made[0], "problem.source", text="check")  # the same matter, found by another as well
    assert rows.texts("risk_problems", "risk_done", "check_disposed_rate") == [f"{found}个", f"{done}个", text]
    assert rows.figure("risk_open").number == found - done
    assert rows.behind("risk_open") == set(made[done:])


def test_cancelling_recheck_and_relapse(rows: Rows) -> None:
    """Signed off, re-checked, reopened (report 15)."""
    made = [rows.problem("inspection", done=i < 3) for i in range(4)]
    rows.fact(made[0], "problem.recheck", "2025-08-01", text="relapse")
    rows.outcome(made[0], "relapsed", "2025-08-01")
    assert rows.texts("rect_items", "rect_done", "rect_rate", "rechecked", "rect_reopened") == ["4个", "3个", "75.0%", "1个", "1个"]


@pytest.mark.parametrize(("sections", "meets", "rate"), [(7, 6, "85.7%"), (3, 3, "100.0%")])
def test_water_sections(rows: Rows, sections: int, meets: int, rate: str) -> None:
    """S3-23: From 7 sections' latest classes vs targets prints 7/6 and names the failing one; "稳定" follows a stated rule (e.g. n months)."""
    made = [rows.matter("water_section") for _ in range(sections)]
    for i, section in enumerate(made):
        rows.fact(section, "water.target", number=3)
        for month in ("2025-03-05", "2025-04-05"):
            rows.fact(section, "water.class", month, number=4 if i >= meets and month > "2025-04" else 2)
    assert rows.texts("water_sections", "water_met", "water_met_rate") == [f"{sections}个", f"{meets}个", rate]
    assert rows.behind("water_failed") == set(made[meets:])
    assert rows.figure("water_met", last="2025-03-31").number == sections  # in March every one met
    assert "缺一个月即中断" in rows.book["water_months"].about_zh


def test_two_months_in_a_row_end_with_a_missing_or_worse_month(rows: Rows) -> None:
    """II类连续2个月; a missing month breaks "consecutive" (SC-18)."""
    section = rows.matter("water_section")
    rows.fact(section, "water.target", number=3)
    for month, klass in (("2025-01-05", 2), ("2025-02-05", 3), ("2025-03-05", 2), ("2025-04-05", 2)):
        rows.fact(section, "water.class", month, number=klass)
    assert rows.figure("water_months").number == 2
    rows.fact(section, "water.class", "2025-06-05", number=2)  # May is missing
    assert rows.figure("water_months").number == 1
    assert rows.figure("water_months", last="2025-04-30").number == 2


def test_activities_of_two_sides_count_once(rows: Rows) -> None:
    """S3-24: Counts by kind for the period; one activity recorded by both sides is counted once."""
    for kind, n in (("survey", 20), ("consult", 12), ("patrol", 64)):
        for i in range(n):
            rows.meeting(kind, f"2025-{1 + i % 12:02d}-{1 + i // 12:02d}")
    assert rows.texts("coop_surveys", "coop_consultations", "coop_patrols") == ["20次", "12次", "60余次"]
    rows.meeting("survey", "2025-01-01", owner=2, side=1)  # the other side registers the same survey
    assert rows.figure("coop_surveys").text() == "20次"
    rows.meeting("survey", "2025-01-01", owner=2, side=9)  # another pair on the same day is another survey
    assert rows.figure("coop_surveys").text() == "21次"


def test_joint_cases_by_pair(rows: Rows) -> None:
    """S0-02 as a list: joint cases by local body × partner."""
    for lead, partner in ((1, 2), (2, 1)):
        rows.party(rows.matter("joint_case", body=lead), partner, "partner")
    assert rows.figure("joint_pairs", by="pair").groups == {"1:2": 1, "2:1": 1}
    assert rows.figure("joint_cases").text() == "2件"
