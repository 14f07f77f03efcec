"""Every route × every role. A route without a line in routes.csv fails: whoever adds one says which scope opens it and what each person gets.

Columns: name · scope · purpose (yes or empty) · match (yes or empty) · rule. Rules: `any` every token; `cut` content cut to the reader; `matter` 404 unless the
person sees the story's case; `admin` empty or 404 for all but security administrators; `public` without a token.
"""
from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import pytest

from tests.faces.web.test_administrators import ADMINS, words
from tests.faces.web.test_routes import ROLES  # every kind of office, as on the screens

TABLE = Path(__file__).with_name("routes.csv")
BODIES = {
    "register_matter": {"title": "x", "owner_body": "nowhere", "subjects": [{"name": "x"}]}, "make_move": {}, "submit_form": {"data": {}}, "send_handover": {"receiver": "nowhere", "reason": "管辖理由"},
    "decide_handover": {"verdict": "accepted"}, "remind_handover": {}, "give_feedback": {"text": "答复"}, "make_webhook": {"body": "yj", "label": "x", "url": "https://example.org/x", "kinds": ["clock.alarm"]},
    "change_webhook": {"label": "x", "kinds": ["clock.alarm"]},
}


def rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def operations():
    from xieli.faces.api.describe import description

    described = description()
    return {op["operationId"]: (method.upper(), path.removeprefix("/api/v1"), op) for path, ops in described["paths"].items() for method, op in ops.items()}


def test_every_route_has_a_line_and_stands_as_it_says(stage):
    from xieli.faces.api.gate import SCOPES_OF

    listed = {r["name"]: r for r in rows()}
    found = operations()
    assert set(found) - set(listed) == set(), "add to tests/api/routes.csv"
    assert set(listed) - set(found) == set(), "routes.csv names routes that are gone"
    for name, (_, _, op) in found.items():
        headers = {p["name"] for p in op.get("parameters", []) if p["in"] == "header"}
        assert SCOPES_OF.get(name, "") == listed[name]["scope"], name
        assert ("X-Purpose" in headers) == (listed[name]["purpose"] == "yes"), name
        assert ("If-Match" in headers) == (listed[name]["match"] == "yes"), name
        assert ("security" in op) == (listed[name]["rule"] != "public"), name
        assert not (listed[name]["rule"] in ("matter", "cut") and listed[name]["purpose"] != "yes" and found[name][0] == "GET"), f"{name}: content is read for a purpose"


def filled(path: str, stage) -> str:
    values = {"{ref}": stage.ref("case"), "{code}": "registration" if "/forms/" in path else "cn-mainland" if "/calendars/" in path else "lead" if "/playbooks/" in path else "yj", "{name}": "scopes",
              "{year}": "2026", "{move}": "nothing", "{delivery}": "0000000000000"}
    for key, value in values.items():
        path = path.replace(key, value)
    return path + ("?box=sent" if path == "/handovers" else "")


@pytest.mark.parametrize("person", ROLES)
def test_each_route_answers_each_person_as_the_table_says(stage, program, person):
    tool = program(person)
    ghost = tool.get("/matters/0000000000000").content
    sees = stage.theatre.sees(person, stage.made["case"])
    content = words(stage) if person in ADMINS else set()
    wrong = []
    for row in rows():
        method, path, _ = operations()[row["name"]]
        answer = tool.ask(method, filled(path, stage), BODIES.get(row["name"]) if method != "GET" else None, If_Match='"x"')
        status, rule = answer.status_code, row["rule"]
        if rule in ("any", "public", "cut"):
            good = status == 200
        elif rule == "write":
            good = status in (403, 404, 409, 412, 422)  # nothing of these requests can succeed
        elif rule == "matter":
            good = (status in (200, 404) if row["name"] == "read_form" else status in (200, 201, 412, 422)) if sees else status == 404
        elif rule == "admin":
            good = answer.content == b'{"items": []}' or status == 404 or (person == "secadmin" and status in (409, 412, 422))
        else:
            good = status == 404
        if status == 404 and answer.content != ghost:
            good = False
        if any(word in answer.content.decode() for word in content):
            good = False  # three administrators read nothing, by a program neither
        if not good:
            wrong.append(f"{row['name']}: {status} {answer.content[:200]!r}")
    assert not wrong, wrong


def test_without_a_token_every_route_but_health_answers_401(stage):
    from django.test import Client

    client = Client()
    for name, (method, path, _) in operations().items():
        status = client.generic(method, "/api/v1" + filled(path, stage), headers={"X-Purpose": "check"}).status_code
        assert status == (200 if name == "read_health" else 401), name


def test_without_its_scope_a_route_answers_403(stage, program):
    from xieli.office.clients.models import SCOPES

    tools = {"handovers:read": program("chief3", scopes=["handovers:read"]), "clocks:read": program("chief3", scopes=["clocks:read"])}
    for row in rows():
        if row["scope"]:
            assert row["scope"] in SCOPES
            tool = tools["clocks:read" if row["scope"] == "handovers:read" else "handovers:read"]
            method, path, _ = operations()[row["name"]]
            assert tool.ask(method, filled(path, stage), {} if method != "GET" else None, If_Match='"x"').status_code == 403, row["name"]
