"""Two worlds that differ in one thing, over HTTP: in one a lead on a handler of Wuchuan exists and is being worked on.

Both are copies of one played demo database, so identities are equal. Whatever the subject, his wife and his chief can fetch must
be equal byte for byte (identities are drawn from the same numbers in both): every page that links lead to, every route of the table (also with the hidden lead's own address), search,
autocomplete, registers and their sheets, the duplicate check, notifications, figures, refusals, the reply's headers.
Set aside are only `NONCES`; `RELEASED` figures are excepted.
"""
from __future__ import annotations

import io
import json
import os
import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
import pytest

from tests import dbfixtures, djangodb
from tests.adversary.routes import RouteRow, routes, table
from tests.adversary.test_api_oracle import feed_of, program_of
from tests.api.test_routes import BODIES, operations
from tests.faces.web.conftest import Stage
from xieli.server.cluster import Server

#: what may differ between two copies of one request, with the reason
NONCES: dict[str, re.Pattern[str]] = {
    "the token against forged forms": re.compile(r'(?<=name="csrfmiddlewaretoken" value=")[^"]+|(?<="X-CSRFToken": ")[^"]+'),
    "the nonce of the content policy": re.compile(r"nonce(?:=\"|-)[A-Za-z0-9+/=_-]{16,}"),
    "clock times: the copies are asked one after the other": re.compile(r"(?<=[T \">])\d{1,2}:\d\d(?::\d\d)?(?:\.\d+)?"),
    "the stamp in a sheet's file name": re.compile(r"-\d{8}-\d{4}(?=\.)"),
    "the number to quote after a fault": re.compile(r"(?<=<strong>)[0-9a-f]{8}(?=</strong>)"),
}
#: the same of the API and the calendar
NONCES_OF_PROGRAMS: dict[str, re.Pattern[str]] = {
    "a cursor is signed with the second at which it was made, and holds the instant of the last row": re.compile(r'(?<="next": ")[^"]+'),
    "when the calendar was made": re.compile(r"(?<=DTSTAMP:)\w+"),
}
#: released figures count all matters, approved by two persons, small cells suppressed: the one surface that may move
RELEASED = {"release", "release_pass"}
HEADERS_ASIDE = {"Content-Length", "ETag"}
SUBJECT, WIFE, CHIEF = "wuchuan-handler1", "zhou-rong", "head@wuchuan"
NAME, TITLE, WORD = "苏立新", "反映苏立新收受礼金并插手工程", "插手工程"
FOLLOWED, FOLLOWED_LARGE = 50, 2000  # links followed for each person


@dataclass
class Twin:
    """One of the copies; `hidden` is the lead's address part in the first, in the second a number nobody ever used."""

    stage: Any
    database: dbfixtures.TestDatabase
    hidden: str = ""
    fetched: dict[str, dict[str, tuple[Any, ...]]] = field(default_factory=dict)


#: identities of a copy come from a counter instead of chance, so that the same work leaves the same identities
COUNTED = """
create sequence if not exists public.twin_identity;
grant usage on sequence public.twin_identity to public;
create or replace function access.new_id() returns bigint language sql volatile as
$$ select (('x' || substr(md5(nextval('public.twin_identity')::text), 1, 15))::bit(60)::bigint) | 2305843009213693952 $$;
"""


@contextmanager
def counted(twin_admin: psycopg.Connection[Any], start: int) -> Iterator[None]:
    """Until the end of the block identities are drawn from these numbers, in Python and in SQL."""
    from xieli.office import ids

    twin_admin.execute(COUNTED)
    twin_admin.execute("select setval('public.twin_identity', %s)", [start])
    before, ids.secrets = ids.secrets, SimpleNamespace(randbits=random.Random(start).getrandbits)  # type: ignore[attr-defined,assignment]
    try:
        yield
    finally:
        ids.secrets = before  # type: ignore[attr-defined]


def subject_number(admin: psycopg.Connection[Any], person: int) -> str:
    """The wife declares her husband, whose identity number the office keeps as a digest; returns the number."""
    from xieli.office.demo.world import invented_id
    from xieli.office.matters.services.leads_digest import digest_sql

    number = invented_id(977)
    admin.execute(f"update person set id_digest = {digest_sql()} where id = %s", [number, person])  # type: ignore[arg-type]
    return number


