"""C03, C09–C15, C17: what cases teach, leads by kind, lists merged, orders by level, rounds, villages; one world, acted."""
from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.rows.acting import Office
from tests.rows.test_field import campaign_plan, check_plan, desk, task
from tests.rows.test_inspection import HEAD, MEMBER, WHO, _post, plan
from tests.rows.test_linkage import SUPERVISOR, issue_letter, reflect, visit
from tests.rows.test_paper_guards import signed
from tests.rows.test_remedy import effect
from xieli.office.cooperation import analysis
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import forms, people
from xieli.office.matters.tables.clocks import Clock
from xieli.office.matters.tables.core import Matter


@pytest.fixture(scope="module")
def office(stage: Theatre) -> Office:
    return Office(stage)


WORDS = dict.fromkeys(("investigation", "remedy", "supervision", "education"), "写岗位和过程")
WHOLE = ("effects_form", {"political": "好", "legal": "好", "social": "好", "thread_done": True})


def begun(office: Office, title: str, unit: str, tag: str = "工程招投标") -> int:
    """A second half, planned at filing and begun when adjudication ended."""
    matter = office.open("after_case", title, level=0)
    assert office.refused(office.room, matter, "planned", ("plan", {"unit": office.body(unit), "tag": tag, **WORDS})) == "required"  # without a note on the unit's ecology a case does not begin
    office.step(office.room, matter, "planned", ("plan", {"unit": office.body(unit), "tag": tag, **WORDS, "ecology": "班子权力集中，监督缺位"}))
    office.step(office.room, matter, "adjudicated")
    return matter


def threads(office: Office, matter: int, rows: list[dict[str, Any]], on: str = "2026-03-02") -> None:
    """All three threads up to the assessment."""
    unit = office.staff("finance")
    office.step(office.room, matter, "remedied", ("weaknesses", {"rows": rows, "recommendation_no": "建〔2026〕1号", "issued_on": on}))
    office.step(office.room, matter, "supervised", ("follow_up", {"text": "跟进", "on": on}))
    office.step(unit, matter, "committee_met", ("committee_meeting", {"on": on, "duty": "缺位", "rules": "缺失", "control": "失灵", "measures": [{"title": "复核岗缺位"}]}))
    office.step(unit, matter, "organ_met", ("organ_meeting", {"on": on, "supervision": "未发现"}))
    office.step(office.room, matter, "talked", ("talks", {"moral": "一", "discipline": "二", "law": "三", "duty": "四", "on": on, "masked": True}))


@pytest.fixture(scope="module")
def cases(office: Office) -> tuple[int, int, int]:
    """One with everything, one filed away with a reason, one just begun."""
    whole, waived, fresh = begun(office, "甲案后半篇", "finance"), begun(office, "乙案后半篇", "finance"), begun(office, "丙案后半篇", "edu", "食堂采购")
    gap = {"title": "拨付无复核", "level": "unit", "field": "rules"}
    office.stage.at("2026-03-09 09:00")
    threads(office, whole, [gap, {"title": "行业标准缺失", "level": "department", "field": "governance"}])
    threads(office, waived, [gap, {"title": "行业标准缺失。", "level": "department", "field": "governance", "owner": office.body("audit")}])
    issue_letter(office, office.children(whole, "recommendation")[0])
    reflect(office, office.children(whole, "reflection")[0])
    office.step(office.room, whole, "archive", WHOLE)
    return whole, waived, fresh


