"""The twelve hard gates of the rights safeguards (rules.md §7): not reminders, each with its test."""
from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError
from psycopg.types.json import Jsonb

from tests.office.matters.conftest import Kit
from xieli.engines.matching.authorization.document import parse_authorization
from xieli.engines.matching.words import MatchError
from xieli.office.demo.theatre import Theatre
from xieli.office.ids import to_ref
from xieli.office.matters.services import approvals, clocks, forms, grants, leads, measures, moves, people
from xieli.office.matters.tables.approvals import Approval
from xieli.office.matters.tables.clocks import Clock
from xieli.office.matters.tables.core import Matter, MatterLink, MatterSubject
from xieli.office.matters.tables.measures import Measure, MeasureNotice, RightsSheet
from xieli.office.matters.tables.work import Outcome


def take(stage: Theatre, matter: int, kind: str, approval: int | None, **fields: Any) -> Measure:
    return measures.take(Matter.objects.get(pk=matter), MatterSubject.objects.get(matter_id=matter), kind, approval=Approval.objects.get(pk=approval) if approval else None,
                         by_body=stage.body("wuchuan"), **fields)


def test_gate_1_no_custody_without_the_collective_record_and_the_superiors_number(kit: Kit, stage: Theatre) -> None:
    matter = kit.open("liuzhi")
    assert kit.code(kit.chief, lambda: approvals.request(Matter.objects.get(pk=matter), "liuzhi", {})) == "collective_record"
    approval = kit.hands.approved(kit.chief, matter, "liuzhi", kit.head, "yj-head", collective_no="巫川纪会〔2026〕1号")
    assert kit.code(kit.chief, lambda: take(stage, matter, "liuzhi", approval)) == "gate_liuzhi"
    assert kit.code(kit.chief, lambda: take(stage, matter, "liuzhi", None, superior_no="x")) == "not_approved"
    with stage.acts(kit.chief):
        take(stage, matter, "liuzhi", approval, superior_no="渝江纪批〔2026〕1号")


def test_gate_2_at_the_limit_nothing_but_release_or_change(kit: Kit) -> None:
    matter, measure = kit.custody()
    kit.past(kit.limit(matter))
    assert kit.code(kit.chief, lambda: measures.open_presence(Matter.objects.get(pk=matter), MatterSubject.objects.get(matter_id=matter), basis="liuzhi", place="x")) == "custody_expired"
    with kit.stage.acts(kit.chief):
        measures.end(Measure.objects.get(pk=measure), "changed")


def test_gate_3_the_24_hour_notices_are_owed_until_given_or_put_off_with_approval(kit: Kit, stage: Theatre) -> None:
    matter, measure = kit.custody()
    kit.hands.minutes(25 * 60)
    with stage.acts(kit.chief):
        assert clocks.status(Clock.objects.get(matter_id=matter, code="notify24"), kit.hands.clock()) == "expired"
        family, unit = MeasureNotice.objects.filter(measure_id=measure).order_by("to")
        measures.give_notice(unit)
        assert Clock.objects.get(matter_id=matter, code="notify24").state == "running", "one of two is not enough"
    pending = kit.hands.ask(kit.chief, matter, "impediment", {"to": "family"})
    assert kit.code(kit.chief, lambda: measures.except_notice(MeasureNotice.objects.get(pk=family.pk), Approval.objects.get(pk=pending), "家属可能转移赃款")) == "not_approved"
    kit.hands.sign(kit.head, pending)
    with stage.acts(kit.chief):
        notice = MeasureNotice.objects.get(pk=family.pk)
        measures.except_notice(notice, Approval.objects.get(pk=pending), "家属可能转移赃款")
        assert notice.ask_again_at is not None
        assert notice.ask_again_at - kit.hands.clock() > timedelta(days=6)
    assert kit.code(kit.chief, lambda: measures.except_notice(MeasureNotice.objects.get(pk=family.pk), Approval.objects.get(pk=pending), "再次不通知")) == "not_approved", "asked again, approved again"


