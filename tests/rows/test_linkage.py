"""C01, C04–C07, C10, C14, C17, C20: grass roots, inspection linkage, the second half of a case, rules, postings, training, operations."""
from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.rows.acting import Office
from xieli.office.cooperation import rules
from xieli.office.demo.theatre import Theatre

SUPERVISOR = "fengdeng-supervisor"


@pytest.fixture(scope="module")
def office(stage: Theatre) -> Office:
    return Office(stage)


def visit(office: Office, cls: str, **over: Any) -> tuple[int, tuple[str, dict[str, Any]]]:
    matter = office.open("village_visit", "入户走访", person=SUPERVISOR, owner="fengdeng-v1", room=None, level=0,
                         parties={"town": (office.stage.body("fengdeng"),), "county": (office.stage.body("zhongyue"),)})
    return matter, ("note", {"household": "3组12户", "visited_on": "2026-03-02", "topic": "needs", "class": cls, "text": "低保未落实", "informant_known": True, **over})


def test_a_visit_is_a_note_a_problem_or_a_protected_lead(office: Office) -> None:
    """S1-11 (part): A visit note classed "问题" opens a village matter, "线索" a protected lead whose informant only the township discipline office sees.
    S1-24: Closing needs the secretary's on-site record (not the clerk's); county reviewer opens the time-ordered trail and records a verdict; a secretary cannot review himself.
    S1-23 (part): Record number issued at filing; urging entries and deadlines visible to secretary."""
    matter, note = visit(office, "note")
    assert office.refused(SUPERVISOR, matter, "keep", ("note", {**note[1], "informant": "李老汉"})) == "reporter_not_kept_here"
    office.step(SUPERVISOR, matter, "keep", note)
    assert office.at(matter, SUPERVISOR) == ["closed"]
    matter, note = visit(office, "lead")
    assert office.refused(SUPERVISOR, matter, "keep", note) == "guard_field"
    office.step(SUPERVISOR, matter, "protect", note)
    secretary = office.staff("fengdeng", "town_secretary")
    office.step(secretary, matter, "take_lead")
    from xieli.office.matters.tables.core import Matter

    with office.stage.acts(secretary):
        (lead,) = Matter.objects.filter(kind="lead", owner_body_id=office.stage.body("fengdeng")).values_list("id", flat=True)
    assert office.stage.sees(secretary, lead)
    assert not office.stage.sees(SUPERVISOR, lead)
    assert not office.stage.sees(office.room, lead)
    matter, note = visit(office, "problem")
    office.step(SUPERVISOR, matter, "report", note)
    with office.stage.acts(SUPERVISOR):
        assert Matter.objects.get(pk=matter).number.startswith("村〔2026〕")
    clerk = office.staff("fengdeng")
    first = ("first_check", {"checked_on": "2026-03-03", "found": "走访属实", "households": [{"household": "3组12户"}]})
    assert office.refused(secretary, matter, "urge", ("urging", {"text": "一周内落实", "due_on": "2026-03-09"})) != ""  # nothing is urged before somebody has looked
    office.step(clerk, matter, "first_checked", first)
    office.step(secretary, matter, "urge", ("urging", {"text": "一周内落实", "due_on": "2026-03-09"}))
    office.step(SUPERVISOR, matter, "settled", ("solved", {"text": "已纳入低保", "done_on": "2026-03-06"}))
    onsite = ("onsite", {"place": "3组", "seen_on": "2026-03-07", "found": "已领到", "real": True})
    assert office.refused(clerk, matter, "verified", onsite) != ""
    office.step(secretary, matter, "verified", onsite)
    county = ("county", {"verdict": "good", "reviewed_on": "2026-03-08"})
    assert office.refused(secretary, matter, "reviewed", county) != ""
    reviewer = office.stage.holder("case_duty@zhongyue/case")
    with office.stage.acts(reviewer):
        trail = list(Matter.objects.get(pk=matter).moves.order_by("at").values_list("move", flat=True))
    assert [m for m in trail if m != "start"] == ["report", "first_checked", "urge", "settled", "verified"]
    office.step(reviewer, matter, "reviewed", county)
    assert office.refused(secretary, matter, "answered", ("answer", {"told": False, "told_on": "2026-03-09"})) == "required"
    office.step(secretary, matter, "answered", ("answer", {"told": True, "satisfied": "satisfied", "told_on": "2026-03-09", "households": [{"household": "3组12户"}]}))
    assert office.facts(matter, "village.satisfaction", SUPERVISOR) == ["satisfied"]


