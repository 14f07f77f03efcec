"""A letter measured in its own PDF: GB/T 9704-2012, not by eye."""
from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Mm
from pypdf import PdfReader
from pypdf.generic import ContentStream

from xieli.office.documents.coverage import missing
from xieli.office.documents.letter import Letter, Paragraph
from xieli.office.documents.templates import templates
from xieli.office.documents.typeset import pdf
from xieli.office.documents.word import docx

MM = 72 / 25.4
FULL = Letter("red", "某市纪律检查委员会", "关于移送有关问题线索的函", (Paragraph("p", "测" * 28 * 60),), number="某纪〔2026〕12号", marks=("秘密★10年", "特急"), to="某单位",
              signer="某市纪委", date="2026年3月17日", watermark="何某 2026-03-02 09:00 0abc")


def lines(made: bytes, page: int) -> list[dict[str, Any]]:
    """Runs of upright text of a page: left edge, baseline, right edge in points, size, number of glyphs, glyph codes."""
    reader = PdfReader(BytesIO(made))
    where, stack, found, size = [1, 0, 0, 1, 0, 0], [], [], 0.0
    for operands, operator in ContentStream(reader.pages[page].get_contents(), reader).operations:
        if operator == b"q":
            stack.append(list(where))
        elif operator == b"Q":
            where = stack.pop()
        elif operator == b"cm":
            where = [float(x) for x in operands]
        elif operator == b"Tf":
            size = float(operands[1])
        elif operator == b"TJ":
            glyphs, shift = b"", 0.0
            for part in operands[0]:
                if isinstance(part, (int, float)):
                    shift += float(part)
                else:
                    glyphs += part.original_bytes
            codes = [int.from_bytes(glyphs[i:i + 2], "big") for i in range(0, len(glyphs), 2)]
            if where[1] == 0:
                found.append({"x": where[4], "y": where[5], "right": where[4] + size * len(codes) - shift / 1000 * size, "size": size, "codes": codes})
    return found


def test_margins_lines_and_characters_are_those_of_the_standard():
    made = pdf(FULL)
    box = PdfReader(BytesIO(made)).pages[1].mediabox
    assert (round(float(box.width) / MM), round(float(box.height) / MM)) == (210, 297)
    body = [line for line in lines(made, 1) if line["size"] == 16]
    assert len(body) == 22
    assert {len(line["codes"]) for line in body} == {28}
    top = float(box.height) - (body[0]["y"] + 13.6)
    assert top / MM == pytest.approx(37, abs=1)
    for line in body:
        assert line["x"] / MM == pytest.approx(28, abs=1)
        assert (line["right"] - line["x"]) / MM == pytest.approx(156, abs=0.5)
    pitch = (body[0]["y"] - body[-1]["y"]) / 21
    assert pitch * 22 / MM == pytest.approx(225, abs=0.5)


def test_the_page_number_stands_outside_right_on_odd_and_left_on_even_pages():
    made = pdf(FULL)
    first, second = ([line for line in lines(made, page) if line["size"] == 14][-1] for page in (0, 1))
    assert first["x"] > 105 * MM > second["x"]
    assert first["y"] < 35 * MM


def test_marks_stand_at_the_head_of_the_type_area_and_the_issuers_head_35_mm_below_its_edge():
    made = lines(pdf(FULL), 0)
    assert made[0]["x"] / MM == pytest.approx(28, abs=0.2)
    assert (297 * MM - made[0]["y"] - 13.6) / MM == pytest.approx(37, abs=1)
    text = PdfReader(BytesIO(pdf(FULL))).pages[0].extract_text()
    for words in ("秘密★10年", "特急", FULL.issuer, FULL.number, FULL.title, "某单位："):
        assert words in text


def test_rare_characters_are_drawn_not_dropped():
    name = "䶮𠮷"
    made = pdf(replace(FULL, paras=(Paragraph("p", name),)))
    assert name in PdfReader(BytesIO(made)).pages[0].extract_text()
    assert name in "".join(p.text for p in Document(BytesIO(docx(replace(FULL, paras=(Paragraph("p", name),))))).paragraphs)


HOSTILE = '#panic("x") $a$ *b* <c&d> {{ e }} {% f %} =cmd'


def test_nothing_a_person_typed_is_read_as_markup():
    letter = replace(FULL, title=HOSTILE, to=HOSTILE, paras=(Paragraph("p", HOSTILE),))
    made = PdfReader(BytesIO(pdf(letter))).pages[0].extract_text().replace("\n", "").replace(" ", "")
    assert HOSTILE.replace(" ", "") in made
    assert HOSTILE in [p.text for p in Document(BytesIO(docx(letter))).paragraphs]


def test_the_word_file_has_the_same_page_and_grid_and_names_the_offices_fonts():
    document = Document(BytesIO(docx(replace(FULL, head=("甲", "乙"), widths=(1, 1), rows=(("1", "2"), ("3", "4"))))))
    section = document.sections[0]
    assert [round(x / 36000) for x in (section.page_width, section.page_height, section.top_margin, section.left_margin)] == [210, 297, 37, 28]
    assert round((section.page_width - section.left_margin - section.right_margin) / Mm(1)) == 156
    grid = section._sectPr.find(qn("w:docGrid"))
    assert int(grid.get(qn("w:linePitch"))) * 22 / 20 / MM == pytest.approx(225, abs=0.5)
    fonts = {f.get(qn("w:eastAsia")) for f in document.element.iter(qn("w:rFonts"))}
    assert {"仿宋_GB2312", "方正小标宋简体", "黑体"} <= fonts
    assert [[c.text for c in row.cells] for row in document.tables[0].rows] == [["甲", "乙"], ["1", "2"], ["3", "4"]]
    assert document.sections[0].header.paragraphs[0].text == FULL.watermark


def test_every_letter_has_both_languages_and_says_what_it_asks():
    assert set(templates()) == {"handover", "designation", "assistance", "receipt", "feedback", "family_notice", "rights_sheet", "minutes", "passport"}
    for template in templates().values():
        for label in (template.label, *(f.label for f in template.ask)):
            assert label.zh
            assert label.en.isascii()


def test_a_character_that_no_font_draws_is_known_before_it_is_lost():
    rare = "".join(chr(c) for c in range(0x20000, 0x20000 + 400))
    absent = missing("何某" + rare)
    drawn = "".join(c for c in rare if c not in absent)
    for text, whole in ((drawn, True), (absent, not absent)):
        made = PdfReader(BytesIO(pdf(replace(FULL, paras=(Paragraph("p", text),)))))
        assert all("\x00" not in page.extract_text() for page in made.pages) is whole
