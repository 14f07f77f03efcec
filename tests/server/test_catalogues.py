"""Message catalogues compile without gettext's programs and read back as gettext reads them."""
from __future__ import annotations

import gettext
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xieli.server import catalogues

SAMPLE = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

#: screens.py:1
msgid "问题线索"
msgstr "lead"

msgctxt "verb"
msgid "一件"
msgid_plural "%d 件"
msgstr[0] "one"
msgstr[1] ""
"%d\\n"
"many"

#, fuzzy
msgid "未定"
msgstr "guess"

msgid "未译"
msgstr ""

#~ msgid "旧"
#~ msgstr "old"
"""


def compiled(text: str, folder: Path) -> gettext.GNUTranslations:
    path = folder / "django.po"
    path.write_text(text, encoding="utf-8")
    return gettext.GNUTranslations(io.BytesIO(catalogues.binary(catalogues.parse(path))))


def test_messages_contexts_and_plurals_read_back(tmp_path: Path) -> None:
    found = compiled(SAMPLE, tmp_path)
    assert found.gettext("问题线索") == "lead"
    assert found.npgettext("verb", "一件", "%d 件", 1) == "one"
    assert found.npgettext("verb", "一件", "%d 件", 3) == "%d\nmany"


@pytest.mark.parametrize("text", ["未定", "未译", "旧", "没有的"])
def test_what_is_not_translated_for_certain_stays_as_it_is(tmp_path: Path, text: str) -> None:
    assert compiled(SAMPLE, tmp_path).gettext(text) == text


PRINTABLE = st.text(st.characters(exclude_categories=["C", "Zl", "Zp", "Zs"], include_characters=" "), min_size=1)


@given(st.dictionaries(PRINTABLE, PRINTABLE, max_size=8))
def test_any_text_survives(tmp_path_factory: pytest.TempPathFactory, messages: dict[str, str]) -> None:
    def quoted(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    body = "\n\n".join(f"msgid {quoted(k)}\nmsgstr {quoted(v)}" for k, v in messages.items())
    found = compiled(head + body, tmp_path_factory.mktemp("po"))
    assert {k: found.gettext(k) for k in messages} == messages


@pytest.mark.parametrize(("text", "line"), [('msgid "a"\nmsgstr b\n', 2), ('"loose"\n', 1), ('msgwhat "a"\n', 1), ('msgid "a"\nmsgstr "x"\n\nmsgid "a"\nmsgstr "y"\n', 4)])
def test_a_faulty_line_is_named(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(catalogues.CatalogueError, match=f"django.po:{line}:"):
        compiled(text, tmp_path)


def test_no_two_rooms_translate_one_sentence_differently() -> None:
    package = Path(catalogues.__file__).resolve().parents[1]
    assert [line for source in catalogues.sources(package) for line in catalogues.disagreements(source)] == []


def test_a_disagreement_is_named_and_stops_no_start(tmp_path: Path) -> None:
    folder = tmp_path / "en" / "LC_MESSAGES"
    (folder / "parts").mkdir(parents=True)
    (folder / "django.po").write_text('msgid "a"\nmsgstr "x"\n', "utf-8")
    (folder / "parts" / "one.po").write_text('msgid "b"\nmsgstr "first"\n', "utf-8")
    (folder / "parts" / "two.po").write_text('msgid "b"\nmsgstr "second"\n', "utf-8")
    assert catalogues.compile_all(tmp_path) == 1
    with (folder / "django.mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("b") == "first"
    assert catalogues.disagreements(folder / "django.po") == ["two.po:1: b"]
