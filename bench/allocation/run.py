"""Figures of the allocation engine: CPU seconds of the child process (imports included), bounds, gaps, memory.

    python bench/allocation/run.py [name …]      names: zones-60 zones-500 zones-5000 replan staff villages gap designate

Reads the evaluation data beside the repository (../shared or XIELI_SHARED); writes bench/results/allocation.json. A gap is always
to the LP bound over all eligible bodies with the band as stated (not rounded to whole loads); the bound over whole units is
printed beside it. "First plan" is when the first plan within all bands was reported.
"""
from __future__ import annotations

import json
import math
import os
import platform
import random
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from xieli.engines.allocation import Limits, check, check_people, designate, published, run

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("XIELI_SHARED", ROOT.parent / "shared")) / "data"
RESULTS = ROOT / "bench" / "results" / "allocation.json"


def load(name: str) -> dict[str, Any]:
    return json.loads((SHARED / "alloc" / name).read_text(encoding="utf-8"))


def lp_bound(data: dict[str, Any], band: float) -> float:
    """The LP over every eligible pair with the band as stated, solved independently of the engine's own prices."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_matrix, vstack

    bodies, units = data["bodies"], data["units"]
    cost = np.array([[round(10 * math.dist(u["at_km"], b["seat_km"])) - 60 * (u["industry"] in b["expertise"]) for b in bodies] for u in units], dtype=float)
    cost -= cost.min()
    allowed = np.array([[b["id"] not in u["recused"] for b in bodies] for u in units])
    load_ = np.array([u["load"] for u in units], dtype=float)
    share = load_.sum() * np.array([b["officers"] for b in bodies]) / sum(b["officers"] for b in bodies)
    if len(units) * len(bodies) > 200_000:
        near = np.argsort(np.where(allowed, cost, np.inf), axis=1)[:, :60]
        keep = np.zeros_like(allowed)
        keep[np.arange(len(units))[:, None], near] = True
        allowed_now = allowed & keep
    else:
        allowed_now = allowed
    while True:
        i, k = np.nonzero(allowed_now)
        once = csr_matrix((np.ones(len(i)), (i, np.arange(len(i)))), (len(units), len(i)))
        rows = csr_matrix((load_[i], (k, np.arange(len(i)))), (len(bodies), len(i)))
        r = linprog(cost[i, k], A_eq=once, b_eq=np.ones(len(units)), A_ub=vstack([rows, -rows]).tocsr(),
                    b_ub=np.concatenate([share * (1 + band), -share * (1 - band)]), bounds=(0, None), method="highs-ds")
        if r.status:
            return math.inf
        price = r.ineqlin.marginals[: len(bodies)] - r.ineqlin.marginals[len(bodies):]
        reduced = cost - load_[:, None] * price - r.eqlin.marginals[:, None]
        missing = allowed & ~allowed_now & (reduced < -1e-6)
        if not missing.any():
            return float(r.fun)
        allowed_now |= missing


def zones(name: str, band: float = 0.05, **limits: Any) -> dict[str, Any]:
    data = load(name) | {"ladder": [band]}
    started, first = time.perf_counter(), []
    plan = run("zones", data, Limits(**limits), progress=lambda p: first.append(round(time.perf_counter() - started, 2)))
    row: dict[str, Any] = {"instance": name, "band": band, "status": plan["status"], **plan["cost_of_run"], "wall": round(time.perf_counter() - started, 2)}
    if plan["assign"] is None:
        return row | {"why": plan["reasons"][0]["why"][0]["en"], "suffices": plan["suffices"]}
    lp = lp_bound(data, band)
    return row | {"cost": plan["cost"], "lp_bound": round(lp, 2), "gap_lp_percent": round(100 * (plan["cost"] - lp) / lp, 3), "bound": plan["bound"],
                  "gap_percent": round(100 * plan["gap"], 3), "first_plan_wall": first[0] if first else None, "violations": len(check.zones(data, plan))}


def replanned(name: str = "zones-500x40-s1.json") -> list[dict[str, Any]]:
    """40 of 500 units change their load and one body loses a fifth of its officers."""
    data = load(name) | {"ladder": [0.10]}
    before = run("zones", data)
    rnd = random.Random(7)
    for u in data["units"]:
        u["current"] = before["assign"][str(u["id"])]
    for u in rnd.sample(data["units"], 40):
        u["load"] = max(1, round(u["load"] * rnd.uniform(0.3, 3)))
    data["bodies"][5]["officers"] = round(data["bodies"][5]["officers"] * 0.8)
    rows = []
    for band in (0.10, 0.20):
        data["ladder"] = [band]
        plan = run("replan", data)
        free = run("zones", data, Limits(rounds=10))
        rows.append({"instance": f"re-plan of {name}", "band": band, "moves": plan["moves"], "moves_bound": plan["moves_bound"], "proven": plan["moves_proven"],
                     "pairs_not_ruled_out": plan["pairs_not_ruled_out"], "pairs": plan["pairs"], "moves_if_free": len(free["moved"]),
                     **plan["cost_of_run"], "violations": len(check.zones(data, plan))})
    return rows


def staffing() -> list[dict[str, Any]]:
    data = load("staffing-300x40.json")
    started, first = time.perf_counter(), []
    plan = run("staff", data, progress=lambda p: first.append(round(time.perf_counter() - started, 2)))
    fixed = [{"request": t["request"], "officers": [s["officer"] for s in t["seats"] if s["officer"] is not None]} for t in plan["teams"][1:]]
    one = run("staff", data | {"fixed": fixed})
    return [{"instance": "staffing-300x40", "cost": plan["cost"], "bound": plan["bound"], "gap_percent": round(100 * plan["gap"], 3), "unfilled": len(plan["unfilled"]),
             "days": plan["days"], "first_plan_wall": first[0] if first else None, **plan["cost_of_run"], "violations": len(check_people.staff(data, plan))},
            {"instance": "one request, 39 teams fixed", "status": one["status"], "gap_percent": round(100 * one["gap"], 3), **one["cost_of_run"]}]


def villages() -> list[dict[str, Any]]:
    data = load("villages-257.json")
    plan = run("committees", data)
    return [{"instance": "villages-257", "cost": plan["cost"], "bound": plan["bound"], "proven": plan["proven"], "committees": len(plan["committees"]),
             "sets": plan["sets_enumerated"], **plan["cost_of_run"], "violations": len(check_people.committees(data, plan))}]


BEST = {"gap1-0": 261, "gap12-4": 945, "c05100": 1931, "c20100": 1243, "d10100": 6347, "e10100": 11577}


def gaps() -> list[dict[str, Any]]:
    rows = []
    for name, best in BEST.items():
        data = published.read((SHARED / "gap" / name).read_text())
        plan = run("gap", data)
        rows.append({"instance": name, "value": plan["value"], "best_known": best, "above_best_percent": round(100 * (plan["value"] - best) / best, 3),
                     "bound": plan["bound"], "proven": plan["proven"], **plan["cost_of_run"], "violations": len(check.published(data, plan))})
    return rows


def designation() -> list[dict[str, Any]]:
    rnd = random.Random(1)
    ready = designate.Readiness("yes", "yes", "yes", "yes", "duty")
    bodies = [designate.Candidate(k, rnd.randint(10, 40), rnd.randint(50, 400), rnd.uniform(0, 6), experience=rnd.randint(0, 4), designations=rnd.randint(0, 5),
                                  readiness=ready if rnd.random() < 0.7 else designate.Readiness(), excluded=("recusal",) if rnd.random() < 0.1 else ()) for k in range(40)]
    matter, times = designate.Matter("m", 20, natural=3), []
    for _ in range(2000):
        start = time.process_time()
        designate.rank(matter, bodies, "2026-01-01T00:00:00Z")
        times.append(time.process_time() - start)
    return [{"instance": "designation, 40 bodies", "ms_mean": round(1000 * sum(times) / len(times), 3), "ms_p99": round(1000 * sorted(times)[1980], 3)}]


FIGURES = {
    "zones-60": lambda: [zones(f"zones-60x11-s{s}.json", b) for s, b in ((1, 0.05), (2, 0.05), (3, 0.05), (1, 0.10))],
    "zones-500": lambda: [zones(f"zones-500x40-s{s}.json") for s in (1, 2, 3)],
    "zones-5000": lambda: [zones("zones-5000x200-s1.json")],
    "replan": replanned, "staff": staffing, "villages": villages, "gap": gaps, "designate": designation,
}


def main(names: list[str]) -> None:
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    kept["machine"] = {"cpu": platform.processor() or platform.machine(), "cores": os.cpu_count(), "python": platform.python_version(), "shared_with_other_work": True}
    for name in names or list(FIGURES):
        load1 = os.getloadavg()[0]
        kept[name] = {"load_average_before": round(load1, 2), "rows": FIGURES[name]()}
        for row in kept[name]["rows"]:
            print(name, json.dumps(row, ensure_ascii=False), flush=True)
        RESULTS.parent.mkdir(parents=True, exist_ok=True)
        RESULTS.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
