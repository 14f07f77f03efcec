"""C16: meeting series, agenda, minutes, decision → task → done, filtered briefings, notices of results."""
from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.rows.acting import Office
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.tables.approvals import Approval
from xieli.office.matters.tables.core import Matter
from xieli.office.meetings import queries, services
from xieli.office.meetings.models import MeetingSeries


@pytest.fixture(scope="module")
def office(stage: Theatre) -> Office:
    return Office(stage)


def refusal(office: Office, person: str, act: object) -> str:
    with office.stage.acts(person):
        return office.stage.refused(act)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def turns(office: Office) -> MeetingSeries:
    """Two sides that convene in turn, every quarter."""
    with office.stage.acts(office.deputy):
        body = office.stage.body
        return services.found(services.NewSeries("渝滩联席", "两地联席会议", "Joint meeting", body("yj"), "quarter", (body("yj"), body("datan")), kind="joint", in_turn=(body("yj"), body("datan")), starts=date(2026, 1, 1)))


def hold(office: Office, meeting: int, owner: str, on: str, decisions: list[dict[str, Any]], *, convener: str, other: str, parts: list[dict[str, Any]] | None = None) -> None:
    """Convene with its office's approval, hold, minute and confirm by both chairs."""
    office.hands.approved(owner, meeting, "convene", convener)
    office.step(owner, meeting, "convene")
    office.step(owner, meeting, "open")
    office.step(owner, meeting, "minuted", ("minutes", {"held_on": on, "attended": 8, "text": "议定如下", "decisions": decisions, **({"parts": parts} if parts else {})}))
    approval = office.hands.ask(owner, meeting, "co_chairs", {"partner": office.stage.body("datan" if other.endswith("datan") else "yj")})
    own = office.head if other.endswith("datan") else office.stage.holder("head@datan")
    office.hands.sign(own, approval)
    office.hands.sign(office.stage.holder(other), approval)
    office.step(owner, meeting, "confirm")


def carry_out(office: Office, task: int, duty: str, who: str, giver: str) -> None:
    office.step(giver, task, "give", ("task", {"duty_body": office.body(duty), "origin": "meeting", "kind": "work", "text": "研判机制", "given_on": "2026-03-02", "due_on": "2026-04-02"}))
    office.step(who, task, "receive", ("receipt", {"by_post": "主任", "received_on": "2026-03-02"}))
    office.step(who, task, "report", ("result", {"text": "已办", "done_on": "2026-03-02"}))
    office.step(giver, task, "accept")


def test_the_side_that_did_not_convene_last_is_next_and_open_decisions_come_first(office: Office, turns: MeetingSeries) -> None:
    """S3-03: The next convener is the side which did not convene the last; deviation needs a note.
    S3-04: A survey yields issues with owner on either side; next meeting's agenda lists the open ones.
    S1-32: Missed meeting and open decisions show; decisions become tasks with feedback at the next meeting."""
    with office.stage.acts(office.room):
        assert queries.next_convener(turns) == office.stage.body("yj")
        assert office.stage.refused(lambda: services.call_meeting(turns, date(2026, 3, 2), (), room=office.stage.room("yj/supervision3"))) == "no_agenda"
        first = services.call_meeting(turns, date(2026, 3, 2), ("实地调研发现的问题",), room=office.stage.room("yj/supervision3")).id
    hold(office, first, office.room, "2026-03-02", [{"title": "共建线索研判", "owner": office.body("datan"), "due_on": "2026-04-01"}, {"title": "统一文书", "owner": office.body("yj"), "due_on": "2026-05-01"}],
         convener=office.deputy, other="head@datan")
    kinds = office.children(first, "decision_task")
    assert len(kinds) == 2
    with office.stage.acts(office.room):
        assert queries.next_convener(turns) == office.stage.body("datan")
        assert {m.id for m in queries.open_items(turns)} == set(kinds)
        assert office.stage.refused(lambda: services.call_meeting(turns, date(2026, 4, 2), ("再开",), convener=office.stage.body("yj"), room=office.stage.room("yj/supervision3"))) == "turn"
        again = services.call_meeting(turns, date(2026, 4, 2), ("再开",), convener=office.stage.body("yj"), out_of_turn="对方换届", room=office.stage.room("yj/supervision3"))
        form = office.data(again.id, "call")
    assert [row["from_last"] for row in form["agenda"]] == [True, True, False]
    assert form["turn_reason"] == "对方换届"
    with office.stage.acts(office.room):
        states = [(s.first.isoformat(), s.held, s.missed) for s in queries.slots(turns, date(2026, 10, 2))]
    assert states == [("2026-01-01", 1, False), ("2026-04-01", 0, True), ("2026-07-01", 0, True), ("2026-10-01", 0, False)]


