"""The hard gates of rules.md §7 once more, where no service stands between: a browser's form, and a program that holds the web
role's connection with a handler's session. Gates 1, 2, 6, 7, 9, 10 and 12 are asked this way in test_hard_gates.py, 11 on the desk."""
from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.office.matters.conftest import Kit
from tests.office.matters.test_hard_gates import INVENTORY, _complaint, in_investigation, seated_at, seized
from xieli.office.demo.theatre import Theatre
from xieli.office.ids import to_ref
from xieli.office.matters.services import forms, grants, leads, moves
from xieli.office.matters.tables.clocks import Clock
from xieli.office.matters.tables.core import Matter


def answer(stage: Theatre, person: str, path: str, **fields: Any) -> tuple[int, str]:
    """What a browser's plain form is answered: status and page."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.cookies[settings.SESSION_COOKIE] = stage.token(person)
    told = client.post(path, fields)
    return told.status_code, told.content.decode()


def one(stage: Theatre, query: str, *values: Any) -> Any:
    return stage.admin.execute(query, list(values)).fetchone()[0]  # type: ignore[arg-type, index]


def steps(stage: Theatre, matter: int) -> int:
    return int(one(stage, "select count(*) from matter_move where matter_id = %s", matter))


def term(stage: Theatre, matter: int, code: str) -> tuple[Any, ...]:
    """What must not change: state, dates and events of a clock."""
    return stage.admin.execute("select c.state, c.alarm_at, c.due_at, c.on_expiry, c.next_look is not null, (select count(*) from clock_event e where e.clock_id = c.id) from clock c"  # type: ignore[return-value]
                               " where c.matter_id = %s and c.code = %s", [matter, code]).fetchone()


def step_by_hand(stage: Theatre, raw: Any, person: str, matter: int, move: str, to: str) -> None:
    """The step as a program writes it that computes the new state itself; it is refused or stands when the transaction ends."""
    state, version = stage.admin.execute("select state, row_version from matter where id = %s", [matter]).fetchone()  # type: ignore[misc]
    token = state["tokens"][0]
    forged = {**state, "tokens": [{**token, "id": state["next_id"], "stage": to}], "next_id": state["next_id"] + 1}
    with raw(person) as connection:
        connection.execute("select access.make_move(%s, %s, %s, %s, '', null, null, %s)", [matter, move, token["id"], Jsonb(forged), version])
        connection.commit()


def vary_asked(kit: Kit, stage: Theatre) -> int:
    with stage.acts("yj-rights"):
        matter = leads.register(leads.NewMatter("rights_intake", "申请变更措施", stage.body("yj"), stage.room("yj/internal"), (kit.subject(),)))
        moves.make(matter, "register", form=("intake", {"person": "某", "by": "self", "kind": "vary", "text": "申请变更为责令候查", "received_at": kit.hands.clock().isoformat(), "oral": False}))
        moves.make(Matter.objects.get(pk=matter.pk), "to_vary")
    return int(matter.pk)


def found_unrelated(kit: Kit, stage: Theatre) -> int:
    matter = seized(kit, stage)
    kit.hands.step(kit.handler, matter, "executed", form=("inventory", {**INVENTORY, "seized_on": kit.hands.day()}))
    kit.hands.step(kit.chief, matter, "find_unrelated", reason="与案件无关")
    return matter


@pytest.fixture(scope="module")
def terms(kit: Kit, stage: Theatre) -> dict[str, tuple[str, int]]:
    """The three terms that escalate: who could reach each with his session, and on which matter it runs."""
    return {"notify24": (kit.chief, kit.custody()[0]), "vary": ("yj-rights", vary_asked(kit, stage)), "unrelated_3d": (kit.chief, found_unrelated(kit, stage))}


@pytest.mark.parametrize("code", ["notify24", "vary", "unrelated_3d"])
def test_gates_3_4_5_a_term_is_not_stopped_put_off_or_silenced_by_a_bare_connection(stage: Theatre, raw: Any, terms: dict[str, tuple[str, int]], code: str) -> None:
    person, matter = terms[code]
    before, clock = term(stage, matter, code), one(stage, "select id from clock where matter_id = %s and code = %s", matter, code)
    event = ("insert into clock_event (id, clock_id, matter_id, kind, happened_at, recorded_at, amount, unit, code, ground, approval_id, approver_level, document_no, person_id)"
             " values (access.new_id(), %s, %s, %s, access.now(), access.now(), 30, 'day', '', '', null, 'own', '', %s)")
    for kind in ("stop", "suspend", "extend", "restart", "correct"):
        with raw(person) as connection, pytest.raises(psycopg.errors.CheckViolation, match="only by the step or the approval"):
            connection.execute(event, [clock, matter, kind, stage.person(person)])
    for change in ("state = 'stopped', stopped_at = access.now()", "alarm_at = alarm_at + interval '30 days'", "next_look = null", "on_expiry = 'warn'", "statutory = false",
                   "rule = 'local:x'", "started_at = access.now()"):
        with raw(person) as connection, pytest.raises(psycopg.errors.CheckViolation, match="a dated event only"):
            connection.execute(f"update clock set {change} where id = %s", [clock])  # type: ignore[arg-type]
    assert term(stage, matter, code) == before


def test_gate_3_a_bare_connection_puts_no_notice_off_and_takes_none_back(kit: Kit, stage: Theatre, raw: Any, terms: dict[str, tuple[str, int]]) -> None:
    person, matter = terms["notify24"]
    pending = kit.hands.ask(person, matter, "impediment", {"to": "family"})
    for approval, why in ((pending, "仍未批准"), (one(stage, "select approval_id from measure where matter_id = %s", matter), "别的批准"), (12345, "没有这项批准")):
        with raw(person) as connection, pytest.raises(psycopg.errors.CheckViolation, match="not approved"):
            connection.execute("update measure_notice set exception_approval = %s, exception_reason = %s, ask_again_at = access.now() + interval '7 days' where matter_id = %s", [approval, why, matter])
    with raw(person) as connection, pytest.raises(psycopg.errors.CheckViolation, match="given or put off"):
        connection.execute("update measure_notice set due_at = due_at + interval '30 days' where matter_id = %s", [matter])
    with raw(person) as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute("update measure_notice set given_at = access.now(), given_by_id = %s where matter_id = %s", [stage.person(kit.head), matter])
    assert one(stage, "select count(*) from measure_notice where matter_id = %s and given_at is null and exception_approval is null", matter) == 2


def test_gate_8_whoever_was_on_the_case_reviews_it_neither_by_a_form_nor_by_a_bare_connection(kit: Kit, stage: Theatre, raw: Any) -> None:
    case = in_investigation(kit, stage)
    outsider = kit.hands.staff("adjudicator", "wuchuan/adjudication")
    with stage.acts(kit.chief):
        review = leads.spawn(Matter.objects.get(pk=case), "measure_complaint", "child", owner=stage.body("wuchuan")).id
        for person in (kit.second, outsider):
            grants.give(review, stage.person(person), kind="handler", acts=["read", "write"], ends_at=None, basis="申诉办理", reason="")
    with stage.acts(outsider):
        forms.submit(Matter.objects.get(pk=review), "complaint", _complaint(kit))
        to = moves.playbook_of(Matter.objects.get(pk=review)).moves["accept"].to
    before = steps(stage, review)
    status, page = answer(stage, kit.second, f"/m/{to_ref(review)}/move/accept", reason="直接提交")
    assert (status, "办理过原事项" in page) == (422, True), page[-500:]
    with pytest.raises(psycopg.errors.CheckViolation, match="handled the original"):
        step_by_hand(stage, raw, kit.second, review, "accept", to)
    assert steps(stage, review) == before
    assert answer(stage, outsider, f"/m/{to_ref(review)}/move/accept")[0] == 302
    assert steps(stage, review) == before + 1


def test_gate_10_a_bare_connection_closes_no_unfounded_report_that_does_not_answer(kit: Kit, stage: Theatre, raw: Any) -> None:
    lead = kit.assigned()
    kit.hands.step(kit.chief, lead, "propose", form=("opinion", {"way": "close", "reasons": "经了解反映不实，予以了结。", "study": False, "report_up": False, "proposed_on": kit.hands.day()}))
    kit.hands.approved(kit.chief, lead, "disposal", kit.deputy, kit.head, what={"way": "close"})
    kit.hands.step(kit.head, lead, "do_close")
    for clear_name in (None, "not_unfounded"):
        if clear_name:
            with stage.acts(kit.chief):
                forms.submit(Matter.objects.get(pk=lead), "closing", {"unfounded": True, "clear_name": clear_name, "result": "反映失实", "closed_on": kit.hands.day()})
        with pytest.raises(psycopg.errors.CheckViolation, match="does not bear this step out"):
            step_by_hand(stage, raw, kit.chief, lead, "confirm", "feedback")
    assert one(stage, "select stages from matter where id = %s", lead) == ["closing"]
    with stage.acts(kit.chief):
        forms.submit(Matter.objects.get(pk=lead), "closing", {"unfounded": True, "clear_name": "yes", "result": "反映失实", "closed_on": kit.hands.day()})
    step_by_hand(stage, raw, kit.chief, lead, "confirm", "feedback")
    assert one(stage, "select stages from matter where id = %s", lead) == ["feedback"], "answered, the same step goes through"


def test_gate_2_after_the_limit_a_browsers_form_makes_no_step_of_the_inquiry(kit: Kit, stage: Theatre) -> None:
    matter, _ = kit.custody()
    with stage.acts(kit.chief):
        forms.submit(Matter.objects.get(pk=matter), "proposal", {"subject": "某", "ground": "major", "place": str(stage.body("wuchuan")), "place_confirmed": False,
                                                                 "safety": "已评估安全风险并制定预案。", "alternatives": "较轻措施不足以防止串供。"})
    path = f"/m/{to_ref(matter)}/move/wait_place"
    assert answer(stage, kit.chief, path)[0] == 302
    kit.past(kit.limit(matter))
    before = steps(stage, matter)
    status, page = answer(stage, kit.chief, path)
    assert (status, "到期" in page or "届满" in page) == (422, True), page[-500:]
    assert steps(stage, matter) == before


def test_gates_3_4_5_a_browsers_form_neither_skips_a_notice_nor_ends_a_term_otherwise(kit: Kit, stage: Theatre) -> None:
    custody, vary, property_ = kit.custody()[0], vary_asked(kit, stage), found_unrelated(kit, stage)
    seated_at(stage, custody, "notify")
    with stage.acts(kit.chief):
        forms.submit(Matter.objects.get(pk=custody), "notice", {"impediment": True, "impediment_reason": "家属可能转移赃款"})
    tries = ((kit.chief, custody, "notify24", ("told", "impede", "notices_done")), ("yj-rights", vary, "vary", ("answer_vary", "done", "to_other")),
             (kit.handler, property_, "unrelated_3d", ("dispose", "request", "find_unrelated", "executed")))
    for person, matter, code, attempts in tries:
        before, made = term(stage, matter, code), steps(stage, matter)
        for move in attempts:
            assert answer(stage, person, f"/m/{to_ref(matter)}/move/{move}", reason="直接提交")[0] in (404, 409, 422), move
        assert (term(stage, matter, code), steps(stage, matter)) == (before, made), code
    with stage.acts(kit.chief):
        assert Clock.objects.get(matter_id=property_, code="unrelated_3d").state == "running"
    assert one(stage, "select count(*) from measure_notice where matter_id = %s and given_at is null and exception_approval is null", custody) == 2


def test_gates_9_and_12_hold_for_a_browsers_form(kit: Kit, stage: Theatre) -> None:
    before = one(stage, "select count(*) from matter")
    status, _ = answer(stage, kit.chief, "/leads/new", subject="模型疑点某", body=stage.body("wuchuan"), room=stage.room("wuchuan/supervision1"), source="model", summary="模型比对发现疑点，尚未核实。", kinds="other")
    assert status == 422
    assert one(stage, "select count(*) from matter") == before, "no hit becomes a lead because somebody types it so"
    firm = kit.open("freeze", subjects=(leads.Subject("某公司", kind="unit"),))
    proposal = {"holder": "某公司", "items.0.account": "6222", "items.0.amount": "10000", "firm": "true", "relation": "涉案货款往来账户"}
    assert answer(stage, kit.chief, f"/m/{to_ref(firm)}/form/proposal", **proposal)[0] == 422
    assert one(stage, "select count(*) from form_submission where matter_id = %s", firm) == 0
    assert answer(stage, kit.chief, f"/m/{to_ref(firm)}/form/proposal", **proposal, impact="只冻结涉案账户，工资账户不冻结")[0] == 302
