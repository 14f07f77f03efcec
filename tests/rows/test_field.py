"""C09, C11, C15, C16: campaigns, tasks, charges, sweeps, checks, projects, water and meetings, acted by the persons who do them."""
from __future__ import annotations

from typing import Any

import pytest

from tests.rows.acting import Office
from xieli.office.demo.theatre import Theatre


@pytest.fixture(scope="module")
def office(stage: Theatre) -> Office:
    return Office(stage)


def task(office: Office, duty: str, kind: str = "work", origin: str = "meeting") -> tuple[str, dict[str, Any]]:
    return ("task", {"duty_body": office.body(duty), "origin": origin, "kind": kind, "text": "按期整改", "given_on": "2026-03-02", "due_on": "2026-04-02"})


def desk(office: Office, body: str) -> str:
    """Who opens what comes to a body."""
    return office.stage.holder(f"case_duty@{body}/case") if f"{body}/case" in office.stage.world.rooms else office.staff(body)


def carry_out(office: Office, matter: int, duty: str) -> None:
    who = desk(office, duty)
    office.step(office.room, matter, "give", task(office, duty))
    office.step(who, matter, "receive", ("receipt", {"by_post": "办公室主任", "received_on": "2026-03-02"}))
    office.step(who, matter, "report", ("result", {"text": "已办", "done_on": "2026-03-10"}))
    office.step(office.room, matter, "accept")


def campaign_plan(office: Office, **over: Any) -> tuple[str, dict[str, Any]]:
    roles = [{"role": r, "holder": "某某"} for r in ("main_duty", "overall", "together", "local")]
    return ("plan", {"goals": "校园食堂安全", "scope": "全市学校", "principles": "依法依规", "from_on": "2026-03-02", "to_on": "2026-12-31", "roles": roles,
                     "topics": [{"title": f"专题{n}"} for n in range(1, 13)], "departments": [{"department": office.body(d), "duty": "排查整改"} for d in ("edu", "health")], **over})


def test_a_campaign_needs_goals_scope_principles_roles_and_reports(office: Office) -> None:
    """A campaign without the three cannot start (S4-04 and S4-53 whole: test_paper_guards).
    S4-40: A campaign topic shows who holds each role; vacancy flagged.
    S0-37 (part): The campaign page shows lead/assist roles, units covered, reports received/missing.
    """
    matter = office.open("campaign", "校园食品安全专项整治", level=0)
    for missing in ("goals", "scope", "principles"):
        assert office.refused(office.room, matter, "planned", campaign_plan(office, **{missing: ""})) == "required"
    assert office.refused(office.room, matter, "planned", campaign_plan(office, roles=[{"role": "overall", "holder": "某某"}])) == "too_small"
    assert office.refused(office.room, matter, "planned", campaign_plan(office, to_on="2026-01-01")) == "guard_field"
    office.step(office.room, matter, "planned", campaign_plan(office))
    assert office.refused(office.room, matter, "start", ("merged", {"items": [{"title": "索证不全", "department": office.body("edu")}]})) == "not_approved"
    office.hands.approved(office.room, matter, "start", office.deputy)
    office.step(office.room, matter, "start", ("merged", {"items": [{"title": "索证不全", "department": office.body("edu"), "also": "卫健委同报"}]}))
    assert len(office.children(matter, "campaign_topic")) == 12
    assert len(office.children(matter, "decision_task")) == 1
    office.step(office.room, matter, "session", ("session", {"held_on": "2026-03-02", "as_of": "2026-02-28", "text": "排查 30 所"}))
    office.step(office.room, matter, "ask_reports", ("session", {"held_on": "2026-03-02", "as_of": "2026-03-02", "text": "排查 31 所"}))
    from xieli.office.matters.tables.work import FormSubmission

    with office.stage.acts(office.room):
        kept = [r.data["text"] for r in FormSubmission.objects.filter(matter_id=matter, form="session").order_by("revision")]
    assert kept == ["排查 30 所", "排查 31 所"]  # what was reported then stays as it was
    office.step(office.staff("edu"), matter, "report", ("report", {"reported_on": "2026-03-02", "units": 31, "text": "已报"}), body=office.body("edu"))
    assert "report" in office.at(matter)  # health's report is still missing
    office.step(office.staff("health"), matter, "report", ("report", {"reported_on": "2026-03-02", "units": 9, "text": "已报"}), body=office.body("health"))
    assert sorted(office.facts(matter, "campaign.units")) == [9, 31]


