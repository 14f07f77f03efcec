"""Village supervision committees 片区廉勤委: 3–5 adjacent villages of one township under one head, with a proof.

1. Enumerate every connected set of 3–5 villages inside a township (ESU, Wernicke 2006: each set exactly once).
2. Cost of a set = round(10·√(Σ squared distance to its centroid) + 4·|work − total work / committees| + 3·(100 − best score)),
   the head being the best *eligible* supervisor of the set (not a village cadre, no kin among the cadres of the set).
3. Exact set partitioning per township: every village in exactly one set, proven optimal over all sets (LP prices, then HiGHS
   to the end over the sets that a better partition could hold).
Islands and townships too small for a set become sets of 1–2 at a penalty and are listed for a person to decide.
"""
from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import highs
from .record import Limits, make
from .words import BadInput, Text, reads_a_file
from .zone_model import Id, order_key

LOW, HIGH = 3, 5
ISLAND_PENALTY = 1000
#: sets of least reduced cost in a township's first programme
FIRST_SETS = 150
#: villages per committee that the target work assumes; total work / round(villages / 4) is the default target
MEAN_SIZE = 257 / 65


@dataclass(frozen=True)
class Village:
    id: Id
    at: tuple[float, float]
    township: Id
    score: int
    work: int
    cadre: bool = False
    kin_in: frozenset[Id] = frozenset()


@reads_a_file
def parse(data: dict[str, Any]) -> tuple[dict[Id, Village], dict[Id, set[Id]]]:
    """Read villages and adjacency; raises BadInput for duplicates, unknown neighbours, negative work."""
    villages: dict[Id, Village] = {}
    for row in sorted(data.get("villages") or [], key=lambda v: order_key(v["id"])):
        if row["id"] in villages:
            raise BadInput("duplicate-id", [str(row["id"])], Text(f"村编号 {row['id']} 重复。", f"Village id {row['id']} occurs twice."))
        if row["work"] < 0:
            raise BadInput("negative-load", [str(row["id"])], Text(f"村 {row['id']} 的工作量为负。", f"Village {row['id']} has negative work."))
        villages[row["id"]] = Village(row["id"], (float(row["at_km"][0]), float(row["at_km"][1])), row["township"], int(row["supervisor_score"]),
                                      int(row["work"]), bool(row.get("supervisor_is_cadre", False)), frozenset(row.get("supervisor_kin_in", [])))
    if not villages:
        raise BadInput("empty", [], Text("没有村。", "There is no village."))
    near: dict[Id, set[Id]] = {v: set() for v in villages}
    for a, b in data.get("adjacent", []):
        if a not in near or b not in near:
            raise BadInput("unknown-village", [str(a), str(b)], Text(f"相邻关系 {a}–{b} 提到未知的村。", f"Adjacency {a}–{b} names an unknown village."))
        if a != b:
            near[a].add(b)
            near[b].add(a)
    return villages, near


def connected_sets(near: dict[Id, set[Id]], members: list[Id], low: int, high: int) -> Iterator[tuple[Id, ...]]:
    """Every connected set of `low`–`high` members, each exactly once (ESU); members in stable order."""
    place = {v: n for n, v in enumerate(members)}
    inside = {v: {u for u in near[v] if u in place} for v in members}

    def grow(group: tuple[Id, ...], open_: list[Id], root: int, seen: frozenset[Id]) -> Iterator[tuple[Id, ...]]:
        if len(group) >= low:
            yield group
        if len(group) == high:
            return
        waiting = list(open_)
        while waiting:
            v = waiting.pop()
            fresh = [u for u in sorted(inside[v], key=lambda u: place[u]) if place[u] > root and u not in seen]
            yield from grow((*group, v), waiting + fresh, root, seen | set(fresh))

    for v in members:
        start = [u for u in sorted(inside[v], key=lambda u: place[u]) if place[u] > place[v]]
        yield from grow((v,), start, place[v], frozenset((v, *start)))


def head(group: list[Village]) -> Village | None:
    """The best eligible supervisor of a set: not a cadre, no kin among the cadres of its villages; ties by id."""
    ids = {v.id for v in group}
    fit = [v for v in group if not v.cadre and not (v.kin_in & ids)]
    return min(fit, key=lambda v: (-v.score, order_key(v.id)), default=None)


def set_cost(group: list[Village], target: float) -> int | None:
    """Cost of one committee (formula above); None when it has no eligible head."""
    chief = head(group)
    if chief is None:
        return None
    cx, cy = (sum(v.at[n] for v in group) / len(group) for n in (0, 1))
    spread = math.sqrt(sum((v.at[0] - cx) ** 2 + (v.at[1] - cy) ** 2 for v in group))
    return round(10 * spread + 4 * abs(sum(v.work for v in group) - target) + 3 * (100 - chief.score))


