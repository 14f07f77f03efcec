"""Figures before and after two persons approved them, and the signed file that an assessment takes: who may fetch, who may not, what is written down."""
from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from tests.faces.web.conftest import Stage
from xieli.office.ids import from_ref

OFFICES = ("yj-head", "yj-deputy", "chief3", "yj-duty")  # head, deputy, room head, case management
OTHERS = ("yj-handler", "fire-handler", "yj-clerk", "finance-liaison", "fengdeng-supervisor", "secadmin", "sysadmin", "audadmin")


@pytest.fixture(scope="module")
def asked(played: Stage) -> str:
    """The scheme's report, asked for by the head and computed by the report role; nobody has checked it."""
    from tests import djangodb
    from xieli.office.reports.releases import compute_asked

    djangodb.use(played.database)
    today = played.one("select (access.now() at time zone 'Asia/Shanghai')::date")
    response = played.client("yj-head").post("/reports/r41/release", {"first": f"{today.year}-01-01", "last": today.isoformat(), "known_by": today.isoformat()})
    assert response.status_code == 302
    with psycopg.connect(played.database.dsn("report")) as connection:
        assert compute_asked(connection) == 1
    return str(response["Location"])


def addresses(release: str) -> dict[str, str]:
    return {"page": release, "records": f"{release}/rect_rate", "file": f"{release}/signed.json"}


def as_nothing(answer: Any, client: Any) -> bool:
    never = client.get("/reports/release/0000000000000/signed.json")
    return bool((answer.status_code, answer.content, dict(answer.headers)) == (404, never.content, dict(never.headers)))


def written(stage: Stage) -> list[tuple[str, int]]:
    return [tuple(r) for r in stage.admin.execute("select verb, person from audit.event where verb in ('assessment.signed', 'report.taken') order by id")]


def test_until_two_have_approved_the_figures_are_not_there_for_anybody_else_and_the_file_for_nobody(stage: Stage, asked: str) -> None:
    code = asked.rstrip("/").rpartition("/")[2]
    for state in ("draft", "checked"):
        if state == "checked":
            assert stage.client("yj-deputy").post(f"{asked}/pass", {"verdict": "passed"}).status_code == 302
        for person in OTHERS:
            client = stage.client(person)
            for what, address in addresses(asked).items():
                assert as_nothing(client.get(address), client), (state, person, what)
            assert code not in client.get("/reports").content.decode(), (state, person)
            assert as_nothing(client.post(f"{asked}/pass", {"verdict": "passed"}), client)
        for person in OFFICES:
            client = stage.client(person)
            assert client.get(asked).status_code == 200
            assert client.get(f"{asked}/signed.json").status_code in (409, 422), person
    assert stage.one("select state from release where id = %s", from_ref(code)) == "checked"
    assert written(stage) == [], "what was refused leaves no act of signing"


def test_released_the_offices_take_the_signed_file_and_each_taking_is_an_act_of_his(stage: Stage, asked: str) -> None:
    assert stage.client("chief3").post(f"{asked}/pass", {"verdict": "passed"}).status_code == 302
    for person in OTHERS:  # the figures are everybody's now; to sign them out is not
        client = stage.client(person)
        page = client.get(asked)
        assert page.status_code == 200
        assert "signed.json" not in page.content.decode(), "no button for what would be refused"
        assert as_nothing(client.get(f"{asked}/signed.json"), client), person
    assert written(stage) == []
    for person in OFFICES:
        client = stage.client(person)
        assert "signed.json" in client.get(asked).content.decode()
        answer = client.get(f"{asked}/signed.json")
        assert answer.status_code == 200
        assert answer["Content-Disposition"].startswith("attachment; ")
        assert answer["Cache-Control"] == "no-store"
        paper = json.loads(answer.content)
        assert written(stage)[-2:] == [("assessment.signed", stage.world.people[person]), ("report.taken", stage.world.people[person])]
        assert str(stage.one("select uuid from audit.event where verb = 'assessment.signed' order by id desc limit 1")) == paper["event"]
        assert paper["signed"]["checked_by"] != paper["signed"]["approved_by"]


def test_the_raw_connection_of_who_holds_no_such_office_reads_no_draft_either(stage: Stage, asked: str) -> None:
    from django.db import connection

    today = stage.one("select (access.now() at time zone 'Asia/Shanghai')::date")
    draft = stage.client("yj-head").post("/reports/r06/release", {"first": f"{today.year}-01-01", "last": today.isoformat(), "known_by": today.isoformat()})
    assert draft.status_code == 302
    for person, seen in (("chief3", 2), ("yj-handler", 1), ("audadmin", 1)):
        with stage.theatre.acts(person), connection.cursor() as cursor:
            cursor.execute("select count(*) from release")
            assert cursor.fetchone()[0] == seen, person
