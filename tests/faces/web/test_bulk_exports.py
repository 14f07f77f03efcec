"""More rows than a request may take: the worker makes the sheet with the asker's rights as they then are, for him alone, for a day."""
from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import openpyxl
import pytest

from tests import djangodb

PURPOSE = "月度报表核对"


@pytest.fixture
def few(monkeypatch):
    """“Many” is more than one row, and a slice is two."""
    from xieli.faces.web import takeout
    from xieli.faces.web.views import exports

    monkeypatch.setattr(exports, "MOST", 1)
    monkeypatch.setattr(takeout, "SLICE", 2)


@contextmanager
def working(stage):
    djangodb.use(stage.database, "job")
    try:
        yield
    finally:
        djangodb.use(stage.database)


def asked(stage, client, query="") -> tuple[str, int]:
    """Ask for all matters; where its page is and its identity."""
    from xieli.office.ids import from_ref

    answer = client.post(f"/registers/matters/excel{query}", {"purpose": PURPOSE, "title": "=事项总表"})
    assert answer.status_code == 302, answer.content.decode()[-600:]
    url = answer["Location"]
    return url, from_ref(url.rsplit("/", 1)[1])


def state(stage, identity) -> str:
    return stage.one("select state from register_export where id = %s", identity)


def test_a_long_register_is_made_by_the_worker_for_its_asker_alone(stage, few):
    from xieli.faces.web import takeout

    client, other = stage.client("chief3"), stage.client("yj-head")
    assert "在后台" in client.get("/registers/matters/excel").content.decode()
    url, identity = asked(stage, client)
    assert stage.one("select args from procrastinate_jobs where task_name = 'write_export' and args ->> 'export' = %s", str(identity)) == {"export": str(identity)}
    assert "排队" in client.get(url).content.decode()
    assert client.post(f"{url}/take").status_code == 404
    with working(stage):
        assert takeout.work(identity) == "done"
        assert takeout.work(identity) == "ended"
    seen = stage.one("select total from register_export where id = %s", identity)
    page = client.get(url).content.decode()
    assert "取走" in page
    assert f"共 {seen} 条" in page
    # nobody else: as if it did not exist
    nothing = other.get("/exports/0000000000000")
    for answer in (other.get(url), other.post(f"{url}/take"), other.post(f"{url}/stop")):
        assert (answer.status_code, answer.content) == (404, nothing.content)
    assert url not in other.get("/exports").content.decode()
    assert url in client.get("/exports").content.decode()
    # told, without a fact of any matter
    assert stage.one("select fields from notification where kind = 'export_ended' and fields ->> 'export' = %s", str(identity)) == {"export": str(identity), "state": "done"}
    assert url in client.get("/notifications").content.decode()
    answer = client.post(f"{url}/take")
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Cache-Control"] == "no-store"
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    cells = [c for row in sheet.iter_rows() for c in row if c.value is not None]
    assert sheet["A1"].value == "=事项总表"
    assert all(c.data_type != "f" for c in cells)
    name = stage.one("select name from person where id = %s", stage.world.people["chief3"])
    assert PURPOSE in sheet.oddHeader.center.text
    assert name in sheet.oddHeader.center.text
    total = next(c for c in cells if c.column == 1 and c.value == "合计")
    assert sheet.cell(total.row, 2).value == seen == total.row - 4
    # each row stands once, and each matter it names is in the ledger as read by its asker
    read = stage.admin.execute("select unnest(matters) from audit.event where verb = 'export.read' and person = %s", [stage.world.people["chief3"]]).fetchall()
    kept = stage.one("select matters from register_export_sheet where export_id = %s", identity)
    assert len(kept) == len(set(kept)) == seen
    assert {m for (m,) in read} == set(kept)
    assert [stage.one("select count(*) from audit.event where verb = %s and person = %s", verb, stage.world.people["chief3"]) for verb in ("export.asked", "export.ended", "export.fetched")] == [1, 1, 1]


def test_filters_and_language_are_kept(stage, few):
    from xieli.faces.web import takeout

    client = stage.client("chief3", "en")
    url, identity = asked(stage, client, "?status=open&cols=number,title,kind")
    with working(stage):
        assert takeout.work(identity) == "done"
    sheet = openpyxl.load_workbook(io.BytesIO(client.post(f"{url}/take").content)).active
    assert [c.value for c in sheet[3]] == ["No.", "number", "Title", "Kind"]
    assert stage.one("select count(*) from matter where id = any (select unnest(matters) from register_export_sheet where export_id = %s) and status <> 'open'", identity) == 0


def test_who_lost_his_account_meanwhile_gets_nothing(stage, few):
    from xieli.faces.web import takeout

    _url, identity = asked(stage, stage.client("chief3"))
    person = stage.world.people["chief3"]
    stage.admin.execute("update person set account = false where id = %s", [person])
    try:
        with working(stage):
            assert takeout.work(identity) == "refused"
    finally:
        stage.admin.execute("update person set account = true where id = %s", [person])
    assert state(stage, identity) == "refused"
    assert not stage.one("select count(*) from register_export_sheet where export_id = %s", identity)


def test_who_loses_it_half_way_gets_nothing(stage, few, monkeypatch):
    from xieli.faces.web import takeout
    from xieli.office.exports import services

    _url, identity = asked(stage, stage.client("chief3"))
    person, real = stage.world.people["chief3"], services.beat

    def then_out(*a):
        real(*a)
        stage.admin.execute("update person set account = false where id = %s", [person])

    monkeypatch.setattr(services, "beat", then_out)
    try:
        with working(stage):
            assert takeout.work(identity) == "refused"
    finally:
        stage.admin.execute("update person set account = true where id = %s", [person])
    assert not stage.one("select count(*) from register_export_sheet where export_id = %s", identity)


