"""A production installation of three administrators, and the door's own process in this one: its role, its addresses, its key."""
from __future__ import annotations

import html
import json
import os
import re
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.dbfixtures import PREFIX, TestDatabase, drop, make_template
from tests.djangodb import use
from tests.office.conftest import allow_database
from xieli.server import dbroles
from xieli.server.cluster import Server

HERE = "http://localhost:8999"
PASSWORD = "Yuan-shan_72 jinshui"
FILE = {"own": "c", "bodies": [{"code": "c", "kind": "commission", "rank": "county", "zh": "甲县纪委监委", "offices": [{"code": "head"}, {"code": "clerk"}]}],
        "administrators": {"system_admin": {"name": "系一", "login": "sys"}, "security_admin": {"name": "安二", "login": "sec"}, "audit_admin": {"name": "审三", "login": "aud"}}}
_names = count(1)


class Door:
    """The sign-in pages as a browser without JavaScript sees them."""

    def __init__(self, database: TestDatabase, codes: dict[str, str], admin: Any) -> None:
        self.database, self.codes, self.admin = database, codes, admin
        self.now = time.time()  # the door's clock stands still: no half minute ends between a code's making and its use

    def browser(self, language: str = "zh-hans") -> Any:
        from django.conf import settings
        from django.test import Client

        client = Client()
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
        return client

    def one(self, query: str, *values: Any) -> Any:
        row = self.admin.execute(query, list(values)).fetchone()
        return row[0] if row else None

    def no_wait(self) -> None:
        """The delay after a failure has run out."""
        self.admin.execute("update door.credential set next_try = '-infinity'")

    def code(self, login: str, ahead: int = 0) -> str:
        """What the person's authenticator app shows; a later step each time, since a code is used once."""
        from xieli.office.accounts import totp

        sealed, last, person = self.admin.execute("select t.secret, t.last_step, t.person from door.totp t join door.credential c on c.person = t.person where c.login = %s", [login]).fetchone()
        step = max(int(self.now) // 30 - 1, last + 1) + ahead
        return totp.code_at(totp.unseal(bytes(sealed), person), step)

    def rewind(self) -> None:
        """The code of this half minute may be used again, so that a test need not wait."""
        self.admin.execute("update door.totp set last_step = 0")

    def options(self, response: Any) -> dict[str, Any]:
        """What the page hands to the authenticator."""
        found = re.search(r'<script id="passkey" type="application/json">(.*?)</script>', response.content.decode(), re.S)
        assert found, response.content.decode()[-1500:]
        return dict(json.loads(html.unescape(found.group(1))))

    def first_time(self, login: str, password: str = PASSWORD) -> Any:
        """One-time code, password, authenticator app, recovery codes: inside."""
        browser = self.browser()
        assert browser.post("/first", {"login": login, "code": self.codes[login], "password": password, "again": password}).status_code == 302
        browser.get("/enrol")
        assert browser.post("/enrol", {"code": self.code(login)}).status_code == 200
        assert browser.post("/second", {"kept": "1"}).status_code == 302
        return browser

    def signed_in(self, login: str, password: str = PASSWORD) -> Any:
        """Password and code: inside."""
        self.no_wait()
        self.rewind()
        browser = self.browser()
        assert browser.post("/", {"login": login, "password": password}).status_code == 302
        assert browser.post("/second", {"code": self.code(login)}).status_code == 302
        return browser


def production(server: Server) -> TestDatabase:
    """A migrated database that nobody has set up."""
    name = f"door_{os.getpid()}_{next(_names)}"
    dbroles.ensure_database(server.dsn(), name, PREFIX, make_template(server))
    return TestDatabase(server, name)


@pytest.fixture
def door(pg_cluster: Server, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    from django.conf import settings
    from django.test import override_settings

    from xieli.server import init

    allow_database(request)
    database = production(pg_cluster)
    with database.admin() as c:
        codes = {x.login: x.code for x in init.set_up(c, FILE, level_cap=1, zone="closed")}
    key = tmp_path / "door.key"
    key.write_text("k")
    for name, value in (("XIELI_DOOR_KEY", str(key)), ("XIELI_DOOR_URL", HERE), ("XIELI_WEB_URL", "http://localhost:8998"), ("XIELI_PASSWORDS", "mlps3")):
        monkeypatch.setenv(name, value)
    from argon2 import PasswordHasher

    from xieli.office.accounts import door as front
    from xieli.office.accounts import passwords

    # the true cost is asserted in test_passwords_and_codes.py; here it would only be waited for
    monkeypatch.setattr(passwords, "HASHER", cheap := PasswordHasher(time_cost=1, memory_cost=512, parallelism=1))
    monkeypatch.setattr(passwords, "_NOBODY", cheap.hash("nobody has this password"))
    use(database, "door")
    with override_settings(ROOT_URLCONF="xieli.server.door_urls", ROLE="door", ALLOWED_HOSTS=[*settings.ALLOWED_HOSTS, "localhost"]), database.admin() as admin:
        made = Door(database, codes, admin)
        monkeypatch.setattr(front, "time", SimpleNamespace(time=lambda: made.now))
        yield made
    from django.db import connections

    connections.close_all()
    use(database, "web")
    drop(database)
