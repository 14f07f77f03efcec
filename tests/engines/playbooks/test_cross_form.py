"""A total may stand on parts that others handed in: half a score is none (seed row S2-29)."""
from __future__ import annotations

import pytest

from xieli.content.playbooks import sources
from xieli.engines.playbooks import load_all
from xieli.engines.playbooks.forms import complete, facts_of

EVALUATION = load_all(sources())["evaluation"]


@pytest.mark.parametrize(("one", "two", "total"), [(880, 760, 820), (799, 800, 800), (0, 0, 0), (1000, 1000, 1000)])
def test_the_total_is_the_weighted_sum_of_both_parts(one: int, two: int, total: int) -> None:
    others = {"part_rectification": {"score": one}, "part_look_back": {"score": two}}
    values = complete(EVALUATION.forms["total"], {"confirmed_on": "2026-03-02"}, others)
    assert values["total"] == total
    assert [f.number for f in facts_of(EVALUATION.forms["total"], {"confirmed_on": "2026-03-02"}, others)] == [total]


@pytest.mark.parametrize("others", [None, {}, {"part_rectification": {"score": 880}}, {"part_look_back": {"score": 880}}, {"part_rectification": {"score": None}, "part_look_back": {"score": 760}}])
def test_one_part_gives_no_total(others: dict | None) -> None:
    assert complete(EVALUATION.forms["total"], {"confirmed_on": "2026-03-02"}, others)["total"] is None
    assert facts_of(EVALUATION.forms["total"], {"confirmed_on": "2026-03-02"}, others) == ()
    # read again years later, without the other forms: what was handed in is what counts, and nothing is lost
    assert [f.number for f in facts_of(EVALUATION.forms["total"], {"confirmed_on": "2026-03-02", "total": 71})] == [71]


def test_rows_of_other_forms_are_counted_and_missing_ones_count_nothing() -> None:
    cover = load_all(sources())["package_before_inspection"].forms["cover"]
    given = {"risk_profile": "—", "no_source": True}
    assert complete(cover, given, {"case_block": {"items": [{}, {}]}, "petition_block": {"items": [{}]}, "conduct_block": {"items": [{}, {}, {}]}})["count"] == 6
    assert complete(cover, given, {"case_block": {"items": [{}, {}]}})["count"] == 2
