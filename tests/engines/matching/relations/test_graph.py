"""Typed, dated relations: paths by pattern and time, pages of twenty, components."""
from __future__ import annotations

from datetime import date
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xieli.engines.matching.relations.graph import (
    ALWAYS_FROM,
    ALWAYS_TO,
    KIND_NUMBER,
    Graph,
    day,
    expand,
    from_rows,
    text_of,
)
from xieli.engines.matching.relations.paths import MAX_HOPS, SHADOW_COMPANY, Step, find_paths

ROWS = [
    # the chain that is to be found: official, wife, her company, a contract with his branch
    {"source": "段某", "target": "段妻", "kind": "kin", "dataset": "population", "row": "12", "note": "配偶"},
    {"source": "段妻", "target": "宏达商贸", "kind": "office", "from": "2019-01-01", "dataset": "market", "row": "77"},
    {"source": "宏达商贸", "target": "某支行", "kind": "contract", "from": "2021-05-01", "to": "2021-05-01", "dataset": "procurement", "row": "5"},
    # near-misses: an office that had ended, a namesake without kinship, a company without a contract
    {"source": "段妻", "target": "旧公司", "kind": "office", "from": "2010-01-01", "to": "2012-01-01", "dataset": "market", "row": "78"},
    {"source": "旧公司", "target": "某支行", "kind": "contract", "from": "2021-06-01", "to": "2021-06-01", "dataset": "procurement", "row": "6"},
    {"source": "段某（同名）", "target": "宏达商贸", "kind": "office", "from": "2019-01-01", "dataset": "market", "row": "79"},
    {"source": "段妻", "target": "无合同公司", "kind": "ownership", "from": "2018-01-01", "dataset": "market", "row": "80"},
]


@pytest.fixture
def graph():
    return from_rows(ROWS)


def names(graph, found):
    return [[graph.node_names[n] for n in nodes] for nodes in found.nodes]


def test_the_wifes_company_is_found_and_the_near_misses_are_not(graph):
    found = find_paths(graph, [graph.node_names.index("段某")])
    assert names(graph, found) == [["段某", "段妻", "宏达商贸", "某支行"]]


def test_every_edge_of_a_path_carries_its_evidence_and_dates(graph):
    found = find_paths(graph, [graph.node_names.index("段某")])
    told = found.describe(graph, 0)
    assert [(s["dataset"], s["row"]) for s in told["steps"]] == [("population", "12"), ("market", "77"), ("procurement", "5")]
    assert told["together_from"] == told["together_to"] == "2021-05-01"
    assert (told["hops"], told["strength"], told["strength_zh"]) == (3, "strong", "强")


def test_without_the_question_of_time_the_ended_office_appears(graph):
    found = find_paths(graph, [graph.node_names.index("段某")], overlap=False)
    assert ["段某", "段妻", "旧公司", "某支行"] in names(graph, found)


def test_only_paths_to_the_targets_are_kept(graph):
    targets = np.zeros(graph.nodes, dtype=bool)
    assert len(find_paths(graph, [0], targets=targets)) == 0
    targets[graph.node_names.index("某支行")] = True
    assert len(find_paths(graph, [0], targets=targets)) == 1


def test_a_pattern_beyond_five_hops_is_refused():
    g = from_rows(ROWS)
    with pytest.raises(ValueError, match=f"more than {MAX_HOPS} hops"):
        find_paths(g, [0], (Step(("kin",), "both", 0, 3), Step(("office",), "out", 1, 3)))
    with pytest.raises(ValueError, match="unknown kind"):
        Step(("love",))
    with pytest.raises(ValueError, match="direction"):
        Step(("kin",), "sideways")
    assert sum(s.most for s in SHADOW_COMPANY) == MAX_HOPS


