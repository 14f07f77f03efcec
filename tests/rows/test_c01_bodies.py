"""C01: bodies, lines, areas and composition models, by the persons who found and join them."""
from __future__ import annotations

from datetime import date

import pytest

from tests.rows.acting import Office
from xieli.engines.metrics import Period
from xieli.office.cooperation import queries, services
from xieli.office.cooperation.models import CooperationGroup
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import grants, leads, moves, tasks
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.tables.core import Matter, MatterBody

DAY = date(2026, 3, 2)
TOWNS = ("wenshan", "fengdeng", "changle", "shixi")


@pytest.fixture(scope="module")
def office(stage: Theatre) -> Office:
    return Office(stage)


@pytest.fixture(scope="module")
def deputy(office: Office) -> str:
    return office.stage.holder("deputy@zhongyue")


def post(office: Office, spec: str) -> int:
    return office.stage.world.offices[spec]


def wrong(office: Office, person: str, group: CooperationGroup) -> list[tuple[str, str]]:
    with office.stage.acts(person):
        return [(p.slot, p.code) for p in queries.problems(group, DAY)]


def refusal(office: Office, person: str, act: object) -> str:
    with office.stage.acts(person):
        return office.stage.refused(act)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def area(office: Office, deputy: str) -> CooperationGroup:
    """A 1+2+1+X of the county, whole."""
    with office.stage.acts(deputy):
        group = services.found("忠岳一片", "1+2+1+X", "忠岳县第一片区", "First Area", office.stage.body("zhongyue"))
        services.seat(group, "leader", office=post(office, "deputy@zhongyue"))
        services.seat(group, "deputy_room", office=post(office, "room_head@zhongyue/supervision1"))
        services.seat(group, "deputy_town", office=post(office, "town_secretary@wenshan"))
        services.seat(group, "liaison", body=office.stage.body("zhongyue"), person=office.stage.person(office.staff("zhongyue/supervision1")))
        services.seat(group, "towns", body=office.stage.body("wenshan"))
    return group


def test_an_area_of_towns_has_one_leader_two_deputies_a_liaison_and_towns(office: Office, deputy: str, area: CooperationGroup) -> None:
    """S1-03: An area with 1 deputy, or a leader who is not in the leadership group, is "incomplete"; when a room head changes office the deputy post follows the office ⟨inf⟩ and is flagged for confirmation.
    S1-08 (part): leadership vacancy is flagged."""
    assert wrong(office, deputy, area) == []
    with office.stage.acts(deputy):
        lame = services.found("忠岳残缺", "1+2+1+X", "残缺片区", "Lame Area", office.stage.body("zhongyue"))
        services.seat(lame, "leader", office=post(office, "handler@zhongyue/supervision1"))
        services.seat(lame, "deputy_room", office=post(office, "room_head@zhongyue/supervision1"))
    assert set(wrong(office, deputy, lame)) == {("leader", "wrong_office"), ("deputy_town", "too_few"), ("liaison", "too_few"), ("towns", "too_few")}
    assert refusal(office, deputy, lambda: services.seat(lame, "leader", person=office.stage.person(deputy))) == "office_needed"
    # the room head changes: the seat follows the office and waits for a word
    room, new = post(office, "room_head@zhongyue/supervision1"), office.staff("zhongyue/supervision1")
    office.stage.admin.execute("update posting set ends_at = access.now() where office_id = %s and ends_at is null", [room])
    assert wrong(office, deputy, area) == [("deputy_room", "vacant")]
    office.hands.post(new, "room_head@zhongyue/supervision1", home="zhongyue", kind="regular", months=24)
    office.stage.admin.execute("update posting set ends_at = null where office_id = %s and person_id = %s", [room, office.stage.person(new)])
    assert wrong(office, deputy, area) == [("deputy_room", "to_confirm")]
    with office.stage.acts(deputy):
        services.seat(area, "deputy_room", office=room)
    assert wrong(office, deputy, area) == []


