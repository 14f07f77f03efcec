"""How a person wants to be told, the queue of mail, and the addresses of calendar feeds."""
from __future__ import annotations

from django.db import models
from django.db.models import Q

from xieli.office.ids import RandomIdModel
from xieli.office.people.models import Person


class NoticeSetting(models.Model):
    """One person's choices. Mail is off unless the person turned it on, the installation has a mail server, and it is no demo."""

    person = models.OneToOneField(Person, models.CASCADE, primary_key=True, related_name="+")
    email = models.CharField(max_length=254, blank=True)
    email_on = models.BooleanField(default=False)
    how = models.CharField(max_length=8, default="daily", choices=[("daily", "每日汇总"), ("each", "逐次")])
    quiet_from = models.TimeField(default="20:00")
    quiet_to = models.TimeField(default="08:00")
    language = models.CharField(max_length=8, default="zh-hans", choices=[("zh-hans", "中文"), ("en", "English")])

    class Meta:
        db_table = "notice_setting"


class NoticeMute(RandomIdModel):
    """A kind of notification that this person does not want to be alerted to: it is kept, read. Statutory red is never muted."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)

    class Meta:
        db_table = "notice_mute"
        constraints = [models.UniqueConstraint(fields=["person", "kind"], name="a_kind_muted_once")]


class MailOut(RandomIdModel):
    """One message on its way: to whom, how many of which urgency. The words are made from these numbers alone."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    red = models.BooleanField(default=False, help_text="statutory red: neither muted nor held back by quiet hours")
    number = models.IntegerField(default=1, help_text="of notifications it stands for")
    state = models.CharField(max_length=8, default="waiting", choices=[("waiting", "待发"), ("sent", "已发"), ("dead", "已放弃"), ("dropped", "不再发")])
    attempts = models.SmallIntegerField(default=0)
    next_try = models.DateTimeField()
    made_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "mail_out"
        indexes = [models.Index(fields=["next_try"], condition=Q(state="waiting"), name="mail_due")]


class CalendarFeed(RandomIdModel):
    """A person's secret calendar address, revocable; every reading is recorded."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_read_at = models.DateTimeField(null=True)
    readings = models.IntegerField(default=0)

    class Meta:
        db_table = "calendar_feed"
