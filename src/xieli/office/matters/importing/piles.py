"""Sorting a ledger's rows into three piles: in, doubtful, refused. The sealed ones are taken out by the service.

Nothing here asks the database; `sort_rows` is what a dry run costs.
"""
from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

from xieli.office.matters.importing.cells import read_date, read_flag, read_identity, read_text
from xieli.office.matters.importing.layout import (
    TOTAL_BEGINS,
    Layout,
    is_grand_total,
    is_signature,
    is_total,
    stated_total,
)
from xieli.office.matters.importing.workbook import Book, Cell
from xieli.office.matters.services.names import PLAIN_NAMES, persons, read_name

IN, DOUBTFUL, REFUSED = "in", "doubtful", "refused"

# code -> (pile, Chinese, English)
REASONS: dict[str, tuple[str, str, str]] = {
    "no_subject": (REFUSED, "没有被反映人（不明的请填“不详”）", "no subject (write “不详” if unknown)"),
    "no_summary": (REFUSED, "没有主要问题", "no allegations"),
    "several": (REFUSED, "一格里像有几个人；请每人一行，各自登记", "there seem to be several persons in one cell; give each a row of his own"),
    "date": (REFUSED, "收到日期读不出来（没有这一天，或写法不认识）；请写成 2025-03-05", "the date received cannot be read (no such day, or an unknown spelling); write 2025-03-05"),
    "date_future": (REFUSED, "收到日期晚于今天", "the date received lies in the future"),
    "too_long": (REFUSED, "姓名、编号、单位或职务过长", "name, number, unit or post is too long"),
    "date_missing": (DOUBTFUL, "没有收到日期；入账后收到日期留空", "no date received; it stays empty when taken in"),
    "date_month": (DOUBTFUL, "收到日期只有年月；入账时按当月 1 日记", "only year and month; taken in as the first of the month"),
    "date_year": (DOUBTFUL, "收到日期没有写年份；请写成 2025-03-05；入账后收到日期留空", "the date received names no year; write 2025-03-05; it stays empty when taken in"),
    "date_order": (DOUBTFUL, "日期写法分不清年月日先后；请写成 2025-03-05；入账后收到日期留空", "day and month cannot be told apart; write 2025-03-05; it stays empty when taken in"),
    "id_number": (DOUBTFUL, "身份证号被 Excel 存成了数字，末几位已丢失；请把该列设为“文本”后重新填写；入账时不记身份证号",
                  "Excel kept the identity number as a number and lost its last digits; set the column to text and enter it again; taken in without the number"),
    "id_wrong": (DOUBTFUL, "身份证号不对（位数、日期或校验码）；入账时不记身份证号", "the identity number is wrong (length, date or check digit); taken in without it"),
    "id_check": (DOUBTFUL, "身份证号存疑，请核对", "the identity number is doubtful; check it"),
    "source": (DOUBTFUL, "来源不在名录内；入账时记为信访举报", "the source is not on the list; taken in as petition or report"),
    "dup_number": (DOUBTFUL, "编号与本表前面的一行相同", "the number stands in an earlier row of this file"),
    "dup_row": (DOUBTFUL, "与本表前面的一行是同一人同一问题", "the same person and allegations stand in an earlier row"),
    "known_number": (DOUBTFUL, "编号与您能看到的一条线索相同", "a lead that you may see has this number"),
    "known_subject": (DOUBTFUL, "与您能看到的一条线索是同一人", "a lead that you may see is about the same person"),
}


@dataclass(slots=True)
class Row:
    """One entry of the ledger: where it stood, what was read, and what is wrong with it."""

    at: int
    number: str
    received_on: date | None
    source: str
    subject: str
    id_number: str
    unit_name: str
    post: str
    cadre_rank: str
    summary: str
    title: str
    urgent: bool
    reasons: list[str] = field(default_factory=list)

    @property
    def pile(self) -> str:
        """The worst of its reasons."""
        if not self.reasons:
            return IN
        worst = {REASONS[r][0] for r in self.reasons}
        return REFUSED if REFUSED in worst else DOUBTFUL if DOUBTFUL in worst else IN


