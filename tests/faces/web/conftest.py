"""The screens' stage: a demo world in which “one call, the same night” has been played, and browsers signed in as its people."""
from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xieli.server.settings")
os.environ.setdefault("XIELI_ROLE", "web")
import django
from django.apps import apps

if not apps.ready:
    django.setup()  # models are imported when the modules are collected; the database is named later

import pytest

from tests import djangodb
from tests.dbfixtures import TestDatabase, copy, drop

_numbers = count()


class Stage:
    """The world's identities, what the story made, and a client per person."""

    def __init__(self, database: TestDatabase) -> None:
        self.database = database
        djangodb.use(database)
        from xieli.office.demo import world
        from xieli.office.demo.stories import sc03_one_call
        from xieli.office.demo.theatre import Theatre
        from xieli.office.matters.services import playbooks

        with database.admin() as admin:
            self.world = world.load(admin)
            playbooks.publish(admin)
        self.admin = database.admin()
        self.theatre = Theatre(self.world, self.admin)
        sc03_one_call.play(self.theatre)
        self.made = self.theatre.made

    def copy(self, database: TestDatabase) -> Stage:
        """This stage upon a copy of its database: the same identities, things made and live sessions."""
        from xieli.office.demo.theatre import Theatre

        made = object.__new__(Stage)
        made.database, made.world, made.admin = database, self.world, database.admin()
        made.theatre = Theatre(self.world, made.admin, shift_days=self.theatre.shift_days, made=dict(self.made), _tokens=dict(self.theatre._tokens))
        made.made = made.theatre.made
        return made

    def leave(self) -> None:
        """Close every connection to this stage's database, so that it can be copied or dropped."""
        from django.db import connections

        self.admin.close()
        connections.close_all()

    def client(self, person: str, language: str = "zh-hans") -> Any:
        """A browser without JavaScript, signed in as this person."""
        from django.conf import settings
        from django.db import transaction
        from django.test import Client

        from xieli.server.binding import open_demo_session

        with transaction.atomic():
            token = open_demo_session(self.world.people[person])
        client = Client()
        client.cookies[settings.SESSION_COOKIE] = token
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
        return client

    def ref(self, name: str) -> str:
        """The address part of something the story made."""
        from xieli.office.ids import to_ref

        return to_ref(self.made[name])

    def one(self, query: str, *values: Any) -> Any:
        """One value, as the installer reads it."""
        row = self.admin.execute(query, list(values)).fetchone()
        return row[0] if row else None


@pytest.fixture(scope="module")
def played(pg_cluster, first_night: Stage) -> Iterator[Stage]:
    """A file's own copy: what one file registers, grants or counts is not there for the next."""
    stage = first_night.copy(copy(pg_cluster, first_night.database.name, f"screens_{os.getpid()}_{next(_numbers)}"))
    yield stage
    stage.leave()
    drop(stage.database)


@pytest.fixture
def stage(played: Stage) -> Stage:
    """The stage, with Django pointed at it: other rooms of the same run have databases of their own."""
    djangodb.use(played.database)
    return played
