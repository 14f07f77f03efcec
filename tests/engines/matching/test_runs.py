"""A run sees the projection and nothing else; what leaves is hits; everything is on record and can be taken up again."""
from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from xieli.engines.matching import verdicts
from xieli.engines.matching.runs import expiry
from xieli.engines.matching.runs import run as running
from xieli.engines.matching.runs.reveal import read_hits, reveal
from xieli.engines.matching.runs.worker import locked
from xieli.engines.matching.words import Conflict, MatchError, Refused

from .helpers import ALIVE, DEAD, NOW, OPERATOR, authorize, document, own_model, under_own_model, workspace


@pytest.fixture
def ws(tmp_path):
    return workspace(tmp_path)


def go(ws, ident="A-1", model="deceased_recipient", **more):
    return running.run_model(ws, ident, model, operator=OPERATOR, now=NOW, **more)


def everything_under(folder: Path) -> bytes:
    return b"".join(p.read_bytes() for p in folder.rglob("*") if p.is_file())


def test_a_run_gives_hits_in_words_with_evidence_and_the_authorizations_digest(ws):
    authorize(ws, document())
    done = go(ws)
    (hit,) = read_hits(done.folder)
    assert done.result["hits"] == 1
    assert hit["values"]["payments"] == 3
    assert hit["values"]["total"] == "300.00"
    assert "2026-01-15" in hit["explanation"]["zh"]
    assert hit["explanation"]["en"].startswith("Registered as having died on 2026-01-15")
    assert [r["paid_on"] for r in hit["evidence"]["payment"]["rows"]] == ["2026-03-01", "2026-04-01", "2026-05-01"]
    assert hit["authorization_digest"] == done.result["authorization_digest"]
    assert len(hit["innocent_causes"]) >= 3
    assert done.result["isolation"] in ("seccomp", "audit-hook")


def test_no_identifier_name_or_ungranted_value_is_anywhere_in_the_run(ws):
    authorize(ws, document())
    done = go(ws)
    left = everything_under(done.folder)
    for secret in (DEAD, ALIVE, "王某", "李某", "SECRETCAUSE", "13812345678", "4539578763621486"):
        assert secret.encode() not in left
    assert not list(done.folder.glob("*.duckdb*"))


def test_rows_that_did_not_hit_never_leave(ws):
    authorize(ws, document())
    done = go(ws)
    rows = [r["row"] for h in read_hits(done.folder) for e in h["evidence"].values() for r in e["rows"]]
    assert 5 not in rows  # the living person's payment


def test_tokens_of_two_authorizations_do_not_meet(ws):
    authorize(ws, document())
    authorize(ws, document(id="A-2", matter="P-2"))
    tokens = {read_hits(go(ws, i).folder)[0]["values"]["person"] for i in ("A-1", "A-2")}
    assert len(tokens) == 2


