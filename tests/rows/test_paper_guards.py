"""C09, C11–C15: what a form counts in the records, samples that can be drawn again, months in a row, four lists, frozen reports."""
from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.rows.acting import Office
from tests.rows.test_field import campaign_plan, carry_out, check_plan, desk
from tests.rows.test_remedy import SIGN, effect, problem
from xieli.office.demo.theatre import Theatre


@pytest.fixture(scope="module")
def office(stage: Theatre) -> Office:
    return Office(stage)


def reported(office: Office, unit: str, text: str, **over: Any) -> int:
    """A problem whose unit has reported its results."""
    matter = office.open("rectification", text, level=0)
    office.step(office.room, matter, "enter", problem(office, unit=office.body(unit)))
    officer = office.staff(unit)
    office.step(officer, matter, "planned", ("measures", {"rows": [{"text": "清退", "owner": "副局长", "due_on": "2026-05-01"}, {"text": "建制", "owner": "处长", "due_on": "2026-05-01"}]}))
    office.step(officer, matter, "answered", ("answerability", {"needed": False}))
    office.step(officer, matter, "report", effect(**over))
    return matter


def signed(office: Office, unit: str, text: str, **over: Any) -> int:
    """A problem signed off by two bodies."""
    matter = reported(office, unit, text, **over)
    office.step(office.room, matter, "to_review")
    office.step(office.room, matter, "reviewed", ("review", SIGN))
    office.step("ins-head", matter, "co_reviewed", ("co_review", SIGN))
    office.step(office.room, matter, "agree_sign_off")
    office.step(office.room, matter, "told", ("told", {"told": True, "satisfaction": "satisfied", "told_on": "2026-03-30"}))
    return matter


def test_copied_evidence_and_copied_replies_go_on_the_spot(office: Office) -> None:
    """S4-45: The same photo or document digest used for two problems is flagged; text copies of earlier replies are flagged; a problem closed on paper only is sampled for a site visit."""
    from xieli.office.remedy import lists

    account = "我局高度重视，立即组织专班逐项核查并全部清退到位。"
    first = signed(office, "agri", "首个问题", account=account, evidence=[{"digest": "ab" * 8, "kind": "photo", "taken_on": "2026-03-20"}])
    assert office.facts(first, "problem.suspect") == [0]
    photo = reported(office, "agri", "同一张照片", evidence=[{"digest": "ab" * 8, "kind": "photo", "taken_on": "2026-03-20"}])
    copied = reported(office, "agri", "照抄的说明", account=account.replace("，", "， 2026 "))  # a changed date does not hide it
    elsewhere = reported(office, "health", "别处照抄", account=account)
    assert office.facts(elsewhere, "problem.suspect") == [0]  # a unit is not told what another unit wrote
    with office.stage.acts(office.room):
        found = {kind: {m.id for m in matters} for kind, _, matters in lists.suspects()}
    assert found == {"evidence": {first, photo}, "account": {first, copied, elsewhere}}  # the reviewers are
    for matter in (photo, copied):
        assert office.facts(matter, "problem.suspect") == [1]
        assert office.refused(office.room, matter, "to_review") == "guard_field"
        office.step(office.room, matter, "to_spot")
        assert office.at(matter) == ["spot"]
    with office.stage.acts(office.room):
        assert [m.id for m in lists.sample("2026-1", 5, paper_only=True)] == [first]


def test_a_sample_is_drawn_by_its_seed_and_a_relapse_lowers_the_score(office: Office) -> None:
    """S2-40: Sample of cancelled problems is drawn reproducibly by seed; "反弹" reopens the problem, keeps history and lowers the score."""
    from xieli.office.remedy import lists

    keys = [f"问〔2026〕{n}" for n in range(40)]
    assert lists.draw(keys, "2026-1", 5) == lists.draw(reversed(keys), "2026-1", 5)
    assert lists.draw(keys, "2026-1", 5) != lists.draw(keys, "2026-2", 5)
    with pytest.raises(ValueError, match="1"):
        lists.draw(keys, "2026-1", 0)
    with office.stage.acts(office.room):
        known = len(lists.signed_off())
    matter = signed(office, "market", "会反弹的问题")
    with office.stage.acts(office.room):
        assert len(lists.sample("s", 99)) == known + 1
    before = part_one(office, "market")
    office.step(office.room, matter, "relapsed", ("recheck", {"seed": "s", "verdict": "relapse", "checked_on": "2026-03-31"}))
    assert office.at(matter) == ["measures"]
    assert office.outcomes(matter) == ["signed_off", "relapsed"]
    assert office.data(matter, "review")["verdict"] == "sign_off"
    with office.stage.acts(office.room):
        assert len(lists.signed_off()) == known
    assert (before, part_one(office, "market")) == (900, 870)  # ten points of one indicator that weighs 30 of 100


