"""C11, C15: campaigns and charges, the project board, water sections, catalogues, trees and the four lists on their pages; one world, played once."""
from __future__ import annotations

import io
import os
from collections.abc import Iterator
from datetime import date
from typing import Any

import openpyxl
import pytest

from tests import djangodb
from tests.dbfixtures import clone, drop
from tests.faces.web.conftest import Stage
from tests.rows.acting import Office

STRANGER = "wuchuan-handler1"


class Field(Stage):
    """A world with thirty projects on the board, a campaign of twelve topics, charges, a catalogue and a water section."""

    def __init__(self, database: Any) -> None:
        self.database = database
        djangodb.use(database)
        from xieli.office.demo import world
        from xieli.office.demo.officers import Officers
        from xieli.office.demo.stories import sc17_slip, sc28_in_charge, sc29_small_cut
        from xieli.office.demo.theatre import Theatre
        from xieli.office.matters.services import playbooks

        with database.admin() as admin:
            self.world = world.load(admin)
            playbooks.publish(admin)
        self.admin = database.admin()
        self.theatre = Theatre(self.world, self.admin)
        self.theatre.start_at("2026-03-02 09:00")
        self.office, hands = Office(self.theatre), Officers(self.theatre)
        officer = hands.staff("handler", "housing")
        self.project = sc17_slip.put_on_the_board(hands)
        sc17_slip.others(hands)
        sc17_slip.late(hands, officer, self.project)
        self.checks_on(hands)
        sc17_slip.on_the_spot(hands, officer, self.project)
        for act in (sc28_in_charge.the_campaign, sc28_in_charge.two_leads, sc28_in_charge.towns, sc28_in_charge.one_case):
            act(self.theatre)
        self.topics = self.theatre.made["topics"]
        first = self.topics[sc28_in_charge.TOPICS[0]]
        hands.step(sc28_in_charge.SECRETARY, first, "supervised", form=("supervision", {"percent": 100, "text": "已督"}))
        hands.step(self.theatre.holder("head@edu"), first, "rectified", form=("rectifying", {"percent": 20, "text": "已改"}))
        sc28_in_charge._charge(self.theatre, "yj-deputy", "area", "巫川县", "到区调研督导")
        for act in (sc29_small_cut.tag, sc29_small_cut.publish, sc29_small_cut.check_themselves, sc29_small_cut.missing):
            act(self.theatre)
        self.water = self.section()

    def checks_on(self, hands: Any) -> None:
        """A check by each side on the same project; the second side's check finds a problem and a lead."""
        office = self.office
        self.checks = []
        for person, owner, room in ((office.room, "yj", "yj/supervision3"), (self.theatre.holder("room_head@datan/supervision1"), "datan", "datan/supervision1")):
            matter = office.open("joint_check", f"重庆路三期检查（{owner}）", person=person, owner=owner, room=room, level=0)
            plan = {"topic": "项目进度", "kind": "joint", "members": [{"member": office.body("housing"), "task": "核进度", "side": "甲"}], "units": [{"unit": f"三期指挥部{owner}", "visit_on": "2026-03-16"}],
                    "checklist": [{"title": "进场"}], "project": str(self.project), "joined": "none", "from_on": "2026-03-15", "to_on": "2026-04-15"}
            office.step(person, matter, "submit", ("plan", plan))
            self.checks.append(matter)

    def section(self) -> int:
        """Two months of one section: the second differs by more than the tolerance."""
        office = self.office
        matter = office.open("water_section", "大洪河临水入境断面", level=0)
        office.step(office.room, matter, "start", ("section", {"other_side": office.body("datan"), "river": "大洪河", "section": "入境", "target": 3, "tolerance": 50}))
        partner = self.theatre.holder("case_duty@datan/case")
        for day, own, other, grade, move in (("2026-02-10", 200, 230, 2, "within"), ("2026-03-10", 200, 320, 4, "beyond")):
            office.step(office.room, matter, "sampled", ("own", {"month": day, "value": own, "class": grade}))
            office.step(partner, matter, "other_sampled", ("other", {"month": day, "value": other, "class": grade}))
            office.step(office.room, matter, move, ("comparison", {"compared_on": day}))
            if move == "within":
                office.step(office.room, matter, "next_month")
        return matter

    def page(self, path: str, person: str = "", language: str = "zh-hans", status: int = 200) -> str:
        """The text of a page as a person reads it."""
        answer = self.client(person or self.office.room, language).get(path)
        assert answer.status_code == status, f"{path}: {answer.status_code}"
        return str(answer.content.decode())


