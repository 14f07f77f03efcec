"""Defects that earlier work left in the kernel, each in the words of who met it."""
from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import psycopg
import pytest

from tests.office.matters.conftest import Kit
from xieli.office.access.models import Grant
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import forms, leads, moves
from xieli.office.matters.tables.clocks import Clock
from xieli.office.matters.tables.core import Matter, MatterLink
from xieli.office.matters.tables.desk import Notification
from xieli.office.matters.tables.measures import Measure

Raw = Callable[[str], AbstractContextManager[psycopg.Connection[Any]]]


def matter(kit: Kit, person: str, identity: int) -> Matter:
    with kit.stage.acts(person):
        return Matter.objects.get(pk=identity)


def letter(kit: Kit, receiver: str = "zhongyue") -> tuple[str, dict[str, Any]]:
    return ("letter", {"receiver": str(kit.stage.body(receiver)), "competence": "cadre_authority", "direction": "across", "summary": "反映其在原任职期间的问题，附材料。",
                       "files": [{"name": "流水.pdf", "pages": 3, "digest": "ab" * 32}], "urgent": False, "sent_on": kit.hands.day(), "handling": "purpose"})


def sent(kit: Kit) -> int:
    case = kit.open("handover")
    kit.hands.step(kit.handler, case, "propose", form=letter(kit))
    kit.hands.approved(kit.handler, case, "send", kit.head)
    kit.hands.step(kit.head, case, "approve_send")
    return case


def test_the_receiver_named_in_the_letter_can_sign_for_it_and_no_other_body_sees_it(kit: Kit, stage: Theatre) -> None:
    case = sent(kit)
    duty, stranger = kit.hands.staff("case_duty", "zhongyue/case"), kit.hands.staff("case_duty", "yuntai/case")
    assert not stage.sees(stranger, case)
    kit.hands.step(duty, case, "sign_receipt")
    kit.hands.step(duty, case, "open")
    assert matter(kit, duty, case).number, "a receipt with its number"
    assert kit.code(duty, lambda: moves.make(Matter.objects.get(pk=case), "compare")) == "guard_files", "what is listed is not stored here"
    kit.hands.step(duty, case, "mismatch", form=("mismatch", {"missing": "流水.pdf 未随案移送"}))
    assert not stage.sees(duty, case), "returned: the receiver's sight ends"


def test_a_spawned_matter_opens_with_what_its_parent_knew(kit: Kit, stage: Theatre) -> None:
    from xieli.office.files import services as files

    case = kit.open("handover")
    with stage.acts(kit.handler):
        stored = files.receive(Matter.objects.get(pk=case), "流水.pdf", [b"%PDF-1.7 x"])
        digest = bytes(stored.digest).hex()
    form = letter(kit)
    form[1]["files"][0]["digest"] = digest
    kit.hands.step(kit.handler, case, "propose", form=form)
    kit.hands.approved(kit.handler, case, "send", kit.head)
    kit.hands.step(kit.head, case, "approve_send")
    duty = kit.hands.staff("case_duty", "zhongyue/case")
    for move in ("sign_receipt", "open", "compare"):
        kit.hands.step(duty, case, move)
    kit.hands.step(duty, case, "redirect", form=("triage", {"verdict": "redirect", "redirected_to": str(stage.body("yuntai")), "part_only": False, "reason": "属云台县管辖", "decided_on": kit.hands.day()}))
    with stage.acts(duty):
        child = MatterLink.objects.get(source_id=case, target__kind="handover").target
        known = forms.filled(child, "letter")
        assert known["summary"] == form[1]["summary"]
        assert known["receiver"] == str(stage.body("yuntai"))


def test_nobody_fills_a_form_of_a_matter_that_his_step_did_not_spawn(kit: Kit, raw: Raw) -> None:
    one, other = kit.open(), kit.open()
    with raw(kit.chief) as c, pytest.raises(psycopg.Error, match="not visible"):
        c.execute("select access.fill_form(%s, %s, 'registration', '{}')", [one, other])


def frozen(kit: Kit, stage: Theatre, **subject: Any) -> int:
    case = kit.open("freeze", subjects=(kit.subject(**subject),))
    stage.admin.execute("update matter set state = jsonb_set(state, '{tokens,0,stage}', '\"decide\"'), stages = '{decide}' where id = %s", [case])
    stage.admin.execute("update matter_stage set stage = 'decide' where matter_id = %s", [case])
    with stage.acts(kit.chief):
        forms.submit(Matter.objects.get(pk=case), "proposal", {"holder": "某", "items": [{"account": "6222", "amount": 100000}], "firm": subject.get("kind") == "unit", "relation": "涉案款项往来账户",
                                                              **({"impact": "只冻结涉案账户，不影响发放工资"} if subject.get("kind") == "unit" else {})})
    kit.hands.approved(kit.chief, case, "freeze", kit.deputy)
    kit.hands.step(kit.deputy, case, "approve")
    return case


