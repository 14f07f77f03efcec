"""Staffing, committees, rotas: rules, proofs against brute force, islands, reasons."""
from __future__ import annotations

import copy
import itertools
import random
from typing import Any

import pytest

from xieli.engines.allocation import BadInput, check_people, committees, run, staff_rules


def make_staff(**more: Any) -> dict[str, Any]:
    rnd = random.Random(5)
    officers = [{"id": i, "body": i % 5, "rank": 1 + i % 5, "skills": [i % 3], "native_county": i % 6, "base_county": (i + 1) % 6,
                 "former_employer_unit": i % 9, "days_this_year": rnd.randint(0, 130), "kin_in_units": [], "away_days": []} for i in range(30)]
    seats = [{"role": "lead", "min_rank": 4, "skill": None}, {"role": "member", "min_rank": 1, "skill": "tax"}, {"role": "member", "min_rank": 1, "skill": "audit"}]
    requests = [{"id": r, "county": r % 6, "unit": 20 + r, "from_day": 20 * r, "to_day": 20 * r + 30, "seats": seats, "handled_before_by": [3]} for r in range(4)]
    return {"skills": ["tax", "audit", "data"], "counties_km": [[10 * k, 0] for k in range(6)], "officers": officers, "requests": requests, **more}


def test_all_seats_are_filled_and_every_rule_holds() -> None:
    data = make_staff()
    plan = run("staff", data)
    assert plan["unfilled"] == []
    assert plan["bound"] <= plan["cost"] + 1e-6
    assert check_people.staff(data, plan) == []
    assert run("staff", data)["record"] == plan["record"]


def test_a_recused_officer_never_gets_a_seat_however_dear_the_empty_seat() -> None:
    data = make_staff()
    for o in data["officers"]:
        o["kin_in_units"] = [20]
    plan = run("staff", data)
    assert all(s["officer"] is None for t in plan["teams"] if t["request"] == 0 for s in t["seats"])
    gone = [u for u in plan["unfilled"] if u["request"] == 0]
    assert {u["cheapest_relaxation"] for u in gone} == {None}
    assert all(u["reasons"]["kin"] == 30 for u in gone)


def test_an_empty_seat_names_its_reason_and_the_cheapest_relaxation() -> None:
    data = make_staff()
    data["requests"] = [data["requests"][0]]
    data["requests"][0]["seats"] = [{"role": "member", "min_rank": 9, "skill": "tax"}]
    empty = run("staff", data)["unfilled"][0]
    assert empty["cheapest_relaxation"]["rule"] == "rank"
    assert empty["reasons"]["rank"] == 30
    assert "P-" in empty["text"]["en"]


def test_one_new_request_leaves_the_running_teams_alone() -> None:
    data = make_staff()
    first = run("staff", data)
    fixed = [{"request": t["request"], "officers": [s["officer"] for s in t["seats"]]} for t in first["teams"][:3]]
    again = data | {"fixed": fixed}
    plan = run("staff", again)
    assert [t["request"] for t in plan["teams"]] == [3]
    assert check_people.staff(again, plan) == []


@pytest.mark.parametrize(("officer", "request_", "code"), [
    ({"kin_in_units": [20]}, {}, "kin"), ({"former_employer_unit": 20}, {}, "former_employer"), ({"native_county": 0}, {}, "native_county"),
    ({"id": 3}, {}, "prior_handling"), ({"away_days": [[30, 40]]}, {}, "away"), ({"home_unit": 20}, {}, "home_unit"),
    ({"posting": {"kind": "front_line", "unit": 20, "from_day": -200, "to_day": -100}}, {}, "cooling_off"),
    ({"last_loan_to_day": -5}, {"kind": "borrowing"}, "back_to_back"),
])
def test_each_bar_has_its_code(officer: dict[str, Any], request_: dict[str, Any], code: str) -> None:
    data = make_staff()
    base = {"id": 99, "body": 0, "rank": 5, "skills": [0], "native_county": 5, "base_county": 1, "former_employer_unit": None, "days_this_year": 0,
            "kin_in_units": [], "away_days": []}
    data["officers"] = [base | officer]
    data["requests"] = [data["requests"][0] | request_]
    problem = staff_rules.parse(data)
    assert staff_rules.why(problem.officers[0], problem.requests[0]) == [code]
    plan = {"teams": [{"request": 0, "seats": [{"seat": 0, "officer": problem.officers[0].id}, {"seat": 1, "officer": None}, {"seat": 2, "officer": None}]}]}
    assert code.replace("_", "-") in {v.rule for v in check_people.staff(data, plan)}


def test_case_loans_keep_a_rest_between_them_but_other_requests_do_not() -> None:
    data = make_staff()
    for n, r in enumerate(data["requests"]):
        r.update(from_day=40 * n, to_day=40 * n + 20)
    assert len(staff_rules.exclusive(staff_rules.parse(data).requests)) == 4
    for r in data["requests"]:
        r["kind"] = "borrowing"
    assert max(len(c) for c in staff_rules.exclusive(staff_rules.parse(data).requests)) == 2
    assert check_people.staff(data, run("staff", data)) == []


def test_the_checker_sees_a_double_booking_and_an_emptied_body() -> None:
    data = make_staff()
    plan = run("staff", data)
    broken = copy.deepcopy(plan)
    broken["teams"][1]["seats"][0]["officer"] = broken["teams"][0]["seats"][0]["officer"]
    assert "overlap" in {v.rule for v in check_people.staff(data, broken)}
    small = data | {"weights": {"body_share": 0.0}}
    assert "body-share" in {v.rule for v in check_people.staff(small, plan)}


