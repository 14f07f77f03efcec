"""Grades are advice that loses nobody: right, doubtful or wrong, always with the reason in words."""
from __future__ import annotations

import random
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xieli.engines.identifiers import REASONS, Grade, check, check_column
from xieli.engines.identifiers.credit import check_character as credit_character
from xieli.engines.identifiers.credit import organisation_check
from xieli.engines.identifiers.resident import check_character

TODAY = date(2026, 11, 22)


def resident(first17: str) -> str:
    return first17 + check_character(first17)


def credit(first8: str, organisation8: str = "MA00XY12") -> str:
    body = first8 + organisation8 + organisation_check(organisation8)
    return body + credit_character(body)


def graded(kind: str, text: str) -> tuple[Grade, tuple[str, ...]]:
    verdict = check(kind, text, TODAY)
    return verdict.grade, verdict.reasons


# The worked example printed in GB 11643 uses 110105194912310021-like numbers; ours are computed and use area 99.
def test_the_check_character_agrees_with_the_standard_example():
    assert check_character("11010519491231002") == "X"
    assert check_character("44052418800101001") == "4"


def test_the_credit_code_check_agrees_with_a_public_example():
    assert graded("credit_code", "91110000600037341L") == (Grade.RIGHT, ())
    assert "check_digit" in graded("credit_code", "911100006000373413")[1]


def test_a_good_resident_number_is_right_however_it_was_typed():
    good = resident("50011219850101123")
    assert graded("person_id", good) == (Grade.RIGHT, ())
    spaced = f" {good[:6]} {good[6:14]}-{good[14:]}".replace("1", "１")
    assert check("person_id", spaced, TODAY).key == good
    ends_in_x = next(r for n in range(100, 200) if (r := resident(f"50011219850101{n}"))[-1] == "X")
    assert check("person_id", ends_in_x.lower(), TODAY).grade is Grade.RIGHT


def test_people_registered_late_or_renumbered_are_not_lost():
    # Areas younger than the birth year: other checkers reject these.
    for first17 in ("50011219850101123", "51172519750305222", "50010520260101001"):
        assert graded("person_id", resident(first17))[0] is Grade.RIGHT


def test_residence_permits_are_right():
    for area in ("810000", "820000", "830000"):
        verdict = check("person_id", resident(area + "19940101001"), TODAY)
        assert (verdict.grade, verdict.document) == (Grade.RIGHT, "residence_permit")


def test_a_fifteen_digit_number_is_doubtful_and_meets_its_eighteen_digit_form():
    long = resident("50011219650101123")
    verdict = check("person_id", long[:6] + long[8:17], TODAY)
    assert verdict.grade is Grade.DOUBTFUL
    assert verdict.key == long


def test_foreigners_permits_are_doubtful_never_wrong_for_their_form():
    assert graded("person_id", "USA110085010112") == (Grade.DOUBTFUL, ("no_check_rule",))
    assert graded("person_id", resident("91184019850101001"))[0] is Grade.DOUBTFUL


@pytest.mark.parametrize(
    "text,reason",
    [
        ("500112198501011231" if resident("50011219850101123")[-1] != "1" else "500112198501011232", "check_digit"),
        (resident("50011219850230123"), "birth_date"),
        (resident("50011220990101123"), "birth_future"),
        ("5.001121985010113e+17", "digits_lost"),
        ("5.00112198501011E+17", "digits_lost"),
        ("500112198501011000.0", "digits_lost"),
        ("50011219850101123", "length"),
        ("", "empty"),
        ("   ", "empty"),
        ("张三", "not_text"),
    ],
)
def test_what_is_wrong_says_why(text, reason):
    grade, reasons = graded("person_id", text)
    assert grade is Grade.WRONG
    assert reason in reasons


def test_demo_people_are_doubtful_because_their_area_is_not_assigned():
    assert graded("person_id", resident("99010119900101123")) == (Grade.DOUBTFUL, ("area_unassigned",))


def test_a_very_old_birth_date_is_a_doubt():
    assert "birth_ancient" in graded("person_id", resident("50011218490101123"))[1]


@pytest.mark.parametrize("head", ["N2500112", "Y1500112", "A1500112", "91500112", "12500000", "52500112"])
def test_village_collectives_and_other_categories_are_right(head):
    assert graded("credit_code", credit(head)) == (Grade.RIGHT, ())


