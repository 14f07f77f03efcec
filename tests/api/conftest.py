"""The stage of the screens' tests, and programs with tokens on it."""
from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xieli.server.settings")
os.environ.setdefault("XIELI_ROLE", "web")
import django
from django.apps import apps

if not apps.ready:
    django.setup()  # models are imported when the modules are collected; the database is named later

import pytest

from tests.faces.web.conftest import Stage, played, stage  # noqa: F401  fixtures


@pytest.fixture(scope="session", autouse=True)
def _database_allowed(request: pytest.FixtureRequest) -> None:
    """These databases are clones of our own, not the one pytest-django would guard."""
    from tests.office.conftest import allow_database

    allow_database(request)


class Program:
    """A program that acts for one person through the API, by tokens that went the whole way: asked, confirmed, collected."""

    def __init__(self, secret: str, token: int) -> None:
        from django.test import Client

        self.secret, self.token = secret, token
        self.client = Client()

    def ask(self, method: str, path: str, body: Any = None, *, purpose: str | None = "核对台账", language: str = "zh-CN", **headers: str) -> Any:
        """One request; `purpose=None` leaves the header out."""
        sent = {"Authorization": f"Bearer {self.secret}", "Accept-Language": language} | {k.replace("_", "-"): v for k, v in headers.items()}
        if purpose is not None:
            sent["X-Purpose"] = quote(purpose)
        data = {"data": json.dumps(body), "content_type": "application/json"} if body is not None else {}
        return self.client.generic(method, f"/api/v1{path}", headers=sent, **data)

    def get(self, path: str, **kw: Any) -> Any:
        return self.ask("GET", path, **kw)

    def post(self, path: str, body: Any = None, **kw: Any) -> Any:
        return self.ask("POST", path, {} if body is None else body, **kw)


def head_of(stage: Stage, person: str) -> str:  # noqa: F811
    """Who confirms a token of this person: another head of his body, else the auditor."""
    found = stage.one("""select a.person_id from posting a join office o on o.id = a.office_id and o.code in ('head', 'town_secretary') join posting b on b.body_id = a.body_id
                         where b.person_id = %s and a.ends_at is null and a.person_id <> %s limit 1""", stage.world.people[person], stage.world.people[person])
    return next((code for code, identity in stage.world.people.items() if identity == found), "audadmin")


def second_administrator(stage: Stage) -> str:  # noqa: F811
    """Nobody proposes a token for himself: the security administrator's own is another's to propose, who is given the duty beside his."""
    stage.admin.execute("insert into posting (person_id, body_id, office_id, kind, starts_at, confirmed_by_id, basis, is_deputy) select %s, o.body_id, o.id, 'regular', '2020-01-01', %s, '', false from office o"
                        " where o.code = 'security_admin' and o.valid_to is null and not exists (select 1 from posting x where x.office_id = o.id and x.person_id = %s) order by o.id limit 1",
                        [stage.world.people["finance-liaison"], stage.world.people["finance-liaison"], stage.world.people["finance-liaison"]])
    return "finance-liaison"


def all_scopes() -> list[str]:
    from xieli.office.clients.models import SCOPES

    return sorted(SCOPES)


def issue(stage: Stage, person: str, scopes: list[str] | None = None, days: int = 300, closed_zone: bool = False) -> Program:  # noqa: F811
    from xieli.office.clients import services

    with stage.theatre.acts("secadmin" if person != "secadmin" else second_administrator(stage)):
        token = services.propose(stage.world.people[person], label="台账对接", scopes=scopes or all_scopes(), days=days, reason="与本单位台账对接", closed_zone=closed_zone)
    confirmer = head_of(stage, person)
    with stage.theatre.acts(confirmer):
        services.confirm(token)
    with stage.theatre.acts(person):
        return Program(services.collect(token), token)


@pytest.fixture
def program(stage: Stage) -> Callable[..., Program]:  # noqa: F811
    """`program("chief3")`: the person's program with every scope, made once; with other arguments a new one."""
    def make(person: str, **kw: Any) -> Program:
        made: dict[str, Program] = stage.__dict__.setdefault("programs", {})
        if kw:
            return issue(stage, person, **kw)
        if person not in made:
            made[person] = issue(stage, person)
        return made[person]

    return make