TRICKS = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM glob('/**')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM read_parquet('SOURCE')",
    "COPY (SELECT 1) TO 'TARGET'",
    "EXPORT DATABASE 'TARGET'",
    "ATTACH 'TARGET' AS other",
    "INSTALL httpfs",
    "LOAD httpfs",
    "INSTALL spatial FROM community",
    "SET enable_external_access=true",
    "RESET enable_external_access",
    "SET lock_configuration=false",
    "PRAGMA enable_external_access=true",
    "SET memory_limit='100GB'",
    "SET temp_directory='/'",
    "CREATE TABLE payment2 AS SELECT * FROM payment",
    "DROP TABLE payment",
    "INSERT INTO payment SELECT * FROM payment",
    "SELECT getenv('HOME')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "CALL query('ATTACH ''TARGET''')",
    "SELECT * FROM sqlite_scan('TARGET', 't')",
    "CREATE SECRET (TYPE s3)",
    "CREATE PERSISTENT SECRET kept (TYPE http, BEARER_TOKEN 'x')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM read_json('/proc/self/environ')",
    "SELECT * FROM read_ndjson_objects('/etc/passwd')",
    "SELECT * FROM parquet_metadata('SOURCE')",
    "SELECT * FROM parquet_schema('SOURCE')",
    "SELECT * FROM 'SOURCE'",
    "COPY payment TO 'TARGET' (FORMAT parquet)",
    "COPY payment FROM '/etc/passwd'",
    "IMPORT DATABASE '/etc'",
    "ATTACH 'http://127.0.0.1:9/x.duckdb' AS web",
    "SELECT * FROM 'https://127.0.0.1:9/x.csv'",
    "FORCE INSTALL httpfs FROM 'http://127.0.0.1:9'",
    "LOAD 'TARGET.duckdb_extension'",
    "SET custom_extension_repository='http://127.0.0.1:9'",
    "SET extension_directory='TARGET'",
    "SET home_directory='/'",
    "SET secret_directory='TARGET'",
    "SET log_query_path='TARGET'",
    "SET profiling_output='TARGET'",
    "SET allowed_directories=['/']",
    "SET allowed_paths=['SOURCE']",
    "SET allow_unsigned_extensions=true",
    "SET disabled_filesystems=''",
    "SET python_enable_replacements=true",
    "RESET lock_configuration",
    "RESET memory_limit",
    "SET GLOBAL threads=64",
    "PREPARE p AS COPY payment TO 'TARGET'; EXECUTE p",
    "PREPARE p AS SELECT * FROM read_text('/etc/passwd'); EXECUTE p",
    "CREATE MACRO m() AS TABLE SELECT * FROM read_text('/etc/passwd')",
    "CREATE VIEW v AS SELECT * FROM read_text('/etc/passwd')",
    "ALTER TABLE payment RENAME TO p2",
    "UPDATE payment SET amount = 0",
]


@pytest.fixture(scope="module")
def projected(tmp_path_factory):
    """A projection kept for attack, as it lies while a model runs, and the path of the source it was made from."""
    folder = tmp_path_factory.mktemp("projected")
    made = workspace(folder)
    authorize(made, document())
    kept = folder / "kept"
    kept.mkdir()
    real = running.run_child

    def keep(plan, where, seconds, progress):
        real(plan, where, seconds, progress)
        if plan["task"] == "project":
            (kept / "work.duckdb").write_bytes((where / "work.duckdb").read_bytes())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "run_child", keep)
        go(made)
    source = next((made.catalogue / "payments").glob("*/accepted.parquet"))
    return kept, source


@pytest.mark.parametrize("trick", TRICKS, ids=[t[:40] for t in TRICKS])
def test_no_statement_reaches_a_file_an_extension_or_a_setting(projected, tmp_path, trick):
    kept, source = projected
    con = locked(kept, 512)
    target = tmp_path / "leak"
    with pytest.raises(duckdb.Error):
        con.execute(trick.replace("SOURCE", str(source)).replace("TARGET", str(target))).fetchall()
    con.close()
    assert not target.exists()


def test_no_variable_of_the_process_is_reached_by_its_name(projected):
    kept, _ = projected
    con = locked(kept, 512)
    people = duckdb.connect().sql("SELECT 'SECRETROW' AS name").arrow()
    for name in ("people", "kept", "projected", "os", "json"):
        with pytest.raises(duckdb.Error):
            con.execute(f"SELECT * FROM {name}").fetchall()
    with pytest.raises(duckdb.Error):
        con.execute("SELECT open('/etc/passwd')").fetchall()
    con.close()
    assert people is not None


HIDDEN = ["SELECT {} FROM payment", "SELECT row_ref FROM payment ORDER BY {}", "SELECT count(*) FROM payment GROUP BY {}", "SELECT row_ref FROM payment WHERE {} > 'A'",
          "SELECT p.row_ref FROM payment p JOIN payment q ON p.{} = q.{}", "WITH v AS (SELECT * FROM payment) SELECT {} FROM v", "SELECT first(row_ref ORDER BY {}) FROM payment"]


