"""A private, hashed copy of what was handed in, and what it is by its content (never by its name).

The copy is made in one pass while the source is watched: if its size, time or identity changes meanwhile the import
is refused, so a report never describes a file that no longer exists.
"""
from __future__ import annotations

import codecs
import errno
import hashlib
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

from ..words import Conflict, MatchError

CHUNK = 8 << 20
# Limits of containers and text. Ours, sized for registers of a province; see docs/matching.md.
MAX_BYTES = 64 << 30
MAX_MEMBERS = 2000
MAX_UNPACKED = 1 << 30
MAX_RATIO = 200
MAX_HEADER = 1 << 20
# Tab, no-break and ideographic space, and the carriage return that is no part of a line's end.
BLANKS = "\t\u00a0\u3000\r"


@dataclass(frozen=True)
class Snapshot:
    """`form`: csv, xlsx, parquet, jsonl, json, duckdb, sqlite. `encoding`: utf-8 or gb18030 (text forms). `blanks`: the blanks,
    besides the space, that occur at all; nothing else needs trimming."""

    path: Path
    sha256: str
    size: int
    form: str
    encoding: str
    clean_text: bool
    quotes: int
    lines: int
    blanks: str = BLANKS


def disk_full(e: BaseException) -> MatchError | None:
    """The sentence for a full disk (also as DuckDB says it), or None if the error is another."""
    told = str(e)
    if getattr(e, "errno", None) in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) or "No space left" in told or "File too large" in told:
        return MatchError(
            "disk_full",
            "磁盘已满，本次操作已撤销，原有数据未动；请腾出空间后重新运行",
            "the disk is full; what was begun is undone and existing data are untouched; free some space and run it again",
        )
    return None


def take_snapshot(source: Path, target: Path) -> Snapshot:
    """Copy `source` to `target` and say what it is. Conflict if it changes meanwhile, MatchError if not readable."""
    try:
        before = source.stat()
        if not source.is_file():
            raise MatchError("not_a_file", f"{source.name} 不是文件", f"{source.name} is not a file")
        if before.st_size > MAX_BYTES:
            raise MatchError("too_large", f"文件超过 {MAX_BYTES >> 30} GB", f"the file is larger than {MAX_BYTES >> 30} GB")
        return _copy(source, target, before)
    except FileNotFoundError as e:
        raise MatchError("no_file", f"找不到文件 {source}", f"no such file: {source}") from e
    except PermissionError as e:
        raise MatchError("no_permission", f"没有读取 {source} 的权限", f"no permission to read {source}") from e
    except OSError as e:
        full = disk_full(e)
        if full:
            raise full from e
        raise


def _copy(source: Path, target: Path, before: os.stat_result) -> Snapshot:
    hashed = hashlib.sha256()
    utf8 = codecs.getincrementaldecoder("utf-8")("strict")
    size = quotes = lines = nuls = returns = ends = 0
    blanks = set[str]()
    first, last = b"", b""
    is_utf8 = True
    with open(source, "rb") as f, open(target, "wb") as out:
        while chunk := f.read(CHUNK):
            first = first or chunk
            out.write(chunk)
            hashed.update(chunk)
            size += len(chunk)
            quotes += chunk.count(b'"')
            lines += chunk.count(b"\n")
            nuls += chunk.count(b"\0")
            returns += chunk.count(b"\r")
            ends += chunk.count(b"\r\n")
            blanks |= {b for b in BLANKS[:3] if b not in blanks and _MARKS[b] in chunk}
            last = chunk[-1:]
            if is_utf8 and not chunk.isascii():
                try:
                    utf8.decode(chunk)
                except UnicodeDecodeError:
                    is_utf8 = False
        if is_utf8:
            try:
                utf8.decode(b"", final=True)
            except UnicodeDecodeError:
                is_utf8 = False
    after = source.stat()
    if (before.st_size, before.st_mtime_ns, before.st_ino) != (after.st_size, after.st_mtime_ns, after.st_ino) or size != before.st_size:
        target.unlink()
        raise Conflict("changed", f"{source.name} 在读取过程中被改动，请等对方写完再导入", f"{source.name} changed while it was being read; wait until it is complete and import again")
    form = _form(first, target, source.name)
    text = form in ("csv", "jsonl", "json")
    if text and nuls and not first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise MatchError("binary", f"{source.name} 含有二进制内容，不是文本表格", f"{source.name} holds binary bytes and is no text table")
    if last not in (b"\n", b""):
        lines += 1
    return Snapshot(target, hashed.hexdigest(), size, form, "utf-8" if is_utf8 else "gb18030", is_utf8, quotes, lines, _blanks(blanks, returns - ends, is_utf8))


