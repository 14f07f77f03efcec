"""Every screen, really every one: what links lead to in the whole demo is opened in both languages, both themes, at a desk and on a phone, and printed."""
from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pytest

from tests import dbfixtures, djangodb
from tests.adversary.routes import routes, table
from tests.e2e import atlas, eyes, worlds
from tests.e2e.browser import AXE, Person, faults, serving

pytestmark = [pytest.mark.soak, pytest.mark.xdist_group("browser")]
needs_axe = pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed")
VARIANTS = [("zh-hans", "light", 1280), ("en", "dark", 1280), ("zh-hans", "dark", 390), ("en", "light", 390)]
CODES = os.environ.get("XIELI_WORLDS", " ".join(("demo", *worlds.STORIES))).split()  # by hand one may walk in some of them
ONLY = tuple(filter(None, os.environ.get("XIELI_SCREENS", "").split(",")))  # and look at some of the screens


@dataclass
class Walked:
    """A world, what links lead to in it, and what its people wrote."""

    world: worlds.World
    atlas: atlas.Atlas
    screens: list[atlas.Place]
    wrote: str


@pytest.fixture(scope="module")
def walked(pg_cluster: Any) -> Iterator[list[Walked]]:
    """Each world walked once; a screen that an earlier world shows is not opened again."""
    from django.conf import settings
    from django.test import Client

    found: list[Walked] = []
    known: set[atlas.Key] = set()
    for code in CODES:
        world = worlds.make(pg_cluster, code, atlas.PEOPLE)
        clients = {}
        for person in world.people:
            clients[person] = Client(raise_request_exception=False)
            clients[person].cookies[settings.SESSION_COOKIE] = world.theatre.token(person)
        there = atlas.walk(clients, world.admin, known)
        found.append(Walked(world, there, [p for p in there.screens(known) if str(p.key).startswith(ONLY or "")], eyes.written(world.admin)))
        known |= set(there.places)
    yield found
    for one in found:
        one.world.leave()
        dbfixtures.drop(one.world.database)


def test_links_lead_to_pages(walked: list[Walked]) -> None:
    wrong = [f"{one.world.code} {line}" for one in walked for line in one.atlas.wrong]
    assert not wrong, "\n".join(wrong)


@needs_axe
@pytest.mark.parametrize(("language", "theme", "width"), VARIANTS)
def test_every_screen_is_for_everybody(walked: list[Walked], chromium: Any, language: str, theme: str, width: int) -> None:
    """axe-core finds nothing, no page is wider than its window, the browser complains of nothing, English is English, and paper loses nothing."""
    wrong: list[str] = []
    for one in walked:
        djangodb.use(one.world.database)
        with serving() as base:
            for person, places in groupby(sorted(one.screens, key=lambda p: (p.person, p.key)), key=lambda p: p.person):
                window = Person(chromium, base, one.world, person, language=language, theme=theme, width=width)
                for place in places:
                    window.open(place.address)
                    lines = [f"{place.key} {place.address} ({person}, {one.world.code}): {fault}" for fault in looked_at(window, place, one.wrote, language, theme, width)]
                    eyes.note(f"{language} {theme} {width}", lines)
                    wrong += lines
                window.close()
    assert not wrong, "\n".join(wrong)


def looked_at(window: Person, place: atlas.Place, wrote: str, language: str, theme: str, width: int) -> list[str]:
    """What is wrong with the page that stands open; its pictures are taken on the way."""
    page, name = window.page, f"{place.key}{place.nth}@{language[:2]}-{theme}-{width}"
    seen = faults(page)
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wider > 0:
        seen.append(f"{wider} px wider than the window")
    seen += eyes.broken(page)
    if language == "en":
        seen += eyes.chinese(page, wrote) + eyes.small(page)
    eyes.picture(page, name)
    if theme == "dark":  # what is chosen for a dark screen must not be printed
        seen += eyes.on_paper(page, width)
    if width == 1280:  # once in each language
        eyes.sheet(page, name)
    seen += window.errors
    window.errors.clear()
    return seen


def test_every_kind_of_matter_has_been_seen(walked: list[Walked]) -> None:
    from xieli.office.matters.services.playbooks import shipped

    keys = {key for one in walked for key in one.atlas.places}
    unseen = {kind for kind in shipped() if atlas.Key("matter", kind) not in keys}
    assert not unseen, sorted(unseen)


def test_every_page_of_the_product_is_reached_by_links(walked: list[Walked]) -> None:
    """A page that nothing leads to does not exist for those who should use it."""
    reached = {key.name for one in walked for key in (*one.atlas.places, *one.atlas.other)}
    pages = {row.name for row in table() if row.method == "GET"} & {name for name, _ in routes()}
    lost, found = pages - reached - set(ELSEWHERE), set(ELSEWHERE) & reached
    assert not lost, f"nothing leads to {sorted(lost)}"
    assert not found, f"these are reached now: {sorted(found)}"


#: routes that answer a look and are reached otherwise than by a link of these worlds, each with the reason
ELSEWHERE: dict[str, str] = {
    "access_endings": "stands in a notice when an access ends within thirty days; none does in these worlds: tests/faces/web/test_endings.py",
    "area_progress": "a part of a page, while the worker computes", "desk_progress": "a part of a page, while the worker runs", "staffing_progress": "a part of a page, while the worker computes",
    "components": "for those who build screens, not for those who use them: test_access.py opens it",
    "designation_batch": "when the worker has answered; nothing is to be compared in these worlds: tests/faces/web/test_routes.py asks who may",
    "desk_relations": "when an authorization has edges to draw: tests/office/desk/test_relations.py", "desk_snapshot": "the same, kept: tests/office/desk/test_relations.py",
    "export": "only for more than twenty thousand rows: tests/faces/web/test_bulk_exports.py", "import_mend": "leads back to the import from a finished form: tests/faces/web/test_imports.py",
    "pack": "for the one head who is named to open the package on paper: tests/faces/web/test_routes.py asks who may",
    "pick_body": "asked by the script of a picker", "pick_person": "asked by the script of a picker",
    "prove": "where one comes back after a second proof of who he is: tests/faces/web/test_proving.py",
    "release_drill": "of a report that two persons have released: tests/faces/web/test_reports.py", "release_signed": "the same: tests/faces/web/test_release_signed.py",
    "reporter": "for holders of a key to the store: tests/faces/web/test_reporters.py", "reporter_request": "the same: tests/faces/web/test_reporters.py",
    "room": "a lead that another body's step opened and that is seated nowhere yet; none stands so in these worlds: tests/faces/web/test_look.py",
    "staffing_run": "when the worker has answered", "tour_there": "reached by the tour's own button: test_access.py",
}
