"""“One subsidy”, guided: eight people one after another, each before what he worked on, up to where data are laid side by side."""
from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests import djangodb, tours
from tests.dbfixtures import clone, drop
from tests.e2e.browser import Person, serving
from tests.e2e.conftest import Fresh

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def world(pg_cluster) -> Iterator[Any]:
    """A world in which SC-06 was played and the city's check waits for its first matching."""
    database = clone(pg_cluster, f"subsidy_{os.getpid()}", mark="demo")
    made = Fresh(database)
    from xieli.office.demo.stories import sc06_subsidy
    from xieli.office.desk import demo as data_sets

    sc06_subsidy.play(made.theatre)
    made.theatre.made["check"] = data_sets.approved_check(made.theatre)
    yield made
    made.admin.close()
    from django.db import connections

    connections["default"].close()
    drop(database)


@pytest.fixture
def subsidy(world) -> Any:
    """The world, with Django pointed at it."""
    djangodb.use(world.database)
    return world


# what stands on the page of each step, in both languages, and what must not
SEEN = (
    (("报告要人", "文山镇"), ("Wenshan",)), (("启动片区办案审批", "当时所见"), ("activate",)), (("回避",), ("ecus",)), (("派员",), ("dispatch",)), (("事实查清",), ("closed",)), ((), ()), (("立案",), ("iling",)), (("授权",), ("uthoriz",)),
)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_newcomer_is_led_through_one_subsidy_to_where_the_data_bridge_begins(subsidy, chromium, language, record_property):
    from xieli.office.demo.guide import SUBSIDY
    from xieli.office.ids import to_ref

    began = time.monotonic()
    area = to_ref(subsidy.theatre.made["area"])
    with serving() as base:
        window = Person(chromium, base, subsidy, "chief3", language=language)
        wrong: list[tuple[int, str, str]] = []
        pages: list[str] = []
        window.open("/entrance")
        window.page.locator("form[action='/tour/subsidy/1'] button").click()
        for n, step in enumerate(SUBSIDY, 1):
            window.page.locator(".tour h2").wait_for()
            assert window.page.locator(".tour h2").inner_text() == f"{n}/8 {step.en if language == 'en' else step.zh}"
            shown = window.page.locator("main").inner_text().replace(window.page.locator(".tour").inner_text(), "")
            wrong += [(n, words, shown) for words in SEEN[n - 1][language == "en"] if words not in shown]
            if n == 6:
                assert area not in window.page.content(), "whoever went home no longer finds it"
            else:
                assert window.page.url not in pages, "no two steps look alike"
                assert "/m/" in window.page.url or "/desk/new/" in window.page.url or (n == 2 and "/approval/" in window.page.url), (n, window.page.url)
                pages.append(window.page.url)
            window.shot(f"subsidy{n}-{'en' if language == 'en' else 'zh'}")
            if n < len(SUBSIDY):
                window.page.locator(".tour button.main").click()
                window.page.wait_for_load_state()
        window.close()
    assert wrong == []
    record_property(tours.PROPERTY, time.monotonic() - began)