def test_a_matter_closed_to_him_since_keeps_the_sheet_back(stage, few):
    from xieli.faces.web import takeout
    from xieli.office.exports.models import ExportSheet

    client = stage.client("chief3")
    url, identity = asked(stage, client)
    with working(stage):
        assert takeout.work(identity) == "done"
    before = stage.one("select count(*) from audit.event where verb = 'export.fetched'")
    person, had = stage.world.people["chief3"], stage.one("select clearance from person where id = %s", stage.world.people["chief3"])
    stage.admin.execute("update person set clearance = 0 where id = %s", [person])
    try:
        assert not stage.theatre.sees("chief3", stage.made["case"])
        answer = client.post(f"{url}/take")
        assert answer.status_code == 422
        assert "重新导出" in answer.content.decode()
        with stage.theatre.acts("chief3"):
            assert not ExportSheet.objects.filter(pk=identity).exists(), "nor by a SELECT of one's own: a sheet inherits from every matter in it"
    finally:
        stage.admin.execute("update person set clearance = %s where id = %s", [had, person])
    assert stage.one("select count(*) from audit.event where verb = 'export.fetched'") == before
    with stage.theatre.acts("chief3"):
        assert ExportSheet.objects.filter(pk=identity).exists(), "and it is there again with the right"


def test_its_time_ends(stage, few):
    from xieli.faces.web import takeout
    from xieli.office.exports import services

    client = stage.client("chief3")
    url, identity = asked(stage, client)
    with working(stage):
        takeout.work(identity)
    stage.admin.execute("alter table register_export disable trigger gate")
    stage.admin.execute("update register_export set until = access.now() where id = %s", [identity])
    stage.admin.execute("alter table register_export enable trigger gate")
    # at once, before anybody has swept
    assert client.post(f"{url}/take").status_code == 404
    assert "已过期" in client.get("/exports").content.decode()
    with working(stage):
        assert services.expire() == 1
    assert not stage.one("select count(*) from register_export_sheet where export_id = %s", identity)
    assert state(stage, identity) == "gone"


def test_it_is_stopped_and_cannot_be_asked_for_without_end(stage, few):
    from xieli.faces.web import takeout

    client = stage.client("chief3")
    first, second = asked(stage, client), asked(stage, client)
    third = client.post("/registers/matters/excel", {"purpose": PURPOSE})
    assert third.status_code == 422
    assert "先停止" in third.content.decode()
    for url, identity in (first, second):
        assert client.post(f"{url}/stop").status_code == 302
        assert state(stage, identity) == "cancelled"
        assert client.post(f"{url}/stop").status_code == 422
        with working(stage):
            assert takeout.work(identity) == "ended"


def test_a_web_process_makes_no_sheet_and_rewrites_no_export(stage, few):
    import psycopg

    url, identity = asked(stage, stage.client("chief3"))
    from django.conf import settings
    from django.db import DatabaseError, transaction

    from xieli.office.exports.models import ExportSheet, RegisterExport
    from xieli.server.binding import bind

    client = stage.client("chief3")
    token = client.cookies[settings.SESSION_COOKIE].value
    acts = [lambda: RegisterExport.objects.filter(pk=identity).update(state="done"), lambda: RegisterExport.objects.filter(pk=identity).update(query="x"),
            lambda: ExportSheet.objects.create(export_id=identity, content=b"x", matters=[])]

    def bound(act):
        with transaction.atomic():
            assert bind(token)
            act()

    for act in acts:
        with pytest.raises(DatabaseError) as told:
            bound(act)
        assert isinstance(told.value.__cause__, psycopg.errors.InsufficientPrivilege | psycopg.errors.CheckViolation)
    client.post(f"{url}/stop")


def test_a_killed_worker_leaves_nothing_and_another_begins_anew(stage, few):
    """A real worker process, killed while it writes; the round of the next one takes the export up."""
    from django.conf import settings

    client = stage.client("chief3")
    _url, identity = asked(stage, client)
    environment = {**os.environ, **stage.database.environment("job"), "XIELI_HOME": str(settings.HOME), "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    # the first process waits for ever after its first slice, as on a slow day
    slow = ("import os, time, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'xieli.server.settings'; django.setup()\n"
            "from xieli.faces.web import takeout, exports\ntakeout.SLICE = 2\n"
            "def write(target, sheet, columns, rows):\n    next(iter(rows)); time.sleep(60)\n"
            f"exports.write = write\ntakeout.work({identity})")
    first = subprocess.Popen([sys.executable, "-c", slow], env=environment)
    try:
        wait(lambda: state(stage, identity) == "running", first)
    finally:
        first.kill()
        first.wait(20)
    assert state(stage, identity) == "running"
    log = Path(settings.HOME) / "worker.log"
    # as if ninety seconds had gone by without a sign of life
    stage.admin.execute("update register_export set beat_at = beat_at - interval '2 minutes', started_at = started_at - interval '2 minutes' where id = %s", [identity])
    with working(stage):
        from xieli.office.exports import services

        assert identity in services.left_over()
    with log.open("wb") as out:
        second = subprocess.Popen([sys.executable, "-m", "xieli.server.worker"], env=environment, stdout=out, stderr=out)
        try:
            wait(lambda: state(stage, identity) not in ("queued", "running"), second, 90)
        finally:
            second.terminate()
            second.wait(20)
    assert state(stage, identity) == "done", log.read_text()
    assert stage.one("select count(*) from register_export_sheet where export_id = %s", identity) == 1


def wait(until, process, seconds=40):
    deadline = time.monotonic() + seconds
    while not until() and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.1)
