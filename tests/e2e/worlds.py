"""The worlds that are walked: the whole demo with a matter of every kind, and stories whose pages the demo does not fill."""
from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests import dbfixtures, djangodb

#: what they bring: a joint case; an area's case and its hands; a package before an inspection; a campaign and its rounds; a project board;
#: water; joint checks and accountability; what follows a case; who is in charge of what; a year of training
STORIES = ("SC-01", "SC-06", "SC-10", "SC-13", "SC-17", "SC-18", "SC-19", "SC-26", "SC-28", "SC-31")
#: they walk in every world
LEADERS = ("chief3", "yj-head", "yj-duty")


@dataclass
class World:
    """A furnished database, who has an account in it, and a theatre upon it."""

    code: str
    database: dbfixtures.TestDatabase
    admin: Any
    world: Any
    theatre: Any
    people: tuple[str, ...]

    def leave(self) -> None:
        """Close what is open, so that the database can be dropped."""
        from django.db import connections

        self.admin.close()
        connections.close_all()


def the_demo(admin: Any) -> Any:
    """What `make run` loads, with “one call, the same night” played upon it and one matter more of each kind that is in nobody's hands there."""
    from xieli.office.demo import load
    from xieli.office.demo.stories import sc03_night
    from xieli.office.demo.stories import sc03_one_call as call

    theatre = load.load(admin, say=lambda text: None)
    theatre.at("2026-03-17 10:00")
    call.the_call(theatre)
    call.the_hand_over(theatre)
    call.decide_designation(theatre, call.propose_designation(theatre))
    sc03_night.play(theatre)
    every_kind(theatre)
    left_lying(theatre)
    return theatre


def every_kind(theatre: Any) -> None:
    """A matter of each kind that the world lacks comes from the case: at its first stage, in the hands of those who work on the case."""
    from xieli.office.matters.services import leads
    from xieli.office.matters.services.playbooks import shipped
    from xieli.office.matters.tables.core import Matter

    there = {r[0] for r in theatre.admin.execute("select distinct kind from matter")}
    for kind in sorted(set(shipped()) - there):
        with theatre.acts("wuchuan-handler1"):
            leads.spawn(Matter.objects.get(pk=theatre.made["case"]), kind, "derived", owner=theatre.body("wuchuan"))


def left_lying(theatre: Any) -> None:
    """What people leave behind them in a day: a draft, a release asked for, a drill begun."""
    from django.conf import settings
    from django.test import Client

    def sent(person: str, path: str, **typed: Any) -> None:
        client = Client()
        client.cookies[settings.SESSION_COOKIE] = theatre.token(person)
        answer = client.post(path, typed)
        assert answer.status_code in (200, 302), (path, answer.status_code)

    sent("chief3", "/drafts/save", _form="lead-new", _path="/leads/new", _title="登记线索", text="写到一半")
    sent("yj-duty", "/reports/r01/release", first="2026-01-01", last="2026-02-28", known_by="2026-03-15")
    sent("chief3", "/designation/drill/start", natural=theatre.body("beiping"))


def a_story(code: str) -> Callable[[Any], Any]:
    """The story's world after its last scene."""
    def furnish(admin: Any) -> Any:
        from xieli.office.demo import world
        from xieli.office.demo.stories import stories
        from xieli.office.demo.theatre import Theatre
        from xieli.office.matters.services.playbooks import publish

        loaded = world.load(admin)
        publish(admin)
        theatre = Theatre(loaded, admin)
        stories()[code].play(theatre)
        return theatre

    return furnish


def make(cluster: Any, code: str, people: tuple[str, ...]) -> World:
    """Furnish the world, or take a copy of the one that a kept cluster holds. In a story's world those walk who acted in it, beside its leaders."""
    from django.db import connections

    kept = dbfixtures.kept_world(cluster)
    name = f"{kept}_{code.lower().replace('-', '')}" if kept else f"walked_{code.lower().replace('-', '')}_{os.getpid()}"
    if not kept or not dbfixtures.exists(cluster, name):
        database = dbfixtures.clone(cluster, f"furnish_{os.getpid()}", mark="demo")
        djangodb.use(database)
        with database.admin() as admin:
            theatre = (the_demo if code == "demo" else a_story(code))(admin)
            acted = sorted(theatre.world.people[person] for person in theatre._tokens)
            admin.execute(f"comment on table matter is '{json.dumps(acted)}'")  # who acted goes with the database
        connections.close_all()
        name = dbfixtures.keep(cluster, database.name, name)
    database = dbfixtures.copy(cluster, name, f"walk_{code.lower().replace('-', '')}_{os.getpid()}")
    if not kept:
        dbfixtures.drop(dbfixtures.TestDatabase(cluster, name))
    djangodb.use(database)
    from xieli.office.demo import world
    from xieli.office.demo.theatre import Theatre

    admin = database.admin()
    found = world.read(admin)
    names = {identity: name for name, identity in found.people.items()}
    acted = [names[i] for i in json.loads(admin.execute("select obj_description('matter'::regclass)").fetchone()[0])]
    walkers = [*people, *handlers(admin, found, people, names)] if code == "demo" else [*acted, *LEADERS]
    return World(code, database, admin, found, Theatre(found, admin), tuple(dict.fromkeys(walkers)))


def handlers(admin: Any, found: Any, people: tuple[str, ...], names: dict[int, str]) -> list[str]:
    """Who works on a kind of matter that none of these people works on: one person for each."""
    rows = admin.execute(
        "select distinct on (m.kind) g.principal from matter m join matter_grant g on g.matter_id = m.id and g.revoked_at is null and 'write' = any(g.acts) join person p on p.id = g.principal and p.account"
        " where not exists (select 1 from matter o join matter_grant h on h.matter_id = o.id where o.kind = m.kind and h.principal = any(%s)) order by m.kind, m.opened_at desc, m.id",
        [[found.people[p] for p in people]]).fetchall()
    return [names[r[0]] for r in rows]
