"""C09, C19: a method is told and never a file; a unit answers once and all who ask receive it."""
from __future__ import annotations

from typing import Any

import pytest

from tests.rows.acting import Office
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import grants, handover
from xieli.office.matters.tables.core import Matter


@pytest.fixture(scope="module")
def office(stage: Theatre) -> Office:
    return Office(stage)


def test_a_posted_person_tells_a_method_and_never_the_matter(office: Office) -> None:
    """S0-25: He files a note; home body receives only approved fields after the DC approves; direct export of matter X to home is refused; both events are in the audit."""
    stage, author, head = office.stage, "icb-expert", office.stage.holder("head@wuchuan")
    office.hands.post(author, "handler@wuchuan/supervision1", home="icb-dc", kind="front_line")
    chief, home, officer = stage.holder("room_head@wuchuan/supervision1"), office.body("icb-dc"), "icb-officer"
    secret = "江北网点报销发票连号"
    matter = office.open("lead", secret, person=chief, owner="wuchuan", room="wuchuan/supervision1")
    with stage.acts(chief):
        grants.give(matter, stage.person(author), kind="handler", acts=["read", "write"], ends_at=None, basis="顶岗办理", reason="")
    with stage.acts(author):
        refused = stage.refused(lambda: handover.send(Matter.objects.get(pk=matter), int(home), reason="原单位可能有同类问题"))
    assert refused != ""  # the matter itself does not go home by the hand of who is posted
    assert not stage.sees(officer, matter)
    note = office.open("similarity_note", "报销手法相似", person=chief, owner="wuchuan", room="wuchuan/supervision1")
    with stage.acts(chief):
        for person in (author, head):
            grants.give(note, stage.person(person), kind="handler", acts=["read", "write"], ends_at=None, basis="相似提示", reason="")
    form = ("note", {"source_matter": str(matter), "seen": f"{secret}，与原单位一笔发票相似", "told_body": home, "noted_on": office.hands.day()})
    office.step(author, note, "noted", form)
    method = {"title": "同一商户连号发票分日报销", "pattern": "连号、整额、分日、同一经手", "no_identity": True, "lines": [{"title": "请核对：同一商户连号发票分日报销"}], "told_on": office.hands.day()}
    assert office.refused(author, note, "propose", ("method", {**method, "no_identity": False})) == "guard_field"
    office.step(author, note, "propose", ("method", method))
    assert office.refused(head, note, "tell") == "not_approved"
    with stage.acts(officer):
        assert not Matter.objects.filter(kind="lead", title__startswith="请核对").exists()
    office.hands.approved(author, note, "disclose", head)
    assert office.refused(author, note, "tell") != ""  # who wrote it does not send it
    office.step(head, note, "tell")
    with stage.acts(officer):
        (told,) = Matter.objects.filter(kind="lead", title__startswith="请核对")
        assert told.owner_body_id == int(home)
        assert (told.title, told.summary, told.subjects.count()) == ("请核对：同一商户连号发票分日报销", "", 0)
    assert not any(stage.sees(officer, m) for m in (note, matter))
    acts = [v for (v,) in stage.admin.execute("select verb from audit.event where %s = any(matters) order by at", [note]).fetchall()]
    assert acts.count("matter.moved") >= 4, acts  # begun, noted, proposed, told
    assert "matter.linked" in acts  # the new lead that came of it
    assert office.outcomes(note, author) == ["told"]


def test_a_unit_answers_once_and_every_body_that_asks_receives_it(office: Office) -> None:
    """S2-34: Planning a second visit to the same unit within N days warns and offers joining; the unit answers a question once and both bodies get it.
    (The warning and the offer: test_paper_guards, test_a_second_visit_soon_is_offered_as_a_joint_one.)"""
    stage, ins, county = office.stage, "ins-head", office.stage.holder("case_duty@datan/case")
    unit = office.staff("edu")
    matter = office.open("unit_question", "食堂采购情况", level=0)
    question: dict[str, Any] = {"unit": office.body("edu"), "about_person": False, "text": "近三年食堂采购方式和金额", "askers": [{"also": office.body("yj-ins")}], "asked_on": "2026-03-02", "due_on": "2026-03-16"}
    assert office.refused(office.room, matter, "ask", ("question", {**question, "about_person": True})) == "guard_field"
    assert not any(stage.sees(who, matter) for who in (ins, unit))
    office.step(office.room, matter, "ask", ("question", question))
    assert all(stage.sees(who, matter) for who in (ins, unit))
    assert not stage.sees(county, matter)
    office.step(office.room, matter, "join", ("joining", {"also_body": office.body("datan"), "joined_on": "2026-03-03"}))
    assert stage.sees(county, matter)
    answer = ("answer", {"text": "公开招标三次，合计一百二十万元", "answered_on": "2026-03-05"})
    assert office.refused(ins, matter, "answer", answer) != ""  # nobody answers in the unit's place
    office.step(unit, matter, "answer", answer)
    assert office.at(matter) == ["closed"]  # and the unit only once: nothing waits for it any more
    assert not stage.sees(unit, matter)
    for reader in (office.room, ins, county):
        assert office.data(matter, "answer", reader)["text"] == "公开招标三次，合计一百二十万元"
    assert not stage.sees("yj-analyst", matter)
