"""Short ways to the states that kernel tests begin from, all through the services."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from xieli.office.demo.hands import Hands
from xieli.office.demo.theatre import ZONE, Theatre
from xieli.office.matters.services import approvals, leads, measures
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.tables.approvals import Approval
from xieli.office.matters.tables.core import Matter, MatterSubject
from xieli.office.matters.tables.measures import Measure

ROOM = "wuchuan/supervision1"
COUNTER = iter(range(1, 10_000))


@dataclass
class Kit:
    """Wuchuan county at work. `chief` and `handler` sit in its supervision room, `duty` and `clerk` in case management."""

    stage: Theatre
    hands: Hands

    def __post_init__(self) -> None:
        self.head, self.deputy = self.stage.holder("head@wuchuan"), "zhou-rong"
        self.chief, self.handler, self.second = self.stage.holder(f"room_head@{ROOM}"), "wuchuan-handler1", "wuchuan-handler2"
        self.duty, self.clerk = self.hands.staff("case_duty", "wuchuan/case"), self.hands.staff("clerk", "wuchuan/case")

    def subject(self, **fields: Any) -> leads.Subject:
        """Somebody new each time."""
        return leads.Subject(**{"name": f"某{next(COUNTER)}", "unit_name": "某单位", "post": "科长", **fields})

    def open(self, kind: str = "lead", *, by: str = "", **fields: Any) -> int:
        """A new matter of the room."""
        with self.stage.acts(by or self.chief):
            return int(leads.register(leads.NewMatter(**{"kind": kind, "title": f"{kind} {next(COUNTER)}", "owner_body": self.stage.body("wuchuan"),
                                                         "owner_room": self.stage.room(ROOM), "subjects": (self.subject(),), "source": "petition", **fields})).id)

    def registration(self, **fields: Any) -> tuple[str, dict[str, Any]]:
        """The lead's first form."""
        return ("registration", {"subject": "某", "unit": str(self.stage.body("finance")), "source": "petition", "named": False, "first_time": True, "received_on": self.hands.day(),
                                 "kinds": ["conduct"], "summary": "反映作风问题，附材料若干。", "acceptable": "accept", **fields})

    def accepted(self, **fields: Any) -> int:
        """A lead that waits for assignment."""
        lead = self.open(by=self.duty)
        self.hands.step(self.duty, lead, "accept", form=self.registration(**fields))
        return lead

    def assigned(self) -> int:
        """A lead that waits for its opinion in the supervision room."""
        lead = self.accepted()
        self.hands.approved(self.duty, lead, "assign", self.head)
        self.hands.step(self.head, lead, "assign")
        return lead

    def custody(self, *, kind: str = "liuzhi", number: str = "渝江纪批〔2026〕99号") -> tuple[int, int]:
        """A custody measure that runs from now; returns its matter and the measure."""
        matter = self.open(kind)
        approval = self.hands.approved(self.chief, matter, kind, self.head, *(["yj-head"] if kind == "liuzhi" else []), collective_no="巫川纪会〔2026〕99号")
        with self.stage.acts(self.chief):
            found = measures.take(Matter.objects.get(pk=matter), MatterSubject.objects.get(matter_id=matter), kind, approval=Approval.objects.get(pk=approval),
                                  by_body=self.stage.body("wuchuan"), superior_no=number)
        return matter, int(found.id)

    def limit(self, matter: int, kind: str = "liuzhi") -> datetime:
        """The alarm instant of the custody clock."""
        with self.stage.acts(self.chief):
            found = Matter.objects.get(pk=matter).clocks.get(code=kind).alarm_at
        assert found is not None
        return found.astimezone(ZONE)

    def past(self, instant: datetime, minutes: int = 1) -> None:
        """Time passes until after an instant."""
        self.stage.at((instant + timedelta(minutes=minutes)).strftime("%Y-%m-%d %H:%M"))

    def code(self, person: str, act: Callable[[], object]) -> str:
        """The code with which an act of a person is refused, empty when it goes through."""
        return self.hands.refused(person, act)

    def decide(self, person: str, approval: int, verdict: str = "approved", reason: str = "") -> str:
        """Decide, as a state or the refusal's code."""
        try:
            with self.stage.acts(person):
                return approvals.decide(Approval.objects.get(pk=approval), verdict, reason=reason)
        except Refused as refused:
            return refused.code
        except Approval.DoesNotExist:
            return "not_found"

    def measure(self, person: str, measure: int) -> Measure:
        """One measure as a person reads it."""
        with self.stage.acts(person):
            return Measure.objects.get(pk=measure)


@pytest.fixture(scope="module")
def kit(stage: Theatre) -> Kit:
    return Kit(stage, Hands(stage))