def test_gate_4_a_request_to_vary_waits_three_days_then_escalates(kit: Kit, stage: Theatre) -> None:
    received = kit.hands.clock()
    with stage.acts("yj-rights"):
        matter = leads.register(leads.NewMatter("rights_intake", "申请变更措施", stage.body("yj"), stage.room("yj/internal"), (kit.subject(),)))
        moves.make(matter, "register", form=("intake", {"person": "某", "by": "self", "kind": "vary", "text": "申请变更为责令候查", "received_at": received.isoformat(), "oral": False}))
        moves.make(Matter.objects.get(pk=matter.pk), "to_vary")
        clock = Clock.objects.get(matter_id=matter.id, code="vary")
        assert (clock.rule, clock.on_expiry, clock.statutory) == ("cn.jcf.vary3d", "escalate", True)
        assert clock.alarm_at is not None
        assert timedelta(days=2) < clock.alarm_at - received < timedelta(days=6), "three days, rolled over a weekend"
        assert Matter.objects.get(pk=matter.pk).number, "a numbered receipt on the spot"
    kit.past(clock.alarm_at.astimezone(received.tzinfo))
    stage.admin.execute("select access.raise_alarm(%s, 2)", [clock.id])
    told = {r[0] for r in stage.admin.execute("select person_id from notification where kind = 'clock_alarm' and fields->>'clock' = %s", [str(clock.id)])}
    assert stage.person("yj-head") in told


def seized(kit: Kit, stage: Theatre, **subject: Any) -> int:
    """A seizure that was approved and waits to be carried out."""
    matter = kit.open("seizure", subjects=(kit.subject(**subject),))
    stage.admin.execute("update matter set state = jsonb_set(state, '{tokens,0,stage}', '\"decide\"'), stages = '{decide}' where id = %s", [matter])
    stage.admin.execute("update matter_stage set stage = 'decide' where matter_id = %s", [matter])
    firm = subject.get("kind") == "unit"
    with stage.acts(kit.chief):
        forms.submit(Matter.objects.get(pk=matter), "proposal", {"holder": "某", "firm": firm, "reasons": "账册与案件事实有关，须扣押固定", **({"impact": "只扣押账册，不影响经营"} if firm else {})})
    kit.hands.approved(kit.chief, matter, "seize", kit.deputy)
    kit.hands.step(kit.deputy, matter, "approve")
    return matter


INVENTORY = {"items": [{"name": "账册", "count": 3, "value": 0, "state": "完好"}], "witness": "见证人某", "recording": True, "signed": True}


@pytest.mark.parametrize("subject", [{}, {"kind": "unit", "name": "某建材公司"}])
def test_a_seizure_is_listed_before_a_witness_recorded_and_returned(kit: Kit, stage: Theatre, subject: dict[str, Any]) -> None:
    matter = seized(kit, stage, **subject)
    listed = {**INVENTORY, "seized_on": kit.hands.day()}
    assert kit.code(kit.handler, lambda: moves.make(Matter.objects.get(pk=matter), "executed", form=("inventory", {**listed, "recording": False}))) == "guard_field"
    assert kit.code(kit.handler, lambda: forms.submit(Matter.objects.get(pk=matter), "inventory", {**listed, "items": []})) != "", "an empty list is no list"
    kit.hands.step(kit.handler, matter, "executed", form=("inventory", listed))
    with stage.acts(kit.chief):
        row = Measure.objects.get(matter_id=matter)
        assert (row.kind, row.ended_at) == ("seize", None)
        assert bool(row.enterprise_note) == (subject.get("kind") == "unit")
        assert "cn.jcf.seize.release" in RightsSheet.objects.get(measure=row).content["rules"]
    kit.hands.step(kit.chief, matter, "find_unrelated", reason="与案件无关")
    kit.hands.step(kit.handler, matter, "give_back")
    with stage.acts(kit.chief):
        assert Measure.objects.get(matter_id=matter).ended_at is not None
        assert {o.kind for o in Outcome.objects.filter(matter_id=matter)} == {"seized", "returned"}
        assert Matter.objects.get(pk=matter).status == "closed"


