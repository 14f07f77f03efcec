"""The generator: true to its seed, its mix and its promise that nobody in it exists."""
from __future__ import annotations

from collections import Counter

import pytest

from xieli.engines.matching.er import han
from xieli.engines.matching.er.mixes import mixes
from xieli.engines.matching.er.synth_companies import USCC_CHARS, USCC_WEIGHTS, make_companies
from xieli.engines.matching.er.synth_people import CHECK, WEIGHTS, make_people

N = 4000


@pytest.mark.parametrize("name", sorted(mixes()))
def test_every_rate_names_its_source_and_the_errors_come_at_that_rate(name):
    mix = mixes()[name]
    assert mix.zh
    assert mix.en
    made = make_people(N, mix, seed=2)
    counts = Counter(k for e in made.right["errors"].to_pylist() for k in e.split())
    assert set(counts) <= set(mix.rates)
    for kind, rate in mix.rates.items():
        assert rate.source.strip()
        assert counts[kind] <= N * rate.rate + 5 * (N * rate.rate) ** 0.5 + 5
        if rate.rate >= 0.02:
            assert counts[kind] > N * rate.rate * 0.25


def test_one_mix_has_no_error_by_sound_or_shape_and_says_so():
    assert not mixes()["plain"].has_sound_or_shape
    assert mixes()["typed"].has_sound_or_shape
    made = make_people(N, mixes()["plain"], seed=3)
    assert not any("sound" in e or "shape" in e or "dialect" in e for e in made.right["errors"].to_pylist())


def test_the_same_seed_gives_the_same_registers_and_another_does_not():
    a, b, c = (make_people(500, mixes()["mixed"], seed=s) for s in (7, 7, 8))
    assert a.right.equals(b.right)
    assert a.left.equals(b.left)
    assert not a.right.equals(c.right)


def test_nobody_in_it_can_be_real():
    made = make_people(N, mixes()["clean"], seed=1)
    for number, birth, sex in zip(*(made.left[c].to_pylist() for c in ("id_number", "birth", "sex")), strict=True):
        assert number.startswith("99")
        assert number[6:14] == birth.replace("-", "")
        assert (int(number[16]) % 2 == 1) == (sex == "男")
        assert number[17] == CHECK[sum(int(c) * int(w) for c, w in zip(number, WEIGHTS, strict=False)) % 11]
    assert all(p.startswith("12") and len(p) == 11 for p in made.left["phone"].to_pylist())


def test_the_truth_joins_the_same_persons_and_the_clean_mix_keeps_their_names():
    made = make_people(1000, mixes()["clean"], seed=5)
    left = {r["id"]: r for r in made.left.to_pylist()}
    right = {r["id"]: r for r in made.right.to_pylist()}
    assert made.truth.num_rows == 500
    for pair in made.truth.to_pylist():
        a, b = left[pair["left_id"]], right[pair["right_id"]]
        assert a["entity"] == b["entity"]
        assert (a["name"], a["birth"], a["sex"], a["phone"]) == (b["name"], b["birth"], b["sex"], b["phone"])


def test_an_error_by_sound_keeps_the_sound_and_changes_the_character():
    made = make_people(N, mixes()["typed"], seed=6)
    left = {r["entity"]: r for r in made.left.to_pylist()}
    seen = 0
    for row in made.right.to_pylist():
        kinds = row["errors"].split()
        if "name_sound" in kinds and "name_dialect" not in kinds and row["entity"] in left:
            a, b = left[row["entity"]]["name"], row["name"]
            (p,) = [i for i in range(len(a)) if a[i] != b[i]]
            assert han.syllables_of(a[p])[0] == han.syllables_of(b[p])[0]
            seen += 1
    assert seen > 50


def test_companies_carry_valid_codes_of_the_invented_area():
    made = make_companies(300, seed=9)
    for code in made.left["uscc"].to_pylist():
        assert code.startswith("9199")
        total = sum(USCC_CHARS.index(c) * int(w) for c, w in zip(code, USCC_WEIGHTS, strict=False))
        assert code[17] == USCC_CHARS[(31 - total % 31) % 31]


@pytest.mark.parametrize("arguments", [(5, 0.5), (100, 0.0), (100, 1.5)])
def test_impossible_sizes_are_refused(arguments):
    with pytest.raises(ValueError, match="at least 10"):
        make_people(arguments[0], mixes()["clean"], 1, overlap=arguments[1])
