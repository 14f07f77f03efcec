"""C20: rules bound to steps, linkage rules by partner, reform projects by their dates."""
from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.rows.acting import Office
from xieli.office.cooperation import rules
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services.playbooks import playbook_of
from xieli.office.matters.tables.core import Matter


@pytest.fixture(scope="module")
def office(stage: Theatre) -> Office:
    return Office(stage)


def issue(office: Office, title: str, clauses: list[dict[str, Any]], *, on: str = "2026-04-01", **more: Any) -> int:
    matter = office.open("rule_document", title, level=0)
    office.step(office.room, matter, "issue", ("text", {"title": title, "status": "trial", "number_own": "渝江纪〔2026〕3号", "in_force_on": on, "clauses": clauses, "pilots": [], **more}))
    return matter


def test_each_step_names_its_clause_and_a_step_without_one_is_flagged(office: Office) -> None:
    """S2-12: Each step of a round names its clause; a step without clause is flagged in the coverage table.
    S0-36 (part): Each joint case step shows its clause; a rule change takes effect on its date."""
    issue(office, "协作配合工作办法（试行）", [{"clause": "第五条", "kind": "joint_case", "step": "study"}, {"clause": "第九条", "kind": "joint_case", "step": "tracking"}, {"clause": "第二条", "kind": "inspection_round", "step": "plan"}])
    with office.stage.acts(office.chief):
        assert [(c.rule, c.status, c.clause) for c in rules.coverage("joint_case", date(2026, 4, 1))["study"]] == [("协作配合工作办法（试行）", "trial", "第五条")]
        assert rules.coverage("joint_case", date(2026, 4, 1))["guidance"] == []  # flagged
        assert rules.clauses_on("joint_case", date(2026, 3, 31)) == []  # not in force yet
        table = rules.coverage("inspection_round", date(2026, 5, 1))
        assert [c.clause for c in table["plan"]] == ["第二条"] if "plan" in table else rules.clauses_on("inspection_round", date(2026, 5, 1))[0].clause == "第二条"
        assert any(not found for found in table.values())


def test_a_partner_of_each_kind_has_its_allowed_exchanges_by_rule(office: Office) -> None:
    """S4-22: Registering a partner of each kind gives its allowed exchanges by rule."""
    for partner in ("congress", "inspection", "audit", "finance", "statistics"):
        issue(office, f"与{partner}监督贯通办法", [{"clause": f"{partner}第三条", "kind": "handover", "step": "sent"}], partner=partner)
    with office.stage.acts(office.chief):
        for partner in ("congress", "inspection", "audit", "finance", "statistics"):
            assert [(c.clause, c.kind) for c in rules.exchanges_with(partner, date(2026, 4, 1))] == [(f"{partner}第三条", "handover")]
            assert rules.exchanges_with(partner, date(2026, 3, 1)) == []


def test_a_reform_shows_done_on_time_and_late_from_its_dates(office: Office) -> None:
    """S0-04: A project with tasks shows done / on time / late, and each issued rule (S0-36) links to the task that produced it."""
    reform = office.open("reform_project", "央地协作机制改革", level=0)
    tasks = [{"title": "制定办法", "due_on": "2026-03-20"}, {"title": "划分片区", "due_on": "2026-03-25"}, {"title": "全域推开", "due_on": "2026-12-31"}]
    office.step(office.room, reform, "start", ("plan", {"year": 2026, "goals": "打通", "tasks": tasks}))
    made = office.children(reform, "decision_task")
    with office.stage.acts(office.room):
        first = next(m for m in made if Matter.objects.get(pk=m).title == "制定办法")
    who = office.staff("edu")
    office.step(office.room, first, "give", ("task", {"duty_body": office.body("edu"), "origin": "meeting", "kind": "work", "text": "制定办法", "given_on": "2026-03-02", "due_on": "2026-03-20"}))
    office.step(who, first, "receive", ("receipt", {"by_post": "主任", "received_on": "2026-03-02"}))
    office.step(who, first, "report", ("result", {"text": "已印发", "done_on": "2026-03-02"}))
    office.step(office.room, first, "accept")
    with office.stage.acts(office.room):
        project = Matter.objects.get(pk=reform)
        assert rules.reform_status(project, date(2026, 3, 10)) == {"done": ["制定办法"], "on_time": ["划分片区", "全域推开"], "late": []}
        assert rules.reform_status(project, date(2026, 4, 1)) == {"done": ["制定办法"], "on_time": ["全域推开"], "late": ["划分片区"]}
    office.step(office.room, reform, "rule", ("rule", {"rules": [{"title": "协作办法（试行）", "task": "制定办法"}]}))
    assert len(office.children(reform, "rule_document")) == 1
    assert office.data(reform, "rule")["rules"][0]["task"] == "制定办法"


def test_borrowing_is_held_to_the_quota_of_the_rule_of_its_first_day(office: Office) -> None:
    """S1-33: Borrowing past its end date is red to both bodies; extension needs approval; quota per lender is enforced; revised rule applies to new borrowings only."""
    stage = office.stage

    def borrow(on: str, who: str) -> tuple[int, tuple[str, dict[str, Any]]]:
        plan = {"host": office.body("datan"), "person": str(stage.person(who)), "kind": "borrowing", "full_time": True, "from_on": on, "to_on": "2026-12-31", "reason": "专案借用"}
        return office.open("posting", f"借用 {on}", level=0), ("plan", plan)

    issue(office, "机关借用人员管理办法", [{"clause": "第四条", "kind": "posting", "step": "plan"}], on="2026-03-01", quota=1)
    first, plan = borrow("2026-03-10", office.room)
    office.step(office.room, first, "submit", plan)
    approval = office.hands.ask(office.room, first, "both", {"partner": stage.body("datan")})
    office.hands.sign(office.head, approval)
    office.hands.sign(stage.holder("head@datan"), approval)
    office.step(office.room, first, "send")
    second, plan = borrow("2026-03-12", "yj-clerk")
    assert office.refused(office.room, second, "submit", plan) == "guard_field"
    office.step(office.room, second, "over_quota", plan)
    assert office.facts(second, "posting.over") == [1]
    issue(office, "机关借用人员管理办法（修订）", [{"clause": "第四条", "kind": "posting", "step": "plan"}], on="2026-07-01", quota=2)
    assert office.refused(office.room, second, "submit", plan) == "guard_field"  # begun before it: the old rule holds
    third, later = borrow("2026-07-05", "yj-analyst")
    office.step(office.room, third, "submit", later)  # under the new one there is room for two
    assert office.at(third) == ["approve"]
    assert office.at(first) == ["away"]  # and what runs goes on as it was approved
    assert office.refused(office.room, first, "extend", reason="任务未完") == "not_approved"
    with stage.acts(office.room):
        row = Matter.objects.get(pk=first)
        assert {"sender", "host_officer"} <= set(playbook_of(row).clocks["term"].alarm)  # red to both bodies
        assert row.clocks.get(code="term").state == "running"
