"""Sixteen people at once in a closed loop: each opens the next page when the last one has come. Errors, and the 95th percentile.

The server is our WSGI application on threads of this process, and the people are threads of it too, so that the figure is on the
safe side. For the record, on a machine that does nothing else: python bench/desk/crowd.py 40. Elsewhere a few rounds show that it
runs: python bench/desk/crowd.py 3
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
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "src"))
USERS = 16
PEOPLE = ("wuchuan-handler1", "chief3", "fire-handler", "yj-clerk")
PAGES = ("/", "/m/@case", "/leads", "/sent", "/search?q=yj", "/notifications", "/owed", "/bodies")


def main(rounds: int) -> None:
    """Play, let sixteen people work, write bench/results/desk_crowd.json."""
    from tests.dbfixtures import clone
    from tests.e2e.browser import serving
    from tests.faces.web.conftest import Stage

    from xieli.server.postgres import Server

    with tempfile.TemporaryDirectory(prefix="xieli-bench-") as folder:
        Path(folder).chmod(0o711)
        with Server(Path(folder) / "pg", durable=False) as server:
            stage = Stage(clone(server, "bench_crowd", mark="demo"))
            cookies = [cookie(stage, PEOPLE[n % len(PEOPLE)]) for n in range(USERS)]
            pages = [p.replace("@case", stage.ref("case")) for p in PAGES]
            spent: list[tuple[str, float]] = []
            wrong: list[str] = []
            with serving() as base:
                begun = time.perf_counter()
                crowd = [threading.Thread(target=work, args=(base, cookies[n], pages[n % len(pages):] + pages[:n % len(pages)], rounds, spent, wrong)) for n in range(USERS)]
                for one in crowd:
                    one.start()
                for one in crowd:
                    one.join()
                took = time.perf_counter() - begun
            stage.admin.close()
            from django.db import connections

            connections["default"].close()
    times = sorted(t for _, t in spent)
    matter = sorted(t for p, t in spent if p.startswith("/m/"))
    result = {"machine": {"cpu": os.cpu_count(), "python": platform.python_version(), "system": platform.system(), "load": os.getloadavg()[0]}, "users": USERS, "rounds": rounds, "requests": len(times),
              "errors": len(wrong), "requests_per_second": round(len(times) / took, 1), "ms_median": round(statistics.median(times)), "ms_p95": round(times[int(len(times) * 0.95) - 1]),
              "matter_ms_p95": round(matter[int(len(matter) * 0.95) - 1]) if matter else None}
    (ROOT / "bench" / "results" / "desk_crowd.json").write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, ensure_ascii=False, indent=1))
    print("\n".join(wrong[:5]))


def cookie(stage, person: str) -> str:
    """A session of this person, as a header."""
    return "; ".join(f"{name}={morsel.value}" for name, morsel in stage.client(person).cookies.items())


def work(base: str, cookies: str, pages: list[str], rounds: int, spent: list[tuple[str, float]], wrong: list[str]) -> None:
    """One person: all pages in turn, `rounds` times."""
    for _ in range(rounds):
        for path in pages:
            begun, opened = time.perf_counter(), path
            try:
                request = urllib.request.Request(base + path, headers={"Cookie": cookies})
                with urllib.request.urlopen(request, timeout=60) as answer:
                    answer.read()
            except (urllib.error.URLError, OSError) as error:
                # a page that this person may not open answers as everywhere, and is no error
                opened = "closed"
                if getattr(error, "code", 500) != 404:
                    wrong.append(f"{path}: {error}")
                if hasattr(error, "close"):
                    error.close()
            spent.append((opened, (time.perf_counter() - begun) * 1000))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
