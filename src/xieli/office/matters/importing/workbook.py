"""A foreign workbook as rows of plain cells, read by a child process that may fail without harm."""
from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, overload

from xieli.office.matters.services.errors import Refused

Cell = str | int | float | bool | None
READER = Path(__file__).with_name("reader.py")
LARGEST = 100 << 20
WALL_SECONDS = 180

_SENTENCES = {
    "broken": ("文件已损坏，读不出来；请在 Excel 中重新另存为 .xlsx 再导入。", "The file is broken and cannot be read; save it again as .xlsx in Excel."),
    "bomb": ("文件展开后大得不合常理，已拒绝打开。请只留需要导入的工作表，另存后再试。", "Unpacked, the file is unreasonably large and was not opened. Keep only the sheet to import and save it again."),
    "not_workbook": ("这不是 Excel 或 CSV 文件（看的是内容，不是扩展名）。", "This is not an Excel or CSV file (by its content, not its name)."),
    "encoding": ("CSV 的文字编码认不出来；请另存为“CSV UTF-8”。", "The CSV's encoding is unknown; save it as “CSV UTF-8”."),
    "no_sheet": ("没有这个工作表。", "There is no such sheet."),
    "columns": ("列数超过 300，不像台账；请删除右侧多余的列。", "There are more than 300 columns, which is no ledger; delete the extra columns at the right."),
    "rows": ("行数超过一百万；请分几个文件导入。", "There are more than a million rows; import in several files."),
    "memory": ("文件太大，读取时内存不够；请删除表格区域以外的单元格，或分几个文件导入。", "The file needs too much memory; delete cells outside the table, or import in several files."),
    "empty": ("文件里没有内容。", "The file is empty."),
    "died": ("读取程序已中止（文件可能已损坏或过大）。没有写入任何内容。", "Reading was stopped (the file may be broken or too large). Nothing was written."),
    "size": ("文件超过 100 MB。", "The file is larger than 100 MB."),
}


class Rows(Sequence[list[Cell]]):
    """The rows of a sheet, kept as the reader wrote them: a row becomes cells when it is looked at, so that a hundred
    thousand of them weigh what the file weighs. Iteration may begin while the reader still writes. Raises Refused."""

    def __init__(self, lines: Sequence[list[Cell] | bytes], more: Iterator[bytes] | None = None) -> None:
        self._lines = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
        self._more = more or iter(())

    def _read_all(self) -> None:
        self._lines.extend(self._more)

    def __len__(self) -> int:
        self._read_all()
        return len(self._lines)

    @overload
    def __getitem__(self, at: int) -> list[Cell]: ...
    @overload
    def __getitem__(self, at: slice) -> list[list[Cell]]: ...
    def __getitem__(self, at: int | slice) -> list[Cell] | list[list[Cell]]:
        self._read_all()
        return [_cells(line) for line in self._lines[at]] if isinstance(at, slice) else _cells(self._lines[at])

    def __iter__(self) -> Iterator[list[Cell]]:
        for line in self._lines:
            yield _cells(line)
        for line in self._more:
            self._lines.append(line)
            yield _cells(line)

    def first(self, n: int) -> list[list[Cell]]:
        """At most the first `n` rows, without waiting for the others."""
        self._lines.extend(islice(self._more, max(0, n - len(self._lines))))
        return [_cells(line) for line in self._lines[:n]]

    def drop(self, at: int) -> None:
        """Forget what a row says; its place stays."""
        self._read_all()
        self._lines[at] = b"[]"


@dataclass(frozen=True)
class Book:
    """One sheet of a file: its rows from the very first, and the digest of the bytes that were read."""

    name: str
    sha256: str
    sheet: str
    rows: Rows


def unfit(code: str) -> Refused:
    """The refusal for a file that could not be read: nothing was kept, what to do."""
    zh, en = _SENTENCES.get(code, _SENTENCES["died"])
    return Refused(f"file_{code}", zh + "（未保存任何内容）", en + " (Nothing was kept.)")


def open_book(path: Path, *, name: str = "", sheet: str | None = None) -> Book:
    """Read a file. `name` is what its owner called it. Raises Refused; the file is never executed nor evaluated."""
    size = path.stat().st_size
    if size > LARGEST:
        raise unfit("size")
    if size == 0:
        raise unfit("empty")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    suffix = Path(name or path.name).suffix.lower()
    child = subprocess.Popen([sys.executable, "-I", str(READER), str(path.resolve()), suffix, sheet or ""], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, env={"LANG": "C.UTF-8", "PYTHONUTF8": "1"}, cwd="/")
    assert child.stdout is not None
    assert child.stderr is not None
    lines = _lines(child)
    head = _json(next(lines))
    if not isinstance(head, dict):
        lines.close()
        raise unfit("died")
    return Book(name or path.name, digest, str(head["sheet"]), Rows([], lines))


def _lines(child: subprocess.Popen[bytes]) -> Iterator[bytes]:
    """Every line of the reader, the header first. When the last has come the reader must have ended well and the number of
    rows be what it announced; a person who stops looking ends the reader too."""
    assert child.stdout is not None
    assert child.stderr is not None
    killer = threading.Timer(WALL_SECONDS, child.kill)
    killer.start()
    try:
        first = child.stdout.readline()
        if first:
            yield first
            found = 0
            for line in child.stdout:
                found += 1
                yield line
        said = child.stderr.read(4000).decode("utf-8", "replace").strip()
        if child.wait() or not first or found != _json(first)["rows"]:
            raise unfit(said if said in _SENTENCES else "died")
    finally:
        killer.cancel()
        if child.poll() is None:
            child.kill()
            child.wait()
        child.stdout.close()
        child.stderr.close()


_scan = json.JSONDecoder().scan_once  # a line is one value: what `loads` looks at besides takes half its time


def _json(line: bytes) -> Any:
    try:
        text = line.decode()
        value, end = _scan(text, 0)
    except (ValueError, StopIteration):
        raise unfit("died") from None
    if text[end:].strip():
        raise unfit("died")
    return value


def _cells(line: bytes) -> list[Cell]:
    found = _json(line)
    if not isinstance(found, list):
        raise unfit("died")
    return found
