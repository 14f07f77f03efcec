"""Plans: asked for by a person, made by the worker in a child process, checked by an independent verifier, followed, called off.

1. `ask` (in the person's transaction): the problem as handed in is kept, the job queued with it.
2. `work` (in the worker): bind to the asker as he stands now; run the engine outside any transaction with a sign of life and the
   last better plan each second; bind again and lay the result down together with the checker's verdict.
3. A bad input, a solver that dies or runs too long ends the run with a plain sentence; what is in force stays in force.

A killed worker leaves a run without a sign of life; the next round takes it up. The same input gives the same plan.
"""
from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from xieli.engines.allocation import BadInput, Failed, Limits, Text, check, check_people, replay, run
from xieli.engines.allocation.record import RunRecord
from xieli.office.allocation.models import PlanRun
from xieli.office.audit import record
from xieli.office.matters.services.errors import Refused, plain_words
from xieli.office.matters.services.source import actor, now
from xieli.office.matters.tables.core import Matter

BEAT = 1.0  # seconds between signs of life
QUIET = "90 seconds"  # without a sign of life a run was left by a killed worker
LIMITS: dict[str, Any] = {"seconds": 240.0, "memory_mb": 2048}  # emergency stop; rounds and nodes decide the result
MOST_BYTES = 8_000_000  # of a problem file; 10,000 units take about two
VERDICTS: dict[str, Callable[[Any, Any], list[check.Violation]]] = {
    "zones": check.zones, "replan": check.zones, "staff": check_people.staff, "committees": check_people.committees, "rota": check_people.rota, "batch": check_people.batch}

Bound = Callable[[], AbstractContextManager[None]]


class CalledOff(Exception):
    """Somebody asked the run to stop."""


def ask(body: int, task: str, title: str, problem: dict[str, Any], *, options: dict[str, Any] | None = None, matter: Matter | None = None,
        parent: PlanRun | None = None, limits: dict[str, Any] | None = None, defer: bool = True) -> PlanRun:
    """Queue a plan. `defer=False` leaves the worker's part to the caller (a story or a test)."""
    with plain_words():
        row = PlanRun.objects.create(body_id=body, matter=matter, parent=parent, task=task, title=title.strip()[:120] or task, problem=problem, options=options or {},
                                     limits={**LIMITS, **(limits or {})}, state="queued", person_id=actor().person, at=now())
    record("plan.asked", matters=[matter.id] if matter else [], run=row.id, task=task, title=row.title)
    if defer:
        from xieli.office.allocation.tasks import make_plan

        # in the same transaction: either the run and its job exist or neither
        make_plan.defer(run=str(row.id))
    return row


def call_off(plan: PlanRun) -> PlanRun:
    """Stop a run: one that waits never begins, one under way lays nothing down. Raises Refused for one that has ended."""
    with plain_words():
        stopped = PlanRun.objects.filter(pk=plan.pk, state="queued").update(state="cancelled", finished_at=now(), cancel_at=now())
        if not stopped and not PlanRun.objects.filter(pk=plan.pk, state="running", cancel_at=None).update(cancel_at=now()):
            raise Refused("not_running", "这次计算已经结束，或已要求停止。", "This run has ended, or was asked to stop already.")
    record("plan.called_off", matters=[plan.matter_id] if plan.matter_id else [], run=plan.id)
    plan.refresh_from_db()
    return plan


def perform(identity: int, bound: Bound) -> str:
    """Make a queued plan, or take up one that was left. `bound` opens a transaction bound to its asker. Returns its state."""
    with bound():
        row = PlanRun.objects.select_related("parent").filter(pk=identity, state__in=["queued", "running"]).first()
        if row is None:
            return "ended"
        PlanRun.objects.filter(pk=row.pk).update(state="running", started_at=row.started_at or now(), beat_at=now())
        options = dict(row.options)
        if row.parent is not None:
            options["plan"] = chosen_plan(row.parent, options.pop("which", None))
    found: dict[str, Any] = {}
    said = Text("", "")
    state = "done"
    try:
        with _beating(row) as (tell, stop):
            found = run(row.task, row.problem, Limits.from_json(row.limits), options or None, tell, stop)
    except CalledOff:
        state, said = "cancelled", Text("已按要求停止，未留下方案；现行方案不变。", "Stopped as asked; no plan was kept, what is in force stays.")
    except BadInput as refused:
        state, said, found = "refused", refused.text, {"refused": refused.as_json()}
    except Failed as failed:
        state, said = "failed", failed.why
        if failed.last is not None:  # for the reader only: nothing can be put forward from it
            found = {"last": failed.last}
    with bound():
        return _lay_down(row, state, found, said)


