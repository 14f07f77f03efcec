"""The standing checks on data nobody here wrote. Each entry gives rows of one table; parts live with their engines.

An entry is MODULE:FUNCTION taking the evaluation folder and returning rows
{check, data, figure, value, baseline, goal, ok, note}; a part whose module or data are absent says so in its row.
"""
from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .procurement.flags import Settings, compute, read_releases

ENTRIES = (
    "xieli.engines.matching.evaluate:cardinal",
    "xieli.engines.matching.er.evaluate:rows",
    "xieli.engines.matching.relations.evaluate:rows",
)
Row = dict[str, Any]


def evaluate(shared: Path, only: str = "") -> list[Row]:
    """All rows of all entries whose name holds `only`."""
    out: list[Row] = []
    for spec in ENTRIES:
        module, _, name = spec.partition(":")
        if only not in spec:
            continue
        if _absent(module):
            out.append({"check": module.rsplit(".", 2)[-2], "ok": None, "note": {"zh": "此部分未安装", "en": "this part is not installed"}})
            continue
        function: Callable[[Path], list[Row]] = getattr(import_module(module), name)
        out += function(shared)
    return out


def _absent(module: str) -> bool:
    try:
        return find_spec(module) is None
    except ModuleNotFoundError:
        return True


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
        return [{"check": "cardinal", "ok": None, "note": {"zh": "没有评测数据", "en": "evaluation data folder is absent"}}]
    out: list[Row] = []
    for path in sorted(folder.glob("*.jsonl")):
        expected = json.loads(path.with_suffix(".expected").read_text("utf-8"))
        found = compute(read_releases(path), settings_of(path.stem))
        equal = found == expected
        out.append({"check": "cardinal", "data": path.stem, "figure": "equal as JSON", "value": equal, "goal": True, "ok": equal})
    return out
