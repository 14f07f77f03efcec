"""What the row tests do again and again: open a matter of a kind, take a step with its form, read facts and states."""
from __future__ import annotations

from typing import Any

from xieli.office.demo.hands import Hands
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import leads, moves
from xieli.office.matters.tables.core import Matter, MatterLink
from xieli.office.matters.tables.work import Fact, Outcome


class Office:
    """Persons and bodies of the demo world, by what they do."""

    def __init__(self, stage: Theatre) -> None:
        self.stage, self.hands = stage, Hands(stage)
        self.room, self.chief, self.deputy, self.head = "yj-handler", "chief3", "yj-deputy", "yj-head"

    def body(self, code: str) -> str:
        """A body's identity as forms hold it."""
        return str(self.stage.body(code))

    def staff(self, body: str, office: str = "handler") -> str:
        """Somebody who works in a body."""
        return self.hands.staff(office, body)

    def open(self, kind: str, title: str, *, person: str = "", owner: str = "yj", room: str | None = "yj/supervision3", **fields: Any) -> int:
        """Register a matter; returns its identity."""
        with self.stage.acts(person or self.room):
            return int(leads.register(leads.NewMatter(kind, title, self.stage.body(owner), self.stage.room(room) if room else None, **fields)).id)

    def step(self, person: str, matter: int, move: str, form: tuple[str, dict[str, Any]] | None = None, *, reason: str = "", body: str | None = None) -> None:
        """One step with the form that it hands in."""
        self.hands.step(person, matter, move, form=form, reason=reason, body=body)

    def refused(self, person: str, matter: int, move: str, form: tuple[str, dict[str, Any]] | None = None, *, reason: str = "") -> str:
        """The code of the refusal of a step, empty when it went through."""
        with self.stage.acts(person):
            return self.stage.refused(lambda: moves.make(Matter.objects.get(pk=matter), move, form=form, reason=reason))

    def at(self, matter: int, person: str = "") -> list[str]:
        """The open steps of a matter; its result when it has ended."""
        with self.stage.acts(person or self.room):
            row = Matter.objects.get(pk=matter)
            return list(row.stages) if row.status == "open" else [row.status]

    def children(self, matter: int, kind: str, person: str = "") -> list[int]:
        """Identities of what came from it, in order."""
        with self.stage.acts(person or self.room):
            return list(MatterLink.objects.filter(source_id=matter, target__kind=kind).order_by("target__opened_at", "target_id").values_list("target_id", flat=True))

    def facts(self, matter: int, code: str, person: str = "") -> list[Any]:
        """Living facts of a code: their number, else text, day or reference."""
        with self.stage.acts(person or self.room):
            rows = Fact.objects.filter(matter_id=matter, code=code, retracted_at=None).order_by("recorded_at", "happened_on", "id")
            return [int(f.number) if f.number is not None else f.text or (str(f.day) if f.day else f.ref) for f in rows]

    def outcomes(self, matter: int, person: str = "") -> list[str]:
        """Results recorded, in order."""
        with self.stage.acts(person or self.room):
            return list(Outcome.objects.filter(matter_id=matter).order_by("recorded_at", "id").values_list("kind", flat=True))

    def data(self, matter: int, form: str, person: str = "") -> dict[str, Any]:
        """The last submission of a form."""
        from xieli.office.matters.services.moves import forms_of

        with self.stage.acts(person or self.room):
            return dict(forms_of(Matter.objects.get(pk=matter))[form])
