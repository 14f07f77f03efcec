"""The HTTP layer against the oracle: random worlds, committed, then real pages asked for by every session.

What a page shows or hides must be what the rule on a page (engines/needtoknow) says: equality, so that over-denial is found
too. Pages of one matter are read from tests/faces/web/routes.csv (rule `matter:…`), so a page added there is asked here.
"""
from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest

from tests import dbfixtures, djangodb
from tests.adversary.routes import RouteRow, reverse_row, table
from tests.office.access.mutants import MUTANTS
from tests.office.access.worlds import T0, RandomWorld
from xieli.engines import needtoknow as ntk
from xieli.server.cluster import Server

UNKNOWN = 4_611_686_018_427_387_000
REF = re.compile(r"/m/([0-9a-hjkmnp-tv-z]{13})")
#: Worlds. In the large ones each session asks a third of the pages for every matter of the world, the next session the next third, so that every
#: page is asked by half a dozen sessions of each world, twice; lists and remarks are asked by all. A request costs 9 ms (half of it the database), so
#: that this is a quarter of an hour where every page by every session of 25 worlds was more than an hour of the same questions. The small one: four pages.
SMALL, LARGE = 1, 12
STEPS = 2
THIRD = 3
#: the forms are asked with enough in them to reach the act behind them
FORM = {"reason": "x", "text": "一句话", "title": "x", "person": "1", "kind": "team", "basis": "x", "purpose": "核对一次"}


@dataclass
class Site:
    """The clone with its playbooks, and Django pointed at it."""

    database: dbfixtures.TestDatabase
    sha: str
    clients: dict[str, Any] = field(default_factory=dict)

    def client(self, cookie: str) -> Any:
        """A browser that holds this session's cookie."""
        from django.conf import settings
        from django.test import Client

        if cookie not in self.clients:
            self.clients[cookie] = Client(raise_request_exception=False)
            self.clients[cookie].cookies[settings.SESSION_COOKIE] = cookie
        return self.clients[cookie]


@contextmanager
def opened(pg_cluster: Server) -> Iterator[Site]:
    """A clone with the playbooks, and Django on it; dropped at the end."""
    database = dbfixtures.clone(pg_cluster, f"httpmodel_{os.getpid()}", level_cap=2)
    djangodb.use(database)
    from django.db import connections

    from xieli.office.matters.services import playbooks

    with database.admin() as admin:
        playbooks.publish(admin)
        row = admin.execute("select sha from playbook_version where code = 'lead' and version = 1").fetchone()
        assert row is not None
        yield Site(database, row[0])
    connections["default"].close()
    dbfixtures.drop(database)


@pytest.fixture
def site(pg_cluster: Server) -> Iterator[Site]:
    with opened(pg_cluster) as made:
        yield made


def refs(content: bytes) -> set[int]:
    from xieli.office.ids import from_ref

    return {from_ref(x) for x in REF.findall(content.decode())}


def of_matters() -> list[RouteRow]:
    """The pages and forms of one matter whose rule is the matter's own."""
    return [row for row in table() if row.rule.startswith("matter:")]


