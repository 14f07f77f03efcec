"""The first run in the browser: a code from the server's own window, a file read on trial, three persons, set up once, closed for good."""
from __future__ import annotations

import io
import json
import os
import re
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from tests.dbfixtures import PREFIX, TestDatabase, drop, make_template
from tests.office.conftest import allow_database
from xieli.office.bodies import models as bodies_models
from xieli.server import dbroles, init, init_file, prepare, serving, wizard
from xieli.server.cluster import Server
from xieli.server.home import Home
from xieli.server.words import Trouble

pytestmark = pytest.mark.db
_names = count(1)
YAML = """own: XX
bodies:
  - {code: XX, kind: commission, rank: county, zh: 某县纪委监委, rooms: [{kind: supervision, zh: 一室}], offices: [{code: head}, {code: room_head, room: 一室}]}
  - {code: XX-T, kind: town_committee, rank: town, zh: 某镇纪委, parent: XX}
"""
TABLE = "\ufeff某县机构表,,,,,\n代码,类别,级别,名称,上级,岗位\nXX,纪委监委,县级,某县纪委监委,,主要负责人=书记\nXX-T,乡镇（街道）纪委,乡镇级,某镇纪委,XX,\n"
PEOPLE = {f"{a}-{k}": v for a, name, login in (("system_admin", "系一", "sys"), ("security_admin", "安二", "sec"), ("audit_admin", "审三", "aud")) for k, v in (("name", name), ("login", login))}
LIMITS = {"own": "XX", "level_cap": "2", "zone": "closed", "calendar": "cn-mainland"}


class First:
    """An empty database and the screens before it."""

    def __init__(self, database: TestDatabase, home: Home) -> None:
        self.database, self.home, self.desk = database, home, wizard.Desk(home)
        self.code = self.desk.begin()

    def browser(self, **options: Any) -> Any:
        from django.test import Client

        return Client(HTTP_ACCEPT_LANGUAGE="en", **options)

    def entered(self) -> Any:
        browser = self.browser()
        assert browser.post("/", {"code": self.code}).status_code == 302
        return browser

    def filled(self) -> Any:
        browser = self.entered()
        self.upload(browser, "b.yaml", YAML)
        assert browser.post("/people", PEOPLE).status_code == 302
        assert browser.post("/limits", LIMITS).status_code == 302
        return browser

    def upload(self, browser: Any, name: str, content: str | bytes) -> Any:
        file = io.BytesIO(content.encode() if isinstance(content, str) else content)
        file.name = name
        return browser.post("/bodies", {"file": file})

    def events(self) -> list[str]:
        with self.database.admin() as c:
            return [r[0] for r in c.execute("select verb from audit.event order by id").fetchall()]

    def one(self, statement: str) -> Any:
        with self.database.admin() as c:
            return c.execute(statement).fetchone()[0]  # type: ignore[index]


