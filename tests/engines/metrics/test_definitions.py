"""Definitions are refused in plain words with file and line; rounding, comparison and suppression as people expect."""
from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xieli.engines.metrics import MetricError, Period, load_book, named_period, previous_years
from xieli.engines.metrics.compute import change, suppress, written

GOOD = """
metrics:
  a: {zh: 甲, en: a, unit: 件, about: {zh: 口径, en: definition}, count: {from: matters, where: {kind: lead}}}
reports:
  r: {number: 1, zh: 表, en: report, metrics: [a]}
"""


def test_a_book_loads() -> None:
    book = load_book({"a.yaml": GOOD})
    assert book["a"].zh == "甲"
    assert book.reports["r"].metrics == ("a",)


@pytest.mark.parametrize(("old", "new", "words"), [
    ("unit: 件", "unit: 斤", "no known unit"), ("from: matters", "from: forms", "no source"), ("kind: lead", "title: x", "no column"),
    ("metrics: [a]", "metrics: [b]", "does not exist"), ("unit: 件,", "unit: 件, target: 5,", "unknown key"), ("where: {kind: lead}", "of: sum", "needs a value"),
    ("unit: 件,", "unit: 件, sensitive: true,", "needs counterparts"), ("unit: 件,", "unit: 件, counterparts: [zz],", "does not exist"),
])
def test_what_cannot_be_counted_is_refused_with_its_line(old: str, new: str, words: str) -> None:
    with pytest.raises(MetricError, match=words):
        load_book({"a.yaml": GOOD.replace(old, new)})


def test_the_error_names_the_file_and_line() -> None:
    with pytest.raises(MetricError, match=r"^a\.yaml:3: "):
        load_book({"a.yaml": GOOD.replace("unit: 件", "unit: 斤")})


@pytest.mark.parametrize(("number", "text"), [(712, "700余"), (63, "60余"), (60, "60"), (1043, "1000余"), (9, "9"), (23, "20余"), (700, "700")])
def test_yu_rounds_down_and_says_so(number: int, text: str) -> None:
    assert written(Decimal(number), "yu") == text


def test_per_cent_is_half_up() -> None:
    assert written(Decimal("0.5507"), "percent0") == "55%"
    assert written(Decimal("0.685185"), "percent1") == "68.5%"
    assert written(Decimal("0.125"), "percent0") == "13%"


def test_change_without_a_base_has_words_and_no_number() -> None:
    assert change(Decimal(5), Decimal(0))[0] == "无可比基数"
    assert change(Decimal(26), Decimal(17)) == ("+53%", "+53%")


def test_a_period_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(MetricError):
        Period(date(2025, 2, 1), date(2025, 1, 1))


def test_leap_day_has_a_same_day_in_other_years() -> None:
    assert previous_years(Period(date(2024, 2, 1), date(2024, 2, 29)))[0].last == date(2023, 2, 28)


def test_a_period_nobody_stored_is_refused() -> None:
    with pytest.raises(MetricError):
        named_period("五届市委以来", date(2025, 1, 1))


@given(st.dictionaries(st.integers(0, 30), st.integers(0, 40).map(Decimal), max_size=12))
def test_no_hidden_cell_can_be_worked_out_from_the_total(groups: dict[int, Decimal]) -> None:
    shown = suppress(groups)
    assert all(n is None or n == 0 or n >= 5 for n in shown.values())
    hidden = [g for g, n in shown.items() if n is None]
    assert len(hidden) != 1 or sum(1 for n in groups.values() if n > 0) == 1


def test_two_ones_are_not_told_by_their_sum() -> None:
    """A hidden cell counts something: two of them that make two are one each."""
    assert suppress({"a": Decimal(1), "b": Decimal(1), "c": Decimal(30), "d": Decimal(40)}) == {"a": None, "b": None, "c": None, "d": Decimal(40)}
    assert suppress({"a": Decimal(9), "b": Decimal(7), "c": Decimal(30)}, more={"a"}) == {"a": None, "b": None, "c": Decimal(30)}


@given(st.dictionaries(st.integers(0, 30), st.integers(0, 40).map(Decimal), max_size=12))
def test_what_is_hidden_together_is_never_small_unless_it_is_all_there_is(groups: dict[int, Decimal]) -> None:
    hidden = [groups[g] for g, n in suppress(groups).items() if n is None]
    assert not hidden or sum(hidden) >= 5 or sum(hidden) == sum(groups.values())
