"""A merger on the screen: one asks with its document, the head above confirms, and everything open has a home in that instant."""
from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from tests.office.matters.conftest import Kit
from xieli.office.bodies.models import Body
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import leads, merging
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.merging import BodyMerge


def body(code: str) -> Body:
    return Body.objects.get(code=code)


def test_two_persons_merge_two_districts_and_old_papers_keep_the_old_name(kit: Kit, stage: Theatre) -> None:
    """岸北 is to 临江 what Jiangbei was to Yubei in 2025."""
    old_duty, heir = kit.hands.staff("case_duty", "anbei/case"), kit.hands.staff("case_duty", "linjiang/case")
    with stage.acts(old_duty):
        lead = leads.register(leads.NewMatter("lead", "合并前登记的线索", stage.body("anbei"), stage.room("anbei/case"), (kit.subject(),))).id
    day = kit.hands.clock().date()
    assert kit.code(old_duty, lambda: merging.ask(body("anbei"), body("linjiang"), day, "渝编〔2026〕1号")) == "not_found", "not everybody asks"
    assert kit.code("sysadmin", lambda: merging.ask(body("anbei"), body("linjiang"), day, " ")) == "document_needed"
    assert kit.code("sysadmin", lambda: merging.ask(body("anbei"), body("hitech"), day, "渝编〔2026〕1号")) == "kinds_differ"
    assert kit.code("sysadmin", lambda: merging.ask(body("anbei"), body("linjiang"), day + timedelta(days=1), "渝编〔2026〕1号")) == "future"
    with stage.acts("sysadmin"):
        request = merging.ask(body("anbei"), body("linjiang"), day, "渝编〔2026〕1号").id
    assert kit.code("sysadmin", lambda: merging.ask(body("anbei"), body("linjiang"), day, "渝编〔2026〕1号")) == "duplicate"
    for nobody in ("sysadmin", "yj-deputy", stage.holder("head@linjiang")):
        assert kit.code(nobody, lambda: merging.decide(BodyMerge.objects.get(pk=request), True)) == "not_found", "only the head above, never who asked"
    assert stage.sees(old_duty, lead), "asked is not done"
    with stage.acts("yj-head"):
        moved = merging.decide(BodyMerge.objects.get(pk=request), True)
    assert moved["matters"] == 1
    assert stage.sees(heir, lead)
    with stage.acts(heir):
        assert Matter.objects.get(pk=lead).owner_body.code == "linjiang"
        old = body("anbei")
        assert (old.name_zh, old.successor_id) == ("岸北区纪委监委", stage.body("linjiang")), "the old body keeps its name"
    names = stage.admin.execute("select name_zh from body_name where body_id = %s", [stage.body("linjiang")]).fetchall()
    assert ("岸北区纪委监委",) in names
    assert kit.code("yj-head", lambda: merging.decide(BodyMerge.objects.get(pk=request), True)) == "not_found", "once"
    verbs = {r[0] for r in stage.admin.execute("select distinct verb from audit.event where verb like 'bodies.%%'")}
    assert verbs == {"bodies.merge_asked", "bodies.merge_decided"}


def test_a_refused_merger_moves_nothing(kit: Kit, stage: Theatre) -> None:
    day = kit.hands.clock().date()
    with stage.acts("sysadmin"):
        request = merging.ask(body("shiba"), body("jiuqu"), day, "渝编〔2026〕2号").id
    with stage.acts("yj-head"):
        assert merging.decide(BodyMerge.objects.get(pk=request), False) == {}
        assert body("shiba").valid_to is None


def test_no_session_carries_a_merger_out_by_itself(stage: Theatre, raw) -> None:  # type: ignore[no-untyped-def]
    with raw("yj-head") as c, pytest.raises(psycopg.errors.InsufficientPrivilege):
        c.execute("select access.carry_out_merge(%s, %s, current_date)", [stage.body("wuchuan"), stage.body("zhongyue")])
