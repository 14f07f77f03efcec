"""The FollowTheMoney export against our own copy of the schema rules."""
from __future__ import annotations

import json

import pytest

from xieli.engines.matching.relations.ftm import entities, json_lines, problems
from xieli.engines.matching.relations.graph import KINDS, from_rows

ROWS = [
    {"source": "甲", "target": "乙", "kind": "kin", "source_kind": "person", "target_kind": "person", "from": "2001-01-01", "note": "夫妻"},
    {"source": "乙", "target": "宏达", "kind": "office", "source_kind": "person", "target_kind": "company", "from": "2019-01-01", "to": "2020-01-01"},
    {"source": "乙", "target": "宏达", "kind": "ownership", "source_kind": "person", "target_kind": "company"},
    {"source": "宏达", "target": "某局", "kind": "contract", "source_kind": "company", "target_kind": "body", "from": "2019-05-01", "to": "2019-05-01"},
    {"source": "宏达", "target": "合同一", "kind": "contract", "source_kind": "company", "target_kind": "contract"},
    {"source": "甲", "target": "6200", "kind": "account", "source_kind": "person", "target_kind": "account"},
    {"source": "宏达", "target": "三河村1号", "kind": "address", "source_kind": "company", "target_kind": "address", "dataset": "market", "row": "9"},
    {"source": "甲", "target": "三河村1号", "kind": "office", "source_kind": "person", "target_kind": "address"},
]


def test_every_entity_of_every_kind_of_edge_keeps_the_rules():
    graph = from_rows(ROWS)
    known = {}
    made = list(entities(graph))
    known = {e["id"]: e["schema"] for e in made}
    assert len(known) == len(made)
    assert [p for e in made for p in problems(e, known)] == []
    assert {r["kind"] for r in ROWS} == set(KINDS)


def test_references_come_after_what_they_point_to_and_dates_are_kept():
    made = list(entities(from_rows(ROWS)))
    seen = set()
    for e in made:
        for values in e["properties"].values():
            assert all(v in seen for v in values if v.startswith("xieli-"))
        seen.add(e["id"])
    (office,) = [e for e in made if e["schema"] == "Directorship"]
    assert office["properties"]["startDate"] == ["2019-01-01"]
    assert office["properties"]["endDate"] == ["2020-01-01"]


def test_an_edge_that_fits_no_schema_is_kept_as_a_link_that_names_its_kind():
    made = list(entities(from_rows(ROWS)))
    links = [e for e in made if e["schema"] == "UnknownLink"]
    assert sorted(e["properties"]["role"][0] for e in links) == ["任职 office", "同址 address"]


def test_the_export_is_the_same_every_time_and_each_line_is_json():
    a, b = list(json_lines(from_rows(ROWS))), list(json_lines(from_rows(ROWS)))
    assert a == b
    assert all(json.loads(x)["id"] for x in a)


def test_the_check_itself_can_fail():
    known = {"p": "Person", "a": "Address"}
    wrong = {"id": "x", "schema": "Family", "properties": {"person": ["p"], "relative": ["a"], "startDate": ["soon"], "colour": ["red"]}}
    found = problems(wrong, known)
    assert len(found) == 3
    assert problems({"id": "x", "schema": "Spaceship", "properties": {}}, {})
    assert problems({"id": "x", "schema": "Family", "properties": {"person": ["p"]}}, known) == ["Family.relative is required"]


def test_an_unknown_kind_of_node_is_named():
    with pytest.raises(ValueError, match="no FollowTheMoney schema"):
        list(entities(from_rows([ROWS[0] | {"source_kind": "robot"}])))