@pytest.mark.parametrize("how", HIDDEN)
def test_a_hidden_column_orders_groups_filters_and_joins_nothing(projected, how):
    kept, _ = projected
    con = locked(kept, 512)
    for hidden in ("name", "phone", "account", "id_no", "cause", "_row"):
        with pytest.raises(duckdb.Error):
            con.execute(how.replace("{}", hidden)).fetchall()
    con.close()


def test_what_the_database_says_of_itself_holds_no_value_of_the_source(projected):
    kept, source = projected
    con = locked(kept, 512)
    told = 0
    for about in ("duckdb_settings()", "duckdb_databases()", "duckdb_tables()", "duckdb_columns()", "duckdb_views()", "duckdb_secrets()", "duckdb_temporary_files()", "pragma_storage_info('payment')"):
        try:
            text = str(con.execute(f"SELECT * FROM {about}").fetchall())
        except duckdb.Error:
            continue
        told += 1
        for secret in (DEAD, ALIVE, "王某", "13812345678", "SECRETCAUSE", source.parent.name):
            assert secret not in text, about
    con.close()
    assert told >= 4


@pytest.mark.parametrize("whole", ["SELECT to_json(t) FROM payment t", "SELECT t FROM payment t", "SELECT columns('.*') FROM payment", "SELECT * FROM query_table('payment')", "SELECT unnest(t) FROM payment t", "SUMMARIZE payment"])
def test_whole_row_tricks_show_only_what_was_granted(projected, whole):
    kept, _ = projected
    con = locked(kept, 512)
    text = str(con.execute(whole).fetchall())
    con.close()
    for secret in (DEAD, ALIVE, "王某", "13812345678", "4539578763621486"):
        assert secret not in text


def test_the_projection_holds_no_other_table_column_row_or_byte(projected):
    kept, _ = projected
    con = locked(kept, 512)
    columns = con.execute("SELECT table_name, column_name FROM information_schema.columns ORDER BY 1, 2").fetchall()
    con.close()
    assert columns == [("death", "died_on"), ("death", "person"), ("death", "row_ref"), ("payment", "amount"), ("payment", "paid_on"), ("payment", "person"), ("payment", "row_ref")]
    raw = (kept / "work.duckdb").read_bytes()
    for secret in (DEAD, ALIVE, "王某", "SECRETCAUSE", "13812345678"):
        assert secret.encode() not in raw


def run_own(ws, tmp_path, sql, **changes):
    models = own_model(tmp_path, "mine", sql, **changes)
    authorize(ws, document(id="A-own", change=lambda r: under_own_model(r, "mine", models)))
    return running.run_model(ws, "A-own", "mine", operator=OPERATOR, now=NOW, models=models)


def test_a_model_cannot_carry_values_out_in_text_it_makes_up(ws, tmp_path):
    text = {"note": {"type": "text", "origin": "payment.person", "title": {"zh": "注", "en": "note"}}}
    with pytest.raises(MatchError, match="contract"):
        run_own(ws, tmp_path, "SELECT 'x' || CAST(amount AS VARCHAR) AS note, [row_ref] AS payment_rows FROM payment", outputs=text, explanation={"zh": "{note}", "en": "{note}"})
    folder = next(ws.runs.iterdir())
    assert not (folder / "hits.jsonl").exists()
    assert json.loads((folder / "state.json").read_text())["phase"] == "failed"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT person + 1 AS person, [row_ref] AS payment_rows FROM payment",
        "SELECT person AS person, [999999] AS payment_rows FROM payment",
        "SELECT person AS person, amount AS extra, [row_ref] AS payment_rows FROM payment",
        "SELECT [row_ref] AS payment_rows FROM payment",
    ],
)
def test_a_result_outside_the_contract_is_not_exported(ws, tmp_path, sql):
    with pytest.raises(MatchError, match="contract"):
        run_own(ws, tmp_path, sql)


