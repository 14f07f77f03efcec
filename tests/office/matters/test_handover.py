"""The ladder: sent with a receipt, opened, accepted (ownership moves), returned, redirected; and the debt of an answer."""
from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.office.matters.conftest import Kit
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import handover, moves
from xieli.office.matters.services.handover import add_months
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.desk import Notification
from xieli.office.matters.tables.handover import FeedbackDuty, Handover


@pytest.fixture
def duty(kit: Kit) -> str:
    """The officer of the receiving county's case management."""
    return kit.hands.staff("case_duty", "zhongyue/case")


def sent(kit: Kit, **options: Any) -> tuple[int, int]:
    lead = kit.open()
    return lead, kit.hands.send(kit.chief, lead, "zhongyue", "属该县管理权限", **options)


def seen(kit: Kit, person: str, parcel: int) -> Handover | None:
    with kit.stage.acts(person):
        return Handover.objects.filter(pk=parcel).first()


def test_a_receipt_exists_the_moment_it_is_sent(kit: Kit, duty: str) -> None:
    lead, parcel = sent(kit)
    row = seen(kit, kit.chief, parcel)
    assert row is not None
    assert (row.state, bool(row.receipt_no), row.received_at) == ("received", True, row.sent_at)
    with kit.stage.acts(duty):
        assert Notification.objects.filter(kind="handover_arrived", matter_id=lead).exists()


def test_acceptance_moves_ownership_and_ends_the_senders_sight(kit: Kit, duty: str, stage: Theatre) -> None:
    lead, parcel = sent(kit)
    assert stage.sees(kit.chief, lead)
    assert stage.sees(duty, lead)
    assert not stage.sees(kit.hands.staff("handler", "zhongyue/supervision1"), lead)
    kit.hands.receive(duty, parcel, "accepted", room=stage.room("zhongyue/supervision1"))
    assert stage.sees(kit.hands.staff("handler", "zhongyue/supervision1"), lead)
    for person in (kit.chief, kit.head, kit.handler):
        assert not stage.sees(person, lead)
    row = seen(kit, kit.chief, parcel)
    assert row is not None
    assert row.coarse_stage == "accepted", "the sender follows the parcel, not the matter"


def test_the_sender_keeps_reading_only_where_it_was_agreed(kit: Kit, duty: str, stage: Theatre) -> None:
    lead, parcel = sent(kit, keep_view=True)
    kit.hands.receive(duty, parcel, "accepted", room=stage.room("zhongyue/supervision1"))
    assert stage.sees(kit.chief, lead)
    assert kit.code(kit.chief, lambda: handover.send(Matter.objects.get(pk=lead), stage.body("yuntai"), reason="再转")) == "not_found"


def test_a_return_needs_its_reason_and_leaves_the_matter_where_it_was(kit: Kit, duty: str, stage: Theatre) -> None:
    lead, parcel = sent(kit)
    with stage.acts(duty):
        handover.step(Handover.objects.get(pk=parcel), "opened")
    assert kit.code(duty, lambda: handover.step(Handover.objects.get(pk=parcel), "returned")) == "reason_needed"
    kit.hands.receive(duty, parcel, "returned", reason="对象属市管")
    assert not stage.sees(duty, lead)
    with stage.acts(kit.chief):
        assert Matter.objects.get(pk=lead).owner_body_id == stage.body("wuchuan")
        assert FeedbackDuty.objects.get(handover_id=parcel).state == "closed"
    assert kit.code(duty, lambda: handover.step(Handover(pk=parcel, matter_id=lead), "accepted")) in ("not_found", "conflict")


def test_a_redirection_goes_to_a_third_body_and_the_duty_travels_with_it(kit: Kit, duty: str, stage: Theatre) -> None:
    lead, parcel = sent(kit)
    for nowhere in ("wuchuan", "zhongyue"):
        assert kit.code(duty, lambda to=nowhere: handover.step(Handover.objects.get(pk=parcel), "redirected", reason="不属我县", to_body=stage.body(to))) == "third_body"
    kit.hands.receive(duty, parcel, "redirected", reason="属云台县", to_body=stage.body("yuntai"))
    assert not stage.sees(duty, lead)
    assert stage.sees(kit.hands.staff("case_duty", "yuntai/case"), lead)
    with stage.acts(kit.chief):
        assert FeedbackDuty.objects.get(matter_id=lead, state="open").owed_by_id == stage.body("yuntai")


