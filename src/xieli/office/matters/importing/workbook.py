"""A foreign workbook as rows of plain cells, read by a child process that may fail without harm."""
from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

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


@dataclass(frozen=True)
class Book:
    """One sheet of a file: its rows from the very first, and the digest of the bytes that were read."""

    name: str
    sha256: str
    sheet: str
    rows: list[list[Cell]]


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
    rows: list[list[Cell]] = []
    head: dict[str, str | int] | None = None
    try:
        for line in child.stdout:
            if head is None:
                head = json.loads(line)
            else:
                rows.append(json.loads(line))
        said = child.stderr.read(4000).decode("utf-8", "replace").strip()
        code = child.wait(WALL_SECONDS)
    except (ValueError, subprocess.TimeoutExpired):
        raise unfit("died") from None
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
        child.stdout.close()
        child.stderr.close()
    if code or head is None or len(rows) != head["rows"]:
        raise unfit(said if said in _SENTENCES else "died")
    return Book(name or path.name, digest, str(head["sheet"]), rows)
