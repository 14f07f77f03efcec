"""Work in a child process: its plan in a file, its progress on its output, its error as a sentence.

`python -m xieli.engines.matching.child PLAN` runs one task; whatever kills it (memory, time, a signal) reaches the
parent as a MatchError and nothing is published.
"""
from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .words import CONFLICT, DENIED, Conflict, MatchError, Refused
from .workspace import read_json, write_json

Progress = Callable[[str, int], None]
PR_SET_PDEATHSIG = 1  # prctl(2)


def run_child(plan: dict[str, Any], folder: Path, wall_seconds: int, progress: Progress) -> None:
    """Run `plan` in a child of its own process group and wait.

    MatchError: what the child said, or that it ran out of memory or time. KeyboardInterrupt ends the child first.
    """
    path = folder.resolve() / "plan.json"
    write_json(path, plan)
    environment = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "JAVA_HOME")}
    environment["PYTHONPATH"] = os.pathsep.join(p for p in sys.path if p)
    environment["PYTHONIOENCODING"] = "utf-8"
    with open(folder / "child.err", "w+b") as errors:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "xieli.engines.matching.child", str(path)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, env=environment, cwd=folder, start_new_session=True,
        )  # fmt: skip
        timer = threading.Timer(wall_seconds, lambda: _stop(child.pid))
        timer.start()
        ended = threading.Event()
        watcher = threading.Thread(target=_watch, args=(folder / "cancel", child.pid, ended), daemon=True)
        watcher.start()
        said: dict[str, Any] = {}
        try:
            assert child.stdout is not None
            for line in child.stdout:
                message = _message(line)
                if "stage" in message:
                    progress(str(message["stage"]), int(message["n"]))
                elif "error" in message:
                    said = message
            code = child.wait()
        except BaseException:
            _stop(child.pid)
            child.wait()
            raise
        finally:
            timed_out = timer.finished.is_set()
            timer.cancel()
            ended.set()
            watcher.join()
            if child.stdout is not None:
                child.stdout.close()
        if said:
            raise _told(said)
        if code != 0 and (folder / "cancel").exists():
            raise MatchError("cancelled", "已按要求停止，未写入任何结果", "stopped as asked; nothing was written", 4)
        if code != 0:
            errors.seek(0)
            raise _died(code, timed_out, wall_seconds, errors.read()[-4000:].decode("utf-8", "replace"))


def _told(said: dict[str, Any]) -> MatchError:
    """The child's error as the class it was there."""
    kind = {DENIED: Refused, CONFLICT: Conflict}.get(int(said["exit_code"]))
    return MatchError(said["error"], said["zh"], said["en"]) if kind is None else kind(said["error"], said["zh"], said["en"])


def _message(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _watch(asked: Path, pid: int, ended: threading.Event) -> None:
    """Stop the child soon after somebody asks: it gets a moment to say so itself, and is ended in any phase."""
    while not ended.wait(0.3):
        if asked.exists():
            if not ended.wait(1.5):
                _stop(pid)
            return


def die_with_parent() -> None:
    """Ask the kernel to end this process when the one that started it is gone (Linux): a killed worker leaves no second writer."""
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(137)


def _stop(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _died(code: int, timed_out: bool, wall_seconds: int, said: str) -> MatchError:
    if timed_out or code == -signal.SIGXCPU:
        return MatchError("too_slow", f"超过时间限制（{wall_seconds} 秒），已停止，未写入任何结果", f"the time limit ({wall_seconds} s) was reached; it was stopped and nothing was written")
    if code == -signal.SIGKILL or "MemoryError" in said or "OutOfMemory" in said or "memory allocation" in said or code == -signal.SIGABRT:
        return MatchError("too_big", "超过内存限制或被系统终止，已停止，未写入任何结果", "it ran out of memory or was killed; nothing was written")
    # The last line that names an error: databases draw arrows below theirs.
    lines = [line.strip() for line in said.splitlines() if "Error" in line or "Exception" in line]
    last = lines[-1] if lines else f"exit {code}"
    return MatchError("child", f"处理进程异常结束，未写入任何结果：{last}", f"the working process ended unexpectedly and nothing was written: {last}")


def main() -> int:
    """The child's entry."""
    die_with_parent()
    plan = read_json(Path(sys.argv[1]))

    def tell(stage: str, n: int) -> None:
        print(json.dumps({"stage": stage, "n": n}), flush=True)

    try:
        if plan["task"] == "import":
            from .datasets.importing import import_task

            import_task(plan, tell)
        else:
            from .runs.worker import run_task

            run_task(plan, tell)
    except MatchError as e:
        print(json.dumps(e.as_json(), ensure_ascii=False), flush=True)
        return 1
    except MemoryError:
        return 137
    except Exception as e:
        from .datasets.snapshot import disk_full

        full = disk_full(e)
        if full is None:
            raise
        print(json.dumps(full.as_json(), ensure_ascii=False), flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