def part_one(office: Office, unit: str) -> int:
    """The first part of an evaluation of a unit, all indicators at ninety."""
    matter = office.open("evaluation", "整改成效评估", level=0)
    office.step(office.room, matter, "fixed", ("scheme", {"unit": office.body(unit), "inspection": office.body("yj-ins"), "round": "五届第八轮", "scheme_version": "2026-1"}))
    from xieli.office.matters.services.forms import checked
    from xieli.office.matters.tables.core import Matter

    names = ("duty", "recheck", "publication", "completion")
    with office.stage.acts(office.room):
        return int(checked(Matter.objects.get(pk=matter), "part_rectification", {**dict.fromkeys(names, 900), **{f"{n}_evidence": "见附件" for n in names}})["score"])


def test_the_four_lists_agree_by_their_key(office: Office) -> None:
    """S4-36: Each problem has ≥1 measure; effect proven before cancel; four exports consistent by key."""
    from xieli.office.matters.tables.core import Matter
    from xieli.office.remedy import lists

    made = [signed(office, "housing", f"四清单{n}") for n in range(2)]
    with office.stage.acts(office.room):
        matters = list(Matter.objects.filter(id__in=made).order_by("id"))
        found = lists.four_lists(matters)
    numbers = {m.number for m in matters}
    assert all(numbers)
    assert len(numbers) == 2
    assert {name: {row["number"] for row in rows} for name, rows in found.items()} == dict.fromkeys(lists.LISTS, numbers)
    assert [len(found[name]) for name in lists.LISTS] == [2, 4, 2, 2]
    assert all(row["evidence"] for row in found["effect"])


def test_months_in_a_row_break_where_one_is_missing_or_worse() -> None:
    """“连续” is computed from the months: missing, worse, across the year, and none at all (the comparison of two sides is in test_field, S3-20)."""
    from xieli.office.field.months import gaps, in_a_row

    assert in_a_row({(2025, 12): 2, (2026, 1): 2}) == 2
    assert in_a_row({(2025, 11): 2, (2026, 1): 2, (2026, 2): 2}) == 2
    assert gaps({(2025, 11): 2, (2026, 1): 2}) == ((2025, 12),)
    assert in_a_row({(2026, 1): 3, (2026, 2): 2, (2026, 3): 2}) == 2
    assert in_a_row({(2026, 1): 1, (2026, 2): 2}) == 2  # better before is no worse
    assert in_a_row({}) == 0


def test_contracts_and_prices_are_marked_by_a_stated_rule(office: Office) -> None:
    """S4-21: Register vs field differences listed with sums; contracts below market or overdue are marked by stated rules.
    S4-37: Items above reference price by x % listed; before/after price per item."""
    from xieli.office.field import sweeps
    from xieli.office.matters.tables.core import Matter

    register = {"percent": 20, "rows": [{"object": "甲", "listed": 80, "market": 100}, {"object": "乙", "listed": 81, "market": 100}, {"object": "丙", "listed": 100, "market": 100, "ends_on": "2026-03-01"}]}
    assert [m.object for m in sweeps.marks(register, date(2026, 3, 2))] == ["甲", "丙"]
    assert sweeps.marks({"rows": [{"object": "甲", "listed": 100, "market": 100, "ends_on": "2026-03-02"}]}, date(2026, 3, 2)) == []
    matter = office.open("sweep", "采购", level=0)
    office.step(office.room, matter, "start", ("register", {"kind": "purchase", "rule": "高于参考价两成", "percent": 20, "rows": [{"object": o, "department": office.body("health")} for o in "甲乙"]}))
    office.step(office.room, matter, "covered", ("found", {"rows": [{"object": "甲", "checked_on": "2026-03-02", "listed": 100, "actual": 120, "problem": "虚高"}, {"object": "乙", "checked_on": "2026-03-02", "listed": 100, "actual": 119}]}))
    assert sweeps.dear(office.data(matter, "found"), 20) == ["甲"]
    assert office.facts(matter, "sweep.gap") == [-39]
    office.step(office.room, matter, "route", ("problems", {"rows": []}))
    assert office.refused(office.room, matter, "close", ("done", {"rows": []})) == "guard_field"
    office.step(office.room, matter, "close", ("done", {"rows": [{"object": "甲", "done_on": "2026-03-02", "after": 95, "proof": "新合同"}]}))
    with office.stage.acts(office.room):
        assert sweeps.prices(Matter.objects.get(pk=matter)) == {"甲": (120, 95)}