def test_a_sealed_field_is_read_by_who_writes_in_the_matter_alone(office: Office) -> None:
    """The rest of S1-11 but entry without a network: what a form marks as sealed is hidden from others who may read the matter, rows of a table too."""
    from xieli.office.matters.services import forms, grants
    from xieli.office.matters.services.playbooks import playbook_of
    from xieli.office.matters.tables.core import Matter

    matter = office.open("freeze", "冻结账户")
    with office.stage.acts(office.room):
        grants.give(matter, office.stage.person("yj-analyst"), kind="reviewer", acts=["read"], ends_at=None, basis="查阅", reason="")
    seen = {}
    for reader in (office.room, "yj-analyst"):
        with office.stage.acts(reader):
            row = Matter.objects.get(pk=matter)
            published = playbook_of(row).forms
            (form,) = (f for f in published.values() if any(c.sealed == "bank" for t in f.fields for c in t.columns))
            seen[reader] = forms.shown(row, form, {"items": [{"account": "9900112233", "amount": 100}]})
    assert seen[office.room] == {"items": [{"account": "9900112233", "amount": 100}]}
    assert seen["yj-analyst"] == {"items": [{"amount": 100}]}


def test_a_missing_entry_is_told_and_never_stops_the_works(office: Office) -> None:
    """S1-22: An expense above threshold cannot advance a step without the supervisor's entry; missing entry is shown to the town secretary.
    As corrected: the supervisor has no veto; a missing entry is shown to the town secretary and never stops works or payment; small sums are sampled."""
    from xieli.office.matters.tables.desk import Notification

    decision = {"purpose": "修路", "amount": 8_000_000, "threshold": 5_000_000, "households": 52, "decided_on": "2026-03-02"}
    parties = {"town": (office.stage.body("fengdeng"),)}
    matter = office.open("village_expense", "修路", person=SUPERVISOR, owner="fengdeng-v1", room=None, level=0, parties=parties)
    office.step(SUPERVISOR, matter, "important", ("decision", decision))
    office.step(SUPERVISOR, matter, "entry_quotes", ("entry", {"step": "quotes", "seen": "三家比价", "on": "2026-03-02"}))
    office.step(SUPERVISOR, matter, "quoted", ("paper", {"text": "比价表", "entry": True}))
    assert office.refused(SUPERVISOR, matter, "paid", ("paper", {"text": "合同", "entry": False})) == "guard_field"
    office.step(SUPERVISOR, matter, "paid_unseen", ("paper", {"text": "合同", "entry": False}))
    secretary = office.staff("fengdeng", "town_secretary")
    with office.stage.acts(secretary):
        assert Notification.objects.filter(matter_id=matter, kind="playbook.missing").exists()
    assert office.at(matter, SUPERVISOR) == ["acceptance"]
    small = office.open("village_expense", "买灯泡", person=SUPERVISOR, owner="fengdeng-v1", room=None, level=0, parties=parties)
    office.step(SUPERVISOR, small, "small", ("decision", {**decision, "amount": 10_000}))
    assert office.at(small, SUPERVISOR) == ["closed"]
    assert office.facts(matter, "village_expense.households", SUPERVISOR) == [52]


def issue_letter(office: Office, matter: int) -> None:
    """The recommendation of a case, surveyed, drafted and issued."""
    office.step(office.room, matter, "surveyed", ("survey", {"unit": office.body("finance"), "origin": "case", "consulted_on": "2026-03-02", "risks": [{"code": "1", "kind": "gap", "text": "拨付无复核", "source": "案卷"}]}))
    office.step(office.room, matter, "submit", ("letter", {"items": [{"title": "建立复核", "risk": "1", "owner": "副局长", "due_on": "2026-05-01", "tripwire": "每季抽查"}], "traced": True, "due_on": "2026-05-01"}))
    office.hands.approved(office.room, matter, "issue", office.deputy)
    office.step(office.room, matter, "issue")


