"""Derived objects inherit from all their parents: one test each for file, event, hit, minute, notification, export, job argument, draft.

Each is made while its maker may see everything; then one parent closes to him (a recusal in force), and the object closes with it.
"""
from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.dbfixtures import PREFIX
from tests.faces.web.conftest import Stage, played, stage  # noqa: F401

WHO = "yj-clerk"


class Pair:
    """Two leads of one clerk; the second will be closed to him."""

    def __init__(self, stage: Stage) -> None:  # noqa: F811
        from xieli.office.ids import to_ref
        from xieli.office.matters.services import leads

        self.stage, self.client = stage, stage.client(WHO)
        with stage.theatre.acts(WHO):
            self.one, self.two = (leads.register(leads.NewMatter("lead", title, stage.body("yj") if hasattr(stage, "body") else stage.world.bodies["yj"], None, (leads.Subject(name),), source="petition")).id
                                  for title, name in (("甲件：平常的一件", "闵一一"), ("乙件：将要回避的一件", "闵二二")))
        self.ref_one, self.ref_two = to_ref(self.one), to_ref(self.two)

    def close(self) -> None:
        """The clerk is recused from the second lead, by order."""
        self.stage.admin.execute(
            "insert into recusal (id, matter_id, principal, ground, automatic, state, starts_at, ends_at, reason) values (access.new_id(), %s, %s, 'order', false, 'in_force', access.now(), '9999-01-01', 'x')",
            [self.two, self.stage.world.people[WHO]])
        assert not self.stage.theatre.sees(WHO, self.two)
        assert self.stage.theatre.sees(WHO, self.one)

    def raw(self) -> psycopg.Connection[Any]:
        connection = psycopg.connect(self.stage.database.dsn("web"))
        assert connection.execute("select access.bind(%s)", [self.stage.theatre.token(WHO)]).fetchone() == (True,)
        return connection

    def sees(self, query: str, *values: Any) -> int:
        """How many rows the clerk's session finds, on the raw connection."""
        with self.raw() as c:
            row = c.execute(query, values).fetchone()  # type: ignore[arg-type]
        assert row is not None
        return int(row[0])


@pytest.fixture
def pair(stage: Stage) -> Iterator[Pair]:  # noqa: F811
    return Pair(stage)


def test_a_file_goes_with_its_matter(pair: Pair) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    pair.client.post(f"/m/{pair.ref_two}/files/add", {"files": SimpleUploadedFile("证据.txt", "内容".encode()), "file": SimpleUploadedFile("证据.txt", "内容".encode())})
    made = pair.stage.admin.execute("select id from stored_file where matter_id = %s", [pair.two]).fetchall()
    if not made:  # the form's address is the file room's business; the row's inheritance is ours
        pytest.fail("no file was taken in: adapt the address above to the file room's")
    assert pair.sees("select count(*) from stored_file where id = %s", made[0][0]) == 1
    pair.close()
    assert pair.sees("select count(*) from stored_file where id = %s", made[0][0]) == 0
    assert pair.client.get(f"/m/{pair.ref_two}/files").content == pair.client.get("/m/0000000000000").content


def test_an_event_on_two_matters_is_read_by_who_reads_both(pair: Pair) -> None:
    pair.client.get("/matters?q=" + "一件")
    query = "select count(*) from audit.event where %s = any (matters) and %s = any (matters)"
    with pair.stage.theatre.acts(WHO):
        from xieli.office.audit import record_look

        record_look([pair.one, pair.two], purpose="matters", list=True)
    assert pair.sees(query, pair.one, pair.two) >= 1
    pair.close()
    assert pair.sees(query, pair.one, pair.two) == 0
    assert pair.sees("select count(*) from audit.event where matters = array[%s]::bigint[]", pair.one) >= 1


@pytest.mark.parametrize("table", ["match_hit", "match_verdict", "match_run", "match_reveal", "match_correction", "match_conversion"])
def test_a_hit_and_what_hangs_on_it_go_with_their_matter(stage: Stage, table: str) -> None:  # noqa: F811
    """Read from the catalogue: the select policy asks for the matter, and whoever writes one must hold it (the rows themselves: test_catalogue.py)."""
    rows = stage.admin.execute("select cmd, coalesce(qual, '') || coalesce(with_check, '') from pg_policies where tablename = %s and roles && %s", [table, [f"{PREFIX}_web"]]).fetchall()
    assert {cmd for cmd, _ in rows} >= {"SELECT"}
    for _, condition in rows:
        assert "matter" in condition
        assert "access.may" in condition or "FROM matter" in condition


