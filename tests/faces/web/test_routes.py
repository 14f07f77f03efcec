"""Every page × every role. A route without a line in routes.csv fails: whoever adds a page says who may open it.

Columns: name · method (GET or POST) · rule · with (address parts, `k=v`, `@name` is what the story made).
Rules: `open` every bound session; `office:a|b` holders of one of these offices, all others are told it does not exist;
`matter:m` who may see that matter of the story; `own` content cut to the reader (always opens); `public` also without a session;
`room` another room's page: opens, leads elsewhere or does not exist, and never fails. The method `FEED` is opened by its own secret, without a
session: tests/api/test_calendar.py.
"""
from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.adversary.routes import routes

TABLE = Path(__file__).with_name("routes.csv")
RULES = ("open", "own", "public", "office", "matter", "room")
HEALTH = {"healthz", "readyz"}
ROLES = ("chief3", "yj-head", "fire-officer", "fire-handler", "zhou-rong", "wuchuan-handler1", "wuchuan-kin", "yj-clerk", "ins-leader", "yj-analyst", "wenshan-secretary",
         "fengdeng-supervisor", "audadmin", "sysadmin", "secadmin", "yj-rights", "finance-liaison")


def table() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


ROWS = table()


def present() -> list[dict[str, str]]:
    """Lines whose page exists; a line without a page is the first test's business alone."""
    names = {name for name, _ in routes()}
    return [row for row in ROWS if row["name"] in names]


def address(row: dict[str, str], stage) -> str:
    from django.urls import reverse

    parts = {}
    for pair in filter(None, row["with"].split(" ")):
        key, _, value = pair.partition("=")
        parts[key] = stage.ref(value[1:]) if value.startswith("@") else int(value) if value.isdigit() and len(value) < 9 else value
    return reverse(row["name"], kwargs=parts)


HOW = """tests/faces/web/routes.csv says who may open each page, form and interface; add a line: name,method,rule,with
  name    the route's name, `space:name` for an included list of routes (the API), the address itself for a route without a name
  method  GET for what is looked at, POST for what changes something
  rule    open | own | public | office:code|code | matter:<what the story made> | room (opens, leads elsewhere or does not exist, never fails)
  with    a sample for each part of the address, `ref=@case`; use matter:… and @… wherever the page belongs to one matter: those are asked by the
          oracle (tests/adversary/test_http_oracle.py) and in twin worlds (test_twin_worlds_http.py)"""


def test_every_route_has_a_line(stage):
    """Of pages, API and whatever else the web process answers; health alone is asked by machines and names nobody."""
    # a program comes with a token, not a session: the API has a table of its own with the same demand (tests/api/test_routes.py)
    names = {name for name, _ in routes() if not name.startswith("api:")} - HEALTH
    listed = {row["name"] for row in ROWS}
    assert names - listed == set(), f"routes without a line: {sorted(names - listed)}\n{HOW}"
    assert listed - names == set(), f"routes.csv names routes that are gone: {sorted(listed - names)}"
    assert len(listed) == len(ROWS), "a route stands twice in routes.csv"
    bad = [row["name"] for row in ROWS if row["method"] not in ("GET", "POST", "FEED") or row["rule"].partition(":")[0] not in RULES]
    assert not bad, f"{bad}\n{HOW}"


def offices(stage, person: str) -> set[str]:
    return {r[0] for r in stage.admin.execute("select o.code from posting p join office o on o.id = p.office_id where p.person_id = %s and p.ends_at is null",
                                             [stage.world.people[person]])}


@pytest.mark.parametrize("person", ROLES)
def test_each_page_opens_for_whom_it_is_meant(stage, person):
    client = stage.client(person)
    nothing = client.get("/m/0000000000000")
    held = offices(stage, person)
    wrong = []
    for row in present():
        if row["method"] != "GET":
            continue
        rule, _, what = row["rule"].partition(":")
        response = client.get(address(row, stage))
        status = response.status_code
        if rule in ("open", "own", "public"):
            good = status == 200 or (status == 302 and row["rule"] == "public")
        elif rule == "office":
            good = status == (200 if held & set(what.split("|")) else 404)
        elif rule == "matter":
            sees = stage.theatre.sees(person, stage.made[what])
            good = status == (200 if sees else 404)
        else:
            good = status in (200, 302, 404)
        if status == 404 and rule in ("office", "matter"):
            good = good and response.content == nothing.content
        if not good:
            wrong.append(f"{row['name']}: {status}")
    assert not wrong, wrong


def test_without_a_session_every_page_leads_to_the_entrance(stage):
    from django.test import Client

    client = Client()
    for row in present():
        if row["rule"] == "public" or row["method"] != "GET":
            continue
        response = client.get(address(row, stage))
        assert response.status_code == 302, row["name"]
        assert response["Location"].endswith("/entrance"), row["name"]


def test_a_write_is_never_done_by_looking(stage):
    client = stage.client("chief3")
    for row in present():
        if row["method"] == "POST" and not row["rule"].startswith("room"):
            assert client.get(address(row, stage)).status_code == 405, row["name"]


def test_a_write_on_a_hidden_matter_answers_as_for_one_that_does_not_exist(stage):
    client = stage.client("wuchuan-kin")
    ghost = client.get("/m/0000000000000").content
    for row in present():
        if row["method"] == "POST" and row["rule"].startswith("matter:"):
            response = client.post(address(row, stage), {"reason": "x", "text": "x", "title": "x", "person": "1", "kind": "team", "basis": "x"})
            assert (response.status_code, response.content) == (404, ghost), row["name"]


def test_a_look_at_content_is_in_the_ledger(stage):
    """Whoever opens a page with content leaves an event of exactly that matter."""
    client = stage.client("wuchuan-handler1")
    before = stage.one("select count(*) from audit.event where verb = 'matter.look'")
    for name in ("matter", "access", "diagram", "handover_new"):
        row = next(r for r in ROWS if r["name"] == name)
        url = address(row | {"with": "ref=@case"}, stage)
        assert client.get(url).status_code == 200
    assert stage.one("select count(*) from audit.event where verb = 'matter.look'") == before + 4
    assert stage.one("select matters from audit.event where verb = 'matter.look' order by id desc limit 1") == [stage.made["case"]]


def test_the_recused_person_finds_nothing_by_search_list_or_palette(stage):
    client = stage.client("wuchuan-kin")
    for url in ("/", "/search?q=郭某某", "/search?q=消防装备", "/sent", "/owed", "/notifications", "/playbooks/liuzhi", "/bodies/merge?from=wuchuan&into=linjiang"):
        text = client.get(url, headers={"HX-Request": "true"} if "search" in url else {}).content.decode()
        assert "郭某某" not in text.replace('value="郭某某"', ""), url
        assert "消防装备采购" not in text, url
