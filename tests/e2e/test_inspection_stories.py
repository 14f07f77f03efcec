"""SC-09 and SC-10 in a real browser, as their people: a batch that must hold the whole system, and a package that four rooms fill for one named head.

The bulk of the package, 398 items of four rooms, is filled by the services; what is asked, refused, approved, delivered, read, printed, told by mouth and ended stands on the screens.
"""
from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.on_screen import OnScreen, played

pytestmark = pytest.mark.xdist_group("browser")


def test_sc09_one_system_in_one_batch_with_the_missing_unit_named(fresh: Any, windows: Any) -> None:
    from xieli.office.demo.stories import inspection as ins
    from xieli.office.demo.stories import sc09_batch as story
    from xieli.office.ids import to_ref

    stage = fresh.theatre
    stage.start_at(story.BEGINS)
    ins.units_of(stage, "教育医疗", story.UNITS)
    hands = OnScreen(stage, windows)
    matter = hands.open(ins.OFFICE, "inspection_round", "五届第九轮：教育医疗系统", owner="yj-ins")
    rows = [{"unit": u, "included": True} for u in story.UNITS]
    plan = ins.plan_of(stage, "yj", "五届第九轮", "教育医疗", rows, from_on="2026-03-10", to_on="2026-05-10", meeting_on="2026-02-20")
    at = f"/m/{to_ref(matter)}"

    def refused(**over: Any) -> str:
        return hands.refuses(ins.OFFICE, matter, "planned", ("plan", {**plan, **over}))

    assert refused(units=rows[:-1]) == "roster_incomplete"
    assert story.UNITS[-1] in hands.windows[ins.OFFICE].page.locator("[role=alert]").inner_text(), "the unit that lacks is named"
    assert refused(units=[*rows[:-1], {"unit": story.UNITS[-1], "included": False}]) == "required"
    assert refused(focus=[{"kind": "object", "circle": "heads", "text": "某校校长", "source": "联席会议"}]) == "must_be_empty"
    assert refused(meeting_on="2025-01-15") == "guard_field", "no joint meeting this year"
    hands.step(ins.OFFICE, matter, "planned", form=("plan", {"meeting_on": "2026-02-20"}))
    sheet = hands.looks(ins.OFFICE, f"{at}/round")
    sheet.look("sc09-round")
    assert all(unit in sheet.text for unit in story.UNITS)
    assert plan["why_batch"] in sheet.text


def test_sc10_a_package_for_one_named_head_and_what_is_unfit_for_paper(fresh: Any, windows: Any) -> None:
    from xieli.office.demo.stories import inspection as ins
    from xieli.office.demo.stories import sc10_package as story
    from xieli.office.ids import to_ref

    stage = fresh.theatre
    stage.start_at(story.BEGINS)
    ins.post(stage, ins.MEMBER, "yj-ins")
    ins.post(stage, "yj-keeper", "yj", "yj/conduct")
    hands = OnScreen(stage, windows)
    matter = ins.open_round(stage, "五届第九轮", ins.plan_of(stage, "yj", "五届第九轮", "国企", [{"unit": "渝江交投", "included": True}]))
    for person, slot in ((ins.HEAD, "group_head"), (ins.MEMBER, "group_members"), (ins.DUTY, "from_commission")):
        hands.seat(ins.OFFICE, matter, person, slot)

    # ── the office asks for a package, its reader named; what it needs arrives with the request ──
    package = played(story.ask, story, stage, windows, matter)
    at = f"/m/{to_ref(package)}"

    # ── no room fills another's block; of a cleared report only that it was cleared ──
    assert hands.refuses("yj-petitions", package, "case_filled", ("case_block", {"items": story.rows(0, 1)})) != ""
    bad = {**story.rows(0, 1)[0], "grade": "unfounded_cleared", "cleared_on": "2026-01-10", "text": "原反映内容"}
    assert hands.refuses("yj-petitions", package, "petition_filled", ("petition_block", {"items": [bad]})) == "must_be_empty"
    story.fill(stage, package)

    # ── before the approval nobody delivers, and even the named head finds nothing ──
    assert hands.finds_nothing(ins.HEAD, at)
    assert hands.refuses(story.ROOM, package, "deliver") == "not_approved"
    hands.approved(story.ROOM, package, "disclose", "yj-deputy", "yj-head")
    hands.step(story.ROOM, package, "deliver")
    assert hands.finds_nothing(ins.MEMBER, at)
    assert hands.finds_nothing(ins.OFFICE, at)

    # ── he alone opens it and prints it, for a purpose; what is oral-only is a number there ──
    hands.step(ins.HEAD, package, "read", form=("read", {"read_at": "2026-03-02T10:00:00+08:00"}))
    pack = hands.looks(ins.HEAD, f"{at}/pack")
    pack.page.locator("[name=purpose]").first.check()
    pack.page.locator("main button.main").click()
    pack.page.wait_for_load_state()
    pack.look("sc10-pack")
    assert pack.page.locator("main tbody tr").count() == story.ITEMS - story.ORAL
    assert f"另有 {story.ORAL} 条只口头通报" in pack.text
    assert hands.finds_nothing(story.ROOM, f"{at}/pack")

    # ── what is told by mouth: that it was told, to whom, when. Before that the package is not done; with its end it is gone ──
    assert hands.refuses(story.ROOM, package, "end") != ""
    told = {"topic": "选人用人", "told_to": str(stage.person(ins.HEAD)), "told_at": "2026-03-02T15:00:00+08:00", "told_by": "秦立新"}
    hands.step(story.ROOM, package, "brief", form=("briefing", {"rows": [told] * story.ORAL}))
    figures = [hands.figure(story.ROOM, code, "2026-01-01", "2026-12-31") for code in ("focus_items", "focus_units", "oral_briefings")]
    assert figures == [story.ITEMS, story.UNITS, story.ORAL]
    hands.step(story.ROOM, package, "end")
    assert hands.finds_nothing(ins.HEAD, at)
