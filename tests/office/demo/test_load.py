"""The demo loads once, only where it may, and stands ready for the phone to ring."""
from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests import dbfixtures
from tests.djangodb import use
from tests.office.conftest import allow_database
from xieli.office.demo import load as loader
from xieli.office.demo.crowd import Crowd
from xieli.office.demo.evidence import in_custody, papers
from xieli.office.demo.stories import sc03_one_call, stories
from xieli.office.demo.surroundings import first_parcels
from xieli.server.cluster import Server


@pytest.fixture
def database(pg_cluster: Server, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dbfixtures.TestDatabase]:
    from django.conf import settings

    allow_database(request)
    monkeypatch.setattr(settings, "FILES", tmp_path)
    made = dbfixtures.clone(pg_cluster, f"xdemo_{os.getpid()}", mark=getattr(request, "param", "demo"))
    use(made)
    yield made
    from django.db import connections

    connections.close_all()
    dbfixtures.drop(made)


def quiet(text: str) -> None:
    return None


def test_it_loads_once_and_stands_before_the_call(database: dbfixtures.TestDatabase) -> None:
    with database.admin() as admin:
        assert loader.is_loaded(admin) == "no"
        stage = loader.load(admin, say=quiet, surroundings=False)
        assert loader.is_loaded(admin) == "yes"
        assert stage.sees("fire-handler", stage.made["lead"])
        assert not stage.sees("chief3", stage.made["lead"])
        now = admin.execute("select to_char(access.now() at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI')").fetchone()
        assert now == (loader.PRESENT,)
        count = admin.execute("select count(*) from matter").fetchone()
        loader.load(admin, say=quiet)
        assert admin.execute("select count(*) from matter").fetchone() == count, "the second load does nothing"
    entrance = Client().get("/entrance").content.decode()
    assert "xieli demo reset" in entrance, "how to start anew stands at the entrance"
    assert "不能找回" in entrance


def test_the_guided_story_can_be_played_from_there(database: dbfixtures.TestDatabase) -> None:
    with database.admin() as admin:
        stage = loader.load(admin, say=quiet, surroundings=False)
        stage.at("2026-03-17 10:00")
        sc03_one_call.the_call(stage)
        sc03_one_call.the_hand_over(stage)
        sc03_one_call.decide_designation(stage, sc03_one_call.propose_designation(stage))
        assert stage.sees("wuchuan-handler1", stage.made["lead"])


def test_the_surroundings_are_made_by_services_and_every_one_has_its_event(database: dbfixtures.TestDatabase) -> None:
    with database.admin() as admin:
        stage = loader.load(admin, say=quiet, surroundings=False)
        # the crowd works in the story's past as well; here it works in its present
        crowd = Crowd(stage)
        crowd.round_of_leads("wuchuan", "wuchuan/supervision1", (0, 1, 2, 3, 4, 5, 6), days_ago=2)
        stages: dict[str, Any] = dict(admin.execute("select stages[1], count(*) from matter where kind = 'lead' group by 1").fetchall())
        assert {"registered", "assign", "opinion", "disposal"} <= set(stages)
        # people in custody whose limit is near, and files with a history
        custody = in_custody(crowd, "linjiang", "guanhu", "柯某某")
        left = admin.execute("select alarm_at - access.now() from clock where matter_id = %s and on_expiry = 'must_release' and state = 'running'", [custody]).fetchone()
        assert left is not None
        assert timedelta(0) < left[0] < timedelta(days=8)
        papers(crowd, "wuchuan", 2)
        kept = admin.execute("select count(*), count(distinct matter_id), count(*) filter (where verdict <> '') from stored_file").fetchone()
        assert kept is not None
        assert kept[1] >= 1
        assert (kept[0], kept[2]) == (4 * kept[1], 2 * kept[1])
        silent = admin.execute("select count(*) from matter m where not exists (select 1 from audit.event_matter e where e.matter = m.id)").fetchone()
        assert silent == (0,)
        moves = admin.execute("select count(*) from matter_move").fetchone()
        written = admin.execute("select count(*) from audit.event where verb = 'matter.moved'").fetchone()
        assert moves == written


@pytest.mark.parametrize("database", ["production"], indirect=True)
def test_a_real_installation_refuses_the_demo(database: dbfixtures.TestDatabase) -> None:
    with database.admin() as admin, pytest.raises(PermissionError):
        loader.load(admin, say=quiet)
    answer = Client().get("/entrance")
    assert answer.status_code == 302, "and has no page that speaks of a demo"
    assert b"demo reset" not in answer.content


def test_a_broken_off_load_is_not_taken_for_a_demo(database: dbfixtures.TestDatabase) -> None:
    from xieli.office.demo import world

    with database.admin() as admin:
        world.load(admin)
        admin.execute("update access.installation set own_body = null")
        assert loader.is_loaded(admin) == "half"
        with pytest.raises(RuntimeError, match="demo reset"):
            loader.load(admin, say=quiet)


def test_every_story_has_its_names_in_both_languages() -> None:
    for code, story in stories().items():
        assert story.STORY[0] == code
        assert all(story.STORY)
    assert first_parcels.__doc__