@pytest.fixture
def first(pg_cluster: Server, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[First]:
    from django.conf import settings
    from django.test import override_settings

    allow_database(request)
    name = f"first_{os.getpid()}_{next(_names)}"
    dbroles.ensure_database(pg_cluster.dsn(), name, PREFIX, make_template(pg_cluster))
    database = TestDatabase(pg_cluster, name)
    monkeypatch.setenv("XIELI_DB_SETUP", pg_cluster.dsn(database=name))
    kept = [m for m in settings.MIDDLEWARE if not m.endswith(("ApiMiddleware", "BindingMiddleware"))]
    with override_settings(ROOT_URLCONF="xieli.server.setup_urls", ROLE="setup", MIDDLEWARE=kept, HOME=tmp_path, ALLOWED_HOSTS=["testserver"]):
        yield First(database, Home(tmp_path))
    drop(database)


def test_a_newcomer_sets_the_installation_up_in_the_browser_and_every_act_is_an_event(first: First) -> None:
    browser = first.entered()
    assert "Not yet" in browser.get("/").content.decode()
    assert first.upload(browser, "b.csv", TABLE).status_code == 302
    dry = browser.get("/bodies").content.decode()
    assert "某镇纪委" in dry
    assert "will write 2 bodies" in dry
    assert first.one("select count(*) from body") == 0, "a trial writes nothing"
    browser.post("/people", PEOPLE)
    browser.post("/limits", LIMITS)
    assert browser.post("/apply", {"confirm": "yes"}).status_code == 422
    assert first.one("select count(*) from body") == 0
    assert browser.post("/apply", {"confirm": "XX"}).headers["Location"] == "/codes"
    assert first.one("select mark || level_cap || zone || timezone from access.installation") == "production2closedAsia/Shanghai"
    assert first.one("select count(*) from office where code = 'head'") == 1
    assert browser.get("/").headers["Location"] == "/codes"
    codes = []
    for login in ("sys", "sec", "aud", "aud"):  # the last one asked again: the lost code is void
        page = browser.post("/codes", {"login": login}).content.decode()
        codes.append(page.split("<code>")[1].split("</code>")[0])
        assert codes[-1] not in browser.get("/codes").content.decode(), "shown once"
    assert len({*codes}) == 4
    assert first.one("select count(*) from door.one_time where expires_at > now()") == 3
    assert browser.post("/close").status_code == 200
    assert first.desk.finished
    assert [browser.get(p).status_code for p in ("/", "/codes", "/people")] == [410, 410, 410]
    assert browser.post("/apply", {"confirm": "XX"}).status_code == 410
    assert first.events() == ["setup.opened", "setup.file_checked", "setup.answered", "setup.answered", "installation.set_up", *["installation.code_given"] * 4, "setup.closed"]
    first.desk.forget()
    assert not (first.home.path / "setup").exists(), "no answers stay lying about"


def test_faults_of_a_file_are_told_by_line_and_the_file_before_is_replaced(first: First) -> None:
    browser = first.entered()
    answer = first.upload(browser, "b.csv", TABLE.replace("乡镇级", "朝代级").replace("XX,纪委", "XX,部落"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert [row.split("</td>")[0] for row in page.split('<td class="num">')[1:]] == ["3", "4"]
    assert "kind or rank is not known" in page
    assert first.upload(browser, "x.xlsx", b"PK\3\4 no workbook").status_code == 422
    assert first.upload(browser, "b.yaml", "a: &a [x]\nb: *a\n").status_code == 422
    assert first.upload(browser, "b.yaml", "x" * (init_file.MOST_BYTES + 1)).status_code == 422
    assert browser.post("/bodies", {}).status_code == 422
    first.upload(browser, "b.yaml", YAML)
    assert "1 </td>" not in browser.get("/bodies").content.decode()
    assert "in order" in browser.get("/bodies").content.decode()
    assert browser.post("/limits", LIMITS | {"own": "nobody"}).status_code == 422
    assert browser.post("/limits", LIMITS | {"level_cap": "9"}).status_code == 422
    assert browser.post("/people", PEOPLE | {"audit_admin-name": "安二"}).status_code == 422
    assert "安二" in browser.get("/people").content.decode(), "what was typed stays"
    assert browser.post("/apply", {"confirm": "nobody"}).status_code == 422
    assert first.one("select count(*) from access.installation") == 0


def test_a_wrong_code_costs_time_and_opens_nothing_and_the_right_one_opens_for_one_browser(first: First, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(wizard, "time", SimpleNamespace(time=lambda: now[0]))
    thief = first.browser()
    for path in ("/bodies", "/people", "/limits", "/codes", "/sample/csv"):
        assert thief.get(path).headers["Location"] == "/"
    assert thief.post("/apply", {"confirm": "XX"}).headers["Location"] == "/"
    assert [thief.post("/", {"code": f"{n}"}).status_code for n in range(5)] == [403] * 5
    assert thief.post("/", {"code": first.code}).status_code == 429, "the right one too has to wait"
    now[0] += 31
    assert thief.post("/", {"code": "x"}).status_code == 403
    now[0] += 31
    held = thief.post("/", {"code": "x"})
    assert held.status_code == 429
    assert int(held.headers["Retry-After"]) <= 30, "the wait has doubled"
    now[0] += 900
    owner = first.entered()
    late = first.browser().post("/", {"code": first.code})
    assert late.status_code == 403
    assert "another browser" in late.content.decode()
    assert owner.get("/bodies").status_code == 200
    assert first.events() == [*["setup.refused"] * 6, "setup.opened", "setup.refused"]
    first.code = first.desk.begin()  # the server is started again
    assert owner.get("/bodies").status_code == 302, "whoever was inside is outside"
    assert first.entered().get("/").status_code == 200


def test_of_two_who_set_up_at_once_one_does_and_the_other_is_told(first: First) -> None:
    """A double click, and `xieli init` in a terminal at the same moment."""
    browser = first.filled()
    found = init_file.examine("b.yaml", YAML.encode())
    people = {a: {"name": PEOPLE[f"{a}-name"], "login": PEOPLE[f"{a}-login"]} for a in init.ADMINS}
    told: list[int] = []

    def press() -> None:
        other = first.browser()
        other.cookies = browser.cookies
        told.append(other.post("/apply", {"confirm": "XX"}).status_code)

    def terminal() -> None:
        try:
            with first.database.admin() as c:
                init.set_up(c, found.data | {"administrators": people}, level_cap=1, zone="closed")
            told.append(0)
        except Trouble as trouble:
            told.append(trouble.exit_code)

    threads = [threading.Thread(target=f) for f in (press, press, terminal)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert first.one("select count(*) from access.installation") == 1
    assert first.one("select count(*) from body") == 2
    assert first.one("select count(*) from person") == 3
    assert first.events().count("installation.set_up") == 1
    assert all(code in (0, 4, 302, 409) for code in told), told
    assert len(told) == 3


def test_a_browser_that_another_site_drives_changes_nothing(first: First) -> None:
    strict = first.browser(enforce_csrf_checks=True)
    assert strict.post("/", {"code": first.code}).status_code == 403
    assert first.entered(), "the code was not used up"
    elsewhere = first.browser().get("/", headers={"host": "evil.example"})
    assert (elsewhere.status_code, elsewhere.content) == (302, b""), "a name that leads here from outside is shown nothing"


def test_a_lost_code_is_given_anew_only_to_who_never_signed_in(first: First) -> None:
    browser = first.filled()
    browser.post("/apply", {"confirm": "XX"})
    with first.database.admin() as c:
        c.execute("update door.credential set password = 'x' where login = 'sec'")
        assert [x[2] for x in init.open_codes(c)] == ["sys", "aud"]
        assert init.new_code(c, "SYS").login == "sys"
        for login in ("sec", "nobody", ""):
            with pytest.raises(Trouble):
                init.new_code(c, login)


def test_what_a_file_may_name_is_what_the_tables_know() -> None:
    for words, choices in ((init_file.KINDS, bodies_models.BodyKind), (init_file.RANKS, bodies_models.Rank), (init_file.ROOMS, bodies_models.RoomKind)):
        assert words == dict(choices.choices)
    assert {k: v for k, v in bodies_models.OfficeCode.choices if k not in init.ADMINS} == init_file.OFFICES
    for kind, text in init_file.SAMPLE.items():
        assert init_file.examine(f"x.{kind}", text.encode(), whole=kind == "yaml").problems == []


def test_the_server_shows_the_first_run_on_this_machine_only_and_goes_on_when_it_is_closed(first: First, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real process on a real port; JavaScript plays no part: every step is a plain form."""
    said: list[str] = []
    at: list[serving.Addresses] = []
    db = SimpleNamespace(home=first.home, admin_dsn=os.environ["XIELI_DB_SETUP"])
    kept = {k: v for k, v in os.environ.items() if not k.startswith("XIELI_DB_")}
    monkeypatch.setattr(prepare, "process_environment", lambda d, role: kept | {"DJANGO_SETTINGS_MODULE": "xieli.server.settings", "XIELI_HOME": str(first.home.path)})
    monkeypatch.setattr(prepare, "mark_of", lambda d: first.one("select max(mark) from access.installation"))
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(), urllib.request.ProxyHandler({}))

    def person(where: serving.Addresses) -> None:
        at.append(where)
        shown = re.search(r"(?:[0-9a-f]{4}-){4}[0-9a-f]{4}", "".join(said))
        threading.Thread(target=walk, args=(where.url, shown[0] if shown else ""), daemon=True).start()

    def post(url: str, **fields: str) -> str:
        token = next(c.value for h in opener.handlers if isinstance(h, urllib.request.HTTPCookieProcessor) for c in h.cookiejar if c.name == "xieli_csrf")
        return opener.open(url, urllib.parse.urlencode(fields | {"csrfmiddlewaretoken": token}).encode(), timeout=30).read().decode()

    def walk(url: str, code: str) -> None:
        opener.open(url, timeout=30)
        post(url + "/", code=code)
        first.desk.keep_file("b.yaml", YAML.encode())
        post(url + "/people", **PEOPLE)
        post(url + "/limits", **LIMITS)
        post(url + "/apply", confirm="XX")
        post(url + "/codes", login="sys")
        post(url + "/close")

    monkeypatch.setenv("XIELI_LANG", "en")
    with (first.home.path / "serve.lock").open("w+") as lock:
        monkeypatch.setattr(serving, "pick", lambda zh, en: en)
        deadline = time.monotonic() + 300  # far more than a slow machine needs; the walk ends it
        gone_on = serving.first_run(db, serving.Options(host="0.0.0.0", port=18600), lock, said.append, person, lambda: time.monotonic() > deadline)  # type: ignore[arg-type]
        assert json.loads(lock.read() or "{}") == {}
    assert gone_on
    assert at[0].host == "127.0.0.1", "whatever address was asked for"
    assert first.one("select mark from access.installation") == "production"
    assert not (first.home.path / "setup").exists()
    with psycopg.connect(os.environ["XIELI_DB_SETUP"]) as c:
        assert init.was_set_up(c)
