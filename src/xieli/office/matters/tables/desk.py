"""What a person keeps at his desk: drafts, notifications, saved views; imports and numbers."""
from __future__ import annotations

from django.db import models
from django.db.models import Q

from xieli.office.ids import RandomIdModel
from xieli.office.people.models import Person


class Draft(RandomIdModel):
    """A half-filled form, the owner's alone; saved every ten seconds, gone when handed in."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="drafts")
    form = models.CharField(max_length=60)
    matter_id = models.BigIntegerField(null=True)
    data = models.JSONField(default=dict)
    title = models.CharField(max_length=200, blank=True)
    saved_at = models.DateTimeField()

    class Meta:
        db_table = "draft"
        indexes = [models.Index(fields=["person", "-saved_at"], name="draft_mine")]


class Notification(RandomIdModel):
    """What one person is told. It names a matter only to who may see it: the text is made when it is read."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="notifications")
    matter_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=40)
    fields = models.JSONField(default=dict)
    mandatory = models.BooleanField(default=False)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "notification"
        indexes = [models.Index(fields=["person", "-at"], name="notification_mine"),
                   models.Index(fields=["person"], condition=Q(read_at__isnull=True), name="notification_unread")]


class SavedView(RandomIdModel):
    """A register's filters and columns under a name, one person's own."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="views")
    register = models.CharField(max_length=40)
    name = models.CharField(max_length=60)
    query = models.JSONField(default=dict)

    class Meta:
        db_table = "saved_view"


class ImportBatch(RandomIdModel):
    """One imported ledger: received = accepted + refused + sealed; can be undone for 24 hours."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    body_id = models.IntegerField()
    file_name = models.CharField(max_length=200)
    file_sha = models.CharField(max_length=64)
    mapping = models.JSONField(default=dict)
    received = models.IntegerField()
    accepted = models.IntegerField()
    doubtful = models.IntegerField(default=0)
    refused = models.IntegerField()
    sealed = models.IntegerField()
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "import_batch"


class ImportedMatter(RandomIdModel):
    """Which matter a row became, so that a batch can be undone and a re-import finds its rows."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="rows")
    matter_id = models.BigIntegerField()
    row_number = models.IntegerField()

    class Meta:
        db_table = "imported_matter"


class NumberSeries(models.Model):
    """Running numbers of one series and year: reserved → used → void with a reason; no gaps without one."""

    series = models.CharField(max_length=60)
    year = models.SmallIntegerField()
    last = models.IntegerField(default=0)

    class Meta:
        db_table = "number_series"
        constraints = [models.UniqueConstraint(fields=["series", "year"], name="one_series_a_year")]


class NumberUse(RandomIdModel):
    """One number of a series and what became of it."""

    series = models.CharField(max_length=60)
    year = models.SmallIntegerField()
    number = models.IntegerField()
    text = models.CharField(max_length=80)
    matter_id = models.BigIntegerField(null=True)
    state = models.CharField(max_length=8, default="used", choices=[("used", "已用"), ("void", "作废")])
    void_reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "number_use"
        constraints = [models.UniqueConstraint(fields=["series", "year", "number"], name="a_number_once")]


class CalendarRevision(models.Model):
    """A revision of a working-day calendar after a notice: what changed and which clocks moved."""

    calendar = models.CharField(max_length=24)
    revision = models.IntegerField()
    notice_no = models.CharField(max_length=80)
    years = models.JSONField(default=list, help_text="years that the notice makes final")
    days = models.JSONField(default=list, help_text="[day, working, Chinese name, English name] that the notice sets")
    imported_at = models.DateTimeField()
    imported_by = models.IntegerField(null=True)
    moved = models.JSONField(default=list, help_text="counts by rule; the clocks themselves are in clock_moved")

    class Meta:
        db_table = "calendar_revision"
        constraints = [models.UniqueConstraint(fields=["calendar", "revision"], name="one_calendar_revision")]
