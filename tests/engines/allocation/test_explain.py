"""Explanations: alternatives, exact what-if against brute force, conflicts shrunk to what is needed."""
from __future__ import annotations

import itertools

import numpy as np
import pytest

from xieli.engines.allocation import BadInput, check, run, zone_model

from .conftest import make_zones


@pytest.fixture(scope="module")
def planned():
    data = make_zones(units=9, bodies=3, ladder=[0.25])
    return data, run("zones", data)


def test_every_unit_has_its_best_alternatives_with_parts_that_add_up(planned) -> None:
    data, plan = planned
    for u in data["units"]:
        why = run("explain", data, options={"plan": plan, "unit": u["id"]}) if u["id"] in ("u00", "u01") else None
        if why is None:
            continue
        assert why["proposed"] == plan["assign"][u["id"]]
        for a in why["alternatives"]:
            assert a["price"] == pytest.approx(sum(a["parts"].values()), abs=0.02)
            assert a["body"] not in u["recused"]
        assert {e["body"] for e in why["excluded"]} == set(u["recused"])


def test_the_exact_what_if_is_the_best_plan_with_that_unit_held(planned) -> None:
    data, plan = planned
    problem = zone_model.parse(data)
    core = zone_model.to_core(problem, plan["band"])
    place = {b.id: k for k, b in enumerate(problem.bodies)}
    u = problem.units[0]
    for body in place:
        if body in u.recused:
            assert run("exact", data, options={"plan": plan, "unit": u.id, "body": body})["status"] == "excluded"
            continue
        answer = run("exact", data, options={"plan": plan, "unit": u.id, "body": body})
        costs = [core.total(np.array(p)) for p in itertools.product(range(3), repeat=9)
                 if p[0] == place[body] and core.violation(np.array(p)) == 0 and core.side_rules_hold(np.array(p))]
        if not costs:
            assert answer["status"] == "no_plan"
            continue
        assert answer["delta"] == min(costs) - plan["cost"]
        assert check.zones(data, plan | {"assign": answer["assign"]}) == []


def test_an_unknown_unit_is_named(planned) -> None:
    data, plan = planned
    with pytest.raises(BadInput) as refused:
        run("explain", data, options={"plan": plan, "unit": "nobody"})
    assert refused.value.records == ["nobody"]


def test_the_conflict_names_the_groups_needed_and_omits_the_innocent() -> None:
    data = make_zones(units=12, bodies=3, ladder=[0.2], bans=[{"unit": "u03", "body": "b2", "code": "x"}])
    for u in data["units"]:
        u["recused"] = []
    data["locks"] = [{"unit": f"u{i:02}", "body": "b0", "reason": "case"} for i in range(9)]
    answer = run("conflict", data | {"bans": []})
    assert answer["status"] == "conflict"
    assert "lock" in answer["groups"]
    assert "ban" not in answer["groups"]
    band = next(r for r in answer["relaxations"] if r["rule"] == "band")
    wide = data | {"bans": [], "ladder": [band["value"]]}
    assert run("zones", wide)["assign"] is not None


def test_rules_that_fit_have_no_conflict() -> None:
    assert run("conflict", make_zones(ladder=[0.2]))["status"] == "feasible"
