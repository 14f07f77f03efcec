"""Submissions: what is refused, what is computed, which facts follow."""
from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xieli.engines.playbooks import Playbook, complete, facts_of, validate
from xieli.engines.playbooks.model import Form
from xieli.engines.playbooks.walk import random_values

from .base import Content, name, spoiled


def with_form(fields: Content) -> Form:
    def change(c: Content) -> None:
        c["forms"]["note"] = name("说明", "note", fields=fields)

    playbook: Playbook = spoiled(change)
    return playbook.forms["note"]


def codes(form: Form, values: dict[str, Any]) -> list[str]:
    return [r.code for r in validate(form, values)]


@pytest.mark.parametrize(
    ("field", "good", "bad", "code"),
    [
        ({"type": "text"}, "字", 5, "wrong_type"),
        ({"type": "text", "most": 3}, "三个字", "四个字啊", "too_long"),
        ({"type": "longtext", "least": 4}, "四个字啊", "  字  ", "too_short"),
        ({"type": "integer"}, 0, True, "wrong_type"),
        ({"type": "integer"}, -4, "4", "wrong_type"),
        ({"type": "integer", "least": 0}, 0, -1, "too_small"),
        ({"type": "money", "most": 100}, 100, 101, "too_large"),
        ({"type": "money"}, 5, 10**18, "wrong_type"),
        ({"type": "boolean"}, False, 0, "wrong_type"),
        ({"type": "date"}, "2024-02-29", "2025-02-29", "wrong_type"),
        ({"type": "date"}, "2024-02-29", "20240229", "wrong_type"),
        ({"type": "datetime"}, "2025-01-01T08:00:00+08:00", "2025-01-01T08:00:00", "wrong_type"),
        ({"type": "choice", "options": {"a": name("甲", "a")}}, "a", "b", "no_such_option"),
        ({"type": "choices", "options": {"a": name("甲", "a")}}, ["a"], ["a", "a"], "option_twice"),
        ({"type": "choices", "options": {"a": name("甲", "a")}}, ["a"], "a", "wrong_type"),
        ({"type": "text", "format": "id_number"}, "99010119900101001X", "9901011990", "wrong_format"),
        ({"type": "person"}, "person-1", ["x"], "wrong_type"),
        ({"type": "table", "columns": {"n": name("数", "n", type="integer", required=True)}}, [{"n": 1}], [{"n": "1"}], "wrong_type"),
        ({"type": "table", "columns": {"n": name("数", "n", type="integer", required=True)}}, [{"n": 1}], [{}], "required"),
        ({"type": "table", "columns": {"n": name("数", "n", type="integer")}}, [{"n": 1}], [{"m": 1}], "unknown_field"),
        ({"type": "table", "least": 2, "columns": {"n": name("数", "n", type="integer")}}, [{}, {}], [{}], "too_small"),
    ],
)
def test_a_field_takes_what_it_says(field: Content, good: Any, bad: Any, code: str) -> None:
    form = with_form({"f": name("字段", "field", required=True, **field)})
    assert codes(form, {"f": good}) == []
    assert codes(form, {"f": bad}) == [code]


def test_required_and_unknown_fields() -> None:
    form = with_form({"a": name("甲", "a", type="boolean", required=True), "b": name("乙", "b", type="text", required_if={"a": True})})
    assert codes(form, {}) == ["required"]
    assert codes(form, {"a": True}) == ["required"]
    assert codes(form, {"a": False}) == []
    assert codes(form, {"a": True, "b": "文"}) == []
    assert codes(form, {"a": False, "z": 1}) == ["unknown_field"]


def test_a_row_error_names_the_row() -> None:
    form = with_form({"t": name("表", "table", type="table", columns={"n": name("数", "n", type="integer", required=True)})})
    (found,) = validate(form, {"t": [{"n": 1}, {"n": None}]})
    assert "第 2 行" in found.zh
    assert "row 2" in found.en


