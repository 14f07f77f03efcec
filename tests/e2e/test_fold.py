"""A matter on a phone: headings with what each card holds, opened one by one; all open on a desk, on paper and without scripts."""
from __future__ import annotations

import pytest

from tests.e2e.browser import Person, faults
from tests.e2e.test_access import base, needs_axe  # noqa: F401  the server

pytestmark = pytest.mark.xdist_group("browser")


def the_case(stage) -> str:
    from xieli.office.ids import to_ref

    return f"/m/{to_ref(stage.made['case'])}"


def test_a_phone_shows_headings_and_keeps_open_what_was_opened(stage, chromium, base):  # noqa: F811
    address = the_case(stage)
    with Person(chromium, base, stage, "wuchuan-handler1", width=390) as window:
        window.open(address)
        page = window.page
        assert page.locator("#do").is_visible()
        assert not page.locator("#timeline > ol").is_visible()
        fold = page.locator("#timeline > .unfold-card")
        assert fold.get_attribute("aria-expanded") == "false"
        assert fold.get_attribute("data-lines") == str(page.locator("#timeline > ol > li").count())
        short = page.evaluate("document.documentElement.scrollHeight")
        fold.focus()
        page.keyboard.press("Enter")
        assert page.locator("#timeline > ol").is_visible()
        assert page.evaluate("document.documentElement.scrollHeight") > short
        page.locator("#timeline .remark > summary").click()
        page.locator("#note").fill("在手机上写的一条")
        window.button("记下")
        assert page.locator("#timeline > ol").is_visible(), "what was opened stays open over an answer"
        assert "在手机上写的一条" in window.text
        fold.click()
        window.open(address)
        assert not page.locator("#timeline > ol").is_visible()
        window.open(address + "#subjects")
        assert page.locator("#subjects > ul").is_visible(), "an address that names a card finds it open"
        page.emulate_media(media="print")
        assert page.locator("#timeline > ol").is_visible(), "paper has everything"


def test_nothing_is_folded_on_a_desk_or_without_scripts(stage, chromium, base):  # noqa: F811
    address = the_case(stage)
    for width, script in ((1280, True), (390, False)):
        with Person(chromium, base, stage, "wuchuan-handler1", width=width, script=script) as window:
            window.open(address)
            for part in window.page.locator("[data-fold] .card[id]").all():
                assert part.locator(":scope > :not(.unfold-card, .noprint)").last.is_visible(), part.get_attribute("id")
            assert window.page.locator(".unfold-card:visible").count() == 0


@needs_axe
def test_a_folded_page_is_for_everybody(stage, chromium, base):  # noqa: F811
    with Person(chromium, base, stage, "wuchuan-handler1", language="en", theme="dark", width=390) as window:
        window.open(the_case(stage))
        assert faults(window.page) == []
