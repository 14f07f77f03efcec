"""What ends by time alone and nobody presses: an exit ban and a freeze that lapse, a complaint after which no re-check was asked."""
from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests import djangodb
from tests.dbfixtures import TestDatabase
from tests.office.matters.conftest import Kit
from tests.office.matters.test_mends import frozen
from xieli.office.demo.theatre import ZONE, Theatre
from xieli.office.ids import to_ref
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.measures import Measure
from xieli.office.matters.tables.work import MatterMove, Outcome


@pytest.fixture
def worker(stage: Theatre, pg_cluster: Any) -> Callable[[], int]:
    """One round of the minute, as the job role."""
    database = TestDatabase(pg_cluster, stage.admin.execute("select current_database()").fetchone()[0])  # type: ignore[index]

    def round_() -> int:
        from xieli.office.matters.services import by_itself

        djangodb.use(database, "job")
        try:
            return by_itself.round_once()
        finally:
            djangodb.use(database, "web")

    djangodb.use(database, "web")
    return round_


def page(stage: Theatre, person: str, matter: int, language: str = "zh-hans") -> str:
    """The matter page as somebody reads it."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.cookies[settings.SESSION_COOKIE] = stage.token(person)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    return client.get(f"/m/{to_ref(matter)}").content.decode()


def lapses(kit: Kit, worker: Callable[[], int], matter: int, clock: str, move: str, carrier: str, step: tuple[str, str]) -> datetime:
    """The move is made at the end of the clock and not before, once, dated by it; the page says who made it. Returns the end."""
    stage = kit.stage
    with stage.acts(kit.chief):
        end = Matter.objects.get(pk=matter).clocks.get(code=clock).alarm_at.astimezone(ZONE)
    kit.stage.at((end - timedelta(minutes=30)).strftime("%Y-%m-%d %H:%M"))
    worker()
    with stage.acts(kit.chief):
        assert not MatterMove.objects.filter(matter_id=matter, move=move).exists(), "before its time"
    kit.stage.at((end + timedelta(minutes=90)).strftime("%Y-%m-%d %H:%M"))
    worker()
    worker()
    with stage.acts(kit.chief):
        row = MatterMove.objects.get(matter_id=matter, move=move)
        assert row.happened_at.astimezone(ZONE) == end, "counted from its ground, however late the worker came"
        name = (row.person.name, row.person.name_en)
    assert row.person_id == stage.person(carrier)
    shown = page(stage, kit.chief, matter), page(stage, kit.chief, matter, "en")
    assert f"系统自动办理，凭{name[0]}“{step[0]}”时的权限" in shown[0]
    assert f"by the system, under the authority of {name[1]} (“{step[1]}”)" in shown[1]
    return end


def test_a_freeze_that_nobody_renews_ends_on_its_day_with_its_letter(kit: Kit, worker: Callable[[], int]) -> None:
    matter = frozen(kit, kit.stage)
    kit.hands.minutes(60)
    kit.hands.step(kit.handler, matter, "executed", form=("execution", {"frozen_on": kit.hands.day(), "receipt_no": "银回〔2026〕1号"}))
    lapses(kit, worker, matter, "limit", "lapse", kit.handler, ("已冻结", "frozen"))
    with kit.stage.acts(kit.chief):
        assert Matter.objects.get(pk=matter).status == "closed"
        assert Measure.objects.get(matter_id=matter).ended_at is not None
        assert Outcome.objects.filter(matter_id=matter, kind="lifted").exists()
    assert "解除冻结通知书" in page(kit.stage, kit.chief, matter)


def test_an_exit_ban_that_nobody_renews_lapses_and_the_border_authority_is_to_be_told(kit: Kit, worker: Callable[[], int]) -> None:
    matter = kit.open("exit_ban")
    kit.hands.step(kit.chief, matter, "propose", form=("proposal", {"person": "某", "relation": "subject", "reasons": "对象已办理出境证件，可能出逃。"}))
    kit.hands.approved(kit.chief, matter, "ban", kit.head, "yj-head")
    kit.hands.step(kit.head, matter, "approve")
    kit.hands.step(kit.handler, matter, "executed", form=("order", {"decided_on": kit.hands.day(), "receipt_no": "边回〔2026〕1号"}))
    lapses(kit, worker, matter, "limit", "lapse", kit.handler, ("已执行", "executed"))
    with kit.stage.acts(kit.chief):
        assert Matter.objects.get(pk=matter).stages == ["lift"]  # lapsed at once; what is left is the letter
    kit.hands.step(kit.handler, matter, "lifted")
    with kit.stage.acts(kit.chief):
        assert Outcome.objects.filter(matter_id=matter, kind="ended").exists()


def test_a_complaint_after_which_no_recheck_is_asked_closes_after_its_month(kit: Kit, worker: Callable[[], int]) -> None:
    matter = kit.open("measure_complaint")
    kit.hands.step(kit.handler, matter, "accept", form=("complaint", {"person": "某", "ground": "unrelated", "facts": "查扣了与案件无关的车辆", "accepted_on": kit.hands.day()}))
    kit.hands.step(kit.handler, matter, "examined")
    kit.hands.step(kit.chief, matter, "reject", form=("decision", {"verdict": "rejected", "reasons": "车辆系涉案款购买", "decided_on": kit.hands.day(), "remedies_told": True}))
    lapses(kit, worker, matter, "ask_1m", "no_recheck", kit.chief, ("申诉不成立，送达", "not upheld; serve"))
    with kit.stage.acts(kit.chief):
        assert Matter.objects.get(pk=matter).status == "closed"
        assert list(Outcome.objects.filter(matter_id=matter).values_list("kind", flat=True)) == ["rejected"]
