"""`make bench`: run every script under bench/, one at a time; each prints machine, baseline and ratio and writes its result.

`make bench ARGS=clocks` runs those whose path contains the word. A script that fails is named at the end.
"""
from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path

from xieli.server.words import pick, to_terminal

ROOT = Path(__file__).resolve().parents[1]


def scripts(words: list[str]) -> list[Path]:
    """Bench scripts: every module under bench/ that can be run, helpers (leading underscore) left out."""
    found = [p for p in sorted((ROOT / "bench").rglob("*.py")) if not p.name.startswith("_") and "__main__" in p.read_text("utf-8")]
    return [p for p in found if all(word in str(p.relative_to(ROOT)) for word in words)]


def main() -> int:
    chosen = scripts(sys.argv[1:])
    if not chosen:
        to_terminal(pick("没有符合的基准脚本。", "No bench script matches."))
        return 2
    failed = []
    (ROOT / "var").mkdir(exist_ok=True)
    with (ROOT / "var" / "bench.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two benchmarks at once measure each other
        for script in chosen:
            name = str(script.relative_to(ROOT))
            print(f"== {name}", flush=True)
            if subprocess.run([sys.executable, str(script)], cwd=ROOT, check=False).returncode != 0:
                failed.append(name)
    for name in failed:
        to_terminal(pick(f"未完成：{name}", f"Did not finish: {name}"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
