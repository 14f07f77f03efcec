"""Approvals: in order, by two persons, by the office or its deputy within limits, on paper with two clerks, in the closed zone."""
from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.office.matters.conftest import Kit
from xieli.office.demo.theatre import ZONE, Theatre
from xieli.office.matters.services import approvals, moves
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.tables.approvals import Approval, ApprovalStep
from xieli.office.matters.tables.core import Matter

Raw = Callable[[str], AbstractContextManager[psycopg.Connection[Any]]]


def proposed(kit: Kit) -> int:
    lead = kit.assigned()
    kit.hands.step(kit.chief, lead, "propose", form=("opinion", {"way": "close", "reasons": "经了解反映不实，予以了结。", "study": False, "report_up": False, "proposed_on": kit.hands.day()}))
    return lead


def test_the_signers_sign_in_their_order(kit: Kit) -> None:
    approval = kit.hands.ask(kit.chief, proposed(kit), "disposal", {"way": "close"})
    assert kit.decide(kit.head, approval) == "turn"
    assert kit.decide(kit.deputy, approval) == "pending"
    assert kit.decide(kit.head, approval) == "approved"


def test_what_is_not_approved_is_not_executed(kit: Kit) -> None:
    lead = kit.accepted()
    kit.hands.ask(kit.duty, lead, "assign")
    assert kit.code(kit.head, lambda: moves.make(Matter.objects.get(pk=lead), "assign")) == "not_approved"


def test_an_approval_of_another_matter_opens_nothing(kit: Kit) -> None:
    lead, other = kit.accepted(), kit.accepted()
    approval = kit.hands.approved(kit.duty, other, "assign", kit.head)
    with kit.stage.acts(kit.head):
        stolen = Approval.objects.get(pk=approval)
    assert kit.code(kit.head, lambda: moves.make(Matter.objects.get(pk=lead), "assign", approval=stolen)) == "not_approved"


def test_a_refusal_needs_a_reason_and_ends_the_request(kit: Kit) -> None:
    approval = kit.hands.ask(kit.duty, kit.accepted(), "assign")
    assert kit.decide(kit.head, approval, "refused") == "reason_needed"
    assert kit.decide(kit.head, approval, "refused", "材料不全") == "refused"
    assert kit.decide(kit.head, approval) == "conflict"


def test_nobody_approves_his_own_request(kit: Kit) -> None:
    lead = kit.accepted()
    with kit.stage.acts(kit.duty):
        from xieli.office.matters.services import grants

        grants.give(lead, kit.stage.person(kit.head), kind="handler", acts=["read", "write"], ends_at=None, basis="试", reason="")
    approval = kit.hands.ask(kit.head, lead, "assign")
    assert kit.decide(kit.head, approval) == "own_request"


def test_one_person_does_not_sign_two_places(kit: Kit, stage: Theatre) -> None:
    approval = kit.hands.ask(kit.chief, proposed(kit), "disposal", {"way": "close"})
    stage.admin.execute("insert into posting (person_id, body_id, office_id, kind, starts_at, basis, is_deputy, confirmed_by_id) values (%s, %s, %s, 'regular', access.now(), 'test', false, %s)",
                        [stage.person(kit.deputy), stage.body("wuchuan"), stage.world.offices["head@wuchuan"], stage.person("yj-head")])
    assert kit.decide(kit.deputy, approval) == "pending"
    assert kit.decide(kit.deputy, approval) == "two_persons"
    stage.admin.execute("update posting set ends_at = access.now() where basis = 'test'")
    assert kit.decide(kit.head, approval) == "approved"


def test_a_delegate_signs_what_is_delegable_and_only_meanwhile(kit: Kit, stage: Theatre) -> None:
    now = kit.hands.clock()
    stage.admin.execute("insert into delegation (office_id, person_id, acts, starts_at, ends_at, given_by_id) values (%s, %s, %s, %s, %s, %s)",
                        [stage.world.offices["head@wuchuan"], stage.person(kit.chief), Jsonb(["assign"]), now - timedelta(hours=1), now + timedelta(days=2), stage.person(kit.head)])
    assigning = kit.hands.ask(kit.duty, kit.accepted(), "assign")
    assert kit.decide(kit.chief, assigning) == "approved"
    with stage.acts(kit.duty):
        assert ApprovalStep.objects.get(approval_id=assigning).as_deputy
    late = kit.hands.ask(kit.duty, kit.accepted(), "assign")
    kit.hands.minutes(60 * 24 * 3)
    assert kit.decide(kit.chief, late) in ("turn", "not_found")


