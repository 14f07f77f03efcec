"""Sorting a ledger's rows into three piles: in, doubtful, refused. The sealed ones are taken out by the service.

Nothing here asks the database; `sort_rows` is what a dry run costs.
"""
from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from operator import itemgetter

from xieli.office.matters.importing.cells import read_date, read_flag, read_identity, read_text
from xieli.office.matters.importing.layout import Layout, is_total, stated_total
from xieli.office.matters.importing.workbook import Book, Cell

IN, DOUBTFUL, REFUSED = "in", "doubtful", "refused"

# code -> (pile, Chinese, English)
REASONS: dict[str, tuple[str, str, str]] = {
    "no_subject": (REFUSED, "没有被反映人（不明的请填“不详”）", "no subject (write “不详” if unknown)"),
    "no_summary": (REFUSED, "没有主要问题", "no allegations"),
    "date": (REFUSED, "收到日期不是日期", "the date received is no date"),
    "date_future": (REFUSED, "收到日期晚于今天", "the date received lies in the future"),
    "too_long": (REFUSED, "姓名、编号、单位或职务过长", "name, number, unit or post is too long"),
    "date_missing": (DOUBTFUL, "没有收到日期；入账后收到日期留空", "no date received; it stays empty when taken in"),
    "date_month": (DOUBTFUL, "收到日期只有年月；入账时按当月 1 日记", "only year and month; taken in as the first of the month"),
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
        worst = {REASONS[r][0] for r in self.reasons}
        return REFUSED if REFUSED in worst else DOUBTFUL if DOUBTFUL in worst else IN


@dataclass
class Sorted:
    """A ledger after reading: its rows, what its totals row states, notes for the person."""

    rows: list[Row]
    stated: int | None = None
    blank: int = 0


FIELDS = ("number", "received_on", "source", "subject", "id_number", "unit_name", "post", "cadre_rank", "summary", "title", "urgent")
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
    """Read every row below the header. Blank rows are passed over, the totals row is compared and not an entry."""
    with _without_collector():
        return _sort(book, layout, today)


@contextmanager
def _without_collector() -> Iterator[None]:
    """A hundred thousand rows make no cycles, and the collector, which walks them again and again, would take a third of the time."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


def _sort(book: Book, layout: Layout, today: date) -> Sorted:
    found: list[Row] = []
    stated: int | None = None
    blank = 0
    columns = layout.columns
    numbers: set[str] = set()
    seen: set[tuple[str, ...]] = set()
    sources: dict[str, tuple[str, str]] = {}
    # a row is filled up with empty cells and one more: a column that the ledger lacks is that last one
    where = itemgetter(*(columns.get(code, -1) for code in FIELDS))
    used = itemgetter(*columns.values(), -1)
    need = max(columns.values(), default=0) + 1
    dated = "received_on" in columns
    for i, row in enumerate(islice(book.rows, layout.first, None), layout.first):
        cells = [*row[:need], *[""] * (need + 1 - min(len(row), need))]
        if not any(cell not in ("", None) for cell in used(cells)):
            blank += 1
            continue
        if is_total(row):
            stated = stated_total(row)
            continue
        entry = _read(where(cells), i, today, sources, dated)
        if entry.number:
            if entry.number in numbers:
                entry.reasons.append("dup_number")
            numbers.add(entry.number)
        key = (entry.subject, entry.id_number or entry.unit_name, entry.summary)
        if key in seen and "dup_number" not in entry.reasons:
            entry.reasons.append("dup_row")
        seen.add(key)
        found.append(entry)
    return Sorted(found, stated, blank)


def _text(cell: Cell) -> str:
    return cell.strip() if type(cell) is str and cell.isprintable() else read_text(cell)


def _read(cells: tuple[Cell, ...], i: int, today: date, sources: dict[str, tuple[str, str]], dated: bool) -> Row:
    """One entry from its cells in the order of FIELDS; `dated` says that the ledger has a column for the day received."""
    reasons: list[str] = []
    subject, summary, number = _text(cells[3]), _text(cells[8]), _text(cells[0])
    if not subject:
        reasons.append("no_subject")
    if not summary:
        reasons.append("no_summary")
    received, problem = read_date(cells[1])
    if problem:
        reasons.append(problem)
    elif received is None and dated:
        reasons.append("date_missing")
    if received is not None and received > today:
        reasons.append("date_future")
    id_number, problem = read_identity(cells[4], today)
    if problem:
        reasons.append(problem)
    written = _text(cells[2])
    if written not in sources:
        sources[written] = source_for(written)
    source, problem = sources[written]
    if problem:
        reasons.append(problem)
    unit, post, rank = _text(cells[5]), _text(cells[6]), _text(cells[7])
    if len(subject) > 120 or len(number) > 40 or len(unit) > 120 or len(post) > 80 or len(rank) > 24:
        reasons.append("too_long")
    title = (_text(cells[9]) or f"反映{subject}的问题")[:300]
    return Row(i, number, received, source, subject, id_number, unit, post, rank, summary, title, read_flag(cells[10]), reasons)