def test_gate_5_property_found_unrelated_goes_back_in_three_days_or_escalates(kit: Kit, stage: Theatre) -> None:
    """Seizure and freeze alike: the clock starts with the finding, cannot be put off, and its end tells the head and the internal supervision."""
    from xieli.office.matters.services.playbooks import shipped

    frozen = shipped()["freeze"].clocks["unrelated_3d"]
    assert (frozen.rule, frozen.on_expiry) == ("cn.jcf.freeze.release", "escalate")
    matter = seized(kit, stage)
    kit.hands.step(kit.handler, matter, "executed", form=("inventory", {**INVENTORY, "seized_on": kit.hands.day()}))
    found_on = kit.hands.clock()
    kit.hands.step(kit.chief, matter, "find_unrelated", reason="与案件无关")
    with stage.acts(kit.chief):
        clock = Clock.objects.get(matter_id=matter, code="unrelated_3d")
        assert (clock.rule, clock.on_expiry, clock.statutory) == ("cn.jcf.seize.release", "escalate", True)
        assert clock.alarm_at is not None
        assert timedelta(days=2) < clock.alarm_at - found_on < timedelta(days=6)
    assert kit.code(kit.chief, lambda: clocks.happen(Clock.objects.get(pk=clock.pk), "extend", amount=3, unit="day")) != "", "nobody extends it"
    kit.past(clock.alarm_at.astimezone(found_on.tzinfo))
    stage.admin.execute("select access.raise_alarm(%s, 2)", [clock.id])
    told = {r[0] for r in stage.admin.execute("select person_id from notification where kind = 'clock_alarm' and fields->>'clock' = %s", [str(clock.id)])}
    assert stage.person(kit.head) in told
    kit.hands.step(kit.handler, matter, "give_back")
    with stage.acts(kit.chief):
        assert Clock.objects.get(pk=clock.pk).state == "stopped", "late, but it goes back: release is always open"


def in_investigation(kit: Kit, stage: Theatre) -> int:
    """A case under investigation, filed on paper by the party secretary."""
    case = kit.open("case")
    kit.hands.step(kit.handler, case, "submit", form=("filing", {"subject": "某", "facts": "收受财物，有书证印证。", "sides": "both", "central_unit": False, "filed_on": kit.hands.day()}))
    filing = kit.hands.ask(kit.handler, case, "file", {})
    kit.hands.sign(kit.deputy, filing)
    kit.hands.sign(kit.head, filing)
    kit.hands.minutes(2)
    kit.hands.sign_on_paper((kit.handler, kit.second), filing, "委批9", (kit.hands.clock() - timedelta(minutes=1)).strftime("%Y-%m-%d %H:%M"))
    kit.hands.step(kit.head, case, "file")
    kit.hands.approved(kit.handler, case, "plan", kit.head, collective_no="巫川纪专题〔2026〕2号")
    with stage.acts(kit.handler):
        for person, slot in ((kit.chief, "leader"), (kit.handler, "members"), (kit.second, "members")):
            people.join_team(Matter.objects.get(pk=case), stage.person(person), slot)
    kit.hands.step(kit.chief, case, "start", form=("plan", {"scope": "收受财物的主要事实和去向", "threads": "治理建议", "safety": "双人谈话"}))
    return case


@pytest.fixture(scope="module")
def tried(kit: Kit, stage: Theatre) -> int:
    """A case whose adjudication proposes a sanction and waits for notice and hearing."""
    case = in_investigation(kit, stage)
    kit.hands.step(kit.handler, case, "finish_investigation")
    judges = [kit.hands.staff("adjudicator", "wuchuan/adjudication", n) for n in (0, 1)]
    with stage.acts(kit.chief):
        for judge in judges:
            grants.give(case, stage.person(judge), kind="handler", acts=["read", "write"], ends_at=None, basis="审理", reason="")
    kit.hands.step(kit.chief, case, "to_adjudication", form=("report", {"outcome": "adjudicate", "facts": "收受财物的事实清楚，证据充分。", "amount": 120000, "finished_on": kit.hands.day()}))
    kit.hands.step(judges[0], case, "propose_sanction", form=("adjudication", {"verdict": "sanction", "party_sanction": "serious", "administrative_sanction": "demerit", "to_justice": False,
                                                                              "talked": True, "decided_on": kit.hands.day()}))
    stage.made["judge"] = judges[0]
    return case