def prepare(stage: Stage) -> str:
    """Facts of the world before the copies: who is married to whom."""
    from xieli.office.matters.services.leads_digest import digest_sql

    number = subject_number(stage.admin, stage.world.people[SUBJECT])
    stage.admin.execute(f"insert into kin (person_id, relation, name, id_digest, near) values (%s, '配偶', %s, {digest_sql()}, true)",  # type: ignore[arg-type]
                        [stage.world.people[WIFE], NAME, number])
    return number


def work_on_the_lead(theatre: Any, number: str) -> int:
    """The commission above registers the lead and works on it: form, task, remark, parties, an approval asked, a grant, a clock."""
    from xieli.office.matters.services import forms, leads, tasks
    from xieli.office.matters.tables.core import Matter

    with theatre.acts("yj-clerk"):
        matter = leads.register(leads.NewMatter(
            "lead", TITLE, theatre.body("yj"), theatre.room("yj/supervision3"),
            (leads.Subject(NAME, id_number=number, unit_body=theatre.body("wuchuan"), post="第一监督检查室干部", person=theatre.person(SUBJECT)),),
            summary="两次收受施工方礼金。", source="petition", source_grade="B2", parties={"assisting": (theatre.body("wuchuan"),)}))
    with theatre.acts("yj-clerk"):
        forms.submit(matter, "registration", {"subject": NAME, "unit": str(theatre.body("wuchuan")), "source": "petition", "named": True, "first_time": True, "received_on": "2026-03-16",
                                              "kinds": ["other"], "summary": "两次收受施工方礼金。", "acceptable": "accept"})
    with theatre.acts("yj-clerk"):
        found = Matter.objects.get(pk=matter.id)
        tasks.assign(found, "核对工程台账")
        tasks.note(found, "与县纪委主要负责人通气前须先报批。")
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("select access.give(%s, %s, 'reviewer', '{read,note}', null, null, '依据', '复核')", [matter.id, theatre.person("yj-adj1")])
            cursor.execute("update matter set next_due = access.now() + interval '3 days' where id = %s", [matter.id])
    return int(matter.id)


def ordinary_work(theatre: Any) -> None:
    """The same in both copies, afterwards: what it is numbered and whom it reaches must not tell."""
    from xieli.office.matters.services import leads, moves, tasks
    from xieli.office.matters.tables.core import Matter

    for person, body, room, name in (("yj-clerk", "yj", "yj/case", "岳一鸣"), (theatre.holder("clerk@wuchuan/case"), "wuchuan", "wuchuan/supervision1", "顾二虎")):
        with theatre.acts(person):
            made = leads.register(leads.NewMatter("lead", f"反映{name}的问题", theatre.body(body), theatre.room(room), (leads.Subject(name),), source="petition"))
        with theatre.acts(person):
            moves.make(Matter.objects.get(pk=made.id), "accept", form=("registration", {
                "subject": name, "unit": str(theatre.body(body)), "source": "petition", "named": False, "first_time": True, "received_on": "2026-03-16", "kinds": ["other"], "summary": "反映在村务中有不当行为，线索待核。", "acceptable": "accept"}))
            tasks.assign(Matter.objects.get(pk=made.id), "看一遍")


@pytest.fixture(scope="module")
def twins(pg_cluster: Server) -> Iterator[tuple[Twin, Twin]]:
    base = dbfixtures.clone(pg_cluster, f"twinbase_{os.getpid()}", mark="demo")
    played = Stage(base)
    from django.db import connections

    from xieli.office.demo import world
    from xieli.office.demo.theatre import Theatre
    from xieli.office.ids import to_ref

    number = prepare(played)
    for name in (SUBJECT, WIFE, CHIEF):  # each also has a program and a calendar address, the same in both copies
        person = played.world.people[played.theatre.holder(name) if "@" in name else name]
        program_of(played.admin, person)
        feed_of(played.admin, person)
    played.admin.close()
    connections.close_all()
    made = []
    lead = 0
    for mark in ("with", "without"):
        database = dbfixtures.copy(pg_cluster, base.name, f"twinweb_{mark}_{os.getpid()}")
        djangodb.use(database)
        admin = database.admin()
        theatre = Theatre(world.read(admin), admin)
        if mark == "with":
            with counted(admin, 500_000):
                lead = work_on_the_lead(theatre, number)
        with counted(admin, 1):
            ordinary_work(theatre)
        twin = Twin(theatre, database, to_ref(lead))
        theatre.made["number"] = number
        made.append(twin)
        connections.close_all()
    yield made[0], made[1]
    for twin in made:
        twin.stage.admin.close()
        dbfixtures.drop(twin.database)
    dbfixtures.drop(base)