@pytest.fixture(scope="module")
def built(pg_cluster: Any) -> Iterator[Field]:
    database = clone(pg_cluster, f"fieldpages_{os.getpid()}", mark="demo")
    made = Field(database)
    yield made
    made.admin.close()
    from django.db import connections

    connections["default"].close()
    drop(database)


@pytest.fixture
def world(built: Field) -> Field:
    djangodb.use(built.database)
    return built


def address(matter: int, page: str) -> str:
    from xieli.office.ids import to_ref

    return f"/m/{to_ref(matter)}/{page}"


PAGES = ("/campaigns", "/charges", "/projects", "/water", "/catalogues", "/remedy/lists", "/checks", "/duties")


def test_the_pages_open_in_both_languages_and_a_stranger_finds_nothing_on_them(world: Field) -> None:
    """Everything of this world is hidden from somebody elsewhere: his pages are empty, and a page of one matter does not exist for him."""
    ghost = world.client(STRANGER).get("/m/0000000000000").content
    for path in PAGES:
        assert world.page(path)
        assert world.page(path, language="en")
        hidden = world.page(path, STRANGER)
        for said in ("群众身边不正之风", "校园食品", "重庆路三期", "重点项目", "入境", "违规收取回扣费", "包抓：", "索证不全"):
            assert said not in hidden, (path, said)
    campaign = world.one("select id from matter where kind = 'campaign'")
    for matter, page in ((campaign, "campaign"), (world.project, "project"), (world.water, "section"), (campaign, "tree")):
        assert world.client(STRANGER).get(address(matter, page)).content == ghost
    assert world.client(world.office.room).get(address(world.water, "project")).status_code == 404  # a matter of another kind has no such page


def test_districts_and_towns_are_named_in_the_readers_language(world: Field) -> None:
    from xieli.office.cooperation import campaigns

    with world.theatre.acts(world.office.room):
        left = campaigns.unvisited(campaigns.visited(date(2026, 1, 1), date(2026, 12, 31)), date(2026, 4, 24))
    assert left
    assert left[0] in world.page("/campaigns?first=2026-01-01&last=2026-12-31")
    text = world.page("/campaigns?first=2026-01-01&last=2026-12-31", language="en")
    assert not [name for name in left if name in text]
    assert " District" in text


def test_what_came_of_a_matter_begins_with_its_people_and_folds_the_kinds_away(world: Field) -> None:
    text = world.page(address(world.one("select id from matter where kind = 'campaign'"), "tree"))
    assert text.index("立案（人）") < text.index("<summary>事项种类") < text.index('class="tree"')