def reflect(office: Office, matter: int) -> None:
    """Every leader in post on the day answers the four questions."""
    posts = [{"post": "局长"}, {"post": "副局长"}]
    office.step(office.room, matter, "ask", ("list", {"unit": office.body("finance"), "case_on": "2025-12-01", "decided": True, "people": posts}))
    office.step(office.staff("finance"), matter, "close", ("answers", {"rows": [{**p, "common": "同岗", "cause": "监督弱", "risk": "拨款", "will": "复核"} for p in posts]}))


def test_four_threads_close_before_a_case_is_filed_away(office: Office) -> None:
    """S4-17: Filing form asks for the sections; closing asks for the three effects.
    S4-46: One meeting doesn't replace the other; findings become problems.
    S4-47: Draft incomplete with a missing dimension; published masked.
    Closing checks the three (S4-41 whole: test_route).
    S4-30 (part): Closing of hearing creates the education task for publicity with due date."""
    from xieli.office.matters.tables.clocks import Clock

    matter = office.open("after_case", "某局工程案后半篇", level=0)
    sections = dict.fromkeys(("investigation", "remedy", "supervision", "education", "ecology"), "写岗位和过程")
    assert office.refused(office.room, matter, "planned", ("plan", {"unit": office.body("finance"), **{k: v for k, v in sections.items() if k != "education"}})) == "required"
    office.step(office.room, matter, "planned", ("plan", {"unit": office.body("finance"), **sections}))
    office.step(office.room, matter, "adjudicated")
    with office.stage.acts(office.room):
        assert Clock.objects.get(matter_id=matter, code="education").due_at is not None
    office.step(office.room, matter, "remedied", ("weaknesses", {"rows": [{"title": "复核缺位", "level": "unit", "field": "rules"}], "recommendation_no": "建〔2026〕1号", "issued_on": "2026-03-02"}))
    office.step(office.room, matter, "supervised", ("follow_up", {"text": "跟进", "on": "2026-03-02"}))
    unit = office.staff("finance")
    assert office.refused(office.room, matter, "archive") != ""
    meeting = {"on": "2026-03-02", "duty": "缺位", "rules": "缺失", "control": "缺失", "measures": [{"title": "复核岗缺位"}]}
    office.step(unit, matter, "committee_met", ("committee_meeting", meeting))
    assert len(office.children(matter, "rectification", unit)) == 1
    assert office.refused(office.room, matter, "talked") != ""  # the organ's own meeting is still owed
    office.step(unit, matter, "organ_met", ("organ_meeting", {"on": "2026-03-02", "supervision": "未发现"}))
    talks = {"moral": "一", "discipline": "二", "law": "三", "duty": "四", "on": "2026-03-02"}
    assert office.refused(office.room, matter, "talked", ("talks", {**{k: v for k, v in talks.items() if k != "duty"}, "masked": True})) == "required"
    assert office.refused(office.room, matter, "talked", ("talks", {**talks, "masked": False})) == "guard_field"
    office.step(office.room, matter, "talked", ("talks", {**talks, "masked": True}))
    assert office.refused(office.room, matter, "archive", ("effects_form", {"political": "好", "legal": "好", "thread_done": True})) == "required"
    assert office.refused(office.room, matter, "archive", ("effects_form", {"political": "好", "legal": "好", "social": "好", "thread_done": False})) == "guard_field"
    whole = ("effects_form", {"political": "好", "legal": "好", "social": "好", "thread_done": True})
    assert office.refused(office.room, matter, "archive", whole) == "guard_field"  # two of the three products are still missing
    (letter,) = office.children(matter, "recommendation")
    (reflection,) = office.children(matter, "reflection")
    issue_letter(office, letter)
    assert office.refused(office.room, matter, "archive", whole) == "guard_field"
    reflect(office, reflection)
    office.step(office.room, matter, "archive", whole)
    assert office.outcomes(matter) == ["completed"]


