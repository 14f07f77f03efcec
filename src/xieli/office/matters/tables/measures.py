"""Measures on persons and property, the presence clock, notices owed to the person, his family and unit."""
from __future__ import annotations

from django.db import models

from xieli.office.bodies.models import Body
from xieli.office.ids import RandomIdModel
from xieli.office.matters.tables.core import Matter, MatterSubject
from xieli.office.people.models import Person


class Measure(RandomIdModel):
    """A measure that was ordered. The database refuses one without its approval, and every act after its custody ended."""

    KINDS = [("liuzhi", "留置"), ("guanhu", "管护"), ("order_to_await", "责令候查"), ("compelled_appearance", "强制到案"),
             ("exit_ban", "限制出境"), ("freeze", "冻结"), ("seize", "查封、扣押"), ("query", "查询"), ("search", "搜查"),
             ("technical", "技术调查"), ("wanted", "通缉"), ("questioning", "讯问"), ("interview", "谈话")]

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="measures")
    subject = models.ForeignKey(MatterSubject, models.PROTECT, related_name="measures")
    kind = models.CharField(max_length=24, choices=KINDS)
    approval = models.ForeignKey("matters.Approval", models.PROTECT, null=True, related_name="measures")
    by_body = models.ForeignKey(Body, models.PROTECT, related_name="+", help_text="the commission that holds the power")
    collective_no = models.CharField(max_length=60, blank=True)
    superior_no = models.CharField(max_length=60, blank=True)
    document_no = models.CharField(max_length=60, blank=True)
    place = models.CharField(max_length=120, blank=True)
    started_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=40, blank=True)
    end_document_no = models.CharField(max_length=60, blank=True)
    late_record = models.BooleanField(default=False, help_text="recorded after the fact, both dates shown, marked as a breach")
    enterprise_note = models.TextField(blank=True, help_text="impact on the enterprise, when its property is seized or frozen")
    property_fen = models.BigIntegerField(null=True)

    class Meta:
        db_table = "measure"
        indexes = [models.Index(fields=["matter"], name="measure_of_matter"),
                   models.Index(fields=["kind", "started_at"], name="measure_by_kind")]


class MeasureNotice(RandomIdModel):
    """A notice owed under a measure: to family and unit within 24 h, on release, rights told. An exception is re-asked."""

    measure = models.ForeignKey(Measure, models.CASCADE, related_name="notices")
    matter = models.ForeignKey(Matter, models.CASCADE, related_name="+")
    to = models.CharField(max_length=12, choices=[("family", "家属"), ("unit", "单位"), ("person", "本人")])
    due_at = models.DateTimeField(null=True)
    given_at = models.DateTimeField(null=True)
    given_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    exception_approval = models.BigIntegerField(null=True)
    exception_reason = models.TextField(blank=True)
    ask_again_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "measure_notice"


class Presence(RandomIdModel):
    """到场时钟: every person brought or kept for a talk: basis, start, free to leave, end. Waiting for approval is no basis."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="presences")
    subject = models.ForeignKey(MatterSubject, models.PROTECT, related_name="presences")
    basis = models.CharField(max_length=60)
    measure = models.ForeignKey(Measure, models.PROTECT, null=True, related_name="presences")
    place = models.CharField(max_length=120)
    started_at = models.DateTimeField()
    free_to_leave = models.BooleanField(default=True)
    keeper = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    risk_note = models.TextField(blank=True)
    risk = models.CharField(max_length=8, blank=True, default="", db_default="", choices=[("low", "低"), ("medium", "中"), ("high", "高")], help_text="mood and safety as assessed by a person")
    safety_plan = models.TextField(blank=True, db_default="", default="", help_text="who accompanies, which care stands by, to whom he is handed back")
    ended_at = models.DateTimeField(null=True)
    end_kind = models.CharField(max_length=24, blank=True)

    class Meta:
        db_table = "presence"


class PresenceEntry(RandomIdModel):
    """One line of a presence: rest, meal, medical check, talk with its roles, offer to leave."""

    presence = models.ForeignKey(Presence, models.CASCADE, related_name="entries")
    matter = models.ForeignKey(Matter, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=16, choices=[("rest", "休息"), ("meal", "饮食"), ("medical", "医疗检查"), ("talk", "谈话"),
                                                    ("leave_offer", "告知可离开"), ("basis", "变更依据"), ("keeper", "看护交接")])
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=300, blank=True)
    persons = models.JSONField(default=list, help_text="person, role: lead talker, specialist, record")
    recorded_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "presence_entry"


class RightsSheet(RandomIdModel):
    """The sheet given with every measure: what he may ask, of whom, within which terms; when and by whom it was handed over."""

    measure = models.ForeignKey(Measure, models.CASCADE, related_name="sheets")
    matter = models.ForeignKey(Matter, models.CASCADE, related_name="+")
    content = models.JSONField()
    given_at = models.DateTimeField(null=True)
    given_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    class Meta:
        db_table = "rights_sheet"
