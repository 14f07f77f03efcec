"""Ten million edges: components beside scipy alone, and 200 path searches.

    python bench/matching/graph_paths.py [edges] [nodes] [--out FILE]

The whole size is kept in bench/results/match-graph-paths.json; smaller ones are printed only.

Edges as in the project's earlier measurement: 45 % kin, 40 % office, 15 % contract; people, companies and bodies are
70, 20 and 10 % of the nodes; seed 7. Baseline: csr_array from the same arrays and connected_components. Searches:
200 random persons, kin × 0–2 → office → contract, all edges overlapping in time; and the five-hop default. The
indexes by kind are built once and timed apart.
"""
from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from xieli.engines.matching.relations.graph import KIND_NUMBER, Graph
from xieli.engines.matching.relations.paths import SHADOW_COMPANY, Step, find_paths

REPEATS = 3


def build(nodes: int, edges: int) -> Graph:
    rng = np.random.default_rng(7)
    people, companies = int(nodes * 0.7), int(nodes * 0.9)
    kind = rng.choice([KIND_NUMBER[k] for k in ("kin", "office", "contract")], edges, p=[0.45, 0.40, 0.15]).astype(np.int8)
    a, b = rng.integers(0, nodes, edges), rng.integers(0, nodes, edges)
    contract = kind == KIND_NUMBER["contract"]
    source = np.where(contract, people + a % (companies - people), a % people)
    target = np.where(contract, companies + b % (nodes - companies), np.where(kind == KIND_NUMBER["kin"], b % people, people + b % (companies - people)))
    first = rng.integers(10_000, 19_000, edges)
    return Graph(nodes, source.astype(np.int32), target.astype(np.int32), kind, first.astype(np.int32), (first + rng.integers(100, 4_000, edges)).astype(np.int32))


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("edges", type=int, nargs="?", default=10_000_000)
    parser.add_argument("nodes", type=int, nargs="?", default=8_000_000)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    graph = build(args.nodes, args.edges)

    def scipy_alone() -> object:
        matrix = csr_array((np.ones(graph.edges), (graph.source, graph.target)), shape=(graph.nodes, graph.nodes))
        return connected_components(matrix, directed=False)

    scipy_s, ours_s = [], []
    for _ in range(REPEATS):  # alternating, so that load falls on both
        scipy_s.append(timed(scipy_alone))
        ours_s.append(timed(graph.components))
    same = len(np.unique(graph.components())) == scipy_alone()[0]  # type: ignore[index]
    index_s = timed(lambda: graph.prepare(("kin", "office", "ownership", "contract")))
    starts = np.random.default_rng(11).integers(0, int(args.nodes * 0.7), 200)
    pattern = (Step(("kin",), "both", 0, 2), Step(("office",), "out"), Step(("contract",)))
    together = [timed(lambda: find_paths(graph, starts, pattern)) for _ in range(REPEATS)]
    one_by_one = [timed(lambda: [find_paths(graph, [int(s)], pattern) for s in starts]) for _ in range(REPEATS)]
    five_hops = [timed(lambda: [find_paths(graph, [int(s)], SHADOW_COMPANY) for s in starts]) for _ in range(REPEATS)]
    result = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}", "load": os.getloadavg()[0],
        "edges": graph.edges, "nodes": graph.nodes, "components_equal": bool(same),
        "scipy_s": [round(x, 2) for x in scipy_s], "ours_s": [round(x, 2) for x in ours_s],
        "components_ratio": round(statistics.median(ours_s) / statistics.median(scipy_s), 3),
        "index_s": round(index_s, 2), "paths_found": len(find_paths(graph, starts, pattern)), "five_hop_paths_found": len(find_paths(graph, starts, SHADOW_COMPANY)),
        "searches_200_together_s": round(statistics.median(together), 4), "searches_200_one_by_one_s": round(statistics.median(one_by_one), 4),
        "searches_200_five_hops_s": round(statistics.median(five_hops), 4), "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }  # fmt: skip
    print(json.dumps(result, indent=1))
    out = args.out or (Path(__file__).parents[1] / "results" / "match-graph-paths.json" if args.edges >= 10_000_000 else None)
    if out:
        out.write_text(json.dumps({"command": f"python bench/matching/graph_paths.py {args.edges} {args.nodes}", **result}, indent=1) + "\n")


if __name__ == "__main__":
    main()
