"""The project board: state and slip of each project from its first plan and the starts that were reported (seed rows S3-14 to S3-17, S3-33)."""
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from xieli.office.matters.services.source import today
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.work import Fact, FormSubmission, Outcome
from xieli.office.reports import trees


@dataclass(frozen=True)
class Stage:
    """One stage: planned, begun, ended, and days late against the baseline."""

    name: str
    planned_start: date
    planned_end: date
    started: date | None
    ended: date | None
    late: int


@dataclass
class Line:
    """A project on the board. `state` is done, late or on_time; `late` the days of its latest stage; `explained`: its question was answered."""

    matter: Matter
    stages: list[Stage]
    state: str
    late: int
    explained: bool
    asked: bool
    tasks: list[dict[str, Any]] = field(default_factory=list)


def stages_of(plan: dict[str, Any], progress: list[dict[str, Any]], now: date) -> list[Stage]:
    """Every stage of the first plan with what was reported since. A stage that should have begun and has not is late until today."""
    began = {row["stage"]: row for row in progress}
    found = []
    for row in plan.get("stages") or []:
        start, told = date.fromisoformat(row["planned_start"]), began.get(row["stage"], {})
        started = date.fromisoformat(told["actual_start"]) if told.get("actual_start") else None
        ended = date.fromisoformat(told["actual_end"]) if told.get("actual_end") else None
        late = ((started or now) - start).days if started or start <= now else 0
        found.append(Stage(row["stage"], start, date.fromisoformat(row["planned_end"]), started, ended, max(late, 0)))
    return found


def state_of(stages: list[Stage], completed: bool) -> tuple[str, int]:
    """The rule of the figures: done when completion is on record; late by the latest stage that began, or by one that should have; else on schedule."""
    if completed:
        return "done", 0
    begun = [s for s in stages if s.started]
    waiting = [s for s in stages if s.started is None and s.late > 0]
    last = max(begun, key=lambda s: (s.started, s.planned_start)).late if begun else 0
    late = max([last, *(s.late for s in waiting)])
    return ("late" if late > 0 else "on_time"), late


def board(matters: list[Matter] | None = None) -> list[Line]:
    """Every project that the bound person sees, in the order in which they came; or these."""
    now = today()
    if matters is None:
        matters = list(Matter.objects.filter(kind="project").order_by("opened_at", "id")[:200])
    ids = [m.id for m in matters]
    plans: dict[int, dict[str, Any]] = {}
    progress: dict[int, list[dict[str, Any]]] = {}
    for row in FormSubmission.objects.filter(matter_id__in=ids, form__in=["plan", "progress"]).order_by("revision"):
        if row.form == "plan":
            plans.setdefault(row.matter_id, row.data)
        else:
            progress.setdefault(row.matter_id, []).append(row.data)
    done = set(Outcome.objects.filter(matter_id__in=ids, kind="completed", retracted_at=None).values_list("matter_id", flat=True))
    answered = set(Fact.objects.filter(matter_id__in=ids, code="project.answer", retracted_at=None).values_list("matter_id", flat=True))
    found = []
    for m in matters:
        stages = stages_of(plans.get(m.id, {}), progress.get(m.id, []), now)
        state, late = state_of(stages, m.id in done)
        found.append(Line(m, stages, state, late, m.id in answered, "asked" in m.stages, plans.get(m.id, {}).get("tasks") or []))
    return found


def overdue_tasks(line: Line, now: date) -> list[dict[str, Any]]:
    """Department tasks of the first plan whose day has passed and that no step reports as done; a completed project has none."""
    return [] if line.state == "done" else [t for t in line.tasks if date.fromisoformat(t["due_on"]) < now]


@dataclass(frozen=True)
class Gathered:
    """What all bodies did about one project, each thing once: checks of both sides, their problems and leads, tasks, site visits, notes of villages."""

    checks: list[Matter]
    problems: list[Matter]
    leads: list[Matter]
    tasks: list[Matter]
    sites: list[dict[str, Any]]
    notes: list[Matter]

    @property
    def matters(self) -> list[int]:
        """Identities of everything that is shown."""
        return [m.id for m in (*self.checks, *self.problems, *self.leads, *self.tasks, *self.notes)]


def gathered(project: Matter) -> Gathered:
    """Of everything that names this project, what the reader may see: a check that both sides registered stands on the page once (seed rows S1-20, S3-33)."""
    checks = list(Matter.objects.filter(id__in=Fact.objects.filter(code="check.project", ref=project.id, retracted_at=None).values("matter_id"), kind="joint_check").select_related("owner_body").order_by("opened_at", "id"))
    below = trees.members(project.id)
    for check in checks:
        below += trees.members(check.id)
    found = list(Matter.objects.filter(id__in=set(below)).select_related("owner_body").order_by("opened_at", "id"))
    sites = [f.data for f in FormSubmission.objects.filter(matter=project, form="site").order_by("revision")]
    notes = list(Matter.objects.filter(id__in=Fact.objects.filter(code="village.project", ref=project.id, retracted_at=None).values("matter_id"), kind="village_visit").select_related("owner_body").order_by("opened_at", "id"))
    return Gathered(checks, [m for m in found if m.kind == "rectification"], [m for m in found if m.kind == "lead"], [m for m in found if m.kind == "decision_task"], sites, notes)
