"""Pictures made on the server: each says the same in its table, escapes what people wrote, and can be told apart in grey."""
from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import pytest

NOW = datetime(2026, 3, 17, 6, tzinfo=UTC)
HOSTILE = '<script>"&\u202e'


@pytest.fixture(autouse=True)
def _words(played):
    """Catalogues and settings."""


def every(now=NOW):
    from xieli.faces.web.samples import drawings

    return {name: d for name, d in drawings(now).items() if name != "heat"}


def test_every_picture_is_sound_xml_without_styles_and_has_a_table_beside_it():
    from django.utils import translation

    for language in ("zh-hans", "en"):
        with translation.override(language):
            for name, drawn in every().items():
                ElementTree.fromstring(drawn.svg)
                assert "style=" not in drawn.svg, name
                assert drawn.rows, name
                assert all(len(row) == len(drawn.head) for row in drawn.rows), name
                if language == "en":
                    assert not re.search(r"[\u4e00-\u9fff]", drawn.svg), name


def test_a_funnel_prints_shares_of_the_first_step_and_says_its_cohort():
    from xieli.faces.web.pictures.funnel import Step, funnel

    drawn = funnel([Step("收到", 69), Step("办结", 38, days=21.5, url="/leads")], "漏斗", note="按收到月份")
    assert "38 · 55% · 21.5" in drawn.svg
    assert [c.text for c in drawn.rows[1]] == ["办结", "38", "55%", "21.5"]
    assert drawn.rows[1][1].url == "/leads"
    assert drawn.note == "按收到月份"
    assert funnel([], "空").rows == ()


def test_what_people_wrote_is_text_in_every_picture():
    from xieli.faces.web.pictures.cartogram import Tile, tile_cartogram
    from xieli.faces.web.pictures.funnel import Step, funnel
    from xieli.faces.web.pictures.gantt import Bar, gantt
    from xieli.faces.web.pictures.sankey import Flow, sankey

    for drawn in (funnel([Step(HOSTILE, 1)], HOSTILE), tile_cartogram([Tile(HOSTILE, 0, 0, 1)], HOSTILE, (1, 2)), gantt([(HOSTILE, [Bar(HOSTILE, date(2026, 1, 1), date(2026, 2, 1))])], date(2026, 1, 5), HOSTILE),
                  sankey([[HOSTILE], ["b"]], [Flow(HOSTILE, "b", 2)], HOSTILE)):
        assert "<script>" not in drawn.svg
        ElementTree.fromstring(drawn.svg)


def test_a_sankey_conserves_its_flows_and_names_a_backward_one():
    from xieli.faces.web.pictures.sankey import Flow, sankey

    drawn = sankey([["a"], ["b", "c"]], [Flow("a", "b", 30), Flow("a", "c", 3)], "去向", floor=5)
    assert [[c.text for c in row] for row in drawn.rows] == [["a", "b", "30"], ["a", "c", "<5"]]
    assert "c: &lt;5" in drawn.svg
    assert not re.search(r"\b3\b(?!\.)(?=</)", drawn.svg)
    with pytest.raises(ValueError, match="b → a"):
        sankey([["a"], ["b"]], [Flow("b", "a", 1)], "x")


def test_a_district_nobody_confirmed_is_hatched_and_never_free():
    from xieli.faces.web.pictures.cartogram import Tile, tile_cartogram

    drawn = tile_cartogram([Tile("甲", 0, 0, 40, "40%", 70, "70%"), Tile("乙", 1, 0, None)], "负荷", (60, 85))
    assert [[c.text for c in row] for row in drawn.rows] == [["甲", "40%", "70%"], ["乙", "未确认", "—"]]
    assert "↓ 70%" in drawn.svg
    assert ">Gaotang District<" in tile_cartogram([Tile("Gaotang District", 0, 0, 1.04, "1.04 · 4 units")], "load", (1, 2)).svg  # whole, not cut
    with pytest.raises(ValueError, match="same square"):
        tile_cartogram([Tile("甲", 0, 0, 1), Tile("乙", 0, 0, 1)], "负荷", (1, 2))


def test_burn_up_counts_sign_off_less_reopening():
    from xieli.faces.web.pictures.burnup import Point, burn_up

    drawn = burn_up([Point(date(2026, 3, 1), 10, 0), Point(date(2026, 3, 8), 12, 7, 2)], "销号", date(2026, 4, 1))
    assert drawn.rows[-1][-1].text == "5"
    assert "销号 5" in drawn.svg
    assert "line-ideal" in drawn.svg
    assert not burn_up([], "空")


def test_a_measure_over_its_limit_says_so_in_picture_and_table():
    from xieli.faces.web.pictures.measure import Mark, measure_clock

    marks = [Mark(NOW + timedelta(days=90), "期限", "监察法第四十三条", limit=True)]
    inside, over = measure_clock("留置", NOW, marks, NOW + timedelta(days=16)), measure_clock("留置", NOW, marks, NOW + timedelta(days=91))
    assert "bar-over" not in inside.svg
    assert "bar-over" in over.svg
    assert over.rows[-1][-1].text == "超出期限"
    assert any(c.text == "监察法第四十三条" for row in over.rows for c in row)


def test_a_heat_map_sums_its_rows_and_refuses_a_short_one(stage):
    from xieli.faces.web.pictures.heat import HeatCell, HeatRow, heat_map

    found = heat_map("期限", "机构", ["a", "b"], [HeatRow("甲", (HeatCell(2, "red"), HeatCell(0))), HeatRow("乙", (HeatCell(1, "green"), HeatCell(3, "yellow")))])
    assert (found.totals, found.whole, found.rows[0].total) == ([3, 3], 6, 2)
    assert [c.shape for r in found.rows for c in r.cells] == ["■", "", "●", "▲"]
    with pytest.raises(ValueError, match="1 cells for 2 columns"):
        heat_map("期限", "机构", ["a", "b"], [HeatRow("甲", (HeatCell(2),))])


def test_the_page_of_components_shows_each_in_both_themes_both_languages_and_grey(stage):
    page = stage.client("chief3").get("/components").content.decode()
    assert page.count('<figure class="drawing">') == 7 * 5
    assert page.count('class="heat register"') == 5
    for words in ("theme-light grey", "theme-dark", "Funnel of leads", "转化漏斗"):
        assert words in page
