"""Files of a matter and what happens to them. Everything but the verdict's cache is append-only."""
from __future__ import annotations

from django.db import models

from xieli.office.bodies.models import Body
from xieli.office.ids import RandomIdModel
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.handover import Handover
from xieli.office.people.models import Person

VERDICTS = [("", "未认定"), ("relied_on", "采信为依据"), ("excluded", "排除"), ("forged", "伪造")]


class StoredFile(RandomIdModel):
    """One file of one matter. Its address is a keyed digest, another in every matter: two matters that hold the same
    file cannot be matched by it. A copy from another matter is seen by who sees both."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="files")
    source_matter = models.ForeignKey(Matter, models.PROTECT, null=True, related_name="+", help_text="the matter a copy was taken from")
    source = models.ForeignKey("self", models.PROTECT, null=True, related_name="copies")
    name = models.CharField(max_length=200)
    media = models.CharField(max_length=80, help_text="by content, never by name")
    misnamed = models.BooleanField(default=False, help_text="the name claims another kind than the content is")
    size = models.BigIntegerField(help_text="bytes")
    digest = models.BinaryField(max_length=32, help_text="keyed digest of the content in this matter: its address")
    received_at = models.DateTimeField()
    received_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=12, blank=True, default="", choices=VERDICTS, help_text="the last one; written by access.judge_exhibit alone")

    class Meta:
        db_table = "stored_file"
        constraints = [models.UniqueConstraint(fields=["matter", "digest"], name="a_file_once_per_matter")]
        indexes = [models.Index(fields=["digest"], name="file_by_digest")]  # the sweeper asks which addresses are known


class CustodyEntry(RandomIdModel):
    """One line of the custody log: what was done with the exhibit, when, by whom, from whom to whom. Append-only."""

    KINDS = [("received", "收到"), ("moved", "移交"), ("copied", "复制"), ("sealed", "加封"), ("returned", "返还")]
    #: as the log is read; of what one transaction wrote at one moment the receipt comes first
    ORDER = ("happened_at", "recorded_at", models.Case(models.When(kind="received", then=0), default=1), "id")

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="+")
    file = models.ForeignKey(StoredFile, models.CASCADE, related_name="custody")
    kind = models.CharField(max_length=12, choices=KINDS)
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    from_whom = models.CharField(max_length=120, blank=True)
    to_whom = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "custody_entry"
        indexes = [models.Index(fields=["file", "happened_at"], name="custody_of_file")]


class ExhibitVerdict(RandomIdModel):
    """What was decided about an exhibit: relied on, excluded, forged; who, when, why. Append-only, the last one holds."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="+")
    file = models.ForeignKey(StoredFile, models.CASCADE, related_name="verdicts")
    verdict = models.CharField(max_length=12, choices=VERDICTS[1:])
    reason = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")

    class Meta:
        db_table = "exhibit_verdict"


class ExhibitUse(RandomIdModel):
    """Something that relies on an exhibit: an approval, an outcome, another matter. Flagged when the exhibit is found forged."""

    KINDS = [("approval", "审批"), ("outcome", "结果"), ("matter", "事项")]

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="+")
    file = models.ForeignKey(StoredFile, models.CASCADE, related_name="uses")
    kind = models.CharField(max_length=10, choices=KINDS)
    ref = models.BigIntegerField(help_text="identity of the approval, outcome or matter")
    at = models.DateTimeField()
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    flagged_at = models.DateTimeField(null=True, help_text="the exhibit was found forged; written by access.judge_exhibit alone")
    cleared_at = models.DateTimeField(null=True, help_text="the finding of forgery was itself withdrawn")

    class Meta:
        db_table = "exhibit_use"
        constraints = [models.UniqueConstraint(fields=["file", "kind", "ref"], name="a_use_once")]


class FileCheck(RandomIdModel):
    """One file of a hand-over's list, compared with what is stored when the parcel was opened. Append-only."""

    RESULTS = [("match", "一致"), ("missing", "缺失"), ("changed", "不一致"), ("added", "清单外")]

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="+")
    handover = models.ForeignKey(Handover, models.CASCADE, related_name="checks")
    name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    result = models.CharField(max_length=8, choices=RESULTS)
    at = models.DateTimeField()
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    body = models.ForeignKey(Body, models.PROTECT, null=True, related_name="+")

    class Meta:
        db_table = "file_check"
        indexes = [models.Index(fields=["handover", "at"], name="check_of_handover")]
