"""Which rare characters the fonts at hand can draw: a name is refused in words before a box stands in its place."""
from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import typst


def _ranges(file: Path) -> Iterator[tuple[int, int]]:
    """Characters of a font file by its full tables (cmap format 12, OpenType specification): first and last code of each run."""
    data = file.read_bytes()
    fonts = struct.unpack_from(f">{struct.unpack_from('>I', data, 8)[0]}I", data, 12) if data[:4] == b"ttcf" else (0,)
    seen = set()
    for font in fonts:
        for n in range(struct.unpack_from(">H", data, font + 4)[0]):
            tag, _, start, _ = struct.unpack_from(">4sIII", data, font + 12 + 16 * n)
            if tag != b"cmap" or start in seen:
                continue
            seen.add(start)
            for m in range(struct.unpack_from(">H", data, start + 2)[0]):
                table = start + struct.unpack_from(">I", data, start + 4 + 8 * m + 4)[0]
                if struct.unpack_from(">H", data, table)[0] == 12:
                    for g in range(struct.unpack_from(">I", data, table + 12)[0]):
                        first, last, _ = struct.unpack_from(">III", data, table + 16 + 12 * g)
                        yield first, last


@cache
def _covered() -> tuple[list[int], list[int]]:
    runs: list[list[int]] = []
    paths = sorted({f.path for f in typst.Fonts().fonts() if f.path})
    for first, last in sorted(r for p in paths for r in _ranges(Path(p))):
        if runs and first <= runs[-1][1] + 1:
            runs[-1][1] = max(runs[-1][1], last)
        else:
            runs.append([first, last])
    return [r[0] for r in runs], [r[1] for r in runs]


def missing(text: str) -> str:
    """The rare Han characters (outside U+4E00–9FA5) that no font of this machine draws, each once, in order."""
    rare = [c for c in dict.fromkeys(text) if ord(c) >= 0x3400 and not 0x4E00 <= ord(c) <= 0x9FA5 and not 0xAC00 <= ord(c) <= 0xFFFF]
    if not rare:
        return ""
    starts, ends = _covered()
    return "".join(c for c in rare if (n := bisect_right(starts, ord(c)) - 1) < 0 or ord(c) > ends[n])
