"""Clusters are proposals and name the link on which they hang."""
from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from xieli.engines.matching.er.clusters import average_link, groups, propose, strongest_tree


def arrays(links):
    return np.array([x[0] for x in links]), np.array([x[1] for x in links]), np.array([float(x[2]) for x in links])


def test_the_weakest_link_of_a_chain_is_named_with_both_parts():
    left, right, weight = arrays([(0, 1, 9), (1, 2, 2), (2, 3, 8)])
    (cluster,) = propose(left, right, weight, 5, threshold=1)
    assert cluster.members == (0, 1, 2, 3)
    assert (cluster.weakest.left, cluster.weakest.right, cluster.weakest.weight) == (1, 2, 2.0)
    assert {frozenset(p) for p in cluster.parts} == {frozenset({0, 1}), frozenset({2, 3})}
    assert cluster.status == "proposal"


def test_a_second_road_makes_a_weak_link_harmless():
    left, right, weight = arrays([(0, 1, 9), (1, 2, 2), (0, 2, 7)])
    (cluster,) = propose(left, right, weight, 3, threshold=1)
    assert cluster.weakest.weight == 7


def test_clusters_below_the_threshold_are_not_proposed():
    left, right, weight = arrays([(0, 1, 0.5), (2, 3, 4)])
    assert [c.members for c in propose(left, right, weight, 4, threshold=1)] == [(2, 3)]
    assert propose(left[:0], right[:0], weight[:0], 4, 1) == []


def test_average_linkage_does_not_chain_two_persons_by_one_chance_link():
    strong = [(0, 1, 8), (0, 2, 8), (1, 2, 8), (3, 4, 8), (3, 5, 8), (4, 5, 8)]
    left, right, weight = arrays([*strong, (2, 3, 3)])
    labels = average_link(left, right, weight, 6, threshold=0, missing=-5)
    assert len(set(labels[:3].tolist())) == 1
    assert labels[0] != labels[3]
    assert len(set(groups(left, right, 6).tolist())) == 1  # transitive closure would have merged them


@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11), st.integers(-50, 50)), min_size=1, max_size=40))
def test_the_proposal_agrees_with_plain_reachability(links):
    links = [x for x in links if x[0] != x[1]]
    left, right, weight = arrays(links) if links else (np.zeros(0, int), np.zeros(0, int), np.zeros(0))
    found = propose(left, right, weight, 12, threshold=0)
    near = {i: {i} for i in range(12)}
    for a, b, w in links:
        if w >= 0:
            joined = near[a] | near[b]
            for m in joined:
                near[m] = joined
    expected = {tuple(sorted(g)) for g in near.values() if len(g) > 1}
    assert {c.members for c in found} == expected
    for c in found:
        # cutting every link at or below the weakest must break the cluster
        kept = [(a, b) for a, b, w in links if w > c.weakest.weight and a in c.members]
        labels = groups(np.array([a for a, _ in kept], dtype=int), np.array([b for _, b in kept], dtype=int), 12)
        assert len({int(labels[m]) for m in c.members}) > 1
        assert sorted(c.parts[0] + c.parts[1]) == list(c.members)


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.integers(-9, 9)), max_size=20))
def test_a_spanning_forest_has_one_link_less_than_records_per_group(links):
    links = [x for x in links if x[0] != x[1]]
    left, right, weight = arrays(links) if links else (np.zeros(0, int), np.zeros(0, int), np.zeros(0))
    assert len(strongest_tree(left, right, weight, 8)) == 8 - len(set(groups(left, right, 8).tolist()))
