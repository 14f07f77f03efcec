"""A division is made from records, checked, put forward by one, adopted by another; nothing is ever half in force."""
from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

CHIEF, HEAD, DEPUTY = "chief3", "yj-head", "yj-deputy"


def plan(stage: Any, **changes: Any) -> Any:
    from xieli.office.allocation import demo, divisions

    with stage.acts(CHIEF):
        problem = divisions.with_changes(divisions.problem_from_records(), **changes)
    return demo.plan_now(stage, CHIEF, "yj", "zones", problem, title="央单位均衡")


def refused(act: Any) -> str:
    from django.db import transaction

    from xieli.office.matters.services.errors import Refused

    try:
        with transaction.atomic():
            act()
    except Refused as refusal:
        return refusal.code
    return ""


def test_units_crowded_in_three_districts_are_shared_out_evenly(placed: Any) -> None:
    run = plan(placed)
    assert run.state == "done", run.said_zh
    assert run.verdict == []
    assert run.result["after"]["max_ratio"] < run.result["before"]["max_ratio"]
    outside = [u for u in run.problem["units"] if not u["central"]]
    assert outside
    assert all(str(run.result["assign"][str(u["id"])]) == str(u["home"]) for u in outside)
    placed.made["run"] = run


def test_the_same_records_give_the_same_plan_and_the_record_replays(placed: Any) -> None:
    from xieli.office.allocation import plans

    again = plan(placed)
    assert again.result["record"]["result_sha256"] == placed.made["run"].result["record"]["result_sha256"]
    assert plans.run_again(again)


def test_a_reason_a_date_and_a_clean_verdict_are_needed_to_put_a_plan_forward(placed: Any) -> None:
    from xieli.office.allocation import divisions
    from xieli.office.allocation.models import PlanRun

    run = placed.made["run"]
    with placed.acts(CHIEF):
        day = divisions.today()
        assert refused(lambda: divisions.propose(run, reason="", valid_from=day)) == "reason_needed"
        assert refused(lambda: divisions.propose(run, reason="均衡", valid_from=day - timedelta(days=1))) == "reason_needed"
        assert refused(lambda: divisions.propose(run, reason="均衡各区负荷", valid_from=day - timedelta(days=1))) == "past"
        bad = PlanRun.objects.get(pk=run.pk)
        bad.verdict = [{"rule": "band"}]
        assert refused(lambda: divisions.propose(bad, reason="均衡各区负荷", valid_from=day)) == "unchecked"


def test_one_person_alone_changes_nothing_and_the_second_makes_it_all_at_once(placed: Any) -> None:
    from xieli.office.allocation import divisions
    from xieli.office.allocation.models import PlanVersion
    from xieli.office.bodies.models import AreaBody, Body

    run = placed.made["run"]
    unit = next(int(u["id"]) for u in run.problem["units"] if u["central"] and str(run.result["assign"][str(u["id"])]) != str(u.get("current")))
    with placed.acts(DEPUTY):
        day = divisions.today() + timedelta(days=10)
        version = divisions.propose(run, reason="均衡各区负荷", valid_from=day)
        assert refused(lambda: divisions.adopt(version)) == "two_persons"
        assert divisions.in_force(placed.body("yj"), "central_units", day) is None
        assert AreaBody.objects.filter(body_id=unit).count() == 0
    with placed.acts(CHIEF):
        assert refused(lambda: divisions.adopt(version)) == "not_found"
    with placed.acts(HEAD):
        assert divisions.adopt(version) == 1
    with placed.acts(HEAD):
        whose, before = divisions.whose(Body.objects.get(pk=unit), day), divisions.whose(Body.objects.get(pk=unit), day - timedelta(days=1))
        assert whose.rule == "area"
        assert str(whose.body.id) == str(run.result["assign"][str(unit)])  # type: ignore[union-attr]
        assert before.rule == "seat"
        stored = PlanVersion.objects.get(pk=version.pk)
        assert stored.snapshot["verdict"] == []
        assert "±" in stored.rule_zh
        assert refused(lambda: divisions.adopt(stored)) == "conflict"


def test_the_last_good_plan_stays_until_a_later_one_begins(placed: Any) -> None:
    from xieli.office.allocation import divisions

    run = plan(placed, band=0.2)
    with placed.acts(DEPUTY):
        first = divisions.today() + timedelta(days=10)
        early = divisions.propose(run, reason="放宽幅度", valid_from=first)
        later = divisions.propose(run, reason="放宽幅度", valid_from=first + timedelta(days=30))
    with placed.acts(HEAD):
        assert refused(lambda: divisions.adopt(early)) == "conflict"
        divisions.withdraw(early)
        assert divisions.adopt(later) == 2
        assert divisions.in_force(placed.body("yj"), "central_units", first).number == 1  # type: ignore[union-attr]
        assert divisions.in_force(placed.body("yj"), "central_units", first + timedelta(days=29)).number == 1  # type: ignore[union-attr]
        assert divisions.in_force(placed.body("yj"), "central_units", first + timedelta(days=30)).number == 2  # type: ignore[union-attr]


