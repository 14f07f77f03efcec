"""A team is found among codes, recusal first; the lending body names the person; access begins with both approvals and ends by itself."""
from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

CHIEF = "zhou-rong"


@pytest.fixture(scope="module")
def case(stage: Any) -> Any:
    """A joint case of Wuchuan about Guo of the fire corps, whose sister serves in Wuchuan."""
    from xieli.office.demo.hands import Hands
    from xieli.office.matters.services import leads

    with stage.acts(Hands(stage).staff("room_head", "wuchuan/supervision1")):
        made = leads.register(leads.NewMatter("joint_case", "郭某某案联合审查", stage.body("wuchuan"), stage.room("wuchuan/supervision1"),
                                              (leads.Subject("郭某某", id_number=stage.subject_id("guo"), unit_body=stage.body("fire"), post="处长"),), source="supervision", parties={"partner": (stage.body("icb-dc"),)}))
    return made


@pytest.fixture(scope="module")
def chief(stage: Any) -> str:
    from xieli.office.demo.hands import Hands

    return Hands(stage).staff("room_head", "wuchuan/supervision1")


def make(stage: Any, chief: str, case: Any, seats: list[Any], **options: Any) -> Any:
    from xieli.office.allocation import plans, staffing
    from xieli.office.allocation.models import PlanRun
    from xieli.office.matters.services.source import today

    with stage.acts(chief):
        asked = staffing.ask(case, seats, today() + timedelta(days=1), today() + timedelta(days=30), defer=False, **options)
    with stage.rehearsing():
        plans.perform(asked.pk, lambda: stage.acts(chief))
    with stage.acts(chief):
        return PlanRun.objects.get(pk=asked.pk)


def test_seats_come_from_the_playbook(stage: Any, chief: str, case: Any) -> None:
    from xieli.office.allocation import staffing

    with stage.acts(chief):
        found = staffing.compositions(case)
        seats = staffing.seats_of(found[0])
    assert [(s.role, s.count) for s in seats][:2] == [("组长", 1), ("有办案资格人员（全程在场二人）", 2)]


def test_the_team_is_filled_by_codes_and_kin_is_left_out_without_a_reason(stage: Any, chief: str, case: Any) -> None:
    import json

    from xieli.office.allocation import staffing

    run = make(stage, chief, case, [staffing.Seat("组长", 3, "", 1), staffing.Seat("主谈", 1, "interview", 1), staffing.Seat("账务", 1, "accounting", 1), staffing.Seat("银行", 1, "banking", 1)])
    assert run.state == "done", run.said_zh
    assert run.verdict == []
    with stage.acts(chief):
        seats = staffing.teams(run)
    assert all(s["code"] and s["code"].startswith("P-") for s in seats)
    assert len({s["body"].id for s in seats}) >= 2
    everything = json.dumps([run.problem, run.result], ensure_ascii=False)
    assert not any(name in everything for (name,) in stage.admin.execute("select name from person").fetchall())
    kin = stage.admin.execute("select code from access.staffing_key where matter_id = %s and person = %s", [case.id, stage.person("wuchuan-kin")]).fetchone()[0]
    assert next(x for x in run.problem["left_out"] if x["code"] == kin)["codes"] == ["recusal"]
    stage.made["run"] = run


def test_a_seat_nobody_can_take_is_named_with_its_cheapest_relaxation(stage: Any, chief: str, case: Any) -> None:
    from xieli.office.allocation import staffing

    run = make(stage, chief, case, [staffing.Seat("医学", 1, "medicine", 1)])
    assert run.state == "done"
    missing = run.result["unfilled"][0]
    assert missing["missing"] == 1
    assert missing["cheapest_relaxation"]["rule"] == "skill"
    assert "专长" in missing["text"]["zh"]


def test_a_window_in_the_past_or_no_seat_is_refused_in_words(stage: Any, chief: str, case: Any) -> None:
    from xieli.office.allocation import staffing
    from xieli.office.matters.services.source import today

    with stage.acts(chief):
        seat = [staffing.Seat("组长", 1, "", 1)]
        assert stage.refused(lambda: staffing.ask(case, seat, today() - timedelta(days=1), today(), defer=False)) == "window"
        assert stage.refused(lambda: staffing.ask(case, seat, today(), today() + timedelta(days=400), defer=False)) == "window"
        assert stage.refused(lambda: staffing.ask(case, [], today(), today(), defer=False)) == "seats"


def test_outside_the_circle_there_is_no_plan_no_pool_and_no_name(stage: Any, case: Any) -> None:
    from xieli.office.allocation import staffing
    from xieli.office.allocation.models import PlanRun
    from xieli.office.matters.services.source import today

    for person in ("wuchuan-kin", "yj-clerk", "datan-lead", "audadmin"):
        with stage.acts(person):
            assert not PlanRun.objects.filter(task="staff").exists()
            code = stage.made["run"].result["teams"][0]["seats"][0]["officer"]
            assert staffing.name_of(case, code) is None
            assert stage.refused(lambda: staffing.ask(case, [staffing.Seat("组长", 1, "", 1)], today(), today(), bodies=[], defer=False)) in ("not_found", "nobody"), person


