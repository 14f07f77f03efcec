"""A plan in a real worker process: killed in the middle and taken up again; a solver that is killed; what is in force stays."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

CHIEF, HEAD = "chief3", "yj-head"


def until(holds: Callable[[], Any], what: str, seconds: float = 90) -> Any:
    """Wait for another process; a machine that is busy only takes longer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = holds()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(what)


@pytest.fixture(scope="module")
def database(placed: Any, pg_cluster: Any) -> Any:
    from tests.dbfixtures import TestDatabase

    return TestDatabase(pg_cluster, placed.admin.execute("select current_database()").fetchone()[0])


@contextmanager
def working(database: Any, home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The worker as the product starts it, with its own role; ended with the block."""
    environment = {**os.environ, **database.environment("job"), "XIELI_HOME": str(home)}
    process = subprocess.Popen([sys.executable, "-m", "xieli.server.worker"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def state(stage: Any, run: Any) -> Any:
    return stage.admin.execute("select state, result, verdict from plan_run where id = %s", [run.pk]).fetchone()


def children(pid: int) -> list[int]:
    return [int(c) for task in Path(f"/proc/{pid}/task").glob("*/children") for c in task.read_text().split()]


def asked(stage: Any, problem: Any) -> Any:
    from xieli.office.allocation import plans

    with stage.acts(CHIEF):
        return plans.ask(stage.body("yj"), "zones", "央单位均衡", problem)


@pytest.fixture(scope="module")
def good(placed: Any) -> Any:
    """The last good plan: in force, adopted by two."""
    from xieli.office.allocation import demo, divisions

    with placed.acts(CHIEF):
        problem = divisions.problem_from_records()
    run = demo.plan_now(placed, CHIEF, "yj", "zones", problem, title="央单位均衡")
    with placed.acts(CHIEF):
        version = divisions.propose(run, reason="均衡各区负荷", valid_from=divisions.today())
    with placed.acts(HEAD):
        divisions.adopt(version)
    return run, version


def unchanged(stage: Any, version: Any) -> bool:
    from xieli.office.allocation import divisions

    with stage.acts(CHIEF):
        now = divisions.in_force(stage.body("yj"), "central_units", divisions.today())
        areas = stage.admin.execute("select count(*) from area where kind = 'central_units' and valid_to is null and plan_digest <> %s", [version.sha]).fetchone()[0]
    return now is not None and now.pk == version.pk and areas == 0


def test_a_worker_killed_in_the_middle_leaves_nothing_half_and_the_next_takes_the_plan_up(placed: Any, database: Any, good: Any, tmp_path: Path) -> None:
    from procrastinate.exceptions import AlreadyEnqueued

    from tests.djangodb import use
    from xieli.office.allocation import divisions, tasks
    from xieli.office.allocation.models import PlanRun

    first, version = good
    run = asked(placed, first.problem)
    with working(database, tmp_path) as worker:
        until(lambda: state(placed, run)[0] == "running", "the worker never began")
        solver = until(lambda: children(worker.pid), "no solver")
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
    assert state(placed, run) == ("running", None, None)
    until(lambda: not any(Path(f"/proc/{pid}").exists() and "zombie" not in Path(f"/proc/{pid}/status").read_text() for pid in solver), "a solver outlived its worker", 20)
    assert unchanged(placed, version)
    with placed.acts(CHIEF):
        assert placed.refused(lambda: divisions.propose(PlanRun.objects.get(pk=run.pk), reason="均衡各区负荷", valid_from=divisions.today())) == "unchecked"

    # two minutes later the round of the minute finds it without a sign of life
    now = placed.admin.execute("select to_char(access.now() at time zone 'Asia/Shanghai' + interval '3 minutes', 'YYYY-MM-DD HH24:MI')").fetchone()[0]
    placed.at(now)
    use(database, "job")
    with suppress(AlreadyEnqueued):  # the killed worker may have queued this minute's round itself
        tasks.plan_rounds.defer(timestamp=0)
    use(database)
    with working(database, tmp_path):
        until(lambda: state(placed, run)[0] not in ("queued", "running"), "nobody took the plan up")
    ended, result, verdict = state(placed, run)
    assert (ended, verdict) == ("done", [])
    assert result["record"]["result_sha256"] == first.result["record"]["result_sha256"], "the same input gives the same plan, whoever makes it"
    assert unchanged(placed, version), "a plan that was made is not a plan that was adopted"


def test_a_solver_killed_under_a_living_worker_ends_in_a_plain_answer(placed: Any, database: Any, good: Any, tmp_path: Path) -> None:
    from xieli.office.allocation import divisions
    from xieli.office.allocation.models import PlanRun

    first, version = good
    run = asked(placed, first.problem)
    with working(database, tmp_path) as worker:
        until(lambda: state(placed, run)[0] == "running", "the worker never began")
        for pid in until(lambda: children(worker.pid), "no solver"):
            os.kill(pid, signal.SIGKILL)
        until(lambda: state(placed, run)[0] != "running", "the run never ended")
    with placed.acts(CHIEF):
        row = PlanRun.objects.get(pk=run.pk)
        assert (row.state, row.verdict) == ("failed", None)
        assert "求解进程意外结束" in row.said_zh
        assert "ended unexpectedly" in row.said_en
        assert placed.refused(lambda: divisions.propose(row, reason="均衡各区负荷", valid_from=divisions.today())) == "unchecked"
    assert unchanged(placed, version)
