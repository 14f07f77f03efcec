"""The custody gate: at the alarm instant every new act of inquiry is refused through service and raw SQL; the lawful exits stay open."""
from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from tests.office.matters.conftest import Kit
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import approvals, clocks, measures, moves
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.tables.approvals import Approval
from xieli.office.matters.tables.clocks import Alarm, Clock
from xieli.office.matters.tables.core import Matter, MatterSubject
from xieli.office.matters.tables.measures import Measure, MeasureNotice, Presence, RightsSheet

Raw = Callable[[str], AbstractContextManager[psycopg.Connection[Any]]]
TWO = [{"person": 1, "role": "lead"}, {"person": 2, "role": "assistant"}]


def presence(kit: Kit, matter: int, **fields: Any) -> Presence:
    found = Matter.objects.get(pk=matter)
    return measures.open_presence(found, MatterSubject.objects.get(matter=found), **{"basis": "liuzhi", "place": "留置场所", **fields})


def test_at_its_limit_only_lawful_exits_stay_open(kit: Kit, raw: Raw, stage: Theatre) -> None:
    matter, measure = kit.custody()
    with stage.acts(kit.chief):
        held = presence(kit, matter).id
    limit = kit.limit(matter)
    kit.past(limit - timedelta(minutes=30))
    with stage.acts(kit.chief):
        measures.enter_presence(Presence.objects.get(pk=held), "talk", persons=TWO)
    kit.past(limit)
    # services refuse
    assert kit.code(kit.chief, lambda: presence(kit, matter)) == "custody_expired"
    assert kit.code(kit.chief, lambda: measures.enter_presence(Presence.objects.get(pk=held), "talk", persons=TWO)) == "custody_expired"
    assert kit.code(kit.chief, lambda: approvals.request(Matter.objects.get(pk=matter), "extend", {}, collective_no="迟〔2026〕1号")) == "custody_expired"
    assert kit.code(kit.chief, lambda: measures.take(Matter.objects.get(pk=matter), MatterSubject.objects.get(matter_id=matter), "interview", approval=None,
                                                     by_body=stage.body("wuchuan"))) == "custody_expired"
    # a raw connection is refused the same
    subject = stage.admin.execute("select subject_id from measure where id = %s", [measure]).fetchone()[0]
    for attack, arguments in (
        ("insert into presence (id, matter_id, subject_id, basis, place, started_at, free_to_leave, risk_note, end_kind) values (1, %s, %s, 'liuzhi', 'x', access.now(), false, '', '')", [matter, subject]),
        ("insert into presence_entry (id, presence_id, matter_id, kind, starts_at, note, persons, recorded_by_id, recorded_at) values (2, %s, %s, 'talk', access.now(), '', '[]', %s, access.now())",
         [held, matter, stage.person(kit.chief)]),
        ("insert into measure (id, matter_id, subject_id, kind, by_body_id, collective_no, superior_no, document_no, place, started_at, recorded_at, recorded_by_id, end_reason, end_document_no,"
         " late_record, enterprise_note) values (3, %s, %s, 'interview', %s, '', '', '', '', access.now(), access.now(), %s, '', '', false, '')",
         [matter, subject, stage.body("wuchuan"), stage.person(kit.chief)]),
    ):
        with raw(kit.chief) as connection, pytest.raises(psycopg.errors.CheckViolation) as refused:
            connection.execute(attack, arguments)
        assert "custody has reached its limit" in str(refused.value)
    # what stays open: care, rest, notices, and the release
    with stage.acts(kit.chief):
        for kind in ("medical", "rest", "meal"):
            measures.enter_presence(Presence.objects.get(pk=held), kind)
        for notice in MeasureNotice.objects.filter(measure_id=measure, given_at=None):
            measures.give_notice(notice)
    with stage.acts(kit.chief):
        measures.close_presence(Presence.objects.get(pk=held), kind="released")
        measures.end(Measure.objects.get(pk=measure), "released", document_no="解〔2026〕1号")
    with stage.acts(kit.chief):
        assert Clock.objects.get(matter_id=matter, code="liuzhi").state == "stopped"
        assert not presence(kit, matter, basis="walk_in_talk").ended_at, "after the lawful exit the gate is open again"


