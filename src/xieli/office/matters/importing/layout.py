"""Where the table begins: title lines, the reporting unit, a header in one or two rows, the totals row."""
from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from xieli.office.matters.importing.fields import field_for, fields
from xieli.office.matters.importing.workbook import Cell
from xieli.office.matters.services.errors import Refused

WITHIN = 20
_UNIT = re.compile(r"(?:填报|报送|填表)(?:单位|机关|部门)\s*[（(]?[^:：]{0,6}[:：]\s*(\S.*)")
_TOTAL = re.compile(r"^\s*(合\s*计|总\s*计|小\s*计|共\s*计|total)\s*[:：]?", re.IGNORECASE)
_PART = re.compile(r"\s*(小\s*计|\S{1,10}(小计|合计|总计|累计))\s*[:：]?\s*共?\s*[\d,]*\s*(件|条|行)?")
_SIGNED = re.compile(r"\s*(?:(?:审核|复核|审批|审签|制表|填表|填报|报送|经办|分管|主管|单位负责|负责|联系)[^:：]{0,6}|注|备注|说明|填表说明|注意)\s*[:：]")
# most rows are told by their first letter; a blank says nothing yet
TOTAL_BEGINS = frozenset("合总小共tT本截累第一二三四五六七八九十上下全年审复制填报经分主单负联注备说") | {c for c in map(chr, range(0x3001)) if c.isspace()}
_COUNT = re.compile(r"(\d[\d,]*)\s*(?:件|条|行)?")


@dataclass(frozen=True)
class Layout:
    """How a sheet is laid out. Rows and columns count from 0."""

    header: tuple[int, ...]
    headings: tuple[str, ...]
    columns: dict[str, int]
    first: int
    unit: str = ""
    title: str = ""
    unknown: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())


def _text(cell: Cell) -> str:
    return "" if cell is None else str(cell).strip()


def _headings(rows: Sequence[Sequence[Cell]], at: int, two: bool) -> list[str]:
    upper = [_text(c) for c in rows[at]]
    if not two:
        return upper
    lower = [_text(c) for c in rows[at + 1]]
    width = max(len(upper), len(lower))
    upper += [""] * (width - len(upper))
    lower += [""] * (width - len(lower))
    found, group = [], ""
    for up, low in zip(upper, lower, strict=True):
        # a merged group's name stands in its first cell only
        group = up or (group if low else "")
        if not low:
            found.append(up)
        elif field_for(group + low) or not group:
            found.append(group + low)
        else:
            found.append(low if field_for(low) else f"{group}{low}")
    return found


def _score(headings: Sequence[str]) -> int:
    return len({f for f in map(field_for, headings) if f and f != "ignored"})


def find_layout(rows: Sequence[Sequence[Cell]], chosen: Mapping[str, str] | None = None) -> Layout:
    """Find the header within the first twenty rows. `chosen` maps headings to fields where a person decided otherwise.

    Raises Refused when no row names the person reported and the allegations.
    """
    chosen = dict(chosen or {})
    best: tuple[int, int, bool, list[str]] | None = None
    for at in range(min(WITHIN, len(rows))):
        for two in (False, True):
            if two and at + 1 >= min(WITHIN, len(rows)):
                continue
            headings = _headings(rows, at, two)
            score = _score(headings) + sum(1 for h in headings if h in chosen)
            if two and _score([_text(c) for c in rows[at + 1]]) == 0:
                continue
            # of equals one row rather than two, then the one that stands higher
            if score >= 2 and (best is None or (score, not two) > (best[0], not best[2])):
                best = (score, at, two, headings)
    if best is None:
        raise Refused("no_header", f"前 {WITHIN} 行里找不到表头。表头须含“被反映人”和“主要问题”（或同义的列名）。没有写入任何内容。",
                      f"No header was found in the first {WITHIN} rows. It must name the subject and the allegations. Nothing was written.")
    _, at, two, headings = best
    columns: dict[str, int] = {}
    unknown: list[str] = []
    for i, heading in enumerate(headings):
        code = chosen.get(heading, field_for(heading))
        if not heading or code in ("ignored", "", "-"):
            continue
        if code is None or code not in fields() or code in columns:
            unknown.append(heading)
        else:
            columns[code] = i
    missing = [f for f in fields().values() if f.required and f.code not in columns]
    if missing:
        zh, en = "、".join(f"“{f.zh}”" for f in missing), ", ".join(f"“{f.en}”" for f in missing)
        raise Refused("missing_columns", f"表头（第 {at + 1} 行）缺少 {zh} 列；请核对列名，或指定哪一列是它。没有写入任何内容。",
                      f"The header (row {at + 1}) lacks {en}; check the headings or say which column it is. Nothing was written.")
    header = (at, at + 1) if two else (at,)
    above = [_text(c) for row in rows[:at] for c in row if _text(c)]
    unit = next((m.group(1).split("  ")[0].strip() for t in above if (m := _UNIT.search(t))), "")
    title = next((t for t in above if not _UNIT.search(t)), "")
    return Layout(header, tuple(headings), columns, header[-1] + 1, unit, title, tuple(unknown))


def _begins(row: Sequence[Cell]) -> str:
    return next((text for cell in row if (text := _text(cell))), "")


def is_total(row: Sequence[Cell]) -> bool:
    """Whether the row is a totals row, the ledger's or a month's: its first words say so."""
    text = _begins(row)
    return bool(_TOTAL.match(text) or _PART.fullmatch(text))


def is_grand_total(row: Sequence[Cell]) -> bool:
    """Whether the total is the whole ledger's and not that of a page or a month."""
    return not _PART.fullmatch(_begins(row))


def is_signature(row: Sequence[Cell]) -> bool:
    """Whether the row is what stands below a table: who made and checked it, a note."""
    return bool(_SIGNED.match(_begins(row)))


def stated_total(row: Sequence[Cell]) -> int | None:
    """The number of entries that a totals row states, if it states one."""
    for cell in row:
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            return int(cell)
        text = _TOTAL.sub("", _text(cell))
        if found := _COUNT.search(text):
            return int(found.group(1).replace(",", ""))
    return None