def client_of(twin: Twin, person: str) -> Any:
    from django.conf import settings
    from django.test import Client

    client = Client(raise_request_exception=False)
    client.cookies[settings.SESSION_COOKIE] = twin.stage.token(person)
    return client


def sheet_text(content: bytes) -> str:
    """The cells, headers and footers of a workbook."""
    import openpyxl

    out = []
    for sheet in openpyxl.load_workbook(io.BytesIO(content)).worksheets:
        out += [str(sheet.title), str(sheet.oddHeader.center.text), str(sheet.oddFooter.center.text)]
        out += ["\t".join(str(c.value) for c in row) for row in sheet.iter_rows()]
    return "\n".join(out)


def plain(answer: Any) -> tuple[Any, ...]:
    """Status, headers and body without nonces."""
    kind = answer.get("Content-Type", "")
    text = sheet_text(answer.content) if "spreadsheet" in kind else answer.content.decode("utf-8", "replace")
    headers = "\n".join(f"{k}: {v}" for k, v in sorted(answer.headers.items()) if k not in HEADERS_ASIDE)
    out = []
    for part in (headers, text):
        for pattern in NONCES.values():
            part = pattern.sub("·", part)
        # acts of one transaction carry one instant, and their order on the page of acts is chance
        out.append("<tr".join(sorted(part.split("<tr"))) if '<section id="acts"' in part or "data-label" in part else part)
    return (answer.status_code, *out)


LINK = re.compile(r'(?:href|action|hx-get|src)="([^"]+)"')
WRITES = ("/entrance", "/language", "/theme", "/static/", "/tour")


def links(content: bytes) -> list[str]:
    """Addresses within the product that can be fetched by looking."""
    found = []
    for raw in LINK.findall(content.decode("utf-8", "replace")):
        address = urlsplit(unescape(raw))
        if not address.scheme and not address.netloc and address.path.startswith("/") and not address.path.startswith(WRITES):
            found.append(address.path + (f"?{address.query}" if address.query else ""))
    return found


def asked(twin: Twin) -> list[str]:
    """Addresses that a curious person types: every route with the hidden lead's address, and questions by name."""
    from django.urls import NoReverseMatch, reverse

    rows: dict[str, RouteRow] = {row.name: row for row in table()}
    out = []
    for name, _ in routes():
        row = rows.get(name)
        if row is None or row.method != "GET" or name in RELEASED:
            continue
        parts = {k: twin.hidden if v.startswith("@") or set(v) == {"0"} else int(v) if v.isdigit() and len(v) < 9 else v for k, v in row.parts}
        try:
            out.append(reverse(name, kwargs=parts))
        except NoReverseMatch:
            continue
    for word in (NAME, WORD, TITLE, "苏", twin.stage.made["number"], "线〔2026〕1", "线〔2026〕2", "线〔2026〕3", twin.hidden):
        out += [f"/search?q={quote(word)}", f"/leads?q={quote(word)}", f"/matters?q={quote(word)}", f"/bodies?q={quote(word)}"]
    out += ["/matters?due=week", "/matters?kind=lead", "/leads?cols=number,title,level,body", f"/matters?body={twin.stage.body('yj')}", "/playbooks/lead", "/bodies/yj", "/bodies/wuchuan",
            "/bodies/merge?from=wuchuan&into=linjiang", "/m/notaref", f"/m/{twin.hidden.upper()}", f"/m/{twin.hidden}/", f"/m/{twin.hidden}/nothing", f"/static/{twin.hidden}"]
    return out


