"""Administrative divisions by code at a date, by name at a date, with former names and successors.

Most dates in the record are years. In the year of a change both the old and the new hold, and the answer says that it is
not certain (``Division.certain``).
"""
from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from xieli.content import content_path

from .calendar_files import Folder
from .errors import ContentError
from .yamlfile import check, parse_yaml

COLUMNS = ("code", "zh", "en", "initials", "level", "parent", "valid_from", "valid_to", "successors", "basis")
LEVELS = ("province", "prefecture", "county")
_DATE = re.compile(r"(\d{4}(-\d{2}-\d{2})?)?")
# What people leave out when they write a name.
_ENDINGS = ("特别行政区", "自治区", "自治州", "自治县", "自治旗", "地区", "新区", "市", "区", "县", "旗", "盟", "省")


@dataclass(frozen=True, slots=True)
class Division:
    """One code under one name for one time. ``valid_from`` and ``valid_to`` are years, days, or empty (open)."""

    code: str
    zh: str
    en: str
    initials: tuple[str, ...]
    level: str
    parent: str
    valid_from: str
    valid_to: str
    successors: tuple[str, ...]
    basis: str

    def holds(self, day: date) -> bool:
        """Whether it is in force on ``day``; throughout the year of a change where only the year is known."""
        if self.valid_from and day < _first(self.valid_from):
            return False
        if not self.valid_to:
            return True
        return day.year <= int(self.valid_to) if len(self.valid_to) == 4 else day < date.fromisoformat(self.valid_to)

    def certain(self, day: date) -> bool:
        """Whether ``holds`` is sure: false in a year of change of which the day is not known."""
        return not any(len(mark) == 4 and int(mark) == day.year for mark in (self.valid_from, self.valid_to))

    @property
    def short(self) -> str:
        """The name without its ending: 江北区 → 江北."""
        for ending in _ENDINGS:
            if self.zh.endswith(ending) and len(self.zh) - len(ending) >= 2:
                return self.zh[: -len(ending)]
        return self.zh


def _first(mark: str) -> date:
    return date(int(mark), 1, 1) if len(mark) == 4 else date.fromisoformat(mark)


class Divisions:
    """All divisions of one or more files."""

    def __init__(self, rows: Iterable[Division]) -> None:
        self._by_code: dict[str, list[Division]] = {}
        self._by_name: dict[str, list[Division]] = {}
        self._children: dict[str, list[Division]] = {}
        self._before: dict[str, list[Division]] = {}
        for row in rows:
            self._by_code.setdefault(row.code, []).append(row)
            for name in {row.zh, row.short, row.en.lower()}:
                self._by_name.setdefault(name, []).append(row)
            if row.parent:
                self._children.setdefault(row.parent, []).append(row)
            for code in row.successors:
                self._before.setdefault(code, []).append(row)

    def __iter__(self) -> Iterator[Division]:
        return (row for rows in self._by_code.values() for row in rows)

    def __contains__(self, code: object) -> bool:
        return code in self._by_code

    def history(self, code: str) -> tuple[Division, ...]:
        """Everything ``code`` has been, oldest first."""
        return tuple(self._by_code.get(code, ()))

    def at(self, code: str, day: date) -> Division | None:
        """What ``code`` was on ``day``; the newer name where both are possible in a year of change."""
        found = [row for row in self._by_code.get(code, ()) if row.holds(day)]
        return max(found, key=lambda row: row.valid_from, default=None)

    def named(self, name: str, day: date | None = None, within: str = "") -> list[Division]:
        """Divisions called ``name`` (full, without its ending, or English) on ``day``, or ever when no day is given.

        ``within`` keeps those under a province or prefecture, given by its code.
        """
        rows = self._by_name.get(name.strip(), []) or self._by_name.get(name.strip().lower(), [])
        return [row for row in rows if (day is None or row.holds(day)) and self._under(row, within)]

    def search(self, text: str, day: date, within: str = "", limit: int = 20) -> list[Division]:
        """Divisions in force on ``day`` whose name begins with ``text``, or whose initials do (``jbq``); shorter first.

        A former name finds what it became: 江北 on a day after the merger gives 两江新区.
        """
        wanted = text.strip().lower()
        if not wanted:
            return []
        found: dict[str, Division] = {}
        for row in self:
            hit = row.zh.startswith(wanted) or any(letters.startswith(wanted) for letters in row.initials)
            hit = hit or row.en.lower().startswith(wanted)
            if not hit or not self._under(row, within):
                continue
            for now in [row] if row.holds(day) else self.became(row.code, day):
                found.setdefault(now.code, now)
        order = {level: index for index, level in enumerate(LEVELS)}
        return sorted(found.values(), key=lambda row: (len(row.zh), order[row.level], row.code))[:limit]

    def became(self, code: str, day: date) -> list[Division]:
        """What ``code`` had become by ``day``, following successors; itself where it still holds."""
        found: dict[str, Division] = {}
        seen: set[str] = set()
        waiting = [code]
        while waiting:
            current = waiting.pop(0)
            if current in seen:
                continue
            seen.add(current)
            now = self.at(current, day)
            if now is not None:
                found[current] = now
                continue
            ended = [row for row in self._by_code.get(current, ()) if not row.valid_from or _first(row.valid_from) <= day]
            if ended:
                waiting += [next_code for next_code in ended[-1].successors if next_code != current]
        return list(found.values())

    def came_from(self, code: str) -> list[Division]:
        """What was merged into, renamed or recoded to ``code``, one step back."""
        return [row for row in self._before.get(code, ()) if row.code != code]

    def former_names(self, code: str) -> list[str]:
        """Names that ``code`` or what went into it had before, newest first, without its present name."""
        present = self._by_code.get(code, [])[-1:]
        now = present[0].zh if present else ""
        names: list[str] = []
        waiting, seen = [*reversed(self._by_code.get(code, []))], {code}
        while waiting:
            row = waiting.pop(0)
            if row.zh != now and row.zh not in names:
                names.append(row.zh)
            for before in sorted(self.came_from(row.code), key=lambda item: item.valid_to, reverse=True):
                if before.code not in seen:
                    seen.add(before.code)
                    waiting.append(before)
        return names

    def children(self, code: str, day: date) -> list[Division]:
        """The divisions directly under ``code`` on ``day``."""
        return [row for row in self._children.get(code, ()) if row.holds(day)]

    def path(self, code: str, day: date) -> list[Division]:
        """From the province down to ``code`` on ``day``."""
        row = self.at(code, day)
        if row is None:
            return []
        return [*(self.path(row.parent, day) if row.parent else []), row]

    def _under(self, row: Division, within: str) -> bool:
        if not within:
            return True
        return row.code.startswith(within[:2] if within.endswith("0000") else within[:4])


