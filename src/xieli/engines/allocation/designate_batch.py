"""Weekly batch of designations 成批比选: all matters that wait, against all bodies, so that no body becomes the week's peak.

    1. minimise the largest load per officer after the week;  2. with that held, the highest sum of scores (designate.py)

Exclusions stay hard, case by case; a matter that no body may take is listed for the superior, not forced. The result is a list of
proposals: each is still compared, signed and reasoned one by one. Sources: reference §2 (weekly batch), seed row S0-45.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from . import designate, highs
from .record import Limits, make
from .words import BadInput, Text, reads_a_file
from .zone_model import order_key

ENGINE = "batch: documented scores, HiGHS (scipy), two stages"


@reads_a_file
def parse(data: dict[str, Any]) -> tuple[list[designate.Matter], list[list[designate.Candidate]], str, designate.Score]:
    """Read {matters, bodies, now, weights?}; a matter may carry `excluded`, `hours`, `experience` by body. Raises BadInput."""
    matters, fields = [], []
    for m in sorted(data["matters"], key=lambda x: order_key(x["id"])):
        per_body = {k: m.get(k, {}) for k in ("excluded", "hours", "experience")}
        one, bodies, now, weights = designate.from_json({"matter": {k: v for k, v in m.items() if k not in per_body}, "bodies": data["bodies"], "now": data["now"],
                                                         **({"weights": data["weights"]} if "weights" in data else {})})
        bodies.sort(key=lambda c: order_key(c.id))
        fields.append([replace(c, excluded=(*c.excluded, *per_body["excluded"].get(str(c.id), ())), hours=float(per_body["hours"].get(str(c.id), c.hours)),
                               experience=int(per_body["experience"].get(str(c.id), c.experience))) for c in bodies])
        matters.append(one)
    if len({m.id for m in matters}) != len(matters):
        raise BadInput("duplicate-id", [m.id for m in matters], Text("事项编号重复。", "A matter id occurs twice."))
    if not matters:
        raise BadInput("empty", [], Text("没有待指定的事项。", "No matter waits for a designation."))
    return matters, fields, now, weights


def solve(data: dict[str, Any], limits: Limits, options: dict[str, Any], report: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Proposals for all matters at once, and the largest load per officer before and after (0.1 officer-month)."""
    from scipy.sparse import csr_matrix

    matters, fields, now, weights = parse(data)
    rankings = [designate.rank(m, c, now, weights) for m, c in zip(matters, fields, strict=True)]
    bodies = fields[0]
    column = {str(b.id): k for k, b in enumerate(bodies)}
    open_ = [n for n, r in enumerate(rankings) if any(row.eligible for row in r.rows)]
    pairs = [(n, column[str(row.body)], row.score) for n in open_ for row in rankings[n].rows if row.eligible]
    chosen: dict[int, int] = {}
    proven = True
    start = np.array([b.load for b in bodies], dtype=float)
    officers = np.array([max(b.officers, 1e-9) for b in bodies], dtype=float)
    if pairs:
        n_of, k_of, score = (np.array(x) for x in zip(*pairs, strict=True))
        place = {n: row for row, n in enumerate(open_)}
        count, width = len(open_), len(pairs)
        able = np.unique(k_of)
        row_of = {int(k): count + r for r, k in enumerate(able)}
        weight = np.array([matters[n].load for n in n_of], dtype=float)
        rows = np.concatenate([[place[int(n)] for n in n_of], [row_of[int(k)] for k in k_of], [row_of[int(k)] for k in able]])
        cols = np.concatenate([np.arange(width), np.arange(width), np.full(len(able), width)])
        vals = np.concatenate([np.ones(width), weight / officers[k_of], -np.ones(len(able))])
        matrix = csr_matrix((vals, (rows, cols)), (count + len(able), width + 1))
        low = np.concatenate([np.ones(count), np.full(len(able), -np.inf)])
        high = np.concatenate([np.ones(count), -(start / officers)[able]])
        whole = np.concatenate([np.ones(width), [0]])
        peak_cost = np.concatenate([np.zeros(width), [1.0]])
        nodes = limits.nodes if limits.nodes is not None else 5000
        first = highs.milp(peak_cost, whole, np.concatenate([np.ones(width), [np.inf]]), matrix, low, high, nodes=nodes, seconds=limits.seconds, gap=0.0)
        second = highs.milp(np.concatenate([-score, [0.0]]), whole, np.concatenate([np.ones(width), [float(first.x[width]) + 1e-7]]), matrix, low, high,
                            nodes=nodes, seconds=limits.seconds, gap=0.0)
        proven = first.status == 0 and second.status == 0
        answer = second if second.x is not None else first
        chosen = {int(n_of[p]): int(k_of[p]) for p in np.nonzero(answer.x[:width] > 0.5)[0]}
    after = start.copy()
    for n, k in chosen.items():
        after[k] += matters[n].load
    proposals = []
    for n, m in enumerate(matters):
        rows_ = rankings[n].rows
        row = next((r for r in rows_ if n in chosen and str(r.body) == str(bodies[chosen[n]].id)), None)
        first_body = next((r.body for r in rows_ if r.place == 1), None)
        why = (Text("全部被排除或满载：报上级指定。", "All are excluded or full: report to the superior.") if row is None
               else Text("单独看也是首位。", "First on its own as well.") if row.place == 1
               else Text(f"单独看排第 {row.place}；首位 {first_body} 本周已另有承办，改派以免负荷集中。", f"Place {row.place} on its own; the first, {first_body}, takes others this week, and the load is spread."))
        proposals.append({"matter": m.id, "body": None if row is None else row.body, "place": None if row is None else row.place, "score": None if row is None else row.score,
                          "unknown": [] if row is None else list(row.unknown), "text": why.as_json()})
    decided = {"proposals": [{"matter": p["matter"], "body": p["body"]} for p in proposals]}
    return {"kind": "batch", "status": "optimal" if proven else "feasible", "proposals": proposals, "proven": proven,
            "peak_before": round(float((start / officers).max()), 3), "peak_after": round(float((after / officers).max()), 3),
            "loads": [{"body": b.id, "before": int(start[k]), "after": int(after[k]), "officers": b.officers} for k, b in enumerate(bodies)],
            "record": make("batch", data, decided, limits, engine=ENGINE).as_json()}
