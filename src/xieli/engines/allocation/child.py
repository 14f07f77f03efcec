"""Run one engine task in a child process of its own, with limits on memory and time.

The solvers are native code: they cannot be interrupted, may exhaust memory or crash. So each run is a fresh interpreter that
reads one JSON request, writes one JSON line per better plan found, and one with the result. If it dies or overruns, the
parent says so plainly and still holds the last plan it reported.
"""
from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .record import Limits
from .words import BadInput, Text

#: a run is stopped after `seconds` of CPU, or after this many times as much wall time on a busy machine or when it hangs
WALL = 4.0
#: how Python, C++ and the loader of libraries say that the limit on memory was reached
OUT_OF_MEMORY = ("MemoryError", "bad_alloc", "failed to map segment", "Cannot allocate memory")

Progress = Callable[[dict[str, Any]], None]


class Failed(Exception):
    """The child ended without a result. `last` is the last better plan that it reported, if any; `why` is for a person."""

    def __init__(self, why: Text, last: dict[str, Any] | None, *, by_clock: bool) -> None:
        super().__init__(str(why))
        self.why, self.last, self.by_clock = why, last, by_clock


def run(task: str, problem: Any, limits: Limits, options: dict[str, Any] | None = None,
        progress: Progress | None = None, stop: threading.Event | None = None) -> dict[str, Any]:
    """Run `task` on `problem` (JSON values) and return its JSON result. Setting `stop` ends the child at once.

    Raises BadInput when the task refuses the input and Failed when the child died, was stopped or ran past its clock.
    """
    environment = dict(os.environ, OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", PYTHONHASHSEED="0")
    source = str(Path(__file__).resolve().parents[3])
    environment["PYTHONPATH"] = os.pathsep.join(p for p in (source, environment.get("PYTHONPATH", "")) if p)
    request = json.dumps({"task": task, "problem": problem, "limits": asdict(limits), "options": options or {}})
    process = subprocess.Popen([sys.executable, "-m", "xieli.engines.allocation.worker"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    late = threading.Event()

    def overrun() -> None:
        late.set()
        process.kill()

    def called_off(asked: threading.Event) -> None:
        asked.wait()
        if process.poll() is None:
            process.kill()

    timer = threading.Timer(limits.seconds * WALL, overrun)
    timer.daemon = True
    errors: list[str] = []
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    stderr = process.stderr
    reader = threading.Thread(target=lambda: errors.extend(stderr), daemon=True)
    last: dict[str, Any] | None = None
    result: dict[str, Any] | None = None
    timer.start()
    if stop is not None:
        threading.Thread(target=called_off, args=(stop,), daemon=True).start()
    reader.start()
    try:
        try:
            process.stdin.write(request)
            process.stdin.close()
        except BrokenPipeError:
            pass  # the child died while reading; its exit is reported below
        for line in process.stdout:
            if not line.startswith("{"):
                continue  # a solver library printed on its own account
            try:
                message = json.loads(line)
            except ValueError:
                continue  # cut off by the end of the child
            if "better" in message:
                last = message["better"]
                if progress is not None:
                    progress(message["better"])
            elif "refused" in message:
                refused = message["refused"]
                raise BadInput(refused["rule"], refused["records"], Text(**refused["text"]))
            elif "result" in message:
                result = message["result"]
        process.wait()
        reader.join(timeout=5)
    finally:
        timer.cancel()
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            pipe.close()
    if result is not None:
        return result
    if late.is_set() or process.returncode == -signal.SIGXCPU:
        raise Failed(Text(f"求解超过应急时限 {limits.seconds:g} 秒，已停止。", f"The solver ran past its emergency limit of "
                          f"{limits.seconds:g} seconds and was stopped."), last, by_clock=True)
    tail = " ".join("".join(errors).split())[-300:]
    if any(sign in "".join(errors) for sign in OUT_OF_MEMORY):
        raise Failed(Text(f"求解超过内存上限 {limits.memory_mb} MB，已停止。", f"The solver ran past its memory limit of "
                          f"{limits.memory_mb} MB and was stopped."), last, by_clock=False)
    raise Failed(Text(f"求解进程意外结束（代码 {process.returncode}）。{tail}", f"The solver process ended unexpectedly "
                      f"(code {process.returncode}). {tail}"), last, by_clock=False)
