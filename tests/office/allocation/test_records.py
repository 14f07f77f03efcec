"""Committees and rotas come from what a leader laid down; weights of the ranking are versions of two persons; bad records have a plain answer."""
from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import pytest

CHIEF, HEAD, DEPUTY = "chief3", "yj-head", "yj-deputy"


@pytest.fixture(scope="module")
def laid(placed: Any) -> Any:
    """Villages, borders and groups laid down by the chief from the demo's own file."""
    from xieli.office.allocation import demo, records

    demo.more_villages(placed.admin)
    with placed.acts(CHIEF):
        placed.made["laid"] = records.lay_out(placed.body("yj"), demo.village_file())
    return placed


def problem(stage: Any, which: str) -> dict[str, Any]:
    from xieli.office.allocation import records
    from xieli.office.bodies.models import Body

    with stage.acts(CHIEF):
        return dict(getattr(records, which)(Body.objects.get(code="yj")))


def test_committees_from_records_are_proven_and_the_village_cut_off_is_left_to_a_person(laid: Any) -> None:
    from xieli.office.allocation import demo, divisions
    from xieli.office.bodies.models import AreaBody

    run = demo.plan_now(laid, CHIEF, "yj", "committees", problem(laid, "committees_problem"), title="片区廉勤委")
    assert (run.state, run.verdict) == ("done", [])
    assert run.result["status"] == "optimal"
    assert sum(len(c["villages"]) for c in run.result["committees"]) == 36
    assert [d["text"]["zh"] for d in run.result["for_decision"]]
    with laid.acts(CHIEF):
        version = divisions.propose(run, reason="三至五村一片", valid_from=divisions.today())
    with laid.acts(HEAD):
        assert divisions.adopt(version) == 1
        members = AreaBody.objects.filter(area__kind="villages", area__plan_digest=version.sha)
        assert members.count() == 36
        assert {m.area.lead_body.code for m in members.select_related("area__lead_body")} == set(demo.TOWNS)


def test_a_rota_from_records_sends_no_group_where_a_head_is_barred(laid: Any) -> None:
    from xieli.office.allocation import demo

    data = problem(laid, "rota_problem")
    run = demo.plan_now(laid, CHIEF, "yj", "rota", data, title="督查轮值")
    assert (run.state, run.verdict, run.result["proven"]) == ("done", [], True)
    barred = {g["id"]: set(g["barred"]) for g in data["groups"]}
    assert all(barred.values())
    assert len(run.result["rows"]) == 4 * len(data["counties"])
    assert not [r for r in run.result["rows"] if r["county"] in barred[r["group"]]]
    assert all(len(g["heads"]) == 2 for g in data["groups"])


def test_chairs_come_from_the_series_that_its_sides_convene_in_turn(laid: Any) -> None:
    from xieli.office.allocation import demo
    from xieli.office.meetings import services as meetings

    assert refused(laid, lambda: problem_now(laid, "chairs_problem")) == "no_records"
    sides = tuple(laid.body(c) for c in ("yj", "fire-dc"))
    with laid.acts(HEAD):
        meetings.found(meetings.NewSeries("joint", "央地联席会议", "Joint meeting", laid.body("yj"), "month", sides=sides, in_turn=sides))
    laid.admin.execute("insert into posting (person_id, body_id, home_body_id, kind, starts_at, ends_at, basis, is_deputy) select person_id, %s, %s, 'follow_class', access.now() - interval '1 day', access.now() + interval '20 days', 'x', false"
                       " from posting where office_id = %s", [laid.body("yj"), laid.body("fire-dc"), laid.world.offices["head@fire-dc"]])
    data = problem(laid, "chairs_problem")
    assert next(m for m in data["members"] if m["id"] == laid.body("fire-dc"))["absent"] == [1]
    run = demo.plan_now(laid, CHIEF, "yj", "rota", data, title="会议主持")
    assert (run.state, run.verdict) == ("done", [])
    chairs = [r["chair"] for r in run.result["rows"]]
    assert chairs == list(sides) * 6


def refused(stage: Any, act: Any, person: str = CHIEF) -> str:
    with stage.acts(person):
        return str(stage.refused(act))


def problem_now(stage: Any, which: str) -> Any:
    from xieli.office.allocation import records
    from xieli.office.bodies.models import Body

    return getattr(records, which)(Body.objects.get(code="yj"))


