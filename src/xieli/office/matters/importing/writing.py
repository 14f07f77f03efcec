"""Workbooks that we write: the rows that need a person, and the same entries in another platform's sheet.

Every cell is written as what it is, text as text: nothing that a foreign ledger holds can come to life as a formula.
"""
from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter
import yaml

from xieli.office.matters.importing.cells import read_text
from xieli.office.matters.importing.layout import Layout, is_total
from xieli.office.matters.importing.piles import IN, REASONS, Row
from xieli.office.matters.importing.workbook import Book
from xieli.office.matters.services.errors import Refused

OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "constant_memory": True}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def safe(value: object) -> object:
    """Text that a workbook may hold, at most as long as a cell takes; numbers and days as they are."""
    return _CONTROL.sub("", value)[:32_000] if isinstance(value, str) else value


def put(sheet: Any, row: int, column: int, value: object, plain: Any = None, day: Any = None) -> None:
    """One typed cell: a day, a number, or text that stays text."""
    if value is None or value == "":
        sheet.write_blank(row, column, None, plain)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, day)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        sheet.write_number(row, column, value, plain)
    else:
        sheet.write_string(row, column, safe(str(value)), plain)


def write_problems(target: Path, book: Book, layout: Layout, rows: Iterable[Row], lang: str = "zh") -> int:
    """The doubtful and refused rows in the ledger's own columns, with what is wrong in front of each; returns how many.

    Mended and imported again, the file is read like any ledger: our two columns are passed over.
    """
    zh = lang == "zh"
    labels = ["原行号", "问题说明", *layout.headings]
    count, day, number = 0, layout.columns.get("received_on"), layout.columns.get("id_number")
    with xlsxwriter.Workbook(str(target), OPTIONS) as out:
        sheet = out.add_worksheet("待改" if zh else "to mend")
        head = out.add_format({"bold": True, "text_wrap": True, "border": 1, "bg_color": "#E8EDF3", "num_format": "@"})
        text = out.add_format({"num_format": "@", "text_wrap": True, "border": 1})
        sheet.set_column(0, 0, 8)
        sheet.set_column(1, 1, 46, text)
        # identity numbers typed anew stay text
        sheet.set_column(2, len(labels), 18, text)
        sheet.freeze_panes(1, 2)
        for i, label in enumerate(labels):
            sheet.write_string(0, i, str(safe(label)), head)
        for row in rows:
            if row.pile == IN:
                continue
            count += 1
            sheet.write_number(count, 0, row.at + 1)
            sheet.write_string(count, 1, "；".join(REASONS[r][1] for r in row.reasons) if zh else "; ".join(REASONS[r][2] for r in row.reasons), text)
            for i, cell in enumerate(book.rows[row.at][: len(layout.headings)]):
                if i == day and row.received_on:
                    cell = row.received_on.isoformat()
                elif i == number and "id_number" in row.reasons:
                    cell = ""  # the digits that are left are false: nothing is better than them
                put(sheet, count, i + 2, read_text(cell), text)
    return count


@dataclass(frozen=True)
class FieldMap:
    """Another platform's sheet: its name, its title line, and for each of its columns our field and the words it uses."""

    sheet: str
    title: str
    key: str
    columns: tuple[tuple[str, str, Mapping[str, str]], ...]


def load_map(path: Path) -> FieldMap:
    """Read a field map (YAML). Raises Refused with what is wrong in it."""
    def bad(zh: str, en: str) -> Refused:
        return Refused("field_map", f"字段对照表有误：{zh}", f"The field map is wrong: {en}")

    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8")[:200_000])
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise bad("不是 YAML 文本", "not YAML") from error
    if not isinstance(raw, dict) or not isinstance(raw.get("columns"), list):
        raise bad("缺少 columns", "columns are missing")
    columns = []
    for c in raw["columns"]:
        if not isinstance(c, dict) or not c.get("heading") or c.get("field") not in OUT_FIELDS:
            raise bad(f"列 {c!r}：需要 heading 和 field（{', '.join(OUT_FIELDS)}）", f"column {c!r} needs a heading and a field of {', '.join(OUT_FIELDS)}")
        columns.append((str(c["heading"]), str(c["field"]), {str(k): str(v) for k, v in (c.get("words") or {}).items()}))
    if "number" not in [f for _, f, _ in columns]:
        raise bad("必须有 number 列，两边才能逐件核对", "a number column is needed to compare entry by entry")
    key = next(h for h, f, _ in columns if f == "number")
    return FieldMap(str(raw.get("sheet") or "Sheet1")[:31], str(raw.get("title") or ""), key, tuple(columns))


