"""C17: one supervisor for each village, three to five adjoining villages for each committee, and who may direct it."""
from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests import djangodb
from tests.dbfixtures import TestDatabase
from tests.rows.acting import Office
from xieli.engines.allocation import check_people
from xieli.engines.metrics import Period
from xieli.office.allocation import demo, divisions, records
from xieli.office.bodies.models import AreaBody, Body
from xieli.office.demo.theatre import Theatre
from xieli.office.reports import services as reports

CHIEF, HEAD = "chief3", "yj-head"
YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))


@pytest.fixture(scope="module")
def divided(stage: Theatre) -> Theatre:
    """Villages, borders and committees in force from today."""
    demo.load(stage.admin)
    demo.more_villages(stage.admin)
    with stage.acts(CHIEF):
        records.lay_out(stage.body("yj"), demo.village_file())
    stage.made["villages"] = demo.plan_now(stage, CHIEF, "yj", "committees", problem(stage), title="片区廉勤委")
    with stage.acts(CHIEF):
        version = divisions.propose(stage.made["villages"], reason="三至五村一片", valid_from=divisions.today())
    with stage.acts(HEAD):
        divisions.adopt(version)
    return stage


@pytest.fixture(autouse=True)
def _here(stage: Theatre, pg_cluster: Any) -> None:
    djangodb.use(TestDatabase(pg_cluster, stage.admin.execute("select current_database()").fetchone()[0]))  # type: ignore[index]


def problem(stage: Theatre) -> dict[str, Any]:
    with stage.acts(CHIEF):
        return dict(records.committees_problem(Body.objects.get(code="yj")))


