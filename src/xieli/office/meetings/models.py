"""Meeting series: a rhythm, a convening office or sides in turn."""
from __future__ import annotations

from django.db import models

from xieli.office.bodies.models import Body, Office
from xieli.office.ids import Dated


class MeetingSeries(Dated):
    """A series that must meet once in every week, month, quarter or year. The convener is an office, never a person; where
    sides convene in turn, the next is the side that did not convene last."""

    class Every(models.TextChoices):
        WEEK = "week", "每周"
        MONTH = "month", "每月"
        QUARTER = "quarter", "每季"
        YEAR = "year", "每年"

    code = models.CharField(max_length=60, unique=True, help_text="as the meeting's form names it")
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160)
    body = models.ForeignKey(Body, models.PROTECT, related_name="meeting_series")
    every = models.CharField(max_length=8, choices=Every)
    kind = models.CharField(max_length=12, default="regular", help_text="kind of its meetings, as the form names it")
    convener = models.ForeignKey(Office, models.PROTECT, null=True, blank=True, related_name="+", help_text="the office that convenes; null: the sides in turn")
    basis = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "meeting_series"


class SeriesSide(models.Model):
    """A body that takes part in a series; those in turn convene in this order."""

    series = models.ForeignKey(MeetingSeries, models.CASCADE, related_name="sides")
    body = models.ForeignKey(Body, models.PROTECT, related_name="+")
    place = models.SmallIntegerField()
    convenes = models.BooleanField(default=False)

    class Meta:
        db_table = "series_side"
        constraints = [models.UniqueConstraint(fields=["series", "body"], name="side_once")]