def test_one_engine_validates_every_composition(office: Office, deputy: str) -> None:
    """S1-05: A template with slots 1/N/N instantiates and validates; the same engine validates 1+2+1+X and 2+1+4+N (S3-18).
    S3-18: Template validated: fifth town → error; N grows freely.
    S1-15: Template without fixed numbers accepted."""
    with office.stage.acts(deputy):
        unit = services.found("忠岳统筹", "1+N+N", "统筹单元", "Unit", office.stage.body("zhongyue"))
        services.seat(unit, "room", office=post(office, "room_head@zhongyue/supervision1"))
        services.seat(unit, "units", body=office.stage.body("du-finance"))
        for town in TOWNS[:2]:
            services.seat(unit, "towns", body=office.stage.body(town))
    assert wrong(office, deputy, unit) == []
    with office.stage.acts(office.deputy):
        system = services.found("跨区域体系", "2+1+4+N", "跨区域监督体系", "Cross-border system", office.stage.body("yj"))
        for body in ("datan", "zhongyue"):
            services.seat(system, "commissions", body=office.stage.body(body))
        services.seat(system, "office", body=office.stage.body("hitech"))
        for town in TOWNS[:3]:
            services.seat(system, "towns", body=office.stage.body(town))
        services.seat(system, "departments", body=office.stage.body("finance"))
    assert wrong(office, office.deputy, system) == [("towns", "too_few")]
    with office.stage.acts(office.deputy):
        services.seat(system, "towns", body=office.stage.body("shixi"))
        for department in ("audit", "health", "edu", "housing", "agri"):
            services.seat(system, "departments", body=office.stage.body(department))
    assert wrong(office, office.deputy, system) == []
    assert refusal(office, office.deputy, lambda: services.seat(system, "towns", body=office.stage.body("hitech"))) == "too_many"
    assert refusal(office, office.deputy, lambda: services.seat(system, "commissions", body=office.stage.body("datan"))) == "too_many"
    with office.stage.acts(deputy):
        free = services.found("宣汉式", "free_area", "乡镇协作区", "Free area", office.stage.body("zhongyue"))
        services.seat(free, "members", body=office.stage.body("changle"))
    assert wrong(office, deputy, free) == []
    assert refusal(office, deputy, lambda: services.found("别处", "unified", "别处", "elsewhere", office.stage.body("datan"))) != ""  # not his body


def test_every_town_stands_in_exactly_one_area(office: Office, deputy: str) -> None:
    """S1-02: Saving a division with an orphan or a doubly assigned township is refused; report lists 8 areas with members; neighbour check flags a non-adjacent member (就近)."""
    county = office.stage.body("zhongyue")
    more = []
    for i in range(20):
        row = office.stage.admin.execute("insert into body (code, kind, rank, parent_id, division_code, sector, name_zh, name_en, short_zh, short_en, document_mark, initials, sort_key, valid_from)"
                                         " values (%s, 'town_committee', 'town', %s, '', '', %s, 'T', '', '', '', '{}', '', '2020-01-01') returning id", [f"town{i}", county, f"第{i}镇纪委"]).fetchone()
        more.append(row[0])
    towns = [office.stage.body(t) for t in TOWNS] + more
    for a, b in ((towns[0], towns[1]), (towns[1], towns[2])):
        office.stage.admin.execute("insert into body_neighbour (body_id, other_id) values (%s, %s), (%s, %s)", [a, b, b, a])
    office.stage.admin.execute("insert into body_neighbour (body_id, other_id) values (%s, %s)", [towns[3], towns[9]])
    parts = [services.Part(f"第{i}片区", f"Area {i}", tuple(towns[3 * i:3 * i + 3])) for i in range(8)]
    assert refusal(office, deputy, lambda: services.divide(county, parts[:-1], "就近整合")) == "orphan"
    twice = [*parts[:-1], services.Part("第7片区", "Area 7", (*parts[-1].towns, towns[0]))]
    assert refusal(office, deputy, lambda: services.divide(county, twice, "就近整合")) == "twice"
    assert refusal(office, deputy, lambda: services.divide(county, [*parts, services.Part("外县", "elsewhere", (office.stage.body("datan"),))], "就近整合")) == "elsewhere"
    with office.stage.acts(deputy):
        count, far = services.divide(county, parts, "就近整合", DAY)
    assert count == 8
    assert far == list(parts[1].towns)  # the fourth town has neighbours on record, and none of them in its area
    from xieli.office.bodies.models import Area

    with office.stage.acts(deputy):
        now = Area.objects.filter(queries.valid_on(DAY), kind="townships", lead_body_id=county)
        assert [a.members.count() for a in now.order_by("id")] == [3] * 8
        assert Area.objects.filter(kind="townships", lead_body_id=county, valid_to=DAY).count() == 2  # the old division is kept with its end


