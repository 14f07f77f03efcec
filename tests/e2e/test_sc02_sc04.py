"""SC-02 and SC-04 in a real browser, as their people, with the wrong turns: recused officer, returned hand-over, late approval, paper signer.

As in test_sc03, the stretches between are played by the services; every screen a person stands before in the turns named above
is worked by hand, hand-over and approval without JavaScript. What the days end with is read from the people's own pages.
"""
from __future__ import annotations

import re

import pytest

from tests.e2e.browser import Person, choose
from tests.e2e.test_sc03 import people  # noqa: F401  a window per person

pytestmark = pytest.mark.xdist_group("browser")


def look(person: Person, path: str) -> int:
    return int(person.open(path).status)


def slip_of(approval: int) -> str:
    from xieli.office.ids import to_ref

    return f"/approval/{to_ref(approval)}"


def send(sender: Person, lead: str, body: int, why: str) -> str:
    """Hand over by the form; the parcel's address."""
    sender.open(f"/m/{lead}/handover")
    choose(sender.page, "receiver", str(body))
    sender.page.locator("#reason").fill(why)
    sender.page.locator("main button.main").click()
    assert "回执" in sender.text
    return sender.page.url.removeprefix(sender.base)


def give_back(receiver: Person, parcel: str, why: str) -> None:
    """Return a parcel: first without a reason, which is refused, then with one."""
    receiver.open(parcel)
    receiver.page.locator("button[value=returned]").click()
    assert "退回须写明理由" in receiver.text
    receiver.open(parcel)
    receiver.page.locator("#reason").fill(why)
    receiver.page.locator("button[value=returned]").click()


def accept(receiver: Person, parcel: str, room: int) -> None:
    receiver.open(parcel)
    receiver.page.locator("#room").select_option(str(room))
    receiver.page.locator("button[value=accepted]").click()


def sign(signer: Person, approval: int) -> None:
    """Two taps: the slip from the workbench, then approve."""
    signer.open("/")
    signer.page.locator(f"a[href='{slip_of(approval)}']").first.click()
    signer.page.locator("#sign button.main").click()


def enter(clerk: Person, approval: int, number: str, signed: str) -> str:
    """Enter a signature on paper; what the screen says."""
    clerk.open(slip_of(approval))
    clerk.page.locator("#number").fill(number)
    clerk.page.locator("#signed_at").fill(signed)
    clerk.button("录入")
    return clerk.text


