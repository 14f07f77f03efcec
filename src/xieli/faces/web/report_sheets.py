"""A report as an Excel sheet: title, period, as-of, figures with comparisons and definitions, groups below, signer and watermark."""
from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter

from xieli.engines.metrics import Figure, Period, written
from xieli.engines.metrics.model import Report
from xieli.faces.web.report_words import names
from xieli.office.matters.importing.writing import OPTIONS


def workbook(report: Report, figures: Sequence[Figure], period: Period, known: date | None, who: Any, english: bool) -> bytes:
    """The workbook as bytes: A4, landscape. Every text is written as text, so that nothing of others lives as a formula."""
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
        with xlsxwriter.Workbook(file.name, OPTIONS) as book:
            _write(book, report, figures, period, known, who, english)
        return Path(file.name).read_bytes()


def _write(book: Any, report: Report, figures: Sequence[Figure], period: Period, known: date | None, who: Any, english: bool) -> None:
    page = book.add_worksheet()
    title = book.add_format({"bold": True, "font_size": 16, "align": "center"})
    small = book.add_format({"font_size": 10})
    head = book.add_format({"bold": True, "border": 1, "bg_color": "#E8EDF3", "text_wrap": True, "align": "center"})
    text = book.add_format({"border": 1, "text_wrap": True, "valign": "top", "num_format": "@"})
    strong = book.add_format({"border": 1, "bold": True, "align": "right", "valign": "top"})
    page.merge_range(0, 0, 0, 3, "", title)
    page.write_string(0, 0, f"{report.number} {report.en if english else report.zh}", title)
    page.write_string(1, 0, f"{period.first} – {period.last}" + ((" · known by " if english else " · 截至知悉 ") + str(known) if known else ""), small)
    page.write_string(1, 3, ("live: counts what the reader may see" if english else "实时：只统计导出人能看到的"), small)
    for i, word in enumerate(("Figure", "Number", "Comparison", "Definition") if english else ("指标", "数", "比较", "口径")):
        page.write_string(2, i, word, head)
    row = 3
    for f in figures:
        page.write_string(row, 0, f.metric.en if english else f.metric.zh, text)
        page.write_string(row, 1, f.text("en" if english else "zh"), strong)
        notes = [c.en if english else c.zh for c in f.comparisons]
        if f.opening:
            notes.append(f"opening balance {f.opening}" if english else f"含期初 {f.opening}")
        page.write_string(row, 2, "\n".join(notes), text)
        page.write_string(row, 3, f.metric.about_en if english else f.metric.about_zh, text)
        row += 1
    words = names(figures, report.by)
    for f in (f for f in figures if f.groups):
        row += 1
        page.write_string(row, 0, f.metric.en if english else f.metric.zh, head)
        page.write_string(row, 1, f.metric.unit, head)
        for group, number in f.groups.items():
            row += 1
            page.write_string(row, 0, words[f.metric.code][group], text)
            page.write_string(row, 1, written(number, f.metric.rounding), strong)
        row += 1
    page.write_string(row + 1, 0, ("Taken out by " if english else "导出人：") + str(who.person) + f" · {who.now:%Y-%m-%d %H:%M}", small)
    for column, width in enumerate((34, 14, 30, 60)):
        page.set_column(column, column, width)
    page.freeze_panes(3, 0)
    page.repeat_rows(0, 2)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_header("&C&8&K808080" + f"{who.person} {who.now:%Y-%m-%d %H:%M}".replace("&", "&&")[:200])