# The first byte of each is enough: it may come of another character, which only costs a look.
_MARKS = {"\t": b"\t", "\u00a0": b"\xc2", "\u3000": b"\xe3"}


def _blanks(found: set[str], lone_returns: int, is_utf8: bool) -> str:
    return "".join(b for b in BLANKS if b in found or (b == "\r" and lone_returns)) if is_utf8 else BLANKS


def _form(first: bytes, path: Path, name: str) -> str:
    if not first:
        raise MatchError("empty_file", f"{name} 是空文件", f"{name} is empty")
    if first.startswith(b"PAR1"):
        return "parquet"
    if first.startswith(b"PK\x03\x04"):
        _check_container(path, name)
        return "xlsx"
    if first[8:12] == b"DUCK":
        return "duckdb"
    if first.startswith(b"SQLite format 3\0"):
        return "sqlite"
    if first.startswith(b"\xd0\xcf\x11\xe0"):
        raise MatchError("old_excel", f"{name} 是旧版 Excel（xls）或加密文件，请另存为 xlsx", f"{name} is an old or encrypted Excel file; save it as xlsx")
    if first.startswith((b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ")):
        raise MatchError("archive", f"{name} 是压缩包，请先解压", f"{name} is an archive; unpack it first")
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise MatchError("utf16", f"{name} 是 UTF-16 编码，请另存为 UTF-8 或 GB 18030", f"{name} is UTF-16; save it as UTF-8 or GB 18030")
    head = first.removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    if head == b"{":
        # A package of releases is one object over many lines; JSON Lines is one object a line.
        return "jsonl" if b"\n" not in first or _is_object(first.split(b"\n", 1)[0]) else "json"
    return "json" if head == b"[" and name.lower().endswith("json") else "csv"


def _is_object(line: bytes) -> bool:
    return line.rstrip().endswith(b"}")


def _check_container(path: Path, name: str) -> None:
    """Read every member through, counting what comes out: headers of a bomb lie, its bytes do not."""
    try:
        with zipfile.ZipFile(path) as z:
            members = z.infolist()
            if len(members) > MAX_MEMBERS:
                raise MatchError("bomb", f"{name} 内含文件过多", f"{name} holds too many members")
            total = 0
            names = {m.filename for m in members}
            for m in members:
                if m.flag_bits & 1:
                    raise MatchError("encrypted", f"{name} 已加密，请去掉密码后再导入", f"{name} is encrypted; remove the password first")
                if m.filename.startswith("/") or ".." in Path(m.filename).parts or (m.external_attr >> 28) == 0xA:
                    raise MatchError("unsafe_path", f"{name} 内含不安全的路径", f"{name} holds an unsafe path")
                with z.open(m) as f:
                    out = 0
                    while chunk := f.read(1 << 20):
                        out += len(chunk)
                        total += len(chunk)
                        if total > MAX_UNPACKED or (out > 1 << 22 and out > MAX_RATIO * max(m.compress_size, 1)):
                            raise MatchError("bomb", f"{name} 解压后异常膨胀，疑为压缩炸弹，已停止读取", f"{name} expands beyond all measure; reading was stopped")
            if "[Content_Types].xml" not in names or not any(n.startswith("xl/") for n in names):
                raise MatchError("not_xlsx", f"{name} 不是 xlsx 表格", f"{name} is no xlsx workbook")
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, ValueError, RuntimeError) as e:
        raise MatchError("broken_zip", f"{name} 已损坏，无法打开", f"{name} is damaged and cannot be opened") from e
    except Exception as e:
        if isinstance(e, MatchError):
            raise
        # zlib.error and the like: whatever the unpacker says of damaged bytes
        raise MatchError("broken_zip", f"{name} 已损坏，无法打开", f"{name} is damaged and cannot be opened") from e