def test_a_case_is_filed_away_with_its_four_threads_and_the_page_says_what_is_owed(office: Office, cases: tuple[int, int, int]) -> None:
    """S4-03: A case cannot be archived while a thread is open (or waived with reason); report shows the share.
    S4-14: Case closing creates three duties for the line owner.
    S4-30: Closing of hearing creates the education task for publicity with due date.
    S4-31: Major case → meeting due; minutes must have three heads; measures to C12."""
    whole, waived, fresh = cases
    assert office.refused(office.room, waived, "archive", WHOLE) == "guard_field"  # two products are missing
    with office.stage.acts(office.room):
        halves = {h.matter.id: h for h in analysis.second_halves()}
        clock = Clock.objects.get(matter_id=fresh, code="education")
    assert sorted(office.at(fresh)) == ["committee", "remedy", "supervision"]
    assert office.stage.admin.execute("select count(*) from notification where matter_id = %s and kind like '%%duties'", [fresh]).fetchone()[0] >= 1
    assert clock.state == "running"
    assert clock.due_at is not None
    assert halves[fresh].open == ("remedy", "supervision", "education")
    assert halves[fresh].meeting_due
    assert (halves[waived].missing, halves[whole].days, halves[fresh].days) == (("recommendation", "reflection"), 7, None)
    unit = office.staff("edu")
    heads = {"on": "2026-03-09", "duty": "缺位", "rules": "缺失", "control": "失灵"}
    for head in ("duty", "rules", "control"):
        assert office.refused(unit, fresh, "committee_met", ("committee_meeting", {k: v for k, v in heads.items() if k != head})) == "required"
    assert len(office.children(waived, "rectification", office.staff("finance"))) == 1
    office.step(office.room, waived, "waive", WHOLE, reason="单位已撤销，建议转主管部门")
    with office.stage.acts(office.room):
        assert analysis.share_complete(analysis.second_halves()) == (1, 2)


def test_cases_are_drawn_by_tag_weak_points_merged_and_sectors_name_nobody(office: Office, cases: tuple[int, int, int]) -> None:
    """S4-15: A class analysis draws its cases by tag and shows frequency of causes.
    S4-27: A weakness found by several bodies is merged; each has an owner at its level.
    S4-43: Case start opens the note; the recommendation draws on it.
    S2-10: A sector report built from closed cases shows patterns with counts and no identifiable persons."""
    from dataclasses import asdict

    whole, waived, _fresh = cases
    if office.at(waived) == ["assess"]:
        office.step(office.room, waived, "waive", WHOLE, reason="单位已撤销")
    with office.stage.acts(office.room):
        found = analysis.by_tag("工程招投标")
        weak = {w.title.rstrip("。"): w for w in analysis.weaknesses([whole, waived])}
        sector = analysis.by_sector(str(office.stage.admin.execute("select sector from body where id = %s", [office.stage.body("finance")]).fetchone()[0]))
        letter = forms.filled(Matter.objects.get(pk=office.children(waived, "recommendation")[0]), "survey")
    assert (found.cases, found.units, found.causes["拨付无复核"]) == (2, 1, 2)
    assert (weak["拨付无复核"].cases, [b.code for b in weak["拨付无复核"].owners]) == (2, ["finance"])
    assert (weak["行业标准缺失"].cases, [b.code for b in weak["行业标准缺失"].owners]) == (2, ["audit"])
    assert letter["ecology"] == "班子权力集中，监督缺位"
    assert sector.cases >= 2
    assert sector.causes["拨付无复核"] == 2
    assert not {"person", "subject", "name_of"} & set(asdict(sector))
    with office.stage.acts("wuchuan-handler1"):
        assert analysis.by_tag("工程招投标").cases == 0


def test_leads_stand_in_a_table_that_adds_up_and_key_ones_have_a_leader(office: Office) -> None:
    """S4-12: Cross table kind × source × month adds up to the total.
    S4-50: Lead meeting ≥1 goes to the key list with named leader; the reasons are shown, not only the score."""
    made = []
    for n, (kinds, source, grounds) in enumerate(((["ghost_claim"], "petition", ["public_concern", "key_few"]), (["ghost_claim"], "audit", []), (["extortion", "conduct"], "petition", ["inspection"]))):
        lead = office.open("lead", f"群众身边线索{n}", room="yj/supervision3")
        registration = {"subject": "某某", "unit": office.body("edu"), "source": source, "named": False, "first_time": True, "received_on": f"2026-0{2 + n % 2}-02", "kinds": kinds, "summary": "反映虚报冒领等问题若干，时间地点具体。",
                        "acceptable": "accept", **({"priority": grounds} if grounds else {})}
        with office.stage.acts(office.room):
            office.stage.refused(lambda lead=lead, registration=registration: forms.submit(Matter.objects.get(pk=lead), "registration", registration))
        made.append((lead, registration))
    with office.stage.acts(office.room):
        given = analysis.registrations()
    if not given:  # the desk registers, the room handles
        for lead, registration in made:
            with office.stage.acts(office.room):
                from xieli.office.matters.services import grants

                grants.give(lead, office.stage.room("yj/case"), kind="handler", acts=["read", "write"], ends_at=None, basis="案管登记", reason="")
            with office.stage.acts("yj-duty"):
                forms.submit(Matter.objects.get(pk=lead), "registration", registration)
    with office.stage.acts(office.room):
        given = analysis.registrations()
        cells, keys = analysis.cross(given), analysis.key_list(given)
    assert sum(cells.values()) == len(given) == 3
    assert {(k, s): n for (k, s, _m), n in cells.items()} == {("ghost_claim", "petition"): 1, ("ghost_claim", "audit"): 1, ("several", "petition"): 1}
    assert [(k.matter.id, k.grounds, k.leader) for k in keys] == [(made[0][0], ("public_concern", "key_few"), None)]  # a ground that is none of the four does not make it key
    charge = office.open("charge", "包案", level=0)
    office.step(office.room, charge, "give", ("charge", {"person": str(office.stage.person(office.deputy)), "kind": "case", "matter": str(made[0][0]), "object": "群众身边线索0", "from_on": "2026-03-09", "items": [{"title": "督办", "due_on": "2026-06-01"}]}))
    with office.stage.acts(office.room):
        (key,) = analysis.key_list(analysis.registrations())
    assert key.leader is not None
    assert key.leader.id == office.stage.person(office.deputy)


