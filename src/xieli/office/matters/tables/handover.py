"""Hand-over ladder and the duty to report back (DESIGN.md §3: exists only with a receipt; moves ownership)."""
from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from xieli.office.bodies.models import Body
from xieli.office.ids import RandomIdModel
from xieli.office.matters.tables.core import Matter, MatterSubject
from xieli.office.people.models import Person


class Handover(RandomIdModel):
    """sent → received → opened → accepted | returned (reason) | redirected. One transaction inside an installation."""

    class State(models.TextChoices):
        SENT = "sent", "已发出"
        RECEIVED = "received", "已送达"
        OPENED = "opened", "已拆阅"
        ACCEPTED = "accepted", "已受理"
        RETURNED = "returned", "已退回"
        REDIRECTED = "redirected", "已转办"

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="handovers")
    kind = models.CharField(max_length=16, default="handover",
                            choices=[("handover", "移送"), ("assign_down", "交办"), ("redirect", "转办"), ("referral", "互移"),
                                     ("assistance", "协查")])
    sender = models.ForeignKey(Body, models.PROTECT, related_name="handovers_sent")
    receiver = models.ForeignKey(Body, models.PROTECT, related_name="handovers_received")
    competence_reason = models.TextField()
    index = models.JSONField(default=list, help_text="file list: name, size, keyed digest")
    index_sha = models.CharField(max_length=64)
    keep_view = models.BooleanField(default=False, help_text="the sender keeps reading; otherwise it sees only what became of it")
    state = models.CharField(max_length=12, choices=State, default=State.SENT)
    receipt_no = models.CharField(max_length=60, blank=True)
    document_no = models.CharField(max_length=60, blank=True)
    sent_at = models.DateTimeField()
    sent_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    received_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    reason = models.TextField(blank=True)
    redirected_to = models.ForeignKey(Body, models.PROTECT, null=True, related_name="+")
    visible_note = models.CharField(max_length=200, blank=True, help_text="what the sender may read")
    sender_acl = ArrayField(models.IntegerField(), default=list, help_text="who at the sender follows the parcel")
    coarse_stage = models.CharField(max_length=20, default="sent", help_text="送达·受理·分办·核查中·处置·反馈")

    class Meta:
        db_table = "handover"
        indexes = [
            models.Index(fields=["matter"], name="handover_of_matter"),
            models.Index(fields=["sender", "sent_at"], name="handover_sent_by"),
            models.Index(fields=["receiver", "state"], condition=Q(state__in=["sent", "received", "opened"]), name="handover_inbox"),
        ]


class FeedbackDuty(RandomIdModel):
    """A debt of an answer: to the sending body, or to the named reporter. First term, then every term, until answered."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="feedback_duties")
    handover = models.ForeignKey(Handover, models.CASCADE, null=True, related_name="duties")
    owed_by = models.ForeignKey(Body, models.PROTECT, related_name="+")
    owed_to = models.ForeignKey(Body, models.PROTECT, null=True, related_name="+")
    to_reporter = models.BooleanField(default=False)
    rule = models.CharField(max_length=60)
    every_months = models.SmallIntegerField(default=6)
    first_due = models.DateField()
    next_due = models.DateField()
    state = models.CharField(max_length=10, default="open", choices=[("open", "待反馈"), ("closed", "已办结反馈"), ("waived", "免反馈")])
    waived_reason = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "feedback_duty"
        indexes = [models.Index(fields=["matter"], name="duty_of_matter"),
                   models.Index(fields=["next_due"], condition=Q(state="open"), name="duty_open")]


class Feedback(RandomIdModel):
    """回音: what became of it, as told to the other side. Immutable."""

    duty = models.ForeignKey(FeedbackDuty, models.CASCADE, related_name="answers")
    matter = models.ForeignKey(Matter, models.CASCADE, related_name="+")
    final = models.BooleanField(default=False)
    outcome_class = models.CharField(max_length=40, blank=True)
    usable_for_sanction = models.BooleanField(null=True)
    text = models.TextField()
    document_no = models.CharField(max_length=60, blank=True)
    given_at = models.DateTimeField()
    given_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    read_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "feedback"


class Reminder(RandomIdModel):
    """催办 or 督办: who asked, when, and the answer."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="reminders")
    handover = models.ForeignKey(Handover, models.CASCADE, null=True, related_name="reminders")
    kind = models.CharField(max_length=10, choices=[("remind", "催办"), ("chase", "督办")])
    by_body = models.ForeignKey(Body, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    text = models.TextField(blank=True)
    at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)

    class Meta:
        db_table = "reminder"


class CompetenceBasis(RandomIdModel):
    """管辖依据: consent of the resident organ, joint inquiry, designation — with document number and notices to the line."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="competence")
    subject = models.ForeignKey(MatterSubject, models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=24, choices=[("cadre_authority", "管理权限"), ("resident_consent", "驻在机构同意"),
                                                    ("joint_inquiry", "联合审查调查"), ("designation", "指定管辖"),
                                                    ("elevation", "提级管辖")])
    body = models.ForeignKey(Body, models.PROTECT, related_name="+", help_text="who becomes competent")
    given_by = models.ForeignKey(Body, models.PROTECT, null=True, related_name="+")
    document_no = models.CharField(max_length=60)
    decided_on = models.DateField()
    approval_id = models.BigIntegerField(null=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    class Meta:
        db_table = "competence_basis"


class LineNotice(RandomIdModel):
    """Notice to the resident organ's line: at a lead found, filing, liuzhi, transfer for prosecution, withdrawal."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="line_notices")
    occasion = models.CharField(max_length=24)
    to_body = models.ForeignKey(Body, models.PROTECT, related_name="+")
    document_no = models.CharField(max_length=60, blank=True)
    owed_since = models.DateTimeField()
    given_at = models.DateTimeField(null=True)
    given_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    class Meta:
        db_table = "line_notice"