def test_a_minute_that_names_two_matters_is_seen_by_who_sees_both(pair: Pair) -> None:
    """A decision's link between two matters; and a remark in either goes with its own."""
    with pair.stage.theatre.acts(WHO):
        from xieli.office.matters.services import leads, tasks
        from xieli.office.matters.tables.core import Matter

        one, two = Matter.objects.get(pk=pair.one), Matter.objects.get(pk=pair.two)
        leads.link(one, two, "decision")
        tasks.note(two, "议定：并案研究")
    link = "select count(*) from matter_link where source_id = %s and target_id = %s"
    assert pair.sees(link, pair.one, pair.two) == 1
    pair.close()
    assert pair.sees(link, pair.one, pair.two) == 0
    assert pair.sees("select count(*) from note where matter_id = %s", pair.two) == 0
    assert pair.ref_two not in pair.client.get(f"/m/{pair.ref_one}").content.decode()


def test_a_notification_loses_its_words_and_its_way_with_the_matter(pair: Pair) -> None:
    pair.stage.admin.execute("insert into notification (id, person_id, matter_id, kind, fields, mandatory, at) values (access.new_id(), %s, %s, 'clock_alarm', '{}', false, access.now())",
                             [pair.stage.world.people[WHO], pair.two])
    shown = pair.client.get("/notifications").content.decode()
    assert "将要回避的一件" in shown
    pair.close()
    shown = pair.client.get("/notifications").content.decode()
    assert "将要回避的一件" not in shown
    assert pair.ref_two not in shown


def test_an_export_holds_what_its_maker_sees_then_and_its_record_goes_with_every_matter_in_it(pair: Pair) -> None:
    form = {"purpose": "月度报表核对"}
    assert pair.client.post("/registers/matters/excel", form).status_code == 200
    record = "select count(*) from audit.event where verb = 'register.exported' and %s = any (matters) and %s = any (matters)"
    assert pair.sees(record, pair.one, pair.two) == 1
    pair.close()
    assert pair.sees(record, pair.one, pair.two) == 0
    import io

    import openpyxl

    sheet = openpyxl.load_workbook(io.BytesIO(pair.client.post("/registers/matters/excel", form).content)).active
    words = {str(c.value) for row in sheet.iter_rows() for c in row}
    assert "甲件：平常的一件" in words
    assert "乙件：将要回避的一件" not in words


def test_a_job_s_arguments_name_by_random_number_only_and_the_queue_is_closed_to_sessions(stage: Stage) -> None:  # noqa: F811
    """The arguments carry no title, no name; a session reads no job at all; what a job finds is what its person may see when it runs."""
    for (args,) in stage.admin.execute("select args from procrastinate_jobs"):
        assert not any(ord(c) > 127 for c in json.dumps(args, ensure_ascii=False)), args
    with psycopg.connect(stage.database.dsn("web")) as c:
        for query in ("select * from procrastinate_jobs", "select args from procrastinate_jobs", "select * from procrastinate_events", "update procrastinate_jobs set args = '{}'", "delete from procrastinate_jobs"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), c.transaction():
                c.execute(query)  # type: ignore[arg-type]
    with psycopg.connect(stage.database.dsn("job")) as c:  # the worker itself, without a person's authority
        assert c.execute("select count(*) from matter").fetchone() == (0,)


def test_a_draft_of_a_matter_s_form_goes_with_the_matter(pair: Pair) -> None:
    for ref in (pair.ref_one, pair.ref_two):
        kept = pair.client.post("/drafts/save", {"_form": f"note:{ref}", "_path": f"/m/{ref}/form/registration", "_title": f"登记 {ref}", "text": "写了一半"}).json()
        assert kept["kept"]
    assert pair.sees("select count(*) from draft where matter_id in (%s, %s)", pair.one, pair.two) == 2
    pair.close()
    assert pair.sees("select count(*) from draft where matter_id = %s", pair.two) == 0
    shown = pair.client.get("/drafts").content.decode()
    assert pair.ref_one in shown
    assert pair.ref_two not in shown