def parse_divisions(text: str, file: str) -> list[Division]:
    """The lines of one division file. Raises ContentError with file and line."""
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff")))
    rows: list[Division] = []
    for cells in reader:
        line = reader.line_num
        if line == 1:
            if tuple(cells) != COLUMNS:
                raise ContentError(file, 1, f"首行应为 {','.join(COLUMNS)}。", f"The first row must be {','.join(COLUMNS)}.")
            continue
        if len(cells) != len(COLUMNS):
            raise ContentError(
                file, line, f"应有 {len(COLUMNS)} 列，实有 {len(cells)} 列。", f"Expected {len(COLUMNS)} columns, found {len(cells)}."
            )
        rows.append(_row(cells, file, line))
    codes = {row.code for row in rows}
    for number, row in enumerate(rows, 2):
        for code in (*row.successors, *([row.parent] if row.parent else [])):
            if code not in codes:
                raise ContentError(file, number, f"代码 {code} 不在文件中。", f"The code {code} is not in the file.")
    return rows


def _row(cells: list[str], file: str, line: int) -> Division:
    code, zh, en, initials, level, parent, since, until, successors, basis = cells
    if not re.fullmatch(r"\d{6}", code):
        raise ContentError(file, line, f"“{code}”不是六位代码。", f"“{code}” is no code of six digits.")
    if not zh or not en or not initials:
        raise ContentError(file, line, "须有中文名、英文名和首字母。", "The Chinese name, English name and initials are needed.")
    if level not in LEVELS:
        raise ContentError(file, line, f"级别“{level}”不认识。", f"The level “{level}” is not known.")
    for mark in (since, until):
        if not _DATE.fullmatch(mark):
            raise ContentError(file, line, f"“{mark}”应为年份或日期。", f"“{mark}” must be a year or a day.")
    if since and until and since[:4] > until[:4]:
        raise ContentError(file, line, "止早于起。", "It ends before it begins.")
    if successors and not until:
        raise ContentError(file, line, "仍有效的区划不能有后继。", "A division still in force has no successor.")
    return Division(
        code, zh, en, tuple(initials.split()), level, parent, since, until, tuple(successors.split()), basis
    )


def read_divisions(folder: Folder) -> Divisions:
    """All divisions named by ``divisions.yaml`` of a folder. Raises ContentError."""
    document = parse_yaml((folder / "divisions.yaml").read_text(encoding="utf-8"), "divisions.yaml")
    check(document, content_path("divisions", "divisions.schema.json").read_text(encoding="utf-8"))
    rows: list[Division] = []
    for index, item in enumerate(document.data["files"]):
        source = folder / item["file"]
        if not source.is_file():
            raise document.error(("files", index, "file"), f"找不到 {item['file']}。", f"{item['file']} was not found.")
        rows += parse_divisions(source.read_text(encoding="utf-8"), item["file"])
    return Divisions(rows)


@cache
def _shipped() -> Divisions:
    return read_divisions(content_path("divisions"))


def load_divisions(folder: Folder | None = None) -> Divisions:
    """The shipped divisions, or those of ``folder``. Raises ContentError."""
    return _shipped() if folder is None else read_divisions(folder)
