"""A register as an Excel sheet that can be printed as it is: title, unit, period, signer, frozen header, totals.

The same columns as on the screen, names masked as there, a watermark with who took it out and when; every cell is typed, so
that nothing written by others can live as a formula.
"""
from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from xieli.faces.web.registers import Column
from xieli.faces.web.templatetags.xieli import ZONE
from xieli.office.matters.importing.writing import OPTIONS, put
from xieli.office.matters.tables.core import Matter


@dataclass(frozen=True)
class Sheet:
    """What stands above, beside and below the table. The texts are in the reader's language."""

    title: str
    unit: str
    period: str
    signer: str
    watermark: str
    total: str
    number: str
    a3: bool = False


def workbook(sheet: Sheet, columns: list[Column], rows: Iterable[Matter]) -> bytes:
    """The whole workbook as bytes: A4 or A3, landscape, the header repeated on every page."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "register.xlsx"
        write(target, sheet, columns, rows)
        return target.read_bytes()


def write(target: Path, sheet: Sheet, columns: list[Column], rows: Iterable[Matter]) -> None:
    """The workbook as a file; rows are taken one after the other and not kept."""
    book = xlsxwriter.Workbook(str(target), OPTIONS)
    _write(book, sheet, columns, rows)
    book.close()


def _write(book: Any, sheet: Sheet, columns: list[Column], rows: Iterable[Matter]) -> None:
    page = book.add_worksheet()
    last = len(columns)
    title = book.add_format({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"})
    small = book.add_format({"font_size": 10})
    head = book.add_format({"bold": True, "border": 1, "align": "center", "valign": "vcenter", "text_wrap": True, "bg_color": "#E8EDF3"})
    text = book.add_format({"border": 1, "text_wrap": True, "valign": "top", "num_format": "@"})
    number = book.add_format({"border": 1, "valign": "top", "align": "right", "num_format": "0"})
    day = book.add_format({"border": 1, "valign": "top", "num_format": "yyyy-mm-dd"})
    page.merge_range(0, 0, 0, last, "", title)
    page.write_string(0, 0, sheet.title, title)
    page.set_row(0, 28)
    page.write_string(1, 0, sheet.unit, small)
    page.write_string(1, max(1, last - 1), sheet.period, small)
    page.write_string(2, 0, sheet.number, head)
    page.set_column(0, 0, 6)
    for i, column in enumerate(columns, 1):
        page.write_string(2, i, str(column.label), head)
        page.set_column(i, i, column.width)
    count = 0
    for count, matter in enumerate(rows, 1):
        page.write_number(count + 2, 0, count, number)
        for i, column in enumerate(columns, 1):
            put(page, count + 2, i, cell(column.cell(matter)), text, day)
    end = count + 3
    page.write_string(end, 0, sheet.total, head)
    page.write_number(end, 1, count, number)
    page.write_string(end + 1, 0, sheet.signer, small)
    page.freeze_panes(3, 3)
    page.repeat_rows(0, 2)
    page.set_landscape()
    page.set_paper(8 if sheet.a3 else 9)
    page.fit_to_pages(1, 0)
    page.print_area(0, 0, end + 1, last)
    # in header and footer `&` begins a code
    page.set_header("&C&8&K808080" + sheet.watermark.replace("&", "&&")[:200])
    page.set_footer("&C&P / &N&R&8" + sheet.watermark.replace("&", "&&")[:200])


def cell(value: object) -> object:
    """A value as a sheet holds it: an instant as its day in the zone of the calendar, lazy words as words."""
    if isinstance(value, datetime):
        return value.astimezone(ZONE).date()
    if value is None or isinstance(value, date | int | float):
        return value
    return str(value)
