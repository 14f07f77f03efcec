"""Calendars and notices read from files: YAML head, CSV days. Every fault names file and line."""
from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path
from zoneinfo import ZoneInfo

from xieli.content import content_path

from .calendar import PUBLISHED, Calendar, DayFact, Notice
from .errors import ContentError
from .yamlfile import Document, check, parse_yaml

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# A clerk writes 班/休 in Excel, a file says work/rest.
WORKING = {"work": True, "班": True, "rest": False, "休": False}
Folder = Traversable | Path


def _schema(name: str) -> str:
    return content_path("calendars", name).read_text(encoding="utf-8")


def read_day(text: str, file: str, line: int) -> date:
    """A date written 2026-01-01. Raises ContentError."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ContentError(
            file, line, f"“{text}”不是日期，应写成 2026-01-01。", f"“{text}” is not a date; write 2026-01-01."
        ) from None


def parse_days(text: str, file: str) -> dict[date, DayFact]:
    """Days of a calendar from CSV (day, working, zh, en, optional notice). Raises ContentError."""
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff")))
    days: dict[date, DayFact] = {}
    header: list[str] = []
    for row in reader:
        line = reader.line_num
        if not row or not any(cell.strip() for cell in row) or row[0].startswith("#"):
            continue
        if not header:
            header = [cell.strip() for cell in row]
            if header[:4] != ["day", "working", "zh", "en"] or header[4:] not in ([], ["notice"]):
                raise ContentError(
                    file, line, "首行应为 day,working,zh,en[,notice]。",
                    "The first row must be day,working,zh,en[,notice].",
                )
            continue
        if len(row) != len(header):
            raise ContentError(
                file, line, f"应有 {len(header)} 列，实有 {len(row)} 列。",
                f"Expected {len(header)} columns, found {len(row)}.",
            )
        cells = [cell.strip() for cell in row]
        day = read_day(cells[0], file, line)
        if day in days:
            raise ContentError(file, line, f"{day} 出现两次。", f"{day} appears twice.")
        if cells[1] not in WORKING:
            raise ContentError(
                file, line, f"working 应为 work 或 rest，不是“{cells[1]}”。",
                f"working must be work or rest, not “{cells[1]}”.",
            )
        if not cells[2] or not cells[3]:
            raise ContentError(file, line, "名称须有中文和英文。", "A day needs its name in Chinese and English.")
        days[day] = DayFact(WORKING[cells[1]], cells[2], cells[3], cells[4] if len(cells) > 4 else "")
    if not header:
        raise ContentError(file, 1, "文件没有表头。", "The file has no header row.")
    return days


def parse_notice(text: str, file: str) -> Notice:
    """A notice from YAML, or from CSV whose head lines read ``# calendar: …``, ``# notice: …``, ``# years: 2027``.

    Raises ContentError with file and line.
    """
    if file.lower().endswith(".csv"):
        return _notice_from_csv(text, file)
    document = parse_yaml(text, file)
    check(document, _schema("notice.schema.json"))
    data = document.data
    years = frozenset(data.get("years", []))
    days: dict[date, DayFact] = {}
    for index, item in enumerate(data["days"]):
        line = document.line("days", index)
        day = read_day(item["day"], file, document.line("days", index, "day"))
        if day in days:
            raise ContentError(file, line, f"{day} 出现两次。", f"{day} appears twice.")
        days[day] = DayFact(WORKING[item["working"]], item["zh"], item["en"], data["notice"])
    _check_years(years, days, file, document.line("years"))
    return Notice(data["calendar"], data["notice"], years, days, data["zh"], data["en"])


def _notice_from_csv(text: str, file: str) -> Notice:
    head: dict[str, str] = {}
    for line in text.lstrip("\ufeff").splitlines():
        if not line.startswith("#"):
            break
        key, _, value = line.lstrip("#").partition(":")
        head[key.strip()] = value.strip()
    for key in ("calendar", "notice"):
        if not head.get(key):
            raise ContentError(
                file, 1, f"文件开头缺少一行“# {key}: …”。", f"The file must begin with a line “# {key}: …”."
            )
    try:
        years = frozenset(int(part) for part in head.get("years", "").split())
    except ValueError:
        raise ContentError(
            file, 1, "“# years:”后应为年份，以空格分开。", "“# years:” takes years, parted by spaces."
        ) from None
    days = parse_days(text, file)
    _check_years(years, days, file, 1)
    number = head["notice"]
    return Notice(head["calendar"], number, years, days, head.get("zh", number), head.get("en", number))


def _check_years(years: frozenset[int], days: Mapping[date, DayFact], file: str, line: int) -> None:
    named = {day.year for day in days}
    for year in sorted(years):
        if year not in named:
            raise ContentError(
                file, line, f"通知称公布 {year} 年，却没有该年的日期。",
                f"The notice claims to settle {year} but names no day of that year.",
            )


def _build(document: Document, folder: Folder, bases: Mapping[str, Calendar]) -> Calendar:
    data, file = document.data, document.file
    days_file = folder / data["days"]
    if not days_file.is_file():
        raise document.error(("days",), f"找不到 {data['days']}。", f"{data['days']} was not found.")
    days = parse_days(days_file.read_text(encoding="utf-8"), data["days"])
    if "base" in data:
        base = bases.get(data["base"])
        if base is None:
            raise document.error(("base",), f"没有日历 {data['base']}。", f"There is no calendar {data['base']}.")
        return base.with_days(days, code=data["calendar"], zh=data["zh"], en=data["en"])
    first = read_day(data["first"], file, document.line("first"))
    last = read_day(data["last"], file, document.line("last"))
    try:
        ZoneInfo(data["zone"])
    except (KeyError, ValueError, OSError):
        raise document.error(
            ("zone",), f"不认识的时区 {data['zone']}。", f"The zone {data['zone']} is not known."
        ) from None
    status: dict[int, str] = {}
    for index, span in enumerate(data["years"]):
        for year in range(span["from"], span["to"] + 1):
            if year in status:
                raise document.error(("years", index), f"{year} 年写了两次。", f"{year} is given twice.")
            status[year] = span["status"]
    missing = [year for year in range(first.year, last.year + 1) if year not in status]
    if missing:
        raise document.error(
            ("years",), f"{missing[0]} 年没有写明已公布或推算。", f"{missing[0]} is neither published nor projected."
        )
    return Calendar(
        code=data["calendar"], zh=data["zh"], en=data["en"], zone=data["zone"], first=first, last=last,
        facts=days, published=frozenset(year for year, state in status.items() if state == PUBLISHED),
        weekend=frozenset(WEEKDAYS.index(name) for name in data["weekend"]), revision=data["revision"],
        source_zh=data["source"]["zh"], source_en=data["source"]["en"],
    )


def read_calendars(folder: Folder) -> dict[str, Calendar]:
    """All calendars of a folder by code, local ones laid on their bases. Raises ContentError."""
    documents = []
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".yaml"):
            document = parse_yaml(entry.read_text(encoding="utf-8"), entry.name)
            check(document, _schema("calendar.schema.json"))
            documents.append(document)
    calendars: dict[str, Calendar] = {}
    for document in sorted(documents, key=lambda item: "base" in item.data):
        code = document.data["calendar"]
        if code in calendars:
            raise document.error(("calendar",), f"日历 {code} 有两份。", f"There are two calendars {code}.")
        calendars[code] = _build(document, folder, calendars)
    return calendars


@cache
def _shipped() -> dict[str, Calendar]:
    return read_calendars(content_path("calendars"))


def load_calendars(folder: Folder | None = None) -> dict[str, Calendar]:
    """The shipped calendars by code, or those of ``folder``. Raises ContentError."""
    return dict(_shipped()) if folder is None else read_calendars(folder)