def test_nobody_else_decides_a_parcel(kit: Kit, duty: str) -> None:
    _, parcel = sent(kit)
    for person in (kit.chief, kit.hands.staff("case_duty", "yuntai/case")):
        assert kit.code(person, lambda: handover.step(Handover(pk=parcel), "accepted")) == "not_found"
    kit.hands.receive(duty, parcel, "accepted")
    assert kit.code(duty, lambda: handover.step(Handover.objects.get(pk=parcel), "accepted")) == "conflict"


def test_one_parcel_at_a_time_and_not_to_oneself(kit: Kit, stage: Theatre) -> None:
    lead, _ = sent(kit)
    assert kit.code(kit.chief, lambda: handover.send(Matter.objects.get(pk=lead), stage.body("yuntai"), reason="再移")) == "under_way"
    other = kit.open()
    assert kit.code(kit.chief, lambda: handover.send(Matter.objects.get(pk=other), stage.body("wuchuan"), reason="自己")) == "own_body"
    assert kit.code(kit.chief, lambda: handover.send(Matter.objects.get(pk=other), stage.body("yuntai"), reason="")) == "competence_reason"


def test_a_recused_body_receives_nothing(kit: Kit, stage: Theatre) -> None:
    from xieli.office.matters.services import grants

    lead = kit.open()
    with stage.acts(kit.chief):
        grants.raise_recusal(lead, stage.body("zhongyue"), ground="ties", reason="该县与对象有利害关系")
    assert kit.code(kit.chief, lambda: handover.send(Matter.objects.get(pk=lead), stage.body("zhongyue"), reason="管辖")) == "recused"


@pytest.mark.parametrize(("day", "months", "then"), [
    (date(2025, 8, 31), 6, date(2026, 2, 28)), (date(2027, 8, 31), 6, date(2028, 2, 29)), (date(2026, 1, 31), 1, date(2026, 2, 28)),
    (date(2026, 12, 15), 6, date(2027, 6, 15)), (date(2026, 3, 30), 11, date(2027, 2, 28)),
])
def test_six_months_from_the_31st_end_on_the_last_day(day: date, months: int, then: date) -> None:
    assert add_months(day, months) == then


def test_the_answer_is_owed_six_months_on_and_then_every_six_months(kit: Kit, duty: str, stage: Theatre) -> None:
    _, parcel = sent(kit)
    kit.hands.receive(duty, parcel, "accepted")
    with stage.acts(duty):
        owed = FeedbackDuty.objects.get(handover_id=parcel)
        first = owed.first_due
        assert first == add_months(kit.hands.clock().date(), 6)
        handover.give(owed, "正在核查。")
        owed.refresh_from_db()
        assert owed.next_due == first, "an early answer does not move the date that is owed"
    kit.past(kit.hands.clock() + timedelta(days=200))
    with stage.acts(duty):
        owed = FeedbackDuty.objects.get(handover_id=parcel)
        handover.give(owed, "仍在核查。")
        owed.refresh_from_db()
        assert (owed.state, owed.next_due) == ("open", add_months(first, 6))
    assert kit.code(duty, lambda: handover.give(FeedbackDuty.objects.get(handover_id=parcel), "完。", final=True)) == "outcome_needed"
    with stage.acts(duty):
        handover.give(FeedbackDuty.objects.get(handover_id=parcel), "查实并处理。", final=True, outcome_class="handled")
    with stage.acts(kit.chief):
        assert [a.text for a in Handover.objects.get(pk=parcel).duties.get().answers.order_by("given_at")] == ["正在核查。", "仍在核查。", "查实并处理。"]


def test_an_overdue_answer_turns_red_for_owner_superior_and_sender(kit: Kit, duty: str, stage: Theatre) -> None:
    _, parcel = sent(kit)
    kit.hands.receive(duty, parcel, "accepted")
    kit.past(kit.hands.clock() + timedelta(days=190))
    stage.admin.execute("select access.sweep_duties()")
    told = {row[0] for row in stage.admin.execute("select person_id from notification where kind = 'feedback_overdue' and (fields->>'handover' = %s or matter_id = (select matter_id from handover where id = %s))",
                                                  [str(parcel), parcel])}
    assert {stage.person(kit.chief), stage.person(stage.holder("head@zhongyue")), stage.person("yj-head")} <= told


