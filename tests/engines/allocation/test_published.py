"""Published instances of others: exact where the literature is exact."""
from __future__ import annotations

import numpy as np
import pytest

from xieli.engines.allocation import BadInput, Limits, check, packing, prices, published, run
from xieli.engines.allocation.core import Core


@pytest.mark.parametrize(("name", "maximise", "best"), [
    ("gap1-0", False, 261), ("gap12-4", False, 945), ("gap1-0", True, 336), ("gap12-4", True, 1446),
    ("c05100", False, 1931), ("c20100", False, 1243),
])
def test_the_best_known_value_is_reached_and_proven(published, name: str, maximise: bool, best: int) -> None:
    from xieli.engines.allocation.published import read

    data = read(published(name).read_text())
    plan = run("gap", data, options={"maximise": maximise})
    assert (plan["value"], plan["bound"], plan["status"]) == (best, best, "optimal")
    assert check.published(data, plan) == []


@pytest.mark.soak
@pytest.mark.parametrize(("name", "best"), [("d10100", 6347), ("e10100", 11577)])
def test_the_bounds_of_hard_types_bracket_the_best_known_value(published, name: str, best: int) -> None:
    from xieli.engines.allocation.published import read

    data = read(published(name).read_text())
    plan = run("gap", data, Limits(rounds=4, nodes=50))
    assert plan["lp_bound"] <= plan["bound"] <= best <= plan["value"]
    assert plan["value"] <= best * 1.01
    assert check.published(data, plan) == []


def test_a_file_that_is_no_instance_is_refused() -> None:
    with pytest.raises(BadInput):
        published.read("5 100 1 2 3")


def test_the_floor_of_a_pair_never_exceeds_the_best_plan_that_holds_it() -> None:
    rnd = np.random.default_rng(1)
    for uniform in (True, False):
        weight = np.repeat(rnd.integers(1, 6, (6, 1)), 3, axis=1) if uniform else rnd.integers(1, 6, (6, 3))
        core = Core(rnd.integers(0, 30, (6, 3)), weight, np.zeros(3, dtype=np.int64), np.full(3, 11), np.ones((6, 3), dtype=bool), uniform=uniform)
        base, dearer = packing.slack(core, packing.pack(core, prices.linear(core).unit_price, 40).unit_price)
        plans = [np.array(p) for p in np.ndindex(*(3,) * 6) if core.violation(np.array(p)) == 0]
        for i in range(6):
            for k in range(3):
                costs = [core.total(p) for p in plans if p[i] == k]
                if costs:
                    assert base + dearer[i, k] <= min(costs) + 1e-6