def test_sc04_a_channel_opened_at_the_meeting_a_parcel_that_comes_back_and_a_handler_kept_out(fresh, people):  # noqa: F811
    from xieli.office.demo.hands import Hands
    from xieli.office.demo.stories import sc04_survey
    from xieli.office.ids import to_ref
    from xieli.office.matters.services import leads

    stage = fresh.theatre
    hands = Hands(stage)
    stage.start_at(sc04_survey.BEGINS)
    sc04_survey.the_meeting(stage)

    # ── the green channel from the meeting; the duty officer's page grows old before he signs ──
    hands.step("chief3", stage.made["meeting"], "channel", reason="会上议定现场启动")
    channel = hands.child("chief3", stage.made["meeting"], "green_channel")
    opening = hands.ask("chief3", channel, "open", {"caller": "icb-dc"}, reason="会上议定", urgent=True)
    duty, chief = people("yj-duty", script=False), people("chief3", script=False)
    assert chief.open(slip_of(opening)).status == 200
    assert chief.page.locator("#sign").count() == 0, "nobody approves what he asked for himself"
    duty.open(slip_of(opening))
    chief.open(f"/m/{to_ref(channel)}/form/call")
    chief.page.locator("[name=caller]").fill("工贸银行渝江市分行纪委")
    choose(chief.page, chief.page.locator("select[name=unit]").get_attribute("id"), str(stage.body("icb")))
    chief.page.locator("[name=subject]").fill("丁某某")
    chief.page.locator("[name=urgent]").fill("账户资金正在转移，请求当场启动绿色通道。")
    chief.button("提交")
    duty.page.locator("#sign button.main").click()
    assert "情况有了变化" in duty.text
    sign(duty, opening)
    chief.open(f"/m/{to_ref(channel)}")
    chief.step("开通")
    assert "路上定方案" in chief.text

    # ── the parcel: returned with its reason, sent again, accepted ──
    stage.at("2026-05-12 14:00")
    with stage.acts("icb-officer"):
        lead = to_ref(leads.register(leads.NewMatter("lead", "反映丁某某违规放贷收受财物", stage.body("icb-dc"), None, (leads.Subject("丁某某", unit_name="工贸银行南桥支行", post="行长"),), source="supervision", urgent=True)).id)
    sender, receiver = people("icb-officer", script=False), people(hands.staff("case_duty", "nanqiao/case"), script=False)
    assert look(receiver, f"/m/{lead}") == 404
    parcel = send(sender, lead, stage.body("nanqiao"), "对象和单位均在南桥区，会上议定")
    stage.at("2026-05-12 14:10")
    give_back(receiver, parcel, "账户流水与清单不一致")
    assert look(receiver, f"/m/{lead}") == 404, "returned: the receiver's sight ends"
    sender.open("/")
    sender.page.get_by_role("link", name=re.compile("后来呢")).click()
    assert "已退回" in sender.text
    sender.open(parcel)
    assert "账户流水与清单不一致" in sender.text
    stage.at("2026-05-12 15:00")
    again = send(sender, lead, stage.body("nanqiao"), "已核对原件，重新移送")
    accept(receiver, again, stage.room("nanqiao/supervision1"))
    assert look(sender, f"/m/{lead}") == 404, "accepted: the sender sees the parcel, not the lead"
    sender.open(again)
    assert "已受理" in sender.text

    # ── a handler who served in that branch: raised by one, decided by another, and gone from his screens ──
    handler = people(hands.staff("handler", "nanqiao/supervision1"), script=False)
    chief_of_room = people(stage.holder("room_head@nanqiao/supervision1"), script=False)
    identity = str(stage.person(hands.staff("handler", "nanqiao/supervision1")))
    chief_of_room.open(f"/m/{lead}/access")
    choose(chief_of_room.page, "r-person", identity) if chief_of_room.page.locator("#r-person-find").count() else chief_of_room.page.locator("#r-person").select_option(identity)
    chief_of_room.page.locator("#ground").select_option("former_employer")
    chief_of_room.page.locator("#r-reason").fill("曾在工贸银行南桥支行任职")
    chief_of_room.button("提请")
    head = people(stage.holder("head@nanqiao"), script=False)
    head.open("/glass")
    head.page.locator("form[action^='/recusals/'] [name=reason]").first.fill("原任职单位，应当回避")
    head.page.locator("form[action^='/recusals/'] button").first.click()
    assert stage.admin.execute("select state from recusal where matter_id = (select id from matter where title like '反映丁某某%')").fetchone() == ("in_force",)
    ghost = handler.open("/m/0000000000000").body()
    hidden = handler.open(f"/m/{lead}")
    assert (hidden.status, hidden.body()) == (404, ghost)
    for path in ("/", "/leads", "/search?q=丁某某"):
        handler.open(path)
        assert lead not in handler.page.content(), path


