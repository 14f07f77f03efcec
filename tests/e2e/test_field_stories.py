"""SC-07, SC-17 and SC-18 in a real browser, as their people: a village supervisor's day on a phone, a project five days late, a river of two sides.

Every scene is the story's own (stories/sc*), its acts carried out on the screens; what the story asserts in records is read from the pages as well.
"""
from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.browser import Person
from tests.e2e.on_screen import OnScreen

pytestmark = pytest.mark.xdist_group("browser")


def note(phone: Person, household: str, text: str, cls: str = "note", topic: str = "needs") -> None:
    """What the supervisor writes on his phone; without the script that would keep him from sending it half."""
    phone.page.locator("#text").fill(text)
    phone.page.locator("#household").fill(household)
    phone.page.locator(f"[name=topic][value={topic}]").check()
    phone.page.locator(f"[name=class][value={cls}]").check()
    phone.page.locator("[name=informant_known]").set_checked(True)
    phone.page.locator("main button.main").click()
    phone.page.wait_for_load_state()


def test_sc07_a_day_of_a_village_supervisor_on_his_phone(fresh: Any, windows: Any) -> None:
    from xieli.office.demo.stories import sc07_village_supervisor as story

    stage = fresh.theatre
    stage.start_at(story.BEGINS)
    hands = OnScreen(stage, windows)
    secretary, county = hands.staff("town_secretary", story.TOWN), stage.holder("case_duty@zhongyue/case")
    phone = windows(story.SUPERVISOR, script=False, width=390)

    # ── “没有”: a note all the same; nowhere could he write who spoke ──
    assert phone.open("/village").status == 200
    assert phone.page.locator("[name=informant]").count() == 0
    assert phone.page.locator("img, svg, script[src*='chart']").count() <= 1, "nothing but the page"
    phone.look("sc07-empty")
    note(phone, "1组3户", "问有没有烦心事，答没有。")
    assert "走访 1组3户" in phone.text

    # ── a trouble: reported at once, it has a number, and the town finds it on its workbench ──
    note(phone, "3组12户", "低保申请交了两个月没有回音。", "problem")
    assert "镇纪委入户初核" in phone.page.locator("main li", has_text="走访 3组12户").inner_text(), "where it stands, without opening it"
    phone.page.get_by_role("link", name="走访 3组12户").click()
    assert "村〔2026〕" in phone.text
    phone.look("sc07-problem")
    trouble = phone.page.url.removeprefix(phone.base)
    town = hands.looks(secretary, "/")
    assert town.page.locator(f"a[href*='{trouble}']").count() > 0, town.text[:800]
    assert "镇纪委入户初核" in hands.looks(secretary, trouble).text

    # ── a suspicion about a cadre: without his post it is refused in plain words, and nothing that was typed is lost ──
    phone.open("/village")
    note(phone, "5组2户", "听说修渠的钱没有公示。", "lead", "cadres")
    assert "“哪个职务（不写姓名）”必须填写" in phone.text
    assert phone.page.locator("#text").input_value() == "听说修渠的钱没有公示。"
    assert phone.page.locator("[name=class][value=lead]").is_checked()
    phone.look("sc07-refused")
    phone.page.locator("#cadre_post").fill("村会计")
    phone.page.locator("main button.main").click()
    phone.page.wait_for_load_state()
    visit = phone.page.get_by_role("link", name="走访 5组2户").get_attribute("href")

    # ── the town takes it as a lead; neither the supervisor nor the county finds that lead, by address or by search ──
    town = hands.looks(secretary, visit)
    town.step("受理为线索")
    town.open("/leads")
    town.page.locator("main a[href^='/m/']").first.click()
    lead = town.page.url.removeprefix(town.base)
    assert "线索" in town.text
    hands.windows[story.SUPERVISOR] = phone
    for outsider in (story.SUPERVISOR, county):
        assert hands.finds_nothing(outsider, lead), outsider
    english = windows(story.SUPERVISOR, language="en", theme="dark", width=390)
    english.open("/village")
    english.look("sc07-en")
    assert english.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0

    # ── three visits of the month, the one without a problem too ──
    assert hands.figure(story.SUPERVISOR, "village_visits", "2026-08-01", "2026-08-31") == 3