OUT_FIELDS = ("number", "received_on", "source", "subject", "unit_name", "post", "cadre_rank", "summary", "title", "urgent", "status")
Entry = Mapping[str, Any]


def cells_of(found: FieldMap, entry: Entry) -> list[Any]:
    """One entry in the other platform's columns and words."""
    made = []
    for _, code, words in found.columns:
        value = entry.get(code)
        if isinstance(value, bool):
            value = "是" if value else "否"
        made.append(words.get(str(value), value) if value is not None else "")
    return made


def write_out(target: Path, found: FieldMap, entries: Iterable[Entry]) -> int:
    """Write entries in the other platform's sheet; returns how many."""
    count = 0
    with xlsxwriter.Workbook(str(target), OPTIONS) as out:
        sheet = out.add_worksheet(found.sheet)
        head, text = out.add_format({"bold": True, "num_format": "@", "border": 1}), out.add_format({"num_format": "@"})
        day = out.add_format({"num_format": "yyyy-mm-dd"})
        first = 0
        if found.title:
            sheet.write_string(0, 0, str(safe(found.title)), head)
            first = 1
        for i, (heading, _, _) in enumerate(found.columns):
            sheet.write_string(first, i, str(safe(heading)), head)
        sheet.set_column(0, len(found.columns), 18)
        sheet.freeze_panes(first + 1, 0)
        for entry in entries:
            count += 1
            for i, value in enumerate(cells_of(found, entry)):
                put(sheet, first + count, i, value, text, day)
    return count


@dataclass(frozen=True)
class Difference:
    """One place where two sheets do not say the same: `column` is empty when the whole entry is on one side only."""

    number: str
    column: str
    ours: str
    theirs: str


def reconcile(found: FieldMap, entries: Sequence[Entry], theirs: Book) -> tuple[int, int, list[Difference]]:
    """Compare with what the other platform gave out: how many we hold, how many it holds, and every difference."""
    headings = [h for h, _, _ in found.columns]
    at = next((i for i, row in enumerate(theirs.rows[:20]) if found.key in [str(c).strip() for c in row]), None)
    if at is None:
        raise Refused("no_header", f"对方表格前 20 行没有“{found.key}”列。", f"The other sheet has no column “{found.key}” in its first 20 rows.")
    where = {str(c).strip(): i for i, c in enumerate(theirs.rows[at])}
    missing = [h for h in headings if h not in where]
    if missing:
        raise Refused("missing_columns", f"对方表格缺少列：{'、'.join(missing)}", f"The other sheet lacks columns: {', '.join(missing)}")
    hold: dict[str, list[str]] = {}
    extra: list[Difference] = []
    held = 0
    for row in theirs.rows[at + 1:]:
        if not any(c not in ("", None) for c in row) or is_total(row):
            continue
        held += 1
        values = [read_text(row[where[h]]) if where[h] < len(row) else "" for h in headings]
        number = values[headings.index(found.key)]
        if number in hold:
            extra.append(Difference(number, "", "", "twice"))
        hold[number] = values
    differences = extra
    for entry in entries:
        mine = ["" if v is None else v.isoformat() if isinstance(v, date) else str(safe(str(v))).strip() for v in cells_of(found, entry)]
        number = str(entry.get("number") or "")
        other = hold.pop(number, None)
        if other is None:
            differences.append(Difference(number, "", "here", ""))
            continue
        differences += [Difference(number, h, a, b) for h, a, b in zip(headings, mine, other, strict=True) if a != b]
    differences += [Difference(number, "", "", "there") for number in hold]
    return len(entries), held, differences
