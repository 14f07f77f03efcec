"""From the real tables to the verifiers: tampering by whoever owns the database, the command line, and the services' Python."""
from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.office.audit.conftest import Office
from tests.office.audit.test_sealing import check, folder, passes, witness  # noqa: F401
from xieli.faces.cli.audit import audit
from xieli.office.audit.keys import KeyFolder

pytestmark = pytest.mark.db
ROWS = 24

# what a database owner can do with triggers off: statement, and the row that must be named
FORGED = "convert_to(replace(convert_from(canon, 'UTF8'), 'note 9', 'note X'), 'UTF8')"
CRIMES: dict[str, tuple[list[str], int]] = {
    "edit": ([f"update audit.event set canon = {FORGED} where id = nine"], 9),
    "edit and hash again": ([f"update audit.event set canon = {FORGED}, leaf = sha256('\\x00'::bytea || {FORGED}) where id = nine"], 9),
    "delete the event": (["delete from audit.event where id = nine"], 9),
    "delete the event and its leaf": (["delete from audit.leaf where event = nine", "delete from audit.event where id = nine"], 9),
    "close the gap": (["delete from audit.leaf where event = nine", "update audit.leaf set index = index + 1000 where index > 9", "update audit.leaf set index = index - 1001 where index > 1000",
                       "delete from audit.event where id = nine"], 9),
    "insert": (["update audit.leaf set index = index + 1000 where index >= 9", "update audit.leaf set index = index - 999 where index > 1000",
                "insert into audit.event (uuid, at, verb, capacity, process, matters, canon, leaf) select gen_random_uuid(), at, verb, '', '', '{}', canon || ' ', sha256('\\x00'::bytea || canon || ' ') from audit.event where id = nine",
                "insert into audit.leaf select 9, max(id) from audit.event"], 9),
    "swap": (["update audit.leaf set index = -1 - index where index in (9, 15)", "update audit.leaf set index = case index when -10 then 15 else 9 end where index < 0"], 9),
    "cut the tail": (["delete from audit.leaf where index >= 9", "delete from audit.event where id not in (select event from audit.leaf)"], 9),
    "cut the tail with its seals": (["delete from audit.seal where size > 8", "delete from audit.leaf where index >= 8", "delete from audit.event where id not in (select event from audit.leaf)"], 8),
    "drop a seal": (["delete from audit.seal where number = 2"], -2),
    "flip a bit": (["update audit.event set canon = set_bit(canon, 77, 1 - get_bit(canon, 77)) where id = nine"], 9),
    "damage a seal": (["update audit.seal set canon = set_byte(canon, 3, 65) where number = 2"], -2),
}


@pytest.mark.parametrize("crime", CRIMES)
def test_what_the_owner_of_the_database_does_is_found(crime: str, office: Office, folder: KeyFolder, tmp_path: Path) -> None:  # noqa: F811
    for i in range(ROWS):
        office.act("an", note=f"note {i}", about=("one",))
        if i % 8 == 7:
            passes(office, folder)
    kept = witness(office, tmp_path / "witness")
    assert check(office, folder, tmp_path / "before", (kept,)).ok
    statements, bad = CRIMES[crime]
    with office.admin() as connection:
        nine = connection.execute("select event from audit.leaf where index = 9").fetchone()
        assert nine is not None
        connection.execute("set session_replication_role = replica")  # every trigger and foreign key off
        connection.execute("alter table audit.event drop constraint leaf_of_canon")
        connection.execute("alter table audit.leaf drop constraint leaf_index_check")
        for statement in statements:
            connection.execute(statement.replace("nine", str(nine[0])))
    report = check(office, folder, tmp_path / "after", (kept,))
    assert not report.ok
    if bad >= 0:
        assert report.first_bad_row == bad, report.findings
    else:
        assert -bad in report.bad_seals or any(f.kind == "seal-form" for f in report.findings)


def test_erasure_breaks_no_proof(office: Office, folder: KeyFolder, tmp_path: Path) -> None:  # noqa: F811
    uuid = office.act("an", note="x", about=("one",), personal={"name": "张三", "number": "990101199001011234"})
    passes(office, folder)
    before = check(office, folder, tmp_path / "a", with_personal=True)
    with office.acting("auditor") as connection:
        order = connection.execute("select audit.order_erasure(%s, 'name', 'request')", [uuid]).fetchone()
    assert order is not None
    with office.acting("guard") as connection:
        connection.execute("select audit.approve_erasure(%s)", [order[0]])
    passes(office, folder)
    kept = witness(office, tmp_path / "w")
    after = check(office, folder, tmp_path / "b", (kept,), with_personal=True)
    assert before.ok
    assert after.ok, after.findings
    assert (before.personal, after.personal) == (2, 1)
    assert "张三" not in (tmp_path / "b" / "personal.jsonl").read_text("utf-8")
    first = (tmp_path / "a" / "events.jsonl").read_bytes().splitlines()[0]
    assert (tmp_path / "b" / "events.jsonl").read_bytes().splitlines()[0] == first