@pytest.mark.parametrize("subject", [{}, {"kind": "unit", "name": "某商贸公司"}])
def test_a_freeze_that_was_carried_out_is_a_measure_with_its_sheet_and_ends_with_the_lifting(kit: Kit, stage: Theatre, subject: dict[str, Any]) -> None:
    case = frozen(kit, stage, **subject)
    kit.hands.minutes(60)
    kit.hands.step(kit.handler, case, "executed", form=("execution", {"frozen_on": kit.hands.day(), "receipt_no": "银回〔2026〕1号"}))
    with stage.acts(kit.chief):
        measure = Measure.objects.get(matter_id=case)
        assert (measure.kind, measure.ended_at) == ("freeze", None)
    kit.hands.step(kit.chief, case, "find_unrelated", reason="账户与案件无关")
    kit.hands.step(kit.handler, case, "lift")
    with stage.acts(kit.chief):
        assert Measure.objects.get(matter_id=case).ended_at is not None


def test_recording_a_complaint_does_not_start_the_six_months_anew(kit: Kit, stage: Theatre) -> None:
    case = frozen(kit, stage)
    kit.hands.minutes(30)
    kit.hands.step(kit.handler, case, "executed", form=("execution", {"frozen_on": kit.hands.day(), "receipt_no": "银回〔2026〕2号"}))
    with stage.acts(kit.chief):
        first = Clock.objects.get(matter_id=case, code="limit")
    kit.hands.minutes(3 * 24 * 60)
    kit.hands.step(kit.handler, case, "request")
    with stage.acts(kit.chief):
        running = Clock.objects.filter(matter_id=case, code="limit").exclude(state="stopped")
        assert [(c.id, c.started_at) for c in running] == [(first.id, first.started_at)]


def test_a_monthly_report_starts_its_month_anew_because_its_playbook_says_so() -> None:
    from xieli.office.matters.services.playbooks import shipped

    assert "move:report" in shipped()["designation"].clocks["monthly_report"].starts_on


def test_the_county_that_is_asked_for_hands_can_decide(kit: Kit, stage: Theatre) -> None:
    secretary = stage.holder("town_secretary@wenshan")
    with stage.acts(secretary):
        case = leads.register(leads.NewMatter("area_case", "村级账目核查", stage.body("wenshan"), None, (kit.subject(),), level=1, parties={"county": (stage.body("wuchuan"),)})).id
    assert not stage.sees(kit.duty, case)
    kit.hands.step(secretary, case, "ask", form=("ask", {"problem": "涉及农户多，本镇人手不足", "needed": 4, "asked_on": kit.hands.day()}))
    assert stage.sees(kit.duty, case)
    with stage.acts(kit.duty):
        assert Grant.objects.filter(matter_id=case, acts__contains=["write"], principal__in=[stage.room("wuchuan/case"), stage.body("wuchuan")]).exists()


def test_a_form_of_an_open_step_is_handed_in_by_who_may_take_the_step(kit: Kit, stage: Theatre) -> None:
    case = sent(kit)
    duty = kit.hands.staff("case_duty", "zhongyue/case")
    kit.hands.step(duty, case, "sign_receipt")
    kit.hands.step(duty, case, "open")
    assert kit.code(kit.handler, lambda: forms.submit(Matter.objects.get(pk=case), "mismatch", {"missing": "冒名填写"})) == "not_your_role"
    with stage.acts(duty):
        forms.submit(Matter.objects.get(pk=case), "mismatch", {"missing": "少一卷"})


@pytest.mark.parametrize("series", ["anything", "lead_no:1", "receipt:nowhere", "lead_no"])
def test_a_number_is_drawn_only_from_a_series_of_the_matter(kit: Kit, raw: Raw, series: str) -> None:
    lead = kit.open()
    with raw(kit.chief) as c, pytest.raises(psycopg.Error, match="no such series"):
        c.execute("select access.next_number(%s, 'x{n}', %s)", [series, lead])


def test_a_cadre_in_a_front_line_post_sees_his_matters_and_not_the_room(kit: Kit, stage: Theatre) -> None:
    """Per-matter grants (catalogue, corrections S0-24): the room's other matters do not exist for him, and nobody tells him of them."""
    guest = kit.hands.staff("handler", "yuntai/supervision1")
    kit.hands.post(guest, "handler@wuchuan/supervision1", home="yuntai", kind="front_line")
    theirs, shared = kit.open(), kit.open()
    with stage.acts(kit.chief):
        from xieli.office.matters.services import grants

        grants.give(shared, stage.person(guest), kind="handler", acts=["read", "write"], ends_at=None, basis="顶岗", reason="")
    assert (stage.sees(guest, theirs), stage.sees(guest, shared)) == (False, True)
    before = stage.admin.execute("select count(*) from notification where person_id = %s", [stage.person(guest)]).fetchone()
    with stage.acts(kit.chief):
        from psycopg.types.json import Jsonb

        from xieli.office.matters.services.source import call

        call("notify", theirs, [stage.room("wuchuan/supervision1")], "alarm", Jsonb({}), False)
    assert stage.admin.execute("select count(*) from notification where person_id = %s", [stage.person(guest)]).fetchone() == before
    with stage.acts(kit.second):
        assert Notification.objects.filter(matter_id=theirs, kind="alarm").exists()
