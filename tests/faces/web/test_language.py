"""English is complete: a sentence without its English fails here, wherever it was added."""
from __future__ import annotations

import re

import pytest

from tests.faces.web import strings
from xieli.server import catalogues

CATALOGUE = strings.ROOT / "locale" / "en" / "LC_MESSAGES" / "django.po"


@pytest.fixture(scope="module")
def english() -> dict[str, str]:
    return {e.original: e.value for e in catalogues.merged(CATALOGUE) if e.translated}


def test_every_sentence_on_a_screen_has_its_english(english):
    missing = {text: where for text, where in strings.everything().items() if text not in english}
    assert not missing, "\n".join(f"{where}: {text}" for text, where in sorted(missing.items(), key=lambda i: i[1]))


def test_no_english_sentence_contains_chinese(english):
    # names of characters that belong to a number's form are the exception
    wrong = {k: v for k, v in english.items() if strings.CJK.search(re.sub(r"〔.*?〕\S*|[\u4e00-\u9fff]+〔", "", v)) and k != v}
    assert not wrong, wrong


def test_every_placeholder_of_a_sentence_is_in_its_english(english):
    places = re.compile(r"%\((\w+)\)[sd]")
    wrong = {k: v for k, v in english.items() if "\0" not in v and set(places.findall(k)) != set(places.findall(v))}
    assert not wrong, wrong


@pytest.mark.parametrize("path", strings.templates(), ids=lambda p: p.name)
def test_no_template_shows_chinese_without_a_translation(path):
    assert strings.bare(path) == []


def test_the_extractor_finds_what_django_marks():
    text = """{% trans "一" %}{% trans '二“x”' %}{% blocktrans with n=3 %}第 {{ n }} 稿{% endblocktrans %}{% blocktrans count n=2 %}{{ n }} 件{% plural %}{{ n }} 件们{% endblocktrans %}"""
    assert list(strings.of_template(text)) == ["一", "二“x”", "第 %(n)s 稿", "%(n)s 件", "%(n)s 件们"]
