"""The leader's page on paper: one A4, with its numbers and what is owed to people."""
from __future__ import annotations

import unicodedata

import pytest

from tests.e2e.browser import Person
from tests.e2e.test_access import base  # noqa: F401  the server

pytestmark = pytest.mark.xdist_group("browser")


def test_the_leaders_page_prints_on_one_a4(stage, base, chromium, tmp_path):  # noqa: F811
    from pypdf import PdfReader

    window = Person(chromium, base, stage, "yj-head")
    window.open("/leader")
    window.page.pdf(path=tmp_path / "leader.pdf", prefer_css_page_size=True)
    window.close()
    reader = PdfReader(tmp_path / "leader.pdf")
    box = reader.pages[0].mediabox
    assert (len(reader.pages), round(float(box.width)), round(float(box.height))) == (1, 595, 842)
    words = unicodedata.normalize("NFKC", reader.pages[0].extract_text())
    assert "欠人账" in words
    assert "红项" in words