def test_the_convener_is_an_office_and_follows_its_holder(office: Office) -> None:
    """S2-03: Calling a conference needs the convener's office; when the office holder changes the convener follows; decisions become tasks."""
    body = office.stage.body
    office_id = office.stage.world.offices["deputy@yj"]
    with office.stage.acts(office.deputy):
        series = services.found(services.NewSeries("纪巡联席", "纪巡联席会议", "Inspection conference", body("yj"), "year", (body("yj"), body("yj-ins")), kind="joint", convener=office_id, starts=date(2026, 1, 1)))
        assert queries.next_convener(series) is None
    with office.stage.acts(office.room):
        meeting = services.call_meeting(series, date(2026, 3, 2), ("年度巡察重点",), room=office.stage.room("yj/supervision3")).id
    approval = office.hands.ask(office.room, meeting, "convene")
    new = office.stage.holder("room_head@yj/case")
    office.stage.admin.execute("update posting set ends_at = access.now() where office_id = %s and ends_at is null", [office_id])
    office.hands.post(new, "deputy@yj", home="yj", kind="regular", months=12)
    with pytest.raises(Approval.DoesNotExist):  # who held the office no longer even finds the request
        office.hands.sign(office.deputy, approval)
    assert office.refused(office.room, meeting, "convene") == "not_approved"
    assert office.hands.sign(new, approval) == "approved"
    office.step(office.room, meeting, "convene")
    office.stage.admin.execute("delete from posting where office_id = %s and person_id = %s", [office_id, office.stage.person(new)])
    office.stage.admin.execute("update posting set ends_at = null where office_id = %s", [office_id])


def test_weekly_and_monthly_meetings_that_are_missed_are_named(office: Office) -> None:
    """S4-28: Missing week flagged; a lead handed over in the meeting has a normal receipt, not only minutes.
    S4-38: Missing month flagged; a briefing is filtered per receiver.
    S4-11: Department without minutes in the period is flagged."""
    body, day = office.stage.body, date(2026, 3, 2)
    with office.stage.acts(office.deputy):
        weekly = services.found(services.NewSeries("专班周会", "专班周会", "Weekly", body("yj"), "week", (body("yj"), body("datan"), body("audit")), in_turn=(body("yj"), body("datan")), starts=date(2026, 2, 2)))
        monthly = services.found(services.NewSeries("案情通报", "案情通报联席会", "Briefing", body("yj"), "month", (body("yj"), body("datan"), body("health")), kind="briefing", in_turn=(body("yj"), body("datan")), starts=date(2026, 1, 1)))
    with office.stage.acts(office.room):
        assert [s.first for s in queries.slots(weekly, day) if s.missed] == [date(2026, 2, 2), date(2026, 2, 9), date(2026, 2, 16), date(2026, 2, 23)]
        assert [s.first for s in queries.slots(monthly, day) if s.missed] == [date(2026, 1, 1), date(2026, 2, 1)]
        meeting = services.call_meeting(monthly, day, ("通报情况",), room=office.stage.room("yj/supervision3")).id
    parts = [{"receiver": office.body("datan"), "text": "甲案进展"}, {"receiver": office.body("health"), "text": "医药采购提示"}]
    hold(office, meeting, office.room, "2026-03-02", [{"title": "互通", "owner": office.body("health"), "due_on": "2026-04-01"}], convener=office.deputy, other="head@datan", parts=parts)
    with office.stage.acts(office.room):
        assert queries.briefing_for(Matter.objects.get(pk=meeting), body("health")) == ["医药采购提示"]
        assert queries.briefing_for(Matter.objects.get(pk=meeting), body("datan")) == ["甲案进展"]
        assert queries.briefing_for(Matter.objects.get(pk=meeting), body("audit")) == []
        assert [s.missed for s in queries.slots(monthly, date(2026, 3, 31))] == [True, True, False]
        assert set(queries.without_minutes([body("datan"), body("health")], date(2026, 1, 1), date(2026, 3, 31))) == {body("datan"), body("health")}
    office.step(office.room, meeting, "hand_over", reason="会上移交线索一件")
    (parcel,) = office.children(meeting, "handover")
    with office.stage.acts(office.room):
        assert Matter.objects.get(pk=parcel).stages != []  # its own matter with its own receipt, beside the minutes


def test_a_department_that_minuted_its_own_meeting_is_not_named(office: Office) -> None:
    """S4-11 (part): the minutes that a department makes itself take it off the list; its duties are tasks."""
    with office.stage.acts(office.staff("edu")):
        from xieli.office.matters.services import grants, leads

        own = leads.register(leads.NewMatter("meeting", "市教委党组专题会", office.stage.body("edu"), None, level=0, parties={"side": (office.stage.body("yj"),)}))
        grants.give(own.id, office.stage.body("edu"), kind="handler", acts=["read", "write", "note"], ends_at=None, basis="承办", reason="")
        grants.give(own.id, office.stage.body("yj"), kind="handler", acts=["read"], ends_at=None, basis="报送", reason="")
    who = office.staff("edu")
    office.step(who, own.id, "submit", ("call", {"series": "党组会", "period": "once", "kind": "study", "planned_on": "2026-03-02", "convener_side": office.body("edu"), "in_turn": True, "side": office.body("yj"), "agenda": [{"title": "行业监管自查", "from_last": False}]}))
    office.stage.admin.execute("insert into fact (id, matter_id, code, text, unit, day, happened_on, recorded_at) values (access.new_id(), %s, 'meeting.held', '', '', '2026-03-02', '2026-03-02', access.now())", [own.id])
    with office.stage.acts(office.room):
        assert queries.without_minutes([office.stage.body("edu"), office.stage.body("health")], date(2026, 1, 1), date(2026, 3, 31)) == [office.stage.body("health")]