@pytest.mark.parametrize(
    "sql", ["DELETE FROM payment", "SELECT 1; SELECT 2", "SELECT * FROM other_table", "COPY payment TO 'x'", "ATTACH 'x'", "", "SELECT :undeclared AS person FROM payment", "SELEC 1"]
)
def test_a_model_is_one_select_over_its_own_tables(ws, tmp_path, sql):
    with pytest.raises(MatchError) as caught:
        run_own(ws, tmp_path, sql)
    assert caught.value.code in ("model_sql", "model_table", "parameter")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT error('carried' || CAST(paid_on AS VARCHAR)) AS person, [row_ref] AS payment_rows FROM payment",
        "SELECT CAST('carried' || CAST(paid_on AS VARCHAR) AS BIGINT) AS person, [row_ref] AS payment_rows FROM payment",
        "SELECT missing_column FROM (PIVOT (SELECT 'carried' || paid_on AS d, person FROM payment) ON d USING count(*) GROUP BY person)",
        "SELECT * FROM (PIVOT (SELECT 'carried' || paid_on AS d, person FROM payment) ON d USING count(*) GROUP BY person)",
    ],
)
def test_the_words_of_an_error_carry_nothing_out(ws, tmp_path, sql):
    with pytest.raises(MatchError) as caught:
        run_own(ws, tmp_path, sql)
    left = b"".join(p.read_bytes() for p in ws.runs.rglob("*") if p.is_file() and p.suffix in (".json", ".jsonl") and p.name != "plan.json")
    for said in (caught.value.zh, caught.value.en, left.decode("utf-8", "replace")):
        assert "carried2026" not in said
        assert "2026-03-01" not in said


def test_a_result_without_end_is_stopped_and_leaves_nothing(ws, tmp_path):
    with pytest.raises(Refused, match="too_many_hits"):
        run_own(ws, tmp_path, "SELECT p.person AS person, [p.row_ref] AS payment_rows FROM payment p, range(1000000000000) a")
    assert not list(ws.runs.glob("*/hits.jsonl"))


def test_more_hits_than_allowed_export_nothing(ws):
    authorize(ws, document(budget={"runs": 1, "hits": 0, "reveals": 0}))
    with pytest.raises(Refused, match="too_many_hits"):
        go(ws)
    assert not list(ws.runs.glob("*/hits.jsonl"))


def test_the_same_request_again_repeats_nothing_and_costs_nothing(ws):
    authorize(ws, document())
    first, second = go(ws), go(ws)
    assert (first.again, second.again) == (False, True)
    assert first.run == second.run
    assert [a["act"] for a in ws.acts()].count("run_started") == 1


def test_the_budget_of_runs_ends(ws):
    authorize(ws, document(budget={"runs": 0, "hits": 10, "reveals": 0}))
    with pytest.raises(Refused, match="budget"):
        go(ws)


def test_only_the_subjects_rows_are_laid_down_for_a_case(ws):
    def change(r):
        r.update(kind="case", stage="preliminary_check")
        r["subjects"].update(values=[ALIVE[:6] + ALIVE[6:]], max=1)
        r["datasets"][0]["rows"] = [{"column": "id_no", "subjects": True}]
        del r["programme_document"]

    authorize(ws, document(change=change))
    done = go(ws)
    assert done.result["snapshot"]["payment"]["rows"] == 1
    assert done.result["hits"] == 0


def test_row_rules_limit_what_is_laid_down(ws):
    authorize(ws, document(change=lambda r: r["datasets"][0].update(rows=[{"column": "paid_on", "operator": ">=", "value": "2026-04-01"}])))
    assert go(ws).result["snapshot"]["payment"]["rows"] == 2


def test_a_run_killed_between_phases_is_taken_up_and_counted_once(ws, monkeypatch):
    authorize(ws, document())
    real = running.run_child
    done = []

    def dies(plan, folder, seconds, progress):
        if plan["task"] == "model" and not done:
            done.append(1)
            raise SystemExit("killed")
        real(plan, folder, seconds, progress)

    monkeypatch.setattr(running, "run_child", dies)
    with pytest.raises(SystemExit):
        go(ws)
    projected = [p.stat().st_mtime_ns for p in ws.runs.glob("*/work.duckdb")]
    assert len(projected) == 1
    result = go(ws)
    assert result.result["hits"] == 1
    assert [a["act"] for a in ws.acts()].count("run_started") == 1
    assert not list(ws.runs.glob("*/work.duckdb"))


