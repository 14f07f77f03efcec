"""C06: an area case from the request for hands to the people's return, played once, and what its records say."""
from __future__ import annotations

from datetime import date

import pytest

from xieli.engines.metrics import Period
from xieli.office.demo.hands import Hands
from xieli.office.demo.stories import sc06_subsidy
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import leads, moves
from xieli.office.matters.tables.core import Matter
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
    raised_by, decided_by, decided = stage.admin.execute("select raised_by, decided_by, decided_at from recusal where matter_id = %s and ground = 'local_ties'", [area]).fetchone()
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