def test_an_extension_decided_before_the_limit_moves_it(kit: Kit, stage: Theatre) -> None:
    matter, measure = kit.custody()
    limit = kit.limit(matter)
    kit.past(limit - timedelta(days=5))
    # a case's extension of liuzhi: by the collective and the superior, under the playbook's act
    approval = kit.hands.approved(kit.chief, matter, "extend", kit.head, "yj-head", what={"amount": 3, "unit": "month"}, collective_no="巫川纪会〔2026〕77号")
    with stage.acts(kit.chief):
        clock = Clock.objects.get(matter_id=matter, code="liuzhi")
        clocks.happen(clock, "extend", amount=3, unit="month", code="first", ground="special_circumstances", approval_id=approval, approver_level="next_level", document_no="渝江纪批〔2026〕78号")
    assert kit.limit(matter) > limit + timedelta(days=80)
    kit.past(limit)
    with stage.acts(kit.chief):
        presence(kit, matter)
        measures.end(Measure.objects.get(pk=measure), "released")


def test_an_extension_after_the_limit_is_refused_by_the_clock(kit: Kit, stage: Theatre) -> None:
    matter, measure = kit.custody()
    kit.past(kit.limit(matter))

    def late() -> None:
        clocks.happen(Clock.objects.get(matter_id=matter, code="liuzhi"), "extend", amount=3, unit="month", code="first", ground="special_circumstances", approver_level="next_level", document_no="迟〔2026〕1号")

    assert kit.code(kit.chief, late).startswith("clock_")
    with stage.acts(kit.chief):
        measures.end(Measure.objects.get(pk=measure), "transferred")


def test_past_its_limit_the_head_and_the_superior_are_alarmed_again_and_again(kit: Kit, stage: Theatre) -> None:
    matter, measure = kit.custody()
    kit.past(kit.limit(matter))
    clock = stage.admin.execute("select id from clock where matter_id = %s and on_expiry = 'must_release'", [matter]).fetchone()[0]
    for _ in range(2):
        stage.admin.execute("select access.raise_alarm(%s, 2)", [clock])
    people = {row[0] for row in stage.admin.execute("select distinct person_id from notification where kind = 'clock_alarm' and fields->>'clock' = %s", [str(clock)])}
    assert {stage.person(kit.head), stage.person("yj-head")} <= people
    with stage.acts(kit.chief):
        assert Alarm.objects.filter(matter_id=matter, kind="custody").count() == 2
        measures.end(Measure.objects.get(pk=measure), "released")
    assert stage.admin.execute("select access.raise_alarm(%s, 2)", [clock]).fetchone() == (None,), "a lawful exit ends the alarms"


def test_what_happened_is_entered_late_with_both_dates_and_as_a_breach(kit: Kit, stage: Theatre) -> None:
    matter = kit.open("case")
    began = kit.hands.clock()
    kit.hands.minutes(60 * 5)

    def take(when: Any) -> Measure:
        return measures.take(Matter.objects.get(pk=matter), MatterSubject.objects.get(matter_id=matter), "questioning", approval=None, by_body=stage.body("wuchuan"), started_at=when, late=True)

    now = kit.hands.clock()
    assert kit.code(kit.chief, lambda: take(now)) == "late_record", "a late record is no way to begin something now"
    with stage.acts(kit.chief):
        row = take(began)
        assert row.late_record
        assert row.recorded_at - row.started_at >= timedelta(hours=4)
        assert Alarm.objects.filter(matter_id=matter, kind="late_record").exists()


def test_every_measure_brings_its_rights_sheet(kit: Kit, stage: Theatre) -> None:
    """Every kind there is, also one that is entered late: the sheet names recusal, complaint and re-check, each a rule of the statutes."""
    began = kit.hands.clock()
    kit.hands.minutes(30)
    for kind, _ in Measure.KINDS:
        matter = kit.open("case")
        with stage.acts(kit.chief):
            row = measures.take(Matter.objects.get(pk=matter), MatterSubject.objects.get(matter_id=matter), kind, approval=None, by_body=stage.body("wuchuan"), started_at=began, late=True)
            sheet = RightsSheet.objects.get(measure=row)
            assert {"cn.jcf.humane", "cn.jcf.recuse", "cn.jcf.shensu", "cn.jcf.fucha1"} <= set(sheet.content["rules"]), kind
            assert sheet.given_at is None, "handed over by a person, not by the machine"
            for rule in sheet.content["rules"]:
                assert clocks.rules().find(rule), (kind, rule)


