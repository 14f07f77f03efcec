"""A merger of two bodies, asked for by one person and confirmed by another."""
from __future__ import annotations

from django.db import models

from xieli.office.bodies.models import Body
from xieli.office.ids import RandomIdModel
from xieli.office.people.models import Person


class BodyMerge(RandomIdModel):
    """Which body becomes part of which, from what day, by which document. Written by access.ask_merge and confirm_merge."""

    old = models.ForeignKey(Body, models.PROTECT, related_name="+")
    heir = models.ForeignKey(Body, models.PROTECT, related_name="+")
    on_day = models.DateField()
    document_no = models.CharField(max_length=80)
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    result = models.JSONField(default=dict, help_text="what moved: matters, debts, parcels, children, areas, still_posted")

    class Meta:
        db_table = "body_merge"
