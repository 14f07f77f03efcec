"""Moves, forms, numbers and sight: along the published graph only, whoever holds the connection."""
from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.office.matters.conftest import ROOM, Kit
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import forms, grants, leads, moves, numbers, people
from xieli.office.matters.services.playbooks import playbook_of
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.work import Fact, FormSubmission, MatterMove

Raw = Callable[[str], AbstractContextManager[psycopg.Connection[Any]]]


# ── the graph ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_raw_connection_cannot_jump_the_graph(kit: Kit, raw: Raw, stage: Theatre) -> None:
    lead = kit.accepted()
    state, version = stage.admin.execute("select state, row_version from matter where id = %s", [lead]).fetchone()
    token = state["tokens"][0]["id"]

    def forged(stage_code: str | None, result: str | None = None) -> Jsonb:
        tokens = [{"id": state["next_id"], "stage": stage_code, "body": None, "frames": []}] if stage_code else []
        return Jsonb({**state, "tokens": tokens, "result": result, "next_id": state["next_id"] + 1})

    for move, new in (("assign", forged("checking")), ("assign", forged("closed", "closed")), ("finish", forged(None, "closed")), ("no_such", forged("opinion")),
                      ("assign", Jsonb({**state, "playbook": "case"})), ("assign", Jsonb({**state, "sha256": "0" * 64}))):
        with raw(kit.duty) as connection, pytest.raises(psycopg.Error) as refused:
            connection.execute("select access.make_move(%s, %s, %s, %s, '', null, null, %s)", [lead, move, token, new, version])
        assert refused.value.sqlstate in ("23514", "42501")
    with raw(kit.duty) as connection, pytest.raises(psycopg.Error) as refused:
        connection.execute("select access.make_move(%s, 'assign', %s, %s, '', null, null, %s)", [lead, token, forged("opinion"), version])
    assert "not approved" in str(refused.value), "the right step still needs its approval"


def test_the_tables_behind_the_doors_take_no_direct_writes(kit: Kit, raw: Raw) -> None:
    lead = kit.accepted()
    for attack in ("update matter set state = '{}' where id = %s", "update matter set status = 'closed' where id = %s", "update matter set stages = '{closed}' where id = %s",
                   "update matter set level = 0 where id = %s", "update matter set acl = '{}' where id = %s", "update matter set owner_body_id = 1 where id = %s",
                   "delete from matter where id = %s", "delete from matter_move where matter_id = %s", "update matter_move set reason = 'x' where matter_id = %s",
                   "update matter_stage set state = 'done' where matter_id = %s", "update form_submission set data = '{}' where matter_id = %s", "delete from fact where matter_id = %s",
                   "insert into matter_grant (matter_id) values (%s)", "update matter_grant set acts = '{approve}' where matter_id = %s",
                   "update handover set state = 'accepted' where matter_id = %s", "update playbook_move set approval_act = '' where from_stage = %s::text", "delete from approval_rule where act = %s::text"):
        with raw(kit.duty) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(attack, [lead])  # type: ignore[arg-type]


def test_who_may_only_approve_does_not_take_a_writers_step(kit: Kit) -> None:
    lead = kit.assigned()
    assert kit.code(kit.deputy, lambda: moves.make(Matter.objects.get(pk=lead), "propose")) == "not_your_role"


def test_an_act_cannot_lie_in_the_future(kit: Kit) -> None:
    from datetime import timedelta

    lead = kit.open(by=kit.duty)
    later = kit.hands.clock() + timedelta(hours=1)
    assert kit.code(kit.duty, lambda: moves.make(Matter.objects.get(pk=lead), "accept", form=kit.registration(), happened=later)) == "future"


def test_a_move_made_late_shows_both_dates(kit: Kit) -> None:
    lead = kit.open(by=kit.duty)
    before = kit.hands.clock()
    kit.hands.minutes(90)
    with kit.stage.acts(kit.duty):
        move = moves.make(Matter.objects.get(pk=lead), "accept", form=kit.registration(), happened=before)
        row = MatterMove.objects.get(pk=move)
        assert (row.at - row.happened_at).total_seconds() >= 80 * 60


