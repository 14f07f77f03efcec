"""Screens for everybody: axe-core in both themes, no wide page on a phone, keyboard only, nothing lost when a session ends.

A few pages in the ordinary run, more languages and widths in the large one; really every screen: test_every_screen.py.
"""
from __future__ import annotations

import time

import pytest

from tests import tours
from tests.e2e.browser import AXE, LARGE, Person, choose, faults, serving

pytestmark = pytest.mark.xdist_group("browser")
needs_axe = pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed")

PAGES = [
    ("wuchuan-handler1", "/"), ("wuchuan-handler1", "/m/@case"), ("wuchuan-handler1", "/m/@liuzhi/access"), ("chief3", "/green"), ("fire-handler", "/parcel/@parcel"),
    ("chief3", "/components"), ("audadmin", "/audit"),
    ("wuchuan-handler1", "/m/@liuzhi"), ("chief3", "/m/@channel/form/call"), ("chief3", "/m/@channel/ask/open"), ("chief3", "/m/@channel/handover"), ("chief3", "/m/@channel/diagram"),
    ("fire-handler", "/sent"), ("wuchuan-handler1", "/owed"), ("yj-rights", "/rights"), ("chief3", "/bodies"), ("chief3", "/bodies/yj"), ("chief3", "/bodies/merge?from=linjiang&into=beiping"),
    ("chief3", "/calendar?year=2027"), ("chief3", "/playbooks"), ("chief3", "/playbooks/liuzhi"), ("chief3", "/search?q=yj"), ("chief3", "/notifications"), ("chief3", "/drafts"), ("yj-head", "/glass"),
    ("chief3", "/entrance"), ("chief3", "/leads"), ("chief3", "/matters"), ("chief3", "/access/endings"),
]
CHOSEN = PAGES if LARGE else PAGES[:7]
VARIANTS = [("zh-hans", "light", 1280), ("en", "dark", 390)] + ([("en", "light", 390), ("zh-hans", "dark", 1280)] if LARGE else [])


def path_of(path: str, stage) -> str:
    for name in ("case", "liuzhi", "channel", "parcel", "lead"):
        path = path.replace(f"@{name}", stage.ref(name))
    return path


@pytest.fixture
def base(stage):
    with serving() as address:
        yield address


@needs_axe
@pytest.mark.parametrize(("language", "theme", "width"), VARIANTS)
def test_axe_finds_nothing_and_no_page_is_wider_than_its_window(stage, chromium, base, language, theme, width):
    wrong = []
    windows: dict[str, Person] = {}
    for code, path in CHOSEN:
        if code not in windows:
            windows[code] = Person(chromium, base, stage, code, language=language, theme=theme, width=width)
        window = windows[code]
        window.open(path_of(path, stage))
        wrong += [f"{path}: {fault}" for fault in faults(window.page)]
        wider = window.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wider > 0:
            wrong.append(f"{path}: {wider} px wider than the window")
    for window in windows.values():
        window.close()
    assert not wrong, "\n".join(wrong)


def test_larger_type_keeps_every_page_within_a_phone(stage, chromium, base):
    window = Person(chromium, base, stage, "wuchuan-handler1", width=390)
    window.context.add_cookies([{"name": "xieli_big", "value": "1", "url": base}])
    for path in ("/", "/m/@liuzhi", "/sent"):
        window.open(path_of(path, stage))
        assert window.page.evaluate("getComputedStyle(document.documentElement).fontSize") == "18.75px"
        assert window.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, path
    window.close()


def test_everything_on_the_workbench_is_reached_by_keyboard(stage, chromium, base):
    window = Person(chromium, base, stage, "wuchuan-handler1")
    window.open("/")
    window.page.keyboard.press("j")
    window.page.keyboard.press("Enter")
    window.page.wait_for_url("**/m/*")
    window.open("/")
    window.page.keyboard.press("Control+k")
    assert window.page.evaluate("document.activeElement.id") == "find"
    window.page.keyboard.type("xs")
    window.page.locator("#palette a").first.wait_for()
    window.page.keyboard.press("ArrowDown")
    window.page.keyboard.press("Enter")
    window.page.wait_for_url("**/leads*")
    window.close()


def test_nothing_fires_while_chinese_is_being_composed(stage, chromium, base):
    window = Person(chromium, base, stage, "wuchuan-handler1")
    window.open("/")
    window.page.evaluate("document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'j', isComposing: true, bubbles: true}))")
    assert window.page.locator("[data-row].on").count() == 0
    window.page.evaluate("document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'j', bubbles: true}))")
    assert window.page.locator("[data-row].on").count() == 1
    window.close()


def test_what_was_typed_survives_the_end_of_a_session(stage, chromium, base):
    window = Person(chromium, base, stage, "chief3")
    window.open(path_of("/m/@channel/handover", stage))
    choose(window.page, "receiver")
    window.page.locator("#reason").fill("会话结束时正在写的理由")
    stage.admin.execute("update access.session set ended_at = access.now() where person = %s and ended_at is null", [stage.world.people["chief3"]])
    window.page.locator("main button.main").click()
    window.page.wait_for_load_state()
    assert "会话已结束" in window.text
    window.page.locator("summary").click()
    assert "会话结束时正在写的理由" in window.text
    window.close()


def test_a_draft_is_kept_and_comes_back(stage, chromium, base):
    window = Person(chromium, base, stage, "chief3")
    window.open(path_of("/m/@channel/handover", stage))
    window.page.locator("#reason").fill("写到一半的管辖理由")
    with window.page.expect_response("**/drafts/save") as kept:
        window.page.evaluate("Object.defineProperty(document, 'visibilityState', {value: 'hidden'}); document.dispatchEvent(new Event('visibilitychange'))")
    assert kept.value.json()["kept"] is True
    window.open("/drafts")
    window.page.locator("ul.tasks a").first.click()
    assert window.page.locator("#reason").input_value() == "写到一半的管辖理由"
    window.close()


def test_the_tour_walks_seven_steps_as_seven_people(stage, chromium, base, record_property):
    began = time.monotonic()
    window = Person(chromium, base, stage, "chief3")
    window.open("/entrance")
    window.page.locator("form[action='/tour/1'] button").click()
    titles = []
    for n in range(1, 8):
        window.page.locator(".tour h2").wait_for()
        titles.append(window.page.locator(".tour h2").inner_text())
        assert titles[-1].startswith(f"{n}/7")
        assert window.page.locator("main").inner_text().count("不存在或无权限") == 0
        window.shot(f"tour{n}-zh")
        if n < 7:
            window.page.locator(".tour button.main").click()
            window.page.wait_for_load_state()
    assert len(set(titles)) == 7
    record_property(tours.PROPERTY, time.monotonic() - began)
    window.close()