def test_lists_of_departments_merge_without_a_double_or_a_gap_and_a_special_round_is_linked(office: Office) -> None:
    """S4-52: Department lists merge into the campaign list without duplicates.
    S4-13: Calendar of sessions with decision follow-up; a special round links to the campaign."""
    from xieli.office.cooperation import campaigns

    matter = office.open("campaign", "养老社保专项整治", level=0)
    office.step(office.room, matter, "planned", campaign_plan(office, sessions=[{"on": "2026-03-31"}, {"on": "2026-06-30"}], topics=[{"title": "养老社保"}]))
    for department, titles in (("edu", ["冒领养老金", "资金滞留"]), ("health", ["冒领 养老金。"])):
        office.step(office.room, matter, "add_list", ("department_list", {"by_department": office.body(department), "rows": [{"title": t} for t in titles]}))
    office.hands.approved(office.room, matter, "start", office.deputy)
    item = {"title": "冒领养老金", "department": office.body("edu"), "also": "卫健"}
    assert office.refused(office.room, matter, "start", ("merged", {"items": [item, {**item, "title": "冒领养老金。"}, {"title": "资金滞留", "department": office.body("edu")}]})) == "guard_field"
    assert office.refused(office.room, matter, "start", ("merged", {"items": [item]})) == "guard_field"  # nothing is left out
    office.step(office.room, matter, "start", ("merged", {"items": [item, {"title": "资金滞留", "department": office.body("edu")}]}))
    office.step(office.room, matter, "session", ("session", {"held_on": "2026-03-09", "as_of": "2026-03-08", "text": "听取汇报", "decisions": [{"title": "开展数据比对"}]}))
    office.step(office.room, matter, "special_round", ("special", {"inspection": office.body("yj-ins"), "system": "社保"}))
    assert len(office.children(matter, "decision_task")) == 3  # two of the list, one decided in the session
    with office.stage.acts(office.room):
        days = campaigns.session_days(Matter.objects.get(pk=matter))
    assert days == ([date(2026, 3, 31), date(2026, 6, 30)], [date(2026, 3, 9)])
    (round_,) = office.children(matter, "inspection_round", WHO) or office.children(matter, "inspection_round", "yj-duty") or [office.stage.admin.execute(
        "select target_id from matter_link l join matter m on m.id = l.target_id where source_id = %s and m.kind = 'inspection_round'", [matter]).fetchone()[0]]
    assert office.stage.sees(WHO, round_)