def test_a_request_to_the_group_reaches_every_member_valid_today(office: Office) -> None:
    """S0-23: The group page lists the six; a request "to the group" fans out to the members' contacts; membership is valid on date."""
    linjiang = office.stage.holder("deputy@linjiang")
    members = ("yj-org", "court", "procuratorate", "police", "audit")
    with office.stage.acts(linjiang):
        group = services.found("临江协调小组", "coordination", "反腐败协调小组", "Coordination group", office.stage.body("linjiang"))
        services.seat(group, "convener", body=office.stage.body("linjiang"))
        assert office.stage.refused(lambda: services.ask_group(group, "核查文书", owner=office.stage.body("linjiang"))) == "group_incomplete"
        for member in members:
            services.seat(group, "members", body=office.stage.body(member))
        services.seat(group, "members", body=office.stage.body("market"), starts=date(2026, 6, 1))  # not a member yet
        assert queries.problems(group, DAY) == []
        assert queries.seats_of(group, DAY).count() == 6
        asked = services.ask_group(group, "核查法院文书真伪", owner=office.stage.body("linjiang"), room=office.stage.room("linjiang/supervision1"))
        helpers = set(MatterBody.objects.filter(matter=asked, role="helper").values_list("body_id", flat=True))
    assert helpers == {office.stage.body(m) for m in members}


def test_cooperation_is_opened_matter_by_matter_and_every_unit_is_covered(office: Office) -> None:
    """S0-01: Given a register with a local line and a central line, when an operator of DC A opens CU B's matter without a cooperation record, the system refuses; after CC opens one, both bodies see the same matter and only that matter; a coverage report lists units without a contact department or responsible DC (target 0).
    S0-39 (part): a unit with 0 or 2 valid contacts is an error in the register check."""
    unit, local = "icb-officer", "datan-lead"
    with office.stage.acts(unit):
        mine, other = (leads.register(leads.NewMatter("lead", t, office.stage.body("icb-dc"), None, (leads.Subject("某某", unit_body=office.stage.body("icb")),), level=1, source="supervision")).id for t in ("甲线索", "乙线索"))
        grants.give(mine, office.stage.body("icb-dc"), kind="handler", acts=["read", "write", "grant"], ends_at=None, basis="承办", reason="")
    assert not office.stage.sees(local, mine)
    with office.stage.acts(local), pytest.raises(Matter.DoesNotExist):
        moves.make(Matter.objects.get(pk=mine), "accept")
    with office.stage.acts(unit):
        grants.give(mine, office.stage.body("datan"), kind="handler", acts=["read"], ends_at=None, basis="央地协作：联合办案", reason="")
    assert office.stage.sees(local, mine)
    assert not office.stage.sees(local, other)
    with office.stage.acts(office.chief):
        assert queries.uncovered(DAY) == []
    office.stage.admin.execute("delete from room_contact where body_id = %s", [office.stage.body("fire-dc")])
    office.stage.admin.execute("insert into room_contact (room_id, body_id) values (%s, %s)", [office.stage.room("yj/supervision1"), office.stage.body("grid-dc")])
    office.stage.admin.execute("update area_body set valid_to = '2026-01-01' where body_id = %s", [office.stage.body("tax-dc")])
    with office.stage.acts(office.chief):
        found = {u.body.code: (u.contacts, u.areas) for u in queries.uncovered(DAY)}
    assert found == {"fire-dc": (0, 1), "grid-dc": (2, 1), "tax-dc": (1, 0)}


def test_what_is_beyond_the_room_goes_to_the_lead_and_guidance_stands_in_the_towns_case(office: Office, deputy: str, area: CooperationGroup) -> None:
    """S1-07: Each mechanism shows lead and executing room; an action beyond the room's power goes to the lead automatically.
    S1-08: Guidance notes of the contact room appear in the township's case; leadership vacancy is flagged."""
    with office.stage.acts(deputy):
        seats = {s.slot: s for s in queries.seats_of(area, DAY)}
    assert seats["leader"].office.code == "deputy"
    assert seats["deputy_room"].office.code == "room_head"
    with office.stage.acts("wenshan-secretary"):
        case = leads.register(leads.NewMatter("area_case", "种粮补贴", office.stage.body("wenshan"), None, (), level=1, source="petition", parties={"county": (office.stage.body("zhongyue"),), "towns": (office.stage.body("fengdeng"),)})).id
        grants.give(case, office.stage.body("wenshan"), kind="handler", acts=["read", "write", "note"], ends_at=None, basis="本委承办", reason="")
        grants.give(case, office.stage.room("zhongyue/supervision1"), kind="handler", acts=["read", "write", "grant", "note"], ends_at=None, basis="片区协作", reason="")
    office.step("wenshan-secretary", case, "ask", ("ask", {"problem": "亲友知情人多，本镇人手不足", "needed": 2, "households": 30, "asked_on": "2026-03-02"}))
    chief = office.staff("zhongyue/supervision1")
    approval = office.hands.ask(chief, case, "activate", {"towns": [office.stage.body("fengdeng")]}, reason="力量不足")
    assert [o for o, _ in office.hands.waiting(approval)] == ["deputy_leader"]
    with office.stage.acts(chief):
        tasks.note(Matter.objects.get(pk=case), "先核面积台账，再入户")
    with office.stage.acts("wenshan-secretary"):
        from xieli.office.matters.tables.work import Note

        assert [n.text for n in Note.objects.filter(matter_id=case)] == ["先核面积台账，再入户"]
    office.stage.admin.execute("update posting set ends_at = access.now() where office_id = %s and ends_at is null", [post(office, "deputy@zhongyue")])
    assert ("leader", "vacant") in wrong(office, chief, area)
    office.stage.admin.execute("update posting set ends_at = null where office_id = %s and person_id = %s", [post(office, "deputy@zhongyue"), office.stage.person(deputy)])


