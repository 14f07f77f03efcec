"""The API, the calendar address and the palette against the oracle: random worlds, committed, then asked by a program of every person.

A token is a session without a chosen capacity, so what a route lists, opens or changes must be what the rule on a page says of its
person: equality, so that over-denial is found too. Routes are read from tests/api/routes.csv and the API's own description: a route
added there with the rule `matter` is asked here for every matter of the world.
"""
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any

import psycopg
import pytest

from tests.adversary.test_http_oracle import UNKNOWN, Site, opened, refs
from tests.api.test_routes import BODIES, operations
from tests.api.test_routes import rows as table
from tests.office.access.mutants import MUTANTS
from tests.office.access.worlds import T0, RandomWorld
from xieli.engines import needtoknow as ntk
from xieli.engines.needtoknow.rule import recused
from xieli.server.cluster import Server

SMALL, LARGE = 1, 20  # worlds; the large ones ask every route of every matter, the small one two of them by turns
MONTH = timedelta(days=30)


@pytest.fixture
def site(pg_cluster: Server) -> Iterator[Site]:
    with opened(pg_cluster) as made:
        yield made


def session(c: psycopg.Connection[Any], person: int, cookie: str, factor: str) -> int:
    row = c.execute("insert into access.session (id, token, person, opened_at, seen_at, until, idle, factor, proved_at) values (access.new_id() & 4611686018427387903, sha256(%s), %s, %s, %s, %s, %s, %s, %s)"
                    " returning id", [cookie.encode(), person, T0, T0, T0 + MONTH, MONTH, factor, T0 + MONTH]).fetchone()
    assert row is not None
    return int(row[0])


def program_of(c: psycopg.Connection[Any], person: int) -> str:
    """A collected token with every scope, as the rows that the way to it leaves (tests/api/test_tokens.py walks the way)."""
    from xieli.office.clients.models import SCOPES

    secret = f"token-{person}"
    d = sha256(secret.encode()).digest()
    row = c.execute("insert into api_token (id, person_id, collector_id, label, scopes, zone, reason, agreement, expires_at, asked_by_id, asked_at, confirmed_by_id, confirmed_at, collected_at)"
                    " values (access.new_id(), %s, %s, 'x', %s, 'closed', 'x', '', %s, %s, %s, %s, %s, %s) returning id, access.client_cookie(%s)",
                    [person, person, sorted(SCOPES), T0 + MONTH, person, T0, person, T0, T0, d]).fetchone()
    assert row is not None
    c.execute("insert into access.api_secret (token, digest, session) values (%s, %s, %s)", [row[0], d, session(c, person, row[1], "token")])
    return secret


def feed_of(c: psycopg.Connection[Any], person: int) -> str:
    secret = f"feed-{person}"
    d = sha256(secret.encode()).digest()
    row = c.execute("insert into calendar_feed (id, person_id, made_at, readings) values (access.new_id(), %s, %s, 0) returning id, access.feed_cookie(%s)", [person, T0, d]).fetchone()
    assert row is not None
    c.execute("insert into access.feed_secret (feed, digest, session) values (%s, %s, %s)", [row[0], d, session(c, person, row[1], "feed")])
    return secret


@dataclass
class Hung:
    """What hangs on each matter: a clock, an approval, a parcel; identity → matter."""

    clocks: dict[int, int] = field(default_factory=dict)
    approvals: dict[int, int] = field(default_factory=dict)
    parcels: dict[int, tuple[int, frozenset[int]]] = field(default_factory=dict)  # … and who at the sender follows it


def hang(rw: RandomWorld) -> Hung:
    found, c, bodies = Hung(), rw.c, list(rw.world.bodies)
    someone = next(iter(rw.world.persons))
    for m in rw.world.matters:
        ids = [rw._random_id() for _ in range(3)]
        c.execute("insert into clock (id, matter_id, rule, rule_on, code, calendar, parameters, statutory, on_expiry, state, started_at, due_at, alarm_at, provisional, alarmed_level, stage)"
                  " values (%s, %s, 'x', '2026-03-01', 'x', 'cn-mainland', '{}', false, 'warn', 'running', %s, %s, %s, false, 0, '')", [ids[0], m, T0, T0 + MONTH, T0 + MONTH])
        c.execute("insert into approval (id, matter_id, act, what, what_sha, reason, urgent, requested_by_id, requested_at, state, collective_no, closed_zone, document_no)"
                  " values (%s, %s, 'assign', '{}', '', '', false, %s, %s, 'pending', '', false, '')", [ids[1], m, someone, T0])
        acl = rw.r.sample(rw.principals(), 3) if rw.r.random() < 0.6 else []
        c.execute("insert into handover (id, matter_id, kind, sender_id, receiver_id, competence_reason, index, index_sha, keep_view, state, receipt_no, document_no, sent_at, sent_by_id, reason, visible_note, sender_acl, coarse_stage)"
                  " values (%s, %s, 'handover', %s, %s, 'x', '[]', '', false, 'sent', '', '', %s, %s, '', '', %s, 'sent')", [ids[2], m, rw.r.choice(bodies), rw.r.choice(bodies), T0, someone, acl])
        found.clocks[ids[0]], found.approvals[ids[1]], found.parcels[ids[2]] = m, m, (m, frozenset(acl))
    return found


