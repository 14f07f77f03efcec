"""Figures of need-to-know: next fifty deadlines, a two-character name, one matter by identity; six personas and the heaviest holder.

Each is measured twice in turn, as the bound web role through the policies and as the owner with the policy's whole meaning
inlined as constants (sql/baseline_*.sql). Printed and written to bench/results/needtoknow.json: p50 and p95 in milliseconds of
the statement inside its transaction, planning and transport included; the ratio of the medians of the best of three in turn
(a busy machine disturbs both sides); rows and their equality. `bind` is stated apart.

    python bench/needtoknow/figures.py [--matters 1000000] [--rounds 60]
"""
from __future__ import annotations

import argparse
import json
import os
import platform
import random
import shutil
import statistics
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xieli.server.settings")

import psycopg  # noqa: E402
from tests import dbfixtures  # noqa: E402

from xieli.office.access import hardening  # noqa: E402
from xieli.office.access.search import HITS, grams  # noqa: E402
from xieli.office.access.worklist import WORKLIST  # noqa: E402
from xieli.server.cluster import Server  # noqa: E402

HERE = Path(__file__).parent
RESULT = ROOT / "bench/results/needtoknow.json"
PERSONAS = {"investigator": 10010, "room head": 10040, "body leader": 10075, "area": 10024, "province": 10002, "outsider": 10003, "100,000 grants": 10001}
NAMES = ("张伟", "王芳", "李娜", "刘洋", "陈静", "杨敏", "黄丽", "赵强", "吴磊", "周军")
ONE = "select id, title, kind, next_due from matter where id = %s"


def load(admin: psycopg.Connection[Any], matters: int) -> None:
    """Fill the clone and let the database learn its statistics."""
    text = (HERE / "sql/load.sql").read_text(encoding="utf-8").replace(":n", str(matters))
    indexes = admin.execute(
        "select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) from pg_index i where i.indrelid in ('matter'::regclass, 'matter_work'::regclass)"
        " and not i.indisprimary").fetchall()
    for name, _ in indexes:
        admin.execute(f"drop index {name}")
    for statement in text.split(";\n"):
        if statement.strip():
            began = time.perf_counter()
            admin.execute(statement.encode())
            print(f"  {time.perf_counter() - began:7.1f} s  {statement.strip().splitlines()[-1][:90]}", flush=True)
    admin.execute("set maintenance_work_mem = '1GB'")
    for _, definition in indexes:
        admin.execute(definition.encode())
    admin.execute("vacuum analyze")


def constants(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """What the binding found, as constants for the baseline."""
    row = connection.execute("select p::text, me::text, lvl, comps::text, t::text from access.who()").fetchone()
    assert row is not None
    found = {"P": row[0], "ME": row[1], "L": str(row[2]), "C": row[3], "T": row[4]}
    return found | {"EXACT": (HERE / "sql/baseline_exact.sql").read_text(encoding="utf-8").format(**found)}


def timed(connection: psycopg.Connection[Any], query: str, values: Any = None) -> tuple[float, list[Any]]:
    began = time.perf_counter()
    rows = connection.execute(query, values, prepare=False).fetchall()  # type: ignore[arg-type]
    return (time.perf_counter() - began) * 1000, rows


def summary(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {"p50": round(statistics.median(ordered), 3), "p95": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))], 3)}