def test_one_supervisor_for_a_village_and_three_to_five_villages_for_a_committee(divided: Theatre) -> None:
    """S1-09: A village with 0 or 2 supervisors, a committee of 2 or 6 villages, or with a non-adjacent village is refused; the register prints 257 and the number of committees within bounds.
    (The seeds' own 257 with 52 to 85 committees: tests/figures, test_supervisors_and_committees_within_their_bounds.)"""
    stage, plan, data = divided, divided.made["villages"].result, problem(divided)
    with stage.acts(CHIEF):
        supervisors, areas = reports.figure("supervisors", YEAR), reports.figure("village_committees", YEAR)
        assert (supervisors.text(), len(data["villages"])) == ("36名", 36)
        assert -(-36 // 5) <= areas.number <= 36 // 3
    # none, then two
    post = "update posting set ends_at = case when %s then access.now() end where body_id = %s and kind = 'regular'"
    village = stage.body("fengdeng-v2")
    stage.admin.execute(post, [True, village])
    with stage.acts(CHIEF):
        assert stage.refused(lambda: records.committees_problem(Body.objects.get(code="yj"))) == "one_supervisor"
    stage.admin.execute(post, [False, village])
    assert len(problem(stage)["villages"]) == 36
    stage.admin.execute("insert into posting (person_id, body_id, office_id, kind, starts_at, basis, is_deputy, confirmed_by_id) select %s, body_id, office_id, kind, starts_at, basis, false, %s from posting where body_id = %s",
                        [stage.person("fengdeng-supervisor"), stage.person(HEAD), village])
    with stage.acts(CHIEF):
        assert stage.refused(lambda: records.committees_problem(Body.objects.get(code="yj"))) == "one_supervisor"
    stage.admin.execute("delete from posting where body_id = %s and person_id = %s", [village, stage.person("fengdeng-supervisor")])
    # two, six, and three that do not adjoin
    for bounds in ({"low": 2}, {"high": 6}):
        bad = demo.plan_now(stage, CHIEF, "yj", "committees", {**data, **bounds}, title="越界")
        assert bad.state != "done"
        with stage.acts(CHIEF):
            assert stage.refused(lambda run=bad: divisions.propose(run, reason="越界的方案", valid_from=divisions.today())) == "unchecked"
    whole = next(c for c in plan["committees"] if len(c["villages"]) >= 3)
    others = [v["id"] for v in data["villages"] if v["township"] == whole["township"] and v["id"] not in whole["villages"]]

    def rules(villages: list[int]) -> set[str]:
        rest = [c for c in plan["committees"] if c is not whole]
        return {v.rule for v in check_people.committees(data, {**plan, "committees": [*rest, {**whole, "villages": villages, "head": whole["head"] if whole["head"] in villages else villages[0]}]})}

    assert "size" in rules(whole["villages"][:2])
    assert "size" in rules((whole["villages"] + others)[:6])
    near = {frozenset(p) for p in data["adjacent"]}
    far = next(v for v in others if not any(frozenset((v, m)) in near for m in whole["villages"][:2]))
    assert "connected" in rules([*whole["villages"][:2], far])
    with stage.acts(CHIEF):
        assert AreaBody.objects.filter(area__kind="villages", area__valid_to=None).count() == 36


@pytest.fixture
def office(divided: Theatre) -> Office:
    return Office(divided)


def test_a_director_is_chosen_among_the_excellent_of_the_area_and_there_is_one(office: Office) -> None:
    """S1-10: Only a current supervisor of the area with grade "优秀" can be chosen; a second director is refused.
    As corrected: 优秀 rests on written reasons and villagers' voices, never on counts."""
    stage = office.stage
    with stage.acts(CHIEF):
        areas: dict[int, list[int]] = {}
        for area, village in AreaBody.objects.filter(area__kind="villages", body__parent__code="fengdeng").order_by("area_id", "body_id").values_list("area_id", "body_id"):
            areas.setdefault(area, []).append(village)
    held = dict(stage.admin.execute("select body_id, person_id from posting where body_id = any(%s) and ends_at is null", [[v for vs in areas.values() for v in vs]]).fetchall())
    first, second = [[held[v] for v in vs] for vs in list(areas.values())[:2]]
    stranger = stage.admin.execute("select person_id from posting where body_id = %s", [stage.body("shixi-v1")]).fetchone()[0]  # type: ignore[index]
    clerk, secretary = office.staff("fengdeng"), office.staff("fengdeng", "town_secretary")
    rows = [{"supervisor": str(first[0]), "grade": "excellent", "reasons": "群众反映的事件件有答复", "voices": "有事找得到人"}, {"supervisor": str(first[1]), "grade": "good", "reasons": "按时走访"},
            {"supervisor": str(second[0]), "grade": "excellent", "reasons": "敢于指出问题", "voices": "公道"}, {"supervisor": str(stranger), "grade": "excellent", "reasons": "外镇的监督员", "voices": "好"},
            {"supervisor": str(first[2]), "grade": "excellent", "reasons": "耐心细致", "voices": "常来家里坐"}]

    def opened(title: str) -> int:
        matter = office.open("committee_director", title, person=clerk, owner="fengdeng", room=None, level=0)
        silent = [{k: v for k, v in rows[0].items() if k != "voices"}]
        assert office.refused(clerk, matter, "appraised", ("appraisal", {"period": "2025", "rows": silent, "appraised_on": "2026-03-02"})) == "required"
        office.step(clerk, matter, "appraised", ("appraisal", {"period": "2025", "rows": rows, "appraised_on": "2026-03-02"}))
        office.hands.approved(clerk, matter, "choose", secretary)
        return matter

    def choice(person: int) -> tuple[str, dict[str, Any]]:
        return ("choice", {"chosen": str(person), "reason": "评议优秀，群众认可", "chosen_on": "2026-03-02"})

    matter = opened("第一片区主任")
    for wrong in (first[1], stranger, stage.person("yj-analyst")):
        assert office.refused(clerk, matter, "choose", choice(wrong)) == "guard_field"
    office.step(clerk, matter, "choose", choice(first[0]))
    assert (office.at(matter, clerk), office.facts(matter, "director.person", clerk)) == (["serving"], [first[0]])
    again = opened("再选一名")
    assert office.refused(clerk, again, "choose", choice(first[2])) == "guard_field"
    office.step(clerk, again, "choose", choice(second[0]))  # the other area has none yet
    office.step(clerk, matter, "left", reason="任期届满")
    third = opened("离任后再选")
    stage.admin.execute("update posting set ends_at = access.now() where person_id = %s", [first[0]])
    assert office.refused(clerk, third, "choose", choice(first[0])) == "guard_field"  # no longer in post
    office.step(clerk, third, "choose", choice(first[2]))
    assert office.outcomes(third, clerk) == ["chosen"]
