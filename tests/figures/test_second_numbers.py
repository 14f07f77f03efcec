"""Section 4 again with other numbers than the seeds': lines.csv names every line with its test, and with the test that counts other numbers.

A line whose own test is parametrized over two sets of numbers needs no other; every other line has a test here, which draws its
numbers by a seed and counts them a second time in plain Python. The first test enumerates the lines and fails when one has no second
numbers.
"""
from __future__ import annotations

import ast
import csv
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.figures.conftest import Rows
from xieli.content import content_path
from xieli.content.playbooks import sources
from xieli.engines.clocks.arithmetic import add_months, in_a_row
from xieli.engines.compositions import Seat, Template, check, load_templates
from xieli.engines.metrics.compute import written
from xieli.engines.playbooks import load_all
from xieli.engines.playbooks.forms import complete
from xieli.engines.playbooks.model import Playbook


@cache
def playbook(kind: str) -> Playbook:
    return load_all(sources())[kind]


ROOT = Path(__file__).parents[2]
SEEDS = pytest.mark.parametrize("seed", [1, 2])
LINES = 39  # lines of section 4 of the catalogue


def lines() -> list[dict[str, str]]:
    with Path(__file__).with_name("lines.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def sets_of_numbers(node: str) -> int:
    """With how many sets of numbers a test runs; 0 for a test that does not exist. Generated ones count as many."""
    path, _, name = node.partition("::")
    file = ROOT / path
    for found in ast.parse(file.read_text("utf-8")).body if file.exists() else ():
        if isinstance(found, ast.FunctionDef) and found.name == name:
            made = [ast.unparse(d) for d in found.decorator_list]
            if any(d == "SEEDS" or d.startswith("given(") for d in made):
                return 99
            calls = [d for d in found.decorator_list if isinstance(d, ast.Call) and "parametrize" in ast.unparse(d.func)]
            return max([len(d.args[1].elts) for d in calls if isinstance(d.args[1], ast.List | ast.Tuple)], default=1)
    return 0


def test_every_line_of_section_four_is_counted_again_with_other_numbers() -> None:
    """No line without a test that runs with at least two sets of numbers, or with a second test whose numbers are drawn."""
    listed = lines()
    assert len(listed) == LINES
    assert len({row["line"] for row in listed}) == LINES
    gone = [(row["line"], node) for row in listed for node in (row["seeds"], row["second"]) if not sets_of_numbers(node)]
    assert not gone
    once = [row["line"] for row in listed if sets_of_numbers(row["second"]) < 2]
    assert not once, f"lines that were counted with the seeds' numbers only: {once}"


# --- cases, leads, persons ------------------------------------------------------------------------------------------


@SEEDS
def test_problems_leads_and_persons_are_three_units(rows: Rows, seed: int) -> None:
    draw = Random(seed)
    problems, leads, persons, check_ = draw.randint(101, 999), draw.randint(11, 99), draw.randint(2, 9), rows.matter("joint_check")
    rows.fact(check_, "check.problem", n=problems)
    rows.fact(check_, "check.lead", n=leads)
    for n in range(persons):  # some cases retain two persons
        case = rows.matter("case")
        for _ in range(1 + n % 2):
            rows.measure(case, rows.subject(case), "liuzhi", "2025-05-01")
    assert rows.texts("check_problems", "check_leads", "liuzhi_persons") == [f"{problems}个", f"{leads}条", f"{persons + persons // 2}人"]
    assert rows.texts("check_problems_yu", "check_leads_yu") == [f"{round_down(problems, 100)}个", f"{round_down(leads, 10)}条"]


def round_down(n: int, step: int) -> str:
    """As the newspaper writes it."""
    return str(n) if n % step == 0 else f"{n // step * step}余"


@SEEDS
def test_filed_transferred_and_retained_over_a_tree_count_persons(rows: Rows, seed: int) -> None:
    draw = Random(seed)
    filed, moved, retained = draw.randint(4, 12), draw.randint(1, 3), draw.randint(1, 7)
    for n in range(filed):
        case = rows.matter("case")
        subject = rows.subject(case)
        rows.outcome(case, "filed", "2025-03-01", subject)
        if n < moved:
            rows.outcome(case, "to_justice", "2025-06-01", subject)
    for n in range(retained):
        key = 7_000_000 + n
        for _ in range(1 + draw.randint(0, 2)):  # the same person in matters that came of each other
            derived = rows.matter("liuzhi")
            rows.measure(derived, rows.subject(derived, same=key), "liuzhi", "2025-04-01")
    assert rows.texts("persons_filed", "to_justice", "liuzhi_persons") == [f"{filed}人", f"{moved}人", f"{retained}人"]


@SEEDS
def test_heads_of_a_round_leads_in_it_and_persons_of_the_year(rows: Rows, seed: int) -> None:
    draw = Random(seed)
    during, held, before = draw.randint(2, 9), draw.randint(1, 5), draw.randint(1, 4)
    round_ = rows.matter("inspection_round", "2024-05-01")
    rows.fact(round_, "round.handed_during", "2024-06-01", n=during)
    rows.fact(round_, "round.handed_during", "2023-06-01", n=before)
    for year, n in (("2024", held), ("2023", before)):
        for _ in range(n):
            case = rows.matter("case", f"{year}-07-01")
            rows.measure(case, rows.subject(case), "liuzhi", f"{year}-07-15")
    for year, leads, persons in (("2024", during, held), ("2023", before, before)):
        assert [rows.figure(c, f"{year}-01-01", f"{year}-12-31").text() for c in ("handed_during", "liuzhi_persons")] == [f"{leads}条", f"{persons}人"]


@SEEDS
def test_a_share_of_closed_leads_to_one_decimal(rows: Rows, seed: int) -> None:
    draw = Random(seed)
    closed = draw.randint(5, 40)
    became = draw.randint(1, closed)
    for n in range(closed):
        matter = rows.matter("lead", "2025-02-01", status="closed", closed="2025-05-01")
        if n < became:
            rows.outcome(matter, "case_filed", "2025-04-01")
    share = (Decimal(became) * 100 / closed).quantize(Decimal("0.1"), ROUND_HALF_UP)
    assert rows.figure("case_rate").text() == f"{share}%"


@SEEDS
def test_systems_and_units_of_a_campaign(rows: Rows, seed: int) -> None:
    draw = Random(seed)
    sizes = [draw.randint(1, 20) for _ in range(3)]
    for n, size in enumerate(sizes):
        round_ = rows.matter("inspection_round")
        rows.fact(round_, "round.system", text=f"系统{n}")
        for i in range(size):
            rows.fact(round_, "round.unit", text=f"单位{n}-{i}")
    leads = draw.randint(1, 30)
    for _ in range(leads):
        rows.matter("lead", source="inspection")
    assert rows.texts("inspected_units", "inspection_leads") == [f"{sum(sizes)}个", f"{leads}条"]


# --- terms ------------------------------------------------------------------------------------------------------------


@SEEDS
def test_hours_of_a_channel_and_days_of_a_joint_case_are_medians(rows: Rows, seed: int) -> None:
    """2个小时; 24小时内; 一两周; 半个月, with durations drawn."""
    draw, began = Random(seed), datetime(2025, 4, 2, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
    for kind, code, unit in (("green_channel", "channel_hours", 1), ("designation", "designation_hours", 1), ("area_case", "joint_days", 24)):
        hours = sorted(draw.randint(1, 400) for _ in range(3))
        for h in hours:
            matter = rows.matter(kind, "2025-04-02", status="closed", closed="2025-04-03")
            rows.c.execute("update matter set opened_at = %s, closed_at = %s where id = %s", [began, began + timedelta(hours=h), matter])
        assert rows.figure(code).text().rstrip("小时天") == f"{(Decimal(hours[1]) / unit).quantize(Decimal('0.01'), ROUND_HALF_UP)}"


@given(st.dates(date(2000, 1, 1), date(2090, 12, 31)), st.integers(0, 60))
def test_months_run_to_the_same_number_or_the_months_last_day(day: date, months: int) -> None:
    """Feb → 26 May; 6个月, 每半年1次: 31 Jan → 31 Jul, 31 Aug → 28/29 Feb, for any day and any number of months."""
    due = add_months(day, months)
    assert (due.year * 12 + due.month) - (day.year * 12 + day.month) == months
    assert due.day == day.day or (due.day < day.day and (due + timedelta(days=1)).day == 1)
    assert add_months(day, months + 1) > due


@SEEDS
def test_answers_owed_and_overdue(rows: Rows, seed: int) -> None:
    draw = Random(seed)
    late, told = draw.randint(1, 6), draw.randint(1, 6)
    for n in range(late + told):
        rows.duty(rows.matter("lead"), "2025-05-31", told=("2025-05-30",) if n >= late else ())
    assert rows.figure("feedback_owed").text() == f"{late + told}件"
    assert rows.figure("feedback_overdue", last="2025-05-30").text() == "0件"
    assert rows.figure("feedback_overdue", last="2025-05-31").text() == f"{late}件"


# --- groups, areas, parties -----------------------------------------------------------------------------------------


@cache
def templates() -> dict[str, Template]:
    return load_templates({e.name: e.read_text("utf-8") for e in content_path("compositions").iterdir() if e.name.endswith(".yaml")})


@given(st.integers(0, 6), st.integers(0, 4), st.integers(0, 8), st.integers(0, 5))
def test_two_one_four_and_any_number_of_departments(commissions: int, offices: int, towns: int, departments: int) -> None:
    """2+1+4+N: valid with exactly two commissions, one office, four towns and at least one department, whatever N is."""
    made = [Seat(slot, f"{slot}{n}", kind) for slot, kind, size in (("commissions", "commission", commissions), ("office", "working_committee", offices), ("towns", "town_committee", towns),
                                                                    ("departments", "line_department", departments)) for n in range(size)]
    assert (check(templates()["2+1+4+N"], made) == []) == ((commissions, offices, towns) == (2, 1, 4) and departments >= 1)


@given(st.integers(0, 12), st.booleans())
def test_one_two_one_and_any_number_of_towns(towns: int, liaison: bool) -> None:
    """1+2+1+X: one leader, two deputies, one liaison; X towns, at least one."""
    made = [Seat("leader", "县", "commission", office="head", holder="甲", confirmed="甲", own=True), Seat("deputy_room", "县", "commission", office="room_head", holder="乙", confirmed="乙", own=True),
            Seat("deputy_town", "镇0", "town_committee", office="town_secretary", holder="丙", confirmed="丙")]
    made += [Seat("liaison", "县", "commission", holder="丁")] if liaison else []
    made += [Seat("towns", f"镇{n}", "town_committee") for n in range(towns)]
    assert (check(templates()["1+2+1+X"], made) == []) == (liaison and towns >= 1)


@SEEDS
def test_areas_of_each_kind_are_counted_apart(rows: Rows, seed: int) -> None:
    draw = Random(seed)
    sizes = {"townships": draw.randint(1, 12), "villages": draw.randint(1, 12), "central_units": draw.randint(1, 12)}
    for kind, n in sizes.items():
        for i in range(n):
            rows.area(kind, [], on="2024-01-01" if i else "2026-01-01")  # one of each begins only next year
    assert rows.texts("town_areas", "village_committees") == [f"{sizes['townships'] - 1}个", f"{sizes['villages'] - 1}个"]
    assert rows.figure("town_areas", "2026-01-01", "2026-12-31").text() == f"{sizes['townships']}个"


@given(st.integers(2, 40), st.data())
def test_an_agreement_has_as_many_parties_as_sign_it(parties: int, data: st.DataObject) -> None:
    """6家 (+1 = 7 signers): the count is of the table, whatever its length."""
    form = playbook("agreement").forms["text"]
    clauses = data.draw(st.integers(1, 9))
    values = {"signers": [{"signer": str(n)} for n in range(parties)], "clauses": [{"title": str(n)} for n in range(clauses)], "from_on": "2026-01-01", "to_on": "2027-01-01"}
    assert complete(form, values)["count"] == parties


# --- remedy, evaluation, education ------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 1000), min_size=7, max_size=7))
def test_two_halves_of_seven_indicators_give_a_total_and_one_half_gives_none(points: list[int]) -> None:
    """50% / 50%; 7个指标; 4 grades: the total is the weighted sum for any points, and nothing without both halves."""
    first = dict(zip(("duty", "recheck", "publication", "completion"), points[:4], strict=True))
    second = dict(zip(("look_back", "rules", "satisfaction"), points[4:], strict=True))
    one = complete(playbook("evaluation").forms["part_rectification"], first, {"record": {"unit_relapsed": 0, "publications_missing": 0}})["score"]
    two = complete(playbook("evaluation").forms["part_look_back"], second)["score"]

    def half_up(value: Decimal) -> int:
        return int(value.quantize(Decimal(1), ROUND_HALF_UP))

    assert one == half_up(Decimal(points[0] * 30 + points[1] * 30 + points[2] * 20 + points[3] * 20) / 100)
    assert two == half_up(Decimal(points[4] * 50 + points[5] * 25 + points[6] * 25) / 100)
    total = complete(playbook("evaluation").forms["total"], {}, {"part_rectification": {"score": one}, "part_look_back": {"score": two}})["total"]
    assert total == half_up(Decimal(one + two) / 2)
    assert complete(playbook("evaluation").forms["total"], {}, {"part_rectification": {"score": one}})["total"] is None
    grades = [g for g, low, high in (("good", 900, 1001), ("fairly_good", 800, 900), ("fair", 600, 800), ("poor", 0, 600)) if low <= total < high]
    moves = {m.code: m for m in playbook("evaluation").moves.values() if m.code.startswith("grade_")}
    assert len(grades) == 1
    assert f"grade_{grades[0]}" in moves


@SEEDS
def test_items_of_a_catalogue_and_reports(rows: Rows, seed: int) -> None:
    draw = Random(seed)
    items, reports, others = draw.randint(1, 30), draw.randint(1, 9), draw.randint(1, 9)
    catalogue, campaign = rows.matter("small_cut"), rows.matter("campaign")
    rows.fact(catalogue, "catalogue.item", n=items, text="条目")
    rows.fact(catalogue, "catalogue.report", n=reports, day="2025-03-01")
    rows.fact(campaign, "campaign.report", n=others, day="2025-03-01")
    assert rows.texts("catalogue_items", "catalogue_reports") == [f"{items}条", f"{reports + others}份"]


@SEEDS
def test_attendance_of_a_route_coverage_and_four_questions(rows: Rows, seed: int) -> None:
    draw = Random(seed)
    should = draw.randint(20, 90)
    came, asked = draw.randint(11, should), draw.randint(2, 20)
    answered = draw.randint(1, asked)
    case, reflection = rows.matter("typical_case"), rows.matter("reflection")
    rows.fact(case, "education.should", number=should)
    rows.fact(case, "education.attended", number=came)
    rows.fact(reflection, "reflection.should", n=asked, text="岗位")
    rows.fact(reflection, "reflection.answered", n=answered, text="岗位")
    share = (Decimal(came) * 100 / should).quantize(Decimal("0.1"), ROUND_HALF_UP)
    assert rows.texts("education_attended", "education_coverage", "four_questions") == [f"{round_down(came, 10)}人次", f"{share}%", f"{answered}份"]


@SEEDS
def test_counted_lists_by_kind(rows: Rows, seed: int) -> None:
    """四包 and the other counted lists: whatever is on record, by kind."""
    draw = Random(seed)
    wanted: Counter[str] = Counter(draw.choice(("area", "case", "project", "benefit", "topic")) for _ in range(draw.randint(5, 25)))
    for kind, n in wanted.items():
        for _ in range(n):
            rows.fact(rows.matter("charge"), "charge.kind", text=kind)
    assert rows.figure("charges", by="text").groups == dict(wanted)
    assert rows.figure("charges").number == sum(wanted.values())


@SEEDS
def test_the_four_indicators_with_other_records(rows: Rows, seed: int) -> None:
    draw = Random(seed)
    problems, units, should, asked = draw.randint(3, 12), draw.randint(2, 9), draw.randint(10, 60), draw.randint(3, 15)
    done, with_system, came, pleased = draw.randint(1, problems), draw.randint(1, units), draw.randint(1, should), draw.randint(1, asked)
    for n in range(problems):
        rows.problem("inspection", done=n < done)
    for n in range(units):
        letter = rows.matter("recommendation")
        rows.fact(letter, "recommendation.unit", ref=lambda _, n=n: 100 + n)
        if n < with_system:
            rows.fact(letter, "recommendation.system", text=f"制度{n}")
    case = rows.matter("typical_case")
    rows.fact(case, "education.should", number=should)
    rows.fact(case, "education.attended", number=came)
    for n in range(asked):
        rows.fact(case, "problem.satisfaction", text="satisfied" if n < pleased else "not")
    pairs = ((done, problems), (with_system, units), (came, should), (pleased, asked))
    assert rows.texts(*rows.book.schemes["closed_loop"]) == [f"{(Decimal(a) * 100 / b).quantize(Decimal('0.1'), ROUND_HALF_UP)}%" for a, b in pairs]
    assert rows.figure("satisfaction_n").text() == f"{asked}份"


# --- checks, projects, water, villages --------------------------------------------------------------------------------


@SEEDS
def test_households_of_a_village_matter(rows: Rows, seed: int) -> None:
    draw = Random(seed)
    sizes = [draw.randint(1, 400) for _ in range(3)]
    for size in sizes:
        rows.fact(rows.matter("village_expense"), "village_expense.households", number=size)
    assert rows.figure("households").text() == f"{sum(sizes)}户"
    assert len(rows.behind("households")) == len(sizes)


@SEEDS
def test_slip_of_a_project_in_days(rows: Rows, seed: int) -> None:
    slip, project = Random(seed).randint(1, 20), rows.matter("project", "2025-01-02")
    rows.fact(project, "project.stage_planned", "2025-03-10", text="进场")
    began = (date(2025, 3, 10) + timedelta(days=slip)).isoformat()
    rows.fact(project, "project.stage_started", began, day=began)
    rows.fact(project, "project.slip", began, number=slip)
    assert rows.figure("slip_days", last="2025-04-30").text() == f"{slip}天"
    assert rows.behind("projects_late", last="2025-04-30") == {project}


@SEEDS
def test_activities_of_two_sides(rows: Rows, seed: int) -> None:
    draw = Random(seed)
    for kind, code, yu in (("survey", "coop_surveys", False), ("consult", "coop_consultations", False), ("patrol", "coop_patrols", True)):
        n, twice = draw.randint(3, 40), draw.randint(1, 3)
        for i in range(n):
            on = f"2025-{1 + i % 12:02d}-{1 + i // 12:02d}"
            rows.meeting(kind, on)
            if i < twice:  # the other side registers it as well
                rows.meeting(kind, on, owner=2, side=1)
        assert rows.figure(code).text() == f"{round_down(n, 10) if yu and n >= 10 else n}次"


@given(st.lists(st.integers(1, 6), min_size=1, max_size=14), st.sets(st.integers(0, 13), max_size=4))
def test_months_in_a_row_for_any_year(classes: list[int], missing: set[int]) -> None:
    """II类连续2个月: from the last month sampled backwards while no month is missing and none is worse."""
    sampled = {(2024 + n // 12, n % 12 + 1): c for n, c in enumerate(classes) if n not in missing}
    found = 0
    if sampled:
        n = max(i for i in range(len(classes)) if i not in missing)
        while n >= 0 and n not in missing and classes[n] <= classes[max(i for i in range(len(classes)) if i not in missing)]:
            found, n = found + 1, n - 1
    assert in_a_row(sampled) == found


@given(st.integers(0, 99_999))
def test_what_is_printed_as_more_than_a_round_number(n: int) -> None:
    """20余个部门, 30余名, 60余次, 700余个: the printed number is the round one below, and 余 stands only when something is left."""
    text = written(Decimal(n), "yu")
    down = int(text.removesuffix("余"))
    step = 1 if n < 10 else 10 if n < 100 else 100 if n < 1000 else 1000
    assert down == n // step * step
    assert text.endswith("余") == (down != n and down > 0)
