"""The board of a contact room: its linked bodies, their duties done, running and overdue, and each urging note with its reply (seed row S1-18)."""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from xieli.office.bodies.models import Body
from xieli.office.matters.services.source import ZONE
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.work import Fact, FormSubmission, MatterMove, Outcome


@dataclass(frozen=True)
class Urging:
    """One note that urged, and the first result handed in after it."""

    on: date
    text: str
    reply: str = ""
    replied_on: date | None = None


@dataclass(frozen=True)
class Duty:
    """One duty of a body: the task, its term, and how it was urged."""

    matter: Matter
    due_on: date
    overdue: bool
    urged: tuple[Urging, ...]


@dataclass
class Line:
    """One linked body. A body without any duty stands on the board all the same."""

    body: Body
    done: int = 0
    running: int = 0
    duties: list[Duty] = field(default_factory=list)

    @property
    def overdue(self) -> int:
        """Duties past their term and not done."""
        return sum(d.overdue for d in self.duties)


def _day(at: datetime) -> date:
    return at.astimezone(ZONE).date()


def board(rooms: Sequence[int], day: date) -> list[Line]:
    """Every body whose contact room is one of `rooms`, under the reader's policies: what he may not see is not counted."""
    lines = {b.id: Line(b) for b in Body.objects.filter(contact_rooms__in=rooms, valid_to=None).distinct().order_by("sort_key", "id")}
    owed = list(Fact.objects.filter(code="task.duty_body", ref__in=lines, retracted_at=None).order_by("recorded_at", "id").values_list("matter_id", "ref"))
    tasks = {m.id: m for m in Matter.objects.filter(id__in=[m for m, _ in owed], kind="decision_task")}
    due = dict(Fact.objects.filter(code="task.due", matter_id__in=tasks, retracted_at=None).order_by("recorded_at", "id").values_list("matter_id", "day"))
    done = set(Outcome.objects.filter(matter_id__in=tasks, kind="done", retracted_at=None).values_list("matter_id", flat=True))
    notes, results = defaultdict(list), defaultdict(list)
    for move in MatterMove.objects.filter(matter_id__in=tasks, move="urge").order_by("at", "id"):
        notes[move.matter_id].append(move)
    for result in FormSubmission.objects.filter(matter_id__in=tasks, form="result").order_by("revision"):
        results[result.matter_id].append(result)
    for matter, body in owed:
        task, line = tasks.get(matter), lines[body]
        if task is None or due.get(matter) is None:
            continue
        if task.status != "open":
            line.done += matter in done  # a task withdrawn counts nowhere
            continue
        line.running += 1
        urged = []
        for note in notes[matter]:
            reply = next((r for r in results[matter] if r.at >= note.at), None)
            urged.append(Urging(_day(note.at), note.reason, str(reply.data.get("text", "")) if reply else "", _day(reply.at) if reply else None))
        late = due[matter] < day
        if late or urged:
            line.duties.append(Duty(task, due[matter], late, tuple(urged)))
    return list(lines.values())
