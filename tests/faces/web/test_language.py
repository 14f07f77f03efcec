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


# characters that stand for a name that is masked; an example that says both languages in one breath
BOTH_ANYWAY = {"某某", "示例：尚未批准，不能执行。 / Example: not approved yet."}


def test_no_view_says_something_in_chinese_alone():
    said = [line for path in strings.views() for line in strings.bare_python(path)]
    assert [line for line in said if line.split(": ", 1)[1] not in BOTH_ANYWAY] == []


def test_a_view_that_spoke_chinese_alone_would_be_found(tmp_path, monkeypatch):
    monkeypatch.setattr(strings, "ROOT", tmp_path)
    view = tmp_path / "view.py"
    view.write_text('"""说明"""\ndef f(r):\n    r.title = "漏译的标题"\n    r.good = _("已译")\n    return Refused("x", "不行。", "No way.")\n', encoding="utf-8")
    assert strings.bare_python(view) == ["view.py:3: 漏译的标题"]


def test_content_that_a_screen_shows_has_both_languages():
    """Playbooks, letters, metrics, models: wherever a file says something in Chinese under `zh`, its `en` stands beside it."""
    import yaml

    missing = []
    for path in sorted((strings.ROOT / "content").rglob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            missing += [f"{path.name}: {text[:40]}" for text in without_english(document)]
    assert not missing, missing[:40]


def without_english(node):
    if isinstance(node, dict):
        if isinstance(node.get("zh"), str) and not str(node.get("en") or "").strip():
            yield node["zh"]
        for value in node.values():
            yield from without_english(value)
    elif isinstance(node, list):
        for value in node:
            yield from without_english(value)
