"""The child's side of child.py: one request on stdin, JSON lines on stdout, limits on memory and CPU time set by itself."""
from __future__ import annotations

import json
import math
import resource
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from .record import Limits
from .words import BadInput

#: task → module:function(problem, limits, options, report); a module is imported only when its task runs
TASKS = {
    "zones": ("zones", "solve"), "replan": ("zones", "replan"), "frontier": ("zones", "frontier"),
    "explain": ("explain", "unit"), "exact": ("explain", "exact"), "conflict": ("conflict", "groups"),
    "gap": ("published", "solve"), "staff": ("staff", "solve"), "committees": ("committees", "solve"),
    "rota": ("rota", "solve"), "batch": ("designate_batch", "solve"),
}

Task = Callable[[Any, Limits, dict[str, Any], Callable[[dict[str, Any]], None]], dict[str, Any]]


def perform(task: str, problem: Any, limits: Limits, options: dict[str, Any],
            report: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Run a task here and now, without a child."""
    module, name = TASKS[task]
    function: Task = getattr(import_module(f"xieli.engines.allocation.{module}"), name)
    return function(problem, limits, options, report)


def _peak_mb(fallback_kb: int) -> int:
    """Peak resident memory of this program. ru_maxrss will not do on Linux: a child inherits its parent's from before exec."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) / 1024)
    return round(fallback_kb / 1024)


def main() -> None:
    request = json.load(sys.stdin)
    limits = Limits.from_json(request["limits"])
    size = limits.memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    cpu = max(1, math.ceil(limits.seconds))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 5))
    out = sys.stdout

    def say(message: dict[str, Any]) -> None:
        out.write("\n" + json.dumps(message, ensure_ascii=False) + "\n")
        out.flush()

    try:
        result = perform(request["task"], request["problem"], limits, request["options"], lambda better: say({"better": better}))
    except BadInput as refused:
        say({"refused": refused.as_json()})
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    result["cost_of_run"] = {"cpu_seconds": round(used.ru_utime + used.ru_stime, 2), "peak_mb": _peak_mb(used.ru_maxrss)}
    say({"result": result})


if __name__ == "__main__":
    main()