def test_sc02_a_saturday_with_a_returned_parcel_a_recused_officer_and_a_signer_on_paper(fresh, people):  # noqa: F811
    from xieli.office.demo.hands import Hands
    from xieli.office.demo.stories import sc02_posting, sc02_weekend
    from xieli.office.ids import to_ref
    from xieli.office.matters.services import competence, grants
    from xieli.office.matters.tables.core import Matter

    stage = fresh.theatre
    hands = Hands(stage)
    stage.start_at(sc02_posting.BEGINS)
    for scene in (sc02_posting.the_posting, sc02_posting.the_suspicion, sc02_posting.the_forged_paper, sc02_posting.the_sweep):
        scene(stage)
    lead = to_ref(stage.made["lead"])

    # ── Saturday morning: the parcel comes back, the second is accepted; the officer posted to that very room finds nothing ──
    stage.at(f"{sc02_weekend.DAY} 08:30")
    sender, duty = people("hb-officer", script=False), people(hands.staff("case_duty", "linjiang/case"), script=False)
    first = send(sender, lead, stage.body("linjiang"), "涉嫌职务侵占，单位纪委权限止于单位内部")
    give_back(duty, first, "未附查档证明的说明")
    sender.open("/sent")
    assert "已退回" in sender.text
    stage.at(f"{sc02_weekend.DAY} 09:00")
    accept(duty, send(sender, lead, stage.body("linjiang"), "已补充说明；绿色通道"), stage.room("linjiang/supervision1"))
    zhang = people("hb-zhang", script=False)
    ghost = zhang.open("/m/0000000000000").body()
    hidden = zhang.open(f"/m/{lead}")
    assert (hidden.status, hidden.body()) == (404, ghost)
    for path in ("/", "/sent", "/leads", "/matters", "/notifications", "/search?q=田某某"):
        zhang.open(path)
        assert lead not in zhang.page.content(), path

    # ── the filing: two signatures in order on screens, the third on paper by two clerks; a paper that comes before its turn is refused ──
    sc02_weekend.to_a_case(stage)
    case, handler = stage.made["case"], hands.staff("handler", "linjiang/supervision1")
    stage.at(f"{sc02_weekend.DAY} 11:30")
    with stage.acts(handler):
        competence.record_basis(Matter.objects.get(pk=case), "designation", body=stage.body("linjiang"), given_by=stage.body("yj"), document_no="渝江纪批〔2026〕31号")
    hands.step(handler, case, "submit", form=("filing", {"subject": "田某某", "facts": "涉嫌职务侵占，主要事实有书证印证。", "sides": "both", "central_unit": True, "filed_on": sc02_weekend.DAY}))
    filing = hands.ask(handler, case, "file", {"side": "both"}, urgent=True)
    clerks = (hands.staff("case_duty", "linjiang/case"), hands.staff("clerk", "linjiang/case"))
    with stage.acts(handler):
        for clerk in clerks:
            grants.give(case, stage.person(clerk), kind="handler", acts=["read", "write"], ends_at=None, basis="案管录入纸质签批", reason="")
    deputy, head = people(stage.holder("deputy@linjiang"), script=False), people(stage.holder("head@linjiang"), script=False)
    assert head.open(slip_of(filing)).status == 200
    head_pressed = head.page.locator("#sign").count()
    assert head_pressed == 0, "it is not his turn: the deputy signs first"
    sign(deputy, filing)
    stage.at(f"{sc02_weekend.DAY} 12:00")
    sign(head, filing)
    stage.at(f"{sc02_weekend.DAY} 13:00")
    one, two = duty, people(clerks[1], script=False)
    early = enter(one, filing, "临江委批〔2026〕7号", f"{sc02_weekend.DAY}T11:00")
    assert stage.admin.execute("select state from approval where id = %s", [filing]).fetchone() == ("pending",)
    assert "次序" in early or "先后" in early, early[:400]
    assert "待另一名工作人员核对" in enter(one, filing, "临江委批〔2026〕7号", f"{sc02_weekend.DAY}T12:40")
    assert "不一致" in enter(two, filing, "临江委批〔2026〕8号", f"{sc02_weekend.DAY}T12:40")
    enter(two, filing, "临江委批〔2026〕7号", f"{sc02_weekend.DAY}T12:40")
    assert stage.admin.execute("select state from approval where id = %s", [filing]).fetchone() == ("approved",)
    head.open(f"/m/{to_ref(case)}")
    head.step("决定立案" if head.page.locator("form.step strong", has_text="决定立案").count() else "立案")
    assert look(zhang, f"/m/{to_ref(case)}") == 404
    sender.open("/sent")
    assert "已受理" in sender.text
