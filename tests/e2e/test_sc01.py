"""SC-01 in a real browser, to its end: both bodies approve the joint case, two leaders sign the matching, a hit is explained, judged and made a
lead, the verdict returns to its model; custody is approved in its order, ends by a lawful exit, and the prosecutor's receipt is there.

What lies between is played by the services as in stories/sc01*; the worker's part is done beside the browser.
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


def judged_before(stage: Any, hit_ref: str, verdicts: tuple[str, ...]) -> None:
    """Other hits of the same model and body, judged earlier this month: a model's record is shown from five on."""
    from xieli.office.ids import from_ref

    stage.admin.execute("set session_replication_role = replica")  # the gates ask for a run of the worker's; these stand for earlier ones
    for n, verdict in enumerate(verdicts, 1):
        stage.admin.execute("insert into match_hit select (jsonb_populate_record(h, jsonb_build_object('id', %s::bigint, 'code', 'H-earlier' || %s, 'edges', '[]'::jsonb))).* from match_hit h where id = %s",
                            [n, n, from_ref(hit_ref)])
        stage.admin.execute("insert into match_verdict (id, matter_id, hit_id, verdict, reason, person_id, at) select %s, matter_id, %s, %s, '此前核定', %s, access.now() from match_hit where id = %s",
                            [n, n, verdict, stage.person("datan-lead"), n])
    stage.admin.execute("reset session_replication_role")


def test_from_the_joint_approval_to_the_prosecutors_receipt(fresh: Any, people: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.e2e.on_screen import played
    from xieli.office.demo.stories import sc01_bank_case, sc01_data, sc01_end
    from xieli.office.desk import demo, runs, services
    from xieli.office.desk.models import Run
    from xieli.office.ids import to_ref
    from xieli.office.matters.tables.core import Matter

    stage = fresh.theatre
    stage.start_at(sc01_bank_case.BEGINS)
    stage.made["truth"] = demo.load_case(stage.admin, (stage.subject_id("duan"), "段某"))
    for part in (sc01_bank_case.own_check, sc01_bank_case.coordinate, sc01_bank_case.take_the_case):
        part(stage)

    # ── one case, two bodies: the heads of both sign the joint matter, the partner's only once he is cleared for it ──
    both_approve = sc01_bank_case.both_approve
    monkeypatch.setattr(sc01_bank_case, "both_approve", lambda theatre: played(both_approve, sc01_bank_case, theatre, people))
    sc01_bank_case.join_hands(stage)
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
    model_page = f"/desk/models/{sc01_data.SHADOW}"
    judged_before(stage, hit.rsplit("/", 1)[-1], ("true", "true", "not_true", "data_error"))
    reader = people("datan-lead", script=False)
    reader.open(model_page)
    assert "还没有满五条核定的月份" in reader.text
    operator.page.check("input[name=verdict][value=true]")
    operator.page.locator("form[action$='/judge'] input[name=reason]").fill("登记、户籍和合同相互印证")
    operator.page.locator("button", has_text="只记下").click()
    operator.page.wait_for_load_state()
    assert "转为线索（逐条）" in operator.text

    # ── the verdict returns to its model: five judged, three true ──
    reader.open(model_page)
    assert [c.strip() for c in reader.page.locator("table.stack tbody tr").first.locator("td").all_inner_texts()][2:] == ["5", "3", "1", "1", "60%"]

    # ── one hit becomes one lead, by a person's act, with the authorization and the hit named in it ──
    lead_form = operator.page.locator("form[action$='/lead']")
    for field, value in (("title", "王某所控企业承揽工贸银行合同"), ("name", "王某"), ("unit", "某建材公司")):
        lead_form.locator(f"[name={field}]").fill(value)
    lead_form.locator("button").click()
    operator.page.wait_for_url("**/m/*")
    card = operator.page.locator("#from-hit").inner_text()
    assert made.code in card
    assert made.digest[:16] in card
    assert operator.page.locator("#from-hit td").count() > 4
    assert "990101" not in operator.page.locator("main").inner_text()
    operator.open(hit)
    assert "已转为线索" in operator.text
    assert operator.page.locator("form[action$='/lead']").count() == 0

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

    # ── filed, and custody: the collective's record and the superior's approval before anything is done ──
    sc01_end.from_lead_to_case(stage)
    approve_custody = sc01_end.approve_custody
    monkeypatch.setattr(sc01_end, "approve_custody", lambda theatre: played(approve_custody, sc01_end, theatre, people))
    for scene in (sc01_end.close_in, sc01_end.custody, sc01_end.sanction):
        scene(stage)

    # ── 26 May: handed over with a receipt, custody ended by the transfer, belongings back, and nobody still held ──
    played(sc01_end.hand_to_justice, sc01_end, stage, people)
    played(sc01_end.end_of_custody, sc01_end, stage, people)
    held = people("datan-lead", script=False)
    held.open(f"/m/{to_ref(stage.made['liuzhi'])}")
    assert held.page.locator("form.step[action$='/move/transfer']").count() == 0
    stranger = people("wuchuan-handler1", script=False)
    assert stranger.open(f"/m/{to_ref(stage.made['case'])}").status == 404
