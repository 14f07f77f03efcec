"""Figures: does sealing keep up with 500 acts a second; what does an event add to a transaction; what does a look cost.

1. Writers insert acts through `audit.record` as fast as 500 a second (paced) for `seconds`; the sealer runs beside them every 2 s. Reported: acts a
   second reached, the largest lag that `audit.sealer_lag()` showed, and how many were left unsealed one pass after the end.
2. A backlog is sealed in one go: events a second (the head room).
3. One transaction with a business write (an UPDATE and three INSERTs into plain tables, synchronous commit) without and with its event.
4. A read of one matter without and with its look event.

`python bench/ledger/sealing_rate.py [seconds]`. Its database is a cluster of its own with synchronous commit, thrown away afterwards.
"""
from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
import psycopg  # noqa: E402
from tests import dbfixtures  # noqa: E402
from tests.office.audit.conftest import Office, furnish  # noqa: E402

from xieli.office.audit import sealer  # noqa: E402
from xieli.office.audit.keys import KeyFolder  # noqa: E402
from xieli.server.cluster import Server  # noqa: E402

RESULT = ROOT / "bench" / "results" / "ledger_sealing_rate.json"
PACE = 550  # asked of the writers; the goal is 500
WRITERS = 8
NOTE = json.dumps({"note": "移送乙县纪委，附件三份 / handed over with three enclosures", "n": 3, "codes": ["a", "b"]})
EVENT = "select audit.record('test.noted', %s::jsonb, %s)"


def writer(office: Office, stop: threading.Event, share: float, done: list[int]) -> None:
    """One bound session that writes `share` acts a second, each in a transaction of its own."""
    with office.connect("web") as connection:
        began, n = time.monotonic(), 0
        while not stop.is_set():
            connection.execute("select access.bind('cookie-an')")
            connection.execute(EVENT, [NOTE, [office.matters["one"]]])
            connection.commit()
            n += 1
            ahead = n / share - (time.monotonic() - began)
            if ahead > 0:
                time.sleep(ahead)
    done.append(n)


def keep_up(office: Office, folder: KeyFolder, seconds: float) -> dict[str, Any]:
    stop, sealing, done = threading.Event(), threading.Event(), []
    threads = [threading.Thread(target=writer, args=(office, stop, PACE / WRITERS, done)) for _ in range(WRITERS)]
    runner = threading.Thread(target=sealer.run, args=(office.database.dsn("sealer"), folder), kwargs={"stop": sealing})
    lags = []
    began = time.monotonic()
    runner.start()
    for t in threads:
        t.start()
    with office.admin() as connection:
        while time.monotonic() - began < seconds:
            time.sleep(0.5)
            row = connection.execute("select extract(epoch from audit.sealer_lag())::float8").fetchone()
            lags.append(row[0] if row else 0.0)
    stop.set()
    for t in threads:
        t.join()
    took = time.monotonic() - began
    time.sleep(sealer.INTERVAL + 1)
    sealing.set()
    runner.join()
    with office.admin() as connection:
        left = connection.execute("select count(*) from audit.event e where not exists (select 1 from audit.leaf l where l.event = e.id)").fetchone()
        seals = connection.execute("select count(*) from audit.seal").fetchone()
    return {"acts": sum(done), "seconds": round(took, 1), "acts_a_second": round(sum(done) / took), "goal": 500, "largest_lag_s": round(max(lags), 2),
            "left_unsealed": left[0] if left else None, "seals": seals[0] if seals else None}


def backlog(office: Office, folder: KeyFolder, n: int = 50_000) -> dict[str, Any]:
    with office.connect("web") as connection:
        connection.execute("set statement_timeout = 0")
        connection.execute("select access.bind('cookie-an')")
        began = time.perf_counter()
        connection.execute("select count(audit.record('test.noted', %s::jsonb, %s)) from generate_series(1, %s)", [NOTE, [office.matters["one"]], n])
        wrote = time.perf_counter() - began
    running = sealer.Sealer(office.database.dsn("sealer"), folder)
    began, sealed = time.perf_counter(), 0
    while batch := running.seal_once():
        sealed += batch
    took = time.perf_counter() - began
    running.close()
    return {"events": sealed, "sealed_a_second": round(sealed / took), "record_ms_without_commit": round(1000 * wrote / n, 3)}


def compare(office: Office, body: Callable[[Any], object], with_event: Callable[[Any], object], n: int = 1000) -> dict[str, float]:
    """Median milliseconds of a bound transaction without and with its event, alternating."""
    times: dict[bool, list[float]] = {False: [], True: []}
    with office.connect("web") as connection:
        for i in range(2 * n):
            event = bool(i % 2)
            began = time.perf_counter()
            connection.execute("select access.bind('cookie-an')")
            body(connection)
            if event:
                with_event(connection)
            connection.commit()
            times[event].append(1000 * (time.perf_counter() - began))
    plain, full = statistics.median(times[False]), statistics.median(times[True])
    return {"without_ms": round(plain, 3), "with_ms": round(full, 3), "added_ms": round(full - plain, 3), "ratio": round(full / plain, 3)}


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o711)
        with Server(Path(place) / "pg", durable=True) as server:
            office = furnish(dbfixtures.clone(server, "bench_ledger"))
            with office.admin() as connection:
                connection.execute("create table public.paper (id bigint generated always as identity primary key, matter bigint, body text, at timestamptz)")
                connection.execute("create index on public.paper (matter)")
                connection.execute(f"grant select, insert on public.paper to {dbfixtures.PREFIX}_web")
                office.matters = dict(connection.execute("select title, id from matter").fetchall())
            folder = KeyFolder(Path(place) / "seals")
            folder.make()
            result: dict[str, Any] = {"keep_up": keep_up(office, folder, seconds), "backlog": backlog(office, folder)}
            one = office.matters["one"]

            def work(connection: psycopg.Connection[Any]) -> None:
                connection.execute("update matter set summary = 'x' where id = %s", [one])
                for _ in range(3):
                    connection.execute("insert into paper (matter, body, at) values (%s, %s, now())", [one, NOTE])

            def look(connection: psycopg.Connection[Any]) -> None:
                connection.execute("select title, summary, owner_body_id from matter where id = %s", [one]).fetchall()

            result["write_transaction"] = compare(office, work, lambda c: c.execute(EVENT, [NOTE, [one]]))
            result["look"] = compare(office, look, lambda c: c.execute("select audit.record('matter.look', '{\"purpose\": \"matter-page\"}', %s)", [[one]]))
            version = server.version()
    result["machine"] = f"{platform.machine()}, {os.cpu_count()} cores shared with other work, {version}"
    result["load"] = os.getloadavg()[0]
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    print(json.dumps(result, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