def measure(database: dbfixtures.TestDatabase, rounds: int) -> dict[str, Any]:
    """All figures of all personas."""
    out: dict[str, Any] = {}
    web = psycopg.connect(database.dsn("web"), autocommit=True)
    owner = psycopg.connect(database.dsn(), autocommit=True)  # the installer: no policy stands in its way
    baseline = {name: (HERE / f"sql/baseline_{name}.sql").read_text(encoding="utf-8") for name in ("worklist", "search", "one")}
    ids = [row[0] for row in owner.execute("select id from matter tablesample system (0.5) limit 2000")]
    binds: list[float] = []
    for persona, person in PERSONAS.items():
        cookie = f"bench-{person}"
        web.execute("select access.open_demo_session(%s, %s)", [sha256(cookie.encode()).digest(), person])
        with web.transaction():
            web.execute("select access.bind(%s)", [cookie])
            own = [row[0] for row in web.execute("select id from matter where id = any (%s)", [ids])] or ids[:50]
            grants = web.execute("select cardinality(p) from access.who()").fetchone()
        figures: dict[str, dict[str, list[float]]] = {k: {"policy": [], "baseline": []} for k in ("next 50 deadlines", "two-character name", "one by id")}
        best: dict[str, dict[str, list[float]]] = {k: {"policy": [], "baseline": []} for k in figures}
        equal, seen = True, {"next 50 deadlines": 0, "two-character name": 0}
        pick = random.Random(7)
        for n in range(rounds + 5):
            name, one = NAMES[n % len(NAMES)], pick.choice(own)
            pieces = grams(name)
            with web.transaction():
                began = time.perf_counter()
                web.execute("select access.bind(%s)", [cookie])
                binds.append((time.perf_counter() - began) * 1000)
                c = constants(web)
                for label, query, values, plain in (
                    ("next 50 deadlines", WORKLIST, {"due": "-infinity", "id": 0, "n": 50}, baseline["worklist"].format(**c)),
                    ("two-character name", HITS, [pieces, 2001], baseline["search"].format(G="{" + ",".join(pieces) + "}", **c)),
                    ("one by id", ONE, [one], baseline["one"].format(M=one, **c)),
                ):
                    # in turn, and in changing order: what the one warms the other must not always enjoy
                    runs = [("policy", lambda q=query, v=values: timed(web, q, v)), ("baseline", lambda p=plain: timed(owner, p))]
                    got = {}
                    for side, run in runs if n % 2 else reversed(runs):
                        three = [run() for _ in range(3)]
                        got[side] = three[0][1]
                        if n >= 5:
                            figures[label][side] += [spent for spent, _ in three]
                            best[label][side].append(min(spent for spent, _ in three))
                    equal = equal and sorted(r[0] for r in got["policy"]) == sorted(r[0] for r in got["baseline"])
                    if label in seen:
                        seen[label] = max(seen[label], len(got["policy"]))
        out[persona] = {
            label: {side: summary(v) for side, v in sides.items()} | {"ratio": round(statistics.median(best[label]["policy"]) / statistics.median(best[label]["baseline"]), 2)}
            for label, sides in figures.items()
        } | {"rows equal": equal, "most rows": seen, "principals": grants[0] if grants else 0}
        print(persona, json.dumps(out[persona], ensure_ascii=False), flush=True)
    return {"personas": out, "bind": summary(binds)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--matters", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--keep", type=Path, help="folder of a cluster to keep and use again")
    parser.add_argument("--without-superuser", action="store_true", help="leave arraycontains as it comes: the working fallback")
    parser.add_argument("--load-only", action="store_true", help="with --keep: fill the database and stop")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="xieli-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    try:
        with Server(folder / "pg", durable=False) as server:
            name = f"bench_{options.matters}"
            with psycopg.connect(server.dsn(), autocommit=True) as connection:
                there = connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone()
            database = dbfixtures.TestDatabase(server, name)
            if there and options.keep:
                with database.admin() as admin:
                    there = admin.execute("select 1 from matter_work limit 1").fetchone()
            if not (there and options.keep):
                database = dbfixtures.clone(server, name)
                with database.admin() as admin:
                    load(admin, options.matters)
            if options.load_only:
                return 0
            with database.admin() as admin:
                if options.without_superuser:
                    admin.execute("alter function pg_catalog.arraycontains(anyarray, anyarray) not leakproof")
                else:
                    hardening.apply(admin)
                counts = admin.execute("select (select count(*) from matter), (select count(*) from matter_grant), (select count(*) from person),"
                                       " (select max(n) from (select count(*) n from matter_grant where principal > 10000 group by principal) x), version()").fetchone()
            assert counts is not None
            result = {
                "machine": {"processor": platform.processor() or platform.machine(), "cpus": os.cpu_count(), "load": [round(x, 1) for x in os.getloadavg()], "server": counts[4].split(" on ")[0]},
                "world": {"matters": counts[0], "grants": counts[1], "persons": counts[2], "grants of the heaviest person": counts[3], "superuser settings": not options.without_superuser},
                "baseline": "the owner's own statement with the policy's meaning as constants: bench/needtoknow/sql",
                **measure(database, options.rounds),
            }
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    if options.matters == 1_000_000 and not options.without_superuser:
        RESULT.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({k: v for k, v in result.items() if k != "personas"}, ensure_ascii=False))
    for persona, figures in result["personas"].items():
        print(f"{persona:16}" + "".join(f" | {label} {f['policy']['p50']:.2f}/{f['policy']['p95']:.2f} ms ×{f['ratio']}" for label, f in figures.items() if isinstance(f, dict) and "ratio" in f)
              + f" | equal {figures['rows equal']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
