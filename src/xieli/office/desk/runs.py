"""Runs: asked for by a person, done by a worker with his authority as it then is, followed and called off from anywhere.

1. `ask` (in the person's transaction): the gate of the database refuses or the run is queued, and the job with it.
2. `perform` (in the worker): bind to the asker as he stands now; the gate is asked again; the run is under way.
3. The engine works outside any transaction and gives a sign of life each second; a wish to stop reaches it there.
4. Bind again: hits are laid down in one transaction, or, where the asker may do it no longer, not at all.

A killed worker leaves a run under way without a sign of life: it is taken up at the engine's last complete phase, and what
was found already is not found twice.
"""
from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from django.db import connection, transaction

from xieli.engines.matching.runs.reveal import read_hits
from xieli.engines.matching.runs.run import Finished, cancel, run_model
from xieli.engines.matching.words import Conflict, MatchError
from xieli.engines.matching.words import Refused as Denied
from xieli.engines.matching.workspace import Workspace
from xieli.office.audit import record
from xieli.office.desk import store
from xieli.office.desk.models import Authorization, DataSet, Hit, Run
from xieli.office.desk.words import in_words
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.services.source import actor, now

BEAT = 1.0  # seconds between signs of life
QUIET = "90 seconds"  # without a sign of life a run was left by a killed worker

Bound = Callable[[], AbstractContextManager[None]]


def ask(authorization: Authorization, model: str, *, trial: bool = False, defer: bool = True) -> Run:
    """Queue a run of a model; what the gate refuses is kept as a run that says why. `trial`: one in a hundred, counts only.

    defer=False leaves the job to the caller (a story or a test does the worker's part itself).
    """
    if model not in {m["model"] for m in authorization.document["models"]}:
        raise Refused("model", "授权书未列这个模型。", "The authorization does not name this model.")
    who, at = actor(), now()
    names = {d["dataset"] for d in authorization.document["datasets"]}
    total = sum(DataSet.objects.filter(code__in=names).values_list("accepted", flat=True))
    try:
        with in_words():
            row = Run.objects.create(matter_id=authorization.matter_id, authorization=authorization, model=model, trial=trial, state="queued", total=total, person_id=who.person, at=at)
    except Refused as refusal:
        row = Run.objects.create(matter_id=authorization.matter_id, authorization=authorization, model=model, trial=trial, state="refused", person_id=who.person, at=at, finished_at=at,
                                 said_zh=refusal.zh, said_en=refusal.en, result={"code": refusal.code})
        record("match.run", matters=[row.matter_id], run=row.id, model=model, state="refused", hits=0, digest=authorization.digest)
        return row
    record("match.asked", matters=[row.matter_id], run=row.id, model=model, trial=trial, digest=authorization.digest)
    if defer:
        from xieli.office.desk.tasks import match_run

        # in the same transaction: either the run and its job exist or neither
        match_run.defer(run=str(row.id))
    return row


def call_off(run: Run) -> Run:
    """Stop a run: one that waits never begins, one under way writes nothing. Raises Refused for one that has ended."""
    with in_words():
        stopped = Run.objects.filter(pk=run.pk, state="queued").update(state="cancelled", finished_at=now(), cancel_at=now())
        if not stopped and not Run.objects.filter(pk=run.pk, state="running", cancel_at=None).update(cancel_at=now()):
            raise Refused("not_running", "这次运行已经结束，或已要求停止。", "This run has ended, or was asked to stop already.")
    record("match.cancelled", matters=[run.matter_id], run=run.id)
    run.refresh_from_db()
    return run


def perform(identity: int, bound: Bound) -> str:
    """Do a queued run, or take up one that was left. `bound` opens a transaction bound to its asker. Returns its state.

    Raises PermissionError where the asker is nobody now (the caller drops the run), Conflict where another worker is at it.
    """
    with bound():
        row = Run.objects.select_related("authorization").filter(pk=identity, state__in=["queued", "running"]).first()
        if row is None:
            return "ended"
        again = row.state == "running"
        try:
            with in_words():
                if not again:
                    Run.objects.filter(pk=row.pk).update(state="running", started_at=now(), beat_at=now())
        except Refused as refusal:
            return _end(row, "refused", said=(refusal.code, refusal.zh, refusal.en))
        record("match.run_begun", matters=[row.matter_id], run=row.id, model=row.model, again=again)
        space, at, operator, asked_to_stop = store.workspace(now()), now(), str(row.person_id), row.cancel_at is not None
    try:
        if asked_to_stop:
            raise MatchError("cancelled", "已按要求停止，未写入任何结果", "stopped as asked; nothing was written")
        with _beating(row, space) as (begun, progress):
            done = run_model(space, row.authorization.code, row.model, operator=operator, now=at, trial=row.trial, begun=begun, progress=progress)
    except Conflict:
        raise
    except MatchError as error:
        with bound():
            state = "cancelled" if error.code == "cancelled" else "refused" if isinstance(error, Denied) else "failed"
            return _end(row, state, said=(error.code, error.zh, error.en))
    with bound():
        return _lay_down(row, done)


