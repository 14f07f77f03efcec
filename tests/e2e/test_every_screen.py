"""Every screen, really every one: what links lead to in the whole demo is opened in both languages, both themes, at a desk and on a phone, and printed."""
from __future__ import annotations

import os
from itertools import groupby

import pytest

from tests import djangodb
from tests.e2e import atlas, eyes
from tests.e2e.browser import AXE, Person, faults, serving

pytestmark = [pytest.mark.soak, pytest.mark.xdist_group("browser")]
needs_axe = pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed")
VARIANTS = [("zh-hans", "light", 1280), ("en", "dark", 1280), ("zh-hans", "dark", 390), ("en", "light", 390)]


@pytest.fixture
def world(whole):
    djangodb.use(whole.database)
    return whole


@pytest.fixture(scope="module")
def found(whole):
    """The walk, made once."""
    djangodb.use(whole.database)
    from django.conf import settings
    from django.test import Client

    clients = {}
    for person in atlas.PEOPLE:
        clients[person] = Client(raise_request_exception=False)
        clients[person].cookies[settings.SESSION_COOKIE] = whole.theatre.token(person)
    return atlas.walk(clients, whole.admin)


@pytest.fixture(scope="module")
def people_wrote(whole) -> str:
    return eyes.written(whole.admin)


def test_links_lead_to_pages(world, found):
    assert found.wrong == []


@needs_axe
@pytest.mark.parametrize(("language", "theme", "width"), VARIANTS)
def test_every_screen_is_for_everybody(world, found, people_wrote, chromium, language, theme, width):
    """axe-core finds nothing, no page is wider than its window, the browser complains of nothing, English is English, and paper loses nothing."""
    wrong: list[str] = []
    only = os.environ.get("XIELI_SCREENS", "")
    with serving() as base:
        for person, places in groupby(sorted(found.screens(), key=lambda p: (p.person, p.key)), key=lambda p: p.person):
            window = Person(chromium, base, world, person, language=language, theme=theme, width=width)
            for place in places:
                if only and not str(place.key).startswith(tuple(only.split(","))):
                    continue
                window.open(place.address)
                seen = faults(window.page)
                wider = window.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                if wider > 0:
                    seen.append(f"{wider} px wider than the window")
                if language == "en":
                    seen += eyes.chinese(window.page, people_wrote)
                name = f"{place.key}@{language[:2]}-{theme}-{width}"
                eyes.picture(window.page, name)
                if (language, width) == ("zh-hans", 1280):
                    eyes.sheet(window.page, name)
                if theme == "dark":
                    seen += eyes.on_paper(window.page, width)
                lines = [f"{place.key} {place.address} ({person}): {fault}" for fault in [*seen, *window.errors]]
                eyes.note(name, lines)
                wrong += lines
                window.errors.clear()
            window.close()
    assert not wrong, "\n".join(wrong)