def test_departments_stand_by_side_each_sees_its_task_and_an_order_keeps_its_level(office: Office) -> None:
    """S3-08: A joint supervision lists departments by side; a department sees its task only.
    S3-19: An order at level 1 reaches departments only via their commission; at level 2 reaches towns.
    S4-02: Checklist with photos; problems to school and department with due dates."""
    matter = office.open("joint_check", "校园食堂联合检查", level=0)
    departments = [{"title": "查索证", "department": office.body("market"), "side": "渝北"}, {"title": "查伙食费", "department": office.body("audit"), "side": "广安"}]
    office.step(office.room, matter, "submit", check_plan(office, departments=departments, units=[{"unit": "第三中学", "visit_on": "2026-03-12"}]))
    office.hands.approved(office.room, matter, "start", office.deputy)
    office.step(office.room, matter, "approve")
    assert office.facts(matter, "check.department_side") == ["渝北", "广安"] or sorted(office.facts(matter, "check.department_side")) == ["广安", "渝北"]
    tasks = office.children(matter, "decision_task")
    assert len(tasks) == 2
    with office.stage.acts(office.room):
        duty = {t: forms.filled(Matter.objects.get(pk=t), "task")["duty_body"] for t in tasks}
    assert sorted(duty.values()) == sorted([office.body("market"), office.body("audit")])
    for t in tasks:
        code = "market" if duty[t] == office.body("market") else "audit"
        office.step(office.room, t, "give", task(office, code))
    market = office.staff("market")
    assert [office.stage.sees(market, t) for t in tasks] == [duty[t] == office.body("market") for t in tasks]
    assert not office.stage.sees(market, matter)
    order = office.open("decision_task", "统筹调度令", level=0)

    def given(duty_body: str, level: str) -> str:
        form, values = task(office, duty_body)
        return office.refused(office.room, order, "give", (form, {**values, "order": level}))

    far = office.stage.admin.execute("select code from body where kind = 'line_department' and left(division_code, 4) <> (select left(division_code, 4) from body where code = 'yj') limit 1").fetchone()
    if far:
        assert given(far[0], "commissions") == "guard_field"
    assert given("market", "office") == "guard_field"
    form, values = task(office, "fengdeng")
    office.step(office.room, order, "give", (form, {**values, "order": "office"}))
    with office.stage.acts(office.room):
        row = Matter.objects.get(pk=matter)
        for who, slot in ((office.chief, "head_one"), (office.staff("finance", "head"), "head_two"), (office.staff("finance"), "members")):
            people.join_team(row, office.stage.person(who), slot)
    office.step(office.room, matter, "start")
    answers = [{"item": "收费公示", "state": "problem", "photo": "e" * 16}]
    office.step(office.chief, matter, "visited", ("visit", {"unit": "第三中学", "visited_on": "2026-03-12", "answers": answers}))
    office.step(office.chief, matter, "finish")
    office.step(office.room, matter, "route", ("findings", {"problems": [{"title": "索证不全", "unit": "第三中学", "department": office.body("edu"), "due_on": "2026-04-30"}], "duty": "校长到场"}))
    (problem,) = office.children(matter, "rectification")
    with office.stage.acts(office.room):
        assert {k: v for k, v in forms.filled(Matter.objects.get(pk=problem), "problem").items() if k in ("unit", "due_on")} == {"unit": office.body("edu"), "due_on": "2026-04-30"}


def test_outfalls_have_state_and_owner_and_the_open_ones_are_listed_to_both_sides(office: Office) -> None:
    """S3-21: Each outfall has state and owner; unresolved ones are listed to both sides."""
    from xieli.office.field import sweeps

    matter = office.open("sweep", "入河排污口排查", level=0)
    rows = [{"object": f"排口{n}", "department": office.body("market")} for n in (1, 2)]
    office.step(office.room, matter, "start", ("register", {"kind": "outfall", "rule": "无证或超标即列", "other_side": office.body("datan"), "rows": rows}))
    assert office.refused(office.room, matter, "covered", ("found", {"rows": [{"object": "排口1", "checked_on": "2026-03-09", "listed": 0, "actual": 0}]})) == "guard_field"
    office.step(office.room, matter, "covered", ("found", {"rows": [{"object": "排口1", "checked_on": "2026-03-09", "listed": 0, "actual": 0, "problem": "超标"}, {"object": "排口2", "checked_on": "2026-03-09", "listed": 0, "actual": 0, "problem": "无证"}]}))
    office.step(office.room, matter, "route", ("problems", {"rows": [{"title": "排口1：超标"}]}))
    office.step(office.room, matter, "item_done", ("done", {"rows": [{"object": "排口1", "done_on": "2026-03-09", "proof": "复测达标"}]}))
    assert {r["object"]: r["department"] for r in office.data(matter, "register")["rows"]} == {"排口1": office.body("market"), "排口2": office.body("market")}
    for who in (office.room, desk(office, "datan")):
        with office.stage.acts(who):
            assert [(o.object, o.problem) for o in sweeps.open_items(matter)] == [("排口2", "无证")]
    assert not office.stage.sees("wuchuan-handler1", matter)