def _lay_down(row: PlanRun, state: str, found: dict[str, Any], said: Text) -> str:
    if not PlanRun.objects.select_for_update().filter(pk=row.pk, state="running").exists():
        return "ended"
    verdict = None
    if state == "done" and row.task in VERDICTS and planned(found):
        verdict = [v.as_json() for v in VERDICTS[row.task](row.problem, found)]
    elif state == "done" and row.task == "frontier":
        verdict = [v.as_json() for p in found["plans"] if p["assign"] is not None for v in check.zones(row.problem, p)]
    PlanRun.objects.filter(pk=row.pk).update(state=state, result=found or None, verdict=verdict, said_zh=said.zh[:500], said_en=said.en[:500], finished_at=now())
    record("plan.ended", matters=[row.matter_id] if row.matter_id else [], run=row.id, state=state, violations=len(verdict or []),
           digest=str((found.get("record") or {}).get("result_sha256", "")))
    return state


def planned(result: dict[str, Any] | None) -> bool:
    """Whether a result holds a plan (not the answer that nothing fits)."""
    if not result:
        return False
    return any(result.get(key) is not None for key in ("assign", "teams", "committees", "rows", "proposals", "plans"))


def chosen_plan(parent: PlanRun, which: Any = None) -> dict[str, Any]:
    """The plan a question is asked of: the run's own, or the chosen one of several side by side."""
    result = parent.result or {}
    plans = result.get("plans")
    found = plans[int(which or 0)] if plans else result
    if not found or found.get("assign") is None:
        raise Refused("no_plan", "这次计算没有方案。", "This run holds no plan.")
    return dict(found)


@contextmanager
def _beating(row: PlanRun) -> Iterator[tuple[Callable[[dict[str, Any]], None], threading.Event]]:
    """A sign of life each second from a connection of its own; a wish to stop ends the child. Raises CalledOff then."""
    state: dict[str, Any] = {"better": None, "asked": False}
    ended, stop = threading.Event(), threading.Event()

    def beat() -> None:
        try:
            while not ended.wait(BEAT):
                better, state["better"] = state["better"], None
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute("select access.plan_beat(%s, %s)", [row.pk, Jsonb(better) if better else None])
                    state["asked"] = cursor.fetchone()[0]
                if state["asked"]:
                    stop.set()
        finally:
            connection.close()

    def tell(better: dict[str, Any]) -> None:
        state["better"] = {"cost": better.get("cost"), "band": better.get("band"), "where": str(better.get("where", ""))[:80]}

    thread = threading.Thread(target=beat, daemon=True)
    if connection.settings_dict["USER"].endswith("_job"):
        thread.start()
    try:
        yield tell, stop
    except Failed:
        if state["asked"]:
            raise CalledOff from None
        raise
    finally:
        ended.set()
        stop.set()
        if thread.is_alive():
            thread.join()


@contextmanager
def mandate(identity: int) -> Iterator[None]:
    """A transaction of the worker bound to who asked. PermissionError where he is nobody now."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select access.bind_plan(%s)", [identity])
        if not cursor.fetchone()[0]:
            raise PermissionError("no authority 申请人已无权限")
        yield
        cursor.execute("select access.end_session()")


def work(identity: int) -> str:
    """The worker's whole part in one run: make the plan, or drop it where its asker may do it no longer."""
    try:
        state = perform(identity, lambda: mandate(identity))
    except PermissionError:
        state = "ended"
    if state == "ended":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select access.plan_drop(%s)", [identity])
            return "refused" if cursor.fetchone()[0] else "ended"
    return state


def left_over(quiet: str = QUIET) -> list[int]:
    """Runs that a killed worker left, or whose job was lost."""
    with connection.cursor() as cursor:
        cursor.execute("select run from access.plans_left_over(%s::interval)", [quiet])
        return [row[0] for row in cursor.fetchall()]


def run_again(plan: PlanRun) -> bool:
    """Replay a finished run: whether the same input gives the same result now. Minutes at most; called by a command, never a request."""
    made = (plan.result or {}).get("record")
    if not made:
        raise Refused("no_plan", "这次计算没有记录。", "This run has no record.")
    same, _ = replay(plan.problem, RunRecord.from_json(made), plan.options or None)
    return same
