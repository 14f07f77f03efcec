"""A letter to PDF with a warm world: median and 95th percentile, for a page that fills the form. Writes bench/results/documents-letter.json.

    python bench/documents/letter.py
"""
from __future__ import annotations

import json
import os
import platform
import statistics
import time
from pathlib import Path

from xieli.office.documents.letter import Letter, Paragraph
from xieli.office.documents.typeset import pdf
from xieli.office.documents.word import docx

RUNS = 100


def letter(n: int) -> Letter:
    """One page, its words new each time, so that nothing is answered from memory."""
    return Letter("red", "某市纪律检查委员会", "关于移送有关问题线索的函", (Paragraph("p", f"第{n}件。" + "经研究，认为该事项属于你单位管辖，现予移送。" * 8),),
                  number=f"某纪〔2026〕{n}号", marks=("秘密★10年",), to="某单位", signer="某市纪委", date="2026年3月17日", watermark=f"何某 2026-03-02 09:00 {n}")


def main() -> None:
    """Measure and write."""
    began = time.perf_counter()
    pdf(letter(0))
    cold = time.perf_counter() - began
    took: dict[str, list[float]] = {"pdf": [], "docx": []}
    for n in range(1, RUNS + 1):
        for name, make in (("pdf", pdf), ("docx", docx)):
            began = time.perf_counter()
            make(letter(n))
            took[name].append((time.perf_counter() - began) * 1000)
    p95 = {name: round(statistics.quantiles(values, n=20)[-1], 1) for name, values in took.items()}
    result = {"machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}", "runs": RUNS, "cold_ms": round(cold * 1000, 1),
              "median_ms": {name: round(statistics.median(values), 1) for name, values in took.items()}, "p95_ms": p95, "wanted_ms": 50, "ratio": round(p95["pdf"] / 50, 2)}
    Path(__file__).parents[1].joinpath("results", "documents-letter.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
