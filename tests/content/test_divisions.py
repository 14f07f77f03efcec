"""Divisions: the merger of 2025, former names, the whole country's counts, the invented province."""
import csv
import io
import json
from datetime import date

import pytest
from jsonschema import Draft202012Validator

from xieli.content import content_path
from xieli.engines.clocks import ContentError
from xieli.engines.clocks.divisions import COLUMNS, load_divisions, parse_divisions

ALL = load_divisions()
BEFORE, AFTER = date(2025, 3, 17), date(2026, 3, 17)


def test_jiangbei_and_yubei_of_chongqing_became_liangjiang_in_2025():
    assert ALL.at("500105", BEFORE).zh == "江北区"
    assert ALL.at("500112", BEFORE).zh == "渝北区"
    assert ALL.at("500157", BEFORE) is None
    assert ALL.at("500105", AFTER) is None
    assert ALL.at("500112", AFTER) is None
    assert ALL.at("500157", AFTER).zh == "两江新区"
    assert [row.code for row in ALL.became("500105", AFTER)] == ["500157"]
    # Five towns of Yubei went to Beibei.
    assert [row.code for row in ALL.became("500112", AFTER)] == ["500157", "500109"]
    assert [row.code for row in ALL.became("500112", BEFORE)] == ["500112"]
    assert {row.code for row in ALL.came_from("500157")} == {"500105", "500112"}
    assert {"江北区", "渝北区"} <= set(ALL.former_names("500157"))


def test_the_day_of_the_change_is_known_so_both_sides_are_certain():
    assert ALL.at("500105", date(2025, 11, 5)).certain(date(2025, 11, 5))
    assert ALL.at("500105", date(2025, 11, 6)) is None
    assert ALL.at("500157", date(2025, 11, 6)).zh == "两江新区"


def test_a_name_is_read_as_of_its_day_and_within_its_province():
    assert {row.code for row in ALL.named("江北区", BEFORE)} == {"500105", "330205"}
    assert [row.code for row in ALL.named("江北区", AFTER)] == ["330205"], "Ningbo's Jiangbei lives on"
    assert [row.code for row in ALL.named("江北", BEFORE, within="500000")] == ["500105"]
    assert [row.code for row in ALL.named("Yubei District", BEFORE)] == ["500112"]
    assert ALL.named("江北区", AFTER, within="500000") == []


def test_searching_a_former_name_finds_what_it_became():
    assert [row.zh for row in ALL.search("江北", AFTER, within="500000")] == ["两江新区"]
    assert "两江新区" in [row.zh for row in ALL.search("ljxq", AFTER)]
    assert [row.zh for row in ALL.search("jbq", BEFORE, within="500000")] == ["江北区"]
    assert ALL.search("  ", AFTER) == []


def test_a_code_with_two_names_and_a_year_of_change_says_that_it_is_not_certain():
    assert ALL.at("500110", date(2005, 1, 1)).zh == "万盛区"
    assert ALL.at("500110", date(2015, 1, 1)).zh == "綦江区"
    assert not ALL.at("500110", date(2011, 6, 1)).certain(date(2011, 6, 1))
    assert ALL.at("500110", date(2015, 1, 1)).certain(date(2015, 1, 1))


def test_a_county_that_became_a_district_keeps_its_line():
    assert [row.zh for row in ALL.became("500221", AFTER)] == ["长寿区"]
    assert "长寿县" in ALL.former_names("500115")


def test_the_path_runs_from_the_province_down():
    assert [row.zh for row in ALL.path("511502", AFTER)] == ["四川省", "宜宾市", "翠屏区"]
    assert [row.zh for row in ALL.path("500157", AFTER)] == ["重庆市", "两江新区"]
    assert ALL.path("000000", AFTER) == []


def test_chongqing_has_25_districts_8_counties_and_4_autonomous_counties():
    names = [row.zh for row in ALL.children("500000", AFTER)]
    assert len(names) == 37
    assert sum(name.endswith("自治县") for name in names) == 4
    assert sum(name.endswith("县") and not name.endswith("自治县") for name in names) == 8


def test_the_whole_country_has_34_provinces_and_333_prefectures():
    """State of 2025: 333 prefecture-level units; county-level units are about 2,840."""
    real = [row for row in ALL if row.holds(AFTER) and not row.code.startswith("99")]
    assert sum(row.level == "province" for row in real) == 34
    assert abs(sum(row.level == "prefecture" for row in real) - 333) <= 1
    assert 2835 <= sum(row.level == "county" for row in real) <= 2855


def test_the_invented_province_has_forty_units_and_no_real_name():
    children = ALL.children("990000", BEFORE)
    assert len(children) == 39
    assert len(ALL.children("990000", AFTER)) == 38
    assert {row.code for row in ALL.came_from("990157")} == {"990131", "990132"}
    real = {row.zh for row in ALL if not row.code.startswith("99")}
    assert {row.zh for row in ALL if row.code.startswith("99")} & real == set()


def test_every_line_keeps_the_row_schema():
    validator = Draft202012Validator(json.loads(content_path("divisions", "row.schema.json").read_text(encoding="utf-8")))
    for name in ("cn.csv", "demo.csv"):
        text = content_path("divisions", name).read_text(encoding="utf-8")
        faults = [(row["code"], error.message) for row in csv.DictReader(io.StringIO(text)) for error in validator.iter_errors(row)]
        assert faults == []


def test_names_are_bilingual():
    for row in ALL:
        assert not any("一" <= ch <= "鿿" for ch in row.en), row
    assert ALL.at("500240", AFTER).en == "Shizhu Tujia Autonomous County"
    assert ALL.at("341500", AFTER).en == "Lu'an City"


HEAD = ",".join(COLUMNS) + "\n"
GOOD = "990000,甲市,Jia,js,province,,1997,,,\n"


@pytest.mark.parametrize(("text", "line"), [
    ("code,zh\n", 1),
    (HEAD + GOOD + "99,乙县,Yi,yx,county,990000,1997,,,\n", 3),
    (HEAD + GOOD + "990101,乙县,,yx,county,990000,1997,,,\n", 3),
    (HEAD + GOOD + "990101,乙县,Yi,yx,town,990000,1997,,,\n", 3),
    (HEAD + GOOD + "990101,乙县,Yi,yx,county,990000,1997,1990,,\n", 3),
    (HEAD + GOOD + "990101,乙县,Yi,yx,county,990000,97,,,\n", 3),
    (HEAD + GOOD + "990101,乙县,Yi,yx,county,990000,1997,2020,990199,given\n", 3),
    (HEAD + GOOD + "990101,乙县,Yi,yx,county,990000,1997,,990000,given\n", 3),
    (HEAD + GOOD + "990101,乙县\n", 3),
])
def test_a_broken_line_is_named(text, line):
    with pytest.raises(ContentError) as caught:
        parse_divisions(text, "x.csv")
    assert (caught.value.file, caught.value.line) == ("x.csv", line)