@st.composite
def small_graphs(draw):
    n = draw(st.integers(2, 7))
    edges = draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1), st.integers(0, 5), st.integers(0, 9), st.integers(0, 6)), max_size=16))
    return Graph(
        n,
        np.array([e[0] for e in edges], dtype=np.int32),
        np.array([e[1] for e in edges], dtype=np.int32),
        np.array([e[2] for e in edges], dtype=np.int8),
        np.array([e[3] for e in edges], dtype=np.int32),
        np.array([e[3] + e[4] for e in edges], dtype=np.int32),
    )


def by_hand(graph, start):
    """All edge sequences that follow SHADOW_COMPANY, tried one by one."""
    out = set()
    kin, role, contract = KIND_NUMBER["kin"], {KIND_NUMBER["office"], KIND_NUMBER["ownership"]}, KIND_NUMBER["contract"]
    shapes = [["k"] * a + ["r"] * b + ["c"] for a in (0, 1, 2) for b in (1, 2)]
    for shape in shapes:
        for edges in permutations(range(graph.edges), len(shape)):
            at, seen, ok = start, {start}, True
            for sort, e in zip(shape, edges, strict=True):
                s, t, k = int(graph.source[e]), int(graph.target[e]), int(graph.kind[e])
                fits = {"k": k == kin, "r": k in role, "c": k == contract}[sort]
                if fits and s == at and t not in seen:
                    nxt = t
                elif fits and sort != "r" and t == at and s not in seen:
                    nxt = s
                else:
                    ok = False
                    break
                at = nxt
                seen.add(at)
            if ok and max(graph.first_day[list(edges)]) <= min(graph.last_day[list(edges)]):
                out.add(edges)
    return out


@given(small_graphs().filter(lambda g: g.edges <= 7))
def test_the_search_finds_exactly_what_trying_everything_finds(graph):
    for start in range(graph.nodes):
        assert set(find_paths(graph, [start]).edges) == by_hand(graph, start)


@given(small_graphs())
def test_components_are_what_a_walk_reaches(graph):
    labels = graph.components()
    reach = {i: {i} for i in range(graph.nodes)}
    for a, b in zip(graph.source.tolist(), graph.target.tolist(), strict=True):
        joined = reach[a] | reach[b]
        for m in joined:
            reach[m] = joined
    for i in range(graph.nodes):
        assert {j for j in range(graph.nodes) if labels[j] == labels[i]} == reach[i]


def test_a_node_opens_twenty_at_a_time_and_the_pages_hold_everything_once():
    rows = [{"source": "某公司", "target": f"合同{i}", "kind": "contract", "from": "2020-01-01", "to": "2020-12-31"} for i in range(45)]
    g = from_rows(rows)
    after, seen, sizes = 0, [], []
    while after is not None:
        page = expand(g, 0, after=after)
        seen += [i.edge for i in page.items]
        sizes.append(len(page.items))
        assert page.total == 45
        after = page.next_after
    assert sizes == [20, 20, 5]
    assert sorted(seen) == list(range(45))


def test_only_edges_in_force_on_a_day_are_shown(graph):
    wife = graph.node_names.index("段妻")
    on = day("2011-06-01", 0)
    shown = {graph.node_names[i.node] for i in expand(graph, wife, on=on).items}
    assert shown == {"段某", "旧公司"}
    with pytest.raises(ValueError, match="no node"):
        expand(graph, 99)


def test_rows_that_cannot_be_edges_are_named():
    for bad in ({"kind": "love"}, {"from": "2021-02-30"}, {"source": ""}, {"from": "2021-02-02", "to": "2020-01-01"}):
        with pytest.raises(ValueError, match=r"row 1|ends before"):
            from_rows([ROWS[0] | bad])


def test_days_and_texts_go_both_ways():
    assert day(date(2024, 2, 29), 0) == day("2024-02-29", 0)
    assert text_of(day("2024-02-29", 0)) == "2024-02-29"
    assert text_of(ALWAYS_FROM) is text_of(ALWAYS_TO) is None
