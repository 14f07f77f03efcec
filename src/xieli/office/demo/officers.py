"""What the persons of the field and remedy stories do: open a matter, take steps with forms, and read what the records say afterwards."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from xieli.office.demo.hands import Hands
from xieli.office.matters.services import forms, leads, moves
from xieli.office.matters.tables.core import Matter, MatterLink
from xieli.office.matters.tables.work import Fact, Outcome


class Officers(Hands):
    """Hands that also open matters and read facts. Whoever reads sees only what he may see."""

    def body(self, code: str) -> str:
        """A body's identity as forms hold it."""
        return str(self.stage.body(code))

    def open(self, person: str, kind: str, title: str, *, owner: str, room: str | None = None, **fields: Any) -> int:
        """Register a matter; returns its identity."""
        with self.stage.acts(person):
            return int(leads.register(leads.NewMatter(kind, title, self.stage.body(owner), self.stage.room(room) if room else None, **fields)).id)

    def open_many(self, person: str, kind: str, titles: Iterable[str], form: str, values: Iterable[dict[str, Any]], *, owner: str, room: str | None = None,
                  move: str = "", **fields: Any) -> list[int]:
        """Register many matters of a kind in one sitting, each with its form (and the step that hands it in)."""
        found = []
        with self.stage.acts(person):
            for title, row in zip(titles, values, strict=True):
                matter = leads.register(leads.NewMatter(kind, title, self.stage.body(owner), self.stage.room(room) if room else None, **fields))
                if move:
                    moves.make(matter, move, form=(form, row))
                else:
                    forms.submit(matter, form, row)
                found.append(int(matter.id))
        return found

    def refuses(self, person: str, matter: int, move: str, form: tuple[str, dict[str, Any]] | None = None, *, reason: str = "") -> str:
        """The code of the refusal of a step; empty when it went through."""
        return self.refused(person, lambda: moves.make(Matter.objects.get(pk=matter), move, form=form, reason=reason))

    def at(self, person: str, matter: int) -> list[str]:
        """The open steps of a matter; its state when it has ended."""
        with self.stage.acts(person):
            row = Matter.objects.get(pk=matter)
            return list(row.stages) if row.status == "open" else [row.status]

    def facts(self, person: str, code: str, *matters: int) -> list[Any]:
        """Living facts of a code in the order in which they happened: number, else text, day or reference; of all matters he sees when none is named."""
        with self.stage.acts(person):
            rows = Fact.objects.filter(code=code, retracted_at=None)
            rows = (rows.filter(matter_id__in=matters) if matters else rows).order_by("happened_on", "recorded_at", "id")
            return [int(f.number) if f.number is not None else f.text or (f.day if f.day else f.ref) for f in rows]

    def children(self, person: str, matter: int, kind: str) -> list[int]:
        """What came from a matter, in order."""
        with self.stage.acts(person):
            return list(MatterLink.objects.filter(source_id=matter, target__kind=kind).order_by("target__opened_at", "target_id").values_list("target_id", flat=True))

    def outcomes(self, person: str, matter: int) -> list[str]:
        """Results recorded, in order."""
        with self.stage.acts(person):
            return list(Outcome.objects.filter(matter_id=matter).order_by("recorded_at", "id").values_list("kind", flat=True))

    def figure(self, person: str, code: str, first: str, last: str) -> int:
        """A live figure by its definition, as this person sees it."""
        from datetime import date

        from xieli.engines.metrics import Period
        from xieli.office.reports import services as reports

        with self.stage.acts(person):
            return int(reports.figure(code, Period(date.fromisoformat(first), date.fromisoformat(last))).number or 0)