def test_an_audience_gets_the_cases_written_for_its_level_and_post(office: Office) -> None:
    """S4-32: Audience gets matched cases; coverage = attended/should (test_linkage.py)."""
    text = {"kind": "single", "harm": "损失", "causes": [{"cause": "监督缺位", "cases": 1}], "features": "隐蔽", "pattern": "年底集中", "scanned": True}
    made = []
    for level, post in (("leaders", ""), ("grass_roots", "村会计"), ("grass_roots", "食堂采购")):
        matter = office.open("typical_case", f"典型案例 {level}{post}", level=0)
        office.step(office.room, matter, "submit", ("text", {**text, "for_level": level, **({"for_post": post} if post else {})}))
        with office.stage.acts(office.room):
            from xieli.office.matters.services import grants

            grants.give(matter, office.stage.room("yj/adjudication"), kind="handler", acts=["read", "write"], ends_at=None, basis="审理放行", reason="")
        office.step("yj-adj1", matter, "release", ("release", {"stage": "effective", "decided_on": "2026-03-02"}))
        made.append(matter)
    with office.stage.acts(office.room):
        assert analysis.matched("leaders") == []  # released, and not published yet
    for matter in made:
        office.hands.approved(office.room, matter, "publish", office.deputy)
        office.step(office.room, matter, "publish")
    with office.stage.acts(office.room):
        assert [m.id for m in analysis.matched("leaders")] == [made[0]]
        assert [m.id for m in analysis.matched("grass_roots", "村会计")] == [made[1]]
        assert len(analysis.matched("grass_roots")) == 2


def test_problems_that_units_share_are_grouped_and_a_missing_publication_costs_the_indicator(office: Office) -> None:
    """S2-36: A key problem lacks closure without a 督 record (test_remedy.py); common problems (same type in ≥n units) are grouped for 审; after round end an 评 due date exists (the round below).
    S2-39: Each unit's two publications are proven (link/photo) and dated; missing one fails the indicator."""
    from tests.rows.test_remedy import problem
    from xieli.office.remedy import lists

    for unit in ("agri", "health"):
        matter = office.open("rectification", f"{unit}公车私用", level=0)
        office.step(office.room, matter, "enter", problem(office, unit=office.body(unit), kind="公车私用"))
    with office.stage.acts(office.room):
        found = {c.kind: sorted(b.code for b in c.units) for c in lists.common()}
    assert found["公车私用"] == ["agri", "health"]

    def points(unit: str) -> tuple[int, int]:
        evaluation = office.open("evaluation", "整改成效评估", level=0)
        office.step(office.room, evaluation, "fixed", ("scheme", {"unit": office.body(unit), "inspection": office.body("yj-ins"), "round": "五届第八轮", "scheme_version": "2026-1"}))
        names = ("duty", "recheck", "publication", "completion")
        with office.stage.acts(office.room):
            out = forms.checked(Matter.objects.get(pk=evaluation), "part_rectification", {**dict.fromkeys(names, 900), **{f"{n}_evidence": "见附件" for n in names}})
        return int(out["unpublished"]), int(out["publication_net"])

    signed(office, "housing", "双公开齐全")
    assert points("housing") == (0, 900)
    once = effect()[1]
    signed(office, "housing", "只在本单位公开", **{k: v for k, v in once.items() if k not in ("published_public", "measurable", "results", "evidence")}, published_public=None)
    assert points("housing") == (1, 0)