def test_sc17_five_days_late_asked_on_the_spot_and_thirty_projects_on_the_board(fresh: Any, windows: Any) -> None:
    from xieli.office.demo.officers import Officers
    from xieli.office.demo.stories import sc17_slip as story
    from xieli.office.ids import to_ref

    stage = fresh.theatre
    stage.start_at(story.BEGINS)
    hands = OnScreen(stage, windows)
    officer = hands.staff("handler", "housing")
    project = story.put_on_the_board(hands)
    story.others(Officers(stage))  # twenty-nine like it: the bulk, by the services
    at = f"/m/{to_ref(project)}"

    # ── the officer of the department reports; the baseline has no control, a stage that the plan lacks is refused in words ──
    story.late(hands, officer, project)
    page = hands.looks(officer, f"{at}/form/progress")
    assert page.page.locator("[name=stage]").input_value() == "", "each report is an entry of its own"
    assert "每次提交新增一条" in page.text

    # ── on the site; the question stands open until it is answered, and the five days stay after the new plan ──
    story.on_the_spot(hands, officer, project)
    shown = hands.looks(story.WHO, f"{at}/project")
    assert "滞后 5 日" in shown.text
    assert "为什么推后五天进场" in shown.text
    assert "连日降雨" in shown.text

    # ── 30 = 1 + 26 + 3: the board, its tabs and the four figures say the same ──
    story.the_board(hands, project)
    board = hands.looks(story.WHO, "/projects")
    assert board.page.locator("main h1 .soft").inner_text() == "30"
    assert all(words in board.text for words in ("完工 1", "按进度 26", "滞后 3"))
    board.page.get_by_role("link", name="滞后 3").click()
    board.page.wait_for_load_state()
    late = board.page.locator("main table.stack tbody tr")
    assert late.count() == 3
    assert "已说明" in late.filter(has_text="重庆路三期").inner_text()


def test_sc18_a_river_that_two_sides_sample_and_the_section_that_fails_is_named(fresh: Any, windows: Any) -> None:
    from xieli.office.demo.officers import Officers
    from xieli.office.demo.stories import sc18_river as story
    from xieli.office.ids import to_ref
    from xieli.office.matters.services import moves
    from xieli.office.matters.tables.core import Matter

    stage = fresh.theatre
    stage.start_at(story.BEGINS)
    hands, quick = OnScreen(stage, windows), Officers(stage)
    partner = stage.holder(f"case_duty@{story.OTHER}/case")
    entry = story.open_section(hands, story.ENTRY)
    at = f"/m/{to_ref(entry)}"
    story.month(hands, partner, entry, 2, 2)
    story.main_stem(quick)
    for when in ("2026-03-12 09:00", "2026-04-12 09:00"):
        stage.at(when)
        with stage.acts(story.WHO):
            moves.make(Matter.objects.get(pk=entry), "next_month")
        story.month(quick, partner, entry, 2, 2)
    story.the_entry(quick, entry)
    story.the_failing_one(hands)
    water = hands.looks(story.WHO, "/water")
    water.look("sc18-water")
    assert "有样品的断面 8 个，达标 7 个" in water.text
    failing = water.page.locator("main tbody tr", has_text="未达标")
    assert failing.count() == 1
    assert "干流5号断面" in failing.inner_text()
    border = water.page.locator("main tbody tr", has_text=story.ENTRY).inner_text()
    assert "2026-02" in border, "the month in which nobody sampled is named"
    assert "相差 20，在允许内" in border

    # ── beyond the tolerance nobody can call it agreed, nor does one side enter the other's sample; it becomes a task ──
    story.beyond(hands, partner, entry)
    section = hands.looks(story.WHO, f"{at}/section")
    section.look("sc18-section")
    assert "超差" in section.page.locator("main tbody tr").first.inner_text()
    assert section.page.locator("main tbody tr", has_text="一致").count() == 3
    other = windows(partner, language="en", theme="dark", width=390)
    other.open(f"{at}/section")
    other.look("sc18-section-en")
    assert "Datan" in other.page.locator("main table").inner_html(), "each side by its name: who reads may be either"
    assert "Own" not in other.page.locator("main").inner_html()
    assert other.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
