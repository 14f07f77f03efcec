"""The error file: every quarantined row as it came, with its reasons; mended and sent back it is imported again.

Cells that a spreadsheet would run as a formula get an apostrophe (also full-width signs, tab and line ends), and the
import takes it off again, so what is not mended comes back exactly as it was.
"""
from __future__ import annotations

import csv
from pathlib import Path

import pyarrow.parquet as pq

from .checks import PROBLEMS
from .schema import Dataset

RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")


def escaped(cell: str | None) -> str:
    """A cell that no spreadsheet runs."""
    return "" if cell is None else f"'{cell}" if cell.startswith(RUNS) else cell


def in_words(problems: list[str], dataset: Dataset, lang: str = "zh") -> str:
    """`column:problem` codes as sentences."""
    at = 0 if lang == "zh" else 1
    titles = {c.name: c.title[lang] for c in dataset.columns}
    told = []
    for p in problems:
        column, _, code = p.partition(":")
        head = titles[column] + ("：" if lang == "zh" else ": ") if column else ""
        told.append(head + PROBLEMS[code][at])
    return ("；" if lang == "zh" else "; ").join(told)


def write_errors(version: Path, dataset: Dataset, target: Path, lang: str = "zh") -> int:
    """Write the quarantined rows of a version as UTF-8 CSV with a byte-order mark; returns how many."""
    rows = 0
    with open(target, "w", encoding="utf-8-sig", newline="") as f:
        out = csv.writer(f)
        out.writerow(["_row", "_problems", "_raw", *(c.title[lang] for c in dataset.columns)])
        for batch in pq.ParquetFile(version / "quarantined.parquet").iter_batches():
            for row in batch.to_pylist():
                cells = [escaped(row[c.name]) for c in dataset.columns]
                out.writerow([row["_row"], escaped(in_words(row["_problems"], dataset, lang)), escaped(row["_raw"]), *cells])
                rows += 1
    return rows