def test_a_joint_round_has_members_of_both_sides_and_answers_its_petitions(office: Office) -> None:
    """S3-31: A joint round has a group with members of both sides; leads go to each side by competence.
    S2-44: A petition handed in during a round gets a number, a route and an answer; the petitioner's name is visible only to the petition room."""
    stage = office.stage
    _post(stage, MEMBER, "yj-ins", "")
    stage.admin.execute("insert into body (code, kind, rank, sector, name_zh, name_en, short_zh, short_en, document_mark, initials, sort_key, division_code, valid_from) values ('jr1', 'unit', 'none', '新区', '新区管委会', 'New District', '', '', '', '{}', '', '', '2020-01-01')")
    matter = office.open("inspection_round", "联合巡察新区", person=WHO, owner="yj-ins", room=None, level=1)
    office.step(WHO, matter, "planned", ("plan", plan(office, system="新区", units=[{"unit": "新区管委会", "included": True}], other_side=office.body("datan"), other_commission=office.body("datan"))))
    needs = ("needs", {"rows": [{"skill": "finance", "number": 1, "supplied": 1}]})
    with stage.acts(WHO):
        row = Matter.objects.get(pk=matter)
        for who, slot in ((HEAD, "group_head"), (MEMBER, "group_members"), ("yj-duty", "from_commission")):
            people.join_team(row, stage.person(who), slot)
    assert office.refused(WHO, matter, "enter", needs) == "guard_slots"  # nobody of the other side
    with stage.acts(WHO):
        people.join_team(Matter.objects.get(pk=matter), stage.person(desk(office, "datan")), "other_members")
    office.step(WHO, matter, "enter", needs)
    letter = {"number": "访〔2026〕1号", "received_on": "2026-03-10", "route": "转属地信访室", "answered": False}
    assert office.refused(WHO, matter, "petition", ("petitions", {**letter, "petitioner": "张某"})) == "reporter_not_kept_here"
    office.step(WHO, matter, "petition", ("petitions", letter))
    office.step(WHO, matter, "petition", ("petitions", {**letter, "number": "访〔2026〕2号"}))
    assert office.refused(WHO, matter, "petition", ("petitions", {**letter, "answered": True})) == "required"
    office.step(WHO, matter, "petition", ("petitions", {**letter, "answered": True, "answered_on": "2026-03-20"}))
    assert sorted(set(office.facts(matter, "round.petition", WHO))) == ["访〔2026〕1号", "访〔2026〕2号"]
    assert office.facts(matter, "round.petition_answered", WHO) == ["2026-03-20"]
    during = ("during", {"risk": "可能毁证", "leads": [{"title": "本方干部线索"}], "leads_other": [{"title": "对方干部线索"}]})
    with stage.acts(WHO):
        forms.submit(Matter.objects.get(pk=matter), *during)
    office.hands.approved(HEAD, matter, "during", WHO, office.head, what={"partner": stage.body("yj")}, reason="边巡边移")
    office.step(WHO, matter, "during", during)
    owners = dict(stage.admin.execute("select m.title, b.code from matter_link l join matter m on m.id = l.target_id join body b on b.id = m.owner_body_id where l.source_id = %s and m.kind = 'lead'", [matter]).fetchall())
    assert owners == {"本方干部线索": "yj", "对方干部线索": "datan"}
    office.step(WHO, matter, "leave")
    with stage.acts(WHO):
        clock = Clock.objects.get(matter_id=matter, code="evaluation")
    assert clock.state == "running"
    assert clock.due_at is not None