def test_a_seat_that_moves_changes_the_answer_from_that_day_only(placed: Any) -> None:
    from xieli.office.allocation import divisions
    from xieli.office.allocation.models import BodyPlace
    from xieli.office.bodies.models import Body

    row = placed.admin.execute("select body_id, division_code from body_place where not central and headcount > 0 limit 1").fetchone()
    with placed.acts(CHIEF):
        day = divisions.today()
    other = placed.admin.execute("select division_code from body where code = 'wuchuan'").fetchone()[0]
    placed.admin.execute("update body_place set valid_to = %s where body_id = %s", [day + timedelta(days=5), row[0]])
    placed.admin.execute("insert into body_place (body_id, x_km, y_km, division_code, central, headcount, valid_from) values (%s, 1, 1, %s, false, 10, %s)", [row[0], other, day + timedelta(days=5)])
    with placed.acts(CHIEF):
        unit = Body.objects.get(pk=row[0])
        assert divisions.whose(unit, day + timedelta(days=4)).body.division_code == row[1]  # type: ignore[union-attr]
        assert divisions.whose(unit, day + timedelta(days=5)).body.id == placed.body("wuchuan")  # type: ignore[union-attr]
        assert BodyPlace.objects.filter(body=unit).count() == 2


def test_another_bodys_leader_and_a_handler_see_no_plan(placed: Any) -> None:
    from xieli.office.allocation import plans
    from xieli.office.allocation.models import PlanRun, PlanVersion

    for person in ("zhou-rong", "yj-handler", "fire-officer", "audadmin"):
        with placed.acts(person):
            assert PlanRun.objects.count() == 0, person
            assert PlanVersion.objects.count() == 0, person
            assert refused(lambda: plans.ask(placed.body("yj"), "zones", "x", {"bodies": [], "units": []}, defer=False)) == "not_found", person


@pytest.mark.parametrize("harm", [lambda p: p["units"][0].update(load=-1), lambda p: p["units"].append(dict(p["units"][0])), lambda p: p.update(units=[])])
def test_bad_records_are_refused_by_rule_and_what_is_in_force_stays(placed: Any, harm: Any) -> None:
    import copy

    from xieli.office.allocation import demo, divisions, plans
    from xieli.office.allocation.models import PlanVersion

    problem = copy.deepcopy(placed.made["run"].problem)
    harm(problem)
    run = demo.plan_now(placed, CHIEF, "yj", "zones", problem)
    assert run.state == "refused"
    assert run.said_zh
    assert run.said_en
    assert run.result["refused"]["rule"] in ("negative-load", "duplicate-id", "empty")
    with placed.acts(CHIEF):
        assert refused(lambda: divisions.propose(run, reason="均衡各区负荷", valid_from=divisions.today())) == "unchecked"
        assert PlanVersion.objects.filter(state__in=["in_force", "ended"]).count() == 2
    assert not plans.planned(run.result)


def test_a_solver_that_dies_or_runs_too_long_leaves_a_plain_answer(placed: Any, monkeypatch: Any) -> None:
    from xieli.office.allocation import demo, plans

    monkeypatch.setattr(plans, "LIMITS", {"seconds": 1.0, "memory_mb": 40})
    run = demo.plan_now(placed, CHIEF, "yj", "zones", placed.made["run"].problem)
    assert run.state == "failed"
    assert run.said_zh
    assert run.verdict is None


def test_a_lock_holds_and_an_exact_question_is_answered_from_the_plan(placed: Any) -> None:
    from xieli.office.allocation import demo

    first = placed.made["run"]
    unit = next(str(u["id"]) for u in first.problem["units"] if u["central"])
    other = next(str(b["body"]) for b in first.result["after"]["bodies"] if str(b["body"]) != str(first.result["assign"][unit]))
    held = plan(placed, locks=[(unit, other, "熟悉情况")], band=0.2)
    assert held.verdict == []
    assert str(held.result["assign"][unit]) == other
    asked = demo.plan_now(placed, CHIEF, "yj", "exact", first.problem, options={"unit": unit, "body": other}, parent=first)
    assert asked.state == "done"
    assert asked.result["status"] in ("optimal", "feasible", "no_plan")


def test_a_run_called_off_before_it_begins_never_begins(placed: Any) -> None:
    from xieli.office.allocation import plans

    with placed.acts(CHIEF):
        run = plans.ask(placed.body("yj"), "zones", "x", placed.made["run"].problem, defer=False)
        assert plans.call_off(run).state == "cancelled"
        assert refused(lambda: plans.call_off(run)) == "not_running"
    assert plans.perform(run.pk, lambda: placed.acts(CHIEF)) == "ended"


@pytest.mark.parametrize(("before", "after", "said"), [
    ((6, 2.0, 8), (7, 2.1, 8), "worse"), ((6, 2.0, 8), (7, 2.0, 8), "worse"), ((6, 2.0, 8), (4, 1.6, 8), "better"), ((6, 2.0, 8), (5, 2.4, 8), "mixed"), ((6, 2.0, 8), (6, 2.0, 8), "same"),
    ((6, 2.0, 3), (4, 1.6, 8), "early"), ((6, 2.0, 8), (4, 1.6, 1), "early"), ((0, None, 0), (4, 1.6, 8), "early")])
def test_a_division_that_made_things_worse_is_called_so_and_too_few_weeks_say_nothing(before: Any, after: Any, said: str) -> None:
    from xieli.office.allocation.divisions import Spread, judged

    spans = [Spread(tuple(range(n)), ratio, weeks, None, 0) for n, ratio, weeks in (before, after)]
    assert judged(spans[0], spans[1]) == said