def test_a_delegate_does_not_sign_what_is_not_delegable(kit: Kit, stage: Theatre) -> None:
    now = kit.hands.clock()
    stage.admin.execute("insert into delegation (office_id, person_id, acts, starts_at, ends_at, given_by_id) values (%s, %s, %s, %s, %s, %s)",
                        [stage.world.offices["deputy@wuchuan"], stage.person("wuchuan-handler2"), Jsonb(["disposal"]), now - timedelta(hours=1), now + timedelta(days=2), stage.person(kit.deputy)])
    approval = kit.hands.ask(kit.chief, proposed(kit), "disposal", {"way": "close"})
    assert kit.decide("wuchuan-handler2", approval) in ("turn", "not_found")


def filed(kit: Kit) -> tuple[int, int, int]:
    """A case whose filing and plan are both asked for: papers in parallel."""
    case = kit.open("case")
    kit.hands.step(kit.handler, case, "submit", form=("filing", {"subject": "某", "facts": "收受财物，有书证印证。", "sides": "both", "central_unit": False, "filed_on": kit.hands.day()}))
    return case, kit.hands.ask(kit.handler, case, "file", {}), kit.hands.ask(kit.handler, case, "plan", {}, collective_no="巫川纪专题〔2026〕1号")


def test_decisions_come_in_order_though_papers_are_prepared_in_parallel(kit: Kit) -> None:
    _, _, plan = filed(kit)
    assert kit.decide(kit.head, plan) == "order"


def paper(kit: Kit, clerk: str, approval: int, number: str, when: datetime, verdict: str = "approved", reason: str = "") -> str:
    try:
        with kit.stage.acts(clerk):
            return approvals.sign_on_paper(Approval.objects.get(pk=approval), verdict, number=number, signed_at=when, reason=reason)
    except Refused as refused:
        return refused.code


def test_a_signer_without_an_account_signs_on_paper_with_two_clerks(kit: Kit) -> None:
    _, filing, _ = filed(kit)
    when = kit.hands.clock()
    kit.hands.minutes(30)
    assert paper(kit, kit.handler, filing, "委批1", kit.hands.clock()) == "has_account"
    kit.hands.sign(kit.deputy, filing)
    kit.hands.sign(kit.head, filing)
    assert kit.decide(kit.head, filing) in ("paper", "two_persons")
    assert paper(kit, kit.handler, filing, "委批1", when) == "order", "signed before the head had signed"
    assert paper(kit, kit.handler, filing, "", kit.hands.clock()) == "paper_fields"
    signed = kit.hands.clock() + timedelta(minutes=1)
    kit.hands.minutes(5)
    assert paper(kit, kit.handler, filing, "委批1", kit.hands.clock() + timedelta(hours=1)) == "future"
    assert paper(kit, kit.handler, filing, "委批1", signed) == "half"
    assert paper(kit, kit.handler, filing, "委批1", signed) == "second_clerk"
    assert paper(kit, kit.second, filing, "委批2", signed) == "clerks_differ"
    assert paper(kit, kit.second, filing, "委批1", signed) == "approved"


def test_a_refusal_on_paper_needs_its_reason(kit: Kit) -> None:
    _, filing, _ = filed(kit)
    kit.hands.sign(kit.deputy, filing)
    kit.hands.sign(kit.head, filing)
    signed = kit.hands.clock() + timedelta(minutes=1)
    kit.hands.minutes(5)
    assert paper(kit, kit.handler, filing, "委批3", signed, "refused") == "reason_needed"