def test_each_topic_of_a_visit_has_its_form_and_a_note_on_works_stands_at_the_project(office: Office) -> None:
    """S1-20: Each kind has its own form; a quality note is attached to the project of C11.
    S1-23: Record number issued at filing; urging entries and deadlines visible to secretary; village committees see tasks, not the informants."""
    from tests.rows.test_linkage import visit as one
    from xieli.office.field import projects

    matter, (form, note) = visit(office, "note", topic="cadres")
    assert office.refused(SUPERVISOR, matter, "keep", (form, note)) == "required"  # which post
    office.step(SUPERVISOR, matter, "keep", (form, {**note, "cadre_post": "村会计"}))
    project = office.open("project", "文山镇供水工程", level=0)
    stages = [{"stage": "进场", "planned_start": "2026-03-01", "planned_end": "2026-05-01"}]
    office.step(office.room, project, "start", ("plan", {"department": office.body("housing"), "investment": 100_000_000, "stages": stages}))
    matter, (form, note) = one(office, "note", topic="project")
    assert office.refused(SUPERVISOR, matter, "keep", (form, note)) == "required"  # which part of the works
    office.step(SUPERVISOR, matter, "keep", (form, {**note, "works": "二号管沟", "project": str(project)}))
    with office.stage.acts(SUPERVISOR):
        assert Matter.objects.filter(pk=project).count() == 0  # the supervisor names it and does not see into it
    with office.stage.acts(office.room):
        before = len(projects.gathered(Matter.objects.get(pk=project)).notes)
    assert before == 0  # a village's note is the village's and the town's until it is shared
    with office.stage.acts(SUPERVISOR):
        from xieli.office.matters.services import grants

        grants.give(matter, office.stage.room("yj/supervision3"), kind="handler", acts=["read"], ends_at=None, basis="项目质量", reason="")
    with office.stage.acts(office.room):
        assert [m.id for m in projects.gathered(Matter.objects.get(pk=project)).notes] == [matter]
    problem, (form, note) = visit(office, "problem")
    assert office.refused(SUPERVISOR, problem, "report", (form, {**note, "informant": "李老汉"})) == "reporter_not_kept_here"
    office.step(SUPERVISOR, problem, "report", (form, note))
    secretary = office.staff("fengdeng", "town_secretary")
    office.step(office.staff("fengdeng"), problem, "first_checked", ("first_check", {"checked_on": "2026-03-09", "found": "属实", "households": [{"household": "3组12户"}]}))
    office.step(secretary, problem, "urge", ("urging", {"text": "一周内落实", "due_on": "2026-03-16"}))
    with office.stage.acts(SUPERVISOR):
        row = Matter.objects.get(pk=problem)
        said = " ".join(str(f.data) for f in row.forms.all())
        told = row.number
    assert told.startswith("村〔2026〕")
    assert "一周内落实" in said
    assert "李老汉" not in said
    assert office.facts(problem, "village.due", secretary) == ["2026-03-16"]


def test_a_reminder_reaches_every_supervisor_of_a_recommendation(office: Office) -> None:
    """S1-34: A matter shows all supervisors with their own follow-up entries; reminders go to each."""
    matter = office.open("recommendation", "关于规范拨付的建议", level=0)
    office.step(office.room, matter, "surveyed", ("survey", {"unit": office.body("health"), "supervisor": office.body("yj-ins"), "origin": "case", "consulted_on": "2026-03-02", "risks": [{"code": "1", "kind": "gap", "text": "拨付无复核", "source": "案卷"}]}))
    office.step(office.room, matter, "submit", ("letter", {"items": [{"title": "建立复核", "risk": "1", "owner": "副局长", "due_on": "2026-05-01", "tripwire": "每季抽查"}], "traced": True, "due_on": "2026-05-01"}))
    office.hands.approved(office.room, matter, "issue", office.deputy)
    office.step(office.room, matter, "issue")
    office.step(office.room, matter, "remind", reason="请按期反馈")
    office.step("ins-head", matter, "remind", reason="巡察办同步督办")
    told = dict(office.stage.admin.execute("select b.code, count(distinct n.id) from notification n join posting p on p.person_id = n.person_id and p.ends_at is null join body b on b.id = p.body_id where n.matter_id = %s and n.kind = 'playbook.reminded' group by 1", [matter]).fetchall())
    assert told.get("yj-ins", 0) >= 1
    assert told.get("health", 0) >= 1
    entries = office.stage.admin.execute("select b.code from matter_move m join body b on b.id = m.body_id where m.matter_id = %s and m.move = 'remind' order by m.at", [matter]).fetchall()
    assert len(entries) == 2 or office.stage.admin.execute("select count(*) from matter_move where matter_id = %s and move = 'remind'", [matter]).fetchone()[0] == 2


