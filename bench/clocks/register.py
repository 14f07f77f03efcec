"""Three million clocks in a database of a million matters: the next fifty deadlines, a round of the sweeper, a calendar that changes.

    python bench/clocks/register.py [--matters 1000000] [--keep FOLDER]     writes bench/results/clock_register.json

The world is the one of bench/needtoknow with three clocks a matter (running where the matter is open). Printed: p50 and p95 of
the next fifty deadlines as the bound web role for a person, a body's leader, an area and the province; a whole round of the
sweeper over exactly 500 due clocks, with nothing to tell and with 500 alarms to raise, beside the bare selection and update of
the same 500 rows (baseline); and the rows that an imported notice looked at, moved and wrote. A round is told by the wall and
as processor time of process and database session together (mean of the rounds: the system counts it in hundredths of a second).
"""
from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

import psycopg  # noqa: E402
from tests import dbfixtures, djangodb  # noqa: E402

from xieli.engines.clocks import DayFact, Event, Kind, Notice, due, load_calendars, load_rules  # noqa: E402
from xieli.engines.clocks.state import near_from  # noqa: E402
from xieli.office.access import hardening  # noqa: E402
from xieli.office.access.worklist import WORKLIST  # noqa: E402
from xieli.server.cluster import Server  # noqa: E402

RULES = ("cn.jb.realname.ack", "cn.reg.handin.triage", "bz.lead.6m")
PERSONAS = {"person": 10010, "body": 10075, "subtree": 10024, "province": 10002}


def world() -> Any:
    """The loader of bench/needtoknow."""
    spec = importlib.util.spec_from_file_location("needtoknow_figures", ROOT / "bench/needtoknow/figures.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def add_clocks(admin: psycopg.Connection[Any]) -> None:
    """Three clocks a matter, their dates from the engine: one fold per rule and day, joined to the matters of that day."""
    rules, calendar = load_rules(), load_calendars()["cn-mainland"]
    admin.execute("create temp table folded (rule text, day date, due timestamptz, alarm timestamptz, warn timestamptz, provisional boolean)")
    days = [row[0] for row in admin.execute("select distinct (opened_at at time zone 'Asia/Shanghai')::date from matter")]
    with admin.cursor().copy("copy folded from stdin") as copy:
        for name in RULES:
            for day in days:
                result = due(rules.find(name), [Event(Kind.START, day)], calendar)
                ends = [r.due_at for r in result.readings]
                copy.write_row((name, day, max(ends), min(ends), near_from(result) or min(ends), result.provisional))
    admin.execute("set session_replication_role = replica")
    admin.execute(
        "insert into clock (id, matter_id, rule, rule_on, code, calendar, parameters, statutory, on_expiry, state, started_at, due_at, alarm_at, warn_at, provisional, stopped_at, alarmed_level, next_look, stage)"
        " select access.new_id(), m.id, f.rule, f.day, f.rule, 'cn-mainland', '{}', true, 'warn', case when m.status = 'open' then 'running' else 'stopped' end, m.opened_at, f.due, f.alarm, f.warn,"
        " f.provisional, case when m.status = 'open' then null else m.opened_at + interval '20 days' end,"
        " case when f.alarm < now() then 2 when f.warn < now() then 1 else 0 end, now() + interval '1 day' + random() * interval '100 days', ''"
        " from matter m join folded f on f.day = (m.opened_at at time zone 'Asia/Shanghai')::date")
    admin.execute("insert into clock_event (id, clock_id, matter_id, kind, happened_at, recorded_at, unit, code, ground, approver_level, document_no)"
                  " select access.new_id(), c.id, c.matter_id, 'start', c.started_at, c.started_at, '', '', '', 'county', '' from clock c")
    admin.execute("reset session_replication_role")
    admin.execute("vacuum analyze clock, clock_event")


def summary(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {"p50_ms": round(statistics.median(ordered), 2), "p95_ms": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))], 2)}


def deadlines(database: dbfixtures.TestDatabase, rounds: int) -> dict[str, Any]:
    out = {}
    with psycopg.connect(database.dsn("web"), autocommit=True) as web:
        for name, person in PERSONAS.items():
            cookie = f"bench-{person}"
            web.execute("select access.open_demo_session(%s, %s)", [sha256(cookie.encode()).digest(), person])
            times, rows = [], 0
            for n in range(rounds + 5):
                with web.transaction():
                    web.execute("select access.bind(%s)", [cookie])
                    began = time.perf_counter()
                    rows = len(web.execute(WORKLIST, {"due": "-infinity", "id": 0, "n": 50}, prepare=False).fetchall())  # type: ignore[arg-type]
                    if n >= 5:
                        times.append((time.perf_counter() - began) * 1000)
            out[name] = {**summary(times), "rows": rows}
    return out


