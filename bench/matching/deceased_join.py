"""Model 1 over payments × deaths beside the same join by hand in DuckDB: ratio, projection included, memory.

    python bench/matching/deceased_join.py 1000000:200000 10000000:2000000 50000000:10000000

Each size runs in one process of its own per part, alternating, so that the peak memory is that part's. "By hand" is the
query an analyst would write straight over the two Parquet files, writing its hits to a table. "Model" is the shipped
SQL over the projection, in the locked process; "projection" is laying it down (identifiers to keyed tokens).
"""
from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

LIMIT_MB = 2048


def make(folder: Path, payments: int, deaths: int) -> None:
    """Invented people of area 99; one death in 500 has later payments, as a register might."""
    import duckdb

    con = duckdb.connect()
    con.execute(f"SET memory_limit='3GB'; SET temp_directory='{folder}/spill'")
    ident = "'9901' || lpad(CAST({n} % 100 AS VARCHAR), 2, '0') || lpad(CAST({n} % 9000000 + 19000000 AS VARCHAR), 8, '0') || lpad(CAST({n} // 9000000 % 1000 AS VARCHAR), 3, '0') || CAST({n} % 10 AS VARCHAR)"
    people = payments // 5
    con.execute(
        f"COPY (SELECT i + 2 AS _row, {ident.format(n=f'(i * 7919 % {people})')} AS id_no, CAST(NULL AS VARCHAR) AS id_no__key, CAST(100 + i % 900 AS DECIMAL(18,2)) AS amount,"
        f" DATE '2025-01-01' + CAST(i % 600 AS INTEGER) AS paid_on FROM range({payments}) t(i)) TO '{folder}/payments.parquet'"
    )
    # The dead are people beyond the paid, except one in 500 who is among them.
    con.execute(
        f"COPY (SELECT i + 2 AS _row, {ident.format(n=f'(CASE WHEN i % 500 = 0 THEN i // 500 ELSE {people} + i END)')} AS id_no, CAST(NULL AS VARCHAR) AS id_no__key,"
        f" DATE '2025-06-01' + CAST(i % 300 AS INTEGER) AS died_on FROM range({deaths}) t(i)) TO '{folder}/deaths.parquet'"
    )


def by_hand(folder: Path) -> int:
    import duckdb

    con = duckdb.connect(str(folder / "hand.duckdb"))
    con.execute(f"SET memory_limit='{LIMIT_MB}MB'; SET temp_directory='{folder}/spill'; SET preserve_insertion_order=false")
    con.execute(
        f"CREATE OR REPLACE TABLE hits AS SELECT p.id_no, min(d.died_on) AS died_on, count(*) AS n, sum(p.amount) AS total, max(p.paid_on) AS last_paid,"
        f" array_agg(p._row) AS rows FROM '{folder}/payments.parquet' p JOIN '{folder}/deaths.parquet' d ON p.id_no = d.id_no WHERE p.paid_on > d.died_on"
        f" GROUP BY p.id_no HAVING count(*) >= 2 OR max(date_diff('day', d.died_on, p.paid_on)) > 60"
    )
    return int(con.execute("SELECT count(*) FROM hits").fetchall()[0][0])


def plan(folder: Path) -> dict:
    def column(name: str, source: str, semantic: str, token: bool) -> dict:
        return {"name": name, "source": source, "semantic": semantic, "token": token}

    person = column("person", "id_no", "person_id", True)
    return {
        "run": str(folder), "engine": "duckdb", "memory_mb": LIMIT_MB, "today": "2026-11-22", "meets": [["payment", "person"], ["death", "person"]],
        "tables": [
            {"name": "payment", "parquet": f"{folder}/payments.parquet", "rows": [], "subjects": [], "columns": [person, column("amount", "amount", "money", False), column("paid_on", "paid_on", "date", False)]},
            {"name": "death", "parquet": f"{folder}/deaths.parquet", "rows": [], "subjects": [], "columns": [person, column("died_on", "died_on", "date", False)]},
        ],
    }  # fmt: skip