@pytest.mark.soak
def test_the_evaluation_staffing_fills_every_seat_within_half_a_percent(evaluation) -> None:
    data = evaluation("staffing-300x40.json")
    plan = run("staff", data)
    assert plan["unfilled"] == []
    assert plan["gap"] <= 0.005
    assert check_people.staff(data, plan) == []


def grid(width: int, height: int, township: int = 1) -> dict[str, Any]:
    rnd = random.Random(2)
    villages = [{"id": y * width + x, "at_km": [x, y], "township": township, "supervisor_score": rnd.randint(60, 95), "work": rnd.randint(3, 15)}
                for y in range(height) for x in range(width)]
    adjacent = [[y * width + x, y * width + x + 1] for y in range(height) for x in range(width - 1)]
    adjacent += [[y * width + x, (y + 1) * width + x] for y in range(height - 1) for x in range(width)]
    return {"villages": villages, "adjacent": adjacent}


def _connected(group: tuple[int, ...], near: dict[Any, set[Any]]) -> bool:
    seen, edge = {group[0]}, [group[0]]
    while edge:
        fresh = (near[edge.pop()] & set(group)) - seen
        seen |= fresh
        edge += list(fresh)
    return len(seen) == len(group)


def test_every_connected_set_is_enumerated_exactly_once() -> None:
    villages, near = committees.parse(grid(4, 3))
    listed = [tuple(sorted(s)) for s in committees.connected_sets(near, list(villages), 3, 5)]
    truth = [g for n in (3, 4, 5) for g in itertools.combinations(sorted(villages), n) if _connected(g, near)]
    assert sorted(listed) == sorted(truth)
    assert len(listed) == len(set(listed))


def test_committees_are_the_cheapest_possible_partition() -> None:
    data = grid(3, 3)
    plan = run("committees", data)
    villages, near = committees.parse(data)
    sets = [tuple(sorted(s)) for s in committees.connected_sets(near, list(villages), 3, 5)]
    costs = {s: committees.set_cost([villages[v] for v in s], plan["target_work"]) for s in sets}

    def cheapest(left: frozenset[int]) -> float:
        if not left:
            return 0
        first = min(left)
        return min((costs[s] + cheapest(left - set(s)) for s in sets if first in s and set(s) <= left), default=float("inf"))

    assert plan["proven"]
    assert abs(plan["target_work"] * max(1, round(9 / committees.MEAN_SIZE)) - sum(v["work"] for v in data["villages"])) < 0.01
    assert plan["cost"] == cheapest(frozenset(villages))
    assert check_people.committees(data, plan) == []


def test_an_island_is_listed_for_a_person_to_decide() -> None:
    data = grid(3, 2)
    data["villages"].append({"id": 77, "at_km": [40, 40], "township": 1, "supervisor_score": 90, "work": 5})
    plan = run("committees", data)
    assert [d["villages"] for d in plan["for_decision"]] == [[77]]
    assert check_people.committees(data, plan) == []
    silent = plan | {"for_decision": []}
    assert "size" in {v.rule for v in check_people.committees(data, silent)}


def test_a_head_is_no_cadre_and_has_no_kin_among_the_set() -> None:
    data = grid(3, 1)
    data["villages"][0].update(supervisor_score=99, supervisor_is_cadre=True)
    data["villages"][1].update(supervisor_score=98, supervisor_kin_in=[2])
    plan = run("committees", data)
    assert plan["committees"][0]["head"] == 2
    broken = copy.deepcopy(plan)
    broken["committees"][0]["head"] = 1
    assert "head" in {v.rule for v in check_people.committees(data, broken)}


def test_the_257_villages_are_proven(evaluation) -> None:
    data = evaluation("villages-257.json")
    plan = run("committees", data)
    assert plan["proven"]
    assert plan["cost"] == round(plan["bound"])
    assert plan["for_decision"] == []
    assert check_people.committees(data, plan) == []


def quarterly(**more: Any) -> dict[str, Any]:
    return {"groups": [{"id": f"g{n}", "heads": ["room", "group"], "barred": [f"c{n}"]} for n in range(7)], "counties": [f"c{n}" for n in range(7)],
            "quarters": 4, **more}


def test_seven_groups_make_twenty_eight_checks_a_year() -> None:
    data = quarterly()
    plan = run("rota", data)
    assert len(plan["rows"]) == 28
    assert plan["proven"]
    assert check_people.rota(data, plan) == []
    gone = plan | {"rows": plan["rows"][1:]}
    assert "coverage" in {v.rule for v in check_people.rota(data, gone)}


def test_a_group_with_one_head_is_refused_and_an_impossible_rota_says_so() -> None:
    data = quarterly()
    data["groups"][2]["heads"] = ["room"]
    with pytest.raises(BadInput) as refused:
        run("rota", data)
    assert refused.value.records == ["g2"]
    barred = quarterly()
    for g in barred["groups"]:
        g["barred"] = ["c0"]
    assert run("rota", barred)["status"] == "infeasible"


def test_chairs_alternate_rest_and_are_present() -> None:
    data = {"members": [{"id": n, "side": "AB"[n % 2], "absent": [n + 1, n + 5]} for n in range(6)], "meetings": 12, "rest": 3}
    plan = run("rota", data)
    assert plan["uneven"] == 0
    assert check_people.rota(data, plan) == []