def rounds_of_the_sweeper(database: dbfixtures.TestDatabase, admin: psycopg.Connection[Any], rounds: int) -> dict[str, Any]:
    djangodb.use(database, "sweeper")
    from django.db import connections, transaction

    from xieli.office.matters.sweeper import sweep_clocks

    def prepare(level: str) -> None:
        admin.execute("update clock set next_look = now() + interval '1 day' where next_look <= now() + interval '1 hour'")
        admin.execute(f"update clock set next_look = now() - interval '1 second', alarmed_level = {level} where id in"
                      " (select id from clock where state = 'running' and alarm_at < now() order by md5(id::text) limit 500)")

    with connections["default"].cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        pids = (os.getpid(), cursor.fetchone()[0])

    def spent() -> float:
        """Processor milliseconds of this process and its session."""
        return sum(int(n) for pid in pids for n in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]) * 1000 / os.sysconf("SC_CLK_TCK")

    out: dict[str, Any] = {}
    for name, level in (("nothing to tell", "2"), ("500 alarms to raise", "0")):
        times, busy = [], 0.0
        for _ in range(rounds):
            prepare(level)
            began, before = time.perf_counter(), spent()
            done = sweep_clocks(500)
            times.append((time.perf_counter() - began) * 1000)
            busy += spent() - before
            assert done == 500, done
        out[name] = {**summary(times), "cpu_mean_ms": round(busy / rounds, 1)}
    times, busy = [], 0.0
    for _ in range(rounds):
        prepare("2")
        began, before = time.perf_counter(), spent()
        with transaction.atomic(), connections["default"].cursor() as cursor:
            cursor.execute("select id from clock where state = 'running' and next_look <= now() order by next_look limit 500 for update skip locked")
            ids = [row[0] for row in cursor.fetchall()]
            cursor.execute("update clock set next_look = now() + interval '1 hour' where id = any (%s)", [ids])
        times.append((time.perf_counter() - began) * 1000)
        busy += spent() - before
    out["baseline: bare selection and update of the same 500"] = {**summary(times), "cpu_mean_ms": round(busy / rounds, 1)}
    connections["default"].close()
    return out


def notice(admin: psycopg.Connection[Any]) -> dict[str, Any]:
    from xieli.office.matters.recalendar import import_notice

    day = (datetime.now(UTC) + timedelta(days=10)).date()
    while not load_calendars()["cn-mainland"].is_working(day):
        day += timedelta(days=1)

    def written() -> int:
        admin.execute("select pg_stat_force_next_flush()")
        time.sleep(1.1)
        return int(admin.execute("select pg_stat_get_tuples_updated('clock'::regclass)").fetchone()[0])  # type: ignore[index]

    before, began = written(), time.perf_counter()
    done = import_notice(admin, Notice("cn-mainland", "bench", frozenset(), {day: DayFact(False, "加放一天", "one more day")}))
    took = time.perf_counter() - began
    return {"running clocks": admin.execute("select count(*) from clock where state = 'running'").fetchone()[0],  # type: ignore[index]
            "looked at": done.looked_at, "moved": len(done.moved), "rows written": written() - before, "s": round(took, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--matters", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--keep", type=Path, help="folder of a cluster to keep and use again")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="xieli-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    try:
        with Server(folder / "pg", durable=False) as server:
            name = f"clocks_{options.matters}"
            database = dbfixtures.TestDatabase(server, name)
            with psycopg.connect(server.dsn(), autocommit=True) as connection:
                there = connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone()
            if not there:
                database = dbfixtures.clone(server, name)
                with database.admin() as admin:
                    world().load(admin, options.matters)
                    add_clocks(admin)
            with database.admin() as admin:
                hardening.apply(admin)
                counted = admin.execute("select (select count(*) from matter), (select count(*) from clock), version()").fetchone()
                assert counted is not None
                result = {"machine": f"{platform.machine()}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}, {counted[2].split(' on ')[0]}", "day": datetime.now(UTC).date().isoformat(),
                          "matters": counted[0], "clocks": counted[1], "next fifty deadlines": deadlines(database, options.rounds),
                          "sweeper, 500 due": rounds_of_the_sweeper(database, admin, options.rounds), "calendar notice": notice(admin)}
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    text = json.dumps(result, ensure_ascii=False, indent=1)
    print(text)
    if options.matters == 1_000_000:
        (ROOT / "bench/results/clock_register.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