def test_a_topic_has_two_leads_and_two_forces(office: Office) -> None:
    """S4-56 (part): A topic with one lead is invalid; progress by each.
    S4-10 (part): A topic with only one is incomplete; shared board with separated views."""
    from xieli.office.matters.services import people
    from xieli.office.matters.tables.core import Matter

    matter = office.open("campaign_topic", "食材采购", level=0)
    leads = {"department": office.body("edu"), "first": str(office.stage.person(office.chief)), "second": str(office.stage.person(office.staff("edu", "head")))}
    assert office.refused(office.room, matter, "named", ("leads", {k: v for k, v in leads.items() if k != "second"})) == "required"
    office.step(office.room, matter, "named", ("leads", leads))
    with office.stage.acts(office.room):
        row = Matter.objects.get(pk=matter)
        people.join_team(row, office.stage.person(office.chief), "supervision")
    assert office.refused(office.room, matter, "start") == "guard_slots"
    with office.stage.acts(office.room):
        row = Matter.objects.get(pk=matter)
        people.join_team(row, office.stage.person(office.room), "supervision")
        people.join_team(row, office.stage.person(office.staff("edu", "head")), "rectifying")
    office.step(office.room, matter, "start")
    assert sorted(office.at(matter)) == ["rectify", "supervise"]
    assert office.refused(office.staff("edu"), matter, "supervised", ("supervision", {"percent": 50, "text": "代填"})) != ""
    office.step(office.room, matter, "supervised", ("supervision", {"percent": 60, "text": "已督"}))
    office.step(office.staff("edu", "head"), matter, "rectified", ("rectifying", {"percent": 40, "text": "已改"}))
    assert office.facts(matter, "topic.progress_commission") == [60]
    assert office.facts(matter, "topic.progress_department") == [40]


def test_a_task_has_one_owner_a_receipt_four_steps_and_counted_returns(office: Office) -> None:
    """S4-20: An issue passes four stages with dates; return for redo is counted.
    S4-09: Each visit yields tasks with receipt by the visited head; follow-up shown.
    S4-49: See S4-40; each task has exactly one main-duty holder."""
    matter = office.open("decision_task", "白条入账", level=0)
    form, values = task(office, "edu", "white_slip", "visit")
    assert office.refused(office.room, matter, "give", (form, {k: v for k, v in values.items() if k != "duty_body"})) == "required"
    office.step(office.room, matter, "give", (form, values))
    who = office.staff("edu", "head")
    office.step(who, matter, "receive", ("receipt", {"by_post": "主任", "received_on": "2026-03-02"}))
    office.step(who, matter, "report", ("result", {"text": "已补票", "done_on": "2026-03-10"}))
    assert office.refused(who, matter, "accept") != ""
    office.step(office.room, matter, "return_", reason="票据不符")
    office.step(who, matter, "report", ("result", {"text": "重新核对", "done_on": "2026-03-12"}))
    office.step(office.room, matter, "accept")
    from xieli.office.matters.tables.core import Matter

    with office.stage.acts(office.room):
        done = [d["move"] for d in Matter.objects.get(pk=matter).state["done"]] if isinstance(Matter.objects.get(pk=matter).state["done"][0], dict) else [d[0] for d in Matter.objects.get(pk=matter).state["done"]]
        bodies = set(Matter.objects.get(pk=matter).bodies.filter(role="duty_body").values_list("body_id", flat=True))
    assert "return_" in str(done)
    assert bodies == {int(office.body("edu"))}
    assert office.facts(matter, "task.received") == ["2026-03-02"]
    assert office.outcomes(matter) == ["done"]


def test_a_charge_lists_its_items_and_what_is_left(office: Office) -> None:
    """S4-07: A case in charge shows 4 items; incomplete ones listed.
    S4-51 (part): A leader's page lists the four kinds.
    S4-54 (part): See S4-51 with kind=topic."""
    items = [{"title": t, "due_on": "2026-06-01"} for t in ("研判一次", "督办一次", "约谈一次", "回访一次")]
    for kind in ("area", "case", "project", "benefit", "topic"):
        matter = office.open("charge", f"包{kind}", level=0)
        office.step(office.room, matter, "give", ("charge", {"person": str(office.stage.person(office.deputy)), "kind": kind, "object": f"对象{kind}", "from_on": "2026-03-02", "items": items}))
        assert office.facts(matter, "charge.items") == [4]
        assert office.facts(matter, "charge.kind") == [kind]
    office.step(office.room, matter, "progress", ("progress", {"done": [{"title": "研判一次", "done_on": "2026-03-02"}]}))
    assert office.facts(matter, "charge.open") == [3]
    assert office.refused(office.room, matter, "close") == "guard_field"
    office.step(office.room, matter, "close", ("progress", {"done": [{"title": i["title"], "done_on": "2026-03-02"} for i in items]}))
    assert office.facts(matter, "charge.open") == [0]
    assert office.outcomes(matter) == ["done"]


