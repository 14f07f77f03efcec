"""A run is asked for and left to a worker: it has the asker's authority as it then is, can be called off, and survives being killed."""
from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.office.desk.conftest import Bench
from xieli.engines.matching.words import MatchError
from xieli.office.desk import runs
from xieli.office.desk.models import Authorization, Hit, Run
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.services.source import now

MODEL = "deceased_recipient"


def asked(bench: Bench, identity: int, **how: Any) -> int:
    with bench.stage.acts(bench.chief):
        run = runs.ask(Authorization.objects.get(pk=identity), MODEL, **how)
    assert run.state in ("queued", "refused")
    return int(run.id)


def of(bench: Bench, run: int) -> Run:
    with bench.stage.acts(bench.chief):
        return Run.objects.get(pk=run)


def test_asking_queues_a_job_that_names_the_run_and_nothing_else(bench: Bench) -> None:
    run = asked(bench, bench.in_force())
    assert of(bench, run).state == "queued"
    assert bench.stage.admin.execute("select args, task_name from procrastinate_jobs where args ->> 'run' = %s", [str(run)]).fetchone() == ({"run": str(run)}, "match_run")


def test_the_worker_does_it_with_the_askers_authority_and_tells_him(bench: Bench) -> None:
    run = asked(bench, bench.in_force())
    with bench.working():
        assert runs.work(run) == "done"
        assert runs.work(run) == "ended"
    done = of(bench, run)
    assert (done.state, done.result["hits"], done.total > 0, done.started_at is not None) == ("done", 3, True, True)
    by = bench.stage.admin.execute("select distinct person from audit.event where verb = 'match.run' and canon::bytea is not null and %s = any (matters)", [bench.lead]).fetchall()
    assert (bench.stage.person(bench.chief),) in by
    told = bench.stage.admin.execute("select fields from notification where kind = 'match_run' and person_id = %s", [bench.stage.person(bench.chief)]).fetchall()
    assert ({"run": str(run), "state": "done"},) in told
    assert not bench.stage.admin.execute("select exists (select 1 from access.session where idle = '1 hour' and ended_at is null)").fetchone()[0]


def test_who_left_the_circle_meanwhile_gets_nothing(bench: Bench) -> None:
    run = asked(bench, bench.in_force())
    person = bench.stage.person(bench.chief)
    bench.stage.admin.execute("update person set account = false where id = %s", [person])
    try:
        with bench.working():
            runs.work(run)
    finally:
        bench.stage.admin.execute("update person set account = true where id = %s", [person])
    dropped = of(bench, run)
    assert (dropped.state, dropped.result) == ("refused", {"code": "no_authority"})
    with bench.stage.acts(bench.chief):
        assert not Hit.objects.filter(run_id=run).exists()


