"""Rules bound to steps: which clause stands behind a step on a day, which step has none; reform tasks by their dates."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from xieli.office.matters.services.moves import forms_of
from xieli.office.matters.services.playbooks import shipped
from xieli.office.matters.tables.core import Matter, MatterLink
from xieli.office.matters.tables.work import FormSubmission, MatterMove


@dataclass(frozen=True)
class Clause:
    """One clause of a rule in force: the rule's title and status (trial or final), the clause, the step it binds."""

    rule: str
    status: str
    clause: str
    kind: str
    step: str


def clauses_on(kind: str, day: date) -> list[Clause]:
    """Clauses that bind the steps of a kind of matter on a day: of issued rules only, each in the version in force that day.

    A rule revised later does not reach back: for an earlier day the earlier text answers.
    """
    found = []
    issued = set(MatterMove.objects.filter(matter__kind="rule_document", move="issue").values_list("matter_id", flat=True))
    for matter in Matter.objects.filter(id__in=issued).order_by("opened_at", "id"):
        texts = [r.data for r in FormSubmission.objects.filter(matter=matter, form="text").order_by("revision") if date.fromisoformat(r.data["in_force_on"]) <= day]
        if texts:
            text = texts[-1]
            found += [Clause(text["title"], text["status"], c["clause"], c["kind"], c["step"]) for c in text.get("clauses") or [] if c["kind"] == kind]
    return found


def coverage(kind: str, day: date) -> dict[str, list[Clause]]:
    """Every stage of a kind with the clauses behind it; an empty list is a step without a clause, to be flagged."""
    clauses = clauses_on(kind, day)
    return {stage.code: [c for c in clauses if c.step == stage.code] for stage in shipped()[kind].stages.values() if stage.kind not in ("split", "join", "end")}


def exchanges_with(partner: str, day: date) -> list[Clause]:
    """What a rule of linkage allows with a kind of supervision (people's congress, inspection, audit, finance, statistics) on a day."""
    found = []
    for matter in Matter.objects.filter(kind="rule_document").order_by("opened_at", "id"):
        text = forms_of(matter).get("text")
        if text and text.get("partner") == partner and date.fromisoformat(text["in_force_on"]) <= day:
            found += [Clause(text["title"], text["status"], c["clause"], c["kind"], c["step"]) for c in text.get("clauses") or []]
    return found


def reform_status(project: Matter, day: date) -> dict[str, list[str]]:
    """A reform project's tasks as done, on time or late on a day: computed from results and dates, never typed."""
    due = {t["title"]: date.fromisoformat(t["due_on"]) for t in forms_of(project)["plan"]["tasks"]}
    done = set(MatterLink.objects.filter(source=project, target__kind="decision_task", target__status="closed").values_list("target__title", flat=True))
    found: dict[str, list[str]] = {"done": [], "on_time": [], "late": []}
    for title, last in due.items():
        found["done" if title in done else "late" if last < day else "on_time"].append(title)
    return found
