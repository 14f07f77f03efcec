"""Addresses and company names, split by a small gazetteer."""
from __future__ import annotations

import pyarrow as pa
import pytest

from xieli.engines.matching.er.companies import split_company
from xieli.engines.matching.er.gazetteer import Gazetteer, Place, house, number, split_addresses
from xieli.engines.matching.er.synth_places import synthetic_gazetteer

PLACES = [
    Place("99", "云岭省", "province"), Place("9901", "青禾市", "city", "99"),
    Place("990101", "临溪县", "county", "9901", ("古溪县",)), Place("990101001", "白石镇", "town", "990101"),
    Place("990101001001", "三河村", "village", "990101001"), Place("990102", "江北区", "county", "9901"),
    Place("98", "海东省", "province"), Place("980102", "江北区", "county", "98"),
]  # fmt: skip


@pytest.fixture(scope="module")
def places():
    return Gazetteer(PLACES, prior="99")


def split(places, *texts):
    return split_addresses(pa.array(texts, pa.string()), places).to_pylist()


def test_one_house_written_four_ways_is_one_house(places):
    rows = split(places, "云岭省青禾市临溪县白石镇三河村3组27号", "临溪县白石镇三河村三组27号", "白石镇三河村第三村民小组２７号", "临溪白石三河3社27")
    assert {(r["village"], r["house"]) for r in rows} == {("990101001001", "g3 27")}


def test_a_number_inside_a_name_does_not_end_the_name(places):
    assert split(places, "白石镇三河村")[0]["village"] == "990101001001"


def test_a_former_name_leads_to_its_successor(places):
    assert split(places, "古溪县白石镇")[0]["town"] == "990101001"


def test_the_home_province_decides_between_namesakes_and_without_it_nothing_is_guessed(places):
    assert split(places, "江北区观音桥")[0]["county"] == "990102"
    assert split(Gazetteer(PLACES), "江北区观音桥")[0]["county"] is None
    assert Gazetteer(PLACES).read("江北区").doubtful


def test_a_named_province_beats_the_home_province(places):
    assert split(places, "海东省江北区")[0]["county"] == "980102"


def test_unknown_places_and_missing_addresses_stay_what_they_are(places):
    unknown, missing = split(places, "不知何处12号", None)
    assert unknown == {"county": None, "town": None, "village": None, "place": "不知何处", "house": "12"}
    assert set(missing.values()) == {None}


@pytest.mark.parametrize(("text", "value"), [("12", 12), ("十二", 12), ("二十", 20), ("三", 3), ("一百零五", 105), ("二〇", 20), ("甲", None)])
def test_numbers_in_digits_and_words(text, value):
    assert number(text) == value


def test_house_ignores_the_words_between_numbers():
    assert house("3组27号附1号") == house("第三组27-1") == "g3 27 1"


@pytest.mark.parametrize(("name", "trade", "industry", "form"), [
    ("青禾市宏达建筑工程有限公司", "宏达", "建筑", "有限公司"),
    ("宏达建设工程有限责任公司", "宏达", "建设", "有限公司"),
    ("宏达（临溪县）商贸有限公司", "宏达", "商贸", "有限公司"),
    ("云岭省青禾市金盛實業集團有限公司", "金盛", "实业", "有限公司"),
    ("临溪县鸿运农民专业合作社", "鸿运", "", "农民专业合作社"),
])  # fmt: skip
def test_a_company_name_falls_into_its_parts(places, name, trade, industry, form):
    parts = split_company(name, places)
    assert (parts.trade, parts.industry, parts.form) == (trade, industry, form)


def test_limited_companies_are_one_form_and_building_is_not_construction(places):
    a, b = split_company("宏达建筑工程有限公司", places), split_company("宏达建设工程有限责任公司", places)
    assert a.form == b.form
    assert a.industry != b.industry


def test_every_synthetic_village_reads_back_to_its_code():
    g = synthetic_gazetteer()
    by_code = {p.code: p for p in g.places}
    for p in [p for p in g.places if p.level == "village"][::97]:
        codes = g.codes(p)
        text = "".join(by_code[codes[x]].name for x in ("province", "city", "county", "town", "village"))
        assert g.read(text).codes["village"] == p.code
