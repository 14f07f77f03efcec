"""What happens to a matter: stages, moves, forms, facts, tasks, notes, outcomes."""
from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from xieli.office.bodies.models import Body
from xieli.office.ids import RandomIdModel
from xieli.office.matters.tables.core import Matter, MatterSubject
from xieli.office.people.models import Person


class PlaybookVersion(models.Model):
    """A published playbook: immutable, hashed. A running matter keeps its version or is migrated by an explicit map."""

    code = models.CharField(max_length=40)
    version = models.IntegerField()
    sha = models.CharField(max_length=64)
    content = models.JSONField(help_text="the canonical form whose digest is `sha`")
    published_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "playbook_version"
        constraints = [models.UniqueConstraint(fields=["code", "version"], name="playbook_version_once")]


class PlaybookMove(models.Model):
    """The graph of a published playbook as the database checks it: no jump, and the approval a move stands on."""

    code = models.CharField(max_length=40)
    version = models.IntegerField()
    move = models.CharField(max_length=60)
    from_stage = models.CharField(max_length=40, blank=True)
    to_stage = models.CharField(max_length=40, blank=True)
    approval_act = models.CharField(max_length=60, blank=True, help_text="the act that must have been approved")
    needs_act = models.CharField(max_length=12, default="write")
    closes = models.BooleanField(default=False)
    grants = models.BooleanField(default=False, help_text="its effects open access")
    lawful_exit = models.BooleanField(default=False, help_text="stays open past the limit of custody")
    investigative = models.BooleanField(default=False, help_text="goes on with the inquiry: refused past the limit of custody")

    class Meta:
        db_table = "playbook_move"
        indexes = [models.Index(fields=["code", "version", "move"], name="playbook_move_of")]


class MatterStage(RandomIdModel):
    """One stage of a matter at one body: open, done, returned or cancelled. Written by `access.make_move` alone."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="stage_rows")
    token = models.IntegerField(help_text="the open step's number in the matter's state")
    stage = models.CharField(max_length=40)
    body = models.ForeignKey(Body, models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, default="open")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    opened_by = models.BigIntegerField(null=True, help_text="the move that opened it")
    closed_by = models.BigIntegerField(null=True)

    class Meta:
        db_table = "matter_stage"
        constraints = [models.UniqueConstraint(fields=["matter", "token"], name="a_step_opens_once")]
        indexes = [models.Index(fields=["stage"], condition=Q(state="open"), name="stage_open")]


class MatterMove(RandomIdModel):
    """A move that was made: who, when, from where to where, on which approval. Append-only."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="moves")
    move = models.CharField(max_length=60)
    from_stage = models.CharField(max_length=40, blank=True)
    to_stages = ArrayField(models.CharField(max_length=40), default=list)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    body = models.ForeignKey(Body, models.PROTECT, null=True, related_name="+")
    approval_id = models.BigIntegerField(null=True)
    reason = models.TextField(blank=True)
    at = models.DateTimeField()
    by_tx = models.CharField(max_length=24, blank=True, help_text="the transaction that made it; never compared after it")
    happened_at = models.DateTimeField(help_text="when it really happened; later than `at` never, earlier is shown")

    class Meta:
        db_table = "matter_move"
        indexes = [models.Index(fields=["matter", "at"], name="move_of_matter")]


class FormSubmission(RandomIdModel):
    """A form as it was handed in: immutable, versioned, validated by its published form."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="forms")
    form = models.CharField(max_length=60)
    revision = models.IntegerField(default=1)
    data = models.JSONField()
    sha = models.CharField(max_length=64)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    move_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "form_submission"
        constraints = [models.UniqueConstraint(fields=["matter", "form", "revision"], name="form_revision_once")]


class FormFill(RandomIdModel):
    """What a spawned matter's form knows from its parent, until somebody hands the form in. Written by access.fill_form."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="fills")
    form = models.CharField(max_length=60)
    data = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        db_table = "form_fill"
        constraints = [models.UniqueConstraint(fields=["matter", "form"], name="a_form_filled_once")]


class Fact(RandomIdModel):
    """One projected field of a form. Metrics read facts, outcomes, moves and clocks, never the JSON."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="facts")
    code = models.CharField(max_length=60)
    subject = models.ForeignKey(MatterSubject, models.CASCADE, null=True, related_name="facts")
    number = models.DecimalField(max_digits=20, decimal_places=4, null=True)
    text = models.CharField(max_length=500, blank=True)
    day = models.DateField(null=True)
    ref = models.BigIntegerField(null=True)
    unit = models.CharField(max_length=16, blank=True)
    happened_on = models.DateField()
    recorded_at = models.DateTimeField()
    retracted_at = models.DateTimeField(null=True)
    submission = models.ForeignKey(FormSubmission, models.CASCADE, null=True, related_name="facts")

    class Meta:
        db_table = "fact"
        indexes = [
            models.Index(fields=["matter"], name="fact_of_matter"),
            models.Index(fields=["code", "happened_on"], name="fact_by_code"),
        ]


class Outcome(RandomIdModel):
    """A result: separate facts that may overlap (17 sanctioned + 4 to justice of 19 filed)."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="outcomes")
    subject = models.ForeignKey(MatterSubject, models.PROTECT, null=True, related_name="outcomes")
    kind = models.CharField(max_length=40)
    happened_on = models.DateField()
    document_no = models.CharField(max_length=60, blank=True)
    amount_fen = models.BigIntegerField(null=True, help_text="money in 分")
    note = models.TextField(blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    retracted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "outcome"
        indexes = [
            models.Index(fields=["matter"], name="outcome_of_matter"),
            models.Index(fields=["kind", "happened_on"], name="outcome_by_kind"),
        ]


class Task(RandomIdModel):
    """Something one person or room has to do on a matter by a day."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="tasks")
    title = models.CharField(max_length=200)
    assignee = models.ForeignKey(Person, models.PROTECT, null=True, related_name="tasks")
    body = models.ForeignKey(Body, models.PROTECT, null=True, related_name="+")
    due_on = models.DateField(null=True)
    state = models.CharField(max_length=10, default="open", choices=[("open", "待办"), ("done", "已办"), ("cancelled", "取消")])
    product = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    source_kind = models.CharField(max_length=40, blank=True)
    source_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "task"
        indexes = [models.Index(fields=["matter"], name="task_of_matter"),
                   models.Index(fields=["assignee", "due_on"], condition=Q(state="open"), name="task_mine")]


class Note(RandomIdModel):
    """A remark on the timeline. Never edited; a correction is another note."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="notes")
    text = models.TextField()
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    kind = models.CharField(max_length=80, default="note", help_text="note, or doc:CODE:STATE")

    class Meta:
        db_table = "note"
