"""The standing checks on data nobody here wrote: one table, its parts where their engines live.

`evaluate` gathers the rows of every entry. An entry is a function of the evaluation folder giving rows
{data, method, how, ok} with `precision`, `recall`, `f1` where the check is one of detection; `ok` is None where a
figure has no fixed goal or its data are absent.
"""
from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .procurement.flags import Settings, compute, read_releases

Row = dict[str, Any]
Entry = Callable[[Path], list[Row]]


def evaluate(shared: Path, entries: Sequence[Entry]) -> list[Row]:
    """All rows of all entries, in order."""
    return [row for entry in entries for row in entry(shared)]


def settings_of(stem: str) -> Settings:
    """Settings from a file's name: R003-threshold-10, R003-procurement_methods-open+selective, R038-tenderer.

    Every file is run with the price comparison excluded for method NPC and the method EXC excluded, as its cases of
    those names expect.
    """
    code, *rest = stem.split("-")
    settings = Settings(flags={code: {}}, no_price_comparison=("NPC",), excluded_details=("EXC",))
    if len(rest) >= 2 and rest[0] == "procurement_method_details":
        settings.day_limits = {k: int(v) for k, v in zip(rest[1::2], rest[2::2], strict=True)}
    elif len(rest) == 2:
        settings.flags[code][rest[0]] = rest[1].replace("+", "|")
    return settings


def cardinal(shared: Path) -> list[Row]:
    """Every `.jsonl` with its `.expected`, compared as JSON."""
    folder = shared / "cardinal"
    if not folder.is_dir():
        return [{"data": "Cardinal", "method": "skipped", "ok": None, "how": "evaluation data folder is absent / 缺评测数据"}]
    out: list[Row] = []
    for path in sorted(folder.glob("*.jsonl")):
        expected = json.loads(path.with_suffix(".expected").read_text("utf-8"))
        equal = compute(read_releases(path), settings_of(path.stem)) == expected
        out.append({"data": f"Cardinal {path.stem}", "method": "flags, written from the definitions", "ok": equal, "how": "equal as JSON" if equal else "differs from the expected JSON"})
    return out
