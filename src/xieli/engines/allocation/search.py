"""From prices to a plan: restricted programme, neighbourhood search by rounds, and a proof where one is in reach.

The algorithm of `solve`:

1. LP prices over all allowed pairs; no solution with split units → proven that no plan exists.
2. Knapsack prices where the tables are small enough.
3. A first plan: the cheapest bodies at these prices, load outside the bands allowed at a price and then driven out.
4. Rounds: free all units of a few related bodies, solve that small programme, keep what is better. Bodies are taken in a
   seeded order; the search ends after a fixed number of rounds or when every neighbourhood was tried in vain. No clock decides.
5. Proof: every pair whose forced bound exceeds the plan's cost − 1 cannot be in a better plan; when few pairs are left, the
   programme over them is solved to the end, and the result is the optimum over all pairs.
6. Where the optimum is proven and small, the one canonical optimum: cost fixed, digest order of ids minimised.

Sources: reduced-cost fixing (Dantzig, Fulkerson & Johnson 1954), Held & Karp 1971, RINS/LNS (Danna et al. 2005).
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from . import exact, mip, packing, prices
from .core import Bools, Core, Floats, Ints

#: N·K·(largest band) up to which the knapsack tables are filled over all pairs
DENSE = 20_000_000

#: N·K up to which the programme over the likely pairs is widened step by step to a proof
SMALL = 4000

Report = Callable[[Ints, int, str], None]


@dataclass(frozen=True)
class Effort:
    """How hard to try. All but `seconds` are counted in rounds and nodes, so that a run can be repeated exactly."""

    seed: int = 1
    rounds: int | None = None
    knapsack_rounds: int | None = None
    nodes: int = 60
    start_nodes: int = 1500
    group: int = 8
    width: int = 3
    proof_nodes: int = 3000
    pairs_for_proof: int = 900
    seconds: float = 120.0
    canonical: bool = True


@dataclass(frozen=True)
class Found:
    """A plan as body numbers per unit (None: none found), its bounds and what is known about it."""

    assign: Ints | None
    cost: int
    lp_bound: float
    bound: int
    proven: bool
    infeasible: bool
    by_clock: bool
    canonical: bool
    rounds: int
    load_price: Floats
    unit_price: Floats
    log: tuple[str, ...]


def _nothing(infeasible: bool, log: list[str], lp: float = np.inf) -> Found:
    empty = np.zeros(0)
    return Found(None, 0, lp, 0, infeasible, infeasible, False, False, 0, empty, empty, tuple(log))


def round_up(bound: float) -> int:
    """A bound on integer costs, rounded up with care for the last bits of floating point."""
    return int(np.ceil(bound - 1e-6 * max(1.0, abs(bound)) ** 0.5))


class Search:
    """The state of one run: the plan so far and what the prices say about every pair."""

    def __init__(self, core: Core, effort: Effort, report: Report | None) -> None:
        self.core, self.effort, self.report = core, effort, report
        self.random = np.random.default_rng(effort.seed)
        self.log: list[str] = []
        self.by_clock = False
        self.settled = False
        self.plan: Ints | None = None
        self.cost = 0
        self.violation = 0
        self.rank = np.zeros(core.cost.shape)
        self.used = np.zeros(core.cost.shape, dtype=np.int64)
        self.near = np.zeros(core.cost.shape)
        self.bound = 0
        self.base = 0.0
        self.unit_price: Floats = np.zeros(0)
        self.impossible = ""
        spread = np.where(core.allowed, core.cost, 0)
        self.penalty = float(max(10, int(spread.max()) - int(spread.min())))

    def take(self, plan: Ints, where: str) -> bool:
        """Keep `plan` if it is better: first less load outside the bands, then cheaper."""
        violation, cost = self.core.violation(plan), self.core.total(plan)
        if not self.core.side_rules_hold(plan):
            return False
        if self.plan is not None and (violation, cost) >= (self.violation, self.cost):
            return False
        self.plan, self.cost, self.violation = plan, cost, violation
        if violation == 0 and self.report is not None:
            self.report(plan, cost, where)
        return True

    def done(self) -> bool:
        """Whether the plan holds every band and costs no more than the bound."""
        return self.plan is not None and self.violation == 0 and self.cost <= self.bound

    def pairs(self, units: Ints, bodies: Ints, width: int) -> tuple[Ints, Ints]:
        """For each unit its `width` best bodies among `bodies` at the prices, its present one, and those the knapsacks used."""
        rank = np.where(self.core.allowed[np.ix_(units, bodies)], self.rank[np.ix_(units, bodies)], np.inf)
        width = min(width, len(bodies))
        chosen = np.zeros(rank.shape, dtype=bool)
        best = np.argsort(rank, axis=1, kind="stable")[:, :width]
        chosen[np.arange(len(units))[:, None], best] = True
        chosen |= self.used[np.ix_(units, bodies)] > 0
        if self.plan is not None:
            chosen |= self.plan[units][:, None] == bodies[None, :]
        if self.core.move_budget is not None and self.core.current is not None:
            chosen |= self.core.current[units][:, None] == bodies[None, :]
        chosen &= np.isfinite(rank)
        unit, body = np.nonzero(chosen)
        return units[unit], bodies[body]

    def improve(self, bodies: Ints, width: int, nodes: int, seconds: float, where: str) -> bool:
        """Free all units of `bodies`, solve, keep what is better."""
        assert self.plan is not None
        units = np.nonzero(np.isin(self.plan, bodies))[0]
        outside = self.plan.copy()
        outside[units] = -1
        over = self.violation > 0
        unit, body = self.pairs(units, bodies, width)
        out = mip.solve(self.core, units, bodies, unit, body, outside=outside, nodes=nodes, seconds=seconds,
                        penalty=self.penalty if over else None)
        self.by_clock |= out.by_clock
        if out.assign is None or bool((out.assign < 0).any()):
            return False
        plan = outside
        plan[units] = out.assign
        return self.take(plan, where)


    def around(self, first: int, size: int, wander: bool) -> Ints:
        """`size` bodies around one: where its units could most cheaply go, and whose units could come to it."""
        assert self.plan is not None
        group, inside = [first], np.zeros(self.core.bodies, dtype=bool)
        inside[first] = True
        pull = np.zeros(self.core.bodies)
        while len(group) < min(size, self.core.bodies):
            last = group[-1]
            pull += self.near[self.plan == last].sum(axis=0)
            pull += np.bincount(self.plan, weights=self.near[:, last], minlength=self.core.bodies)
            noise = self.random.uniform(0.3, 1.7, self.core.bodies) if wander else 1.0
            pick = int(np.where(inside, -1.0, pull * noise).argmax())
            inside[pick] = True
            group.append(pick)
        return np.sort(np.array(group, dtype=np.int64))

    def set_rank(self, rank: Floats) -> None:
        """Use these reduced costs from now on; `near` turns them into closeness between 0 and 1."""
        self.rank = rank
        allowed = rank[self.core.allowed]
        best = np.sort(np.where(self.core.allowed, rank, np.inf), axis=1)
        second = best[:, min(1, rank.shape[1] - 1)]
        heat = float(np.median(second[np.isfinite(second)])) if bool(np.isfinite(second).any()) else 1.0
        heat = max(heat, 1e-3 * float(np.abs(allowed).max() + 1.0))
        self.near = np.where(self.core.allowed, np.exp(-np.clip(rank, 0, 60 * heat) / heat), 0.0)


def price(search: Search) -> prices.LinearPrices:
    """Fill in bound, rank and used pairs from the two relaxations."""
    core, effort, log = search.core, search.effort, search.log
    linear = prices.linear(core)
    if not linear.feasible:
        search.impossible = "LP"
        return linear
    log.append(f"LP bound {linear.bound:.3f}")
    search.bound, search.unit_price = round_up(linear.bound), linear.unit_price
    search.base = linear.bound
    search.set_rank(linear.reduced)
    if not packing.bounded(core) or effort.knapsack_rounds == 0:
        return linear
    cells = core.bodies * (int(core.high.max()) + 1)
    dense = core.units * cells <= DENSE
    near: Bools | None = None
    if not dense:
        width = min(10, core.bodies)
        near = linear.reduced <= np.partition(linear.reduced, width - 1, axis=1)[:, width - 1 : width]
        if len(packing.steps(core, near & core.allowed).unit) * cells > packing.LARGEST_TABLE:
            return linear
    rounds = effort.knapsack_rounds if effort.knapsack_rounds is not None else (150 if dense else 60)
    packed = packing.pack(core, linear.unit_price, rounds, near)
    if not packed.feasible:
        search.impossible = "knapsack"
        return linear
    log.append(f"knapsack bound {packed.bound:.3f}")
    search.used = packed.used
    if packed.bound > linear.bound:
        search.bound, search.unit_price = max(search.bound, round_up(packed.bound)), packed.unit_price
        if dense:
            search.base, rank = packing.slack(core, packed.unit_price)
            search.set_rank(rank)
    return linear


def _first_plan(search: Search, linear: prices.LinearPrices) -> None:
    """A start: one programme over the pairs that the prices favour; for large problems the favoured pair of each unit."""
    core, effort = search.core, search.effort
    everyone, all_bodies = np.arange(core.units), np.arange(core.bodies)
    if core.has_side_rules or core.units * core.bodies <= 60_000:
        for width, penalty in ((1, None), (4, None), (8, search.penalty)):
            unit, body = search.pairs(everyone, all_bodies, width)
            if len(unit) > 6000:
                break
            out = mip.solve(core, everyone, all_bodies, unit, body, outside=None, nodes=effort.start_nodes,
                            seconds=effort.seconds, penalty=penalty)
            search.by_clock |= out.by_clock
            if out.assign is not None and search.take(out.assign, "first programme"):
                return
    for favour in (linear.share, search.used + linear.share):
        search.take(np.where(core.allowed, favour, -1.0).argmax(axis=1).astype(np.int64), "favoured pairs")


def _rounds(search: Search, size: int, width: int, limit: int) -> int:
    """Neighbourhood rounds; returns how many were run. Tabu: a neighbourhood tried in vain is not tried again unchanged."""
    core, effort = search.core, search.effort
    tried: dict[tuple[int, ...], int] = {}
    stamp = np.zeros(core.bodies, dtype=np.int64)
    turn, vain = 0, 0
    queue: list[int] = []
    # a plan outside the bands is no plan: repairing may take twice the rounds that improving is granted
    while (turn < limit or (search.violation > 0 and turn < 3 * limit)) and vain < 2 * core.bodies:
        assert search.plan is not None
        if search.violation > 0:
            load = core.loads(search.plan)
            wrong = np.nonzero((load > core.high) | (load < core.low))[0]
            first = int(wrong[search.random.integers(len(wrong))])
        else:
            if not queue:
                queue = [int(k) for k in search.random.permutation(core.bodies)]
            first = queue.pop()
        group = search.around(first, size, wander=True)
        key = tuple(int(k) for k in group)
        newest = int(stamp[group].max())
        if key in tried and tried[key] >= newest:
            vain += 1
            continue
        turn += 1
        before = search.plan
        if search.improve(group, width + (2 if search.violation > 0 and vain else 0), effort.nodes, effort.seconds, f"round {turn}"):
            vain = 0
            changed = np.unique(np.concatenate([before[before != search.plan], search.plan[before != search.plan]]))
            stamp[changed] = turn
        else:
            vain += 1
        tried[key] = turn
        if search.done():
            break
    return turn


def _deepen(search: Search, order: Ints | None) -> bool:
    """Small problems: solve over the pairs of least floor, widening until no pair left out could better the plan. True: proven.

    Once there is a plan, the pairs that an optimum could hold are known; few enough, they are settled at once, ties included.
    """
    core, effort = search.core, search.effort
    ranks = np.sort(search.rank[core.allowed])
    everyone, all_bodies = np.arange(core.units), np.arange(core.bodies)
    count = 2.0 * core.units
    reach = -1.0
    tried = False
    while True:
        widest = float(ranks[min(len(ranks) - 1, int(count))])
        if search.plan is not None:
            widest = min(widest, search.cost - 1 - search.base)
        whole = count >= len(ranks)
        if widest <= reach and not whole:
            count *= 1.5
            continue
        reach = widest
        keep = core.allowed & (search.rank <= reach + 1e-6)
        unit, body = np.nonzero(keep)
        out = mip.solve(core, everyone, all_bodies, unit, body, outside=None, nodes=effort.start_nodes, seconds=effort.seconds)
        search.by_clock |= out.by_clock
        search.log.append(f"{len(unit)} of {len(ranks)} pairs: {'none' if out.assign is None else round(out.value)}, {out.nodes} nodes")
        if out.assign is not None:
            search.take(out.assign, "pairs of least floor")
        if order is not None and not tried and search.plan is not None and search.violation == 0:
            tried = True
            if _settle(search, order):
                return True
        if not out.proven:
            return False
        if search.plan is not None and (whole or search.cost - 1 - search.base <= reach + 1e-6):
            search.bound = search.cost
            return True
        if whole:
            search.impossible = "all pairs tried"
            return False
        count *= 1.5


def _settle(search: Search, order: Ints) -> bool:
    """The optimum and its tie-break in one exact search over the pairs that an optimum could hold; False where it is too much."""
    core, effort = search.core, search.effort
    keep = core.allowed & (search.rank <= search.cost - search.base + 1e-6)
    plan = exact.settle(core, keep, order, seed=effort.seed, seconds=effort.seconds)
    search.log.append(f"{int(keep.sum())} pairs settled with their order" if plan is not None else f"{int(keep.sum())} pairs not settled")
    if plan is None or core.violation(plan) or not core.side_rules_hold(plan) or core.total(plan) > search.cost:
        return False
    search.take(plan, "settled")
    search.plan, search.settled, search.bound = plan, True, search.cost
    return True


def _canonical(search: Search, keep: Bools, order: Ints) -> bool:
    """Among the optima (cost = the optimum) take the one with the smallest sum of digest ranks; False if not settled."""
    core, effort = search.core, search.effort
    unit, body = np.nonzero(keep)
    everyone, all_bodies = np.arange(core.units), np.arange(core.bodies)
    out = mip.solve(core, everyone, all_bodies, unit, body, outside=None, nodes=effort.proof_nodes, seconds=effort.seconds,
                    cost=order, cost_at_most=search.cost + 0.5)
    search.by_clock |= out.by_clock
    if out.assign is None or not out.proven or core.violation(out.assign) or core.total(out.assign) != search.cost:
        return False
    search.plan = out.assign
    return True


def _prove(search: Search) -> bool:
    """Solve to the end over the pairs that a better plan could hold; True when the plan is then proven optimal."""
    core, effort = search.core, search.effort
    keep = core.allowed & (search.rank <= search.cost - 1 - search.base + 1e-6)
    count = int(keep.sum())
    search.log.append(f"{count} of {int(core.allowed.sum())} pairs could be in a better plan")
    if count > effort.pairs_for_proof:
        return False
    unit, body = np.nonzero(keep)
    out = mip.solve(core, np.arange(core.units), np.arange(core.bodies), unit, body, outside=None, nodes=effort.proof_nodes,
                    seconds=effort.seconds)
    search.by_clock |= out.by_clock
    if out.assign is not None:
        search.take(out.assign, "proof")
    if out.infeasible or out.proven:
        search.bound = search.cost
        return True
    search.bound = max(search.bound, min(search.cost, round_up(out.bound)))
    return False


def solve(core: Core, effort: Effort, order: Ints | None = None, report: Report | None = None,
          start: Ints | None = None) -> Found:
    """The cheapest plan that could be found, with its bounds; `order` (N×K) breaks ties between equal optima;
    `start` is a plan to improve on.

    Deterministic for a given core, effort, order and library versions, unless `by_clock` says that an emergency limit cut in.
    """
    search = Search(core, effort, report)
    log = search.log
    if not bool(core.allowed.any(axis=1).all()):
        return _nothing(True, ["a unit has no allowed body"])
    linear = price(search)
    if search.impossible:
        return _nothing(True, [*log, f"proven impossible ({search.impossible})"], linear.bound)
    small = core.units * core.bodies <= SMALL and search.unit_price.size > 0
    proven = False
    if start is not None:
        search.take(start, "given plan")
    elif small:
        proven = _deepen(search, order if effort.canonical else None)
        if search.impossible:
            return _nothing(True, [*log, f"proven impossible ({search.impossible})"], linear.bound)
    if search.plan is None:
        _first_plan(search, linear)
    if search.plan is None:
        return _nothing(False, [*log, "no start found"], linear.bound)
    log.append(f"start: cost {search.cost}, outside bands {search.violation}")
    turns = 0
    proven = proven or search.done()
    if not proven and search.violation == 0 and not (small and start is None):
        proven = _prove(search)
    if not proven:
        limit = effort.rounds if effort.rounds is not None else 3 * core.bodies
        turns = _rounds(search, effort.group, effort.width, limit)
        log.append(f"{turns} rounds: cost {search.cost}, outside bands {search.violation}")
        proven = search.done() or (search.violation == 0 and _prove(search))
    if search.violation > 0:
        return _nothing(False, [*log, "no plan within the bands was found"], linear.bound)
    canonical = search.settled
    if proven and not canonical and order is not None and effort.canonical:
        keep = core.allowed & (search.rank <= search.cost - search.base + 1e-6)
        canonical = int(keep.sum()) <= effort.pairs_for_proof and _canonical(search, keep, order)
    return Found(search.plan, search.cost, linear.bound, search.bound, proven, False, search.by_clock, canonical, turns,
                 linear.load_price, search.unit_price, tuple(log))
