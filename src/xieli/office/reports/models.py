"""Released figures, signed opening balances and named periods."""
from __future__ import annotations

from django.db import models

from xieli.office.bodies.models import Body
from xieli.office.ids import RandomIdModel
from xieli.office.people.models import Person


class NamedPeriod(models.Model):
    """A period people speak of: 五届市委巡察以来. Its first day is somebody's decision, on record."""

    name = models.CharField(max_length=60, unique=True)
    first = models.DateField()
    last = models.DateField(null=True, blank=True)
    decided_by = models.CharField(max_length=120)

    class Meta:
        db_table = "named_period"


class OpeningBalance(models.Model):
    """期初: years before the first day, signed, with a source; printed as such, without drill-down."""

    metric = models.CharField(max_length=60)
    body = models.ForeignKey(Body, models.PROTECT, null=True, blank=True, related_name="+")
    number = models.DecimalField(max_digits=20, decimal_places=4)
    since = models.DateField(null=True, blank=True, help_text="first day of the span; null: only its last day is known")
    until = models.DateField()
    source = models.CharField(max_length=200)
    signed_by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    class Meta:
        db_table = "opening_balance"


class Release(RandomIdModel):
    """A report computed by the report role over facts only, as of a cut-off, approved by two persons, then frozen."""

    class State(models.TextChoices):
        ASKED = "asked", "待计算"
        DRAFT = "draft", "待核"
        CHECKED = "checked", "待批"
        RELEASED = "released", "已发布"
        REFUSED = "refused", "不发布"

    report = models.CharField(max_length=20)
    first = models.DateField()
    last = models.DateField()
    known_by = models.DateField()
    computed_at = models.DateTimeField()
    content = models.JSONField(help_text="figures after suppression, with the definitions' digest")
    sha = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    checked_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    approved_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "release"