def test_a_sweep_reaches_every_object_and_adds_up_the_differences(office: Office) -> None:
    """S4-18: Sweep list = school register; progress and uncovered schools; problems routed.
    S3-21 (part): Each outfall has state and owner; unresolved ones are listed to both sides."""
    matter = office.open("sweep", "校园食堂拉网排查", level=0)
    rows = [{"object": f"学校{n}", "department": office.body("edu"), "listed": 10_000} for n in (1, 2, 3)]
    office.step(office.room, matter, "start", ("register", {"kind": "school", "rule": "台账价高于参考价即列", "rows": rows}))
    found = [{"object": f"学校{n}", "checked_on": "2026-03-02", "listed": 10_000, "actual": 9_000} for n in (1, 2, 3)]
    office.step(office.staff("edu"), matter, "more", ("found", {"rows": found[:2]}))
    assert office.facts(matter, "sweep.left") == [1]
    assert office.refused(office.room, matter, "covered") == "guard_field"
    office.step(office.room, matter, "covered", ("found", {"rows": [{**found[0], "problem": "索证不全"}, *found[1:]]}))
    assert office.facts(matter, "sweep.gap") == [3_000]
    assert office.facts(matter, "sweep.problem") == ["索证不全"]
    office.step(office.room, matter, "route", ("problems", {"rows": [{"title": "学校1：索证不全"}]}))
    assert len(office.children(matter, "rectification")) == 1
    assert office.refused(office.room, matter, "close", ("done", {"rows": [{"object": "学校1", "done_on": "2026-03-02", "proof": "索证台账"}]})) == "guard_children"


def check_plan(office: Office, **over: Any) -> tuple[str, dict[str, Any]]:
    members = [{"member": office.body(b), "task": f"{b}任务", "side": "本地"} for b in ("tax", "finance", "hb", "datan")]
    return ("plan", {"topic": "财经纪律", "kind": "special", "members": members, "units": [{"unit": "第一中学", "visit_on": "2026-03-05"}, {"unit": "市医院", "visit_on": "2026-03-06"}],
                     "checklist": [{"title": "收费公示"}], "joined": "none", "from_on": "2026-03-02", "to_on": "2026-04-02", **over})


def test_a_joint_check_has_many_bodies_two_heads_and_routes_what_it_finds(office: Office) -> None:
    """S0-20 (part): A special check with a member list from ≥3 central bodies and DCs covers a list of units; a finding is classed as "面上问题" or "问题线索"; a lead goes to the competent body by S0-43/45 rules, a problem to rectification (C12).
    S4-29 (part): a group lacks validity with one head.
    S4-01 (part): A subsidy check draws a sample from the payment list, records each household's answer (got / not / amount), differences become doubts.
    S4-24: A joint supervision shows both columns: task state and responsible person's duty state.
    S0-21 (part): every K traces back through a lead to a finding of THIS check."""
    from xieli.office.matters.services import people
    from xieli.office.matters.tables.core import Matter

    matter = office.open("joint_check", "教育医疗财经纪律专项检查", level=0)
    assert office.refused(office.room, matter, "submit", check_plan(office, to_on="2026-02-01")) == "guard_field"
    assert office.refused(office.room, matter, "submit", check_plan(office, joined="reasoned")) == "required"
    office.step(office.room, matter, "submit", check_plan(office))
    assert office.facts(matter, "check.members") == [4]
    office.hands.approved(office.room, matter, "start", office.deputy)
    office.step(office.room, matter, "approve")
    with office.stage.acts(office.room):
        row = Matter.objects.get(pk=matter)
        people.join_team(row, office.stage.person(office.chief), "head_one")
        people.join_team(row, office.stage.person(office.staff("finance")), "members")
    assert office.refused(office.room, matter, "start") == "guard_slots"
    with office.stage.acts(office.room):
        people.join_team(Matter.objects.get(pk=matter), office.stage.person(office.staff("finance", "head")), "head_two")
    office.step(office.room, matter, "start")
    households = [{"household": f"户{n}", "got": g, "listed": 1000, "said": s} for n, g, s in ((1, "got", 1000), (2, "not_got", 0), (3, "part", 400))]
    office.step(office.chief, matter, "visited", ("visit", {"unit": "第一中学", "visited_on": "2026-03-05", "answers": [{"item": "收费公示", "state": "problem", "photo": "f" * 16}], "households": households}))
    doubts = [h["household"] for h in office.data(matter, "visit")["households"] if h["said"] != h["listed"]]
    assert doubts == ["户2", "户3"]
    office.step(office.room, matter, "finish")
    office.step(office.room, matter, "route", ("findings", {"problems": [{"title": "超标准收费", "unit": "第一中学", "amount": 120_000}, {"title": "未公示", "unit": "市医院"}],
                                                           "leads": [{"title": "采购人员收受回扣线索"}], "duty": "分管校长未尽责"}))
    assert office.facts(matter, "check.problems") == [2]
    assert office.facts(matter, "check.leads") == [1]
    assert len(office.children(matter, "rectification")) == 2
    assert len(office.children(matter, "lead")) == 1
    assert office.data(matter, "findings")["duty"] == "分管校长未尽责"