def test_a_projection_cut_off_by_a_kill_is_made_again(ws, monkeypatch):
    authorize(ws, document())
    real = running.run_child

    def half(plan, folder, seconds, progress):
        (folder / "partial.duckdb").write_bytes(b"half")
        raise SystemExit("killed")

    monkeypatch.setattr(running, "run_child", half)
    with pytest.raises(SystemExit):
        go(ws)
    monkeypatch.setattr(running, "run_child", real)
    assert go(ws).result["hits"] == 1


SLOW = "SELECT p.person AS person, array_agg(p.row_ref) AS payment_rows FROM payment p CROSS JOIN (SELECT count(*) AS n FROM range(100000) a CROSS JOIN range(1000000) b WHERE (a.range * b.range) % 7 = 3) AS c WHERE c.n > 0 GROUP BY 1"


def test_a_run_can_be_cancelled_and_writes_nothing(ws, tmp_path):
    models = own_model(tmp_path, "slow", SLOW)
    authorize(ws, document(id="A-own", change=lambda r: under_own_model(r, "slow", models)))
    seen = []

    def watch(stage, n):
        seen.append(stage)
        if stage == "model":
            (folder,) = ws.runs.iterdir()
            running.cancel(ws, folder.name)

    with pytest.raises(MatchError, match="cancelled"):
        running.run_model(ws, "A-own", "slow", operator=OPERATOR, now=NOW, models=models, progress=watch)
    (folder,) = ws.runs.iterdir()
    assert not (folder / "hits.jsonl").exists()
    assert not (folder / "work.duckdb").exists()
    assert "project" in seen
    with pytest.raises(Conflict):
        running.cancel(ws, folder.name)


def test_a_run_out_of_time_is_stopped_with_a_sentence(ws, tmp_path):
    models = own_model(tmp_path, "slow", SLOW)
    authorize(ws, document(id="A-own", change=lambda r: under_own_model(r, "slow", models)))
    with pytest.raises(MatchError, match="too_slow"):
        running.run_model(ws, "A-own", "slow", operator=OPERATOR, now=NOW, models=models, limits=running.RunLimits(wall_seconds=6))