def _partition(members: list[Id], sets: list[tuple[Id, ...]], costs: list[int], limits: Limits) -> tuple[list[int], bool, float]:
    """The cheapest choice of sets that covers every member once: chosen, proven, bound."""
    from scipy.optimize import linprog
    from scipy.sparse import csc_matrix

    place = {v: n for n, v in enumerate(members)}
    rows = np.array([place[v] for s in sets for v in s])
    cols = np.repeat(np.arange(len(sets)), [len(s) for s in sets])
    matrix = csc_matrix((np.ones(len(rows)), (rows, cols)), (len(members), len(sets)))
    price = np.array(costs, dtype=float)
    linear = linprog(price, A_eq=matrix, b_eq=np.ones(len(members)), bounds=(0, None), method="highs-ds")
    if linear.status != 0:
        return [], False, 0.0
    reduced = price - matrix.T @ linear.eqlin.marginals
    reach, best, value = float(np.sort(reduced)[min(len(sets) - 1, FIRST_SETS)]), [], np.inf
    while True:
        # a partition with a set left out costs at least the LP value plus that set's reduced cost
        kept = np.nonzero(reduced <= reach + 1e-9)[0]
        result = highs.milp(price[kept], 1, 1, matrix[:, kept], 1, 1, nodes=limits.nodes or 100_000, seconds=limits.seconds)
        if result.x is not None and float(result.fun) < value - 1e-6:
            best, value = [int(n) for n in kept[result.x > 0.5]], round(float(result.fun))
        if result.status not in (0, 2):
            return best, False, float(linear.fun)
        if value - linear.fun <= reach + 1e-6 or len(kept) == len(sets):
            return best, bool(best), float(value)
        reach = value - linear.fun if best else reach * 2 + 1


def solve(data: dict[str, Any], limits: Limits, options: dict[str, Any], report: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Committees for every township, with heads, cost, proof, and what a person must decide."""
    villages, near = parse(data)
    low, high = int(data.get("low", LOW)), int(data.get("high", HIGH))
    if not LOW <= low <= high <= HIGH:
        raise BadInput("size", [str(low), str(high)], Text(f"片区廉勤委由 {LOW} 至 {HIGH} 个紧邻的村组成，不能定为 {low} 至 {high} 个。", f"A village committee has {LOW} to {HIGH} adjoining villages, not {low} to {high}."))
    total = sum(v.work for v in villages.values())
    target = total / float(data.get("committees", max(1, round(len(villages) / MEAN_SIZE))))
    towns: dict[Id, list[Id]] = {}
    for v in villages.values():
        towns.setdefault(v.township, []).append(v.id)
    committees: list[dict[str, Any]] = []
    decide: list[dict[str, Any]] = []
    cost, bound, proven, enumerated = 0, 0.0, True, 0
    for town in sorted(towns, key=order_key):
        members = towns[town]
        sets, costs = [], []
        for group in connected_sets(near, members, 1, high):
            people = [villages[v] for v in group]
            price = set_cost(people, target)
            if len(group) < low:
                price = ISLAND_PENALTY * (low - len(group)) + (set_cost(people, target) or 300)
            elif price is None:
                continue
            else:
                enumerated += 1
            sets.append(tuple(sorted(group, key=order_key)))
            costs.append(price)
        chosen, ok, least = _partition(members, sets, costs, limits)
        proven &= ok
        bound += least
        for n in sorted(chosen, key=lambda n: order_key(sets[n][0])):
            people = [villages[v] for v in sets[n]]
            chief = head(people)
            row = {"township": town, "villages": list(sets[n]), "head": None if chief is None else chief.id, "cost": costs[n],
                   "work": sum(v.work for v in people)}
            committees.append(row)
            cost += costs[n]
            if len(people) < low or chief is None:
                decide.append({"township": town, "villages": list(sets[n]), "text": _decision(sets[n], chief, low).as_json()})
    decided = {"committees": [{k: c[k] for k in ("township", "villages", "head")} for c in committees]}
    return {"kind": "committees", "status": "optimal" if proven else "feasible", "committees": committees, "cost": cost,
            "bound": round(bound, 3), "proven": proven, "target_work": round(target, 3), "sets_enumerated": enumerated, "for_decision": decide,
            "record": make("committees", data, decided, limits, engine="committees: ESU, set partitioning per township, HiGHS (scipy)").as_json()}


def _decision(group: tuple[Id, ...], chief: Village | None, low: int) -> Text:
    names = "、".join(str(v) for v in group)
    if len(group) < low:
        return Text(f"村 {names} 无法与同乡镇相邻村组成 {low} 村片区（孤岛或余数），请决定并入何处。",
                    f"Villages {names} cannot form a set of {low} with neighbours of their township (island or remainder): decide where they join.")
    assert chief is None
    return Text(f"片区 {names} 没有合格的主任人选。", f"The set {names} has no eligible head.")