@dataclass
class Sorted:
    """A ledger after reading: its rows, what its totals row states, and where rows stood that are no entries (totals, signatures)."""

    rows: list[Row]
    stated: int | None = None
    blank: int = 0
    passed: list[int] = field(default_factory=list)


SOURCES = {
    "petition": ("信访", "来信", "来访", "来电", "网络", "举报", "信访举报", "12388"), "inspection": ("巡视", "巡察"), "audit": ("审计",), "superior": ("上级", "交办"),
    "supervision": ("监督检查", "日常监督", "专项监督"), "case": ("审查调查", "办案", "案件"), "model": ("模型", "大数据"), "handover": ("移送", "公安", "法院", "检察"), "department": ("职能部门", "主管部门", "部门"),
}


def source_for(text: str) -> tuple[str, str]:
    """The playbook's code for a source as written, and a reason when it is not known."""
    if not text:
        return "petition", ""
    for code, words in SOURCES.items():
        if text == code or any(w in text for w in words):
            return code, ""
    return "petition", "source"


def sort_rows(book: Book, layout: Layout, today: date) -> Sorted:
    """Read every row below the header. Blank rows are passed over, the totals row is compared and not an entry. Part by part
    and there column by column: most columns of a part hold nothing special, and one look at all their cells says so; what is
    special is looked at cell by cell."""
    found = Sorted([])
    seen = _Seen()
    # a row is filled up with empty cells and one more: a column that the ledger lacks is that last one
    need = max(layout.columns.values(), default=0) + 1
    filled = [""] * (need + 1)
    for first, rows in book.rows.parts():
        places, entries = _entries(found, layout, first, rows)
        if entries:
            cut = [[*row[:need], *filled[min(len(row), need):]] for row in entries]
            found.rows += _read(list(zip(*cut, strict=True)), places, layout, today, seen)
    return found


