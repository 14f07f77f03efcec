"""C05: three persons in custody in the spring of 2025, under the law of that day: one past the limit, one extended, one transferred on 26 May."""
from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.rows.acting import Office
from xieli.engines.clocks.state import State, standing
from xieli.office.demo.hands import Hands
from xieli.office.demo.stories.sc05_cases import to_custody
from xieli.office.demo.theatre import ZONE, Theatre
from xieli.office.matters.services import clocks, grants, leads, moves
from xieli.office.matters.tables.clocks import ClockEvent
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.measures import Measure

BEGINS = "2025-02-06 09:00"
BODY, NAMES = "datan", ("甲某", "乙某", "丙某")


@pytest.fixture(scope="module")
def held(stage: Theatre) -> dict[str, int]:
    """甲 and 乙 from 10 and 11 February, 丙 from 26 February."""
    office = Office(stage)
    chief = stage.holder(f"room_head@{BODY}/supervision1")
    lead = office.open("lead", "财政资金问题线索", person=chief, owner=BODY, room=f"{BODY}/supervision1", subjects=tuple(leads.Subject(n, unit_name="某局", post="科长") for n in NAMES))
    stage.made[f"both-{lead}"] = NAMES
    with stage.acts(chief):
        grants.give(lead, stage.room(f"{BODY}/case"), kind="handler", acts=["read", "write", "grant"], ends_at=None, basis="案管登记", reason="")
    days = ("2025-02-07", "2025-02-07", "2025-02-22")
    return {name: to_custody(stage, BODY, lead, name, "某局", on, n, go_on=n > 0) for n, (name, on) in enumerate(zip(NAMES, days, strict=True))}


def limit(stage: Theatre, matter: int) -> Any:
    """The clock of a custody as its investigator reads it."""
    with stage.acts(Hands(stage).staff("handler", f"{BODY}/supervision1")):
        return Matter.objects.get(pk=matter).clocks.get(code="custody")


def state(stage: Theatre, matter: int) -> State:
    """How its limit stands now, as the page says it."""
    with stage.acts(Hands(stage).staff("handler", f"{BODY}/supervision1")):
        return standing(clocks.compute(Matter.objects.get(pk=matter).clocks.get(code="custody")), Hands(stage).clock()).state


def test_both_readings_of_the_three_months_and_what_stands_past_them(stage: Theatre, held: dict[str, int]) -> None:
    """S0-18: start 2025-02-26 → transfer on 2025-05-26 is inside the limit (boundary rule shown); start 2025-02-10 without extension → red from the limit day and transfer shows a breach; with an approved extension → green and the approval is linked."""
    hands = Hands(stage)
    head, deputy, handler = stage.holder(f"head@{BODY}"), stage.holder(f"deputy@{BODY}"), hands.staff("handler", f"{BODY}/supervision1")
    first, third = limit(stage, held["甲某"]), limit(stage, held["丙某"])
    assert [first.alarm_at.astimezone(ZONE).date(), first.due_at.astimezone(ZONE).date()] == [date(2025, 5, 10), date(2025, 5, 11)]  # after the ninth or after the tenth of May
    assert [third.alarm_at.astimezone(ZONE).date(), third.due_at.astimezone(ZONE).date()] == [date(2025, 5, 26), date(2025, 5, 27)]
    stage.at("2025-05-06 09:00")
    extension = hands.ask(deputy, held["乙某"], "extend", {"document_no": "渝江纪批〔2025〕88号"}, collective_no="大滩纪会〔2025〕18号")
    assert hands.refused(deputy, lambda: _step(held["乙某"], "extend")) == "not_approved"
    hands.sign(head, extension)
    hands.sign("yj-head", extension)
    hands.step(deputy, held["乙某"], "extend")
    longer = limit(stage, held["乙某"])
    assert longer.alarm_at.astimezone(ZONE).date() > date(2025, 8, 1)
    with stage.acts(handler):
        assert ClockEvent.objects.filter(clock=longer, approval_id=extension).exists()  # the approval is linked
    stage.at("2025-05-13 10:00")
    assert limit(stage, held["甲某"]).due_at < hands.clock() < limit(stage, held["乙某"]).alarm_at
    assert (state(stage, held["甲某"]), state(stage, held["乙某"])) == (State.OVERDUE, State.RUNNING)  # red, and green by its extension
    hands.step(handler, held["甲某"], "transfer")  # always open, and the breach stays on record
    stage.at("2025-05-26 10:00")
    running = limit(stage, held["丙某"])
    assert state(stage, held["丙某"]) is State.DISPUTED
    assert running.alarm_at < hands.clock() < running.due_at  # between the two readings: disputed, no breach
    hands.step(handler, held["丙某"], "transfer")
    late, within = limit(stage, held["甲某"]), limit(stage, held["丙某"])
    assert late.stopped_at > first.due_at
    assert within.stopped_at < third.due_at
    with stage.acts(handler):
        assert {m.subject.name: m.end_reason for m in Measure.objects.filter(matter_id__in=[held["甲某"], held["丙某"]])} == {"甲某": "transferred", "丙某": "transferred"}
    assert state(stage, held["甲某"]) is State.MET_LATE  # the breach stays on the record of the limit
    assert state(stage, held["丙某"]) is not State.MET_LATE


def _step(matter: int, move: str) -> None:
    moves.make(Matter.objects.get(pk=matter), move)