POSTS: list[tuple[str, Callable[[Twin], dict[str, str]]]] = [
    ("/leads/check", lambda t: {"subject": NAME, "id_number": t.stage.made["number"], "body": str(t.stage.body("wuchuan"))}),
    ("/leads/check", lambda t: {"subject": NAME, "body": str(t.stage.body("yj"))}),
    ("/registers/leads/excel", lambda t: {"purpose": "月度报表核对"}),
    ("/registers/matters/excel?q=" + quote(WORD), lambda t: {"purpose": "月度报表核对"}),
    ("/glass/break", lambda t: {"matter": t.hidden, "ref": t.hidden, "reason": "有人要销毁证据，须立即查看"}),
]


def fetch(twin: Twin, person: str, most: int) -> dict[str, tuple[Any, ...]]:
    """All that a person can fetch, by address without random identities: links followed breadth first, then the typed ones, then forms."""
    djangodb.use(twin.database)
    # one after the other, in both copies alike, and no two walks in one hour: acts of two walks would mix as fast as the machine is
    hour = 10 + 2 * (SUBJECT, WIFE, CHIEF).index(person if person in (SUBJECT, WIFE) else CHIEF)
    day = 25 if most == FOLLOWED else 26
    twin.stage.admin.execute("update access.clock_offset set by = make_timestamptz(2026, 3, %s, %s, 30, 0, 'Asia/Shanghai') - pg_catalog.now()", [day, hour])
    with counted(twin.stage.admin, 900_000):
        return fetch_all(twin, client_of(twin, person), most)


def fetch_all(twin: Twin, client: Any, most: int) -> dict[str, tuple[Any, ...]]:
    out: dict[str, tuple[Any, ...]] = {}
    queue, seen = ["/"], {"/"}
    while queue and len(out) < most:
        address = queue.pop(0)
        answer = client.get(address)
        out[address] = plain(answer)
        if "html" in answer.get("Content-Type", ""):
            for link in links(answer.content):
                if link not in seen and not re.search(r"/release/", link):
                    seen.add(link)
                    queue.append(link)
    for address in asked(twin):
        for headers in ({}, {"HX-Request": "true"}) if "?q=" in address else ({},):
            out[f"typed {address} {headers}"] = plain(client.get(address, headers=headers))
    for row in table():
        if row.method == "POST" and any(v.startswith("@") for _, v in row.parts):
            from django.urls import NoReverseMatch, reverse

            try:
                address = reverse(row.name, kwargs={k: twin.hidden if v.startswith("@") else v for k, v in row.parts})
            except NoReverseMatch:
                continue
            out[f"post {address}"] = plain(client.post(address, {"reason": "x", "text": "x", "title": "x", "person": "1", "kind": "team", "basis": "x"}))
    for address, form in POSTS:
        out[f"post {address} {len(out)}"] = plain(client.post(address, form(twin)))
    return out


def who(twin: Twin, name: str) -> str:
    return str(twin.stage.holder(name)) if "@" in name else name


def compare(twins: tuple[Twin, Twin], name: str, most: int) -> None:
    one, other = (fetch(twin, who(twin, name), most) for twin in twins)
    assert len(one) > 100
    assert list(one) == list(other), sorted(set(one) ^ set(other))[:5]
    different = {k: first_difference(one[k], other[k]) for k in one if one[k] != other[k]}
    assert not different, "\n".join(f"{k}: {v}" for k, v in list(different.items())[:12])
    assert sum(1 for answer in one.values() if answer[0] == 200) > 60
    assert not [k for k, answer in one.items() if answer[0] >= 500]
    assert not [k for k, (_, _, text) in one.items() if TITLE in text and quote(TITLE) not in k]


@pytest.mark.parametrize("name", [SUBJECT, WIFE, CHIEF])
def test_the_subject_his_wife_and_his_chief_fetch_the_same_bytes(twins: tuple[Twin, Twin], name: str) -> None:
    compare(twins, name, FOLLOWED)


def plain_of_program(answer: Any) -> tuple[Any, ...]:
    status, headers, text = plain(answer)
    for pattern in NONCES_OF_PROGRAMS.values():
        text = pattern.sub("·", text)
    return status, headers, text


