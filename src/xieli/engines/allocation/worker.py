"""The child's side of child.py: one request on stdin, JSON lines on stdout, limits on memory and CPU time set by itself."""
from __future__ import annotations

import ctypes
import json
import math
import os
import resource
import signal
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
#: modules that solve with CP-SAT; the others use scipy (loaded before the clock of the solve starts)
CP_SAT = frozenset({"rota", "conflict"})
#: tasks that settle ties with CP-SAT where the problem has at most so many units (zones.effort_of)
TIES, TIES_UP_TO = frozenset({"zones", "replan", "frontier"}), 150

Task = Callable[[Any, Limits, dict[str, Any], Callable[[dict[str, Any]], None]], dict[str, Any]]


def perform(task: str, problem: Any, limits: Limits, options: dict[str, Any],
            report: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Run a task here and now, without a child."""
    module, name = TASKS[task]
    function: Task = getattr(import_module(f"xieli.engines.allocation.{module}"), name)
    return function(problem, limits, options, report)


def _libraries(task: str, module: str, problem: Any) -> list[str]:
    """What the task's solver is loaded from, before the clock of the solve starts."""
    cp_sat = "ortools.sat.python.cp_model"
    if module in CP_SAT:
        return [cp_sat]
    units = problem.get("units") if isinstance(problem, dict) else None
    return ["scipy.optimize", *([cp_sat] if task in TIES and isinstance(units, list) and len(units) <= TIES_UP_TO else [])]


def _peak_mb(fallback_kb: int) -> int:
    """Peak resident memory of this program. ru_maxrss will not do on Linux: a child inherits its parent's from before exec."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) / 1024)
    return round(fallback_kb / 1024)


def _cpu() -> float:
    """CPU seconds of this process so far, all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def end_with_parent() -> None:
    """On Linux the kernel ends this process with the one that asked for it: a killed worker leaves no solver behind."""
    if sys.platform != "linux":
        return
    death_signal = 1  # PR_SET_PDEATHSIG, prctl(2)
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(death_signal, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before the kernel was told
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    end_with_parent()
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

    module, _ = TASKS[request["task"]]
    import_module(f"xieli.engines.allocation.{module}")
    for library in _libraries(request["task"], module, request["problem"]):
        import_module(library)
    before = _cpu()
    try:
        result = perform(request["task"], request["problem"], limits, request["options"], lambda better: say({"better": better}))
    except BadInput as refused:
        say({"refused": refused.as_json()})
        return
    used = _cpu()
    result["cost_of_run"] = {"cpu_seconds": round(used, 2), "start_up_cpu_seconds": round(before, 2), "solve_cpu_seconds": round(used - before, 2),
                             "peak_mb": _peak_mb(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)}
    say({"result": result})


if __name__ == "__main__":
    main()