def _lay_down(row: Run, done: Finished) -> str:
    """What is new among the hits, with the run's end, in one transaction."""
    # another worker may have laid them down since; the row lock decides
    if not Run.objects.select_for_update().filter(pk=row.pk, state="running").exists():
        return "ended"
    known = set(Hit.objects.filter(matter_id=row.matter_id).values_list("code", flat=True))
    for h in read_hits(done.folder):
        if h["hit"] not in known:
            Hit.objects.create(matter_id=row.matter_id, run=row, code=h["hit"], model=h["model"], strength=h["strength"], told_zh=h["explanation"]["zh"], told_en=h["explanation"]["en"],
                               causes=h["innocent_causes"], evidence=h["evidence"], edges=h["edges"])
    return _end(row, "done", done=done)


def _end(row: Run, state: str, *, said: tuple[str, str, str] = ("", "", ""), done: Finished | None = None) -> str:
    code, zh, en = said
    Run.objects.filter(pk=row.pk).update(state=state, finished_at=now(), said_zh=zh[:500], said_en=en[:500], engine_run=done.run if done else row.engine_run,
                                         result=done.result if done else {"code": code})
    record("match.run", matters=[row.matter_id], run=row.id, model=row.model, state=state, hits=int(done.result["hits"]) if done else 0, digest=row.authorization.digest)
    return state


@contextmanager
def _beating(row: Run, space: Workspace) -> Iterator[tuple[Callable[[str], None], Callable[[str, int], None]]]:
    """A sign of life each second from a connection of its own; when somebody asked to stop, the engine is told."""
    at: dict[str, tuple[str, int]] = {"now": ("planned", 0)}
    number: list[str] = []
    ended = threading.Event()

    def beat() -> None:
        try:
            while not ended.wait(BEAT):
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute("select access.match_beat(%s, %s, %s)", [row.pk, *at["now"]])
                    stop = cursor.fetchone()[0]
                if stop and number:
                    try:
                        cancel(space, number[0])
                    except Conflict:  # it ended in this second
                        return
        finally:
            connection.close()

    def tell(stage: str, n: int) -> None:
        at["now"] = (stage[:12], n)

    thread = threading.Thread(target=beat, daemon=True)
    if connection.settings_dict["USER"].endswith("_job"):
        thread.start()
    try:
        yield number.append, tell
    finally:
        ended.set()
        if thread.is_alive():
            thread.join()


@contextmanager
def mandate(function: str, identity: int) -> Iterator[None]:
    """A transaction of the worker bound to who asked, by `bind_run` or `bind_tripwire`. PermissionError where he is nobody now."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"select access.{function}(%s)", [identity])
        if not cursor.fetchone()[0]:
            raise PermissionError("no authority 申请人已无权限")
        yield
        cursor.execute("select access.end_session()")


def work(identity: int) -> str:
    """The worker's whole part in one run: perform it, or drop it where its asker may do it no longer; tell who asked. Returns its end."""
    try:
        state = perform(identity, lambda: mandate("bind_run", identity))
    except PermissionError:
        state = "ended"
    if state == "ended":
        state = "refused" if _drop(identity) else "ended"
    if state != "ended":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select access.match_told(%s)", [identity])
    return state


def _drop(identity: int) -> bool:
    """A run still open that its asker can no longer see or do is refused; nothing is laid down. False: it had ended."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select access.match_drop(%s, %s, %s)", [identity, "申请人已不在知悉范围或已无权限，未运行。", "Who asked is no longer in the circle or may not do this; nothing was run."])
            matter = cursor.fetchone()[0]
        if matter is not None:
            record("match.dropped", matters=[matter], run=identity)
    return matter is not None


def left_over(quiet: str = QUIET) -> list[int]:
    """Runs that a killed worker left, or whose job was lost."""
    with connection.cursor() as cursor:
        cursor.execute("select run from access.match_left_over(%s::interval)", [quiet])
        return [row[0] for row in cursor.fetchall()]


__all__ = ["ask", "call_off", "left_over", "mandate", "perform", "work"]