@contextmanager
def without_collector() -> Iterator[None]:
    """A hundred thousand rows make no cycles, and the collector, which walks them again and again, would take a third of the time."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


def _entries(found: Sorted, layout: Layout, first: int, rows: list[list[Cell]]) -> tuple[Sequence[int], list[list[Cell]]]:
    """The rows of a part that are entries, and where they stand: not the header, not blank, not the totals row."""
    begin = max(0, layout.first - first)
    rows, first = rows[begin:], first + begin
    subject, summary, used = layout.columns["subject"], layout.columns["summary"], list(layout.columns.values())
    # a row whose first cell begins like no totals row and that names somebody is an entry at sight
    odd = [i for i, row in enumerate(rows) if not (len(row) > subject and row[subject] and (c := row[0]) and (type(c) is not str or c[0] not in TOTAL_BEGINS))]
    if not odd:
        return range(first, first + len(rows)), rows
    out = set()
    for i in odd:
        row = rows[i]
        if not any(c < len(row) and row[c] not in ("", None) for c in used):
            found.blank += 1
            out.add(i)
        elif is_total(row):
            if is_grand_total(row):
                found.stated = stated_total(row)
            found.passed.append(first + i)
            out.add(i)
        elif is_signature(row) and not (summary < len(row) and read_text(row[summary])) and not (subject < len(row) and row[subject] and not is_signature([row[subject]])):
            found.passed.append(first + i)
            out.add(i)
    return [first + i for i in range(len(rows)) if i not in out], [row for i, row in enumerate(rows) if i not in out]


@dataclass(slots=True)
class _Seen:
    """What earlier rows held."""

    numbers: set[str] = field(default_factory=set)
    keys: set[tuple[str, str, str]] = field(default_factory=set)
    sources: dict[str, tuple[str, str]] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)  # names, units and posts come again and again: each is kept once


def _texts(cells: Sequence[Cell]) -> list[str]:
    """A column as text."""
    try:
        if "".join(cells).isprintable():  # type: ignore[arg-type]
            return [cell.strip() for cell in cells]  # type: ignore[union-attr]
    except TypeError:
        pass  # numbers, truth values or nothing among them
    return [read_text(cell) for cell in cells]


def _read(columns: list[tuple[Cell, ...]], places: Sequence[int], layout: Layout, today: date, seen: _Seen) -> list[Row]:
    """The entries of one part from its columns."""
    count = len(places)
    reasons: list[list[str]] = [[] for _ in places]

    def cells(code: str) -> tuple[Cell, ...]:
        return columns[layout.columns.get(code, -1)]

    def texts(code: str) -> list[str]:
        return _texts(cells(code))

    def told(wrong: Iterable[object], code: str) -> None:
        for of, is_wrong in zip(reasons, wrong, strict=True):
            if is_wrong:
                of.append(code)

    def told_each(problems: Sequence[str]) -> None:
        if any(problems):
            for of, problem in zip(reasons, problems, strict=True):
                if problem:
                    of.append(problem)

    once = seen.words.setdefault

    def kept(code: str) -> list[str]:
        found = texts(code)
        return list(map(once, found, found))

    subjects, summaries, numbers = kept("subject"), texts("summary"), texts("number")
    if not PLAIN_NAMES.fullmatch("".join(subjects)):
        subjects = [once(name, name) for name in map(read_name, subjects)]
        told((len(persons(s)) > 1 for s in subjects), "several")
    if not all(subjects):
        told((not s for s in subjects), "no_subject")
    if not all(summaries):
        told((not s for s in summaries), "no_summary")
    days, problems = zip(*map(read_date, cells("received_on")), strict=True)
    if "received_on" in layout.columns and not all(days):
        problems = tuple(p or ("" if day else "date_missing") for day, p in zip(days, problems, strict=True))
    told_each(problems)
    if any(day > today for day in set(days) if day):
        told((day and day > today for day in days), "date_future")
    identities: Sequence[str] = [""] * count
    if any(cell not in ("", None) for cell in cells("id_number")):
        identities, problems = zip(*(read_identity(cell, today) for cell in cells("id_number")), strict=True)
        told_each(problems)
    written = texts("source")
    for word in set(written).difference(seen.sources):
        seen.sources[word] = source_for(word)
    sources, problems = zip(*map(seen.sources.__getitem__, written), strict=True)
    told_each(problems)
    units, posts, ranks = kept("unit_name"), kept("post"), kept("cadre_rank")
    limited = ((subjects, 120), (numbers, 40), (units, 120), (posts, 80), (ranks, 24))
    if any(max(map(len, column)) > most for column, most in limited):
        told((any(len(column[i]) > most for column, most in limited) for i in range(count)), "too_long")
    titles = [once(found := (title or f"反映{subject}的问题")[:300], found) for title, subject in zip(texts("title"), subjects, strict=True)]
    urgent = [False] * count if "urgent" not in layout.columns else map(read_flag, cells("urgent"))
    _mark_twice(numbers, [*zip(subjects, [i or u for i, u in zip(identities, units, strict=True)], summaries, strict=True)], reasons, seen)
    return list(map(Row, places, numbers, days, sources, subjects, identities, units, posts, ranks, summaries, titles, urgent, reasons))


def _mark_twice(numbers: list[str], keys: list[tuple[str, str, str]], reasons: list[list[str]], seen: _Seen) -> None:
    """Doubtful what stands in an earlier row already: its number, or the same person and allegations."""
    fresh = set(numbers)
    if not (all(numbers) and len(fresh) == len(numbers) and seen.numbers.isdisjoint(fresh)):
        for number, of in zip(numbers, reasons, strict=True):
            if number in seen.numbers:
                of.append("dup_number")
            elif number:
                seen.numbers.add(number)
    seen.numbers |= fresh - {""}
    new = set(keys)
    if not (len(new) == len(keys) and seen.keys.isdisjoint(new)):
        for key, of in zip(keys, reasons, strict=True):
            if key in seen.keys and "dup_number" not in of:
                of.append("dup_row")
            seen.keys.add(key)
    seen.keys |= new