def test_two_halves_make_a_total_and_one_half_makes_none() -> None:
    form = spoiled().forms["intake"]
    assert complete(form, {"first": 88, "second": 76})["total"] == 82
    assert complete(form, {"first": 85, "second": 76})["total"] == 81  # 80.5 rounds up
    assert complete(form, {"first": 88})["total"] is None
    assert codes(form, {"way": "ask", "amount": 1, "urgent": True, "first": 1, "second": 1, "day": "2025-01-01", "total": 5}) == ["computed_sent"]


@pytest.mark.parametrize(
    ("how", "of", "values", "wanted"),
    [
        ("sum", ["a", "b"], {"a": 2, "b": 3}, 5),
        ("sum", ["rows.n"], {"rows": [{"n": 2}, {"n": 5}]}, 7),
        ("difference", ["a", "b"], {"a": 2, "b": 3}, -1),
        ("mean", ["a", "b"], {"a": 2, "b": 3}, 3),
        ("share", ["a", "b"], {"a": 38, "b": 69}, 55),
        ("share", ["a", "b"], {"a": 38, "b": 0}, None),
        ("count", ["rows"], {"rows": [{}, {}, {}]}, 3),
        ("count", ["rows.n"], {"rows": [{"n": 1}, {}, {"n": 0}]}, 2),
        ("days_between", ["x", "y"], {"x": "2025-02-26", "y": "2025-05-26"}, 89),
        ("days_between", ["x", "y"], {"x": "2025-02-26"}, None),
    ],
)
def test_computed_values(how: str, of: list[str], values: dict[str, Any], wanted: int | None) -> None:
    form = with_form({
        "a": name("甲", "a", type="integer"), "b": name("乙", "b", type="integer"), "x": name("起", "x", type="date"), "y": name("止", "y", type="date"),
        "rows": name("表", "rows", type="table", columns={"n": name("数", "n", type="integer")}),
        "c": name("算", "c", type="computed", computed={"how": how, "of": of}),
    })
    assert complete(form, values)["c"] == wanted


def test_facts_carry_subject_date_and_unit() -> None:
    form = with_form({
        "who": name("人", "who", type="person"), "on": name("日", "on", type="date"),
        "sum": name("额", "sum", type="money", unit="分", fact={"code": "x.sum", "subject": "who", "date": "on"}),
        "way": name("式", "way", type="choice", options={"a": name("甲", "a")}, fact={"code": "x.way"}),
        "rows": name("表", "rows", type="table", columns={"n": name("数", "n", type="integer", fact={"code": "x.n", "date": "on"})}),
        "none": name("无", "none", type="text", fact={"code": "x.none"}),
    })
    facts = facts_of(form, {"who": "P1", "on": "2025-03-17", "sum": 500, "way": "a", "rows": [{"n": 1}, {}, {"n": 3}]})
    assert [(f.code, f.number, f.text, f.subject, f.unit, f.happened_on) for f in facts] == [
        ("x.sum", 500, None, "P1", "分", "2025-03-17"), ("x.way", None, "a", None, None, None),
        ("x.n", 1, None, None, None, "2025-03-17"), ("x.n", 3, None, None, None, "2025-03-17"),
    ]


def test_a_computed_total_is_a_fact_too() -> None:
    (fact,) = facts_of(spoiled().forms["intake"], {"first": 88, "second": 76, "day": "2025-01-02"})
    assert (fact.code, fact.number, fact.happened_on) == ("sample.total", 82, "2025-01-02")


@given(st.integers(0, 10**6))
def test_invented_submissions_are_valid(seed: int) -> None:
    form = spoiled().forms["intake"]
    assert validate(form, random_values(form, random.Random(seed))) == ()


def test_a_field_that_only_one_answer_asks_for_stays_empty_with_any_other() -> None:
    """An oral-only item leaves no text (seed row S2-07): the form itself has no place for it."""
    options = {"written": name("书面", "written"), "oral": name("口头", "oral")}
    form = with_form({"grade": name("分级", "grade", type="choice", required=True, options=options), "text": name("内容", "text", type="text", required_if={"grade": "written"}, only_if={"grade": "written"})})
    assert codes(form, {"grade": "oral", "text": "内容"}) == ["must_be_empty"]
    assert codes(form, {"grade": "written"}) == ["required"]
    assert codes(form, {"grade": "oral"}) == []
    assert codes(form, {"grade": "written", "text": "内容"}) == []