@dataclass
class Look:
    """Compares one world's answers with the oracle; differences are collected, decisions counted."""

    site: Site
    rw: RandomWorld
    hung: Hung
    whole: bool
    differences: list[str] = field(default_factory=list)
    decisions: int = 0

    def check(self, what: str, person: int, found: set[int], expected: set[int]) -> None:
        self.decisions += len(self.rw.world.matters)
        if found != expected:
            self.differences.append(f"{what} for {person} at {self.rw.t}: leaked {found - expected}, denied {expected - found}")

    def say(self, person: int, words: str) -> None:
        self.differences.append(f"{words} for {person} at {self.rw.t}")

    def ask(self, secret: str, method: str, path: str, body: Any = None) -> Any:
        import json

        data = {"data": json.dumps(body or {}), "content_type": "application/json"} if method != "GET" else {}
        return self.site.client("nobody").generic(method, f"/api/v1{path}", headers={"Authorization": f"Bearer {secret}", "X-Purpose": "check", "If-Match": "*"}, **data)

    def all(self, secrets: dict[int, str], feeds: dict[int, str]) -> None:
        from xieli.office.ids import to_ref

        w, at = self.rw.world, self.rw.t + timedelta(seconds=1)
        routes = [r for r in table() if r["rule"] == "matter"]
        assert len(routes) >= 5
        for n, person in enumerate(w.persons):
            live = ntk.Session(person, T0, T0, T0 + MONTH, MONTH, None, False)
            who = ntk.standing(w, live, at)
            read = {m for m in w.matters if ntk.allows(w, who, w.matters[m], at, "read")}
            secret = secrets[person]
            if not w.persons[person].active:
                self.decisions += 1
                if self.ask(secret, "GET", "/matters").status_code != 401:
                    self.say(person, "a token of a disabled person is answered")
                self.calendar(person, feeds[person], ntk.standing(w, live, at), set())
                continue
            ghost = self.ask(secret, "GET", f"/matters/{to_ref(UNKNOWN)}")
            if ghost.status_code != 404:
                self.say(person, f"an unknown matter is answered {ghost.status_code}")
            self.lists(person, secret, who, read, at)
            self.calendar(person, feeds[person], who, read)
            for row in routes if self.whole else [routes[(n * 2 + k) % len(routes)] for k in range(2)]:
                method, path, _ = operations()[row["name"]]
                seen = set()
                for m in w.matters:
                    if method != "GET" and m in read:
                        seen.add(m)  # what it does for whoever may see is the tests' of each route
                        continue
                    answer = self.ask(secret, method, path.replace("{ref}", to_ref(m)).replace("{code}", "registration").replace("{move}", "accept"), BODIES.get(row["name"]))
                    if answer.status_code == 404 and answer.content == ghost.content:
                        continue
                    if answer.status_code >= 500 or answer.status_code == 404:
                        self.say(person, f"{row['name']} of {m} answered {answer.status_code}, neither shown nor as unknown")
                    seen.add(m)
                self.check(row["name"], person, seen, read)

    def lists(self, person: int, secret: str, who: ntk.Standing, read: set[int], at: Any) -> None:
        from xieli.office.ids import from_ref

        w = self.rw.world
        opened = {m for m in read if w.matters[m].open}
        follows = {p for p, (m, acl) in self.hung.parcels.items() if m in read or (acl & who.principals and not recused(w, who, w.matters[m], at))}
        mine = {b for b in w.bodies if b in who.principals}

        def rows(path: str) -> list[dict[str, Any]]:
            answer = self.ask(secret, "GET", path)
            if answer.status_code != 200:
                self.say(person, f"{path} answered {answer.status_code} {answer.content[:200]!r}")
                return []
            body = answer.json()
            assert body.get("next") is None, "the world is smaller than a page"
            return list(body["items"])

        for path, expected in (("/matters?limit=100", read), ("/matters?limit=100&status=open", opened), ("/matters?limit=100&kind=lead", read)):
            self.check(path, person, {from_ref(x["ref"]) for x in rows(path)}, expected)
        self.check("/deadlines", person, {from_ref(x["matter"]) for x in rows("/deadlines?limit=100")}, opened)
        self.check("/approvals", person, {self.hung.approvals[from_ref(x["ref"])] for x in rows("/approvals?limit=100") if from_ref(x["ref"]) in self.hung.approvals}, read)
        for box, side in (("sent", "sender"), ("received", "receiver")):
            found = rows(f"/handovers?box={box}&limit=100")
            codes = {f"b{b}" for b in mine}
            sides = {p: row for p in follows for row in [self.rw.c.execute("select sender_id, receiver_id from handover where id = %s", [p]).fetchone()]}
            expected = {self.hung.parcels[p][0] for p, row in sides.items() if row is not None and row[0 if side == "sender" else 1] in mine}
            self.check(f"/handovers {box}", person, {self.hung.parcels[from_ref(x["ref"])][0] for x in found}, expected)
            for x in found:
                m = self.hung.parcels[from_ref(x["ref"])][0]
                if (x["matter"] is not None) != (m in read):
                    self.say(person, f"a parcel's matter is told {x['matter']} though it is {'' if m in read else 'not '}visible")
                if x[side] not in codes:
                    self.say(person, f"a parcel of {x[side]} in the box of {codes}")
        self.check("/handovers/{ref}", person, {self.hung.parcels[p][0] for p in self.hung.parcels if self.ask(secret, "GET", "/handovers/" + self.ref(p)).status_code == 200},
                   {self.hung.parcels[p][0] for p in follows})

    def ref(self, identity: int) -> str:
        from xieli.office.ids import to_ref

        return to_ref(identity)

    def calendar(self, person: int, secret: str, who: ntk.Standing, read: set[int]) -> None:
        """As many deadlines as one sees, and nothing else in it; nobody's address opens nothing."""
        from django.urls import reverse

        answer = self.site.client("nobody").get(reverse("calendar_feed", args=[secret]))
        self.decisions += 1
        if not who.principals:
            if answer.status_code != 404:
                self.say(person, f"the calendar of nobody is answered {answer.status_code}")
            return
        count, expected = answer.content.decode().count("BEGIN:VEVENT"), sum(1 for m in read if self.rw.world.matters[m].open)
        if count != expected:
            self.say(person, f"the calendar holds {count} deadlines, not {expected}")

    def palette(self) -> None:
        """The box at the top of every page, as it answers while one types."""
        w, at = self.rw.world, self.rw.t + timedelta(seconds=1)
        for cookie, s in self.rw.sessions:
            if s.ended or not w.persons[s.person].active:
                continue
            who = ntk.standing(w, s, at)
            for word in ("张伟", "问题线索"):
                answer = self.site.client(cookie).get("/search", {"q": word}, headers={"HX-Request": "true"})
                expected = {m for m in w.matters if word in self.rw.titles[m] and ntk.allows(w, who, w.matters[m], at)}
                self.check(f"palette {word}", s.person, refs(answer.content), expected)