def test_an_unannounced_visit_is_invisible_and_its_leads_are_linked(office: Office) -> None:
    """S1-21: An unannounced visit is invisible to the visited body until released; leads found link to it."""
    matter = office.open("unannounced_visit", "暗访某局窗口", level=0)
    office.hands.approved(office.room, matter, "visit", office.deputy)
    office.step(office.room, matter, "go", ("plan", {"visited": office.body("market"), "place": "办事大厅", "visit_on": "2026-03-03", "purpose": "窗口作风"}))
    office.step(office.room, matter, "back", ("record", {"seen": "推诿", "leads": [{"title": "工作人员索要礼品"}], "problems": [{"title": "一次告知不到位"}]}))
    assert not office.stage.sees(office.staff("market", "head"), matter)
    assert len(office.children(matter, "lead")) == 1
    office.step(office.room, matter, "release", reason="整改需要")
    assert len(office.children(matter, "rectification")) == 1


def test_a_project_keeps_its_baseline_and_computes_its_slip(office: Office) -> None:
    """S3-15: planned 03-10, actual 03-15 → "滞后5天" is computed; the two open tasks show; inquiry without an answer stays red; baseline isn't overwritten when the plan is revised.
    S3-16: A visit record carries both bodies; photos with time and place; findings go to the task list and to the assessment record.
    S3-14 (part): A project shows stages 签约→…→投产 with plan/actual per department."""
    from xieli.office.matters.tables.clocks import Clock

    matter = office.open("project", "重庆路三期", level=0)
    stages = [{"stage": s, "planned_start": a, "planned_end": b} for s, a, b in (("签约", "2026-01-05", "2026-01-31"), ("进场", "2026-03-10", "2026-04-10"), ("投产", "2026-09-01", "2026-10-01"))]
    office.step(office.room, matter, "start", ("plan", {"department": office.body("housing"), "investment": 5_000_000_000, "stages": stages}))
    who = office.staff("housing")
    office.step(who, matter, "progress", ("progress", {"stage": "进场", "actual_start": "2026-03-15"}))
    assert office.facts(matter, "project.slip") == [5]
    office.step(office.room, matter, "revise", ("revision", {"reason": "拆迁滞后", "stages": [{"stage": "进场", "new_start": "2026-03-15", "new_end": "2026-04-15"}]}))
    assert office.data(matter, "plan")["stages"][1]["planned_start"] == "2026-03-10"
    photo = {"digest": "c" * 16, "taken_at": "2026-03-18T10:00:00+08:00", "place": "三期现场"}
    assert office.refused(office.room, matter, "visit", ("site", {"visited_on": "2026-03-18", "bodies": [{"body": office.body("yj")}], "photos": [photo]})) == "too_small"
    office.step(office.room, matter, "visit", ("site", {"visited_on": "2026-03-18", "bodies": [{"body": office.body("yj")}, {"body": office.body("housing")}], "photos": [photo],
                                                        "findings": [{"title": "房屋未拆除"}, {"title": "建渣未清理"}]}))
    assert len(office.children(matter, "decision_task")) == 2
    office.step(office.room, matter, "ask", ("question", {"text": "为什么推后五天", "asked_on": "2026-03-18"}))
    assert office.at(matter) == ["asked"]
    with office.stage.acts(office.room):
        assert Clock.objects.get(matter_id=matter, code="answer").state == "running"
    assert office.refused(office.room, matter, "finish") != ""
    office.step(who, matter, "answer", ("answer", {"reason": "天气", "new_due": "2026-04-20", "answered_on": "2026-03-19"}))
    assert office.refused(office.room, matter, "finish") == "guard_children"