def test_twelve_topics_stand_in_one_table_with_both_leads_and_the_progress_of_each_side(world: Field) -> None:
    """S4-56: A topic with one lead is invalid (test_field.py); report of 12 with both leads, progress by each.
    S4-10: A topic with only one is incomplete; shared board with separated views."""
    from xieli.office.cooperation import campaigns
    from xieli.office.matters.services import people
    from xieli.office.matters.tables.core import Matter

    campaign = world.one("select id from matter where kind = 'campaign'")
    with world.theatre.acts(world.office.room):
        rows = campaigns.topics(Matter.objects.get(pk=campaign))
    assert len(rows) == 12
    assert all(t.first and t.second and t.department and not t.lacks for t in rows)
    first = next(t for t in rows if t.matter.title == "校园食品")
    assert (first.supervised, first.rectified, first.forces) == (100, 20, {"supervision": 2, "rectifying": 1})
    text = world.page(address(campaign, "campaign"))
    assert all(title in text for title in world.topics)
    assert "空缺" not in text
    # the department sees its own topics on the same board, and no other department's
    theirs = world.page("/campaigns", world.theatre.holder("head@edu"))
    assert "校园食品" in theirs
    assert "殡葬领域" not in theirs
    with world.theatre.acts(world.office.room):
        row = Matter.objects.get(pk=world.topics["校园食品"])
        people.leave_team(row, world.theatre.person("chief3"))
        broken = next(t for t in campaigns.topics() if t.matter.id == row.id)
    assert broken.lacks == ("supervision",)
    assert "监督专班未建成" in world.page("/campaigns")
    with world.theatre.acts(world.office.room):
        people.join_team(Matter.objects.get(pk=world.topics["校园食品"]), world.theatre.person("chief3"), "supervision")


def test_a_leaders_page_lists_all_kinds_and_flags_what_nobody_or_more_than_one_has(world: Field) -> None:
    """S4-08: Uncovered or doubly covered towns flagged; per-leader sheet shows three duties.
    S4-51: A leader's page lists the four kinds; object without charge is flagged where required.
    S4-54: See S4-51 with kind=topic."""
    from xieli.office.cooperation import charges
    from xieli.office.demo.stories import sc28_in_charge

    day = date(2026, 4, 24)
    with world.theatre.acts(world.office.room):
        assert charges.gaps("topic", day).missing == (sc28_in_charge.TOPICS[-1],)
        assert charges.gaps("town", day) == charges.Gaps((), ())
        sheet = charges.sheet(world.theatre.person("yj-deputy"))
    assert all(sheet[kind] for kind in ("area", "case", "project", "benefit", "topic", "town"))
    assert [(line.items, line.open) for line in sheet["town"]] == [(3, 3), (3, 3)]
    text = world.page("/charges")
    assert "物业维修资金" in text
    assert "4 项中未完成 3 项" in text
    sc28_in_charge._charge(world.theatre, "yj-head", "town", sc28_in_charge.TOWNS[1] + "纪委", "督办案件", "堵塞漏洞", "建章立制")
    with world.theatre.acts(world.office.room):
        assert charges.gaps("town", day).doubled == (sc28_in_charge.TOWNS[1],)
    assert "不止一人包的" in world.page("/charges")


def test_visits_roll_up_by_level_and_a_district_that_nobody_reached_is_named(world: Field) -> None:
    """S4-55: Visits roll up by level.
    S4-05: A district not visited in the period is listed."""
    from datetime import date

    from xieli.office.cooperation import campaigns, charges

    office = world.office
    chief = world.theatre.holder("room_head@datan/supervision1")
    with world.theatre.acts(office.room):
        names = charges.required("area", date(2026, 4, 24))
    for person, owner, room, places in ((office.room, "yj", "yj/supervision3", names[:3]), (chief, "datan", "datan/supervision1", names[2:4])):
        matter = office.open("joint_check", f"调研督导（{owner}）", person=person, owner=owner, room=room, level=0)
        plan = {"topic": "调研督导", "kind": "visit", "members": [{"member": office.body("edu"), "task": "陪同"}], "units": [{"unit": p, "visit_on": "2026-04-24"} for p in places],
                "checklist": [{"title": "办案"}], "joined": "none" if owner == "yj" else "reasoned", "joined_reason": "层级不同", "from_on": "2026-04-24", "to_on": "2026-05-24"}
        office.step(person, matter, "submit", ("plan", plan))
        office.hands.approved(person, matter, "start", office.deputy if owner == "yj" else world.theatre.holder("deputy@datan"))
        office.step(person, matter, "approve")
        with world.theatre.acts(person):
            from xieli.office.matters.services import people
            from xieli.office.matters.tables.core import Matter

            for who, slot in ((office.chief if owner == "yj" else chief, "head_one"), (office.staff("edu", "head"), "head_two"), (office.staff("edu"), "members")):
                people.join_team(Matter.objects.get(pk=matter), world.theatre.person(who), slot)
        office.step(person, matter, "start")
        for place in places:
            office.step(person, matter, "visited", ("visit", {"unit": place, "visited_on": "2026-04-24", "answers": [{"item": "办案", "state": "ok"}]}))
    with world.theatre.acts(office.staff("edu")):  # who took part in both sees both levels
        seen = campaigns.visited(date(2026, 4, 1), date(2026, 4, 30))
        levels = {level.rank: (level.visits, level.places) for level in campaigns.by_level(seen)}
        assert campaigns.unvisited(seen, date(2026, 4, 24)) == names[4:]
        assert campaigns.visited(date(2026, 3, 1), date(2026, 3, 31)) == []
    assert (levels["province"], levels["county"], levels["town"]) == ((3, 3), (2, 2), (0, 0))
    text = world.page("/campaigns")
    assert names[-1] in text.split("没有走到的区县")[1]
    assert f"■ {names[0]}<" not in text


