"""How fast the desk's pages come, how many questions each asks the database, and what a phone loads first.

Baseline: the time its SQL takes alone. Played world of SC-03 (a handful of matters): the figure shows the page's own cost,
not the size of the tables (bench/needtoknow has that). Run: python bench/desk/pages.py
"""
from __future__ import annotations

import gzip
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "src"))
TIMES = 40


def main() -> None:
    """Play, ask each page forty times, write bench/results/desk_pages.json."""
    from tests.dbfixtures import clone
    from tests.faces.web.conftest import Stage

    from xieli.server.postgres import Server

    with tempfile.TemporaryDirectory(prefix="xieli-bench-") as folder:
        Path(folder).chmod(0o711)
        with Server(Path(folder) / "pg", durable=False) as server:
            stage = Stage(clone(server, "bench_desk", mark="demo"))
            rows = pages(stage)
            stage.admin.close()
            from django.db import connections

            connections["default"].close()
    result = {"machine": {"cpu": os.cpu_count(), "python": platform.python_version(), "system": platform.system(), "load": os.getloadavg()[0]}, "times": TIMES, "pages": rows,
              "phone_first_load_gzip_bytes": rows[0]["gzip_bytes"] + statics()}
    (ROOT / "bench" / "results" / "desk_pages.json").write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, ensure_ascii=False, indent=1))


def statics() -> int:
    """Bytes of the frame's style sheets and scripts, compressed."""
    folder = ROOT / "src" / "xieli" / "faces" / "web" / "static"
    return sum(len(gzip.compress((folder / name).read_bytes())) for name in ("xieli/base.css", "xieli/desk.css", "xieli/keys.js", "xieli/drafts.js", "vendor/htmx/htmx.min.js"))


def pages(stage) -> list[dict]:
    """Per page: queries, milliseconds in all and in SQL (median, 95th percentile), size."""
    from django.db import connection

    spent: list[float] = []

    def watch(execute, sql, params, many, context):
        begun = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            spent.append(time.perf_counter() - begun)

    found = []
    for name, person, path in (("workbench", "wuchuan-handler1", "/"), ("matter", "wuchuan-handler1", f"/m/{stage.ref('case')}"), ("palette", "chief3", "/search?q=yj"),
                               ("sent", "fire-handler", "/sent"), ("access", "wuchuan-handler1", f"/m/{stage.ref('case')}/access")):
        client = stage.client(person)
        whole, database, size, queries = [], [], 0, 0
        for _ in range(TIMES):
            spent.clear()
            begun = time.perf_counter()
            with connection.execute_wrapper(watch):
                answer = client.get(path, headers={"HX-Request": "true"} if name == "palette" else {})
            whole.append((time.perf_counter() - begun) * 1000)
            database.append(sum(spent) * 1000)
            assert answer.status_code == 200, path
            size, queries = len(gzip.compress(answer.content)), len(spent)
        found.append({"page": name, "queries": queries, "ms_median": round(statistics.median(whole), 1), "ms_p95": round(sorted(whole)[int(TIMES * 0.95) - 1], 1),
                      "sql_ms_median": round(statistics.median(database), 1), "ratio_to_sql": round(statistics.median(whole) / statistics.median(database), 2), "gzip_bytes": size})
    return found


if __name__ == "__main__":
    main()
