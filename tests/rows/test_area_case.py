"""C06: an area case from the request for hands to the people's return, played once, and what its records say."""
from __future__ import annotations

from datetime import date

import pytest
from django.db import transaction

from xieli.engines.metrics import Period
from xieli.office.demo.hands import Hands
from xieli.office.demo.stories import sc06_subsidy
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import leads, measures, moves
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.tables.core import Matter, MatterSubject
from xieli.office.reports import services as reports

YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))


@pytest.fixture(scope="module")
def played(stage: Theatre) -> Theatre:
    sc06_subsidy.play(stage)
    return stage


def _at(stage: Theatre, matter: int, move: str) -> list[object]:
    return [row[0] for row in stage.admin.execute("select at from matter_move where matter_id = %s and move = %s order by at", [matter, move]).fetchall()]


def test_a_town_asks_the_county_approves_people_come_and_the_days_are_counted(played: Theatre) -> None:
    """S1-01: Request by 文崇镇 → area leader → county approval → 四室 dispatch; timeline shows each time stamp; report "days from activation to facts cleared" prints 15 for the seeded dates; a township outside any area cannot file.
    S0-11: No team access before an approved dispatch order; a declared or detected relation to the subject blocks it until a recusal decision is recorded."""
    stage, area, hands = played, played.made["area"], Hands(played)
    (asked,), (activated,), (clear,) = (_at(stage, area, m) for m in ("ask", "activate", "clear"))
    approved = stage.admin.execute("select decided_at from approval where matter_id = %s and act = 'activate'", [area]).fetchone()[0]
    starts = [_at(stage, stage.made[f"dispatch-{town}"], "start")[0] for town in sc06_subsidy.TOWNS]
    line = [asked, approved, activated, *sorted(starts), clear]  # type: ignore[type-var]
    assert line == sorted(line)
    with stage.acts("wenshan-secretary"):
        days = reports.figure("area_days", YEAR)
        assert reports.rows_behind("area_days", YEAR).matters == [Matter.objects.get(pk=area)]
    assert days.number == (clear.date() - activated.date()).days == 12  # type: ignore[attr-defined]
    # no access before the order is approved on both sides; the story tried it, the records show it
    for town in sc06_subsidy.TOWNS:
        dispatch = stage.made[f"dispatch-{town}"]
        both = [row[0] for row in stage.admin.execute("select decided_at from approval where matter_id = %s and act in ('host', 'home')", [dispatch]).fetchall()]
        joined = stage.admin.execute("select min(m.starts_at) from team_member m join team t on t.id = m.team_id where t.matter_id = %s and m.person_id = %s", [area, stage.person(stage.made[f"sent-{town}"])]).fetchone()[0]
        assert len(both) == 2
        assert max(both) <= joined
    raised_by, decided_by, decided = stage.admin.execute("select raised_by, decided_by, decided_at from recusal where matter_id = %s and ground = 'ties'", [area]).fetchone()
    assert raised_by != decided_by
    assert decided <= min(starts)
    # a town that stands in no area
    stage.admin.execute("update area_body set valid_to = (select (access.now() at time zone 'Asia/Shanghai')::date) where body_id = %s", [stage.body("changle")])
    with stage.acts("changle-clerk"):
        alone = leads.register(leads.NewMatter("area_case", "常乐镇疑难案件", stage.body("changle"), None, level=1, parties={"county": (stage.body("zhongyue"),)}))
    form = ("ask", {"problem": "案情复杂", "needed": 2, "asked_on": hands.day()})
    assert hands.refused("changle-clerk", lambda: moves.make(Matter.objects.get(pk=alone.id), "ask", form=form)) in ("guard_body", "not_your_role")