def fetch_by_program(twin: Twin, person: int) -> dict[str, tuple[Any, ...]]:
    """Every route of the API with the hidden lead's address and with questions about it, and the calendar address."""
    from django.test import Client
    from django.urls import reverse

    djangodb.use(twin.database)
    client, out = Client(raise_request_exception=False), {}
    words = {"ref": twin.hidden, "name": "levels", "year": "2026", "move": "accept", "delivery": twin.hidden}
    asked: list[tuple[str, str, Any]] = []
    for name, (method, path, _) in operations().items():
        code = "registration" if "/forms/" in path else "cn-mainland" if "/calendars/" in path else "lead" if "/playbooks/" in path else "wuchuan"
        filled = re.sub(r"\{(\w+)\}", lambda m, c=code: c if m[1] == "code" else words[m[1]], path)  # type: ignore[misc]
        asked.append((method, filled + ("?box=received" if path == "/handovers" and method == "GET" else ""), BODIES.get(name)))
    asked += [("GET", path, None) for path in ("/matters?status=open", "/matters?kind=lead&limit=1", f"/matters?owner_body={quote('yj')}", "/handovers?box=sent", "/approvals?state=pending",
                                                "/deadlines?statutory=true", f"/bodies?q={quote(NAME)}", "/codes/scopes", "/bodies/yj")]
    with counted(twin.stage.admin, 950_000):
        for n, (method, path, body) in enumerate(asked):
            data = {"data": json.dumps(body or {}), "content_type": "application/json"} if method != "GET" else {}
            answer = client.generic(method, f"/api/v1{path}", headers={"Authorization": f"Bearer token-{person}", "X-Purpose": "check", "If-Match": "*"}, **data)
            out[f"{n} {method} {path}"] = plain_of_program(answer)
        for language in ("", "?lang=en"):
            out[f"calendar {language}"] = plain_of_program(client.get(reverse("calendar_feed", args=[f"feed-{person}"]) + language))
    return out


@pytest.mark.parametrize("name", [SUBJECT, WIFE, CHIEF])
def test_their_programs_and_calendars_fetch_the_same_bytes(twins: tuple[Twin, Twin], name: str) -> None:
    person = twins[0].stage.world.people[who(twins[0], name)]
    one, other = (fetch_by_program(twin, person) for twin in twins)
    assert list(one) == list(other)
    different = {k: first_difference(one[k], other[k]) for k in one if one[k] != other[k]}
    assert not different, "\n".join(f"{k}: {v}" for k, v in list(different.items())[:12])
    assert sum(1 for answer in one.values() if answer[0] == 200) >= 18, [(k, a[0]) for k, a in one.items()]
    assert not [k for k, answer in one.items() if answer[0] >= 500 or TITLE in answer[2]]


@pytest.mark.soak
@pytest.mark.parametrize("name", [SUBJECT, WIFE, CHIEF])
def test_they_fetch_the_same_bytes_wherever_links_lead(twins: tuple[Twin, Twin], name: str) -> None:
    compare(twins, name, FOLLOWED_LARGE)


def test_what_is_set_aside_is_little(twins: tuple[Twin, Twin]) -> None:
    """The nonces take little of a page away, so that equality means something."""
    djangodb.use(twins[0].database)
    text = client_of(twins[0], SUBJECT).get("/").content.decode()
    left = text
    for pattern in NONCES.values():
        left = pattern.sub("", left)
    assert len(text) - len(left) < len(text) / 10
    assert 'name="q"' in left


def first_difference(a: tuple[Any, ...], b: tuple[Any, ...]) -> Any:
    """Where two answers part, with a little of what stands around it."""
    for x, y in zip(a, b, strict=True):
        if x != y and isinstance(x, str):
            n = next((i for i, (p, q) in enumerate(zip(x, y, strict=False)) if p != q), min(len(x), len(y)))
            return x[max(0, n - 80):n + 120], y[max(0, n - 80):n + 120]
        if x != y:
            return x, y
    return None


def test_the_lead_shows_where_it_may(twins: tuple[Twin, Twin]) -> None:
    """Else the test above would compare nothing."""
    for twin, status in zip(twins, (200, 404), strict=True):
        djangodb.use(twin.database)
        assert client_of(twin, "chief3").get(f"/m/{twin.hidden}").status_code == status
        assert (TITLE in client_of(twin, "chief3").get("/leads").content.decode()) == (status == 200)