# ── two people on one step ─────────────────────────────────────────────────────────────────────────────────────────
def test_two_people_on_one_step_make_it_once(kit: Kit, stage: Theatre) -> None:
    """Two sessions, two connections, the same stage: one goes through, the other is told that the page is out of date."""
    from django.db import connections

    from xieli.office.matters.services.errors import Refused
    from xieli.server.binding import acting

    lead = kit.open(by=kit.duty)
    with stage.acts(kit.duty):
        grants.give(lead, stage.person(kit.clerk), kind="handler", acts=["read", "write"], ends_at=None, basis="试", reason="")
        version = Matter.objects.get(pk=lead).row_version
    tokens = {person: stage.token(person) for person in (kit.duty, kit.clerk)}
    form, start, results = kit.registration(), threading.Barrier(2), {}

    def take(person: str) -> None:
        try:
            start.wait(10)
            with acting(tokens[person]):
                moves.make(Matter.objects.get(pk=lead), "accept", form=form, expected_version=version)
            results[person] = "made"
        except Refused as refused:
            results[person] = refused.code
        except Exception as error:  # a unique form revision is the other way to lose
            results[person] = type(error).__name__
        finally:
            connections.close_all()

    threads = [threading.Thread(target=take, args=(person,)) for person in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(results.values(), key=lambda r: r != "made")[0] == "made"
    assert list(results.values()).count("made") == 1, results
    with stage.acts(kit.duty):
        assert MatterMove.objects.filter(matter_id=lead, move="accept").count() == 1
        assert FormSubmission.objects.filter(matter_id=lead).count() == 1, "the loser's form is undone with his step"


# ── forms and facts ────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_form_is_kept_as_revisions_and_its_facts_follow_the_last(kit: Kit) -> None:
    lead = kit.accepted()
    with kit.stage.acts(kit.duty):
        forms.submit(Matter.objects.get(pk=lead), *kit.registration(source="audit"))
        rows = list(FormSubmission.objects.filter(matter_id=lead, form="registration").order_by("revision").values_list("revision", flat=True))
        facts = Fact.objects.filter(matter_id=lead, code="lead.source")
        assert rows == [1, 2]
        assert [f.text for f in facts.filter(retracted_at=None)] == ["audit"]
        assert [f.text for f in facts.exclude(retracted_at=None)] == ["petition"], "what was known then stays known"


def test_a_wrong_form_stores_nothing_and_names_the_field(kit: Kit) -> None:
    lead = kit.open(by=kit.duty)
    assert kit.code(kit.duty, lambda: forms.submit(Matter.objects.get(pk=lead), "registration", {"subject": "某"})) != ""
    assert kit.code(kit.duty, lambda: forms.submit(Matter.objects.get(pk=lead), "nothing", {})) == "unknown_form"
    with kit.stage.acts(kit.duty):
        assert not FormSubmission.objects.filter(matter_id=lead).exists()


# ── sight ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_near_kin_of_the_subject_is_recused_by_computation_and_wins_over_every_grant(kit: Kit, stage: Theatre) -> None:
    lead = kit.open(subjects=(leads.Subject("郭某某", id_number=stage.subject_id("guo")),))
    assert stage.sees("wuchuan-handler1", lead)
    assert not stage.sees("wuchuan-kin", lead), "he sits in the room that handles it"
    assert kit.code(kit.chief, lambda: people.join_team(Matter.objects.get(pk=lead), stage.person("wuchuan-kin"), "members")) == "recused"
    assert kit.code(kit.chief, lambda: grants.give(lead, stage.person("wuchuan-kin"), kind="handler", acts=["read"], ends_at=None, basis="试", reason="")) == "recused"


def test_a_raised_recusal_bars_new_access_until_the_head_decides(kit: Kit, stage: Theatre) -> None:
    lead = kit.open()
    other = stage.person(kit.hands.staff("handler", "zhongyue/supervision1"))
    with stage.acts(kit.chief):
        recusal = grants.raise_recusal(lead, other, ground="former_employer", reason="曾在对象单位工作")
    assert kit.code(kit.chief, lambda: grants.give(lead, other, kind="reviewer", acts=["read"], ends_at=None, basis="试", reason="")) == "recused"
    with stage.acts(kit.head):
        grants.decide_recusal(recusal, lead, "rejected", "任职已满十年，不影响公正")
    with stage.acts(kit.chief):
        grants.give(lead, other, kind="reviewer", acts=["read"], ends_at=None, basis="试", reason="")


def test_the_team_ends_and_with_it_the_access(kit: Kit, stage: Theatre) -> None:
    lead = kit.open()
    guest = kit.hands.staff("handler", "zhongyue/supervision1")
    with stage.acts(kit.chief):
        people.join_team(Matter.objects.get(pk=lead), stage.person(guest), "members")
    assert stage.sees(guest, lead)
    with stage.acts(kit.chief):
        assert people.leave_team(Matter.objects.get(pk=lead), stage.person(guest)) == 1
    assert not stage.sees(guest, lead)


def test_a_report_about_the_own_head_is_not_kept_here(kit: Kit, stage: Theatre) -> None:
    name = stage.admin.execute("select name from person where id = %s", [stage.person(kit.head)]).fetchone()[0]
    before = stage.admin.execute("select count(*) from matter").fetchone()

    def register() -> None:
        leads.register(leads.NewMatter("lead", f"反映{name}", stage.body("wuchuan"), stage.room(ROOM), (leads.Subject(name),)))

    assert kit.code(kit.chief, register) == "sealed_hand_up"
    superior = stage.admin.execute("select name from person where id = %s", [stage.person("yj-head")]).fetchone()[0]
    assert kit.code(kit.chief, lambda: leads.register(leads.NewMatter("lead", "反映", stage.body("wuchuan"), stage.room(ROOM), (leads.Subject(superior),)))) == "sealed_hand_up"
    assert stage.admin.execute("select count(*) from matter").fetchone() == before


def test_what_follows_for_another_body_arrives_at_its_desk(kit: Kit, stage: Theatre) -> None:
    lead = kit.open()
    with stage.acts(kit.chief):
        child = leads.spawn(Matter.objects.get(pk=lead), "lead", "derived", owner=stage.body("zhongyue")).id
    duty = kit.hands.staff("case_duty", "zhongyue/case")
    assert stage.sees(duty, child)
    assert not stage.sees(duty, lead)
    with stage.acts(duty):
        leads.ensure_begun(Matter.objects.get(pk=child))
        assert Matter.objects.get(pk=child).stages == ["registered"]


def test_a_level_sinks_below_no_floor_and_rises_above_no_cap(kit: Kit, stage: Theatre) -> None:
    assert kit.code(kit.chief, lambda: leads.register(leads.NewMatter("case", "x", stage.body("wuchuan"), stage.room(ROOM), (kit.subject(),), level=1))) == "level_floor"
    assert kit.code(kit.chief, lambda: leads.register(leads.NewMatter("lead", "x", stage.body("wuchuan"), stage.room(ROOM), (kit.subject(),), level=4))) in ("clearance", "level_cap", "not_found")


# ── numbers ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_series_have_no_gaps_even_when_an_act_is_undone(kit: Kit, stage: Theatre) -> None:
    class Undo(Exception):
        pass

    made = []
    for index in range(6):
        lead = kit.open()
        try:
            with stage.acts(kit.chief):
                matter = Matter.objects.get(pk=lead)
                series = next(iter(playbook_of(matter).series.values()))
                numbers.next_number(matter, series)
                if index % 2:
                    raise Undo
        except Undo:
            continue
        made.append(lead)
    rows = stage.admin.execute("select series, year, array_agg(number order by number), max(number) from number_use group by series, year").fetchall()
    assert rows
    for _, _, found, last in rows:
        assert found == list(range(1, last + 1))
    kept = dict(stage.admin.execute("select series || year, last from number_series").fetchall())
    assert all(kept[f"{series}{year}"] == last for series, year, _, last in rows)