def explore(site: Site, seed: int, whole: bool) -> tuple[int, list[str]]:
    """One world, looked at, moved some hours on with changes of facts, looked at again."""
    from xieli.faces.api.limits import buckets

    with site.database.admin() as admin:
        with admin.transaction():
            rw = RandomWorld(admin, seed, playbook_sha=site.sha)
            hung = hang(rw)
            secrets, feeds = {p: program_of(admin, p) for p in rw.world.persons}, {p: feed_of(admin, p) for p in rw.world.persons}
        look = Look(site, rw, hung, whole)
        for step in range(2):
            if step:
                with admin.transaction():
                    rw.set_time(T0 + timedelta(hours=rw.r.randint(2, 9)))
                    for _ in range(6):
                        rw.change()
            buckets._left.clear()  # how often one may ask is not this model's question
            look.all(secrets, feeds)
            look.palette()
        return look.decisions, [*look.differences, *rw.differences]


def prove(site: Site, seeds: range, whole: bool) -> int:
    decisions = 0
    for seed in seeds:
        made, differences = explore(site, seed, whole)
        assert not differences, f"world {seed}: {len(differences)} differences\n" + "\n".join(differences[:8])
        decisions += made
    print(f"{decisions} decisions by the API in {len(seeds)} worlds, 0 leaks, 0 over-denials")
    return decisions


def test_every_route_of_the_api_answers_as_the_oracle_does(site: Site) -> None:
    assert prove(site, range(301, 301 + SMALL), whole=False) > 2_000


@pytest.mark.soak
def test_every_route_of_the_api_answers_as_the_oracle_does_in_many_worlds(site: Site) -> None:
    assert prove(site, range(6000, 6000 + LARGE), whole=True) > 60_000


@pytest.mark.soak
@pytest.mark.parametrize("name", ["read: recusal not asked", "read: circles not asked", "may: revoked grants count", "bind: a disabled person"])
def test_a_damaged_policy_shows_in_the_api(pg_cluster: Server, name: str) -> None:
    with opened(pg_cluster) as damaged:
        with damaged.database.admin() as admin:
            MUTANTS[name](admin)
        assert any(explore(damaged, seed, whole=False)[1] for seed in range(301, 309)), f"“{name}” shows in no answer of eight worlds"


def test_no_list_of_the_api_is_left_out() -> None:
    """Every route that reads content is asked above: by the table's `matter`, or by name in `lists`."""
    asked = {"list_matters", "list_deadlines", "list_approvals", "list_handovers", "read_handover"}
    elsewhere = {"read_event": "an act of which one received the word (tests/api/test_webhooks.py)", "list_duties": "rows of parcels, which list_handovers shows; tests/api/test_use.py"}
    content = {r["name"] for r in table() if r["purpose"] == "yes" and r["rule"] != "matter"}
    assert content == asked | set(elsewhere), "say in `lists` what a new reading route must answer"
    assert not re.search(r"\d", "".join(elsewhere))
