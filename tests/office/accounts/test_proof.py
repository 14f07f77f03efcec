"""A proof of the last five minutes before grants, broken glass, export, hand-over, reveal and approval of measures, whatever door is used."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import psycopg
import pytest

from tests.office.matters.conftest import Kit, kit  # noqa: F401
from xieli.office.demo.theatre import Theatre
from xieli.office.demo.world import invented_id
from xieli.office.documents import services as documents
from xieli.office.matters.services import approvals, grants, handover, identity_numbers
from xieli.office.matters.tables.approvals import Approval
from xieli.office.matters.tables.core import Matter

Raw = Callable[[str], AbstractContextManager[psycopg.Connection[Any]]]


@pytest.fixture
def stale(stage: Theatre) -> Iterator[Callable[..., None]]:
    """`stale("chief")`: that person signed in with a second factor, six minutes ago; `fresh=True`: just now."""
    def set_(person: str, *, fresh: bool = False) -> None:
        stage.token(person)
        stage.admin.execute("update access.session set factor = 'totp', proved_at = access.now() - make_interval(mins => %s) where person = %s and ended_at is null",
                            [0 if fresh else 6, stage.person(person)])

    yield set_
    stage.admin.execute("update access.session set factor = 'none'")


def code(kit: Kit, person: str, act: Callable[[], object]) -> str:  # noqa: F811
    return kit.code(person, act)


def test_a_grant_a_hand_over_a_paper_and_a_measures_approval_wait_for_the_proof(kit: Kit, stage: Theatre, stale: Callable[..., None]) -> None:  # noqa: F811
    lead = kit.open()
    asked = kit.open("liuzhi")
    with stage.acts(kit.chief):
        approval = approvals.request(Matter.objects.get(pk=asked), "liuzhi", {}, collective_no="巫川纪会〔2026〕41号").id
    acts: dict[str, tuple[str, Callable[[], object]]] = {
        "grant": (kit.chief, lambda: grants.give(lead, stage.person(kit.second), kind="reviewer", acts=["read"], ends_at=None, basis="复核", reason="")),
        "paper": (kit.chief, lambda: documents.make(Matter.objects.get(pk=lead), "passport", purpose="file", years=5)),
        "hand-over": (kit.chief, lambda: handover.send(Matter.objects.get(pk=lead), stage.body("zhongyue"), reason="属该县管理权限")),
        "measure": (kit.head, lambda: approvals.decide(Approval.objects.get(pk=approval), "approved")),
    }
    for name, (person, act) in acts.items():
        stale(person)
        assert code(kit, person, act) == "prove_again", name
        stale(person, fresh=True)
        assert code(kit, person, act) == "", name


def test_broken_glass_waits_for_the_proof_and_a_refusal_of_a_measure_does_not(kit: Kit, stage: Theatre, raw: Raw, stale: Callable[..., None]) -> None:  # noqa: F811
    lead, asked = kit.open(), kit.open("liuzhi")
    with stage.acts(kit.chief):
        approval = approvals.request(Matter.objects.get(pk=asked), "liuzhi", {}, collective_no="巫川纪会〔2026〕42号").id
    stale(kit.clerk)
    with raw(kit.clerk) as connection, pytest.raises(psycopg.DatabaseError) as refused:
        connection.execute("select access.break_glass(%s, '紧急情况，需要查看')", [lead])
    assert refused.value.sqlstate == "XL001"
    stale(kit.clerk, fresh=True)
    with raw(kit.clerk) as connection:
        assert connection.execute("select access.break_glass(%s, '紧急情况，需要查看')", [lead]).fetchone()
    stale(kit.head)
    assert kit.decide(kit.head, approval, "refused", "材料不足") == "refused"


def test_the_raw_connection_is_asked_as_well_and_cannot_prove_for_itself(kit: Kit, stage: Theatre, raw: Raw, stale: Callable[..., None]) -> None:  # noqa: F811
    lead = kit.open()
    stale(kit.chief)
    for attack in ("select access.give(%s, %s, 'reviewer', '{read}', null, null, 'x', '')",):
        with raw(kit.chief) as connection, pytest.raises(psycopg.DatabaseError) as refused:
            connection.execute(attack, [lead, stage.person(kit.second)])
        assert refused.value.sqlstate == "XL001"
    for event in ("register.exported", "document.printed", "match.revealed", "match.exported", "report.taken", "report.exported"):
        with raw(kit.chief) as connection, pytest.raises(psycopg.DatabaseError):
            connection.execute("select audit.record(%s, '{\"register\": \"leads\", \"rows\": 1, \"purpose\": \"x\"}')", [event])
    with raw(kit.chief) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("select access.prove(sha256('x'))")
    with raw(kit.chief) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("update access.session set proved_at = now()")


def test_a_step_of_the_playbook_needs_no_second_proof_for_what_it_entails(kit: Kit, stage: Theatre, stale: Callable[..., None]) -> None:  # noqa: F811
    lead = kit.accepted()
    kit.hands.approved(kit.duty, lead, "assign", kit.head)
    stale(kit.head)
    kit.hands.step(kit.head, lead, "assign")
    assert stage.sees(kit.chief, lead)


def test_an_identity_number_in_full_waits_for_the_proof_and_a_reason_and_is_an_act(kit: Kit, stage: Theatre, raw: Raw, stale: Callable[..., None]) -> None:  # noqa: F811
    number = invented_id(812)
    lead = kit.open(subjects=(kit.subject(id_number=number),))
    with stage.acts(kit.chief):
        subject = Matter.objects.get(pk=lead).subjects.get()
    show = lambda: identity_numbers.number(subject, "核对银行流水")  # noqa: E731
    stale(kit.chief)
    assert code(kit, kit.chief, show) == "prove_again"
    with raw(kit.chief) as connection, pytest.raises(psycopg.DatabaseError) as refused:
        connection.execute("select access.open_identity(%s, '核对银行流水')", [subject.id])
    assert refused.value.sqlstate == "XL001"
    stale(kit.chief, fresh=True)
    assert code(kit, kit.chief, lambda: identity_numbers.number(subject, " ")) == "reason_needed"
    before = stage.admin.execute("select count(*) from audit.event where verb = 'identity.opened'").fetchone()
    with stage.acts(kit.chief):
        assert show() == number
    row = stage.admin.execute("select matters, purpose, convert_from(canon, 'UTF8') from audit.event where verb = 'identity.opened' order by id desc limit 1").fetchone()
    assert row is not None
    assert row[:2] == ([lead], "核对银行流水")
    assert number not in row[2], "the act tells that it was shown, never the number"
    assert stage.admin.execute("select count(*) from audit.event where verb = 'identity.opened'").fetchone() == (before[0] + 1,)
    stale("yj-analyst", fresh=True)
    assert code(kit, "yj-analyst", show) == "not_found", "nobody outside the circle"