def test_a_measure_is_ended_never_rewritten(kit: Kit, raw: Raw) -> None:
    _, measure = kit.custody()
    for change in ("started_at = started_at - interval '1 day'", "superior_no = 'x'", "kind = 'interview'"):
        with raw(kit.chief) as connection, pytest.raises(psycopg.errors.CheckViolation):
            connection.execute(f"update measure set {change} where id = %s", [measure])
    with raw(kit.chief) as connection, pytest.raises(psycopg.Error):
        connection.execute("delete from measure where id = %s", [measure])


def test_the_presence_clock_needs_a_basis_for_every_minute(kit: Kit, raw: Raw, stage: Theatre) -> None:
    matter = kit.open("case")
    for basis in ("", "waiting_for_approval"):
        assert kit.code(kit.chief, lambda basis=basis: presence(kit, matter, basis=basis)) == "presence_basis"
    with stage.acts(kit.chief):
        held = presence(kit, matter, basis="walk_in_talk").id
    assert kit.code(kit.chief, lambda: measures.enter_presence(Presence.objects.get(pk=held), "basis", note="waiting_for_approval")) == "presence_basis"
    with raw(kit.chief) as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute("insert into presence_entry (id, presence_id, matter_id, kind, starts_at, note, persons, recorded_by_id, recorded_at)"
                           " values (9, %s, %s, 'basis', access.now(), 'waiting_for_approval', '[]', %s, access.now())", [held, matter, stage.person(kit.chief)])
    assert kit.code(kit.chief, lambda: presence(kit, matter, basis="walk_in_talk", at=kit.hands.clock() + timedelta(hours=1))) == "future"
    assert kit.code(kit.chief, lambda: measures.enter_presence(Presence.objects.get(pk=held), "talk", persons=[TWO[0], {"person": 3, "role": "specialist"}])) == "two_persons"


def test_on_the_measure_itself_a_raw_connection_makes_no_move_but_a_lawful_exit(kit: Kit, raw: Raw, stage: Theatre) -> None:
    matter, measure = kit.custody()
    kit.past(kit.limit(matter))
    state = stage.admin.execute("select state from matter where id = %s", [matter]).fetchone()[0]
    version = stage.admin.execute("select row_version from matter where id = %s", [matter]).fetchone()[0]
    token = state["tokens"][0]["id"]
    from psycopg.types.json import Jsonb

    forged = {**state, "tokens": [{"id": state["next_id"], "stage": "decide", "body": None, "frames": []}], "next_id": state["next_id"] + 1}
    with raw(kit.chief) as connection, pytest.raises(psycopg.errors.CheckViolation) as refused:
        connection.execute("select access.make_move(%s, 'propose', %s, %s, '', null, null, %s)", [matter, token, Jsonb(forged), version])
    assert "custody has reached its limit" in str(refused.value)
    with stage.acts(kit.chief):
        measures.end(Measure.objects.get(pk=measure), "changed")


def test_a_body_without_the_power_takes_no_measure(kit: Kit, stage: Theatre) -> None:
    matter = kit.open("case")

    def by_the_unit() -> None:
        measures.take(Matter.objects.get(pk=matter), MatterSubject.objects.get(matter_id=matter), "questioning", approval=None, by_body=stage.body("icb-dc"))

    assert kit.code(kit.chief, by_the_unit) == "power"


def test_an_approved_measure_is_taken_once_and_not_before_its_approval(kit: Kit, stage: Theatre) -> None:
    matter = kit.open("liuzhi")
    before = kit.hands.clock()
    kit.hands.minutes(10)
    approval = kit.hands.approved(kit.chief, matter, "liuzhi", kit.head, "yj-head", collective_no="巫川纪会〔2026〕98号")

    def take(**fields: Any) -> Measure:
        return measures.take(Matter.objects.get(pk=matter), MatterSubject.objects.get(matter_id=matter), "liuzhi", approval=Approval.objects.get(pk=approval),
                             by_body=stage.body("wuchuan"), superior_no="渝〔2026〕1号", **fields)

    assert kit.code(kit.chief, lambda: take(started_at=before)) == "order"
    with stage.acts(kit.chief):
        first = take().id
    with stage.acts(kit.chief):
        measures.end(Measure.objects.get(pk=first), "released")
    assert kit.code(kit.chief, take) == "not_approved"
    with pytest.raises(Refused), stage.acts(kit.chief):
        moves.make(Matter.objects.get(pk=matter), "announce")
