"""C10: a round of inspection and its linkage with the commission: batch, package, heads only, hand-over during the round, look-back."""
from __future__ import annotations

from typing import Any

import pytest

from tests.rows.acting import Office
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import grants, leads, people
from xieli.office.matters.tables.core import Matter

WHO, HEAD, MEMBER = "ins-head", "ins-leader", "icb-expert"
FOCUS = [{"kind": "field", "circle": "group", "text": "校园餐", "source": "联席会议"}, {"kind": "object", "circle": "heads", "source": "联席会议"}]


@pytest.fixture(scope="module")
def office(stage: Theatre) -> Office:
    office = Office(stage)
    # a round's member who is no head, and a conduct room with somebody in it (reference data of the installer)
    office.hands.post(MEMBER, "handler@yj-ins", home="icb-dc", kind="temporary_post") if "handler@yj-ins" in stage.world.offices else _post(stage, MEMBER, "yj-ins", "")
    _post(stage, "yj-keeper", "yj", "yj/conduct")
    for i in range(3):
        stage.admin.execute("insert into body (code, kind, rank, sector, name_zh, name_en, short_zh, short_en, document_mark, initials, sort_key, division_code, valid_from)"
                            " values (%s, 'unit', 'none', '教育', %s, %s, '', '', '', '{}', '', '', '2020-01-01')", [f"school{i}", f"示范学校{i}", f"Sample School {i}"])
    return office


def _post(stage: Theatre, person: str, body: str, room: str) -> None:
    stage.admin.execute(
        "insert into posting (person_id, body_id, room_id, office_id, kind, starts_at, basis, is_deputy, confirmed_by_id, granted_by_id)"
        " values (%s, %s, %s, null, 'regular', access.now(), 'posting order', false, %s, %s)",
        [stage.person(person), stage.body(body), stage.world.rooms.get(room), stage.person("yj-head"), stage.person("yj-head")])


def plan(office: Office, **over: Any) -> dict[str, Any]:
    return {"commission": office.body("yj"), "round": "五届第九轮", "system": "教育", "meeting_on": "2026-02-10", "focus": FOCUS, "why_batch": "同一系统、同一资金链",
            "units": [{"unit": f"示范学校{i}", "included": True} for i in range(3)], "from_on": "2026-03-10", "to_on": "2026-05-10", "why_overlap": "各组分头进驻，已报领导小组同意", **over}


def planned(office: Office, **over: Any) -> int:
    matter = office.open("inspection_round", "五届第九轮", person=WHO, owner="yj-ins", room=None, level=1)
    office.step(WHO, matter, "planned", ("plan", plan(office, **over)))
    return matter


def joined(office: Office, matter: int) -> None:
    for person, slot in ((HEAD, "group_head"), (MEMBER, "group_members"), ("yj-duty", "from_commission")):
        with office.stage.acts(WHO):
            people.join_team(Matter.objects.get(pk=matter), office.stage.person(person), slot)


def test_a_system_is_inspected_whole_and_the_years_focus_goes_with_it(office: Office) -> None:
    """S2-05: Selecting a system lists all linked units; leaving one out needs a reason; the round sheet shows batch and reasons.
    S2-04: A year without the meeting is flagged; focus items carry into plan and packages with need-to-know per item."""
    matter = office.open("inspection_round", "五届第九轮", person=WHO, owner="yj-ins", room=None, level=1)
    two = plan(office, units=[{"unit": f"示范学校{i}", "included": True} for i in range(2)])
    assert office.refused(WHO, matter, "planned", ("plan", two)) == "roster_incomplete"
    left_out = plan(office, units=[*two["units"], {"unit": "示范学校2", "included": False}])
    assert office.refused(WHO, matter, "planned", ("plan", left_out)) == "required"
    left_out["units"][2]["why_not"] = "上轮已巡"
    assert office.refused(WHO, matter, "planned", ("plan", {**left_out, "focus": [{**FOCUS[1], "text": "某局长"}]})) == "must_be_empty"
    stale = {**left_out, "meeting_on": "2025-01-10"}
    assert office.refused(WHO, matter, "planned", ("plan", stale)) == "guard_field"
    office.step(WHO, matter, "no_meeting", ("plan", stale))
    with office.stage.acts(WHO):
        assert Matter.objects.get(pk=matter).alarms.filter(kind="no_meeting").exists()
    office.step(WHO, matter, "planned", ("plan", left_out))
    assert office.data(matter, "plan", WHO)["units"][2]["why_not"] == "上轮已巡"
    assert office.data(matter, "plan", WHO)["why_batch"] == "同一系统、同一资金链"
    assert office.facts(matter, "round.units", WHO) == [3]
    assert office.facts(matter, "round.focus", WHO) == ["校园餐"]  # the item for heads only leaves no text here
    package = ask_package(office, matter)
    fill = waiting(office, package)
    assert fill["needs"] == "校园餐和基建"


