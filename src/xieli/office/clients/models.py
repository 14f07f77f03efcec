"""Tokens of programs, answers kept for repeated requests, webhooks and what became of each delivery.

Secrets are in tables of the schema `access` that no session reads (sql/0001_clients.sql): digests of tokens there, and of webhook
secrets nothing at all: they are derived from the installation's key, the webhook and its generation.
"""
from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from xieli.office.bodies.models import Body
from xieli.office.ids import RandomIdModel
from xieli.office.people.models import Person

# scope → what it opens, in both languages. A scope only narrows what the person or service may do anyway.
SCOPES: dict[str, tuple[str, str]] = {
    "matters:read": ("读事项、线索、表单和数据项", "read matters, leads, forms and facts"),
    "matters:write": ("登记线索、填表、办理环节", "register leads, hand in forms, make moves"),
    "handovers:read": ("读移送、回执和反馈", "read hand-overs, receipts and feedback"),
    "handovers:write": ("移送、受理、退回、反馈、催办", "hand over, accept, return, report back, remind"),
    "clocks:read": ("读期限", "read clocks and deadlines"),
    "approvals:read": ("读审批状态", "read the state of approvals"),
    "figures:read": ("读已发布的数字", "read released figures"),
    "webhooks:read": ("读回调及投递记录", "read webhooks and their deliveries"),
    "webhooks:write": ("管理回调", "administer webhooks"),
}

# what a webhook may tell: kind → words. The payload carries the kind, never the thing.
EVENTS: dict[str, tuple[str, str]] = {
    "handover.arrived": ("有移送到达", "a hand-over arrived"),
    "handover.opened": ("移送已拆阅", "a hand-over was opened"),
    "handover.accepted": ("移送已受理", "a hand-over was accepted"),
    "handover.returned": ("移送被退回", "a hand-over was returned"),
    "handover.redirected": ("移送已转办", "a hand-over was redirected"),
    "feedback.given": ("有了反馈", "feedback was given"),
    "feedback.overdue": ("反馈逾期", "feedback is overdue"),
    "reminder.arrived": ("收到催办", "a reminder arrived"),
    "clock.alarm": ("期限将到或已到", "a clock is near or past its end"),
    "approval.waiting": ("有请示待批", "a request waits for approval"),
    "matter.designated": ("被指定管辖", "a matter was designated to the body"),
}


class ApiToken(RandomIdModel):
    """A program's right to act as one person or service: asked for by security, confirmed by the body, collected by its holder."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="api_tokens", help_text="whose grants it has")
    collector = models.ForeignKey(Person, models.PROTECT, related_name="+", help_text="who receives the secret; for a service the person responsible")
    label = models.CharField(max_length=80)
    scopes = ArrayField(models.CharField(max_length=24))
    zone = models.CharField(max_length=12, default="government", choices=[("government", "政务区"), ("closed", "封闭区")])
    reason = models.CharField(max_length=200)
    agreement = models.CharField(max_length=120, blank=True, help_text="a service acts under an agreement with an end")
    expires_at = models.DateTimeField()
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    collected_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "api_token"


class ApiAnswer(RandomIdModel):
    """What was answered to a request with an Idempotency-Key; kept a day, so that a repetition has one effect."""

    token = models.ForeignKey(ApiToken, models.CASCADE, related_name="+")
    key = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, help_text="of method, address and body")
    status = models.SmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "api_answer"
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="one_answer_per_key")]


class WebhookHost(RandomIdModel):
    """A host that an administrator allowed as a receiver. Private address ranges only when stated here."""

    host = models.CharField(max_length=120)
    port = models.IntegerField(default=443)
    private = models.BooleanField(default=False, help_text="the host lies in a private range, or is reached without TLS inside it")
    note = models.CharField(max_length=200, blank=True)
    allowed_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "webhook_host"
        constraints = [models.UniqueConstraint(fields=["host", "port"], condition=Q(ended_at=None), name="a_host_once")]


class Webhook(RandomIdModel):
    """One body's subscription: which kinds of event are told to which address."""

    body = models.ForeignKey(Body, models.PROTECT, related_name="webhooks")
    label = models.CharField(max_length=80)
    url = models.CharField(max_length=300)
    kinds = ArrayField(models.CharField(max_length=32))
    generation = models.IntegerField(default=1, help_text="of its secret")
    rotated_at = models.DateTimeField(null=True)
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "webhook"


class WebhookEvent(RandomIdModel):
    """That something of a kind happened at a body. Its identity is the opaque reference; what it was is resolved under need-to-know."""

    body = models.ForeignKey(Body, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=32)
    at = models.DateTimeField()
    matter_id = models.BigIntegerField(null=True)
    handover_id = models.BigIntegerField(null=True)
    approval_id = models.BigIntegerField(null=True)
    subject_key = models.CharField(max_length=60, help_text="what makes it one event however many persons were told")

    class Meta:
        db_table = "webhook_event"
        constraints = [models.UniqueConstraint(fields=["body", "kind", "at", "subject_key"], name="one_event_however_many_told")]


class WebhookDelivery(RandomIdModel):
    """One event on its way to one webhook: tried with growing pauses, then dead until somebody sends it again."""

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(WebhookEvent, models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=8, default="waiting", choices=[("waiting", "待投递"), ("sent", "已送达"), ("dead", "已放弃")])
    attempts = models.SmallIntegerField(default=0)
    next_try = models.DateTimeField()
    last_status = models.IntegerField(null=True)
    last_error = models.CharField(max_length=200, blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "webhook_delivery"
        indexes = [models.Index(fields=["next_try"], condition=Q(state="waiting"), name="delivery_due")]