@pytest.mark.parametrize(("data", "code"), [
    ({"places": [{"code": "nobody", "x_km": 1, "y_km": 1}]}, "file"),
    ({"places": [{"code": "datan", "x_km": "far", "y_km": 1}]}, "file"),
    ({"places": [{"code": "datan", "x_km": 1, "y_km": 1}, {"code": "datan", "x_km": 2, "y_km": 1}]}, "file"),
    ({"villages": [{"code": "datan", "work": 1, "score": 80}]}, "file"),
    ({"villages": [{"code": "wenshan-v1", "work": -1, "score": 80}]}, "file"),
    ({"borders": [["wenshan-v1", "wenshan-v1"]]}, "file"),
    ({"groups": [{"name_zh": "一组", "heads": [{"body": "yj", "office": "head"}]}]}, "two-heads"),
    ({"places": 7}, "file"), ({}, "file"),
])
def test_a_file_with_a_fault_lays_down_nothing(laid: Any, data: Any, code: str) -> None:
    from xieli.office.allocation import records

    count = "select (select count(*) from body_place), (select count(*) from village_record), (select count(*) from village_border), (select count(*) from check_group)"
    before = laid.admin.execute(count).fetchone()
    assert refused(laid, lambda: records.lay_out(laid.body("yj"), data)) == code
    assert laid.admin.execute(count).fetchone() == before


def test_nobody_lays_down_places_outside_his_own_territory(laid: Any) -> None:
    from xieli.office.allocation import records

    file = {"places": [{"code": "datan", "x_km": 1, "y_km": 1}]}
    assert refused(laid, lambda: records.lay_out(laid.body("wuchuan"), file), "zhou-rong") == "not_found"
    assert refused(laid, lambda: records.lay_out(laid.body("yj"), file), "yj-handler") == "not_found"
    assert refused(laid, lambda: records.lay_out(laid.body("yj"), file), "zhou-rong") == "not_found"


# ── weights ──
def ours(**changed: float) -> dict[str, Any]:
    from xieli.office.allocation import weights

    return {k: getattr(weights.OURS, k) for k in weights.LIMITS} | changed


def test_weights_need_a_second_person_a_reason_and_a_day_and_the_ranking_says_which_version_it_used(laid: Any) -> None:
    from tests.office.allocation.test_desk import designation
    from xieli.office.allocation import divisions, services, weights

    yj = laid.body("yj")
    matter = designation(laid)
    with laid.acts(CHIEF):
        day = divisions.today()
        assert services.rank(matter).weights.version == "1 (ours)"
        old = services.choose(matter, int(services.rank(matter).rows[0].body), why_not_natural="任务集中")
    assert refused(laid, lambda: weights.propose(yj, ours(load=60), reason="", valid_from=day)) == "reason_needed"
    assert refused(laid, lambda: weights.propose(yj, ours(load=60), reason="负荷应更重", valid_from=day - timedelta(days=1))) == "past"
    assert refused(laid, lambda: weights.propose(yj, ours(load=-1), reason="负荷应更重", valid_from=day)) == "weights"
    assert refused(laid, lambda: weights.propose(yj, ours(load=float("nan")), reason="负荷应更重", valid_from=day)) == "weights"
    with laid.acts(DEPUTY):
        version = weights.propose(yj, ours(load=60, travel=10), reason="一年里路程一再被越过", valid_from=day, reviewed=day.year)
        assert version.findings["choices"] >= 0
        assert laid.refused(lambda: weights.adopt(version)) == "two_persons"
    assert refused(laid, lambda: weights.adopt(version)) == "not_found"  # a room's head does not adopt
    assert refused(laid, lambda: weights.adopt(version), "zhou-rong") == "not_found"
    with laid.acts(CHIEF):
        assert services.rank(matter).weights.version == "1 (ours)"
    with laid.acts(HEAD):
        assert weights.adopt(version) == 2
        assert laid.refused(lambda: weights.adopt(version)) == "conflict"
    with laid.acts(CHIEF):
        ranking = services.rank(matter)
        assert (ranking.weights.version, ranking.weights.load, ranking.weights.travel) == (f"2 · {day.isoformat()}", 60, 10)
        old.refresh_from_db()
        assert old.result["weights"]["version"] == "1 (ours)", "a ranking keeps the weights it was made with"
        services.choose(matter, int(ranking.rows[0].body), why_not_natural="任务集中")
        seen = services.laid_before_signer(matter)
    assert seen is not None
    assert seen["weights"]["version"] == f"2 · {day.isoformat()}"


