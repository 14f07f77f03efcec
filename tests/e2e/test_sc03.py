"""SC-03 in a real browser, as its people, with the wrong turns: recused officer, returned hand-over, late approval, paper signer.

The middle of the day (designation, talk) is played by the services as in stories/sc03*; every screen a person stands before
in the turns named above is worked by mouse and keyboard, hand-over and approval without JavaScript.
"""
from __future__ import annotations

import pytest

from tests.e2e.browser import Person, choose, serving

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def people(fresh, chromium):
    made: list[Person] = []
    with serving() as base:
        def person(code: str, **options) -> Person:
            made.append(Person(chromium, base, fresh, code, **options))
            return made[-1]

        yield person
        for one in made:
            one.close()


def test_one_call_the_same_night_with_its_wrong_turns(fresh, people):
    from xieli.office.demo.hands import Hands
    from xieli.office.demo.stories import sc03_night, sc03_one_call
    from xieli.office.ids import from_ref, to_ref

    stage = fresh.theatre
    hands = Hands(stage)
    stage.start_at("2026-03-16 09:00")
    lead = sc03_one_call.the_day_before(stage)
    stage.at("2026-03-17 10:00")

    # ── the phone rings: four fields by keyboard ──
    chief = people("chief3")
    chief.open("/green")
    chief.page.keyboard.type("郭某某")
    chief.page.keyboard.press("Tab")
    choose(chief.page, "unit", str(stage.body("fire")))
    chief.page.locator("#caller").fill("消防总队纪委 柏嘉怡")
    chief.page.locator("#urgent").fill("走读式谈话已结束，对象情绪不稳，请求联合审查调查。")
    chief.shot("green-zh")
    chief.page.keyboard.press("Control+Enter")
    chief.page.wait_for_url("**/m/*")
    channel_url = chief.page.url.removeprefix(chief.base)
    stage.made["channel"] = from_ref(channel_url.rsplit("/", 1)[-1])
    assert "绿色通道" in chief.text
    assert chief.page.locator("form.step", has_text="开通").locator("button").first.is_disabled() or "尚未批准" in chief.text

    # ── wrong turn: the subject's own secretary is recused and finds nothing, by address or by name ──
    recused = people("fire-officer")
    assert recused.open(channel_url).status == 404
    assert "不存在或无权限" in recused.text
    recused.open("/search?q=郭某某")
    assert "绿色通道：" not in recused.text

    # ── late approval: the duty officer opens the slip, the matter changes, his signature is refused, he looks again ──
    duty = people("yj-duty", script=False)
    duty.open("/")
    duty.page.locator("ul.tasks a", has_text="批").first.click()
    stage.at("2026-03-17 10:04")
    chief.open(channel_url + "/form/call")
    chief.page.locator("[name=urgent]").fill("走读式谈话已结束，对象情绪不稳，存在自伤和串供风险。")
    chief.button("提交")
    duty.page.locator("#sign button.main").click()
    assert "情况有了变化" in duty.text
    duty.open("/")
    duty.page.locator("ul.tasks a", has_text="批").first.click()  # tap one
    duty.page.locator("#sign button.main").click()  # tap two
    stage.at("2026-03-17 10:05")
    chief.open(channel_url)
    chief.step("开通")
    assert "路上定方案" in chief.text
    chief.shot("matter-zh")

    # ── wrong turn: a hand-over is returned, without JavaScript on both sides ──
    lead_url = f"/m/{to_ref(lead)}"
    handler = people("fire-handler", script=False)
    duty_script = duty
    for attempt in ("returned", "accepted"):
        stage.at("2026-03-17 10:20" if attempt == "returned" else "2026-03-17 10:26")
        handler.open(lead_url + "/handover")
        assert "尚未移送" in handler.text
        choose(handler.page, "receiver", str(stage.body("yj")))
        handler.page.locator("#reason").fill("线索涉嫌职务犯罪，超出单位纪委权限（监察法第38条）")
        handler.page.locator("main button.main").click()
        assert "回执" in handler.text
        parcel_url = handler.page.url.removeprefix(handler.base)
        duty_script.open(parcel_url)
        if attempt == "returned":
            duty_script.page.locator("button[value=returned]").click()
            assert "退回须写明理由" in duty_script.text
            duty_script.open(parcel_url)
            duty_script.page.locator("#reason").fill("请补采购价差明细")
            duty_script.page.locator("button[value=returned]").click()
            handler.open("/sent")
            assert "已退回" in handler.text
        else:
            stage.at("2026-03-17 10:30")
            duty_script.page.locator("#room").select_option(str(stage.room("yj/supervision3")))
            duty_script.page.locator("button[value=accepted]").click()
    stage.made["parcel"] = from_ref(parcel_url.rsplit("/", 1)[-1])
    assert handler.open(lead_url).status == 404
    handler.open("/")
    handler.page.locator("h2 a", has_text="后来呢").click()  # one click from sign-in
    assert "已受理" in handler.text
    handler.shot("sent-zh")

    # ── the middle of the day, as the story plays it ──
    stage.at("2026-03-17 10:40")
    hands.step("chief3", stage.made["channel"], "confirm", form=("confirmation", {"number": "消防纪〔2026〕7号", "known_facts": "三笔采购价差，承认收受礼金一次", "power_limit": "无权查询单位外资金和社会关系"}))
    sc03_one_call.decide_designation(stage, sc03_one_call.propose_designation(stage))
    for scene in (sc03_night.on_the_road, sc03_night.the_talk, sc03_night.from_lead_to_case):
        scene(stage)

    # ── the paper signer: the head in two taps, the party secretary on paper by two clerks who first read it differently ──
    from xieli.office.matters.services import competence, grants
    from xieli.office.matters.tables.core import Matter

    case = stage.made["case"]
    stage.at("2026-03-17 19:00")
    with stage.acts("wuchuan-handler1"):
        competence.record_basis(Matter.objects.get(pk=case), "designation", body=stage.body("wuchuan"), given_by=stage.body("yj"), document_no="渝江纪指〔2026〕4号")
    hands.step("wuchuan-handler1", case, "submit", form=("filing", {"subject": "郭某某", "facts": "涉嫌受贿，主要事实有书证印证。", "sides": "both", "central_unit": True, "filed_on": hands.day()}))
    filing = hands.ask("wuchuan-handler1", case, "file", {"side": "both"}, urgent=True)
    slip = f"/approval/{to_ref(filing)}"
    stage.at("2026-03-17 19:30")
    for code in ("zhou-rong", stage.holder("head@wuchuan")):
        signer = people(code, script=False)
        signer.open("/")
        signer.page.locator(f"a[href='{slip}']").click()
        signer.page.locator("#sign button.main").click()
    clerks = (hands.staff("case_duty", "wuchuan/case"), hands.staff("clerk", "wuchuan/case"))
    with stage.acts("wuchuan-handler1"):
        for clerk in clerks:
            grants.give(case, stage.person(clerk), kind="handler", acts=["read", "write"], ends_at=None, basis="案管录入纸质签批", reason="")
    stage.at("2026-03-17 20:30")
    one, two = (people(c, script=False) for c in clerks)

    def enter(clerk: Person, number: str) -> None:
        clerk.open(slip)
        clerk.page.locator("#number").fill(number)
        clerk.page.locator("#signed_at").fill("2026-03-17T20:20")
        clerk.button("录入")

    enter(one, "巫川委批〔2026〕11号")
    assert "待另一名工作人员核对" in one.text
    enter(one, "巫川委批〔2026〕11号")
    assert "须由另一名工作人员核对确认" in one.text
    enter(two, "巫川委批〔2026〕12号")
    assert "不一致" in two.text
    enter(two, "巫川委批〔2026〕11号")
    two.open(slip)
    assert "已批准" in two.text

    # ── a double press makes one effect; an officer who is kin still sees nothing ──
    head = people(stage.holder("head@wuchuan"))
    head.open(f"/m/{to_ref(case)}")
    head.shot("case-zh")
    kin = people("wuchuan-kin")
    assert kin.open(f"/m/{to_ref(case)}").status == 404
    assert stage.admin.execute("select state from approval where id = %s", [filing]).fetchone()[0] == "approved"