def project(folder: Path) -> int:
    from xieli.engines.matching import jail
    from xieli.engines.matching.runs.projection import lay_down

    (folder / "work.duckdb").unlink(missing_ok=True)
    jail.enter(16 << 30, 7200, 200 << 30)
    return sum(c["laid_down"] for c in lay_down(plan(folder), "00" * 32, lambda stage, n: None).values())


def model(folder: Path) -> int:
    from xieli.engines.matching import jail
    from xieli.engines.matching.models.contract import find_model
    from xieli.engines.matching.models.dialect import rendered
    from xieli.engines.matching.runs.worker import locked

    m = find_model("deceased_recipient")
    sql = rendered(m, m.parameters_with({}))
    jail.enter(16 << 30, 7200, 200 << 30)
    con = locked(folder, LIMIT_MB)
    return len(con.execute(sql).fetchall())


PARTS = {"by hand": by_hand, "projection": project, "model": model}


def child(part: str, folder: Path) -> None:
    # What Python imports is no part of any figure.
    import duckdb  # noqa: F401
    import pyarrow  # noqa: F401
    import sqlglot

    sqlglot.parse_one("SELECT 1", read="duckdb").sql(dialect="duckdb")  # it loads its dialects at their first use
    import xieli.engines.matching.models.dialect
    import xieli.engines.matching.runs.worker  # noqa: F401

    wall, cpu = time.perf_counter(), time.process_time()
    rows = PARTS[part](folder)
    print(json.dumps({"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "rows": rows, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))


def measured(part: str, folder: Path) -> dict:
    out = subprocess.run([sys.executable, __file__, "--part", part, str(folder)], check=True, capture_output=True, text=True)
    return json.loads(out.stdout.splitlines()[-1])


def size(payments: int, deaths: int, repeats: int) -> dict:
    with TemporaryDirectory(prefix="xieli-bench-") as name:
        folder = Path(name)
        make(folder, payments, deaths)
        runs: dict[str, list[dict]] = {part: [] for part in PARTS}
        for _ in range(repeats):
            for part in PARTS:
                runs[part].append(measured(part, folder))
        hits = {part: r[0]["rows"] for part, r in runs.items() if part != "projection"}
        assert len(set(hits.values())) == 1, hits
        best = {part: min(r, key=lambda x: x["wall"]) for part, r in runs.items()}
    hand, own, laid = best["by hand"], best["model"], best["projection"]
    return {
        "payments": payments, "deaths": deaths, "hits": hits["model"], "repeats": repeats,
        **{part: {k: round(v, 2) for k, v in b.items() if k != "rows"} for part, b in best.items()},
        "model / by hand": round(own["wall"] / hand["wall"], 2), "projection + model / by hand": round((own["wall"] + laid["wall"]) / hand["wall"], 2),
        "cpu: model / by hand": round(own["cpu"] / hand["cpu"], 2), "cpu: projection + model / by hand": round((own["cpu"] + laid["cpu"]) / hand["cpu"], 2), "peak_mb": max(b["peak_mb"] for b in best.values()),
    }  # fmt: skip


def main() -> None:
    if sys.argv[1:2] == ["--part"]:
        child(sys.argv[2], Path(sys.argv[3]))
        return
    sizes = sys.argv[1:] or ["1000000:200000", "10000000:2000000"]
    rows = []
    for s in sizes:
        payments, deaths = map(int, s.split(":"))
        rows.append(size(payments, deaths, 3 if payments <= 10_000_000 else 2))
        print(json.dumps(rows[-1]), flush=True)
    import duckdb

    machine = {"cores": os.cpu_count(), "load": os.getloadavg()[0], "duckdb": duckdb.__version__, "memory_limit_mb": LIMIT_MB}
    if max(r["payments"] for r in rows) < 1_000_000:
        return  # a trial: printed only
    target = Path(__file__).parents[1] / "results" / "match-deceased-join.json"
    target.write_text(json.dumps({"command": "python bench/matching/deceased_join.py " + " ".join(sizes), "machine": machine, "goals": {"model / by hand": 1.3, "projection + model / by hand": 2, "peak_mb": 4096}, "sizes": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