def test_the_rota_plans_twenty_eight_checks_and_a_county_without_one_is_missing(office: Office) -> None:
    """S4-29: Plan for a year yields 28; missing county–quarter is red; a group lacks validity with one head (test_field.py)."""
    from xieli.office.field import checks

    counties = ["东坪区", "丰岩县", "临江区", "九曲区", "云台县", "北屏区", "南桥区"]
    visits = {(c, q): f"第{n + 1}督查组" for n, c in enumerate(counties) for q in (1, 2, 3, 4)}
    assert len(visits) == 28
    with office.stage.acts(office.room):
        plans = {n: {"kind": "regular", "members": [], "from_on": "2026-02-10", "units": [{"unit": c, "visit_on": "2026-02-10"}]} for n, c in enumerate(counties[:6])}
        plans[6] = {"kind": "special", "members": [], "from_on": "2026-02-10", "units": [{"unit": counties[6], "visit_on": "2026-02-10"}]}  # another kind of check is none of the rota's
        grid = checks.grid(plans, visits, date(2026, 5, 9))
    assert [r.county for r in grid] == sorted(counties)
    missing = {(r.county, q) for r in grid for q, c in zip(checks.QUARTERS, r.cells, strict=True) if c.missing}
    assert missing == {(counties[6], 1)}
    due = {(r.county, q) for r in grid for q, c in zip(checks.QUARTERS, r.cells, strict=True) if c.due}
    assert due == {(c, 2) for c in counties}  # the quarter runs until 30 June: not yet, and not missing
    with office.stage.acts(office.room):
        ended = checks.grid(plans, visits, date(2026, 7, 1))
    assert all(r.cells[1].missing for r in ended)
    assert all(c.group for r in grid for c in r.cells)


def test_a_unit_is_in_one_round_at_a_time_unless_it_is_said_why(office: Office) -> None:
    """Overlapping rounds of inspection: refused in plain words with the offer to say why; days apart, or a unit left out, are no overlap."""
    made = {**plan(office, units=[{"unit": "同期单位", "included": True}]), "from_on": "2026-04-01", "to_on": "2026-05-01"}
    made.pop("why_overlap", None)
    first = office.open("inspection_round", "甲轮", person=WHO, owner="yj-ins", room=None, level=1)
    office.step(WHO, first, "planned", ("plan", made))
    second = office.open("inspection_round", "乙轮", person=WHO, owner="yj-ins", room=None, level=1)
    assert office.refused(WHO, second, "planned", ("plan", {**made, "to_on": "2026-03-01"})) == "guard_field"  # ends before it begins
    assert office.refused(WHO, second, "planned", ("plan", made)) == "guard_field"
    office.step(WHO, second, "overlaps", ("plan", made))
    assert office.facts(second, "round.overlapping", WHO) == [1]
    for over in ({"from_on": "2026-05-02", "to_on": "2026-06-01"}, {"units": [{"unit": "同期单位", "included": False, "why_not": "另轮已在"}]}):
        with office.stage.acts(WHO):
            assert forms.checked(Matter.objects.get(pk=second), "plan", {**made, **over})["overlapping"] == 0
    office.step(WHO, second, "planned", ("plan", {**made, "why_overlap": "专项与常规分开进驻，已报领导小组"}))


def test_a_sanction_falls_on_whom_it_was_given_to(office: Office) -> None:
    """A case of several persons: a line each; party discipline for one is none for the other; who is left out, or is no subject, is refused by name."""
    from xieli.office.matters.services import leads
    from xieli.office.matters.services.errors import Refused
    from xieli.office.matters.services.subjects import given_to

    case = office.open("case", "三人案", subjects=tuple(leads.Subject(n, unit_name="某局", post="科长") for n in ("赵甲", "钱乙", "孙丙")))
    rows = [{"subject": "赵甲", "party_sanction": "expulsion", "administrative_sanction": "discharge"}, {"subject": "钱乙", "party_sanction": "warning"}, {"subject": "孙丙"}]
    with office.stage.acts(office.room):
        matter = Matter.objects.get(pk=case)
        everybody = list(matter.subjects.order_by("id"))

        def given(kind: str, **data: Any) -> list[str]:
            return sorted(s.name for s in given_to(matter, {"adjudication": data}, f"adjudication.{kind}", everybody))

        assert given("party_sanction", persons=rows) == ["赵甲", "钱乙"]
        assert given("administrative_sanction", persons=rows) == ["赵甲"]
        assert given("party_sanction", party_sanction="warning") == ["孙丙", "赵甲", "钱乙"]  # one sanction for all
        assert given("administrative_sanction", party_sanction="warning") == []
        for wrong, named in ((rows[:2], "孙丙"), ([*rows, {"subject": "李丁", "party_sanction": "warning"}], "李丁")):
            with pytest.raises(Refused, match=named):
                given("party_sanction", persons=wrong)