def test_gate_6_no_sanction_before_notice_and_hearing(kit: Kit, stage: Theatre, tried: int) -> None:
    assert kit.code(stage.made["judge"], lambda: moves.make(Matter.objects.get(pk=tried), "heard")) == "form_missing"
    assert kit.code(kit.head, lambda: moves.make(Matter.objects.get(pk=tried), "decide")) == "not_here"
    said = {"facts_notice_served_on": kit.hands.day(), "signed": "本人签收", "heard_on": kit.hands.day(), "said": "未作申辩", "weighed": "已记录"}
    for lacks in ("facts_notice_served_on", "heard_on"):
        code = kit.code(stage.made["judge"], lambda lacks=lacks: moves.make(Matter.objects.get(pk=tried), "heard", form=("hearing", {k: v for k, v in said.items() if k != lacks})))
        assert code == "required", f"without {lacks}"


def test_gate_7_no_decision_without_remedies_and_time_limits(kit: Kit, stage: Theatre, tried: int) -> None:
    assert kit.code(kit.head, lambda: moves.make(Matter.objects.get(pk=tried), "decide")) == "not_here", "the step stands only behind the hearing"
    copy = seated_at(stage, tried, "decision")
    try:
        assert kit.code(kit.head, lambda: moves.make(Matter.objects.get(pk=tried), "decide")) in ("guard_rights", "guard_approval", "not_approved")
        with stage.acts(kit.head):
            refusals = {r.code for offer in moves.offers(Matter.objects.get(pk=tried)) if offer.move == "decide" for r in offer.refusals}
        assert "guard_rights" in refusals, "the screen says so before anybody tries"
        # not even the installer's own hand writes the step while nothing was told
        with pytest.raises(psycopg.errors.CheckViolation, match="must be told first"):
            write_move(stage, kit.head, tried, "decide", "decision")
    finally:
        seated_at(stage, tried, copy)


def seated_at(stage: Theatre, matter: int, where: str) -> str:
    """Put a matter's one token on a stage, as no door can; returns where it was."""
    was = stage.admin.execute("select state->'tokens'->0->>'stage' from matter where id = %s", [matter]).fetchone()[0]  # type: ignore[index]
    stage.admin.execute("update matter set state = jsonb_set(state, '{tokens,0,stage}', to_jsonb(%s::text)), stages = array[%s] where id = %s", [where, where, matter])
    stage.admin.execute("update matter_stage set stage = %s where matter_id = %s and state = 'open'", [where, matter])
    return str(was)


def write_move(stage: Theatre, person: str, matter: int, move: str, where: str) -> None:
    stage.admin.execute("insert into matter_move (id, matter_id, move, from_stage, to_stages, person_id, reason, at, happened_at, by_tx)"
                        " values (access.new_id(), %s, %s, %s, '{}', %s, '', access.now(), access.now(), '')", [matter, move, where, stage.person(person)])


def post(stage: Theatre, person: str, path: str, **fields: Any) -> int:
    """The status with which a browser's plain form is answered."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.cookies[settings.SESSION_COOKIE] = stage.token(person)
    return int(client.post(path, fields).status_code)


def test_gates_1_6_7_10_hold_for_a_browsers_form(kit: Kit, stage: Theatre, tried: int) -> None:
    custody, lead = kit.open("liuzhi"), kit.assigned()
    assert post(stage, kit.chief, f"/m/{to_ref(custody)}/ask/liuzhi", reason="案情需要") in (409, 422)
    assert stage.admin.execute("select count(*) from approval where matter_id = %s", [custody]).fetchone() == (0,)
    kit.hands.step(kit.chief, lead, "propose", form=("opinion", {"way": "close", "reasons": "经了解反映不实，予以了结。", "study": False, "report_up": False, "proposed_on": kit.hands.day()}))
    for person, matter, move in ((stage.made["judge"], tried, "heard"), (kit.head, tried, "decide"), (kit.chief, lead, "confirm"), (kit.head, lead, "do_close")):
        before = stage.admin.execute("select count(*) from matter_move where matter_id = %s", [matter]).fetchone()
        assert post(stage, person, f"/m/{to_ref(matter)}/move/{move}", reason="直接提交") in (404, 409, 422), move
        assert stage.admin.execute("select count(*) from matter_move where matter_id = %s", [matter]).fetchone() == before


def test_gate_6_holds_for_a_bare_connection(kit: Kit, stage: Theatre, raw: Any, tried: int) -> None:
    """The judge's own session, without any service: the step exists in the graph, the hearing does not."""
    state, version = stage.admin.execute("select state, row_version from matter where id = %s", [tried]).fetchone()  # type: ignore[misc]
    token = state["tokens"][0]["id"]
    forged = {**state, "tokens": [{**state["tokens"][0], "id": state["next_id"], "stage": "decision"}], "next_id": state["next_id"] + 1}
    with raw(stage.made["judge"]) as connection:
        connection.execute("select access.make_move(%s, 'heard', %s, %s, '', null, null, %s)", [tried, token, Jsonb(forged), version])
        with pytest.raises(psycopg.errors.CheckViolation, match="must be told first"):
            connection.commit()
    assert stage.admin.execute("select state->'tokens'->0->>'stage' from matter where id = %s", [tried]).fetchone() == ("hearing",)


