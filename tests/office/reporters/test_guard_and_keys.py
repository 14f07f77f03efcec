"""The pure parts: what a text gives away, and keys that open for one person, one report and one side only."""
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xieli.office.reporters import crypto
from xieli.office.reporters.guard import leaks

WHO = {"name": "钟离小满", "id_number": "990101198501019999", "phone": "13800009999", "address": "巫川县甲镇乙村丙组", "unit": "乙村小学"}


@pytest.mark.parametrize(("text", "part"), [
    ("据钟离小满说", "name"), ("据钟 离·小 满说", "name"), ("打１３８００００９９９９", "phone"), ("电话138-0000-9999", "phone"), ("电话一三八〇〇〇〇九九九九", "phone"), ("电话后七位0009999", "phone"),
    ("证号990101 19850101 9999", "id_number"), ("住甲镇乙村丙组", "address"), ("在乙村小学上班", "unit")])
def test_the_guard_finds_the_reporter_however_he_is_written(text: str, part: str) -> None:
    assert part in leaks(text, WHO)


@pytest.mark.parametrize("text", ["反映某科长收受现金一次。", "金额13800元，分三次给付。", "2026年3月1日在甲镇。", ""])
def test_the_guard_lets_other_words_pass(text: str) -> None:
    assert leaks(text, WHO) == []


@given(st.text(max_size=40), st.text(max_size=40), st.text(alphabet=" .-·　_", max_size=3))
def test_a_name_is_found_between_any_words_and_signs(before: str, after: str, between: str) -> None:
    assert "name" in leaks(before + between.join("钟离小满") + after, WHO)


def test_a_passphrase_opens_its_own_persons_key_and_no_other() -> None:
    pair = crypto.make_key("words that only one knows", 7)
    assert crypto.open_key(pair, "words that only one knows", 7).public_key().public_bytes_raw() == pair.public
    for phrase, person in (("words that only one know", 7), ("words that only one knows", 8)):
        with pytest.raises(crypto.CannotOpen):
            crypto.open_key(pair, phrase, person)


def test_one_half_opens_nothing_and_a_half_fits_its_report_and_side_only() -> None:
    body, key, halves = crypto.seal_body({"name": "某"}, 41)
    assert crypto.join(halves) == key
    assert crypto.open_body(body, key, 41) == {"name": "某"}
    assert "某".encode() not in body
    with pytest.raises(crypto.CannotOpen):
        crypto.join({crypto.KEEPER: halves[crypto.KEEPER]})
    for half in halves.values():
        with pytest.raises(crypto.CannotOpen):
            crypto.open_body(body, half, 41)
    with pytest.raises(crypto.CannotOpen):
        crypto.open_body(body, key, 42)
    pair = crypto.make_key("words that only one knows", 7)
    private = crypto.open_key(pair, "words that only one knows", 7)
    sealed = crypto.seal_half(halves[crypto.KEEPER], crypto.KEEPER, 41, pair.public)
    assert crypto.open_half(sealed, crypto.KEEPER, 41, private) == halves[crypto.KEEPER]
    for which, report in ((crypto.APPROVER, 41), (crypto.KEEPER, 42)):
        with pytest.raises(crypto.CannotOpen):
            crypto.open_half(sealed, which, report, private)
