"""Clocks: `due = f(rule, dated events, calendar)`; the stored dates are caches that `xieli verify` recomputes."""
from __future__ import annotations

from django.db import models
from django.db.models import Q

from xieli.office.ids import RandomIdModel
from xieli.office.matters.tables.core import Matter, MatterSubject
from xieli.office.people.models import Person


class Clock(RandomIdModel):
    """One running or ended term of a matter, pinned to the rule under which it started."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="clocks")
    subject = models.ForeignKey(MatterSubject, models.PROTECT, null=True, related_name="clocks")
    rule = models.CharField(max_length=60)
    rule_on = models.DateField(help_text="the date of the act, which decides the version of the rule")
    code = models.CharField(max_length=60, help_text="the clock's name in its playbook")
    calendar = models.CharField(max_length=24, default="cn-mainland")
    parameters = models.JSONField(default=dict, help_text="amount and unit where the rule leaves them to the letter")
    statutory = models.BooleanField(default=False)
    on_expiry = models.CharField(max_length=16, default="warn")
    state = models.CharField(max_length=10, default="running",
                             choices=[("running", "进行"), ("suspended", "暂停"), ("stopped", "停止")])
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, help_text="cache: the later reading")
    alarm_at = models.DateTimeField(null=True, help_text="cache: the earlier reading; alarms and gates act on it")
    warn_at = models.DateTimeField(null=True, help_text="cache: from when the light is yellow")
    provisional = models.BooleanField(default=False, help_text="cache: crosses an unpublished year (暂定)")
    stopped_at = models.DateTimeField(null=True)
    alarmed_level = models.SmallIntegerField(default=0, help_text="0 none, 1 warned, 2 expired: who was told")
    next_look = models.DateTimeField(null=True, help_text="when the sweeper has to look again")
    stage = models.CharField(max_length=40, blank=True)

    class Meta:
        db_table = "clock"
        indexes = [
            models.Index(fields=["matter"], name="clock_of_matter"),
            # the sweeper: next 500 due
            models.Index(fields=["next_look", "id"], condition=Q(state="running"), name="clock_sweep"),
            models.Index(fields=["rule"], name="clock_by_rule"),
        ]


class ClockEvent(RandomIdModel):
    """What happened to a clock: start, suspend, resume, extend, restart, stop, correct. Append-only."""

    clock = models.ForeignKey(Clock, models.CASCADE, related_name="events")
    matter = models.ForeignKey(Matter, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12)
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    amount = models.IntegerField(null=True)
    unit = models.CharField(max_length=12, blank=True)
    code = models.CharField(max_length=24, blank=True, default="", help_text="which of the rule's extensions this is")
    ground = models.CharField(max_length=200, blank=True)
    approval_id = models.BigIntegerField(null=True)
    approver_level = models.CharField(max_length=24, blank=True, help_text="who decided, relative to the handling body; on a start: that body's rank")
    document_no = models.CharField(max_length=60, blank=True)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    class Meta:
        db_table = "clock_event"
        indexes = [models.Index(fields=["clock", "happened_at"], name="event_of_clock")]


class Alarm(RandomIdModel):
    """A light that changed and whom it was shown to: the head, the superior, the internal-supervision room."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="alarms")
    clock = models.ForeignKey(Clock, models.CASCADE, null=True, related_name="alarms")
    kind = models.CharField(max_length=30)
    level = models.SmallIntegerField(default=1)
    raised_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    answer = models.TextField(blank=True)

    class Meta:
        db_table = "alarm"
        indexes = [models.Index(fields=["matter"], name="alarm_of_matter")]