def test_from_the_inquiry_to_the_last_day_and_then_access_ends_by_itself(stage: Any, chief: str, case: Any) -> None:
    """The host sees a code; the lender the name; after both approvals and the undertaking the person sees the case, until the last day."""
    from xieli.office.allocation import staffing
    from xieli.office.bodies.models import Body
    from xieli.office.demo.hands import Hands
    from xieli.office.matters.services import leads
    from xieli.office.matters.tables.core import Matter

    hands = Hands(stage)
    with stage.acts(chief):
        lender = [Body.objects.get(code="datan"), Body.objects.get(code="wuchuan")]
    run = make(stage, chief, case, [staffing.Seat("主谈", 1, "interview", 1)], bodies=lender[:1])
    with stage.acts(chief):
        seat = staffing.teams(run)[0]
        assert seat["body"].id == stage.body("datan")
        assert staffing.name_of(case, seat["code"]) is None
        dispatch = staffing.send(run, seat["code"])
        assert stage.refused(lambda: staffing.send(run, seat["code"])) == "duplicate"
        assert "徐锦浩" not in dispatch.title
    talker, officer, host = "datan-lead", hands.staff("case_duty", "datan/case"), stage.holder("head@wuchuan")
    with stage.acts(officer):
        assert staffing.name_of(case, seat["code"]) == (stage.person(talker), "徐锦浩")
        leads.ensure_begun(Matter.objects.get(pk=dispatch.id))
    first, last = staffing.window(run)
    hands.step(chief, dispatch.id, "ask", form=("request", {"matter": str(case.id), "kind": "borrowing", "skills": "谈话", "from_on": first.isoformat(), "to_on": last.isoformat()}))
    hands.step(officer, dispatch.id, "name", form=("candidate", {"person": str(stage.person(talker)), "in_pool": True, "back_to_back": False, "ties": "无", "same_employer": False}))
    hands.step(officer, dispatch.id, "cleared")
    what = {"person": str(stage.person(talker)), "partner": stage.body("wuchuan")}
    hands.approved(chief, dispatch.id, "host", host, what=what)
    hands.step(host, dispatch.id, "approve_host")
    assert not stage.sees(talker, dispatch.id)
    hands.approved(officer, dispatch.id, "home", stage.holder("head@datan"), what=what)
    hands.step(stage.holder("head@datan"), dispatch.id, "approve_home")
    assert stage.sees(talker, dispatch.id), "the approval opens the sent person's own dispatch to him"
    assert not stage.sees(talker, case.id), "and nothing of the case before he has given the undertaking"
    hands.step(talker, dispatch.id, "start", form=("undertaking", {"signed_on": hands.day(), "trained": True}))
    assert stage.sees(talker, case.id)
    with stage.acts(chief):
        assert staffing.name_of(case, seat["code"]) == (stage.person(talker), "徐锦浩")
    with stage.acts(officer):
        from xieli.office.allocation.calendar import whereabouts

        stay = next(s for s in whereabouts(Body.objects.get(code="datan"), last)["stays"] if str(s.person) == "徐锦浩")
    assert stay.ends is not None
    assert stay.last == last, "what is shown is the last day, not the midnight after it"
    assert sum(stay.cells) == last.weekday() + 1, "the week in which it ends counts its days; it is not shown as whole"
    stage.at(f"{last.isoformat()} 23:59")
    assert stage.sees(talker, case.id), "the last day is a day of the posting"
    stage.at(f"{(last + timedelta(days=1)).isoformat()} 00:00")
    assert not stage.sees(talker, case.id)
    assert not stage.sees(talker, dispatch.id)


def test_one_case_one_loan_and_no_second_loan_straight_after_it(stage: Any, chief: str, case: Any) -> None:
    """The person just lent is left out of the next team, by the rule of case loans and not by a wish of anyone."""
    from xieli.office.allocation import staffing

    stage.admin.execute("insert into posting (person_id, body_id, home_body_id, kind, starts_at, ends_at, basis, is_deputy, confirmed_by_id) select %s, %s, %s, 'borrowing', access.now() - interval '40 days', access.now() - interval '3 days', 'x', false, %s",
                        [stage.person("wuchuan-handler1"), stage.body("datan"), stage.body("wuchuan"), stage.person("wuchuan-handler1")])
    from xieli.office.bodies.models import Body

    with stage.acts(chief):
        lender = [Body.objects.get(code="wuchuan")]
    run = make(stage, chief, case, [staffing.Seat("主谈", 1, "interview", 1)], bodies=lender)
    assert run.result["teams"][0]["seats"][0]["officer"] is None
    assert run.result["unfilled"][0]["reasons"]["back_to_back"] == 1
