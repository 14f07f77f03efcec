"""Import of 100,000 rows: dry run against calamine reading the file, posting against a bulk insert of the same finished rows.

    python bench/import/ledger.py [ROWS]      writes bench/results/import-ledger.json

The baseline of posting copies the very rows that posting made (matter, grants, stages, moves, subjects, worklist) into tables
with the same columns and the same indexes, by `insert … select`, without a trigger, a check or a policy. Another figure puts
the same rows through the kernel's triggers, which keep caches and recusals; nothing is switched off for posting.
"""
from __future__ import annotations

import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
TABLES = ("matter", "matter_grant", "matter_stage", "matter_move", "matter_subject", "matter_work", "imported_matter")


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


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    from tests import djangodb
    from tests.dbfixtures import clone

    from xieli.server.cluster import Server

    folder = Path(tempfile.mkdtemp(prefix="xieli-bench-"))
    folder.chmod(0o711)
    path = folder / "ledger.xlsx"
    make(path, rows)
    code = f"import time,sys; from python_calamine import CalamineWorkbook as W; t=time.perf_counter(); r=W.from_path({str(path)!r}).get_sheet_by_index(0).to_python(); print(time.perf_counter()-t)"
    calamine = min(float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout) for _ in range(3))
    with Server(folder / "pg", durable=False) as server:
        database = clone(server, "bench_import", mark="demo")
        djangodb.use(database)
        from django.db import transaction

        from xieli.office.demo import world
        from xieli.office.matters.importing import service, workbook
        from xieli.office.matters.services import playbooks
        from xieli.server.binding import acting, open_demo_session

        admin = database.admin()
        w = world.load(admin)
        playbooks.publish(admin)
        with transaction.atomic():
            token = open_demo_session(w.people["yj-clerk"])
        dry, trial = [], None
        for _ in range(3):
            with acting(token):
                trial = None  # one ledger in memory, as in the product
                t = time.perf_counter()
                trial = service.dry_run(workbook.open_book(path), w.bodies["yj"])
                dry.append(time.perf_counter() - t)
        t = time.perf_counter()
        with acting(token):
            batch = service.post(trial, w.bodies["yj"], w.rooms["yj/supervision3"], take_doubtful=True)
        posted = time.perf_counter() - t
        peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024
        plain = 0.0
        for table in TABLES:
            admin.execute(f"create schema if not exists bare; create table bare.{table} (like public.{table} including indexes including defaults including generated)")
        with admin.transaction():
            t = time.perf_counter()
            for table in TABLES:
                key = "id" if table == "matter" else "matter_id"
                admin.execute(f"insert into bare.{table} select * from public.{table} where {key} in (select matter_id from public.imported_matter)")
            plain = time.perf_counter() - t
        result = {"rows": rows, "accepted": batch.accepted, "machine": f"{platform.machine()}, {platform.python_implementation()} {platform.python_version()}, 2 cores shared", "calamine_s": round(calamine, 2),
                  "dry_run_s": round(min(dry), 2), "dry_run_ratio": round(min(dry) / calamine, 2), "post_s": round(posted, 1), "bulk_insert_s": round(plain, 1),
                  "post_ratio": round(posted / plain, 2), "peak_mb_parent_plus_reader": round(peak)}
        print(json.dumps(result, ensure_ascii=False, indent=1))
        (ROOT / "bench/results/import-ledger.json").write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        admin.close()
        from django.db import connections

        connections["default"].close()


if __name__ == "__main__":
    main()
