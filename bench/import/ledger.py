"""Import of 100,000 rows: dry run against calamine reading the file, posting against a bulk insert of the same finished rows.

    python bench/import/ledger.py [ROWS]      writes bench/results/import-ledger.json

The import runs in a process of its own, as the command does. Seconds are told twice: by the wall clock, and as processor time
of all that worked (process, reader, database session), which feels the machine's load less. The baseline of posting copies the
very rows that posting made (matter, grants, stages, moves, subjects, worklist) into tables with the same columns and the same
indexes, by `insert … select`, without a trigger, a check, a foreign key or a policy; nothing is switched off for posting.
Memory is the peak of the process plus the peak of the reader, each as the system counts it (VmHWM), not at the same moment.
"""
from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
TABLES = ("matter", "matter_grant", "matter_stage", "matter_move", "matter_subject", "matter_work", "imported_matter")
CALAMINE = """
import sys, time
from python_calamine import CalamineWorkbook as W
t, c = time.perf_counter(), time.process_time()
rows = W.from_path(sys.argv[1]).get_sheet_by_index(0).to_python()
print(time.perf_counter() - t, time.process_time() - c)
"""
READER = """
import runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")), file=sys.stderr)
"""
TICKS = os.sysconf("SC_CLK_TCK")


def make(path: Path, rows: int) -> None:
    import xlsxwriter

    rnd = Random(7)
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["问题线索台账"])
        sheet.write_row(1, 0, ["线索编号", "收件时间", "被反映人", "身份证号", "工作单位", "职务", "反映的主要问题", "来源"])
        for i in range(rows):
            day = date(2024, 1, 1) + timedelta(days=rnd.randrange(600))
            name = "".join(rnd.choice("赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨") for _ in range(3))
            sheet.write_row(i + 2, 0, [f"旧〔2025〕{i}", f"{day:%Y.%m.%d}", name, "", f"第{rnd.randrange(3000)}村", "主任", f"虚报冒领粮食补贴第{i}号，涉及{rnd.randrange(90)}户", "信访"])


def peak(pid: int | str = "self") -> int:
    """The most memory a process has held, in MB."""
    return int(next(line.split()[1] for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))) // 1024


def spent(pid: int) -> float:
    """Processor seconds of a process, its own and its ended children's."""
    return sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15])) / TICKS


def measured(what: Callable[[], Any], backend: int) -> tuple[Any, float, float]:
    """What comes of it, seconds by the wall, processor seconds of this process and of its database session."""
    wall, cpu = time.perf_counter(), spent(os.getpid()) + spent(backend)
    found = what()
    return found, time.perf_counter() - wall, spent(os.getpid()) + spent(backend) - cpu


def importing(path: Path, token: str, body: int, room: int) -> dict[str, Any]:
    """The import itself, in this process: three trials, one posting."""
    import django

    django.setup()
    from django.db import connection

    from xieli.office.matters.importing import service, workbook
    from xieli.server.binding import acting

    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        backend = cursor.fetchone()[0]
    before = peak()
    trial, wall, cpu = None, [], []
    for _ in range(3):
        trial = None  # one ledger in memory, as in the product
        with acting(token):
            trial, seconds, busy = measured(lambda: service.dry_run(workbook.open_book(path), body), backend)
        wall.append(seconds)
        cpu.append(busy)
    after = peak()

    def posting() -> Any:
        with acting(token):
            return service.post(trial, body, room, take_doubtful=True)  # type: ignore[arg-type]

    batch, posted, busy = measured(posting, backend)
    return {"accepted": batch.accepted, "dry_run_s": min(wall), "dry_run_cpu_s": min(cpu), "post_s": posted, "post_cpu_s": busy,
            "process_mb": {"started": before, "after_dry_run": after, "peak": peak()}, "session_mb": peak(backend)}


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    from tests import djangodb
    from tests.dbfixtures import clone

    from xieli.server.cluster import Server

    folder = Path(tempfile.mkdtemp(prefix="xieli-bench-"))
    folder.chmod(0o711)
    path = folder / "ledger.xlsx"
    make(path, rows)
    load = os.getloadavg()
    runs = [[float(x) for x in subprocess.run([sys.executable, "-c", CALAMINE, str(path)], capture_output=True, text=True, check=True).stdout.split()] for _ in range(3)]
    calamine, calamine_cpu = (min(r[i] for r in runs) for i in (0, 1))
    from xieli.office.matters.importing.workbook import READER as program

    done = subprocess.run([sys.executable, "-I", "-c", READER, str(program), str(path), ".xlsx", ""], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
    reader_mb = int(done.stderr) // 1024
    with Server(folder / "pg", durable=False) as server:
        database = clone(server, "bench_import", mark="demo")
        djangodb.use(database)
        from django.db import connections, transaction

        from xieli.office.demo import world
        from xieli.office.matters.services import playbooks
        from xieli.server.binding import open_demo_session

        admin = database.admin()
        w = world.load(admin)
        playbooks.publish(admin)
        with transaction.atomic():
            token = open_demo_session(w.people["yj-clerk"])
        connections["default"].close()
        own = [sys.executable, __file__, "--import", str(path), token, str(w.bodies["yj"]), str(w.rooms["yj/supervision3"])]
        found = json.loads(subprocess.run(own, env=os.environ | database.environment("web"), stdout=subprocess.PIPE, text=True, check=True).stdout)
        admin.execute("create schema bare")
        for table in TABLES:
            admin.execute(f"create table bare.{table} (like public.{table} including indexes including defaults including generated)")
        columns = {table: ", ".join(name for (name,) in admin.execute("select quote_ident(column_name) from information_schema.columns where table_schema = 'public' and table_name = %s"
                                                                      " and is_generated = 'NEVER' order by ordinal_position", [table])) for table in TABLES}
        before, t = spent(admin.info.backend_pid), time.perf_counter()
        with admin.transaction():
            for table in TABLES:
                key = "id" if table == "matter" else "matter_id"
                admin.execute(f"insert into bare.{table} ({columns[table]}) select {columns[table]} from public.{table} where {key} in (select matter_id from public.imported_matter)")
        plain, plain_cpu = time.perf_counter() - t, spent(admin.info.backend_pid) - before
        admin.close()
    memory = found.pop("process_mb")
    result = {"rows": rows, "machine": f"{platform.machine()}, {platform.python_implementation()} {platform.python_version()}, 2 cores shared",
              "load_average": {"before": [round(x, 1) for x in load], "after": [round(x, 1) for x in os.getloadavg()]},
              "aims": {"dry_run_ratio": 1.5, "post_ratio": 3, "peak_mb": 300},
              **{key: round(value, 2) for key, value in found.items()},
              "calamine_s": round(calamine, 2), "calamine_cpu_s": round(calamine_cpu, 2), "bulk_insert_s": round(plain, 2), "bulk_insert_cpu_s": round(plain_cpu, 2),
              "dry_run_ratio": round(found["dry_run_s"] / calamine, 2), "dry_run_cpu_ratio": round(found["dry_run_cpu_s"] / calamine_cpu, 2),
              "post_ratio": round(found["post_s"] / plain, 2), "post_cpu_ratio": round(found["post_cpu_s"] / plain_cpu, 2),
              "process_mb": memory, "reader_mb": reader_mb, "peak_mb": memory["peak"] + reader_mb}
    print(json.dumps(result, ensure_ascii=False, indent=1))
    (ROOT / "bench/results/import-ledger.json").write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if "--import" in sys.argv:
        file, session, *numbers = sys.argv[sys.argv.index("--import") + 1:]
        print(json.dumps(importing(Path(file), session, *map(int, numbers))))
    else:
        main()
