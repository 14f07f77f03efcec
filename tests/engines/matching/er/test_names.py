"""Names of persons: folded, read, compared by shape; originals untouched."""
from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xieli.engines.matching.er import han
from xieli.engines.matching.er.names import POSITIONS, prepare_persons, sounds, split_person


@pytest.mark.parametrize(("written", "folded"), [
    ("張三豐", "张三丰"), ("歐陽鋒", "欧阳锋"), ("王 伟", "王伟"), ("买买提·吐尔逊", "买买提吐尔逊"),
    ("买买提•吐尔逊", "买买提吐尔逊"), ("Ｗａｎｇ wei", "WANGWEI"), ("", ""),
])  # fmt: skip
def test_two_spellings_of_one_name_meet_in_one_form(written, folded):
    assert han.fold(written) == folded


@pytest.mark.parametrize(("name", "parts"), [
    ("欧阳修", ("欧阳", "修")), ("欧阳", ("欧", "阳")), ("王伟", ("王", "伟")), ("单于", ("单", "于")),
    ("买买提吐尔逊", ("", "买买提吐尔逊")), ("WANGWEI", ("", "WANGWEI")),
])  # fmt: skip
def test_surnames_are_told_from_given_names(name, parts):
    assert split_person(name) == parts


@pytest.mark.parametrize(("name", "sound"), [
    ("单雄信", "shan xiong xin"), ("解晓东", "xie xiao dong"), ("仇和", "qiu he"), ("区志明", "ou zhi ming"),
    ("查良镛", "zha liang yong"), ("曾国藩", "zeng guo fan"), ("盖茨", "ge ci"), ("尉迟恭", "yu chi gong"),
    ("万俟卨", "mo qi xie"), ("长孙无忌", "zhang sun wu ji"), ("覃文", "qin wen"), ("翟明", "zhai ming"),
])  # fmt: skip
def test_a_surname_is_read_as_a_surname(name, sound):
    assert sounds(name)[0] == sound


def test_all_readings_of_a_given_name_are_known():
    assert {"yue jia", "le jia"} <= set(sounds("乐嘉"))
    assert {"wang zhong", "wang chong"} <= set(sounds("王重"))


def test_columns_say_what_the_words_say():
    p = prepare_persons(["王建国", "王国建", "王玮", "王炜", "汪伟", None, "張三豐"])
    assert p.ordered[0] == p.ordered[1]
    assert p.form[0] != p.form[1]
    assert p.sound[2] == p.sound[3]
    assert p.dialect[4] == p.dialect[2]  # wang / wang
    assert p.form[5].as_py() is None
    assert p.sound[5].as_py() is None
    assert p.form[6].as_py() == "张三丰"
    assert int(p.chars[3, 1]) in p.alike[1][2].as_py()  # 炜 looks like 玮


def test_dialect_pairs_fall_together_and_others_do_not():
    p = prepare_persons(["张兰", "臧南", "张亮"])
    assert p.dialect[0] == p.dialect[1]  # zh/z, l/n
    assert p.dialect[0] != p.dialect[2] or p.sound[0] != p.sound[2]
    assert p.sound[0] != p.sound[1]


def test_shape_is_mutual_and_never_reflexive():
    similar = han.tables().similar
    for a, others in random.Random(3).sample(sorted(similar.items()), 400):
        assert a not in others
        assert all(a in similar[b] for b in others)


def test_the_generator_does_not_borrow_the_comparators_table():
    """Errors by shape come from another source than the comparator, or the test would be circular."""
    pairs = [(r["a"], r["b"]) for r in han.rows("confusable.csv")]
    known = sum(han.are_similar(a, b) for a, b in pairs)
    assert 0 < known < len(pairs)


@given(st.lists(st.one_of(st.none(), st.text(max_size=40)), min_size=1, max_size=20))
def test_any_text_is_taken_and_every_row_stays_in_place(names):
    p = prepare_persons(names)
    table = p.table()
    assert table.num_rows == len(names)
    for i, name in enumerate(names):
        alone = prepare_persons([name])
        assert alone.form[0].as_py() == p.form[i].as_py() or len(han.clean(name or "")) > han.MIN_WIDTH  # capitals may be longer: ß
        if not han.clean(name):
            assert p.form[i].as_py() is None


def test_long_names_have_no_single_characters_to_compare():
    p = prepare_persons(["买买提吐尔逊江", "王伟"])
    assert not p.chars[0].any()
    assert p.chars.shape == (2, POSITIONS)
    assert np.count_nonzero(p.chars[1]) == 2
