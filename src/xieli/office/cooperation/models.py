"""Standing groups of bodies, offices and persons after a composition template; neighbours of towns."""
from __future__ import annotations

from django.db import models

from xieli.office.bodies.models import Area, Body, Office
from xieli.office.ids import Dated
from xieli.office.people.models import Person


class CooperationGroup(Dated):
    """A group after a template (1+2+1+X, 1+N+N, 2+1+4+N …), from–to. It gives no powers: what none of its members may do, it may not."""

    code = models.CharField(max_length=60, unique=True)
    template = models.CharField(max_length=40, help_text="code of a composition template")
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160)
    body = models.ForeignKey(Body, models.PROTECT, related_name="cooperation_groups", help_text="the body that registered it and leads it")
    area = models.ForeignKey(Area, models.PROTECT, null=True, blank=True, related_name="cooperation_groups")
    basis = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "cooperation_group"


class CooperationSeat(Dated):
    """One seat of a group: a body, an office (whoever holds it), or a person. A seat follows its office; when the holder
    changes, the seat waits for confirmation and says so."""

    group = models.ForeignKey(CooperationGroup, models.CASCADE, related_name="seats")
    slot = models.CharField(max_length=40)
    body = models.ForeignKey(Body, models.PROTECT, null=True, blank=True, related_name="+")
    office = models.ForeignKey(Office, models.PROTECT, null=True, blank=True, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+", help_text="for a seat of a person; for a seat of an office, the holder last confirmed")

    class Meta:
        db_table = "cooperation_seat"


class Neighbour(models.Model):
    """Two bodies whose seats lie side by side (就近); loaded by the installer, each pair once in both directions."""

    body = models.ForeignKey(Body, models.CASCADE, related_name="neighbours")
    other = models.ForeignKey(Body, models.CASCADE, related_name="+")

    class Meta:
        db_table = "body_neighbour"
        constraints = [models.UniqueConstraint(fields=["body", "other"], name="neighbour_once")]
