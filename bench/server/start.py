"""How long until the installation answers: the first start (empty home) and later starts with the data there.

Baseline: PostgreSQL alone, started from its own data folder until it answers `select 1`. Target (the ground, e): from cold
to serving with data present ≤ 10 s. Front-end packages and the environment are in place; their one-time fetch is not measured.
"""
from __future__ import annotations

import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from xieli.server.cluster import Server

ROOT = Path(__file__).resolve().parents[2]
STARTS = 5
PORT = 18600


def serve_until_ready(home: Path) -> float:
    """Seconds from the command to the first 200 of /readyz; then stops it."""
    environment = os.environ | {"XIELI_HOME": str(home)}
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "xieli", "serve", "--demo", "--json", "--port", str(PORT)],
                               env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    url = json.loads(process.stdout.readline())["url"]
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        try:
            with opener.open(url + "/readyz", timeout=5) as response:
                if response.status == 200:
                    break
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    taken = time.perf_counter() - began
    process.send_signal(signal.SIGINT)
    process.wait()
    return taken


def database_alone(home: Path) -> float:
    server = Server(home / "pg")
    began = time.perf_counter()
    with server, psycopg.connect(server.dsn()) as connection:
        connection.execute("select 1")
        return time.perf_counter() - began


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="xieli-bench-") as made:
        Path(made).chmod(0o711)
        home = Path(made) / "home"
        first = serve_until_ready(home)
        later = [serve_until_ready(home) for _ in range(STARTS)]
        alone = [database_alone(home) for _ in range(STARTS)]
    found = {
        "figure": "from cold to serving",
        "measured": datetime.now(UTC).isoformat(timespec="minutes"),
        "machine": {"system": f"{platform.system()} {platform.machine()}", "processors": os.cpu_count(), "python": platform.python_version(),
                    "load": round(os.getloadavg()[0], 1)},
        "command": "python bench/server/start.py",
        "first_start_s": round(first, 2),
        "start_with_data_s": {"median": round(statistics.median(later), 2), "worst": round(max(later), 2), "of": STARTS},
        "baseline_postgresql_alone_s": {"median": round(statistics.median(alone), 2), "worst": round(max(alone), 2), "of": STARTS},
        "ratio": round(statistics.median(later) / statistics.median(alone), 1),
        "target_s": 10,
        "held": max(later) <= 10,
    }
    (ROOT / "bench" / "results").mkdir(parents=True, exist_ok=True)
    (ROOT / "bench" / "results" / "server_start.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    print(json.dumps(found, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
