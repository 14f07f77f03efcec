"""Every screen that can be opened, once: axe-core in the light theme, its colours again in the dark one, no page wider than a phone.

The addresses are those of tests/faces/web/routes.csv, so that a new page is walked without anybody thinking of it. A page is
opened by the first person of the list who may open it.
"""
from __future__ import annotations

import unicodedata

import pytest

from tests.e2e.browser import AXE, Person
from tests.e2e.test_access import base  # noqa: F401  the server
from tests.faces.web.walking import screens

pytestmark = pytest.mark.xdist_group("browser")
needs_axe = pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed")
RULES = "['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa']"
ROOM = 390


@needs_axe
def test_axe_finds_nothing_on_any_screen_in_either_theme_and_none_is_wider_than_a_phone(stage, chromium, base):  # noqa: F811
    wrong: list[str] = []
    windows: dict[str, Person] = {}
    walked = screens(stage)
    assert len(walked) >= 40, walked
    script = AXE.read_text(encoding="utf-8")
    for code, path in sorted(walked):
        window = windows.setdefault(code, Person(chromium, base, stage, code)) if code not in windows else windows[code]
        window.open(path)
        page = window.page
        page.evaluate(script)
        found = page.evaluate(f"axe.run(document, {{runOnly: {RULES}, resultTypes: ['violations']}})")["violations"]
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        found += page.evaluate("axe.run(document, {runOnly: {type: 'rule', values: ['color-contrast']}, resultTypes: ['violations']})")["violations"]
        wrong += [f"{path} ({code}): {v['id']} {v['nodes'][0]['target'][0]} ({len(v['nodes'])})" for v in found]
        page.set_viewport_size({"width": ROOM, "height": 800})
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wider > 0:
            wrong.append(f"{path} ({code}): {wider} px wider than a phone")
        page.set_viewport_size({"width": 1280, "height": 900})
    for window in windows.values():
        window.close()
    assert not wrong, "\n".join(wrong)


def test_a_register_prints_on_a4_with_its_header_on_every_sheet_and_without_the_menu(stage, chromium, base, tmp_path):  # noqa: F811
    """The print style is a feature: the PDF that the browser makes is measured, not the style sheet."""
    from pypdf import PdfReader

    window = Person(chromium, base, stage, "wuchuan-handler1")
    for path, name in ((f"/m/{stage.ref('case')}", "matter"), ("/components", "long")):
        window.open(path)
        window.page.pdf(path=tmp_path / f"{name}.pdf", prefer_css_page_size=True)
    window.open("/leads")
    window.page.evaluate("""() => { const body = document.querySelector('main');
        body.innerHTML = '<table><thead><tr><th>HEADER-OF-COLUMN</th></tr></thead><tbody>' + Array.from({length: 120}, (_, i) => '<tr><td>row ' + i + '</td></tr>').join('') + '</tbody></table>'; }""")
    window.page.pdf(path=tmp_path / "table.pdf", prefer_css_page_size=True)
    window.close()
    for name in ("matter", "table"):
        reader = PdfReader(tmp_path / f"{name}.pdf")
        box = reader.pages[0].mediabox
        assert (round(float(box.width)), round(float(box.height))) == (595, 842), name  # A4 in points
        words = unicodedata.normalize("NFKC", "".join(p.extract_text() for p in reader.pages))  # fonts write some characters as radicals
        assert "退出" not in words  # no buttons, no menu
        assert "工作台" not in words
        if name == "table":
            assert len(reader.pages) > 1
            assert all("HEADER-OF-COLUMN" in p.extract_text() for p in reader.pages)
        else:
            assert "参与方式" in words  # the picture's table prints although it is folded on the screen


def test_grey_print_tells_lights_apart_by_shape_and_words(stage, chromium, base):  # noqa: F811
    window = Person(chromium, base, stage, "chief3")
    window.open("/components")
    lights = window.page.locator(".theme-light.grey .light").all_inner_texts()
    shapes = {words.split()[0] for words in lights}
    assert len(shapes) >= 5, lights
    assert all(len(words.split()) >= 2 for words in lights), lights
    window.page.emulate_media(media="print")
    assert window.page.locator("nav.menu").is_visible() is False
    window.close()