def test_later_weights_wait_for_their_day_and_what_is_withdrawn_never_comes(laid: Any) -> None:
    from xieli.office.allocation import divisions, weights

    yj = laid.body("yj")
    with laid.acts(DEPUTY):
        day = divisions.today()
        current = weights.in_force(yj, day)
        later = weights.propose(yj, ours(load=50), reason="次年起用", valid_from=day + timedelta(days=30))
        never = weights.propose(yj, ours(load=0), reason="试一试再说", valid_from=day + timedelta(days=40))
        weights.withdraw(never)
    with laid.acts(HEAD):
        assert weights.adopt(later) == (current.number if current else 1) + 1
        assert laid.refused(lambda: weights.adopt(never)) == "conflict"
        before, after = weights.as_score(weights.in_force(yj, day + timedelta(days=29))), weights.as_score(weights.in_force(yj, day + timedelta(days=30)))
    assert (before.load, after.load) == (weights.as_score(current).load, 50)


# ── bad input at the office ──
def bans_all(p: dict[str, Any]) -> None:
    unit = next(u for u in p["units"] if u["central"])
    unit["recused"] = [b["id"] for b in p["bodies"]]


def contradiction(p: dict[str, Any]) -> None:
    unit, body = next(u["id"] for u in p["units"] if u["central"]), next(b["id"] for b in p["bodies"] if b["central"])
    p["locks"] = [{"unit": str(unit), "body": str(body), "reason": "x"}]
    p["bans"] = [{"unit": str(unit), "body": str(body), "code": "recusal"}]


HARMS = {
    "negative-load": lambda p: p["units"][0].update(load=-3),
    "no-eligible-body": bans_all,
    "lock-against-ban": contradiction,
    "duplicate-id": lambda p: p["units"].append(dict(p["units"][0])),
}


@pytest.mark.parametrize("harm", sorted(HARMS))
def test_bad_input_names_its_rule_and_its_record_in_both_languages_and_keeps_what_is_in_force(laid: Any, harm: str) -> None:
    from xieli.office.allocation import demo, divisions
    from xieli.office.allocation.models import PlanVersion

    with laid.acts(CHIEF):
        data = copy.deepcopy(divisions.problem_from_records())
    central = next(str(u["id"]) for u in data["units"] if u["central"])
    HARMS[harm](data)
    before = laid.admin.execute("select count(*), max(sha) from plan_version where state = 'in_force'").fetchone()
    run = demo.plan_now(laid, CHIEF, "yj", "zones", data)
    said = (run.said_zh, run.said_en) if run.state == "refused" else tuple(" ".join(t[k] for r in run.result["reasons"] for t in r["why"]) for k in ("zh", "en"))
    assert run.state == "refused" or run.result["status"] == "infeasible"
    named = run.result["refused"]["records"] if run.state == "refused" else [central]
    # Chinese says 单位 1721 where the record is “unit 1721”
    assert any(str(r).split()[-1] in said[0] and str(r) in said[1] for r in named), (said, named)
    assert laid.admin.execute("select count(*), max(sha) from plan_version where state = 'in_force'").fetchone() == before
    with laid.acts(CHIEF):
        assert laid.refused(lambda: divisions.propose(run, reason="均衡各区负荷", valid_from=divisions.today())) in ("unchecked", "no_plan")
        assert not PlanVersion.objects.filter(run=run).exists()


def test_a_solver_out_of_time_says_so_with_its_limit_and_nothing_is_kept_to_adopt(laid: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from xieli.office.allocation import demo, divisions, plans

    with laid.acts(CHIEF):
        data = divisions.problem_from_records()
    monkeypatch.setattr(plans, "LIMITS", {"seconds": 0.01, "memory_mb": 2048})
    run = demo.plan_now(laid, CHIEF, "yj", "zones", data)
    assert run.state == "failed"
    assert "应急时限 0.01 秒" in run.said_zh
    assert "emergency limit of 0.01 seconds" in run.said_en
    assert not plans.planned(run.result)
    with laid.acts(CHIEF):
        assert laid.refused(lambda: divisions.propose(run, reason="均衡各区负荷", valid_from=divisions.today())) == "unchecked"
