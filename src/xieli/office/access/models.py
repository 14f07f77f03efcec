"""Grants, recusals, compartments. Nobody writes these tables directly: definer functions do (sql/)."""
from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from xieli.office.ids import FOREVER, RandomIdModel
from xieli.office.matters.tables.core import Matter


class Grant(RandomIdModel):
    """The truth about who may do what on a matter: kind, acts, from–to, basis, reason, approver."""

    class Kind(models.TextChoices):
        HANDLER = "handler", "承办"
        TEAM = "team", "专案组"
        LEADER = "leader", "分管领导"
        APPROVER = "approver", "审批"
        DISPATCHED = "dispatched", "派员"
        REVIEWER = "reviewer", "复核"
        RECEIVER = "receiver", "接收"
        SENDER = "sender", "移送方"
        BREAK_GLASS = "break_glass", "破窗"

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="grants")
    principal = models.IntegerField()
    kind = models.CharField(max_length=12, choices=Kind)
    acts = ArrayField(models.CharField(max_length=12))
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(default=FOREVER)
    revoked_at = models.DateTimeField(null=True)
    basis = models.CharField(max_length=200)
    reason = models.TextField(blank=True)
    approver = models.IntegerField(null=True)
    granted_by = models.IntegerField()
    recorded_at = models.DateTimeField()
    posting = models.BigIntegerField(null=True, help_text="the posting of the person named, on which the grant rests")

    class Meta:
        db_table = "matter_grant"
        constraints = [
            models.CheckConstraint(condition=~models.Q(basis=""), name="grant_has_basis"),
            models.CheckConstraint(condition=models.Q(starts_at__lt=models.F("ends_at")), name="grant_ends_after_start"),
        ]
        indexes = [
            models.Index(fields=["matter", "principal"], name="grant_of_matter"),
            # a posting that ends cuts what rests on it
            models.Index(fields=["posting"], name="grant_on_posting", condition=models.Q(posting__isnull=False)),
        ]


class Recusal(RandomIdModel):
    """A person or body that must not take part. It wins over every grant; raised ones only bar new grants; a limited one reads and remarks."""

    class State(models.TextChoices):
        RAISED = "raised", "待决定"
        IN_FORCE = "in_force", "回避"
        LIMITED = "limited", "限制参与"
        REJECTED = "rejected", "不予回避"

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="recusals")
    principal = models.IntegerField(help_text="a person or a body")
    ground = models.CharField(max_length=30)
    automatic = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(default=FOREVER)
    raised_by = models.IntegerField(null=True)
    decided_by = models.IntegerField(null=True)
    decided_at = models.DateTimeField(null=True)
    lift_asked_by = models.IntegerField(null=True, help_text="the first of the two who lift it")
    reason = models.TextField(blank=True)

    class Meta:
        db_table = "recusal"
        indexes = [models.Index(fields=["matter"], name="recusal_of_matter")]


class BreakGlass(RandomIdModel):
    """The review of one broken glass: judged by a second person within 24 hours, else an alarm."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="+")
    grant = models.OneToOneField(Grant, models.CASCADE, related_name="review")
    person = models.IntegerField()
    reason = models.TextField()
    opened_at = models.DateTimeField()
    judge_before = models.DateTimeField()
    verdict = models.CharField(max_length=12, blank=True, choices=[("justified", "属实必要"), ("unjustified", "不当")])
    judged_by = models.IntegerField(null=True)
    judged_at = models.DateTimeField(null=True)
    comment = models.TextField(blank=True)
    alarmed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "break_glass"
        indexes = [models.Index(fields=["judge_before"], name="glass_unjudged", condition=models.Q(verdict=""))]


class Compartment(models.Model):
    """A closed circle: a matter in it is seen only by who holds it now."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)

    class Meta:
        db_table = "compartment"


class CompartmentHolder(models.Model):
    """A person who holds a compartment, from–to."""

    compartment = models.ForeignKey(Compartment, models.CASCADE, related_name="holders")
    person = models.IntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(default=FOREVER)
    granted_by = models.IntegerField(null=True)
    confirmed_by = models.IntegerField(null=True, help_text="nothing is held before a second person confirmed")
    basis = models.CharField(max_length=200, blank=True, db_default="")

    class Meta:
        db_table = "compartment_holder"
