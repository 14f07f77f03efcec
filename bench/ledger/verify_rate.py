"""Figure: rows a second that the stand-alone verifier checks on one core (goal: 25,000), with seals and a witness.

Baseline: reading the same file and hashing each line once with SHA-256, the least that any verifier must do. `python bench/ledger/verify_rate.py [rows]`
"""
from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.engines.ledger import worlds

from xieli.engines.ledger.verify import verify

PER_SEAL = 1000  # 500 acts a second, a seal each 2 s
RESULT = Path(__file__).resolve().parents[1] / "results" / "ledger_verify_rate.json"


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 500_000
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[-1]})
    log = worlds.make_log(rows, PER_SEAL)
    with tempfile.TemporaryDirectory() as place:
        folder = log.save(Path(place) / "export")
        witness = Path(place) / "witness"
        witness.write_bytes((folder / "seals.jsonl").read_bytes())
        best, base = 1e9, 1e9
        for _ in range(3):
            began = time.process_time()
            with (folder / "events.jsonl").open("rb") as f:
                for line in f:
                    sha256(b"\x00" + line[:-1]).digest()
            base = min(base, time.process_time() - began)
            began = time.process_time()
            report = verify(folder, log.keys, [witness])
            best = min(best, time.process_time() - began)
            assert report.ok
            assert report.rows == rows
        size = (folder / "events.jsonl").stat().st_size
    result = {
        "figure": "rows a second, one core, seals and witness", "goal": 25_000, "rows": rows, "bytes_a_row": round(size / rows), "seals": rows // PER_SEAL,
        "rows_a_second": round(rows / best), "baseline": "read and hash each line once", "baseline_rows_a_second": round(rows / base),
        "ratio": round(best / base, 1), "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "load": os.getloadavg()[0],
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    print(json.dumps(result, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