def test_a_posted_person_sees_the_case_from_his_membership_to_its_end_and_both_edges_are_in_the_audit(played: Theatre) -> None:
    """S0-05: A posted cadre who is not on the team cannot see the matter; once added with approval he can; the day his posting or membership ends access stops at once, and the audit shows both edges."""
    stage, area = played, played.made["area"]
    checks = {c["en"] for c in stage.checks}
    assert {"Before approval the person to be sent does not see the case", "Once in place he sees this matter", "At the instant of return the access ends"} <= checks
    for town in sc06_subsidy.TOWNS:
        who = stage.person(stage.made[f"sent-{town}"])
        starts, ends = stage.admin.execute("select m.starts_at, m.ends_at from team_member m join team t on t.id = m.team_id where t.matter_id = %s and m.person_id = %s order by m.starts_at limit 1", [area, who]).fetchone()
        assert starts < ends
        assert not stage.sees(stage.made[f"sent-{town}"], area)
        rows = stage.admin.execute("select verb, convert_from(canon, 'UTF8') from audit.event where %s = any(matters) and verb in ('team.joined', 'team.left') order by at", [stage.made[f"dispatch-{town}"]]).fetchall()
        events = [verb for verb, canon in rows if str(who) in canon]
        assert events[0] == "team.joined"
        assert "team.left" in events


def test_the_area_leader_sees_every_case_of_the_area_and_lends_cadres_across_it(played: Theatre) -> None:
    """S1-04: The area leader sees every case of the area and can assign a cadre of township A to a case of B with recorded approval; another area's leader cannot see it.
    S1-35: A visit team has members of ≥2 bodies; a cadre of the visited village's own township with ties is flagged for recusal.
    S1-19: A cooperation area cannot take a step which none of its members is empowered to; the refusal cites the power table."""
    stage, area, hands = played, played.made["area"], Hands(played)
    chief, other = stage.holder("room_head@zhongyue/supervision1"), stage.holder("room_head@wuchuan/supervision1")
    town = sc06_subsidy.TOWNS[0]
    secretary = hands.staff("town_secretary", town)
    with stage.acts(secretary):
        second = int(leads.register(leads.NewMatter("area_case", "另一镇的疑难案件", stage.body(town), None, (leads.Subject("尤某某", unit_name="某村", post="文书"),), level=1, parties={"county": (stage.body("zhongyue"),), "towns": (stage.body("wenshan"),)})).id)
    hands.step(secretary, second, "ask", form=("ask", {"problem": "账目多、熟人多", "needed": 2, "asked_on": hands.day()}))
    assert stage.sees(hands.staff("case_duty", "zhongyue/case"), second)  # the county's desk has it with the request
    assert all(stage.sees(chief, m) for m in (area, second))  # and so has who leads the area, by the request alone
    with stage.acts(chief):
        assert {area, second} <= set(Matter.objects.filter(kind="area_case").values_list("id", flat=True))
    approved = stage.admin.execute("select a.matter_id, a.state from approval a where a.act in ('host', 'home') and a.matter_id = any(%s)", [[stage.made[f"dispatch-{t}"] for t in sc06_subsidy.TOWNS]]).fetchall()
    assert sorted(approved) == sorted((stage.made[f"dispatch-{t}"], "used") for t in sc06_subsidy.TOWNS for _ in range(2))  # each loan with both approvals on record
    assert not any(stage.sees(other, m) for m in (area, second))
    lent = stage.admin.execute("select distinct po.body_id from team_member m join team t on t.id = m.team_id join posting po on po.person_id = m.person_id where t.matter_id = %s and po.kind = 'regular'", [area]).fetchall()
    bodies = {row[0] for row in lent}
    assert stage.body("zhongyue") in bodies
    assert bodies & {stage.body(t) for t in sc06_subsidy.TOWNS}  # county room and cadres of other towns of the area
    assert stage.body("wenshan") not in bodies or len(bodies) >= 3
    flagged = stage.admin.execute("select r.state, r.raised_by <> r.decided_by from recusal r where r.matter_id = %s and r.principal = %s", [area, stage.person(hands.staff("handler", "wenshan"))]).fetchall()
    assert flagged == [("in_force", True)]
    with stage.acts("wenshan-secretary"):
        row, subject = Matter.objects.get(pk=area), MatterSubject.objects.filter(matter_id=area).first()
        words = []
        for body in ("wenshan", town):
            try:
                with transaction.atomic():
                    measures.take(row, subject, "questioning", approval=None, by_body=stage.body(body))  # type: ignore[arg-type]
            except Refused as refusal:
                words.append((refusal.code, "权限表" in str(refusal)))
    assert words == [("power", True), ("power", True)]
    with stage.acts(chief):  # the county's commission has the power, and still needs its approval
        assert stage.refused(lambda: measures.take(Matter.objects.get(pk=area), MatterSubject.objects.get(matter_id=area), "questioning", approval=None, by_body=stage.body("zhongyue"))) not in ("", "power")
