"""What was pressed already: so that a form that arrives twice has one effect."""
from __future__ import annotations

from django.db import models

from xieli.office.ids import RandomIdModel
from xieli.office.people.models import Person


class Press(RandomIdModel):
    """One form as one page sent it, and where its sender was led. `key` is a digest; nothing of what was typed is kept."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    key = models.CharField(max_length=64)
    location = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "press"
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="press_once")]