def test_the_command_line_from_key_to_receipt(office: Office, folder: KeyFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setenv("XIELI_DB_BACKUP", office.database.dsn("backup"))
    monkeypatch.setenv("XIELI_DB_SEALER", office.database.dsn("sealer"))
    monkeypatch.setenv("XIELI_SEALS", str(folder.folder))

    def run(*arguments: str, code: int = 0) -> Any:
        done = CliRunner().invoke(audit, [*arguments, "--json"])
        assert done.exit_code == code, done.output
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]

    uuid = office.act("an", note="x", about=("one",), personal={"name": "张三"})
    passes(office, folder)
    assert run("keys", "show")[0]["public"] == folder.public().hex()
    assert run("keys", "new", code=4)[0]["error"]["zh"]
    place, key, kept, proof = tmp_path / "x", str(folder.pub), tmp_path / "w", tmp_path / "r"
    assert run("seal", "export", str(place))[0]["rows"] == 1
    assert not (place / "personal.jsonl").exists()
    assert run("seal", "witness", str(kept), "--to", "市纪委")[0] == {"first": 1, "last": 1, "file": str(kept)}
    assert run("verify", str(place), "--key", key, "--witness", str(kept))[0]["ok"]
    run("seal", "receipt", uuid, str(proof))
    assert run("verify", str(proof), "--receipt", "--key", key)[0]["ok"]
    (place / "events.jsonl").write_bytes((place / "events.jsonl").read_bytes().replace(b"note", b"nota"))
    assert run("verify", str(place), "--key", key, code=1)[0]["first_bad_row"] == 0
    run("seal", "print", str(tmp_path / "p.html"), "--site", "甲县", "--day", "2026-01-01")
    lines = run("trail")
    assert [x["verb"] for x in lines] == ["audit.witness_taken", "audit.exported", "test.noted"]
    assert "张三" not in json.dumps(lines)
    assert run("trail")[0]["verb"] == "audit.trail_read"
    assert run("seal", "accept-restore", "--reason", "none lost")[0]["lost_seal"] is None


SERVICE = '''
import django, json, sys
django.setup()
from datetime import date, datetime, timezone
from django.db import transaction
from xieli.engines.ledger import Refused, REGISTRY, register
from xieli.office.audit import record, record_look
from xieli.office.audit.models import Event
from xieli.office.audit import queries
from xieli.server.binding import acting
register("test.noted", {"note": "text", "n": "int?", "ok": "bool?", "codes": "code*?", "ref": "ref?"}, zh="{by} 记下 {note}", en="{by} noted {note}", personal=("name", "number"))
one, two = int(sys.argv[1]), int(sys.argv[2])
out = {}
with acting("cookie-an"):
    uuid = record("test.noted", matters=[two, one, one], note="你好", ref=7, ok=None, codes={"b", "a"}, personal={"name": "张三"})
    out["look"] = record_look([one], "matter-page") is not None
    out["list"] = record_look([one, two], "board", list=True, asked="张") is not None
    out["missed"] = record_look([], "search", asked="李") is not None
    out["nothing"] = record_look([], "board", list=True) is None
with acting("cookie-an"):
    event = Event.objects.get(pk=uuid)
    out["fields"] = event.envelope()["fields"]
    out["sentence"] = event.sentence("en", name=lambda k, r: k)
    out["seen"] = [x.verb for x in queries.who_has_seen(one)]
with acting("cookie-bo"):
    out["bo"] = [(x.verb, x.event is None) for x in queries.who_has_seen(one)]
    out["bo rows"] = Event.objects.count()
with acting("cookie-auditor"):
    out["trail"] = len(queries.trail(datetime(2020, 1, 1, tzinfo=timezone.utc), datetime(2099, 1, 1, tzinfo=timezone.utc)))
refused = []
for call in (lambda: record("test.unknown"), lambda: record("test.noted"), lambda: record("test.noted", note="x", n=1.5), lambda: record("audit.erased", event="e", part="p", basis="b", ordered_by="1")):
    try:
        with acting("cookie-an"):
            call()
    except Refused as reason:
        refused.append(bool(reason.zh and reason.en))
try:
    with transaction.atomic():
        record("test.noted", note="nobody")
except Refused as reason:
    refused.append(True)
try:
    record("test.noted", note="no transaction")
except Refused as reason:
    refused.append(True)
out["refused"] = refused
print(json.dumps(out, ensure_ascii=False))
'''


def test_services_write_through_python_and_read_back(office: Office, tmp_path: Path) -> None:
    environment = os.environ | office.database.environment("web") | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    script = tmp_path / "service.py"
    script.write_text(SERVICE, encoding="utf-8")
    done = subprocess.run([sys.executable, str(script), str(office.matters["one"]), str(office.matters["two"])], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    out = json.loads(done.stdout)
    assert out["fields"] == {"note": "你好", "ref": "7", "codes": ["a", "b"]}
    assert out["sentence"] == "person noted 你好"
    assert (out["look"], out["list"], out["missed"], out["nothing"]) == (True, True, True, True)
    assert sorted(out["seen"]) == ["matter.list", "matter.look", "test.noted"]
    assert sorted(out["bo"]) == [["matter.list", True], ["matter.look", False], ["test.noted", True]]
    assert out["bo rows"] == 1
    assert out["trail"] == 4
    assert out["refused"] == [True] * 6
