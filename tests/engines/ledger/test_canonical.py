from __future__ import annotations

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from xieli.engines.ledger import NotCanonical, dumps, loads
from xieli.engines.ledger.canonical import LARGEST

text = st.text(alphabet=st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST, LARGEST) | text,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(text, inner, max_size=5), max_leaves=30,
)


@given(values)
def test_the_bytes_are_those_of_the_rfc8785_package(value: Any) -> None:
    assert dumps(value) == rfc8785.dumps(value)


@given(values)
def test_bytes_read_back_as_the_value_and_json_agrees(value: Any) -> None:
    assert loads(dumps(value)) == value
    assert json.loads(dumps(value)) == value


def test_the_sorting_vector_of_rfc_8785() -> None:
    """RFC 8785 §3.2.3: property names by UTF-16 code units, so U+1F600 comes before U+FB33."""
    value = {"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
             "\U0001f600": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"}
    assert list(json.loads(dumps(value)).values()) == [
        "Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis", "Euro Sign", "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh"]


def test_the_string_vector_of_rfc_8785() -> None:
    """RFC 8785 §3.2.4: the serialization of the sample's string and literals."""
    value = {"string": "\u20ac$\u000f\nA'\u0042\u0022\u005c\\\"\u002f", "literals": [None, True, False]}
    assert dumps(value).hex() == (
        "7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c22737472696e67223a22e282ac245c75303030665c6e41274"
        "25c225c5c5c5c5c222f227d")


@pytest.mark.parametrize("value", [1.0, float("nan"), float("inf"), LARGEST + 1, -LARGEST - 1, "\ud800", {1: 2}, {"a": object()}, b"x", {1, 2}])
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(NotCanonical):
        dumps({"x": [value]})


@pytest.mark.parametrize("data", [
    b'{"b":1,"a":2}', b'{"a":1, "b":2}', b'{"a":1,"a":1}', b'{"a":1.0}', b'{"a":1e3}', b'{"a":NaN}', b'"\\u0041"', b'"\\/"', b"\xef\xbb\xbf{}", b"{}\n", b"",
    b'{"a":"\xff"}', b"[" * 100_000, b"01", b"-0", b'"\\ud800"', b"9007199254740993",
])
def test_bytes_that_are_not_canonical_are_refused(data: bytes) -> None:
    with pytest.raises(NotCanonical):
        loads(data)
