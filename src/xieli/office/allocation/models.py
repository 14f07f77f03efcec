"""Readiness as confirmed, loads as released, travel as known, calls as made."""
from __future__ import annotations

from django.db import models

from xieli.office.bodies.models import Body
from xieli.office.ids import RandomIdModel
from xieli.office.matters.tables.core import Matter
from xieli.office.people.models import Person


class ReadinessAnswer(RandomIdModel):
    """What a duty officer confirmed for his body, morning or evening, himself or by phone. No answer means unknown, never free."""

    body = models.ForeignKey(Body, models.CASCADE, related_name="readiness")
    team = models.CharField(max_length=8, choices=[("yes", "有"), ("no", "无"), ("unknown", "未确认")])
    custody = models.CharField(max_length=8)
    keepers = models.CharField(max_length=8)
    doctor = models.CharField(max_length=8)
    by_phone = models.BooleanField(default=False)
    confirmed_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    valid_until = models.DateTimeField()

    class Meta:
        db_table = "readiness_answer"
        indexes = [models.Index(fields=["body", "-at"], name="readiness_latest")]


class BodyLoad(models.Model):
    """Weekly released load of a body: open matters by weight, in 0.1 officer-month, and its officers. Counts only, no content."""

    body = models.OneToOneField(Body, models.CASCADE, primary_key=True, related_name="load")
    load = models.IntegerField()
    officers = models.IntegerField()
    designations = models.IntegerField(default=0)
    experience = models.JSONField(default=dict, help_text="cases by sector")
    released_at = models.DateTimeField()

    class Meta:
        db_table = "body_load"


class BodyTravel(models.Model):
    """Hours by road from a body's seat to the middle of the area."""

    body = models.OneToOneField(Body, models.CASCADE, primary_key=True, related_name="travel")
    hours = models.DecimalField(max_digits=5, decimal_places=1)
    duty_number = models.CharField(max_length=30, blank=True)

    class Meta:
        db_table = "body_travel"


class DutyCall(RandomIdModel):
    """Called, answered: what happened when the duty number was rung for a matter."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="duty_calls")
    body = models.ForeignKey(Body, models.PROTECT, related_name="+")
    answer = models.CharField(max_length=16, choices=[("yes", "能承办"), ("no", "不能"), ("none", "无人接听")])
    note = models.CharField(max_length=200, blank=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        db_table = "duty_call"


class RankingShown(RandomIdModel):
    """A ranking as it was shown: inputs, weights, result, digest. What a chief can defend a year later."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="rankings")
    inputs = models.JSONField()
    result = models.JSONField()
    sha = models.CharField(max_length=64)
    chosen_body = models.ForeignKey(Body, models.PROTECT, null=True, related_name="+")
    chosen_place = models.IntegerField(null=True)
    why_not_first = models.TextField(blank=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        db_table = "ranking_shown"
