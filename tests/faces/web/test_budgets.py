"""How many questions a page may ask the database. Each budget says what it is made of; a page that needs more says why here.

Every page pays four: the binding of the transaction, its savepoint (a refusal undoes the step and keeps the binding), the
savepoint's release, and the touch that keeps the session awake. The frame pays one: who acts, his postings, the zone, the unread.
"""
from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

FRAME = 5


def asked(client, path, **headers) -> list[str]:
    from django.db import connection

    found: list[str] = []

    def watch(execute, sql, params, many, context):
        found.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        answer = client.get(path, headers=headers)
    assert answer.status_code == 200, path
    return found


# the matter and its owner · the record of the look · what hangs on it, the calendars included · who is posted there and how they are called · its files
MATTER = FRAME + 5


@pytest.mark.parametrize("name", ["case", "liuzhi", "channel"])
def test_a_matter_page_asks_no_more_than_twelve_questions_whatever_hangs_on_it(stage, name):
    found = asked(stage.client("wuchuan-handler1" if name != "channel" else "chief3"), f"/m/{stage.ref(name)}")
    assert len(found) <= min(MATTER, 12), "\n".join(f[:200] for f in found)


# the count up to ten thousand · the page of fifty · its subjects · their units · the record · saved views
REGISTER = FRAME + 6


def test_a_register_page_asks_as_much_for_fifty_rows_as_for_one(stage):
    clerk = stage.client("yj-clerk")
    assert len(asked(clerk, "/leads")) <= REGISTER
    assert len(asked(clerk, "/matters")) <= REGISTER


# matters · bodies · bodies by initials twice (present and former names) · persons · persons by initials · the record
PALETTE = FRAME + 7


def test_the_palette_asks_little(stage):
    assert len(asked(stage.client("chief3"), "/search?q=yj", **{"HX-Request": "true"})) <= PALETTE


def test_reading_together_gives_the_same_rows_as_reading_one_by_one(stage):
    """Every table that hangs on a matter: instance for instance, field for field, with what was joined."""
    from xieli.office.bodies.models import Body
    from xieli.office.matters.queries import timeline
    from xieli.office.matters.services.context import asked as of_playbook
    from xieli.office.matters.services.playbooks import playbook_of
    from xieli.office.matters.tables.approvals import Approval
    from xieli.office.matters.tables.core import Matter
    from xieli.office.matters.tables.work import Fact, FormSubmission
    from xieli.office.together import Asked, Rows, together

    with stage.theatre.acts("wuchuan-handler1"):
        matter = Matter.objects.get(pk=stage.made["case"])
        questions = {
            **timeline.asked(matter), **{k: v for k, v in of_playbook(matter, playbook_of(matter)).items() if not isinstance(v, Rows)}, "itself": Matter.objects.filter(pk=matter.pk).select_related("owner_body", "owner_room"),
            "forms": FormSubmission.objects.filter(matter=matter).order_by("form", "revision"), "signed": Approval.objects.filter(matter=matter).order_by("requested_at"), "numbers": Fact.objects.filter(matter=matter).order_by("id"),
            "nothing": Matter.objects.filter(pk__in=[]), "pairs": Body.objects.order_by("id").values_list("code", "valid_from")[:7], "flat": Body.objects.order_by("id").values_list("id", flat=True)[:7],
        }
        found = together(**questions)
        for name, question in questions.items():
            one_by_one = list(question.plain() if isinstance(question, Asked) else question)
            assert len(found[name]) == len(one_by_one), name
            key = (lambda r: (r.pk, str(r.__dict__))) if one_by_one and hasattr(one_by_one[0], "pk") else str
            for a, b in zip(sorted(found[name], key=key), sorted(one_by_one, key=key), strict=True):
                if hasattr(a, "pk"):
                    assert {k: v for k, v in a.__dict__.items() if k != "_state"} == {k: v for k, v in b.__dict__.items() if k != "_state"}, name
                    assert {k: v.pk for k, v in a._state.fields_cache.items() if v} == {k: v.pk for k, v in b._state.fields_cache.items() if v}, name
                else:
                    assert a == b, name
        assert found["itself"][0].state == matter.state
        with pytest.raises(TypeError, match="cannot read"):
            together(wrong=Matter.objects.prefetch_related("subjects"))
        with pytest.raises(TypeError, match="cannot read"):
            together(wrong=Matter.objects.values("id"))


