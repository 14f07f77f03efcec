"""Approvals: what was asked, who signs in which order, what each signer saw, and what it released."""
from __future__ import annotations

from django.db import models
from django.db.models import Q

from xieli.office.bodies.models import Body
from xieli.office.ids import RandomIdModel
from xieli.office.matters.tables.core import Matter, MatterSubject
from xieli.office.people.models import Person


class ApprovalRule(models.Model):
    """One signature of one chain of an act, published with its playbook; a body's own matrix replaces it as a whole."""

    kind = models.CharField(max_length=40, help_text="playbook code")
    version = models.IntegerField()
    act = models.CharField(max_length=60)
    act_class = models.CharField(max_length=16)
    chain = models.SmallIntegerField(default=0)
    order = models.SmallIntegerField()
    office = models.CharField(max_length=24)
    at = models.CharField(max_length=16, help_text="own, partner, next_up, province, national, common_superior, other")
    how = models.CharField(max_length=12, default="sign", help_text="sign, collective (a record's number), file (put on record)")
    delegable = models.BooleanField(default=False)
    paper = models.BooleanField(default=True)
    after = models.JSONField(default=list, help_text="acts that must have been approved before this is decided")
    basis = models.CharField(max_length=120, blank=True)
    source = models.CharField(max_length=8, default="ours", help_text="law, local or ours")
    body = models.ForeignKey(Body, models.CASCADE, null=True, blank=True, related_name="+", help_text="own matrix of one body")

    class Meta:
        db_table = "approval_rule"
        indexes = [models.Index(fields=["kind", "version", "act"], name="approval_rule_of")]


class Approval(RandomIdModel):
    """A request for approval of one act on one matter (and subject). State moves only by its signers."""

    class State(models.TextChoices):
        PENDING = "pending", "待批"
        APPROVED = "approved", "已批准"
        REFUSED = "refused", "不批准"
        WITHDRAWN = "withdrawn", "撤回"
        USED = "used", "已执行"

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="approvals")
    act = models.CharField(max_length=60)
    subject = models.ForeignKey(MatterSubject, models.PROTECT, null=True, related_name="+")
    what = models.JSONField(help_text="exactly what would be executed: body, person, dates, amounts")
    what_sha = models.CharField(max_length=64)
    reason = models.TextField(blank=True)
    urgent = models.BooleanField(default=False)
    requested_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    decided_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    collective_no = models.CharField(max_length=60, blank=True, help_text="number of the collective record")
    closed_zone = models.BooleanField(default=False, help_text="measures are approved only inside the closed zone")
    document_no = models.CharField(max_length=60, blank=True)

    class Meta:
        db_table = "approval"
        indexes = [models.Index(fields=["matter", "act"], name="approval_of_matter"),
                   models.Index(fields=["state", "requested_at"], condition=Q(state="pending"), name="approval_pending")]


class ApprovalStep(RandomIdModel):
    """One signer's place in the order, and his decision with the snapshot he saw."""

    approval = models.ForeignKey(Approval, models.CASCADE, related_name="steps")
    matter = models.ForeignKey(Matter, models.CASCADE, related_name="+")
    order = models.SmallIntegerField()
    office_code = models.CharField(max_length=24)
    how = models.CharField(max_length=12, default="sign")
    body = models.ForeignKey(Body, models.PROTECT, related_name="+")
    office_id = models.IntegerField(null=True, help_text="principal id of the office that signs")
    delegable = models.BooleanField(default=False)
    basis = models.CharField(max_length=60, blank=True)
    source = models.CharField(max_length=8, default="ours")
    decision = models.CharField(max_length=10, blank=True)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    as_deputy = models.BooleanField(default=False)
    reason = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)
    signed_at = models.DateTimeField(null=True, help_text="on paper: when it was really signed")
    snapshot_id = models.BigIntegerField(null=True)
    paper_no = models.CharField(max_length=60, blank=True)
    paper_file = models.BigIntegerField(null=True)
    clerk_one = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    clerk_two = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    class Meta:
        db_table = "approval_step"
        constraints = [models.UniqueConstraint(fields=["approval", "order"], name="one_signer_per_place")]


class Snapshot(RandomIdModel):
    """当时所见: the page, loads, recusals and rule versions that a signer saw, frozen and hashed into the ledger."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="+")
    approval = models.ForeignKey(Approval, models.CASCADE, related_name="snapshots")
    content = models.JSONField()
    canon = models.BinaryField()
    sha = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        db_table = "snapshot"


class Delegation(models.Model):
    """Who may sign for an office, for which acts, from–to: only acts whose rule says delegable."""

    office_id = models.IntegerField()
    person = models.ForeignKey(Person, models.PROTECT, related_name="delegations")
    acts = models.JSONField(default=list)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    given_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "delegation"