def test_two_sides_sample_one_section_and_a_gap_opens_an_issue(office: Office) -> None:
    """S3-20: Two sides' samples for the same section and month are compared; a gap above tolerance opens an issue; "连续2个月II类" is computed from monthly classes and breaks when a month is missing or worse."""
    from xieli.office.field import months

    matter = office.open("water_section", "大洪河临水入境断面", level=0)
    office.step(office.room, matter, "start", ("section", {"other_side": office.body("datan"), "river": "大洪河", "section": "入境", "target": 3, "tolerance": 50}))
    for month, own, other, move in (("2026-01-10", 200, 230, "within"), ("2026-02-10", 200, 320, "beyond")):
        office.step(office.room, matter, "sampled", ("own", {"month": month, "value": own, "class": 2}))
        assert office.refused(office.room, matter, "other_sampled", ("other", {"month": month, "value": other, "class": 2})) != ""
        office.step(desk(office, "datan"), matter, "other_sampled", ("other", {"month": month, "value": other, "class": 2}))
        wrong = "beyond" if move == "within" else "within"
        assert office.refused(office.room, matter, wrong, ("comparison", {"compared_on": month})) == "guard_field"
        office.step(office.room, matter, move, ("comparison", {"compared_on": month}))
        if move == "within":
            office.step(office.room, matter, "next_month")
    assert len(office.children(matter, "decision_task")) == 1
    with office.stage.acts(office.room):
        section = next(s for s in months.sections() if s.matter.id == matter)
    assert section.months == 2
    assert months.in_a_row({**section.classes, (2026, 4): 2}) == 1  # March is missing
    assert months.in_a_row({**section.classes, (2026, 2): 1}) == 1  # January was worse than February


def test_a_meeting_is_convened_by_its_office_in_turn_and_its_decisions_become_tasks(office: Office) -> None:
    """S2-03 (part): Calling a conference needs the convener's office; when the office holder changes the convener follows; decisions become tasks.
    S3-02: A decision is valid only with both chairs' approval; one alone leaves it pending.
    S3-03 (part): deviation needs a note.
    S4-28 (part): a lead handed over in the meeting has a normal receipt, not only minutes."""
    matter = office.open("meeting", "第三次联席会议", level=0)
    call = {"series": "央地联席会议", "period": "quarter", "kind": "joint", "planned_on": "2026-03-02", "convener_side": office.body("yj"), "previous_side": office.body("yj"), "in_turn": False,
            "side": office.body("datan"), "agenda": [{"title": "上次未办事项", "from_last": True}]}
    assert office.refused(office.room, matter, "submit", ("call", call)) == "required"
    office.step(office.room, matter, "submit", ("call", {**call, "turn_reason": "对方换届"}))
    assert office.refused(office.room, matter, "convene") == "not_approved"
    office.hands.approved(office.room, matter, "convene", office.deputy)
    office.step(office.room, matter, "convene")
    office.step(office.room, matter, "open")
    minutes = {"held_on": "2026-03-02", "attended": 8, "text": "会议议定", "decisions": [{"title": "共建线索研判", "owner": office.body("datan"), "due_on": "2026-04-01"}]}
    bad = {**minutes, "decisions": [{"title": "无主事项", "due_on": "2026-04-01"}]}
    assert office.refused(office.room, matter, "minuted", ("minutes", bad)) == "required"
    office.step(office.room, matter, "minuted", ("minutes", minutes))
    approval = office.hands.ask(office.room, matter, "co_chairs", {"partner": office.stage.body("datan")})
    assert office.hands.sign(office.head, approval) == "pending"
    assert office.refused(office.room, matter, "confirm") == "not_approved"
    office.hands.sign(office.stage.holder("head@datan"), approval)
    office.step(office.room, matter, "confirm")
    (one,) = office.children(matter, "decision_task")
    assert office.refused(office.room, matter, "close") == "guard_children"
    carry_out(office, one, "datan")
    office.step(office.room, matter, "close")
    assert office.at(matter) == ["closed"]