def test_a_parcel_that_lies_unopened_can_be_reminded_of_a_returned_one_not_and_only_by_its_sender(kit: Kit, duty: str) -> None:
    _, parcel = sent(kit)
    assert kit.code(duty, lambda: handover.remind(Handover.objects.get(pk=parcel))) == "not_sender"
    with kit.stage.acts(kit.chief):
        row = Handover.objects.get(pk=parcel)
        assert row.state != "accepted"
        assert handover.reminding(row) == ("open", None)
        handover.remind(row, text="请尽快签收")
        state, again = handover.reminding(row)
        assert state == "later"
        assert again is not None
        assert 28 <= (again - handover.today()).days <= 31
    kit.hands.receive(duty, parcel, "returned", reason="管辖不属本机构，请向有管辖权的机构移送")
    with kit.stage.acts(kit.chief):
        assert handover.reminding(Handover.objects.get(pk=parcel)) == ("returned", None)
    kit.past(kit.hands.clock() + timedelta(days=32))
    assert kit.code(kit.chief, lambda: handover.remind(Handover.objects.get(pk=parcel))) == "nothing_to_remind"


def test_a_reminder_goes_once_a_month(kit: Kit, duty: str) -> None:
    _, parcel = sent(kit)
    kit.hands.receive(duty, parcel, "accepted")
    with kit.stage.acts(kit.chief):
        handover.remind(Handover.objects.get(pk=parcel), text="请反馈")
    assert kit.code(kit.chief, lambda: handover.remind(Handover.objects.get(pk=parcel), text="再催")) == "too_soon"
    kit.past(kit.hands.clock() + timedelta(days=32))
    with kit.stage.acts(kit.chief):
        handover.remind(Handover.objects.get(pk=parcel), text="再催")


def test_nothing_closes_without_an_answer_or_a_recorded_reason(kit: Kit, duty: str, stage: Theatre) -> None:
    lead, parcel = sent(kit)
    kit.hands.receive(duty, parcel, "accepted")
    with stage.acts(duty):
        owed = FeedbackDuty.objects.get(handover_id=parcel)
    assert kit.code(duty, lambda: handover.close_duty(owed)) == "feedback_owed"
    assert kit.code(duty, lambda: handover.waive(owed, "免")) == "reason_needed"
    with stage.acts(duty):
        handover.waive(FeedbackDuty.objects.get(pk=owed.pk), "移送方书面撤回，不再要求反馈")
    with stage.acts(duty):
        assert FeedbackDuty.objects.get(pk=owed.pk).state == "waived"
        assert moves.offers(Matter.objects.get(pk=lead))


def test_a_lead_that_is_transferred_goes_on_at_the_receiver(kit: Kit, duty: str, stage: Theatre) -> None:
    """The whole way of the playbook: disposal by transfer, the parcel, its acceptance, assignment anew at the receiver."""
    lead = kit.assigned()
    kit.hands.step(kit.chief, lead, "propose", form=("opinion", {"way": "transfer", "reasons": "对象已调任外县，由现单位所在地管辖。", "study": False, "report_up": False, "proposed_on": kit.hands.day()}))
    kit.hands.approved(kit.chief, lead, "disposal", kit.deputy, kit.head, what={"way": "transfer"})
    kit.hands.step(kit.head, lead, "do_transfer")
    assert kit.code(kit.chief, lambda: moves.make(Matter.objects.get(pk=lead), "handed_over")) != ""
    parcel = kit.hands.send(kit.duty, lead, "zhongyue", "对象现任职地管辖")
    kit.hands.receive(duty, parcel, "accepted", room=stage.room("zhongyue/supervision1"))
    kit.hands.step(stage.holder("room_head@zhongyue/supervision1"), lead, "handed_over")
    with stage.acts(duty):
        assert Matter.objects.get(pk=lead).stages == ["assign"]


def test_a_lead_whose_transfer_is_returned_is_assigned_again(kit: Kit, duty: str, stage: Theatre) -> None:
    lead = kit.assigned()
    kit.hands.step(kit.chief, lead, "propose", form=("opinion", {"way": "transfer", "reasons": "对象已调任外县，由现单位所在地管辖。", "study": False, "report_up": False, "proposed_on": kit.hands.day()}))
    kit.hands.approved(kit.chief, lead, "disposal", kit.deputy, kit.head, what={"way": "transfer"})
    kit.hands.step(kit.head, lead, "do_transfer")
    parcel = kit.hands.send(kit.duty, lead, "zhongyue", "对象现任职地管辖")
    kit.hands.receive(duty, parcel, "returned", reason="对象尚未到任")
    kit.hands.step(kit.chief, lead, "came_back")
    with stage.acts(kit.chief):
        assert Matter.objects.get(pk=lead).stages == ["assign"]
