"""What an attacker gets: the web role's raw connection, a dump of the whole database, the logs, a killed process, one custodian."""
from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from tests.dbfixtures import PREFIX, TestDatabase
from tests.office.reporters.conftest import PAPER, PHRASE, WHO, Store
from xieli.faces.cli.reporter import reporter as command
from xieli.office.reporters import services

Raw = Callable[[str], AbstractContextManager[psycopg.Connection[Any]]]
MARKS = (*WHO.values(), "13800009999", "钟离小满", *PHRASE.values())


def everything(store: Store) -> str:
    """All rows of all tables as the database's superuser reads them, bytes as text too."""
    admin = store.kit.stage.admin
    out = []
    for (table,) in admin.execute("select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema')").fetchall():
        for row in admin.execute(f"select * from {table}"):
            for value in row:
                out.append(bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | memoryview) else json.dumps(value, ensure_ascii=False, default=str))
    return "\n".join(out)


def test_a_dump_of_the_whole_database_holds_no_word_of_who_reported(store: Store) -> None:
    report = store.taken().id
    request = store.asked(report)
    store.handed(request)
    with store.as_("k1"):
        services.show(request, PHRASE["k1"])
        services.close(request, "已核对")
    dump = everything(store)
    assert "反映某科长收受现金一次" in dump, "the dump is read as text"
    assert [m for m in MARKS if m in dump] == []


def test_the_web_role_reads_no_table_of_the_store(store: Store, raw: Raw) -> None:
    store.taken()
    for table in ("holder", "custodian", "report", "half", "custody", "request", "handed", "extract", "answer"):
        for attack in (f"select * from reporters.{table}", f"delete from reporters.{table}", f"copy reporters.{table} to stdout"):
            with raw(store.people["k1"]) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(attack)  # type: ignore[call-overload]


def test_one_live_session_on_the_raw_connection_gets_ciphertext_for_its_own_key_only(store: Store, raw: Raw) -> None:
    report = store.taken().id
    with raw(store.people["k1"]) as connection:
        for inner in ("select reporters.recover('x', 'x', 'reason of eight')", "select * from reporters.live(1)", "select reporters.tell('{1}', 'x', '{}')",
                      "select reporters.note('reporter.shown', 1, '{}')", "select audit.record('reporter.shown', '{\"code\": \"x\", \"request\": \"1\", \"purpose\": \"contact\"}')"):
            with pytest.raises(psycopg.Error), connection.transaction():
                connection.execute(inner)  # type: ignore[call-overload]
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute("select * from reporters.take_out(%s, false)", [999])
        assert {r[0] for r in connection.execute("select person from reporters.mine()")} == {store.kit.stage.person("k1")}
        # an own half handed to oneself in an approver's name
        with connection.transaction():
            mine = connection.execute("select reporters.ask(%s, 'reason of eight', 'contact', 1)", [report]).fetchone()
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute("select reporters.hand(%s, %s, 'x')", [mine[0], b"0" * 32])  # type: ignore[index]
    with raw(store.kit.second) as connection:
        assert connection.execute("select count(*) from reporters.register()").fetchone() == (0,)
        assert connection.execute("select count(*) from reporters.drafts()").fetchone() == (0,)
        assert connection.execute("select count(*) from reporters.of_matter((select max(id) from matter))").fetchone() is not None


def test_no_column_event_or_session_holds_an_address_or_a_device(store: Store) -> None:
    names = [r[0] for r in store.kit.stage.admin.execute("select table_schema || '.' || table_name || '.' || column_name from information_schema.columns where table_schema in ('reporters', 'access', 'audit', 'door')")]
    assert [n for n in names if any(w in n.rsplit(".", 1)[-1] for w in ("addr", "agent", "device", "client", "host", "browser")) or n.endswith((".ip", "_ip"))] == []


