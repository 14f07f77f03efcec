"""Zones: proof against brute force, rules, ladder, re-plan, determinism."""
from __future__ import annotations

import copy
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xieli.engines.allocation import BadInput, Failed, Limits, RunRecord, check, replay, run, search, zone_model, zones
from xieli.engines.allocation.core import Core

from .conftest import make_zones


def brute_force(core: Core) -> int | None:
    best = None
    for assign in itertools.product(range(core.bodies), repeat=core.units):
        plan = np.array(assign)
        if core.violation(plan) == 0 and core.side_rules_hold(plan):
            cost = core.total(plan)
            best = cost if best is None or cost < best else best
    return best


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_a_proven_cost_is_the_one_that_trying_every_plan_finds(seed: int, uniform: bool) -> None:
    rnd = np.random.default_rng(seed)
    n, k = 7, 3
    weight = np.repeat(rnd.integers(1, 9, (n, 1)), k, axis=1) if uniform else rnd.integers(1, 9, (n, k))
    share = weight.mean(axis=1).sum() / k
    core = Core(rnd.integers(0, 40, (n, k)), weight, np.full(k, int(share * 0.7)), np.full(k, int(share * 1.3)),
                rnd.random((n, k)) < 0.9, uniform=uniform)
    found, truth = search.solve(core, search.Effort(canonical=False)), brute_force(core)
    if truth is None:
        assert found.assign is None
    else:
        assert found.proven
        assert found.cost == truth == core.total(found.assign)
        assert found.lp_bound <= truth + 1e-6


def test_the_plan_holds_every_rule_and_says_so_independently() -> None:
    data = make_zones(bans=[{"unit": "u01", "body": "b1", "code": "complaint"}], locks=[{"unit": "u02", "body": "b3", "by": "x", "reason": "running case"}])
    data["units"][2]["recused"] = []
    plan = run("zones", data)
    assert plan["status"] == "optimal"
    assert check.zones(data, plan) == []
    assert plan["assign"]["u02"] == "b3"
    assert plan["after"]["max_ratio"] <= 1 + plan["band"] + 1e-9 < plan["before"]["max_ratio"]


def test_the_checker_sees_each_kind_of_broken_plan() -> None:
    data = make_zones()
    plan = run("zones", data)
    recused = next(u for u in data["units"] if u["recused"])
    for change, rule in (({recused["id"]: recused["recused"][0]}, "recusal"), ({"u00": "nowhere"}, "coverage"),
                         ({u["id"]: "b0" for u in data["units"]}, "band")):
        broken = copy.deepcopy(plan)
        broken["assign"].update(change)
        assert rule in {v.rule for v in check.zones(data, broken)}
    locked = data | {"locks": [{"unit": "u00", "body": next(b["id"] for b in data["bodies"] if b["id"] != plan["assign"]["u00"])}]}
    assert "lock" in {v.rule for v in check.zones(locked, plan)}


def test_same_input_same_plan_and_the_record_replays_across_processes() -> None:
    data = make_zones()
    first, second = run("zones", data), run("zones", data)
    assert first["record"] == second["record"]
    assert first["assign"] == second["assign"]
    same, _ = replay(data, RunRecord.from_json(first["record"]))
    assert same
    changed = copy.deepcopy(data)
    changed["units"][0]["load"] += 1
    same, _ = replay(changed, RunRecord.from_json(first["record"]))
    assert not same


def test_the_order_of_the_file_does_not_change_the_plan() -> None:
    data = make_zones()
    turned = data | {"units": data["units"][::-1], "bodies": data["bodies"][::-1]}
    assert run("zones", data)["assign"] == run("zones", turned)["assign"]


def test_units_outside_the_centre_follow_their_seat_and_a_recused_seat_is_listed_for_designation() -> None:
    data = make_zones()
    data["bodies"].append({"id": "far", "seat_km": [90, 90], "officers": 9, "central": False})
    data["units"] += [{"id": "out1", "at_km": [91, 90], "central": False, "home": "far"},
                      {"id": "out2", "at_km": [92, 90], "central": False, "home": "far", "recused": ["far"]}]
    plan = run("zones", data)
    assert plan["assign"]["out1"] == "far"
    assert "out2" not in plan["assign"]
    assert plan["to_designate"] == {"out2": "recusal"}
    assert check.zones(data, plan) == []


def test_caps_case_caps_and_industry_blocks_hold() -> None:
    data = make_zones(units=30, blocks=[{"industry": "bank", "least": 2, "experts_only": False}], ladder=[0.3])
    data["bodies"][0]["cap"] = 40
    for u in data["units"]:
        u["cases"] = 2
    data["bodies"][1]["case_cap"] = 20
    plan = run("zones", data)
    assert plan["assign"] is not None
    assert check.zones(data, plan) == []


def test_a_replan_moves_no_more_than_it_must() -> None:
    data = make_zones(units=12, bodies=3, ladder=[0.10])
    before = run("zones", data | {"ladder": [0.05]})
    for u in data["units"]:
        u["current"] = before["assign"][u["id"]]
    data["units"][0]["load"] += 6
    data["units"][1]["load"] += 5
    plan = run("replan", data)
    problem = zone_model.parse(data)
    core = zone_model.to_core(problem, 0.10)
    fewest = min(sum(a != c for a, c in zip(assign, core.current, strict=True)) for assign in itertools.product(range(3), repeat=12)
                 if core.violation(np.array(assign)) == 0 and core.side_rules_hold(np.array(assign)))
    assert plan["moves_proven"]
    assert plan["moves"] == fewest == len(plan["moved"])
    assert check.zones(data, plan) == []