def test_a_task_to_all_four_towns_shows_four_receipts_and_four_results(office: Office) -> None:
    """S3-09: A task "to all four" shows 4 receipts and 4 results."""
    parent = office.open("meeting", "辖区联动部署", level=0)
    with office.stage.acts(office.deputy):
        group = services.found("四镇联动", "2+1+4+N", "四镇联动", "Four towns", office.stage.body("yj"))
        for town in TOWNS:
            services.seat(group, "towns", body=office.stage.body(town))
    with office.stage.acts(office.room):
        made = services.task_all(group, "towns", Matter.objects.get(pk=parent), "排查项目占地补偿", date(2026, 4, 2), owner=office.stage.body("yj"), room=office.stage.room("yj/supervision3"))
    assert len(made) == 4
    for task, town in zip(made, TOWNS, strict=True):
        who = office.staff(town)
        office.step(who, task.id, "receive", ("receipt", {"by_post": "纪委干部", "received_on": "2026-03-02"}))
        office.step(who, task.id, "report", ("result", {"text": f"{town} 已排查", "done_on": "2026-03-10"}))
    assert sum(len(office.facts(t.id, "task.received")) for t in made) == 4
    assert sum(len(office.facts(t.id, "task.done")) for t in made) == 4
    assert len(office.children(parent, "decision_task")) == 4


def test_several_models_run_side_by_side_and_are_compared(office: Office, area: CooperationGroup) -> None:
    """S1-13: Two counties with different templates run in one installation; a comparison shows cases, days, people moved per model."""
    other = office.stage.holder("deputy@yuntai")
    with office.stage.acts(other):
        services.found("云台统派", "unified", "云台县统派统管", "Yuntai unified", office.stage.body("yuntai"))
    with office.stage.acts(office.chief):
        lines = queries.compare_models(Period(date(2026, 1, 1), date(2026, 12, 31)), DAY)
        by = {(line.body.code, line.template.code): line for line in lines}
        assert ("zhongyue", "1+2+1+X") in by
        assert ("yuntai", "unified") in by
        assert by["yuntai", "unified"].days is None  # nothing ended yet: no number is invented
    with office.stage.acts(other):
        moved = leads.register(leads.NewMatter("joint_check", "县域联合检查", office.stage.body("yuntai"), office.stage.room("yuntai/supervision1"), level=0))
        grants.give(moved.id, office.stage.body("yj"), kind="handler", acts=["read"], ends_at=None, basis="报市", reason="")
    with office.stage.acts(office.chief):
        lines = queries.compare_models(Period(date(2026, 1, 1), date(2026, 12, 31)), DAY)
        assert next(line for line in lines if line.body.code == "yuntai").joint == 1


def test_a_group_that_ends_before_it_starts_or_bears_a_taken_name_is_refused(office: Office, deputy: str) -> None:
    body = office.stage.body("zhongyue")
    assert refusal(office, deputy, lambda: services.found("倒置", "free_area", "倒置", "x", body, starts=date(2026, 5, 1), ends=date(2026, 4, 1))) == "period"
    assert refusal(office, deputy, lambda: services.found("忠岳一片", "free_area", "重名", "x", body)) == "taken"
    assert refusal(office, deputy, lambda: services.found("无模板", "3+3", "无", "x", body)) == "unknown_template"
    with office.stage.acts("finance-liaison"), pytest.raises(Refused):
        services.found("外人", "free_area", "外人", "x", body)
