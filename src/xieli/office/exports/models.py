"""One bulk export as its asker sees it, and the sheet itself, which is gone when its time is over."""
from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from xieli.office.ids import RandomIdModel
from xieli.office.people.models import Person


class RegisterExport(RandomIdModel):
    """A register asked for as a sheet: what was asked in which words, how far the worker is, until when it lies ready."""

    STATES = [("queued", "排队"), ("running", "正在生成"), ("done", "可取"), ("failed", "失败"), ("cancelled", "已停止"), ("refused", "无权限"), ("gone", "已过期")]

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    session = models.BigIntegerField(null=True, help_text="the session in which it was asked: its capacity is the job's")
    register = models.CharField(max_length=40)
    query = models.TextField(blank=True, help_text="filters and columns as the address has them")
    language = models.CharField(max_length=10)
    title = models.CharField(max_length=80)
    purpose = models.CharField(max_length=200)
    paper = models.CharField(max_length=2, default="a4")
    state = models.CharField(max_length=10, choices=STATES)
    total = models.IntegerField(help_text="rows when it was asked for")
    done = models.IntegerField(default=0)
    at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True, help_text="the sheet can be taken before this instant, then it is deleted")

    class Meta:
        db_table = "register_export"
        indexes = [models.Index(fields=["person", "-at"], name="exports_of_person")]


class ExportSheet(models.Model):
    """The workbook, and the matters that it names: taken only while its asker may still see every one of them."""

    export = models.OneToOneField(RegisterExport, models.CASCADE, primary_key=True, related_name="sheet")
    content = models.BinaryField()
    matters = ArrayField(models.BigIntegerField())

    class Meta:
        db_table = "register_export_sheet"