KILLED = """
import django, os, sys
django.setup()
from xieli.server.binding import acting
from xieli.office.reporters import services
with acting(sys.argv[1]):
    {act}
    print("done", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("act", ["services.hand(int(sys.argv[2]), sys.argv[3])", "services.show(int(sys.argv[2]), sys.argv[3])"])
def test_a_process_killed_between_the_halves_leaves_the_request_as_it_was(store: Store, act: str) -> None:
    stage = store.kit.stage
    report = store.taken().id
    request = store.asked(report)
    part, before = ("a1", "waiting") if "hand" in act else ("k1", "released")
    if before == "released":
        store.handed(request)
    info = stage.admin.info
    database = type("Server", (), {"dsn": lambda self, user=None, database=None, password=None: f"postgresql://{user}:{password}@/{database}?host={info.host}&port={info.port}"})()
    environment = os.environ | TestDatabase(database, info.dbname).environment("web")
    child = subprocess.Popen([sys.executable, "-c", KILLED.format(act=act), stage.token(store.people[part]), str(request), PHRASE[part]], env=environment,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "done\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert store.sql("select state from reporters.request where id = %s", request) == before
    assert store.sql("select count(*) from reporters.handed where request = %s", request) == (1 if before == "released" else 0)
    if before == "waiting":
        assert store.handed(request) == "released"
    with store.as_("k1"):
        assert services.show(request, PHRASE["k1"])["name"] == WHO["name"]


def test_two_custodians_open_it_with_a_record_and_an_alarm_and_one_does_not(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = store.taken()
    info = store.kit.stage.admin.info
    monkeypatch.setenv("XIELI_DB_BACKUP", f"postgresql://{PREFIX}_backup:test-only@/{info.dbname}?host={info.host}&port={info.port}")
    words = tmp_path / "words"
    words.write_text(PAPER, "utf-8")
    first, second, third = (str(f) for f in store.files)

    def run(code: str, *keys: str, reason: str = "两名保管员同时离岗") -> tuple[int, str]:
        found = CliRunner().invoke(command, ["recover", code, *(x for k in keys for x in ("--key", k, "--passphrase-file", str(words))), "--reason", reason])
        return found.exit_code, found.output

    for keys in ((first,), (first, first)):
        code, said = run(taken.code, *keys)
        assert code == 1
        assert WHO["name"] not in said
    assert run("FXXXXXXX", first, second)[0] == 1
    assert run(taken.code, first, second, reason="急")[0] == 1
    assert store.sql("select count(*) from audit.event where verb = 'reporter.recovered'") == 0, "what opened nothing left no trace of having opened"
    code, said = run(taken.code, third, first)
    assert code == 0
    assert WHO["phone"] in said
    assert store.sql("select count(*) from audit.event where verb = 'reporter.recovered'") == 1
    assert store.sql("select count(*) from audit.alarm where kind = 'reporter' and closed_at is null") == 1


def test_fewer_than_three_custodians_are_not_named(store: Store, tmp_path: Path) -> None:
    from xieli.server import custodians

    line = tmp_path / "one.pub"
    line.write_text(custodians.make("甲", PAPER, tmp_path / "one.json").line(), "utf-8")
    found = CliRunner().invoke(command, ["custodians", str(line), "--json"])
    assert (found.exit_code, "至少三名" in found.output) == (1, True)


def test_every_act_of_the_store_is_written_into_the_ledger_by_the_database_itself(store: Store) -> None:
    silent = store.kit.stage.admin.execute(
        "select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'reporters' and p.provolatile = 'v' and has_function_privilege(%s, p.oid, 'execute')"
        " and p.prosrc !~ 'reporters\\.note|audit\\.write'", [f"{PREFIX}_web"]).fetchall()
    assert silent == []


def test_the_sweeper_deletes_the_halves_of_a_request_that_ran_out_and_reads_nothing(store: Store) -> None:
    admin = store.kit.stage.admin
    report = store.taken().id
    request = store.asked(report, hours=1)
    store.handed(request)
    admin.execute("update access.clock_offset set by = by + interval '61 minutes'")
    with psycopg.connect(host=admin.info.host, port=admin.info.port, dbname=admin.info.dbname, user=f"{PREFIX}_sweeper", password="test-only", autocommit=True) as sweeper:
        assert sweeper.execute("select reporters.run_out(null)").fetchone()[0] >= 1  # type: ignore[index]
        for table in ("report", "half", "request", "holder"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                sweeper.execute(f"select * from reporters.{table}")  # type: ignore[call-overload]
    assert store.sql("select count(*) from reporters.handed where request = %s", request) == 0
    assert store.sql("select outcome from reporters.request where id = %s", request) == "expired"