def test_a_typical_case_is_released_by_adjudication_only(office: Office) -> None:
    """S0-48 (part): release needs approval.
    S4-32 (part): coverage = attended/should.
    S4-15 (part): A class analysis draws its cases by tag and shows frequency of causes."""
    matter = office.open("typical_case", "类案分析", level=0)
    text = {"kind": "class", "harm": "损失", "causes": [{"cause": "制度缺失", "cases": 5}, {"cause": "监督缺位", "cases": 3}], "features": "隐蔽", "pattern": "年底集中", "scanned": True}
    assert office.refused(office.room, matter, "submit", ("text", {**text, "scanned": False})) == "guard_field"
    office.step(office.room, matter, "submit", ("text", text))
    release = ("release", {"stage": "undecided", "decided_on": "2026-03-02"})
    assert office.refused(office.room, matter, "release", release) != ""
    with office.stage.acts(office.room):
        from xieli.office.matters.services import grants

        grants.give(matter, office.stage.room("yj/adjudication"), kind="handler", acts=["read", "write"], ends_at=None, basis="审理放行", reason="")
    assert office.refused("yj-adj1", matter, "release", release) == "guard_field"
    office.step("yj-adj1", matter, "release", ("release", {"stage": "effective", "decided_on": "2026-03-02"}))
    assert office.refused(office.room, matter, "publish") == "not_approved"
    office.hands.approved(office.room, matter, "publish", office.deputy)
    office.step(office.room, matter, "publish")
    office.step(office.room, matter, "educate", ("audience", {"level": "县处级", "should": 40, "attended": 38, "on": "2026-03-02"}))
    assert office.facts(matter, "education.coverage") == [95]


def test_leaders_answer_four_questions_and_the_missing_are_counted(office: Office) -> None:
    """Three answers of four are none, and who has not answered is counted."""
    matter = office.open("reflection", "案件反思", level=0)
    office.step(office.room, matter, "ask", ("list", {"unit": office.body("finance"), "case_on": "2025-12-01", "decided": False, "people": [{"post": "局长"}, {"post": "副局长"}]}))
    unit = office.staff("finance")
    one = {"post": "局长", "common": "同岗", "cause": "监督弱", "risk": "拨款", "will": "复核"}
    assert office.refused(unit, matter, "close", ("answers", {"rows": [{k: v for k, v in one.items() if k != "will"}]})) == "required"
    office.step(unit, matter, "more", ("answers", {"rows": [one]}))
    assert office.facts(matter, "reflection.missing") == [1]
    assert not office.stage.sees(office.staff("edu"), matter)
    office.step(unit, matter, "close", ("answers", {"rows": [one, {**one, "post": "副局长"}]}))
    assert office.at(matter) == ["closed"]


def test_an_agreement_is_in_force_when_all_seven_have_signed(office: Office) -> None:
    """S0-22: An agreement with 7 parties becomes effective only when all have signed; each clause creates tracked duties; expiry is warned ahead."""
    matter = office.open("agreement", "清廉金融共建合作协议", level=0)
    seven = ["icb-dc", "hb-dc", "grid-dc", "rail-dc", "tobacco-dc", "tax-dc", "post-dc"]
    text = {"title": "共建合作协议", "signers": [{"signer": office.body(b)} for b in seven], "from_on": "2026-03-02", "to_on": "2027-03-01", "clauses": [{"title": "线索共研"}, {"title": "信息通报"}]}
    assert office.refused(office.room, matter, "send", ("text", {**text, "to_on": "2026-01-01"})) == "guard_field"
    office.step(office.room, matter, "send", ("text", text))
    assert office.facts(matter, "agreement.parties") == [7]
    for body in seven[:6]:
        office.step(office.staff(body, "head"), matter, "sign", ("signature", {"signed": True, "signed_on": "2026-03-02"}), body=office.body(body))
    assert office.refused(office.room, matter, "take_effect") != ""
    office.step(office.staff("post-dc", "head"), matter, "sign", ("signature", {"signed": True, "signed_on": "2026-03-02"}), body=office.body("post-dc"))
    office.step(office.room, matter, "take_effect")
    assert office.outcomes(matter) == ["in_force"]
    assert len(office.children(matter, "decision_task")) == 2
    from xieli.office.matters.tables.clocks import Clock

    with office.stage.acts(office.room):
        clock = Clock.objects.get(matter_id=matter, code="term")
    assert clock.warn_at is not None
    assert clock.warn_at < clock.due_at


