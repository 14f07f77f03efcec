"""A kept plan keeps nobody's rights: one connection, one statement, person after person, each sees what he sees without it."""
from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from xieli.office import together as reading
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.work import Note
from xieli.office.together import Rows, prepared, together

PEOPLE = ("wuchuan-handler1", "chief3", "wuchuan-kin", "yj-head", "fire-handler", "zhou-rong", "audadmin", "yj-clerk")


@prepared
def matters() -> Any:
    return Matter.objects.order_by("id")


@prepared
def notes_of(matter) -> Any:
    return Note.objects.filter(matter=matter).order_by("id")


def seen(stage: Any, person: str, case: int, kept: bool, monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], list[int], list[object]]:
    from django.conf import settings

    monkeypatch.setattr(settings, "KEEP_PLANS", kept)
    with stage.theatre.acts(person):
        found = together(all=matters(), notes=notes_of(matter=case), who=Rows("select p, lvl, person from access.who()"))
    return [m.id for m in found["all"]], [n.id for n in found["notes"]], found["who"]


def plans() -> list[tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute("select name, generic_plans from pg_prepared_statements where name like 'together_%' order by name")
        return list(cursor.fetchall())


def test_each_sees_what_he_sees_without_a_kept_plan(stage, monkeypatch):
    case = stage.made["case"]
    alone = {person: seen(stage, person, case, False, monkeypatch) for person in PEOPLE}
    assert len({str(rows[:2]) for rows in alone.values()}) > 3, "these people see different things"
    for _ in range(3):
        for person in PEOPLE:
            assert seen(stage, person, case, True, monkeypatch) == alone[person], person
    assert any(generic > 0 for _, generic in plans()), "the plan of many values was indeed used"


def test_a_right_that_ends_ends_for_the_kept_plan_too(stage, monkeypatch):
    case = stage.made["case"]
    for _ in range(7):
        before = seen(stage, "wuchuan-handler1", case, True, monkeypatch)
    assert case in before[0]
    stage.admin.execute("insert into recusal (id, matter_id, principal, ground, automatic, state, starts_at, ends_at, reason)"
                        " values (access.new_id(), %s, %s, 'order', false, 'in_force', access.now(), '9999-01-01', 'x')", [case, stage.world.people["wuchuan-handler1"]])
    assert case not in seen(stage, "wuchuan-handler1", case, True, monkeypatch)[0]


def test_a_refused_step_and_a_closed_connection_lose_nothing(stage, monkeypatch):
    case = stage.made["case"]
    first = seen(stage, "chief3", case, True, monkeypatch)
    named = plans()
    with stage.theatre.acts("chief3"), pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select 1 from (select access.who()) w; do $$ begin raise check_violation; end $$")
    assert [name for name, _ in plans()] == [name for name, _ in named]
    assert seen(stage, "chief3", case, True, monkeypatch) == first
    connection.close()
    assert seen(stage, "chief3", case, True, monkeypatch) == first


def test_a_connection_keeps_so_many_and_no_more(stage, monkeypatch):
    monkeypatch.setattr(reading, "MOST_KEPT", 2)
    connection.close()
    with stage.theatre.acts("chief3"):
        for n in range(5):
            assert together(one=Rows(f"select {n} as n, %s::text as said, '100%%' as all", ["a'b%s"]))["one"] == [{"n": n, "said": "a'b%s", "all": "100%"}]
        assert len(plans()) == 2
