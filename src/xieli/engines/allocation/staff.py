"""Staffing 专班: fill the seats of all open requests at once, running teams staying as they are.

    x[officer, request, seat class] ∈ {0,1}, u[request, class] unfilled seats;  Σ x + u = seats of the class
    per officer and set of exclusive requests: Σ x ≤ 1;  per body and overlap: Σ x ≤ half its officers
    per team and body: Σ x ≤ half the team + 1;  days above 60/120/180 in the year cost 1/2/4 each

LP prices over all eligible pairs (pairs added until none is attractive) give the bound; the programme over the cheap pairs
gives the plan. Legal recusal is never a cost: such pairs do not exist.
"""
from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from . import highs
from . import staff_rules as rules
from .core import Bools, Floats, Ints
from .record import Limits, digest, make
from .words import Text
from .zone_model import order_key

#: eligible pairs per seat in the first programme, cheapest by reduced cost
PAIRS_PER_SEAT = 12
ENGINE = "staff: LP prices over all eligible pairs, HiGHS (scipy)"


class _Model:
    """Rows and columns of one staffing programme."""

    def __init__(self, problem: rules.StaffProblem) -> None:
        self.problem = problem
        self.open = [r for r in problem.requests if r.id not in problem.fixed]
        officers = problem.officers
        by_request = {r.id: r for r in problem.requests}
        self.busy = {o.id: [by_request[r] for r, team in problem.fixed.items() if o.id in team and r in by_request] for o in officers}
        cols: list[tuple[int, int, int]] = []
        cost: list[float] = []
        for j, r in enumerate(self.open):
            for i, o in enumerate(officers):
                if rules.why(o, r) or self._taken(o, r):
                    continue
                for s, seat in enumerate(r.classes):
                    if not rules.why_seat(o, seat):
                        cols.append((i, j, s))
                        cost.append(rules.pair_cost(problem, o, r, seat))
        self.cols = np.array(cols, dtype=np.int64).reshape(-1, 3)
        self.cost = np.array(cost)
        self.classes = [(j, s) for j, r in enumerate(self.open) for s in range(len(r.classes))]
        self.history = np.array([o.days + sum(b.days for b in self.busy[o.id]) for o in officers], dtype=float)
        self.base = float(np.sum(self._fair(self.history)))
        # what one request alone adds to its officer's fairness cost: convexity makes the sum of these a floor for several,
        # and saying so keeps the LP from sharing one seat among many officers below their thresholds
        stay = np.array([r.days for r in self.open], dtype=float)
        before = self.history[self.cols[:, 0]]
        self.lump = self._fair(before + stay[self.cols[:, 1]]) - self._fair(before)
        self._rows()

    def _taken(self, o: rules.Officer, r: rules.Request) -> bool:
        """Already in a running team at that time, or in a case loan too close to it."""
        for b in self.busy[o.id]:
            rest = rules.REST_BETWEEN_LOANS if b.kind == r.kind == "borrowing" else 0
            if rules.overlaps((b.first, b.last + rest), (r.first, r.last + rest)):
                return True
        return False

    def _rows(self) -> None:
        from scipy.sparse import coo_matrix, hstack

        officers, w = self.problem.officers, self.problem.weights
        i, j, s = self.cols.T
        place = {key: n for n, key in enumerate(self.classes)}
        klass = np.array([place[int(a), int(b)] for a, b in zip(j, s, strict=True)], dtype=np.int64)
        one = np.arange(len(i))
        parts: list[tuple[Ints, Ints, Floats]] = [(klass, one, np.ones(len(i)))]
        low: list[float] = [float(self.open[a].classes[b].count) for a, b in self.classes]
        high = list(low)
        row = len(low)
        index = {r.id: n for n, r in enumerate(self.open)}
        for group in rules.exclusive(tuple(self.open)):
            members = np.isin(j, [index[r] for r in group])
            row = self._add(parts, low, high, row, i, members, len(officers), np.ones(len(officers)))
        bodies = sorted({o.body for o in officers}, key=order_key)
        number = {b: n for n, b in enumerate(bodies)}
        body = np.array([number[o.body] for o in officers])[i]
        size = Counter(o.body for o in officers)
        spans = {r.id: (r.first, r.last) for r in self.problem.requests}
        of = {o.id: o.body for o in officers}
        for group in rules.cliques(spans):
            out = Counter(of[m] for r in group for m in self.problem.fixed.get(r, ()))
            room = np.array([max(0.0, int(w.body_share * size[b]) - out[b]) for b in bodies])
            members = np.isin(j, [index[r] for r in group if r in index])
            row = self._add(parts, low, high, row, body, members, len(bodies), room)
        for n, r in enumerate(self.open):
            most = np.full(len(bodies), float(r.size // 2 + w.team_extra))
            row = self._add(parts, low, high, row, body, j == n, len(bodies), most)
        self.day_row = row
        days = np.array([r.days for r in self.open], dtype=float)
        steps = len(w.fairness)
        for limit, _ in w.fairness:
            parts.append((row + i, one, days[j]))
            low += [-np.inf] * len(officers)
            high += [float(limit - h) for h in self.history]
            row += len(officers)
        self.lump_row = row
        parts.append((row + i, one, -self.lump))
        low += [-np.inf] * len(officers)
        high += [float(f) for f in self._fair(self.history)]
        row += len(officers)
        rows, cols, vals = (np.concatenate([p[n] for p in parts]) for n in range(3))
        main = coo_matrix((vals, (rows, cols)), (row, len(i))).tocsc()
        every, equal, staff = np.arange(len(self.classes)), len(self.classes), np.arange(len(officers))
        unfilled = coo_matrix((np.ones(equal), (every, every)), (row, equal))
        extra = len(officers) * steps
        above = coo_matrix((np.concatenate([-np.ones(extra), np.repeat([p for _, p in w.fairness], len(officers))]),
                            (np.concatenate([self.day_row + np.arange(extra), self.lump_row + np.tile(staff, steps)]),
                             np.tile(np.arange(extra), 2))), (row, extra))
        more = coo_matrix((-np.ones(len(officers)), (self.lump_row + staff, staff)), (row, len(officers)))
        self.matrix, self.tail = main, hstack([unfilled, above, more]).tocsc()
        self.low, self.high = np.array(low), np.array(high)
        self.tail_cost = np.concatenate([np.full(equal, w.unfilled), np.zeros(extra), np.ones(len(officers))])
        self.tail_whole = np.concatenate([np.ones(equal), np.zeros(extra + len(officers))])
        self.cost = self.cost + self.lump

    def _fair(self, days: Floats) -> Floats:
        """Fairness cost of these days in the year, per officer."""
        total: Floats = np.zeros(len(days))
        for limit, price in self.problem.weights.fairness:
            total += price * np.maximum(days - limit, 0.0)
        return total

    @staticmethod
    def _add(parts: list[tuple[Ints, Ints, Floats]], low: list[float], high: list[float], row: int, who: Ints, members: Bools,
             count: int, limit: Floats) -> int:
        """One row Σ x ≤ limit per officer or body for the columns in `members`; rows that cannot bind are left out."""
        which = np.nonzero(members)[0]
        have = np.bincount(who[which], minlength=count)
        need = np.nonzero(have > limit)[0]
        new = np.full(count, -1)
        new[need] = row + np.arange(len(need))
        which = which[new[who[which]] >= 0]
        parts.append((new[who[which]], which, np.ones(len(which))))
        low += [-np.inf] * len(need)
        high += [float(limit[n]) for n in need]
        return row + len(need)

    def linear(self, keep: Bools) -> tuple[float, Floats]:
        """LP over the kept columns: its value, and the reduced cost of every column."""
        from scipy.optimize import linprog
        from scipy.sparse import hstack

        equal = len(self.classes)
        matrix = hstack([self.matrix[:, keep], self.tail]).tocsr()
        result = linprog(np.concatenate([self.cost[keep], self.tail_cost]), A_eq=matrix[:equal], b_eq=self.high[:equal],
                         A_ub=matrix[equal:], b_ub=self.high[equal:], bounds=(0, None), method="highs-ds")
        prices = np.concatenate([result.eqlin.marginals, result.ineqlin.marginals])
        return float(result.fun), np.asarray(self.cost - self.matrix.T @ prices)

    def programme(self, keep: Bools, nodes: int, seconds: float, gap: float) -> Any:
        from scipy.sparse import hstack

        count = int(keep.sum())
        upper = np.concatenate([np.ones(count), np.full(len(self.tail_cost), np.inf)])
        return highs.milp(np.concatenate([self.cost[keep], self.tail_cost]), np.concatenate([np.ones(count), self.tail_whole]), upper,
                          hstack([self.matrix[:, keep], self.tail]).tocsr(), self.low, self.high, nodes=nodes, seconds=seconds, gap=gap)


def _bound(model: _Model) -> tuple[float, Floats]:
    """The LP value over all eligible columns by adding attractive ones, and all reduced costs at its prices."""
    i, j, s = model.cols.T
    score = model.cost + np.minimum(model.history[i], 400) * 0.5
    keep = np.zeros(len(i), dtype=bool)
    klass = j * 100 + s
    for k in np.unique(klass):
        members = np.nonzero(klass == k)[0]
        keep[members[np.argsort(score[members], kind="stable")[:25]]] = True
    while True:
        value, reduced = model.linear(keep)
        missing = (reduced < -1e-7) & ~keep
        if not bool(missing.any()):
            return value, reduced
        keep |= missing


def solve(data: dict[str, Any], limits: Limits, options: dict[str, Any], report: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Fill the open requests (all but `fixed`; `options["only"]` keeps just these): teams, unfilled seats with reasons, bound."""
    problem = rules.parse(data)
    only = options.get("only")
    if only is not None:
        keep_ids = {str(r) for r in only}
        problem = rules.StaffProblem(problem.officers, tuple(r for r in problem.requests if str(r.id) in keep_ids or r.id in problem.fixed),
                                     problem.fixed, problem.weights)
    model = _Model(problem)
    salt = digest(data)
    teams: list[tuple[int, int, int]] = []
    value, bound, by_clock = model.base, model.base, False
    log: list[str] = []
    if len(model.cols):
        lp, reduced = _bound(model)
        bound = model.base + lp
        log.append(f"{len(model.cols)} eligible pairs, LP bound {bound:.2f}")
        nodes = limits.nodes if limits.nodes is not None else 60
        order = np.sort(reduced)
        seats = sum(r.size for r in model.open)
        reach = float(order[min(len(order) - 1, PAIRS_PER_SEAT * seats)])
        value = np.inf
        for step in ("a first plan from the cheap pairs", "all pairs that a better plan could hold"):
            kept = reduced <= reach + 1e-9
            # the first programme seeks the plan, the second mostly the bound
            result = model.programme(kept, nodes, limits.seconds, 1e-3 if np.isinf(value) else 2e-3)
            by_clock |= result.status == 1 and int(result.mip_node_count or 0) < nodes
            if result.x is not None:
                chosen = np.nonzero(kept)[0][result.x[: int(kept.sum())] > 0.5]
                found = [(int(i), int(j), int(s)) for i, j, s in model.cols[chosen]]
                if cost_of(model, found) < value - 1e-6:
                    teams, value = found, cost_of(model, found)
                    report({"kind": "staff", "status": "stopped_by_clock", "teams": _named(model, teams, salt), "cost": value})
            # any plan with a pair left out costs at least the LP bound plus that pair's reduced cost
            proven = model.base + float(result.mip_dual_bound if result.mip_dual_bound is not None else lp)
            bound = max(bound, min(proven, np.inf if bool(kept.all()) else model.base + lp + reach))
            log.append(f"{step}: {int(kept.sum())} pairs, cost {value:.2f}, bound {bound:.2f}")
            if value <= bound + 1e-6:
                break
            reach = value - model.base - lp
    else:
        bound += model.problem.weights.unfilled * sum(r.size for r in model.open)
        value = bound
    out = _named(model, teams, salt)
    decided = {"teams": out}
    unfilled = _unfilled(model, teams, salt)
    return {"kind": "staff", "status": "stopped_by_clock" if by_clock else ("optimal" if value <= bound + 1e-6 else "feasible"),
            **decided, "cost": round(value, 2), "bound": round(bound, 2), "gap": round((value - bound) / max(1.0, bound), 6),
            "unfilled": unfilled, "days": _days(model, teams), "log": log,
            "record": make("staff", data, decided, limits, engine=ENGINE, by_clock=by_clock, params={"options": {"only": only}}).as_json()}


def cost_of(model: _Model, teams: list[tuple[int, int, int]]) -> float:
    """The true cost of a plan, recomputed: travel, over-rank, fairness over the year, unfilled seats."""
    w, total = model.problem.weights, 0.0
    days = model.history.copy()
    for i, j, s in teams:
        request = model.open[j]
        total += rules.pair_cost(model.problem, model.problem.officers[i], request, request.classes[s])
        days[i] += request.days
    return total + float(model._fair(days).sum()) + w.unfilled * (sum(r.size for r in model.open) - len(teams))


def _named(model: _Model, teams: list[tuple[int, int, int]], salt: str) -> list[dict[str, Any]]:
    out = []
    for j, r in enumerate(model.open):
        seats: list[dict[str, Any]] = []
        for s, seat in enumerate(r.classes):
            members = sorted(i for i, jj, ss in teams if (jj, ss) == (j, s))
            for n, number in enumerate(seat.seats):
                o = model.problem.officers[members[n]] if n < len(members) else None
                seats.append({"seat": number, "role": seat.role, "skill": seat.skill, "officer": None if o is None else o.id,
                              "shown_as": None if o is None else rules.code_name(o.id, salt)})
        out.append({"request": r.id, "seats": sorted(seats, key=lambda x: int(x["seat"]))})
    return out


def _days(model: _Model, teams: list[tuple[int, int, int]]) -> dict[str, float]:
    days = model.history.copy()
    for i, j, _ in teams:
        days[i] += model.open[j].days
    return {"p50": float(np.percentile(days, 50)), "p90": float(np.percentile(days, 90)), "max": float(days.max())}


def _unfilled(model: _Model, teams: list[tuple[int, int, int]], salt: str) -> list[dict[str, Any]]:
    """Every empty seat with the reasons counted over all officers and the cheapest rule to relax (never a legal one)."""
    out: list[dict[str, Any]] = []
    serving: dict[int, list[int]] = {}
    for i, j, _ in teams:
        serving.setdefault(i, []).append(j)
    for j, r in enumerate(model.open):
        for s, seat in enumerate(r.classes):
            missing = seat.count - sum(1 for _, jj, ss in teams if (jj, ss) == (j, s))
            if missing <= 0:
                continue
            reasons: Counter[str] = Counter()
            options: list[tuple[float, str, rules.Officer]] = []
            for i, o in enumerate(model.problem.officers):
                codes = rules.why(o, r) + rules.why_seat(o, seat)
                if model._taken(o, r) or any(rules.overlaps((r.first, r.last), (model.open[k].first, model.open[k].last)) for k in serving.get(i, [])):
                    codes.append("in_another_team")
                reasons.update(codes or ["team_or_body_limit"])
                if len(codes) <= 1 and not beyond_relaxing(codes):
                    options.append((rules.pair_cost(model.problem, o, r, seat), codes[0] if codes else "team_or_body_limit", o))
            best = min(options, key=lambda x: (x[0], order_key(x[2].id)), default=None)
            out.append({"request": r.id, "role": seat.role, "skill": seat.skill, "min_rank": seat.min_rank, "missing": missing,
                        "reasons": dict(sorted(reasons.items())), "text": _why_text(r, seat, missing, best, salt).as_json(),
                        "cheapest_relaxation": None if best is None else {"rule": best[1], "candidate": rules.code_name(best[2].id, salt)}})
    return out


def beyond_relaxing(codes: list[str]) -> bool:
    """Whether any of the codes is one that nothing may relax."""
    return any(c in rules.LEGAL for c in codes)


RELAX = {"rank": ("降低职级要求", "accept a lower rank"), "skill": ("放宽专长要求", "accept another skill"), "away": ("调整其外出时间", "move an absence"),
         "in_another_team": ("由另一组调出", "release from another team"), "team_or_body_limit": ("放宽单组或单位人数比例", "lift the team or body share")}


def _why_text(r: rules.Request, seat: rules.SeatClass, missing: int, best: tuple[float, str, rules.Officer] | None, salt: str) -> Text:
    what_zh, what_en = f"需求 {r.id} 的 {seat.role}{'(' + seat.skill + ')' if seat.skill else ''} 缺 {missing} 人", f"Request {r.id} lacks {missing} {seat.role}{' (' + seat.skill + ')' if seat.skill else ''}"
    if best is None:
        return Text(f"{what_zh}:任何单项放宽都不够，请扩大到上级人才库。", f"{what_en}: no single relaxation suffices; ask the superior's talent pool.")
    return Text(f"{what_zh}；最省的放宽：{RELAX[best[1]][0]}（候选 {rules.code_name(best[2].id, salt)}）。",
                f"{what_en}; cheapest relaxation: {RELAX[best[1]][1]} (candidate {rules.code_name(best[2].id, salt)}).")
