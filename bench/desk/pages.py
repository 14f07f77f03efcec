"""How fast the desk's pages come, how many questions each asks the database, and what a phone loads first.

Baseline: the time its SQL takes alone. Played world of SC-03, and after the first round 200,000 leads of the clerk's body laid
beside it, for the register and the palette. Run: python bench/desk/pages.py [leads]
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

    from xieli.office.access import hardening
    from xieli.server.postgres import Server

    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    with tempfile.TemporaryDirectory(prefix="xieli-bench-") as folder:
        Path(folder).chmod(0o711)
        with Server(Path(folder) / "pg", durable=False) as server:
            stage = Stage(clone(server, "bench_desk", mark="demo"))
            hardening.apply(stage.admin)  # as every start of an installation does: the index on pieces serves before the policy
            rows = pages(stage, SMALL)
            began = time.perf_counter()
            fill(stage, count)
            print(f"{count} leads laid in {time.perf_counter() - began:.0f} s", flush=True)
            rows += pages(stage, LARGE)
            stage.admin.close()
            from django.db import connections

            connections["default"].close()
    result = {"machine": {"cpu": os.cpu_count(), "python": platform.python_version(), "system": platform.system(), "load": os.getloadavg()[0]}, "leads": count, "times": TIMES, "pages": rows,
              "phone_first_load_gzip_bytes": rows[0]["gzip_bytes"] + statics()}
    (ROOT / "bench" / "results" / "desk_pages.json").write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, ensure_ascii=False, indent=1))


def statics() -> int:
    """Bytes of the frame's style sheets and scripts, compressed."""
    folder = ROOT / "src" / "xieli" / "faces" / "web" / "static"
    return sum(len(gzip.compress((folder / name).read_bytes())) for name in ("xieli/base.css", "xieli/desk.css", "xieli/keys.js", "xieli/drafts.js", "xieli/pick.js", "vendor/htmx/htmx.min.js"))


# four hundred names, five hundred leads each
NAME = "substr('赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许', 1 + g % 20, 1) || substr('伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平', 1 + g / 20 % 20, 1) || '远'"


def fill(stage, n: int) -> None:
    """Copies of one lead that the clerk sees under other names, each with a subject; as the installer, with triggers at rest: their caches are copied."""
    made = stage.client("yj-clerk").post("/leads/new", {"subject": "段一一", "summary": "反映在工程招标中打招呼的问题", "title": "反映段一一的问题", "body": stage.world.bodies["yj"], "source": "petition", "received_on": "2026-01-05"})
    assert made.status_code == 302
    columns = {t: [r[0] for r in stage.admin.execute("select column_name from information_schema.columns where table_name = %s and table_schema = 'public' and is_generated = 'NEVER' order by ordinal_position", [t]).fetchall()] for t in ("matter", "matter_subject")}
    change = {"matter": {"id": "1000000000000 + g", "number": "'线〔2025〕' || g", "title": f"'反映' || {NAME} || '的问题'", "grams": f"array_remove(array_remove(m.grams, '段一'), '一一') || array[left({NAME}, 2), right({NAME}, 2)]::varchar[]", "opened_at": "m.opened_at - g * interval '7 minutes'", "received_on": "(m.opened_at - g * interval '7 minutes')::date"},
              "matter_subject": {"id": "2000000000000 + g", "matter_id": "1000000000000 + g", "name": NAME}}
    stage.admin.execute("set session_replication_role = replica")
    for table, name in (("matter", "id"), ("matter_subject", "matter_id")):
        picked = ", ".join(change[table].get(c, f"m.{c}") for c in columns[table])
        stage.admin.execute(f"insert into {table} ({', '.join(columns[table])}) select {picked} from {table} m, generate_series(1, {n}) g where m.{name} = (select id from matter where title = '反映段一一的问题' order by opened_at limit 1)")
    stage.admin.execute("set session_replication_role = origin")
    stage.admin.execute("vacuum analyze matter")
    stage.admin.execute("vacuum analyze matter_subject")


SMALL = (("workbench", "wuchuan-handler1", "/"), ("matter", "wuchuan-handler1", "/m/@case"), ("palette", "chief3", "/search?q=yj"), ("sent", "fire-handler", "/sent"), ("access", "wuchuan-handler1", "/m/@case/access"))
LARGE = (("register of 200,000", "yj-clerk", "/leads"), ("register of 200,000, page 2", "yj-clerk", "/leads?after=2026-01-01T00:00:00%2B00:00~0000000000000"), ("register of 200,000, open ones", "yj-clerk", "/leads?status=open"),
         ("palette over 200,000", "yj-clerk", "/search?q=韩勇远"), ("palette over 200,000, a number", "yj-clerk", "/search?q=线〔2025〕777"), ("palette over 200,000, a word in all", "yj-clerk", "/search?q=反映"))


def pages(stage, chosen) -> list[dict]:
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
    for name, person, path in chosen:
        path = path.replace("@case", stage.ref("case"))
        client = stage.client(person)
        whole, database, size, queries = [], [], 0, 0
        for _ in range(TIMES):
            spent.clear()
            begun = time.perf_counter()
            with connection.execute_wrapper(watch):
                answer = client.get(path, headers={"HX-Request": "true"} if name.startswith("palette") else {})
            whole.append((time.perf_counter() - begun) * 1000)
            database.append(sum(spent) * 1000)
            assert answer.status_code == 200, path
            size, queries = len(gzip.compress(answer.content)), len(spent)
        found.append({"page": name, "queries": queries, "ms_median": round(statistics.median(whole), 1), "ms_p95": round(sorted(whole)[int(TIMES * 0.95) - 1], 1),
                      "sql_ms_median": round(statistics.median(database), 1), "ratio_to_sql": round(statistics.median(whole) / statistics.median(database), 2), "gzip_bytes": size})
    return found


if __name__ == "__main__":
    main()