def test_gates_1_2_9_12_hold_for_a_bare_connection(kit: Kit, stage: Theatre, raw: Any) -> None:
    """Whoever holds the web role's connection and a handler's session writes no measure, no presence and no lead past a gate."""
    def measure(matter: int, kind: str, approval: int | None, superior: str = "") -> tuple[str, list[Any]]:
        subject = stage.admin.execute("select id from matter_subject where matter_id = %s", [matter]).fetchone()[0]  # type: ignore[index]
        return ("insert into measure (id, matter_id, subject_id, kind, approval_id, by_body_id, collective_no, superior_no, document_no, place, started_at, recorded_at, recorded_by_id, enterprise_note,"
                " late_record, end_reason, end_document_no) values (access.new_id(), %s, %s, %s, %s, %s, '', %s, '', '', access.now(), access.now(), %s, '', false, '', '')",
                [matter, subject, kind, approval, stage.body("wuchuan"), superior, stage.person(kit.chief)])

    bare = kit.open("liuzhi")
    approved = kit.open("liuzhi")
    approval = kit.hands.approved(kit.chief, approved, "liuzhi", kit.head, "yj-head", collective_no="巫川纪会〔2026〕77号")
    firm = kit.open("freeze", subjects=(leads.Subject("某公司", kind="unit"),))
    freeze = kit.hands.approved(kit.chief, firm, "freeze", kit.deputy)
    custody, _ = kit.custody()
    held = stage.admin.execute("select id from matter_subject where matter_id = %s", [custody]).fetchone()[0]  # type: ignore[index]
    kit.past(kit.limit(custody))
    attacks = {
        "not approved": measure(bare, "liuzhi", None, "x"), "liuzhi needs the collective record": measure(approved, "liuzhi", approval), "say what it does to the enterprise": measure(firm, "freeze", freeze),
        "custody has reached its limit": ("insert into presence (id, matter_id, subject_id, basis, place, started_at, free_to_leave, risk_note, end_kind) values (access.new_id(), %s, %s, 'liuzhi', '', access.now(), false, '', '')",
                                          [custody, held]),
    }
    for words, (query, values) in attacks.items():
        with raw(kit.chief) as connection, pytest.raises(psycopg.errors.CheckViolation, match=words):
            connection.execute(query, values)
    with raw(kit.chief) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("insert into matter (id, kind, title) values (access.new_id(), 'lead', '模型疑点')")


def test_gate_8_whoever_was_on_the_case_does_not_receive_or_review_what_is_said_against_it(kit: Kit, stage: Theatre) -> None:
    case = in_investigation(kit, stage)
    with stage.acts(kit.chief):
        review = leads.spawn(Matter.objects.get(pk=case), "measure_complaint", "child", owner=stage.body("wuchuan")).id
        outsider = kit.hands.staff("adjudicator", "wuchuan/adjudication")
        for person in (kit.second, outsider):
            grants.give(review, stage.person(person), kind="handler", acts=["read", "write"], ends_at=None, basis="申诉办理", reason="")
    form = ("complaint", _complaint(kit))
    for member in (kit.handler, kit.second, kit.chief):
        assert kit.code(member, lambda: moves.make(Matter.objects.get(pk=review), "accept", form=form)) == "prior_handling"
    # also when they no longer see the case itself
    stage.admin.execute("update matter_grant set revoked_at = access.now() where matter_id = %s and revoked_at is null", [case])
    assert not stage.sees(kit.second, case)
    assert kit.code(kit.second, lambda: moves.make(Matter.objects.get(pk=review), "accept", form=form)) == "prior_handling"
    kit.hands.step(outsider, review, "accept", form=form)


