"""The catalogue of small cuts: which kinds of problem come back in past cases, and which institution still owes its report."""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from xieli.office.bodies.models import Body
from xieli.office.matters.services import forms
from xieli.office.matters.services.playbooks import playbook_of
from xieli.office.matters.tables.core import Matter, MatterBody
from xieli.office.matters.tables.work import FormSubmission

LEAST_UNITS, LEAST_YEARS = 2, 2  # ours


@dataclass(frozen=True)
class Kind:
    """One kind of problem in past cases: cases, units and years in which it was found."""

    kind: str
    cases: int
    units: int
    years: int

    @property
    def comes_back(self) -> bool:
        """Found in several units and in several years: proposed for the catalogue."""
        return self.units >= LEAST_UNITS and self.years >= LEAST_YEARS


def kinds_of(tags: Iterable[Mapping[str, Any]]) -> list[Kind]:
    """Kinds of problem with their counts, the most frequent first; `tags` are rows of the form `sources`."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for tag in tags:
        found[str(tag["kind"])].append((str(tag["unit"]), str(tag["found_on"])[:4]))
    made = [Kind(kind, len(rows), len({u for u, _ in rows}), len({y for _, y in rows})) for kind, rows in found.items()]
    return sorted(made, key=lambda k: (-k.cases, k.kind))


def proposals(catalogue: Matter) -> list[Kind]:
    """What the tagged cases propose for a catalogue."""
    last = FormSubmission.objects.filter(matter=catalogue, form="sources").order_by("-revision").first()
    return [k for k in kinds_of(last.data["rows"] if last else ()) if k.comes_back]


def answers(catalogue: Matter) -> list[dict[str, Any]]:
    """The last complete answer of each institution, in the order in which they came; who acts for an institution reads its own alone."""
    own = _own(catalogue)
    found = {str(row.data["_body"]): row.data for row in FormSubmission.objects.filter(matter=catalogue, form="answers").order_by("revision") if row.data.get("_body") and row.data.get("left") == 0}
    return [data for body, data in found.items() if own in (None, body)]


def missing_reports(catalogue: Matter) -> list[Body]:
    """Institutions that were asked and have not reported, by name; who acts for an institution reads of itself alone."""
    own = _own(catalogue)
    asked = set(MatterBody.objects.filter(matter=catalogue, role="institution", ends_at=None).values_list("body_id", flat=True))
    told = {int(data["_body"]) for data in answers(catalogue)}
    return [body for body in Body.objects.filter(id__in=asked - told).order_by("name_zh") if own in (None, str(body.id))]


def _own(catalogue: Matter) -> str | None:
    """The institution for which the reader acts in this catalogue; None for who asked them."""
    return forms.own_branch(catalogue, playbook_of(catalogue).forms["answers"])