def test_a_prepared_question_is_written_once_and_answers_each_matter_and_each_person_afresh(stage):
    """The same SQL text serves all: values are bound anew, and the row policies decide at each execution, not at the writing."""
    from xieli.faces.web.views.matter import _asked, asked_names
    from xieli.office.matters.services import papers
    from xieli.office.matters.tables.core import Matter
    from xieli.office.together import together

    with stage.theatre.acts("wuchuan-handler1"):
        case = Matter.objects.get(pk=stage.made["case"])
        hidden = stage.one("select id from matter where not (id = any (%s)) limit 1", list(Matter.objects.values_list("id", flat=True)))
        told = papers.read(case)
        questions = {**_asked(case), **asked_names({g.principal for g in told.grants}), "parts": papers.parts_of(matter=case.id), "subjects": papers.subjects_of(matter=case.id),
                     "at": papers._posted_at(bodies=[case.owner_body_id]), "none": papers.bodies_among(bodies=[])}
        for name, rows in together(**questions).items():
            plain = list(questions[name].plain())
            assert sorted(map(str, (getattr(r, "pk", r) for r in rows))) == sorted(map(str, (getattr(r, "pk", r) for r in plain))), name
        assert told.subjects
        assert told.grants
        assert papers.subjects_of(matter=hidden).sql is papers.subjects_of(matter=case.id).sql
        found = together(there=papers.subjects_of(matter=case.id), hidden=papers.subjects_of(matter=hidden))
        assert [r.id for r in found["there"]] == [r.id for r in told.subjects]
        assert found["hidden"] == []
    with stage.theatre.acts("wuchuan-kin"):
        assert together(rows=papers.subjects_of(matter=case.id))["rows"] == [], "near kin sees nothing through the text that was written for the handler"
    with pytest.raises(TypeError, match="asks for"):
        papers.subjects_of(body=1)
    with pytest.raises(ValueError, match="missing"):
        papers.subjects_of(matter=None)


def test_the_server_compiles_no_page_of_ours(stage):
    """Few rows, many tables: on a server with LLVM the compiling alone took longer than a page may (PostgreSQL 15: 6 s a page)."""
    from django.db import connection

    with stage.theatre.acts("chief3"), connection.cursor() as cursor:
        cursor.execute("show jit")
        assert cursor.fetchone() == ("off",)


def test_a_value_comes_back_as_the_driver_gives_it():
    from django.contrib.postgres.fields import ArrayField
    from django.db import models

    from xieli.office.together import decoder

    def from_json(field, value):
        decode = decoder(field)
        return value if decode is None else decode(value)

    assert from_json(models.DateTimeField(), "2026-03-17T06:00:00.5+00:00") == datetime(2026, 3, 17, 6, 0, 0, 500000, UTC)
    assert from_json(models.DateField(), "2026-03-17") == date(2026, 3, 17)
    assert from_json(models.BinaryField(), "\\x00ff") == b"\x00\xff"
    assert from_json(models.DecimalField(), 12.5) == Decimal("12.5")
    assert from_json(models.JSONField(), {"a": [1]}) == {"a": [1]}
    assert from_json(ArrayField(models.DateField()), ["2026-01-02", None]) == [date(2026, 1, 2), None]
    assert from_json(models.BigIntegerField(), 4127761159420887917) == 4127761159420887917
    with pytest.raises(TypeError, match="DurationField"):
        decoder(models.DurationField())


def test_a_hidden_matter_stays_hidden_when_rows_are_read_together(stage):
    from xieli.office.matters.queries import timeline
    from xieli.office.matters.tables.core import Matter
    from xieli.office.together import together

    with stage.theatre.acts("wuchuan-kin"):
        found = together(**timeline.asked(Matter(id=stage.made["case"])), itself=Matter.objects.filter(pk=stage.made["case"]))
    assert not any(found.values())
