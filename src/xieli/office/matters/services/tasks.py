"""Tasks: set for a person or a body, finished by whoever does them."""
from __future__ import annotations

from datetime import date

from django.db import transaction

from xieli.office.audit import record
from xieli.office.matters.services.errors import Refused, plain_words
from xieli.office.matters.services.source import actor, now
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.work import Note, Task


@transaction.atomic
def assign(matter: Matter, title: str, *, assignee: int | None = None, body: int | None = None, due_on: date | None = None) -> Task:
    """Set a task; someone who may not see the matter cannot be given one."""
    if not title.strip():
        raise Refused("empty", "任务须写明内容。", "A task says what is to be done.")
    with plain_words():
        row = Task.objects.create(matter=matter, title=title.strip()[:200], assignee_id=assignee, body_id=body, due_on=due_on, created_by_id=actor().person, created_at=now())
    record("task.set", matters=[matter.id], task=row.id, assignee=assignee)
    return row


@transaction.atomic
def finish(task: Task) -> None:
    """Mark a task as done; doing it twice changes nothing."""
    changed = Task.objects.filter(pk=task.pk, state="open").update(state="done", done_at=now(), done_by_id=actor().person)
    if changed:
        record("task.done", matters=[task.matter_id], task=task.id)


@transaction.atomic
def note(matter: Matter, text: str, kind: str = "note") -> Note:
    """A remark on the timeline; never edited."""
    if not text.strip():
        raise Refused("empty", "请写下内容。", "Write something first.")
    with plain_words():
        row = Note.objects.create(matter=matter, text=text.strip(), person_id=actor().person, at=now(), kind=kind)
    record("note.written", matters=[matter.id], note=row.id)
    return row
