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
PART = 200  # rows a line, as the reader writes them

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
    """The rows of a sheet, kept as the reader wrote them, PART rows a line: they become cells when they are looked at, so that
    a hundred thousand of them weigh what the file weighs. Looking may begin while the reader still writes. Raises Refused."""

    def __init__(self, rows: Sequence[list[Cell]] = (), lines: Iterator[bytes] | None = None, count: int | None = None) -> None:
        self._lines = [json.dumps(rows[i : i + PART]).encode() for i in range(0, len(rows), PART)]
        self._more = lines or iter(())
        self._count = len(rows) if count is None else count
        self._held: tuple[int, list[list[Cell]]] | None = None  # the part looked at last: rows are asked for one after another

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> list[Cell]: ...
    @overload
    def __getitem__(self, at: slice) -> list[list[Cell]]: ...
    def __getitem__(self, at: int | slice) -> list[Cell] | list[list[Cell]]:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(self._count))]
        index = at + self._count if at < 0 else at
        if not 0 <= index < self._count:
            raise IndexError(at)
        return self._part(index // PART)[index % PART]

    def __iter__(self) -> Iterator[list[Cell]]:
        for _, rows in self.parts():
            yield from rows

    def parts(self) -> Iterator[tuple[int, list[list[Cell]]]]:
        """All rows, part by part, each with the place of its first row."""
        i = 0
        while i < len(self._lines) or self._fetch(i + 1):
            yield i * PART, self._decode(i)
            i += 1

    def first(self, n: int) -> list[list[Cell]]:
        """At most the first `n` rows, without waiting for the others."""
        self._fetch(-(-n // PART))
        return [self[i] for i in range(min(n, self._count))]

    def drop(self, *places: int) -> None:
        """Forget what these rows say; their places stay."""
        by_part: dict[int, set[int]] = {}
        for at in places:
            by_part.setdefault(at // PART, set()).add(at % PART)
        for i, gone in by_part.items():
            kept = [[] if j in gone else row for j, row in enumerate(self._part(i))]
            self._lines[i] = json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode()
        self._held = None

    def _fetch(self, parts: int) -> bool:
        """Whether the first so many parts have come."""
        self._lines.extend(islice(self._more, max(0, parts - len(self._lines))))
        return len(self._lines) >= parts

    def _part(self, i: int) -> list[list[Cell]]:
        if self._held is None or self._held[0] != i:
            if not self._fetch(i + 1):
                raise unfit("died")
            self._held = (i, self._decode(i))
        return self._held[1]

    def _decode(self, i: int) -> list[list[Cell]]:
        found = _json(self._lines[i])
        if not isinstance(found, list) or len(found) != min(PART, self._count - i * PART) or not all(type(row) is list for row in found):
            raise unfit("died")
        return found


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
    if not isinstance(head, dict) or type(head.get("rows")) is not int:
        lines.close()
        raise unfit("died")
    return Book(name or path.name, digest, str(head.get("sheet")), Rows(lines=lines, count=head["rows"]))


def _lines(child: subprocess.Popen[bytes]) -> Iterator[bytes]:
    """Every line of the reader, the header first. When the last has come the reader must have ended well and there be as many
    lines as the rows it announced fill; a person who stops looking ends the reader too."""
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
        if child.wait() or not first or found != -(-_json(first)["rows"] // PART):
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