def test_the_board_lists_thirty_projects_by_computed_state_and_one_page_gathers_what_all_bodies_did(world: Field) -> None:
    """S3-14: A project shows stages 签约→…→投产 with plan/actual per department; the map view lists 30.
    S3-33: Project page shows all its checks by both sides once each."""
    from xieli.office.field import projects
    from xieli.office.matters.tables.core import Matter

    text = world.page("/projects")
    assert all(f"{word} {n}</a>" in text for word, n in (("全部", 30), ("完工", 1), ("按进度", 26), ("滞后", 3)))
    late = world.page("/projects?state=late")
    assert "重庆路三期" in late
    assert late.count('data-label="项目"') == 3
    assert world.page("/projects?state=done").count('data-label="项目"') == 1
    page = world.page(address(world.project, "project"))
    for said in ("签约", "投产", "2026-03-10", "2026-03-15", "滞后 5 日", "拆除房屋", "清运建渣", "连日降雨", "房屋未拆除完毕", "照片 1 张", "重庆路三期检查（yj）"):
        assert said in page, said
    assert "重庆路三期检查（datan）" not in page  # the other side's check is that side's until it is shared
    with world.theatre.acts(world.theatre.holder("room_head@datan/supervision1")):
        from xieli.office.matters.services import grants

        grants.give(world.checks[1], world.theatre.room("yj/supervision3"), kind="handler", acts=["read"], ends_at=None, basis="两地共享", reason="")
    page = world.page(address(world.project, "project"))
    assert page.count("重庆路三期检查（yj）") == page.count("重庆路三期检查（datan）") == 1
    with world.theatre.acts(world.office.room):
        found = projects.gathered(Matter.objects.get(pk=world.project))
    assert [m.id for m in found.checks] == world.checks
    assert sorted(m.title for m in found.tasks) == ["建渣未清运", "房屋未拆除完毕"]


def test_a_section_is_shown_month_by_month_with_both_sides_beside_each_other(world: Field) -> None:
    text = world.page("/water")
    assert "未达标" in text
    assert "相差 120，允许 50" in text
    page = world.page(address(world.water, "section"))
    for said in ("2026-02", "2026-03", "超差", "一致", "230", "320"):
        assert said in page, said
    assert "120 apart, 50 allowed" in world.page("/water", language="en")
    partner = world.theatre.holder("case_duty@datan/case")
    assert world.page(address(world.water, "section"), partner) != ""


def test_a_catalogue_shows_what_past_cases_propose_and_who_has_not_reported(world: Field) -> None:
    text = world.page("/catalogues")
    assert text.count("● 建议入目录") == 9
    assert "未报" in text
    assert "Proposed" not in text
    assert "issued: 9" in world.page("/catalogues", language="en")


