"""One cell at a time: days in four spellings, identity numbers that Excel kept as numbers, yes and no."""
from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache
from math import isfinite

from xieli.engines.identifiers import Grade, check
from xieli.office.matters.importing.workbook import Cell

_DAY = re.compile(r"\x01(\d{4})-(\d\d)-(\d\d)")  # what the reader makes of a cell that holds a day
_DASHED = re.compile(r"(\d{4})\s*[-/.．年]\s*(\d{1,2})\s*[-/.．月]\s*(\d{1,2})\s*日?(?:[T\s].*)?")
_MONTH = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*月?")
_SHORT = re.compile(r"(\d{1,2})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{2,4})")
_NO_YEAR = re.compile(r"\d{1,2}\s*[-/.．月]\s*\d{1,2}\s*日?")
_PACKED = re.compile(r"(\d{4})(\d{2})(\d{2})")
_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
_HAN = re.compile(r"([〇零○一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})日")
# Excel's days: 1 January 1990 to 31 December 2099
SERIALS = range(32874, 73051)


def _han(text: str) -> int:
    if text == "十":
        return 10
    tens, _, ones = text.rpartition("十")
    if "十" not in text:
        return int(text.translate(_DIGITS))
    return (int(tens.translate(_DIGITS)) if tens else 1) * 10 + (int(ones.translate(_DIGITS)) if ones else 0)


def _number(cell: float) -> str:
    return str(int(cell)) if isfinite(cell) and cell == int(cell) else str(cell)


def _made(year: str | int, month: str | int, day: str | int) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


@lru_cache(maxsize=20_000)
def read_date(cell: Cell) -> tuple[date | None, str]:
    """The day and a reason code: "" sure, else `date_month`, `date_year`, `date_order` (doubtful) or `date` (not a day)."""
    if cell is None or cell == "":
        return None, ""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if cell in SERIALS:
            return date(1899, 12, 30) + timedelta(days=int(cell)), ""
        cell = _number(cell)
    text = str(cell).strip()
    if m := _DAY.fullmatch(text):
        day = _made(*m.groups())
        return day, "" if day else "date"
    if m := (_DASHED.fullmatch(text) or _PACKED.fullmatch(text)):
        day = _made(*m.groups())
        return day, "" if day else "date"
    if m := _HAN.fullmatch(text.replace(" ", "")):
        day = _made(m.group(1).translate(_DIGITS), _han(m.group(2)), _han(m.group(3)))
        return day, "" if day else "date"
    if m := _MONTH.fullmatch(text):
        day = _made(m.group(1), m.group(2), 1)
        return day, "date_month" if day else "date"
    if len(text) == 5 and text.isdecimal() and int(text) in SERIALS:
        return date(1899, 12, 30) + timedelta(days=int(text)), ""
    if _SHORT.fullmatch(text):
        return None, "date_order"
    if _NO_YEAR.fullmatch(text):
        return None, "date_year"
    return None, "date"


def read_identity(cell: Cell, today: date) -> tuple[str, str]:
    """The number in the form in which it is compared, and a reason code: "" right or empty, `id_number` digits lost in a
    number cell, `id_check` doubtful, `id_wrong` wrong. A number that lost its digits is not kept."""
    if cell is None or cell == "":
        return "", ""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        # Excel keeps fifteen digits: of an eighteen-digit number the last three are gone
        if not abs(cell) < 1e15 or cell != int(cell):
            return "", "id_number"
        cell = _number(cell)
    text = "".join(c for c in str(cell).strip() if c.isprintable())  # marks of direction that come along when a number is copied
    verdict = check("person_id", text, today)
    if verdict.grade is Grade.WRONG:
        return "", "id_number" if {"digits_lost", "rounded"} & set(verdict.reasons) else "id_wrong"
    # a fifteen-digit number has no check digit; area codes that begin with 99 are those of invented people
    plain = {"legacy15", "area_unassigned"} if verdict.key.startswith("99") else {"legacy15"}
    return verdict.key, "" if verdict.grade is Grade.RIGHT or set(verdict.reasons) <= plain else "id_check"


def read_flag(cell: Cell) -> bool:
    """Yes in the ways clerks write it."""
    return cell is True or str(cell or "").strip().lower() in ("是", "√", "✓", "1", "1.0", "y", "yes", "紧急", "急", "特急")


def read_text(cell: Cell) -> str:
    """Text as shown: whole numbers without a decimal point, days as days, no control characters."""
    if cell is None or cell is True or cell is False:
        return "" if cell is None else "是" if cell else "否"
    if isinstance(cell, float):
        return _number(cell)
    text = str(cell).removeprefix("\x01")
    return "".join(c for c in text if c >= " " or c in "\n\t").strip()
