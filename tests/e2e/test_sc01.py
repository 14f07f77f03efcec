"""SC-01 in a real browser: two leaders sign, the operator runs and leaves, comes back to explained hits, opens the relations, judges one by one.

What leads to the authorization is played by the services as in stories/sc01*; the worker's part is done beside the browser.
"""
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.browser import Person, serving

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def people(fresh: Any, chromium: Any, tmp_path: Path) -> Any:
    from django.conf import settings

    before, settings.HOME = settings.HOME, tmp_path
    made: list[Person] = []
    with serving() as base:
        def person(code: str, **options: Any) -> Person:
            made.append(Person(chromium, base, fresh, code, **options))
            return made[-1]

        yield person
        for one in made:
            one.close()
    settings.HOME = before


def test_from_two_signatures_to_a_judged_hit_and_a_picture(fresh: Any, people: Any) -> None:
    from xieli.office.demo.stories import sc01_bank_case, sc01_data
    from xieli.office.desk import demo, runs, services
    from xieli.office.desk.models import Run
    from xieli.office.ids import to_ref
    from xieli.office.matters.tables.core import Matter

    stage = fresh.theatre
    stage.start_at(sc01_bank_case.BEGINS)
    stage.made["truth"] = demo.load_case(stage.admin, (stage.subject_id("duan"), "段某"))
    for part in (sc01_bank_case.own_check, sc01_bank_case.coordinate, sc01_bank_case.take_the_case):
        part(stage)
    stage.at("2026-02-06 09:00")
    with stage.acts(stage.made["chief"]):
        made = services.propose(Matter.objects.get(pk=stage.made["lead"]), sc01_data.asked(stage))
    at = f"/desk/a/{to_ref(made.id)}"

    # ── two leaders read it and sign; the operator finds no such button ──
    operator = people("datan-lead")
    operator.open(at)
    assert "签批这份授权" not in operator.text
    for leader in (stage.made["deputy"], stage.made["head"]):
        one = people(leader, script=False)
        one.open(at)
        assert "只限对象的行" in one.page.content()
        one.page.locator("button", has_text="签批这份授权").click()
        one.page.wait_for_load_state()

    # ── the operator asks for the run and may leave; the page tells when it has ended ──
    operator.open(at)
    operator.page.select_option("select[name=model]", sc01_data.SHADOW)
    operator.page.locator("form[action$='/run'] button.main").click()
    operator.page.wait_for_selector("text=可以离开")
    with stage.acts("datan-lead"):
        waiting = Run.objects.get(state="queued").id
    with stage.rehearsing():
        assert runs.perform(waiting, lambda: stage.acts("datan-lead")) == "done"
    operator.page.wait_for_selector("#hits a[href^='/desk/h/']")

    # ── one explained hit: reason, strength, what to rule out, no identity; original rows only by a recorded reveal ──
    operator.page.locator("#hits a[href^='/desk/h/']").first.click()
    operator.page.wait_for_load_state()
    hit = operator.page.url.removeprefix(operator.base)
    assert all(word in operator.text for word in ("这是疑点，不是结论", "先排除", "强度"))
    assert "990101" not in operator.text
    operator.page.locator("form[action$='/reveal'] input[name=reason]").fill("核对企业和亲属")
    operator.page.locator("form[action$='/reveal'] button").click()
    operator.page.wait_for_selector("text=原始数据")
    assert stage.made["truth"]["company"] in operator.text
    operator.page.check("input[name=verdict][value=true]")
    operator.page.locator("form[action$='/judge'] input[name=reason]").fill("登记、户籍和合同相互印证")
    operator.page.locator("button", has_text="只记下").click()
    operator.page.wait_for_load_state()
    assert "转为线索（逐条）" in operator.text

    # ── relations: the same by script and by links alone ──
    for reader in (operator, people("datan-lead", script=False, language="en", theme="dark", width=390)):
        reader.open(hit)
        reader.page.locator("a[href*='relations?q=']").click()
        reader.page.wait_for_load_state()
        rows = reader.page.locator("td a[href*='edge=']").count()
        reader.page.locator(".relations .list li", has_text="1/2").or_(reader.page.locator(".relations .list li a[href*='open=']")).first.locator("xpath=descendant-or-self::a").first.click()
        reader.page.wait_for_load_state()
        assert reader.page.locator("td a[href*='edge=']").count() > rows
        reader.page.locator("td a[href*='edge=']").first.click()
        reader.page.wait_for_load_state()
        assert reader.page.locator("#evidence a[href^='/desk/h/']").count() == 1
        assert not reader.errors, reader.errors
    assert operator.page.locator("#graph canvas").count() > 0

    # ── who is not in the circle finds nothing ──
    stranger = people("wuchuan-handler1")
    for address in (at, hit, f"{at}/relations"):
        assert stranger.open(address).status == 404