def test_rules_reforms_and_charters(office: Office) -> None:
    """S3-13: A joint body cannot go live with an empty section.
    S3-05 (part): A joint rule shows both issuers and both document numbers, and takes effect for both.
    S1-12: Rule page lists the pilots and their models.
    S0-04 (part): each issued rule (S0-36) links to the task that produced it."""
    charter = office.open("charter", "川渝新区章程", level=0)
    text = {"other_parent": office.body("datan"), "setup": "四人机构", "people": "保留编制", "procedure": "按权限报批", "work": "年度计划", "lead_rule": "按管理权限"}
    assert office.refused(office.room, charter, "submit", ("text", {**text, "work": ""})) == "required"
    office.step(office.room, charter, "submit", ("text", text))
    approval = office.hands.ask(office.room, charter, "both", {"partner": office.stage.body("datan")})
    office.hands.sign(office.head, approval)
    assert office.refused(office.room, charter, "go_live") == "not_approved"
    office.hands.sign(office.stage.holder("head@datan"), approval)
    office.step(office.room, charter, "go_live")
    assert office.outcomes(charter) == ["live"]
    reform = office.open("reform_project", "央地协作机制改革", level=0)
    office.step(office.room, reform, "start", ("plan", {"year": 2026, "goals": "打通", "tasks": [{"title": "制定办法", "due_on": "2026-06-30"}]}))
    office.step(office.room, reform, "rule", ("rule", {"rules": [{"title": "协作办法（试行）", "task": "制定办法"}]}))
    (rule,) = office.children(reform, "rule_document")
    assert office.facts(reform, "reform.rule") == ["协作办法（试行）"]
    assert office.data(reform, "rule")["rules"][0]["task"] == "制定办法"
    joint = ("text", {"title": "协作办法（试行）", "status": "trial", "co_issuer": office.body("datan"), "number_own": "渝江纪〔2026〕3号", "number_other": "大滩纪〔2026〕1号",
                                                      "in_force_on": "2026-04-01", "clauses": [{"clause": "第五条", "kind": "handover", "step": "sent"}],
                                                      "pilots": [{"place": "忠岳县", "model": "1+2+1+X"}, {"place": "长岭区", "model": "统派统管"}]})
    assert office.refused(office.room, rule, "issue", (joint[0], {k: v for k, v in joint[1].items() if k != "number_other"})) == "guard_field"
    office.step(office.room, rule, "issue", joint)
    for reader in (office.room, office.hands.staff("case_duty", "datan/case")):  # in force for both from the same day, with both issuers and both numbers
        with office.stage.acts(reader):
            assert [rules.clauses_on("handover", date(2026, 3, 31)), [c.clause for c in rules.clauses_on("handover", date(2026, 4, 1))]] == [[], ["第五条"]]
        text = office.data(rule, "text", reader)
        assert (text["co_issuer"], text["number_own"], text["number_other"]) == (office.body("datan"), "渝江纪〔2026〕3号", "大滩纪〔2026〕1号")
    assert set(office.facts(rule, "rule.pilot")) == {"忠岳县", "长岭区"}
    assert {r["model"] for r in office.data(rule, "text")["pilots"]} == {"1+2+1+X", "统派统管"}


def test_a_posting_needs_both_approvals_and_an_end(office: Office) -> None:
    """S0-24 (part): A posting needs both approvals and an end date.
    S1-14: A dispatched 纪检员 is appraised and recalled by the sender, not by the host village; the host can comment only.
    S1-33 (part): extension needs approval; Borrowing past its end date is red to both bodies."""
    from xieli.office.matters.tables.clocks import Clock

    matter = office.open("posting", "下派纪检员", level=0)
    plan = {"host": office.body("fengdeng"), "person": str(office.stage.person(office.room)), "kind": "sent_down", "full_time": True, "from_on": "2026-03-02", "to_on": "2026-08-31", "reason": "加强村级监督"}
    assert office.refused(office.room, matter, "submit", ("plan", {k: v for k, v in plan.items() if k != "to_on"})) == "required"
    assert office.refused(office.room, matter, "submit", ("plan", {**plan, "to_on": "2026-03-01"})) == "guard_field"
    office.step(office.room, matter, "submit", ("plan", plan))
    approval = office.hands.ask(office.room, matter, "both", {"partner": office.stage.body("fengdeng")})
    office.hands.sign(office.head, approval)
    assert office.refused(office.room, matter, "send") == "not_approved"
    office.hands.sign(office.staff("fengdeng", "town_secretary"), approval)
    office.step(office.room, matter, "send")
    host = office.staff("fengdeng")
    office.step(host, matter, "comment", ("comment", {"text": "工作认真"}))
    assert office.refused(host, matter, "recall") != ""
    assert office.refused(office.room, matter, "extend", reason="任务未完") == "not_approved"
    with office.stage.acts(office.room):
        assert Clock.objects.get(matter_id=matter, code="term").state == "running"
    office.step(office.room, matter, "recall")
    assert office.refused(host, matter, "close", ("appraisal", {"text": "好", "cases": 1, "returned_on": "2026-03-02"})) != ""
    office.step(office.room, matter, "close", ("appraisal", {"text": "好", "cases": 2, "returned_on": "2026-03-02"}))
    assert office.outcomes(matter) == ["returned"]