def ask_package(office: Office, matter: int, reader: str = HEAD) -> int:
    target = {"reader_body": office.body("yj-ins"), "reader": str(office.stage.person(reader)), "round": "五届第九轮", "needs": "校园餐和基建", "due_on": "2026-03-09"}
    office.step(WHO, matter, "ask_package", ("target", target))
    package = office.children(matter, "package_before_inspection", WHO)[-1]
    with office.stage.acts("yj-duty"):  # it arrives at the desk, whose officer gives it to the unit's contact room
        leads.ensure_begun(Matter.objects.get(pk=package))
        grants.give(package, office.stage.room("yj/supervision3"), kind="handler", acts=["read", "write", "grant", "note"], ends_at=None, basis="联系室牵头", reason="")
    return package


def waiting(office: Office, package: int) -> dict[str, Any]:
    from xieli.office.matters.services.forms import filled

    with office.stage.acts(office.room):
        return filled(Matter.objects.get(pk=package), "request")


def item(unit: str, grade: str = "written", **over: Any) -> dict[str, Any]:
    row = {"unit": unit, "grade": grade, "source_grade": "verified", "topic": "招采"}
    extra = {"written": {"text": "招采集中"}, "oral_only": {"decided_by": "秦立新"}, "unfounded_cleared": {"cleared_on": "2026-01-10"}}[grade]
    return {**row, **extra, **over}


def filled_package(office: Office, matter: int) -> int:
    package = ask_package(office, matter)
    office.step(office.room, package, "ask", ("request", waiting(office, package)))
    assert office.refused("yj-petitions", package, "case_filled", ("case_block", {"items": [item("示范学校0")]})) != ""
    office.step(office.room, package, "lead_filled", ("lead_block", {"items": [item("示范学校0", "oral_only")]}))
    office.step("yj-clerk", package, "case_filled", ("case_block", {"items": [item("示范学校0")]}))
    office.step("yj-petitions", package, "petition_filled", ("petition_block", {"items": [item("示范学校1", "unfounded_cleared")]}))
    return package


def test_four_rooms_fill_the_package_and_only_the_named_head_opens_it(office: Office) -> None:
    """S2-06: A request fans out to 3 rooms; the package cannot go out with an unanswered block; only the named group opens it; forwarding is impossible; read receipt with time.
    S2-07: An item marked "oral only" has no exportable text; a record of the briefing closes the item in the package; count appears in totals as items provided.
    S2-09: A member of the group cannot open it, the head can; source matter identity is not shown; approval and expiry are enforced; each view is logged."""
    matter = planned(office)
    joined(office, matter)
    package = filled_package(office, matter)
    cover = {"risk_profile": "基建多", "no_source": True}
    assert office.refused(office.room, package, "submit", ("cover", cover)) != ""  # the conduct room has not answered
    for wrong in (item("示范学校2", "oral_only", text="不该写的内容"), item("示范学校2", "unfounded_cleared", text="举报内容")):
        assert office.refused("yj-keeper", package, "conduct_filled", ("conduct_block", {"items": [wrong]})) == "must_be_empty"
    office.step("yj-keeper", package, "conduct_filled", ("conduct_block", {"items": [item("示范学校2")]}))
    assert office.refused(office.room, package, "submit", ("cover", {**cover, "no_source": False})) == "guard_field"
    office.step(office.room, package, "submit", ("cover", cover))
    assert office.refused(office.room, package, "deliver") == "not_approved"
    assert not office.stage.sees(HEAD, package)
    office.hands.approved(office.room, package, "disclose", office.deputy, office.head)
    office.step(office.room, package, "deliver")
    assert office.stage.sees(HEAD, package)
    assert not office.stage.sees(MEMBER, package)  # of the same group, not its head
    assert not office.stage.sees(WHO, package)
    assert office.facts(package, "package.items") == [4]
    assert office.facts(package, "package.oral") == [1]
    assert office.refused(office.room, package, "read", ("read", {"read_at": "2026-03-02T10:00:00+08:00"})) != ""
    office.step(HEAD, package, "read", ("read", {"read_at": "2026-03-02T10:00:00+08:00"}))
    with office.stage.acts(HEAD):
        row = Matter.objects.get(pk=package)
        grants = row.grants.filter(principal=office.stage.person(HEAD), revoked_at=None)
        assert [sorted(g.acts) for g in grants] == [["read", "write"]]  # no export, no passing on
        assert grants[0].ends_at.isoformat() < "2026-06-03"
    assert office.refused(office.room, package, "end") != ""  # an oral-only item is not told yet
    told = {"topic": "招采", "told_to": str(office.stage.person(HEAD)), "told_at": "2026-03-02T11:00:00+08:00", "told_by": "秦立新"}
    assert office.refused(office.room, package, "brief", ("briefing", {"rows": [{**told, "text": "内容"}]})) == "unknown_field"
    office.step(office.room, package, "brief", ("briefing", {"rows": [told]}))
    assert office.facts(package, "package.oral_left") == [0]
    office.step(office.room, package, "end")
    assert not office.stage.sees(HEAD, package)