def test_credit_code_doubts_and_errors():
    assert graded("credit_code", credit("Q1500112"))[1] == ("category",)
    body = "91500112" + "MA00XY12" + "0"
    assert "organisation_code" in graded("credit_code", body + credit_character(body))[1]
    assert graded("credit_code", "9150O112MA00XY12XX")[1] == ("letter_not_used",)
    assert graded("credit_code", "110108000000016")[0] is Grade.DOUBTFUL
    assert graded("credit_code", "110108000000017")[0] is Grade.WRONG


@pytest.mark.parametrize(
    "text,grade",
    [
        ("13812345678", Grade.RIGHT),
        ("+86 138-1234-5678", Grade.RIGHT),
        ("008613812345678", Grade.RIGHT),
        ("023-63801234", Grade.RIGHT),
        ("023-63801234转801", Grade.RIGHT),
        ("4001234567", Grade.RIGHT),
        ("63801234", Grade.DOUBTFUL),
        ("12812345678", Grade.DOUBTFUL),
        ("1381234567", Grade.WRONG),
        ("1.38E+10", Grade.WRONG),
        ("13800000000", Grade.WRONG),
    ],
)
def test_telephones(text, grade):
    assert graded("phone", text)[0] is grade


def test_a_company_account_that_fails_the_card_check_is_only_doubtful():
    assert graded("bank_account", "6222 0200 0000 0000 001")[0] <= Grade.DOUBTFUL
    assert graded("bank_account", "4539578763621486") == (Grade.RIGHT, ())
    assert graded("bank_account", "4539578763621487") == (Grade.DOUBTFUL, ("luhn",))
    assert graded("bank_account", "50050108360000000123")[0] is Grade.DOUBTFUL


def test_invoices():
    assert graded("invoice_no", "12345678")[0] is Grade.RIGHT
    assert graded("invoice_no", "26502000000012345678")[0] is Grade.RIGHT
    assert graded("invoice_no", "98502000000012345678") == (Grade.DOUBTFUL, ("invoice_year",))
    assert graded("invoice_code", "050001900111")[0] is Grade.RIGHT
    assert graded("invoice_code", "0500019001")[0] is Grade.RIGHT


def test_every_reason_is_told_in_both_languages():
    for code, (grade, zh, en) in REASONS.items():
        assert grade in Grade, code
        assert any("\u4e00" <= c <= "\u9fff" for c in zh), code
        assert en.strip(), code
        assert en.isascii(), code
    assert check("person_id", "", TODAY).words("zh") == "错误：空值"
    assert check("person_id", "", TODAY).words("en") == "wrong: no value"


CHARACTERS = "0123456789XABNY９１ -."


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(
    st.text(CHARACTERS, max_size=20),
    st.from_regex(r"[1-9]\d{16}[0-9X]", fullmatch=True),
    st.dates(date(1800, 1, 1), date(2100, 1, 1)).map(lambda d: resident(f"500112{d:%Y%m%d}123")),
    st.from_regex(r"[2-6]\d{11,18}", fullmatch=True),
    st.from_regex(r"1[3-9]\d{9}", fullmatch=True),
    st.text(max_size=12),
), min_size=1, max_size=30), st.sampled_from(["person_id", "credit_code", "phone", "bank_account", "invoice_no", "invoice_code"]))
def test_a_column_is_graded_exactly_as_its_values_one_by_one(values, kind):
    table = check_column(kind, values, TODAY)
    for value, grade, key, reasons in zip(values, *(table.column(c).to_pylist() for c in ("grade", "key", "reasons")), strict=True):
        verdict = check(kind, value, TODAY)
        assert (grade, key, reasons) == (int(verdict.grade), verdict.key, " ".join(verdict.reasons))


def test_a_column_of_many_good_numbers_is_graded_arithmetically_and_alike():
    rng = random.Random(5)
    values = [resident(f"{rng.choice(['500112', '990101', '810000'])}{rng.randint(1930, 2020)}{rng.randint(1, 12):02}{rng.randint(1, 31):02}{rng.randint(0, 999):03}") for _ in range(2000)]
    values += [f"{v[:-1]}{rng.choice('0123456789X')}" for v in values[:500]] + [None]
    table = check_column("person_id", values, TODAY)
    assert table.num_rows == len(values)
    assert table.column("grade").to_pylist()[-1] is None
    assert [int(check("person_id", v, TODAY).grade) for v in values[:-1]] == table.column("grade").to_pylist()[:-1]
