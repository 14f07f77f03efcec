"""Records from text, one at a time and bounded: a broken line costs itself, never its neighbours.

`Bad` keeps the line as it came with the reason it cannot be read; counts of good and bad add up to what was received.
"""
from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ..words import MatchError
from .schema import MAX_COLUMNS
from .snapshot import MAX_HEADER

MAX_LINE = 1 << 20
MAX_JOINED = 1000
CELL = 32_767  # the most a spreadsheet cell holds


@dataclass(frozen=True)
class Bad:
    """A line that is no record; `row` is its first physical line, `reason` a code of checks.PROBLEMS."""

    row: int
    text: str
    reason: str


@dataclass(frozen=True)
class Good:
    row: int
    cells: list[str | None]


class _Lines:
    """Physical lines with their numbers, bounded in length, with push-back."""

    def __init__(self, f: BinaryIO) -> None:
        self._f, self._number, self._back = f, 0, list[tuple[int, bytes, bool]]()

    def read(self) -> tuple[int, bytes, bool] | None:
        """(number, bytes, whether it was cut for length), or None at the end."""
        if self._back:
            return self._back.pop()
        line = self._f.readline(MAX_LINE + 1)
        if not line:
            return None
        self._number += 1
        if len(line) <= MAX_LINE:
            return self._number, line, False
        kept = line
        while line and not line.endswith(b"\n"):
            line = self._f.readline(MAX_LINE)
        return self._number, kept[:2000], True

    def push_back(self, lines: list[tuple[int, bytes, bool]]) -> None:
        self._back.extend(reversed(lines))


def delimiter_of(header: str) -> str:
    """The delimiter that cuts the header into most columns: comma, tab, semicolon or bar."""
    return max(",\t;|", key=lambda d: (header.count(d), d == ","))


def read_header(path: Path, encoding: str) -> tuple[list[str], str, int]:
    """Header cells, delimiter and the number of its line. MatchError when there is none or it is beyond bounds."""
    with open(path, "rb") as f:
        number = 0
        while line := f.readline(MAX_HEADER + 1):
            number += 1
            if len(line) > MAX_HEADER:
                raise MatchError("header", f"表头超过 {MAX_HEADER >> 10} KB，不是可用的表格", f"the header is longer than {MAX_HEADER >> 10} KB: no usable table")
            if line.strip():
                break
        text = line.decode(encoding, "replace").removeprefix("\ufeff").rstrip("\r\n")
    if not text.strip():
        raise MatchError("header", "文件没有表头", "the file has no header")
    delimiter = delimiter_of(text)
    if text.count(delimiter) >= MAX_COLUMNS:
        raise MatchError("columns", f"表头超过 {MAX_COLUMNS} 列", f"the header has more than {MAX_COLUMNS} columns")
    try:
        cells = next(csv.reader([text], delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration) as e:
        raise MatchError("header", "表头的引号不成对", "the quotes in the header do not pair") from e
    return [c.strip() for c in cells], delimiter, number


def csv_records(path: Path, encoding: str, delimiter: str, skip: int, width: int) -> Iterator[Good | Bad]:
    """Records after the header. A quoted cell may span lines, within bounds; an unpaired quote costs one line only."""
    with open(path, "rb") as f:
        lines = _Lines(f)
        for _ in range(skip):
            lines.read()
        while (got := lines.read()) is not None:
            number, raw, cut = got
            if cut:
                yield Bad(number, raw.decode(encoding, "backslashreplace"), "too_long")
                continue
            if not raw.strip():
                continue
            used: list[tuple[int, bytes, bool]] = []
            joined, size = raw, len(raw)
            while joined.count(b'"') % 2 and len(used) < MAX_JOINED and size <= MAX_LINE:
                more = lines.read()
                if more is None or more[2]:
                    if more is not None:
                        lines.push_back([more])
                    break
                used.append(more)
                joined += more[1]
                size += len(more[1])
            if joined.count(b'"') % 2:
                lines.push_back(used)
                yield Bad(number, raw.decode(encoding, "backslashreplace").rstrip("\r\n"), "quotes")
                continue
            record = _record(number, joined, encoding, delimiter, width)
            if used and isinstance(record, Bad):
                # Two unpaired quotes had met: only the first line is lost, the others are read again on their own.
                lines.push_back(used)
                record = Bad(number, raw.decode(encoding, "backslashreplace").rstrip("\r\n"), "quotes")
            yield record


def _record(number: int, raw: bytes, encoding: str, delimiter: str, width: int) -> Good | Bad:
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        return Bad(number, raw.decode(encoding, "backslashreplace").rstrip("\r\n"), "encoding")
    text = text.rstrip("\r\n")
    if '"' not in text:
        cells = text.split(delimiter)
    else:
        try:
            rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
        except csv.Error:
            return Bad(number, text, "quotes")
        if len(rows) != 1:
            return Bad(number, text, "quotes")
        cells = rows[0]
    if len(cells) != width:
        return Bad(number, text, "ragged")
    if "\0" in text or any(len(c) > CELL for c in cells):
        return Bad(number, text[:2000], "too_long" if "\0" not in text else "encoding")
    return Good(number, list(cells))


def jsonl_objects(path: Path, encoding: str) -> Iterator[tuple[int, dict[str, Any]] | Bad]:
    """One JSON object a line; anything else is Bad."""
    with open(path, "rb") as f:
        lines = _Lines(f)
        while (got := lines.read()) is not None:
            number, raw, cut = got
            if cut:
                yield Bad(number, raw.decode(encoding, "backslashreplace"), "too_long")
                continue
            if not raw.strip():
                continue
            yield _object(number, raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw, encoding)


def _object(number: int, raw: bytes, encoding: str) -> tuple[int, dict[str, Any]] | Bad:
    try:
        value = json.loads(raw.decode(encoding))
    except UnicodeDecodeError:
        return Bad(number, raw.decode(encoding, "backslashreplace").strip(), "encoding")
    except (json.JSONDecodeError, RecursionError, ValueError):
        return Bad(number, raw.decode(encoding, "replace").strip()[:2000], "json")
    if not isinstance(value, dict):
        return Bad(number, raw.decode(encoding).strip()[:2000], "json")
    return number, value


def cell_text(value: Any) -> str | None:
    """A value of JSON or of a spreadsheet as the text it was meant as; None for nothing."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        # Excel holds 15 digits; a larger number has lost its end, and says so by its form.
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    if hasattr(value, "isoformat"):
        return str(value.isoformat()).removesuffix("T00:00:00")
    return str(value)
