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


def generated(kind: str, agents: int, jobs: int, seed: int) -> dict[str, list]:
    """Types c, d and e as Chu and Beasley (1997) and Yagiura, Ibaraki and Glover (2006) define them; invented here, small."""
    r = np.random.default_rng(seed)
    if kind == "e":
        resource = np.maximum(1, np.round(1 - 10 * np.log(1 - r.random((agents, jobs)) * 0.999))).astype(int)
        cost = np.round(1000 / resource - 10 * r.random((agents, jobs))).astype(int)
    else:
        resource = r.integers(5, 26, (agents, jobs)) if kind == "c" else r.integers(1, 101, (agents, jobs))
        cost = r.integers(10, 51, (agents, jobs)) if kind == "c" else np.maximum(1, 111 - resource + r.integers(-10, 11, (agents, jobs)))
    capacity = np.floor(0.8 * resource.sum(axis=1) / agents).astype(int)
    return {"cost": cost.tolist(), "resource": resource.tolist(), "capacity": capacity.tolist()}


def written(data: dict[str, list]) -> str:
    agents, jobs = len(data["cost"]), len(data["cost"][0])
    return "\n".join([f"{agents} {jobs}", *(" ".join(map(str, row)) for row in [*data["cost"], *data["resource"], data["capacity"]])])


def cheapest(data: dict[str, list]) -> int:
    """The cheapest assignment, by a programme over used capacities that shares nothing with the engine."""
    states = {tuple(data["capacity"]): 0}
    for j in range(len(data["cost"][0])):
        after: dict[tuple[int, ...], int] = {}
        for left, value in states.items():
            for k in range(len(data["cost"])):
                rest = left[k] - data["resource"][k][j]
                if rest >= 0:
                    key = (*left[:k], rest, *left[k + 1:])
                    total = value + data["cost"][k][j]
                    if total < after.get(key, 10**9):
                        after[key] = total
        states = after
    return min(states.values())


@pytest.mark.parametrize(("kind", "seed"), [(k, s) for k in "cde" for s in (1, 2)])
def test_instances_of_our_own_of_the_same_families_are_solved_to_the_true_optimum(kind: str, seed: int) -> None:
    data = generated(kind, 3, 12, seed)
    plan = run("gap", data)
    assert (plan["value"], plan["status"]) == (cheapest(data), "optimal")
    assert plan["lp_bound"] <= plan["bound"] + 1e-6
    assert check.published(data, plan) == []


@pytest.mark.soak
def test_a_larger_one_of_a_hard_family_stays_between_its_bound_and_its_checked_plan() -> None:
    data = generated("d", 8, 48, 3)
    plan = run("gap", data, Limits(rounds=2, nodes=50))
    assert plan["lp_bound"] <= plan["bound"] <= plan["value"] <= plan["bound"] * 1.02
    assert check.published(data, plan) == []


def test_the_reader_takes_the_formats_in_which_such_files_are_found() -> None:
    one, two = generated("c", 3, 5, 1), generated("e", 2, 4, 2)
    plain = written(one)
    for text in (plain, plain.replace(" ", "\t"), plain.replace("\n", "\r\n"), "\n".join(plain.split()), plain.replace(" ", ", "), "\ufeff# c-type\n" + plain, plain + "\n1931\n", plain.replace("\n", ".0\n", 1)):
        assert published.read(text) == one, text[:40]
    both = f"2\n{plain}\n{written(two)}\n"
    assert (published.read(both), published.read(both, 2)) == (one, two)
    for wrong in ("", "0 5", "3 -5 1", "3 5 1.5", plain.replace(plain.split()[-1], "-4"), " ".join(plain.split()[:-1])):
        with pytest.raises(BadInput):
            published.read(wrong)
    for missing in (0, 3):
        with pytest.raises(BadInput):
            published.read(both, missing)
