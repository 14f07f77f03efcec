"""Checked import of a CSV beside DuckDB's own reader: ratio.

    python bench/matching/import_check.py 10000000

The reader does what it does by itself: finds the types, loads a table. Ours copies and hashes the file, reads it,
checks every value, grades identity numbers and telephones, folds names, quarantines, and writes Parquet. One row in a
thousand is bad in one of four ways.
"""
from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

FIELDS = [("id_no", "person_id", {}), ("name", "person_name", {}), ("amount", "money", {"minimum": 0}), ("paid_on", "date", {"required": True}), ("phone", "phone", {})]


def make(path: Path, rows: int) -> None:
    from xieli.engines.identifiers.resident import check_character

    rng = random.Random(2)
    people = []
    for i in range(200_000):
        first = f"9901{i % 100:02d}{rng.randint(1940, 2010)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}{i % 1000:03d}"
        name = "".join(rng.choices("王李张刘陈杨赵黄周吴建国明芳伟", k=3)) if i % 50 else "歐陽鋒"
        people.append(f"{first}{check_character(first)},{name}")
    with open(path, "w", encoding="utf-8") as f:
        f.write("id_no,name,amount,paid_on,phone\n")
        for start in range(0, rows, 100_000):
            lines = []
            for i in range(start, min(rows, start + 100_000)):
                amount, day = f"{i % 900 + 100}.50", f"2026-{i % 12 + 1:02d}-{i % 28 + 1:02d}"
                who = people[i * 7919 % 200_000]
                match i % 4000:
                    case 0:
                        day = "2026-02-30"
                    case 1000:
                        amount = "-5"
                    case 2000:
                        amount = "=1+1"
                    case 3000:
                        who = "5.00112E+17,王某"
                lines.append(f"{who},{amount},{day},138{i % 100_000_000:08d}")
            f.write("\n".join(lines) + "\n")


def reader(folder: Path) -> int:
    import duckdb

    (folder / "plain.duckdb").unlink(missing_ok=True)
    con = duckdb.connect(str(folder / "plain.duckdb"))
    con.execute(f"SET memory_limit='2GB'; SET temp_directory='{folder}/spill'")
    con.execute(f"CREATE TABLE t AS SELECT * FROM read_csv('{folder}/rows.csv')")
    return int(con.execute("SELECT count(*) FROM t").fetchall()[0][0])


def reader_to_parquet(folder: Path) -> int:
    import duckdb

    con = duckdb.connect()
    con.execute(f"SET memory_limit='2GB'; SET temp_directory='{folder}/spill'")
    return int(con.execute(f"COPY (SELECT * FROM read_csv('{folder}/rows.csv')) TO '{folder}/plain.parquet'").fetchall()[0][0])


def ours(folder: Path) -> int:
    import shutil
    from datetime import UTC, datetime

    import yaml

    from xieli.engines.matching.datasets.importing import import_dataset
    from xieli.engines.matching.workspace import Workspace

    shutil.rmtree(folder / "ws", ignore_errors=True)
    now = datetime(2026, 11, 22, tzinfo=UTC)
    both = {"zh": "测", "en": "bench"}
    fields = [{"name": n, "semantic": s, "title": {"zh": n + "列", "en": n}, "constraints": c} for n, s, c in FIELDS]
    raw = {"name": "rows", "title": both, "owner": {"body": "b", **both}, "level": "sensitive", "freshness": {"as_of": "2026-11-01", "every_days": 31}, "lineage": both, "schema": {"fields": fields}}
    (folder / "rows.yaml").write_text(yaml.safe_dump(raw, allow_unicode=True))
    (result,) = import_dataset(Workspace.create(folder / "ws", "b", now), folder / "rows.csv", folder / "rows.yaml", now=now, by="b")
    assert result.quarantined > 0
    return result.received


PARTS = {"reader": reader, "reader to Parquet": reader_to_parquet, "checked import": ours}


def cpu_seconds() -> float:
    """Of this process and of the children it has waited for."""
    return sum(u.ru_utime + u.ru_stime for u in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def measured(part: str, folder: Path) -> dict:
    out = subprocess.run([sys.executable, __file__, "--part", part, str(folder)], check=True, capture_output=True, text=True)
    return json.loads(out.stdout.splitlines()[-1])


def main() -> None:
    if sys.argv[1:2] == ["--part"]:
        wall = time.perf_counter()
        before = cpu_seconds()
        rows = PARTS[sys.argv[2]](Path(sys.argv[3]))
        peak = max(resource.getrusage(w).ru_maxrss for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) // 1024
        print(json.dumps({"wall": time.perf_counter() - wall, "cpu": cpu_seconds() - before, "rows": rows, "peak_mb": peak}))
        return
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with TemporaryDirectory(prefix="xieli-bench-") as name:
        folder = Path(name)
        make(folder / "rows.csv", rows)
        runs: dict[str, list[dict]] = {part: [] for part in PARTS}
        for _ in range(3):
            for part in PARTS:
                runs[part].append(measured(part, folder))
    best = {part: min(r, key=lambda x: x["wall"]) for part, r in runs.items()}
    ratio = best["checked import"]["wall"] / best["reader"]["wall"]
    import duckdb

    out = {
        "command": f"python bench/matching/import_check.py {rows}", "rows": rows, "machine": {"cores": os.cpu_count(), "load": os.getloadavg()[0], "duckdb": duckdb.__version__},
        **{part: {"wall": round(b["wall"], 2), "cpu": round(b["cpu"], 2), "peak_mb": b["peak_mb"]} for part, b in best.items()}, "checked import / reader": round(ratio, 2),
        "cpu: checked import / reader": round(best["checked import"]["cpu"] / best["reader"]["cpu"], 2), "goal": 3,
    }  # fmt: skip
    print(json.dumps(out))
    if rows < 1_000_000:
        return  # a trial: printed only
    (Path(__file__).parents[1] / "results" / "match-import-check.json").write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
