"""Notices to people outside the platform: owed on paper until somebody records that they were given."""
from __future__ import annotations

from django.db import transaction

from xieli.office.audit import record
from xieli.office.matters.services.source import actor, now
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.work import Task


def owe_on_paper(matter: Matter, who: str, what: str) -> Task:
    """A notice to the person, family, employer or reporter: a task that stays red until it is recorded as given."""
    found = Task.objects.filter(matter=matter, source_kind=f"owed:{who}", title=what, state="open").first()
    return found or Task.objects.create(matter=matter, title=what, created_by_id=actor().person, created_at=now(), source_kind=f"owed:{who}")


@transaction.atomic
def record_given(task: Task, *, document_no: str = "") -> None:
    """Somebody gave the notice."""
    task.state, task.done_at, task.done_by_id, task.product = "done", now(), actor().person, document_no
    task.save()
    record("notice.given", matters=[task.matter_id], occasion="paper", to=task.source_kind.removeprefix("owed:"))