def test_a_move_budget_is_never_exceeded() -> None:
    data = make_zones(ladder=[0.20])
    for u in data["units"]:
        u["current"] = next(b["id"] for b in data["bodies"] if b["id"] not in u["recused"])
    free = run("zones", data)
    tight = run("zones", data | {"move_budget": len(free["moved"]) - 1})
    assert tight["assign"] is None or (len(tight["moved"]) < len(free["moved"]) and check.zones(data | {"move_budget": len(free["moved"]) - 1}, tight) == [])


def test_the_frontier_shows_three_to_five_plans_and_wider_bands_never_cost_more() -> None:
    data = make_zones()
    for u in data["units"]:
        u["current"] = "b0" if "b0" not in u["recused"] else "b1"
    sides = run("frontier", data, options={"bands": [0.05, 0.1, 0.2]})["side_by_side"]
    assert 3 <= len(sides) <= 5
    costs = [s["cost"] for s in sides[:3]]
    assert costs == sorted(costs, reverse=True)


def test_a_unit_larger_than_every_band_is_named_with_the_band_that_would_do() -> None:
    data = make_zones()
    data["units"][5]["load"] = 400
    answer = run("zones", data)
    assert answer["status"] == "infeasible"
    assert "u05" in answer["reasons"][0]["why"][0]["en"]
    wide = run("zones", data | {"ladder": [answer["suffices"]["band"]]})
    assert check.zones(data | {"ladder": [answer["suffices"]["band"]]}, wide) == []
    counted = run("zones", data | {"oversize": "count_full_band"})
    assert counted["counted_as"][0]["unit"] == "u05"
    assert check.zones(data | {"oversize": "count_full_band"}, counted) == []


@pytest.mark.parametrize(("change", "rule"), [
    (lambda d: d["units"][0].update(load=-3), "negative-load"),
    (lambda d: d["units"][0].update(recused=["b0", "b1", "b2", "b3"]), "no-eligible-body"),
    (lambda d: d["units"].append(dict(d["units"][0])), "duplicate-id"),
    (lambda d: d["bodies"].append(dict(d["bodies"][0])), "duplicate-id"),
    (lambda d: d.update(locks=[{"unit": "u00", "body": "b0"}], bans=[{"unit": "u00", "body": "b0", "code": "kin"}]), "lock-against-ban"),
    (lambda d: d.update(locks=[{"unit": "u00", "body": "b1"}, {"unit": "u00", "body": "b2"}]), "lock-against-lock"),
    (lambda d: d["units"][0].update(recused=["nobody"]), "unknown-body"),
    (lambda d: d["units"][0].update(load=float("nan")), "negative-load"),
    (lambda d: d.update(units=[]), "empty"),
    (lambda d: d.update(bans=[{"unit": "u00"}]), "format"),
    (lambda d: d.update(weights={"colour": 3}), "format"),
    (lambda d: d["units"][0].pop("at_km"), "coordinates"),
])
def test_bad_input_gets_a_plain_answer_with_rule_and_record(change, rule: str) -> None:
    data = make_zones()
    change(data)
    with pytest.raises(BadInput) as refused:
        zone_model.parse(data)
    assert refused.value.rule == rule
    assert refused.value.text.zh
    assert refused.value.text.en


def test_bad_input_crosses_the_process_border_as_bad_input() -> None:
    data = make_zones()
    data["units"][0]["load"] = -1
    with pytest.raises(BadInput) as refused:
        run("zones", data)
    assert refused.value.records == ["unit u00"]


def test_a_solver_that_overruns_is_stopped_and_its_last_plan_is_kept() -> None:
    data = make_zones(units=400, bodies=30, seed=5, ladder=[0.05])
    seen: list[dict] = []
    with pytest.raises(Failed) as failed:
        run("zones", data, Limits(seconds=0.05), progress=seen.append)
    assert failed.value.by_clock
    assert failed.value.last is (seen[-1] if seen else None)


def test_a_solver_that_dies_says_so_and_nothing_is_adopted(monkeypatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(Failed) as failed:
        run("zones", make_zones())
    assert failed.value.last is None
    assert not failed.value.by_clock
    assert "ended unexpectedly" in failed.value.why.en


def test_a_run_that_uses_up_its_processor_time_is_stopped() -> None:
    with pytest.raises(Failed) as failed:
        run("zones", make_zones(units=400, bodies=30, seed=5, ladder=[0.05]), Limits(seconds=2))
    assert failed.value.by_clock


def test_a_solver_that_runs_out_of_memory_says_so() -> None:
    with pytest.raises(Failed) as failed:
        run("zones", make_zones(), Limits(memory_mb=60))
    assert "60 MB" in failed.value.why.zh
    assert "memory limit of 60 MB" in failed.value.why.en
    assert not failed.value.by_clock


def test_the_reported_better_plans_are_already_within_the_bands() -> None:
    data = make_zones(units=60, bodies=6, ladder=[0.05])
    seen: list[dict] = []
    zones.solve(data, Limits(), {}, seen.append)
    assert seen
    assert all(check.zones(data, p) == [] for p in seen)
