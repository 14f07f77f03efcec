"""SC-20, SC-28 and SC-29 in a real browser, as their people: a route of two sides, a campaign with two leads for each topic and a leader for
each town, a catalogue against which institutions check themselves.

What a story asserts in records is read from the pages as well; its figures from the page that shows a figure with its records.
"""
from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.on_screen import OnScreen

pytestmark = pytest.mark.xdist_group("browser")


def test_sc29_a_catalogue_of_small_cuts_that_each_institution_answers_for_itself(fresh: Any, windows: Any) -> None:
    from xieli.office.demo.officers import Officers
    from xieli.office.demo.stories import sc29_small_cut as story
    from xieli.office.ids import to_ref

    stage = fresh.theatre
    stage.start_at(story.BEGINS)
    hands, quick = OnScreen(stage, windows), Officers(stage)
    name = {b: stage.world_name(b) for b in story.INSTITUTIONS}

    # ── past cases are tagged, two dozen rows; a list that names somebody does not pass ──
    matter = hands.open(story.EDITOR, "small_cut", "金融领域突出问题治理“小切口”参考目录", owner="yj")
    rows = [{"kind": kind, "unit": unit, "found_on": f"{year}-06-30"} for kind, found in story.CASES.items() for unit, year in found]
    assert hands.refuses(story.EDITOR, matter, "tagged", ("sources", {"rows": rows, "masked": False})) == "guard_field"
    hands.step(story.EDITOR, matter, "tagged", form=("sources", {"masked": True}))
    proposed = hands.looks(story.EDITOR, "/catalogues")
    proposed.look("sc29-proposed")
    lines = proposed.page.locator("main tbody tr")
    kinds = [r.locator("td").first.inner_text() for r in lines.filter(has_text="建议入目录").all()]
    assert len(kinds) == 9, "what came back in two units and two years"
    assert {"虚构贸易", "违规代持"} == {r.locator("td").first.inner_text() for r in lines.filter(has_text="不足").all()}
    assert lines.first.locator("td").all_inner_texts()[:3] == ["违规收取回扣费手续费", "3", "2"], "the most frequent first, with its cases and units"

    # ── nine items; due before it is issued is refused; the deputy agrees; before that no institution finds it ──
    at = f"/m/{to_ref(matter)}"
    form = {"edition": "2026 年第一版", "sector": "金融", "items": [{"title": f"{k}：表现和线索", "kind": k} for k in kinds], "institutions": [{"institution": str(stage.body(b))} for b in story.INSTITUTIONS], "issued_on": "2026-03-02", "due_on": "2026-04-30"}
    hands.approved(story.EDITOR, matter, "issue", "yj-deputy")
    assert hands.refuses(story.EDITOR, matter, "issue", ("catalogue", {**form, "due_on": "2026-02-01"})) == "guard_field"
    first, second = (stage.holder(f"head@{b}") for b in story.INSTITUTIONS[:2])
    assert hands.finds_nothing(first, at)
    hands.step(story.EDITOR, matter, "issue", form=("catalogue", {"due_on": "2026-04-30"}))
    assert hands.figure(story.EDITOR, "catalogue_items", "2026-01-01", "2026-12-31") == 9

    # ── the bank answers item by item: one left out is refused in words; then its report is taken in, and no other bank reads it ──
    stage.at("2026-04-10 10:00")
    stage.made.update(catalogue=matter, proposed=[type("K", (), {"kind": k}) for k in kinds])
    assert hands.refuses(first, matter, "report", story._answers(stage, 1)) == "guard_field"
    hands.step(first, matter, "report", form=story._answers(stage))
    page = hands.looks(second, f"{at}/form/answers")
    page.look("sc29-answers")
    assert [page.page.locator(f"[name='rows.{n}.item']").input_value() for n in range(9)] == kinds, "the items stand there to be answered"
    assert page.page.locator("[name='rows.0.account']").input_value() == page.page.locator("[name=report]").input_value() == ""
    mine = hands.looks(second, at)
    mine.look("sc29-bank")
    assert mine.page.locator("form.step[action$='/move/report']").count() == 1, "one's own branch alone, not those of the others"
    assert "待填" in mine.page.locator("#do").inner_text(), "that another has answered fills nothing in here"
    own = hands.looks(second, "/catalogues")
    own.look("sc29-bank-catalogue")
    assert name["icb-dc"] not in own.page.locator("main").inner_text()
    hands.step(second, matter, "report", form=story._answers(stage))
    quick.step(stage.holder(f"head@{story.INSTITUTIONS[2]}"), matter, "report", form=story._answers(stage), body=str(stage.body(story.INSTITUTIONS[2])))

    # ── past the term who has not reported is named, and nothing is summed up ──
    stage.at("2026-05-06 09:00")
    left = hands.looks(story.EDITOR, "/catalogues")
    left.look("sc29-missing")
    assert [i.inner_text().split(" ")[0] for i in left.page.locator("main li", has_text="未报").all()] == [name["tax-dc"]]
    assert hands.figure(story.EDITOR, "catalogue_reports", "2026-01-01", "2026-12-31") == 3
    assert hands.refuses(story.EDITOR, matter, "close") != ""
    hands.step(stage.holder("head@tax-dc"), matter, "report", form=story._answers(stage))
    assert "未报" not in hands.looks(story.EDITOR, "/catalogues").page.locator("main").inner_text()
    hands.step(story.EDITOR, matter, "close")
    assert "事项已办结" in hands.looks(story.EDITOR, at).text
    assert hands.finds_nothing(first, at)
    english = windows(story.EDITOR, language="en", theme="dark", width=390)
    english.open("/catalogues")
    english.look("sc29-en")
    assert english.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