def test_nobody_who_led_on_that_day_is_left_out_of_the_four_questions(office: Office) -> None:
    """S4-48: List of leaders from the unit on the case date gets the form; unanswered listed; answers visible to named readers only."""
    from xieli.office.matters.services.recorded import leaders

    with office.stage.acts(office.room):
        on_the_day = leaders(office.stage.body("zhongyue"), date(2025, 12, 1))
        assert leaders(office.stage.body("zhongyue"), date(2019, 12, 31)) == []  # nobody was posted yet
    assert len(on_the_day) == 2
    matter = office.open("reflection", "四问", level=1)
    posts = [{"post": "主要负责人一"}, {"post": "主要负责人二"}]
    listed = {"unit": office.body("zhongyue"), "case_on": "2025-12-01", "decided": True}
    assert office.refused(office.room, matter, "ask", ("list", {**listed, "people": posts[:1]})) == "guard_field"
    office.step(office.room, matter, "ask", ("list", {**listed, "people": posts}))
    answer = {"common": "同岗", "cause": "监督弱", "risk": "拨款", "will": "复核"}
    office.step(desk(office, "zhongyue"), matter, "more", ("answers", {"rows": [{**posts[0], **answer}]}))
    assert office.facts(matter, "reflection.missing") == [1]
    assert set(office.facts(matter, "reflection.should")) - set(office.facts(matter, "reflection.answered")) == {"主要负责人二"}
    assert not office.stage.sees(office.staff("edu"), matter)


def test_a_second_visit_soon_is_offered_as_a_joint_one(office: Office) -> None:
    """S2-34 (part): Planning a second visit to the same unit within N days warns and offers joining."""
    def plan(day: str, **over: Any) -> tuple[str, dict[str, Any]]:
        return check_plan(office, units=[{"unit": "人民医院", "visit_on": day}], **over)

    first = office.open("joint_check", "先来的", level=0)
    office.step(office.room, first, "submit", plan("2026-03-20"))
    second = office.open("joint_check", "后来的", level=0)
    assert office.refused(office.room, second, "submit", plan("2026-04-10")) == "guard_field"
    office.step(office.room, second, "submit", plan("2026-04-10", joined="joined"))
    assert office.facts(second, "check.near") == [1]
    far = office.open("joint_check", "两个月后", level=0)
    office.step(office.room, far, "submit", plan("2026-06-20", to_on="2026-07-01"))
    assert office.facts(far, "check.near") == [0]


def test_a_report_is_frozen_and_its_note_says_what_changed(office: Office) -> None:
    """S4-53: Report for the session is frozen as of date; later numbers differ with a note.
    S4-04: A campaign without the three cannot start; tasks inherit scope."""
    from xieli.office.matters.services.forms import filled
    from xieli.office.matters.tables.core import Matter
    from xieli.office.remedy import lists

    matter = office.open("campaign", "专项整治", level=0)
    for missing in ("goals", "scope", "principles"):
        assert office.refused(office.room, matter, "planned", campaign_plan(office, **{missing: ""})) == "required"
    office.step(office.room, matter, "planned", campaign_plan(office))
    office.hands.approved(office.room, matter, "start", office.deputy)
    office.step(office.room, matter, "start", ("merged", {"items": [{"title": "索证不全", "department": office.body("edu")}]}))
    (task,) = office.children(matter, "decision_task")
    with office.stage.acts(office.room):
        assert filled(Matter.objects.get(pk=task), "task")["scope"] == "全市学校"
    office.step(office.room, matter, "session", ("session", {"held_on": "2026-03-02", "as_of": "2026-03-02", "text": "交办一件"}))
    with office.stage.acts(office.room):
        (report,) = lists.sessions(Matter.objects.get(pk=matter))
    assert (report.given, report.done, report.note()) == (1, 0, ("", ""))
    carry_out(office, task, "edu")
    with office.stage.acts(office.room):
        (report,) = lists.sessions(Matter.objects.get(pk=matter))
    assert (report.given, report.done) == (1, 0)
    assert "办结 0 件" in report.note()[0]
    assert "1 and 1" in report.note()[1]


def test_every_number_of_the_vocabulary_is_counted() -> None:
    from xieli.engines.playbooks.vocabulary import RECORDS
    from xieli.office.matters.services.recorded import known

    assert known() == frozenset(RECORDS)