@dataclass
class Look:
    """Compares one world's pages with the oracle; differences are collected, decisions counted."""

    site: Site
    rw: RandomWorld
    whole: bool
    differences: list[str] = field(default_factory=list)
    decisions: int = 0
    round: int = 0

    def check(self, page: str, session: ntk.Session, found: set[int], expected: set[int]) -> None:
        """A list against the oracle: one decision for every matter of the world."""
        self.decisions += len(self.rw.world.matters)
        if found != expected:
            self.differences.append(f"{page} for {session.person}/{session.capacity} at {self.rw.t}: leaked {found - expected}, denied {expected - found}")

    def say(self, session: ntk.Session, words: str) -> None:
        self.differences.append(f"{words} for {session.person}/{session.capacity} at {self.rw.t}")

    def all(self) -> None:
        """Through every session: the dead ones reach nothing, the living exactly what is theirs."""
        from django.urls import reverse

        from xieli.office.ids import to_ref

        w, at = self.rw.world, self.rw.t + timedelta(seconds=1)
        rows = of_matters()
        assert len(rows) >= 8
        self.round += 1
        for n, (cookie, session) in enumerate(self.rw.sessions):
            client = self.site.client(cookie)
            who = ntk.standing(w, session, at)
            can = {a: {m for m in w.matters if ntk.allows(w, who, w.matters[m], at, a)} for a in ("read", "note")}
            person = w.persons[session.person]
            if session.ended or not person.active:
                self.decisions += 1
                answer = client.get("/matters")
                if answer.status_code != 302 or not answer["Location"].endswith("/entrance"):
                    self.say(session, f"a dead session was answered {answer.status_code}")
                continue
            ghost = client.get(reverse("matter", args=[to_ref(UNKNOWN)]))
            if ghost.status_code != 404:
                self.say(session, f"an unknown matter is answered {ghost.status_code}")
            self.lists(client, session, can["read"])
            self.writes(client, session, can, ghost.content)
            for row in rows[(n + self.round) % THIRD::THIRD] if self.whole else [rows[(n * 4 + k) % len(rows)] for k in range(4)]:
                seen = set()
                for m in w.matters:
                    url = reverse_row(row, to_ref(m))
                    answer = client.get(url) if row.method == "GET" else None if m in can["read"] else client.post(url, FORM)
                    if answer is None:
                        seen.add(m)  # what a form does for whoever may see is `writes` and each room's own tests
                    elif answer.status_code == 404 and answer.content == ghost.content:
                        pass
                    elif answer.status_code >= 500 or answer.status_code == 404:
                        self.say(session, f"{url} answered {answer.status_code}, neither shown nor as unknown")
                    else:
                        seen.add(m)
                # a page with more parts in its address (a form's code, a file) may not exist for this kind of matter: hidden still means unknown
                self.check(row.name, session, seen, can["read"] if len(row.parts) == 1 else can["read"] & seen)

    def lists(self, client: Any, session: ntk.Session, read: set[int]) -> None:
        """Registers, their totals, the sheet, search, the workbench, counts by kind: the same set everywhere."""
        import openpyxl

        w = self.rw.world
        opened = {m for m in read if w.matters[m].open}
        for url, expected in (("/matters", read), ("/leads", read), ("/matters?status=open", opened), ("/matters?status=closed", read - opened),
                              ("/matters?q=张伟", {m for m in read if "张伟" in self.rw.titles[m]}), ("/search?q=李娜", {m for m in read if "李娜" in self.rw.titles[m]}), ("/", opened)):
            answer = client.get(url)
            if answer.status_code != 200:
                self.say(session, f"{url} answered {answer.status_code}")
                continue
            self.check(url, session, refs(answer.content), expected)
            if url.startswith(("/matters", "/leads")):
                total = re.search(r"共 (\d+) 条", answer.content.decode())
                self.decisions += 1
                if int(total.group(1) if total else 0) != len(expected):
                    self.say(session, f"{url} counts {total and total.group(1)}, not {len(expected)}")
        duplicates = refs(client.post("/leads/check", {"subject": "某", "body": ""}).content)  # at most five are named
        self.check("/leads/check", session, duplicates, duplicates & read)
        sheet = openpyxl.load_workbook(BytesIO(client.post("/registers/matters/excel", {"purpose": "核对一次"}).content)).active
        titles = sorted(c.value for c in sheet["C"] + sheet["B"] if isinstance(c.value, str) and c.value.startswith("关于"))
        self.decisions += len(w.matters)
        if titles != sorted(self.rw.titles[m] for m in read):
            self.say(session, f"the sheet holds {len(titles)} rows, not {len(read)}")
        kinds = client.get("/playbooks").content.decode()
        card = re.search(r'href="/playbooks/lead".*?</section>', kinds, re.S)
        asked = client.get("/registers/leads/excel").content.decode()
        for page, count, number in (("/playbooks", re.search(r"<strong>(\d+)</strong>", card.group(0) if card else ""), len(opened)),
                                    ("/registers/leads/excel", re.search(r"按当前筛选导出 (\d+) 条", asked), len(read))):
            self.decisions += 1
            if count is None or int(count.group(1)) != number:
                self.say(session, f"{page} counts {count and count.group(1)}, not {number}")

    def writes(self, client: Any, session: ntk.Session, can: dict[str, set[int]], ghost: bytes) -> None:
        """A remark is written by exactly whom the rule lets write remarks; the others change nothing."""
        from xieli.office.ids import to_ref

        written = set()
        for m in self.rw.world.matters:
            before = self._notes(m)
            answer = client.post(f"/m/{to_ref(m)}/note", FORM)
            if self._notes(m) != before:
                written.add(m)
            if m not in can["read"] and (answer.status_code, answer.content) != (404, ghost):
                self.say(session, f"a remark on a hidden matter is answered {answer.status_code}")
        self.check("note", session, written, can["note"])

    def _notes(self, matter: int) -> int:
        row = self.rw.c.execute("select count(*) from note where matter_id = %s", [matter]).fetchone()
        assert row is not None
        return int(row[0])


def explore(site: Site, seed: int, whole: bool) -> tuple[int, list[str]]:
    """One world: born, looked at, moved some hours on with changes of facts, looked at again. It stays in the clone."""
    with site.database.admin() as admin:
        with admin.transaction():
            rw = RandomWorld(admin, seed, playbook_sha=site.sha)
        look = Look(site, rw, whole)
        look.all()
        for step in range(1, STEPS):
            with admin.transaction():
                # whole hours apart: everything in a world begins and ends on the hour, and the looks take less than one
                rw.set_time(T0 + step * timedelta(hours=rw.r.randint(2, 9)))
                for _ in range(6):
                    rw.change()
            look.all()
        return look.decisions, [*look.differences, *rw.differences]


def prove(site: Site, seeds: range, whole: bool) -> int:
    decisions = 0
    for seed in seeds:
        made, differences = explore(site, seed, whole)
        assert not differences, f"world {seed}: {len(differences)} differences\n" + "\n".join(differences[:8])
        decisions += made
    print(f"{decisions} decisions by pages in {len(seeds)} worlds, 0 leaks, 0 over-denials")
    return decisions


def test_every_page_answers_as_the_oracle_does(site: Site) -> None:
    assert prove(site, range(1, 1 + SMALL), whole=False) > 2_000


@pytest.mark.soak
def test_every_page_answers_as_the_oracle_does_in_many_worlds(site: Site) -> None:
    assert prove(site, range(5000, 5000 + LARGE), whole=True) > 80_000


@pytest.mark.soak
@pytest.mark.parametrize("name", ["read: recusal not asked", "read: level not asked", "may: revoked grants count", "bind: an ended session"])
def test_a_damaged_policy_shows_on_the_pages(pg_cluster: Server, name: str) -> None:
    """The proof by pages is no weaker than the proof by SQL: it finds the same mutants."""
    with opened(pg_cluster) as damaged:
        with damaged.database.admin() as admin:
            MUTANTS[name](admin)
        assert any(explore(damaged, seed, whole=False)[1] for seed in range(1, 9)), f"“{name}” shows on no page of eight worlds"