def test_the_matching_process_has_no_network_and_starts_no_program():
    code = (
        "import socket, subprocess, os, errno\n"
        "from xieli.engines.matching import jail\n"
        "kind = jail.enter(4 << 30, 60, 1 << 30)\n"
        "def refused(f):\n"
        "    try: f()\n"
        "    except OSError as e: return e.errno == errno.EPERM\n"
        "    return False\n"
        "import ctypes\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "raw = libc.socket(2, 1, 0) if kind == 'seccomp' else -1\n"
        "print(kind, refused(lambda: socket.socket()), refused(lambda: subprocess.run(['true'])), refused(lambda: os.execv('/bin/true', ['true'])), raw)\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, check=True)
    assert out.stdout.split()[1:] == ["True", "True", "True", "-1"]


def test_reveal_is_a_second_recorded_act_with_granted_columns_only(ws):
    authorize(ws, document())
    done = go(ws)
    hit = read_hits(done.folder)[0]["hit"]
    shown = reveal(ws, done.run, hit, by=OPERATOR, reason="核实", now=NOW)
    rows = shown["rows"]["payment"]["rows"]
    assert {tuple(sorted(r)) for r in rows} == {("id_no", "name", "row")}
    assert {r["id_no"] for r in rows} == {DEAD}
    assert "death" not in shown["rows"]
    act = ws.acts()[-1]
    assert act["act"] == "revealed"
    assert act["detail"]["reason"] == "核实"
    assert DEAD not in json.dumps(ws.acts(), ensure_ascii=False)


def test_reveal_is_refused_without_reason_budget_time_or_standing(ws):
    authorize(ws, document(budget={"runs": 1, "hits": 10, "reveals": 1}))
    done = go(ws)
    hit = read_hits(done.folder)[0]["hit"]
    for code, more in (
        ("reason", {"reason": " "}), ("operator", {"by": "别人"}), ("expired", {"now": NOW + timedelta(days=31)}),
    ):  # fmt: skip
        with pytest.raises(Refused, match=code):
            reveal(ws, done.run, hit, **{"by": OPERATOR, "reason": "核实", "now": NOW, **more})
    reveal(ws, done.run, hit, by=OPERATOR, reason="核实", now=NOW)
    with pytest.raises(Refused, match="budget"):
        reveal(ws, done.run, hit, by=OPERATOR, reason="再看", now=NOW)


def test_expiry_refuses_then_destroys_with_a_record(ws):
    authorize(ws, document())
    done = go(ws)
    later = NOW + timedelta(days=31)
    with pytest.raises(Refused, match="expired"):
        running.run_model(ws, "A-1", "deceased_recipient", operator=OPERATOR, now=later)
    assert expiry.sweep(ws, by="clerk", now=later) == []
    last = NOW + timedelta(days=80)
    assert [d["authorization"] for d in expiry.due(ws, last) if d["due"]] == ["A-1"]
    (gone,) = expiry.sweep(ws, by="clerk", now=last)
    assert "A-1.key" in gone["files"]
    assert not (done.folder / "hits.jsonl").exists()
    assert not (ws.authorizations / "A-1.key").exists()
    assert (done.folder / "result.json").exists()
    assert ws.acts()[-1]["act"] == "authorization_destroyed"
    assert expiry.sweep(ws, by="clerk", now=last) == []
    with pytest.raises(Refused):
        running.run_model(ws, "A-1", "deceased_recipient", operator=OPERATOR, now=NOW)


def test_verdicts_add_up_to_precision_and_a_model_that_errs_too_often_stops(ws):
    authorize(ws, document())
    done = go(ws)
    hit = read_hits(done.folder)[0]["hit"]
    with pytest.raises(MatchError, match="reason"):
        verdicts.judge(ws, done.run, hit, "not_true", by="甲", reason="", site="示范县", now=NOW)
    verdicts.judge(ws, done.run, hit, "open", by="甲", reason="", site="示范县", now=NOW)
    verdicts.judge(ws, done.run, hit, "not_true", by="甲", reason="补发生前款", site="示范县", now=NOW + timedelta(hours=1))
    (row,) = verdicts.outcomes(ws)
    assert (row["judged"], row["true"], row["not_true"], row["open"], row["precision"]) == (1, 0, 1, 0, "0.000")
    assert verdicts.suspended(ws, "deceased_recipient") is None
    (ws.root / "policy.yaml").write_text("suspension: {judged: 1, precision_below: '0.5'}\n")
    assert "1" in verdicts.suspended(ws, "deceased_recipient")["zh"]
    authorize(ws, document(id="A-2"))
    with pytest.raises(Refused, match="suspended"):
        go(ws, "A-2")
    verdicts.lift_suspension(ws, "deceased_recipient", by="乙", reason="补登记日", now=NOW + timedelta(hours=2))
    assert verdicts.suspended(ws, "deceased_recipient") is None
    assert go(ws, "A-2").result["hits"] == 1


def test_ctrl_c_ends_the_child_and_leaves_nothing(ws, tmp_path):
    models = own_model(tmp_path, "slow", SLOW)
    authorize(ws, document(id="A-own", change=lambda r: under_own_model(r, "slow", models)))

    def interrupt(stage, n):
        if stage == "model":
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a run started in a shell's background is born with Ctrl-C ignored
    try:
        with pytest.raises(KeyboardInterrupt):
            running.run_model(ws, "A-own", "slow", operator=OPERATOR, now=NOW, models=models, progress=interrupt)
    finally:
        signal.signal(signal.SIGINT, before)
    (folder,) = ws.runs.iterdir()
    assert not list(folder.glob("*.duckdb"))
    assert ws.acts()[-1]["detail"]["code"] == "cancelled"


def test_a_trial_says_how_many_never_who_costs_no_run_and_is_drawn_by_person(ws):
    authorize(ws, document(change=lambda r: r["budget"].update(runs=1)))
    tried = running.run_model(ws, "A-1", "deceased_recipient", operator=OPERATOR, now=NOW, trial=True)
    assert tried.result["expected"] == 100 * tried.result["hits"]
    assert read_hits(tried.folder) == []
    # a person is in the sample with all his rows or with none
    assert tried.result["snapshot"]["payment"]["rows"] in (0, 1, 3, 4)
    again = running.run_model(ws, "A-1", "deceased_recipient", operator=OPERATOR, now=NOW, trial=True)
    assert again.again
    assert go(ws).result["hits"] == 1


def test_a_run_is_cancelled_while_its_rows_are_being_laid_down(ws, monkeypatch):
    from xieli.engines.matching import child

    authorize(ws, document())
    real = child.subprocess.Popen

    def sleeper(command, **more):
        return real([sys.executable, "-c", "import time; time.sleep(60)"], **more)

    monkeypatch.setattr(child.subprocess, "Popen", sleeper)

    def begun(run):
        threading.Timer(0.5, (ws.runs / run / "cancel").touch).start()

    with pytest.raises(MatchError, match="cancelled"):
        running.run_model(ws, "A-1", "deceased_recipient", operator=OPERATOR, now=NOW, begun=begun)
    assert not list(ws.runs.glob("*/hits.jsonl"))


def test_a_working_process_ends_with_the_one_that_started_it(tmp_path):
    starter = (
        "import subprocess, sys, time\n"
        "code = 'from xieli.engines.matching.child import die_with_parent; die_with_parent(); import os, time; print(os.getpid(), flush=True); time.sleep(60)'\n"
        "p = subprocess.Popen([sys.executable, '-c', code], stdout=subprocess.PIPE, text=True)\n"
        "print(p.stdout.readline(), flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE, text=True)
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            break
        state = Path(f"/proc/{worker}/stat")
        if state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            break
        time.sleep(0.05)
    else:
        raise AssertionError("the working process outlived its starter")


def test_a_hit_says_its_relations_as_tokens_with_the_row_they_come_from(tmp_path):
    from xieli.engines.matching.models.contract import find_model
    from xieli.engines.matching.models.testing import build, plan_of
    from xieli.engines.matching.runs.worker import finish

    model = find_model("circular_flow")
    con = duckdb.connect()
    rows = [{"payer": "A", "payee": "B", "amount": 20000, "made_at": "2026-01-01 10:00:00"}, {"payer": "B", "payee": "A", "amount": 19000, "made_at": "2026-01-03 10:00:00"}]
    build(con, model, {"txn": rows})
    plan = {**plan_of(model, model.parameters_with({})), "relations": [vars(r) for r in model.relations]}
    token = con.execute("select payer from txn where row_ref = 1").fetchall()[0][0]
    found = finish(con, plan, [{"account": token, "hops": 2, "amount_out": Decimal(20000), "amount_back": Decimal(19000), "started_on": date(2026, 1, 1), "days_taken": 2, "txn_rows": [1, 2]}])
    there, back = found["edges"]["txn:1"][0], found["edges"]["txn:2"][0]
    assert (there["source"], there["target"]) == (back["target"], back["source"])
    assert there["source"].startswith("t-")
    assert (there["kind"], there["from"], there["note"][:5]) == ("account", "2026-01-01", "20000")


def test_a_draft_for_a_case_limits_the_rows_to_its_persons(ws):
    from xieli.engines.matching.authorization.draft import draft
    from xieli.engines.matching.models.contract import find_model

    bind = {"payment": "payments", "death": "deaths"}
    for kind, rows in (("case", [{"column": "id_no", "subjects": True}]), ("programme", [])):
        made = draft(ws, find_model("deceased_recipient"), bind, {}, {"kind": kind}, NOW, NOW)
        assert {d["dataset"]: d.get("rows", []) for d in made["datasets"]} == {"payments": rows, "deaths": []}
    assert all("version" not in d for d in draft(ws, find_model("deceased_recipient"), bind, {}, {"kind": "programme"}, NOW, NOW, pinned=False)["datasets"])
