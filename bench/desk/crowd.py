"""Sixteen people at once in a closed loop: each opens the next page when the last one has come. Errors, and the 95th percentile.

The server is the one of `xieli serve`, as many of its processes as an installation of this machine has, over the played world of
SC-03. Baseline, in the same run: one person alone on the same pages. The sixteen are threads of this process and take their share
of the same processors. For the record, on a machine that does nothing else: python bench/desk/crowd.py 40. Elsewhere a few rounds
show that it runs: python bench/desk/crowd.py 3
"""
from __future__ import annotations

import json
import os
import platform
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "src"))
USERS = 16
PROCESSES = min(4, os.cpu_count() or 1)  # as xieli.server.serving starts them
PEOPLE = {"wuchuan-handler1": "/m/@case", "chief3": "/m/@channel", "fire-handler": "/parcel/@parcel", "yj-clerk": "/m/@lead"}  # each with a page of his own
PAGES = ("/", "@own", "/leads", "/sent", "/search?q=yj", "/notifications", "/owed", "/bodies")


def main(rounds: int) -> None:
    """Play, let one and then sixteen people work, write bench/results/desk_crowd.json."""
    from tests.dbfixtures import clone
    from tests.faces.web.conftest import Stage

    from xieli.server.postgres import Server

    with tempfile.TemporaryDirectory(prefix="xieli-bench-") as folder:
        Path(folder).chmod(0o711)
        with Server(Path(folder) / "pg", durable=False) as server:
            database = clone(server, "bench_crowd", mark="demo")
            stage = Stage(database)
            people = [(cookie(stage, person), [own_page(stage, own) if p == "@own" else p for p in PAGES]) for person, own in islice(cycle(PEOPLE.items()), USERS)]
            stage.leave()
            with serving(database.environment("web")) as base:
                crowd(base, people, 1)  # every process has compiled its templates and opened its connections
                alone = crowd(base, people[:1], rounds)
                together = crowd(base, people, rounds)
    result = {"machine": {"cpu": os.cpu_count(), "python": platform.python_version(), "system": platform.system(), "load": os.getloadavg()[0]},
              "server_processes": PROCESSES, "rounds": rounds, "alone": alone, f"users_{USERS}": together}
    (ROOT / "bench" / "results" / "desk_crowd.json").write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, ensure_ascii=False, indent=1))


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[str]:
    """The HTTP server of an installation on a free port; it ends with the block."""
    from xieli.server.serving import granian

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(granian("127.0.0.1", port, PROCESSES), env=os.environ | environment | {"PYTHONPATH": str(ROOT / "src")})
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(base + "/healthz", timeout=5).close()
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        yield base
    finally:
        process.terminate()
        process.wait()


def crowd(base: str, people: list[tuple[str, list[str]]], rounds: int) -> dict[str, object]:
    """A thread for every person, each beginning at another page; times in ms."""
    spent: list[tuple[str, float]] = []
    wrong: list[str] = []
    begun = time.perf_counter()
    threads = [threading.Thread(target=work, args=(base, own, pages[n % len(pages):] + pages[:n % len(pages)], rounds, spent, wrong)) for n, (own, pages) in enumerate(people)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    took = time.perf_counter() - begun
    print("\n".join(wrong[:5]))
    spent = [(re.sub("(/m/|/parcel/).*", r"\1…", page), ms) for page, ms in spent]
    by_page = {p: p95([t for name, t in spent if name == p]) for p in sorted({name for name, _ in spent})}
    return {"requests": len(spent), "errors": len(wrong), "requests_per_second": round(len(spent) / took, 1), "ms_median": round(statistics.median(t for _, t in spent)),
            "ms_p95": p95([t for _, t in spent]), "ms_p95_by_page": by_page}


def p95(times: list[float]) -> int:
    """The 95th percentile, in whole ms."""
    return round(sorted(times)[max(int(len(times) * 0.95) - 1, 0)])


def own_page(stage, path: str) -> str:
    """The address of a person's own matter or parcel."""
    name = path.partition("@")[2]
    return path.replace(f"@{name}", stage.ref(name))


def cookie(stage, person: str) -> str:
    """A session of this person, as a header."""
    return "; ".join(f"{name}={morsel.value}" for name, morsel in stage.client(person).cookies.items())


def work(base: str, cookies: str, pages: list[str], rounds: int, spent: list[tuple[str, float]], wrong: list[str]) -> None:
    """One person: all pages in turn, `rounds` times."""
    for _ in range(rounds):
        for path in pages:
            begun = time.perf_counter()
            try:
                request = urllib.request.Request(base + path, headers={"Cookie": cookies})
                with urllib.request.urlopen(request, timeout=60) as answer:
                    answer.read()
            except (urllib.error.URLError, OSError) as error:
                wrong.append(f"{path}: {error}")
            spent.append((path, (time.perf_counter() - begun) * 1000))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