def test_a_package_named_to_somebody_who_is_no_head_is_not_delivered(office: Office) -> None:
    """The reader is a head of the group by name; the delivery to a member is refused in plain words and nothing is opened."""
    matter = planned(office)
    package = ask_package(office, matter, reader=MEMBER)
    office.step(office.room, package, "ask", ("request", waiting(office, package)))
    for who, move, form in ((office.room, "lead_filled", "lead_block"), ("yj-clerk", "case_filled", "case_block"), ("yj-petitions", "petition_filled", "petition_block"), ("yj-keeper", "conduct_filled", "conduct_block")):
        office.step(who, package, move, (form, {"items": [item("示范学校0")]}))
    office.step(office.room, package, "submit", ("cover", {"risk_profile": "基建多", "no_source": True}))
    office.hands.approved(office.room, package, "disclose", office.deputy, office.head)
    assert office.refused(office.room, package, "deliver") == "not_that_office"
    assert not office.stage.sees(MEMBER, package)


def test_important_leads_are_handed_over_during_the_round(office: Office) -> None:
    """S2-22 (part): Needs a risk reason and two approvals.
    S2-41: A look-back links the original problems and yields re-check verdicts and new problems.
    S2-14: A need for 2 investigators with finance skill lists matching free people; nominee with a tie to the unit is blocked; shortage shown.
    S2-15: The candidate list ranks holders of that experience first; choosing another needs a note."""
    matter = planned(office)
    joined(office, matter)
    heads = [{"person": str(office.stage.person(HEAD)), "experienced": True, "from_kind": "dispatched"}, {"person": str(office.stage.person(WHO)), "experienced": False, "from_kind": "inspection"}]
    choice = {"risk_profile": "征地拆迁多、资金大", "rows": heads}
    assert office.refused(WHO, matter, "choose", ("choice", choice)) == "required"
    heads[1]["note"] = "熟悉财务"
    office.step(WHO, matter, "choose", ("choice", choice))
    office.step(WHO, matter, "enter", ("needs", {"rows": [{"skill": "finance", "number": 2, "supplied": 1}]}))
    assert office.facts(matter, "round.short", WHO) == [1]
    during = ("during", {"risk": "", "leads": [{"title": "征地套取补偿线索"}]})
    assert office.refused(WHO, matter, "during", during) == "required"
    during[1]["risk"] = "涉案人有转移财产迹象"
    assert office.refused(WHO, matter, "during", during) == "not_approved"
    approval = office.hands.ask(WHO, matter, "during", {"partner": office.stage.body("yj")}, reason="边巡边移")
    assert [o for o, _ in office.hands.waiting(approval)] == ["head", "head"]  # two signatures, of both bodies
    office.step(WHO, matter, "midway", ("midway", {"on": "2026-03-02", "text": "督导", "checkable": [{"title": "汪某线索"}]}))
    assert len(office.children(matter, "lead", WHO)) == 1
    office.step(WHO, matter, "leave")
    office.step(WHO, matter, "notify", ("findings", {"rows": [{"title": "账外资金"}, {"title": "超编用人"}]}))
    assert len(office.children(matter, "rectification", WHO)) == 2
    office.step(WHO, matter, "look_back", ("look_back", {"on": "2026-03-02", "verdicts": [{"title": "账外资金", "verdict": "part"}], "new": [{"title": "新问题"}]}))
    assert len(office.children(matter, "rectification", WHO)) == 3