def test_training_follows_the_gaps_and_counts_attendances(office: Office) -> None:
    """S1-26 (part): From 100 answers the package proposal follows the top gaps and shows the numbers.
    S2-02 (part): lecturer rota covers all three bodies.
    S1-29 (part): hours without proof do not count."""
    matter = office.open("training", "纪巡审专题班", level=0)
    office.step(office.room, matter, "packaged", ("survey", {"answers": 100, "gaps": [{"topic": "证据固定", "votes": 61}, {"topic": "谈话", "votes": 40}]}))
    assert office.facts(matter, "training.answers") == [100]
    assert office.data(matter, "survey")["gaps"][0]["votes"] == 61
    lecturers = [{"lecturer_of": office.body(b), "topic": "案例"} for b in ("yj", "yj-ins", "audit")]
    office.step(office.room, matter, "call", ("plan", {"form": "topic", "on": "2026-03-02", "hours": 8, "bodies": [{"attending": office.body("finance"), "places": 10}], "lecturers": lecturers}))
    assert sorted(office.facts(matter, "training.lecturer")) == sorted(int(office.body(b)) for b in ("yj", "yj-ins", "audit"))
    person = str(office.stage.person(office.room))
    assert office.refused(office.room, matter, "more", ("attendance", {"on": "2026-03-02", "rows": [{"person": person, "scope": "core"}]})) == "required"
    office.step(office.room, matter, "more", ("attendance", {"on": "2026-03-02", "rows": [{"person": person, "scope": "core", "proof": "签到"}]}))
    assert office.facts(matter, "training.attendances") == [1]


def test_an_operation_waits_for_every_measure_and_is_unknown_to_others(office: Office) -> None:
    """S0-52: An operation cannot start while an approval of any listed measure is missing; only the knowers' list can open it; afterwards the result per team is entered and times compared with plan.
    S0-49 (part): A talk with level "high" cannot be closed without a safety plan and named keeper."""
    matter = office.open("closing_in", "收网", level=2)
    plan = {"start_at": "2026-03-02T20:00:00+08:00", "teams": [{"team": "一组", "task": "控制", "planned_at": "2026-03-02T20:00:00+08:00"}],
            "measures": [{"measure": "搜查", "approved_no": "〔2026〕1号"}, {"measure": "留置"}], "risk": "high", "safety": "医疗保障", "keeper": str(office.stage.person(office.room))}
    assert office.refused(office.room, matter, "ready", ("plan", {k: v for k, v in plan.items() if k != "keeper"})) == "required"
    assert office.refused(office.room, matter, "ready", ("plan", plan)) == "guard_field"
    plan["measures"][1]["approved_no"] = "〔2026〕2号"
    office.step(office.room, matter, "ready", ("plan", plan))
    assert office.refused(office.room, matter, "go") == "not_approved"
    office.hands.approved(office.room, matter, "go", office.head)
    office.step(office.room, matter, "go")
    assert not office.stage.sees("datan-lead", matter)
    assert not office.stage.sees("yj-adj1", matter)
    office.step(office.room, matter, "done", ("result", {"rows": [{"team": "一组", "done_at": "2026-03-02T20:12:00+08:00", "text": "到位"}]}))
    assert office.data(matter, "result")["rows"][0]["done_at"] > office.data(matter, "plan")["teams"][0]["planned_at"]