def test_the_collective_is_its_record_and_its_chairman_signs_once(kit: Kit) -> None:
    case = kit.open("case")
    assert kit.code(kit.handler, lambda: approvals.request(Matter.objects.get(pk=case), "plan", {})) == "collective_record"
    _, _filing, plan = filed(kit)
    with kit.stage.acts(kit.handler):
        steps = list(ApprovalStep.objects.filter(approval_id=plan).order_by("order").values_list("how", "decision", "paper_no"))
    assert steps == [("collective", "recorded", "巫川纪专题〔2026〕1号"), ("sign", "", "")]


def test_measures_are_approved_in_the_closed_zone_only(kit: Kit, stage: Theatre) -> None:
    matter = kit.open("liuzhi")
    approval = kit.hands.ask(kit.chief, matter, "liuzhi", {}, collective_no="巫川纪会〔2026〕1号")
    with stage.acts(kit.chief):
        assert Approval.objects.get(pk=approval).closed_zone
    token = stage.token(kit.head)
    stage.admin.execute("update access.session set zone = 'public' where token = sha256(convert_to(%s, 'UTF8'))", [token])
    assert kit.decide(kit.head, approval) == "closed_zone"
    stage.admin.execute("update access.session set zone = 'closed' where token = sha256(convert_to(%s, 'UTF8'))", [token])
    assert kit.decide(kit.head, approval) == "pending"


def test_the_snapshot_is_what_the_signer_saw_and_its_digest_is_in_the_ledger(kit: Kit, stage: Theatre) -> None:
    approval = kit.hands.approved(kit.duty, kit.accepted(), "assign", kit.head)
    sha, canon = stage.admin.execute("select sha, canon from snapshot where approval_id = %s", [approval]).fetchone()
    import hashlib

    assert hashlib.sha256(bytes(canon)).hexdigest() == sha
    assert stage.admin.execute("select count(*) from audit.event where convert_from(canon, 'UTF8') like %s", [f"%{sha}%"]).fetchone() == (1,)


def test_a_hostile_connection_cannot_approve(kit: Kit, raw: Raw) -> None:
    approval = kit.hands.ask(kit.duty, kit.accepted(), "assign")
    for person in (kit.duty, kit.head):
        for attack in ("update approval set state = 'approved' where id = %s", "update approval_step set decision = 'approved' where approval_id = %s",
                       "insert into approval_step (approval_id) values (%s)", "delete from approval_step where approval_id = %s", "select access.conclude(%s)", "select access.admit_signer(%s)"):
            with raw(person) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(attack, [approval])
    with raw(kit.duty) as connection, pytest.raises(psycopg.Error) as refused:
        connection.execute("select access.decide_approval(%s, 'approved', '', '{}', '\\x7b7d', encode(sha256('\\x7b7d'), 'hex'))", [approval])
    assert refused.value.sqlstate == "42501"


def test_the_same_request_is_not_asked_twice_and_who_asked_takes_it_back(kit: Kit) -> None:
    lead = kit.accepted()
    approval = kit.hands.ask(kit.duty, lead, "assign", {"room": 1})
    assert kit.code(kit.duty, lambda: approvals.request(Matter.objects.get(pk=lead), "assign", {"room": 1})) == "duplicate"
    assert kit.code(kit.head, lambda: approvals.withdraw(Approval.objects.get(pk=approval))) == "not_found"
    with kit.stage.acts(kit.duty):
        approvals.withdraw(Approval.objects.get(pk=approval))
    assert kit.decide(kit.head, approval) == "conflict"


def test_nights_and_weekends_count_like_days(kit: Kit, stage: Theatre) -> None:
    saturday = kit.hands.clock() + timedelta(days=(5 - kit.hands.clock().weekday()) % 7 + 7)
    stage.at(saturday.replace(hour=23, minute=30).strftime("%Y-%m-%d %H:%M"))
    approval = kit.hands.approved(kit.duty, kit.accepted(), "assign", kit.head)
    with stage.acts(kit.duty):
        decided = Approval.objects.get(pk=approval).decided_at
    assert decided is not None
    assert decided.astimezone(ZONE).weekday() == 5