def test_a_problem_report_is_delivered_when_both_sides_have_acknowledged(office: Office) -> None:
    """S3-10: Report delivered to both with acknowledgement; one-sided delivery is flagged.
    S4-23: Notices acknowledged; consultation decisions tracked.
    S2-42: Round file shows all exchanges in order, content per need-to-know."""
    matter = office.open("notice", "占地补偿问题报告", level=0)
    text = {"kind": "problem_report", "about_person": False, "masked": True, "text": "补偿标准不一", "receivers": [{"receiver": office.body("datan")}, {"receiver": office.body("zhongyue")}], "sent_on": "2026-03-02"}
    assert office.refused(office.room, matter, "send", ("text", {**text, "about_person": True})) == "guard_field"  # a lead about a person is handed over, never noticed
    assert office.refused(office.room, matter, "send", ("text", {**text, "masked": False})) == "guard_field"
    office.step(office.room, matter, "send", ("text", text))
    office.step(office.stage.holder("case_duty@datan/case"), matter, "received", ("ack", {"acked_on": "2026-03-02", "reply": "同意联合核查"}), body=office.body("datan"))
    with office.stage.acts(office.room):
        assert queries.one_sided(Matter.objects.get(pk=matter)) == [office.stage.body("zhongyue")]
    assert office.refused(office.room, matter, "done") != ""
    office.step(office.stage.holder("case_duty@zhongyue/case"), matter, "received", ("ack", {"acked_on": "2026-03-02"}), body=office.body("zhongyue"))
    office.step(office.room, matter, "done")
    with office.stage.acts(office.room):
        assert queries.one_sided(Matter.objects.get(pk=matter)) == []
        log = [(at.isoformat()[:10], kind) for at, kind, _ in queries.exchanges([Matter.objects.get(pk=matter)])]
    assert [k for _, k in log] == ["sent", "received", "received"]
    with office.stage.acts(office.staff("edu")):
        assert queries.exchanges(list(Matter.objects.filter(pk=matter))) == []


def test_tasks_land_under_the_axis_of_their_meeting(office: Office) -> None:
    """S4-06: A meeting's decisions become tasks under its axis; plan versions with read receipts.
    S4-19: Agenda drawn from problems opened since the last; unit sees only its part."""
    body = office.stage.body
    with office.stage.acts(office.deputy):
        series = services.found(services.NewSeries("整治调度", "集中整治调度会", "Dispatch", body("yj"), "month", (body("yj"), body("datan"), body("edu")), kind="dispatch", in_turn=(body("yj"), body("datan")), starts=date(2026, 3, 1)))
    with office.stage.acts(office.room):
        meeting = services.call_meeting(series, date(2026, 3, 2), ("校园餐排查",), axis="教育条线", room=office.stage.room("yj/supervision3")).id
    hold(office, meeting, office.room, "2026-03-02", [{"title": "食堂索证排查", "owner": office.body("edu"), "due_on": "2026-04-01"}], convener=office.deputy, other="head@datan",
         parts=[{"receiver": office.body("edu"), "text": "教育条线任务"}])
    (task,) = office.children(meeting, "decision_task")
    with office.stage.acts(office.room):
        assert [(axis, [t.id for t in found]) for axis, found in queries.by_axis([Matter.objects.get(pk=meeting)]).items()] == [("教育条线", [task])]
        assert [m.id for m in queries.open_items(series)] == [task]
        assert queries.briefing_for(Matter.objects.get(pk=meeting), body("edu")) == ["教育条线任务"]
    assert not office.stage.sees(office.staff("health"), task)
    plan = office.open("notice", "整治工作方案第一版", level=0)
    office.step(office.room, plan, "send", ("text", {"kind": "information", "about_person": False, "masked": True, "text": "方案第一版", "receivers": [{"receiver": office.body("edu")}], "sent_on": "2026-03-02"}))
    office.step(office.staff("edu"), plan, "received", ("ack", {"acked_on": "2026-03-02"}), body=office.body("edu"))
    assert office.facts(plan, "notice.acked") == ["2026-03-02"]


def test_a_series_without_a_convener_or_with_a_wrong_end_is_refused(office: Office, turns: MeetingSeries) -> None:
    body = office.stage.body("yj")
    assert refusal(office, office.deputy, lambda: services.found(services.NewSeries("无召集", "x", "x", body, "week", (body,)))) == "no_convener"
    assert refusal(office, office.deputy, lambda: services.found(services.NewSeries("渝滩联席", "x", "x", body, "week", (body, office.stage.body("datan")), in_turn=(body, office.stage.body("datan"))))) == "taken"
    assert refusal(office, office.deputy, lambda: services.end(turns, date(2025, 1, 1))) == "period"