def test_who_loses_it_while_the_engine_works_gets_no_hits(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    run, person, real = asked(bench, bench.in_force()), bench.stage.person(bench.chief), runs.run_model

    def meanwhile(*a: Any, **k: Any) -> Any:
        done = real(*a, **k)
        bench.stage.admin.execute("update person set account = false where id = %s", [person])
        return done

    monkeypatch.setattr(runs, "run_model", meanwhile)
    try:
        with bench.working():
            runs.work(run)
    finally:
        bench.stage.admin.execute("update person set account = true where id = %s", [person])
    assert of(bench, run).state == "refused"
    with bench.stage.acts(bench.chief):
        assert not Hit.objects.filter(run_id=run).exists()


def test_a_web_process_cannot_bind_itself_to_a_run(bench: Bench, raw: Any) -> None:
    import psycopg

    run = asked(bench, bench.in_force())
    with raw(bench.chief) as web, pytest.raises(psycopg.errors.InsufficientPrivilege):
        web.execute("select access.bind_run(%s)", [run])


def test_a_run_that_waits_is_called_off_and_costs_nothing(bench: Bench) -> None:
    identity = bench.in_force(runs=1)
    run = asked(bench, identity)
    with bench.stage.acts(bench.chief):
        assert bench.stage.refused(lambda: None) == ""
        assert runs.call_off(Run.objects.get(pk=run)).state == "cancelled"
        with pytest.raises(Refused):
            runs.call_off(Run.objects.get(pk=run))
    with bench.working():
        assert runs.work(run) == "ended"
    assert bench.ran(identity).state == "done"


def test_a_run_under_way_stops_when_somebody_asks(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    run = asked(bench, bench.in_force())

    def slow(space: Any, *a: Any, begun: Any, progress: Any, **k: Any) -> Any:
        folder = space.runs / "R-slow"
        folder.mkdir()
        (folder / "state.json").write_text('{"phase": "projected"}')
        begun("R-slow")
        progress("model", 40)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if bench.stage.admin.execute("select done from match_run where id = %s", [run]).fetchone()[0] == 40:
                bench.stage.admin.execute("update match_run set cancel_at = now() where id = %s and cancel_at is null", [run])
            if (folder / "cancel").exists():
                raise MatchError("cancelled", "已停止", "stopped")
            time.sleep(0.1)
        raise AssertionError("the wish to stop never came")

    monkeypatch.setattr(runs, "run_model", slow)
    with bench.working():
        assert runs.work(run) == "cancelled"
    stopped = of(bench, run)
    assert (stopped.state, stopped.stage, stopped.said_en) == ("cancelled", "model", "stopped")


def test_a_killed_run_loses_nothing_and_repeats_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from xieli.engines.matching.runs import run as engine
    from xieli.office.desk import store

    identity = bench.in_force(runs=1)
    run, real = asked(bench, identity), engine.run_child

    def dies(plan: Any, *a: Any) -> None:
        if plan["task"] == "model":
            raise SystemExit("killed")
        real(plan, *a)

    with bench.working():
        monkeypatch.setattr(engine, "run_child", dies)
        with pytest.raises(SystemExit):
            runs.work(run)
        monkeypatch.setattr(engine, "run_child", real)
        assert of_admin(bench, run) == "running"
        assert run not in runs.left_over()
        bench.hands.minutes(10)
        assert run in runs.left_over()
        assert runs.work(run) == "done"
    with bench.stage.acts(bench.chief):
        assert Hit.objects.filter(run_id=run).count() == 3
        assert Authorization.objects.get(pk=identity).state == "exhausted"
        digest = Authorization.objects.get(pk=identity).digest
        acts = [a["act"] for a in store.workspace(bench.hands.clock()).acts() if a["detail"].get("authorization_digest") == digest]
    assert acts.count("run_started") == acts.count("run_done") == 1


def of_admin(bench: Bench, run: int) -> str:
    return str(bench.stage.admin.execute("select state from match_run where id = %s", [run]).fetchone()[0])


def test_a_full_disk_ends_the_run_with_a_sentence_and_the_next_one_finds_everything(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from xieli.engines.matching.runs import run as engine

    made, write = bench.in_force(), engine.write_atomic

    def full(path: Any, data: bytes) -> None:
        if path.name == "hits.jsonl":
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, data)

    monkeypatch.setattr(engine, "write_atomic", full)
    run = asked(bench, made)
    with bench.working():
        assert runs.work(run) == "failed"
    told = of(bench, run)
    assert (told.result["code"], "磁盘已满" in told.said_zh, "disk is full" in told.said_en, told.finished_at is not None) == ("disk_full", True, True, True)
    with bench.stage.acts(bench.chief):
        assert not Hit.objects.filter(run_id=run).exists()
        from xieli.office.desk import store

        folders = [p for p in store.workspace(now()).runs.iterdir() if any(f.suffix == ".duckdb" for f in p.iterdir())]
        assert folders == [], "nothing of the projection is left"
    monkeypatch.undo()
    again = asked(bench, made)
    with bench.working():
        assert runs.work(again) == "done"
    assert of(bench, again).result["hits"] == 3


def test_the_last_run_exhausts_the_authorization_and_its_hits_are_still_judged(bench: Bench) -> None:
    from xieli.office.desk import services

    identity = bench.in_force(runs=1)
    assert bench.ran(identity).state == "done"
    assert bench.ran(identity).result["code"] == "budget"
    with bench.stage.acts(bench.chief):
        row = Authorization.objects.get(pk=identity)
        assert (row.state, services.history(row)["runs"]) == ("exhausted", 0)
        hit = Hit.objects.filter(run__authorization=row).order_by("code")[0]
        assert services.reveal(hit, "核实")
        services.judge(hit, "not_true", "已核实在世")


def test_a_trial_says_how_many_to_expect_never_who_and_costs_no_run(bench: Bench) -> None:
    from xieli.office.desk import demo

    identity = bench.in_force(runs=1)
    tried = demo.run_now(bench.stage, bench.chief, identity, MODEL, trial=True)
    assert (tried.state, tried.result["trial"], tried.result["expected"]) == ("done", 100, tried.result["hits"] * 100)
    with bench.stage.acts(bench.chief):
        assert not Hit.objects.filter(run=tried).exists()
    assert demo.run_now(bench.stage, bench.chief, identity, MODEL, trial=True).result["code"] == "trial_once"
    assert bench.ran(identity).state == "done"


def test_a_case_is_about_its_persons_only(bench: Bench) -> None:
    alone = bench.in_force(subjects=(bench.truth["dead"][0],))
    assert bench.ran(alone).result["hits"] == 1
    nobody = bench.in_force(subjects=("990101195001010016",))
    assert bench.ran(nobody).result["hits"] == 0


def test_a_real_worker_process_does_what_was_queued(bench: Bench) -> None:
    from django.conf import settings

    from tests import dbfixtures

    run = asked(bench, bench.in_force())
    database = dbfixtures.TestDatabase(bench.server, bench.stage.admin.execute("select current_database()").fetchone()[0])
    environment = {**os.environ, **database.environment("job"), "XIELI_HOME": str(settings.HOME), "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    log = Path(settings.HOME) / "worker.log"
    with log.open("wb") as out:
        worker = subprocess.Popen([sys.executable, "-m", "xieli.server.worker"], env=environment, stdout=out, stderr=out)
        try:
            deadline = time.monotonic() + 60
            while of_admin(bench, run) in ("queued", "running") and time.monotonic() < deadline and worker.poll() is None:
                time.sleep(0.2)
        finally:
            worker.terminate()
            worker.wait(20)
    assert of_admin(bench, run) == "done", log.read_text()


def test_a_web_process_forges_neither_result_nor_hit_even_of_its_own_run(bench: Bench) -> None:
    from django.db import DatabaseError, connection, transaction

    run = asked(bench, bench.in_force())

    def forge(sql: str) -> str:
        with bench.stage.acts(bench.chief):
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(sql, [run])
                    return "" if cursor.rowcount else "no row"
            except DatabaseError as error:
                return str(error.__cause__.sqlstate)  # type: ignore[union-attr]

    assert forge("update match_run set state = 'running', started_at = now() where id = %s") == "42501"
    assert forge("update match_run set result = '{\"hits\": 9}' where id = %s") == "42501"
    with bench.stage.acts(bench.chief), pytest.raises(DatabaseError, match="not visible"), transaction.atomic():
        Hit.objects.create(matter_id=bench.lead, run_id=run, code="H-1", model=MODEL, strength="high", told_zh="x", told_en="x")
    with bench.stage.acts(bench.chief):
        assert runs.call_off(Run.objects.get(pk=run)).state == "cancelled"
    assert not bench.stage.admin.execute("select exists (select 1 from match_hit where run_id = %s)", [run]).fetchone()[0]
