"""The matter itself, its subjects, bodies, links, and the worklist kept beside it."""
from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from xieli.office.bodies.models import Body, Room
from xieli.office.ids import FOREVER, RandomIdModel
from xieli.office.people.models import Person


class Level(models.IntegerChoices):
    """Classification. The installation refuses what lies above the level it is approved for."""

    INTERNAL = 0, "内部"
    WORK_SECRET = 1, "工作秘密"
    CONFIDENTIAL = 2, "秘密"
    SECRET = 3, "机密"
    TOP = 4, "绝密"


class Matter(RandomIdModel):
    """A thing with a life of stages. ``acl``, ``deny``, ``comps`` and ``sure_until`` are caches kept by triggers."""

    kind = models.CharField(max_length=40)
    playbook_version = models.IntegerField()
    playbook_sha = models.CharField(max_length=64)
    title = models.CharField(max_length=300)
    summary = models.TextField(blank=True)
    owner_body = models.ForeignKey(Body, models.PROTECT, related_name="matters")
    owner_room = models.ForeignKey(Room, models.PROTECT, null=True, blank=True, related_name="matters")
    level = models.SmallIntegerField(choices=Level, default=Level.INTERNAL)
    status = models.CharField(max_length=10, default="open", choices=[("open", "在办"), ("closed", "办结")])
    state = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()), help_text="where it stands: the playbook engine's state; written by access.make_move alone")
    stages = ArrayField(models.CharField(max_length=40), default=list, help_text="open stages, cached from matter_stage")
    series = models.CharField(max_length=40, blank=True)
    number = models.CharField(max_length=40, blank=True, help_text="only in series whose whole register is visible")
    urgent = models.BooleanField(default=False)
    source = models.CharField(max_length=40, blank=True)
    source_grade = models.CharField(max_length=4, blank=True)
    opened_at = models.DateTimeField()
    received_on = models.DateField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    close_kind = models.CharField(max_length=40, blank=True)
    next_due = models.DateTimeField(null=True, blank=True, help_text="earliest alarm of its running clocks, cached")
    row_version = models.IntegerField(default=1)
    # ── need-to-know caches (triggers; recomputed by `xieli verify`) ──
    acl = ArrayField(models.IntegerField(), default=list)
    deny = ArrayField(models.IntegerField(), default=list)
    comps = ArrayField(models.IntegerField(), default=list)
    sure_until = models.DateTimeField(default=FOREVER)
    grams = ArrayField(models.CharField(max_length=4), default=list, help_text="two-character pieces, for search")

    class Meta:
        db_table = "matter"
        indexes = [
            # search: visible rows that contain every piece of what was typed
            GinIndex(fields=["acl", "grams"], name="matter_acl_grams"),
            # deadline lists of wide readers (province) and the report of what is due
            models.Index(fields=["next_due", "id"], condition=Q(status="open"), name="matter_due_open"),
            # registers by kind and date received
            models.Index(fields=["kind", "opened_at", "id"], name="matter_register"),
            models.Index(fields=["owner_body", "kind"], name="matter_owner"),
            # the palette: a number typed, and the newest rows that hold a common word
            models.Index(fields=["number"], name="matter_number"),
            models.Index(fields=["opened_at", "id"], name="matter_newest"),
            # the sweeper's next boundaries
            models.Index(fields=["sure_until"], condition=Q(sure_until__lt=FOREVER), name="matter_sure_until"),
        ]


class MatterWork(models.Model):
    """Worklist: one row per open matter and principal that may read it, by due date (stack.md §3). Kept by trigger."""

    pk = models.CompositePrimaryKey("principal", "next_due", "matter_id")
    principal = models.IntegerField()
    next_due = models.DateTimeField()
    matter_id = models.BigIntegerField()

    class Meta:
        db_table = "matter_work"


class MatterSubject(RandomIdModel):
    """Whom or what a matter is about. The identity number is a keyed digest; showing it is another, recorded act."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="subjects")
    kind = models.CharField(max_length=10, choices=[("person", "人"), ("unit", "单位")], default="person")
    name = models.CharField(max_length=120)
    id_digest = models.BinaryField(null=True, blank=True)
    id_sealed = models.BinaryField(null=True, blank=True, help_text="the number, sealed under the installation's key")
    id_tail = models.CharField(max_length=4, blank=True)
    person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    unit_body = models.ForeignKey(Body, models.PROTECT, null=True, blank=True, related_name="+")
    unit_name = models.CharField(max_length=120, blank=True)
    post = models.CharField(max_length=80, blank=True)
    cadre_rank = models.CharField(max_length=24, blank=True)
    managed_by = models.ForeignKey(Body, models.PROTECT, null=True, blank=True, related_name="+")
    dual_managed = models.BooleanField(default=False)
    role = models.CharField(max_length=16, default="subject", choices=[("subject", "被反映人"), ("witness", "证人")])

    class Meta:
        db_table = "matter_subject"
        indexes = [models.Index(fields=["matter"], name="subject_of_matter")]


class MatterBody(RandomIdModel):
    """A body that takes part in a matter, as what, from–to. Ownership moves here and on the matter together."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="bodies")
    body = models.ForeignKey(Body, models.PROTECT, related_name="+")
    role = models.CharField(max_length=24)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "matter_body"


class MatterLink(RandomIdModel):
    """What a matter came from and led to. Seen only by who sees both ends."""

    source = models.ForeignKey(Matter, models.CASCADE, related_name="links_out")
    target = models.ForeignKey(Matter, models.CASCADE, related_name="links_in")
    kind = models.CharField(max_length=24)
    outcome = models.CharField(max_length=40, blank=True, default="", help_text="what the target reported to the source")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "matter_link"