def _complaint(kit: Kit) -> dict[str, Any]:
    from xieli.office.matters.services.playbooks import shipped

    values: dict[str, Any] = {}
    for field in shipped()["measure_complaint"].forms["complaint"].fields:
        if not field.required:
            continue
        values[field.code] = {"boolean": True, "date": kit.hands.day(), "datetime": kit.hands.clock().isoformat(), "integer": 1}.get(
            field.type, field.options[0].code if field.options else "对扣押提出申诉，理由见附页")
        if field.type == "choices":
            values[field.code] = [field.options[0].code]
    return values


def test_gate_9_a_hit_becomes_a_lead_only_after_a_person_judged_it(kit: Kit, stage: Theatre) -> None:
    before = stage.admin.execute("select count(*) from matter").fetchone()
    with pytest.raises(IntegrityError, match="only after a person judged it"), stage.acts(kit.chief):
        leads.register(leads.NewMatter("lead", "模型疑点", stage.body("wuchuan"), stage.room("wuchuan/supervision1"), (kit.subject(),), source="model"))
    assert stage.admin.execute("select count(*) from matter").fetchone() == before


def test_gate_10_an_unfounded_report_answers_whether_to_clear_the_name(kit: Kit, stage: Theatre) -> None:
    lead = kit.assigned()
    kit.hands.step(kit.chief, lead, "propose", form=("opinion", {"way": "close", "reasons": "经了解反映不实，予以了结。", "study": False, "report_up": False, "proposed_on": kit.hands.day()}))
    kit.hands.approved(kit.chief, lead, "disposal", kit.deputy, kit.head, what={"way": "close"})
    kit.hands.step(kit.head, lead, "do_close")
    closing = {"unfounded": True, "clear_name": "not_unfounded", "result": "反映失实", "closed_on": kit.hands.day()}
    assert kit.code(kit.chief, lambda: moves.make(Matter.objects.get(pk=lead), "confirm", form=("closing", closing))) == "guard_field"
    assert kit.code(kit.chief, lambda: forms.submit(Matter.objects.get(pk=lead), "closing", {**closing, "clear_name": "not_needed"})) != "", "not needed says why"
    kit.hands.step(kit.chief, lead, "confirm", form=("closing", {**closing, "clear_name": "yes"}))
    kit.hands.step(kit.duty, lead, "finish_and_clear")
    with stage.acts(kit.duty):
        assert Matter.objects.get(pk=lead).status == "closed"
        assert MatterLink.objects.filter(source_id=lead, target__kind="exoneration").exists()


def test_gate_11_no_matching_without_an_impact_assessment_and_a_scope() -> None:
    document = {"id": "a-1", "kind": "case", "matter": "m", "stage": "preliminary_check", "purpose": {"zh": "核查", "en": "check"}, "basis": ["个保法55"]}
    with pytest.raises(MatchError) as refused:
        parse_authorization(document)
    assert "assessment" in str(refused.value)


def test_gate_12_seizing_or_freezing_a_firms_property_says_what_it_does_to_the_firm(kit: Kit, stage: Theatre) -> None:
    matter = kit.open("freeze", subjects=(leads.Subject("某公司", kind="unit"),))
    approval = kit.hands.approved(kit.chief, matter, "freeze", kit.deputy)
    assert kit.code(kit.chief, lambda: take(stage, matter, "freeze", approval)) == "gate_enterprise"
    with stage.acts(kit.chief):
        take(stage, matter, "freeze", approval, enterprise_note="只冻结涉案账户，工资账户不冻结")
    proposal = {"holder": "某公司", "items": [{"account": "622", "amount": 10000}], "firm": True, "relation": "涉案货款往来账户"}
    assert kit.code(kit.chief, lambda: forms.submit(Matter.objects.get(pk=matter), "proposal", proposal)) != ""
