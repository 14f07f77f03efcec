"""A letter as an editable .docx: the form is built in code, the words are filled in by docxtpl with escaping on."""
from __future__ import annotations

from functools import cache
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docxtpl import DocxTemplate

from xieli.office.documents.letter import Letter

FANG, SONG, KAI, HEI = "仿宋_GB2312", "方正小标宋简体", "楷体_GB2312", "黑体"
LINE = Mm(225 / 22)
_LOOP = {"p": (FANG, True), "h1": (HEI, True), "h2": (KAI, True), "left": (FANG, False)}


def _run(paragraph: Any, text: str, font: str = FANG, size: float = 16, red: bool = False) -> Any:
    run = paragraph.add_run(text)
    run.font.size, run.font.name = Pt(size), font
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
    if red:
        run.font.color.rgb = RGBColor(0xD7, 0x00, 0x0F)
    return run


def _line(document: Any, text: str, font: str = FANG, size: float = 16, *, centre: bool = False, right: bool = False, indent: bool = False, red: bool = False) -> Any:
    paragraph = document.add_paragraph()
    shape = paragraph.paragraph_format
    shape.space_before = shape.space_after = Pt(0)
    shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, max(LINE, Pt(size * 1.3), key=int)
    if indent:
        shape.first_line_indent = Mm(156 * 2 / 28)
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER if centre else WD_ALIGN_PARAGRAPH.RIGHT if right else WD_ALIGN_PARAGRAPH.JUSTIFY
    _run(paragraph, text, font, size, red)
    return paragraph


def _rule(paragraph: Any) -> None:
    """The red line below the number."""
    borders, bottom = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "10"), ("space", "11"), ("color", "D7000F")):
        bottom.set(qn(f"w:{name}"), value)
    borders.append(bottom)
    paragraph._p.get_or_add_pPr().append(borders)


@cache
def _form(form: str, columns: int) -> bytes:
    """The template: page, grid and places to be filled."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.left_margin, section.right_margin, section.bottom_margin = Mm(37), Mm(28), Mm(26), Mm(35)
    grid = OxmlElement("w:docGrid")
    grid.set(qn("w:type"), "linesAndChars")
    grid.set(qn("w:linePitch"), str(round(LINE.pt * 20)))
    grid.set(qn("w:charSpace"), str(round((156 / 25.4 * 72 / 28 - 16) * 4096)))
    for old in section._sectPr.findall(qn("w:docGrid")):
        section._sectPr.remove(old)
    section._sectPr.append(grid)
    _run(section.header.paragraphs[0], "{{ watermark }}", HEI, 9).font.color.rgb = RGBColor(0x8A, 0x8A, 0x8A)
    document.styles["Normal"].font.size = Pt(16)
    _line(document, "{%p for m in marks %}")
    _line(document, "{{ m }}", HEI)
    _line(document, "{%p endfor %}")
    if form == "red":
        _line(document, "{{ issuer }}", SONG, 26, centre=True, red=True)
        _rule(_line(document, "{{ number }}", centre=True))
        _line(document, "")
    _line(document, "{{ title }}", SONG, 22, centre=True)
    if form != "red":
        _line(document, "{{ number }}", centre=True)
    _line(document, "{%p if to %}")
    _line(document, "{{ to }}：")
    _line(document, "{%p endif %}")
    _line(document, "{%p for p in paras %}")
    for kind, (font, indent) in _LOOP.items():
        _line(document, f"{{%p if p.k == '{kind}' %}}")
        _line(document, "{{ p.t }}", font, indent=indent)
        _line(document, "{%p endif %}")
    _line(document, "{%p endfor %}")
    if columns:
        table = document.add_table(rows=4, cols=columns, style="Table Grid")
        for n in range(columns):
            _run(table.cell(0, n).paragraphs[0], f"{{{{ head[{n}] }}}}", HEI, 10.5)
            _run(table.cell(2, n).paragraphs[0], f"{{{{ r[{n}] }}}}", FANG, 10.5)
        table.cell(1, 0).text, table.cell(3, 0).text = "{%tr for r in rows %}", "{%tr endfor %}"
    _line(document, "{{ signer }}", right=True)
    _line(document, "{{ date }}", right=True)
    _line(document, "{%p if cc %}")
    _line(document, "抄送：{{ cc }}", size=14)
    _line(document, "{%p endif %}")
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def docx(letter: Letter) -> bytes:
    """The letter as .docx on the same page and grid as the PDF; fonts are named as offices have them."""
    template = DocxTemplate(BytesIO(_form(letter.form, len(letter.head) if letter.rows else 0)))
    template.render(letter.data(), autoescape=True)
    file = BytesIO()
    template.save(file)
    return file.getvalue()
