"""What a person takes from the printer: everything that was typed, what was ticked, who signs, and nothing that is not for outside."""
from __future__ import annotations

import pytest

from tests.e2e.browser import Person
from tests.e2e.test_access import base  # noqa: F401  the server

pytestmark = pytest.mark.xdist_group("browser")


def printed(window: Person) -> None:
    """As the browser lays it out for paper: its event, then its medium."""
    window.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    window.page.emulate_media(media="print")


def seen(window: Person, where: str) -> bool:
    return bool(window.page.locator(where).first.is_visible())


def test_a_form_on_paper_shows_what_was_typed_whole_and_frames_for_what_was_not(stage, chromium, base):  # noqa: F811
    with Person(chromium, base, stage, "wuchuan-handler1") as window:
        window.open(f"/m/{stage.ref('case')}/ask/sanction")
        page = window.page
        words = "第一行要写得很长，" * 40
        page.locator("#content").fill(words)
        page.get_by_label("急件").check()
        printed(window)
        assert page.locator("#content + .typed").inner_text() == words.strip()
        assert not seen(window, "#content")
        assert seen(window, "#document_no"), "what is empty is a frame to write in"
        assert seen(window, "input[name=urgent]:checked"), "what was ticked is seen"
        assert page.locator("table.signs tbody tr").count() >= 2
        assert seen(window, "table.signs")
        assert not seen(window, "main button")
        page.emulate_media(media="screen")
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.locator("#content").input_value() == words
        assert page.locator(".typed").count() == 0
        assert not seen(window, "table.signs")


def test_what_is_only_for_the_writer_is_not_printed_with_the_text_for_outside(stage, chromium, base):  # noqa: F811
    with Person(chromium, base, stage, "wuchuan-handler1") as window:
        window.open(f"/m/{stage.ref('case')}/press")
        names = window.page.locator("details.card dl dd")
        assert names.count() > 0
        window.page.locator("details.card > summary").click()
        assert names.first.is_visible()
        printed(window)
        assert not names.first.is_visible()
        assert seen(window, "main pre")
        assert stage.one("select title from matter where id = %s", stage.made["case"]) in window.page.locator("main").inner_text()


def test_paper_is_black_on_white_in_every_theme(stage, chromium, base):  # noqa: F811
    for theme in ("light", "dark", "auto"):
        with Person(chromium, base, stage, "wuchuan-handler1", theme=theme) as window:
            window.open(f"/m/{stage.ref('case')}")
            printed(window)
            said = window.page.evaluate("(() => { const s = getComputedStyle(document.documentElement); return [s.getPropertyValue('--ink'), s.getPropertyValue('--line'), s.getPropertyValue('--card')].map(v => v.trim()); })()")
            assert said == ["#000", "#888", "#fff"], theme
            order = window.page.evaluate("['subjects', 'timeline', 'lanes'].map(id => document.getElementById(id).getBoundingClientRect().top)")
            assert order == sorted(order), "whom it is about stands before what happened, and that before its picture"
