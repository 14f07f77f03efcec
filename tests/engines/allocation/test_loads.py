"""The load index: parts add up, one unlucky case does not make a giant, definitions are printed."""
from __future__ import annotations

import pytest

from xieli.engines.allocation import BadInput
from xieli.engines.allocation.loads import LoadWeights, UnitRecord, definition, index


def units(cases: list[int]) -> list[UnitRecord]:
    return [UnitRecord(n, "bank", 100, 1, {"case": c}) for n, c in enumerate(cases)]


def test_the_parts_of_a_load_add_up_to_it() -> None:
    for row in index(units([0, 1, 2, 0])):
        assert row.load == max(1, round(sum(row.parts.values())))


def test_one_unlucky_case_is_shrunk_towards_its_like_but_more_cases_still_mean_more_load() -> None:
    rows = index(units([1] + [0] * 9))
    assert rows[1].parts["case"] < rows[0].parts["case"] < LoadWeights().per_case["case"] / 2
    assert rows[1].parts["case"] > 0
    many = index(units([0, 1, 2, 3]))
    assert [r.parts["case"] for r in many] == sorted(r.parts["case"] for r in many)


def test_units_of_another_industry_do_not_share_the_mean() -> None:
    rows = index([*units([4, 4]), UnitRecord("t", "tax", 100, 1, {"case": 0})])
    assert rows[2].parts["case"] == 0


def test_the_definition_names_its_weights_in_both_languages() -> None:
    text = definition(LoadWeights(per_case={"case": 12.5}))
    assert "12.5" in text.zh
    assert "12.5" in text.en


@pytest.mark.parametrize(("record", "rule"), [
    (UnitRecord(1, "x", -1, 1, {}), "negative-load"), (UnitRecord(1, "x", 1, 0, {}), "negative-load"),
    (UnitRecord(1, "x", 1, 1, {"case": -1}), "negative-load"), (UnitRecord(1, "x", 1, 1, {"gossip": 1}), "unknown-kind"),
])
def test_impossible_counts_are_refused(record: UnitRecord, rule: str) -> None:
    with pytest.raises(BadInput) as refused:
        index([record])
    assert refused.value.rule == rule