def test_a_tree_shows_each_thing_that_came_of_a_matter_once(world: Field) -> None:
    from xieli.office.reports import trees

    campaign = world.one("select id from matter where kind = 'campaign'")
    with world.theatre.acts(world.office.room):
        nodes = trees.nodes(campaign)
    assert len(nodes) == len({n.matter.id for n in nodes}) == 13
    text = world.page(address(campaign, "tree"))
    assert all(title in text for title in world.topics)
    assert f'href="{address(campaign, "tree")}"' in world.page(address(campaign, "")[:-1])


def test_the_four_lists_are_taken_out_as_one_workbook_with_a_purpose_and_on_record(world: Field) -> None:
    from tests.rows.test_paper_guards import reported

    made = reported(world.office, "agri", "四张清单里的问题")
    client = world.client(world.office.room)
    assert client.post("/remedy/lists", {"purpose": "x"}).status_code == 422
    taken = "select count(*) from audit.event where verb = 'register.exported'"
    before = world.one(taken)
    answer = client.post("/remedy/lists", {"purpose": "联席会议核对"})
    assert answer.status_code == 200
    assert world.one(taken) == before + 1
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert len(book.sheetnames) == 4
    number = world.one("select number from matter where id = %s", made)
    assert [row[0].value for row in book.worksheets[0].iter_rows(min_row=2)] == [number]
    assert number in world.page("/remedy/lists")
    other = openpyxl.load_workbook(io.BytesIO(world.client(STRANGER).post("/remedy/lists", {"purpose": "联席会议核对"}).content))
    assert [row for sheet in other.worksheets for row in sheet.iter_rows(min_row=2)] == []


def test_the_board_of_a_contact_room_shows_every_linked_body_what_is_overdue_and_each_urging_with_its_reply(world: Field) -> None:
    """S1-18: A room's board shows every linked body with overdue duties and urging notes with replies."""
    from xieli.office.bodies.models import Body
    from xieli.office.cooperation import duties

    office, theatre, room = world.office, world.theatre, world.theatre.room("yj/supervision3")
    world.admin.execute("insert into room_contact (room_id, body_id) values (%s, %s)", [room, theatre.body("du-finance")])
    officer, made = office.staff("du-finance"), []
    for text, due in (("列席民主决策会议", "2026-01-15"), ("报送季度监督报告", "2026-01-20"), ("开展廉政谈话", "2026-12-31")):
        task = office.open("decision_task", text, level=0)
        office.step(office.room, task, "give", ("task", {"duty_body": office.body("du-finance"), "origin": "meeting", "kind": "work", "text": text, "given_on": "2026-01-05", "due_on": due}))
        office.step(officer, task, "receive", ("receipt", {"by_post": "组长", "received_on": "2026-01-06"}))
        made.append(task)
    first, second, third = made
    for task, note in ((first, "请说明未列席原因"), (second, "季度报告已逾期")):
        office.step(office.room, task, "urge", reason=note)
    office.hands.minutes(5)
    office.step(officer, first, "report", ("result", {"text": "已补列席，附会议记录", "done_on": office.hands.day()}))
    office.step(officer, third, "report", ("result", {"text": "已谈话三人", "done_on": office.hands.day()}))
    office.step(office.room, third, "accept")
    with theatre.acts(office.room):
        lines = {line.body.code: line for line in duties.board([room], office.hands.clock().date())}
        linked = set(Body.objects.filter(contact_rooms=room, valid_to=None).values_list("code", flat=True))
    assert set(lines) == linked  # a body without any duty stands on it all the same
    line = lines["du-finance"]
    assert (line.done, line.running, line.overdue) == (1, 2, 2)
    assert [(d.matter.id, [(u.text, u.reply) for u in d.urged]) for d in line.duties] == [(first, [("请说明未列席原因", "已补列席，附会议记录")]), (second, [("季度报告已逾期", "")])]
    page = world.page("/duties")
    for said in ("驻财政", "请说明未列席原因", "已补列席，附会议记录", "季度报告已逾期", "未回复"):
        assert said in page
    assert "no reply yet" in world.page("/duties", language="en")
    assert "请说明未列席原因" not in world.page("/duties", STRANGER)
