"""Data matching on the desk: the catalogue, authorizations by two persons, runs, hits, reveals, verdicts, leads, corrections.

Every row but the catalogue belongs to a matter and is seen by its circle only. The rows behind a hit stay in the engine's
folder; here is what a person reads, what he did, and who may do it: the gates are triggers (sql/0001_desk.sql).
"""
from __future__ import annotations

from django.db import models

from xieli.office.ids import RandomIdModel
from xieli.office.matters.tables.core import Matter
from xieli.office.people.models import Person


class DataSet(models.Model):
    """One data set of the catalogue at its current version: whose it is, how fresh, what its columns mean. No rows."""

    code = models.CharField(max_length=64, primary_key=True)
    title_zh = models.CharField(max_length=100)
    title_en = models.CharField(max_length=100)
    owner_code = models.CharField(max_length=64, help_text="the owner body as its description names it")
    owner_zh = models.CharField(max_length=100)
    owner_en = models.CharField(max_length=100)
    level = models.CharField(max_length=20)
    as_of = models.DateField()
    every_days = models.IntegerField()
    lineage_zh = models.CharField(max_length=300)
    lineage_en = models.CharField(max_length=300)
    version = models.CharField(max_length=80)
    accepted = models.BigIntegerField()
    quarantined = models.BigIntegerField()
    columns = models.JSONField(default=list)

    class Meta:
        db_table = "match_dataset"


class Authorization(RandomIdModel):
    """Who may lay which columns side by side, about whom, how often, until when; the engine's document, signed by two persons."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="authorizations")
    code = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=12, choices=[("case", "专案"), ("programme", "专项")])
    programme_document = models.CharField(max_length=100, blank=True)
    assessment = models.CharField(max_length=100, help_text="number of the impact assessment")
    purpose_zh = models.CharField(max_length=300)
    purpose_en = models.CharField(max_length=300)
    document = models.JSONField()
    digest = models.CharField(max_length=64)
    operators = models.JSONField(default=list, help_text="identities of the persons who may run it")
    runs = models.IntegerField()
    reveals = models.IntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    keep_until = models.DateField()
    state = models.CharField(max_length=12, choices=[("waiting", "待签批"), ("in_force", "有效"), ("expired", "已到期"), ("exhausted", "次数用完"), ("destroyed", "已销毁")])
    proposed_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)
    destroyed = models.JSONField(null=True, help_text="what was destroyed")

    class Meta:
        db_table = "match_authorization"


class Signature(RandomIdModel):
    """One of the two persons who answer for an authorization."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="+")
    authorization = models.ForeignKey(Authorization, models.CASCADE, related_name="signatures")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        db_table = "match_signature"
        constraints = [models.UniqueConstraint(fields=["authorization", "person"], name="match_signed_once")]


class Run(RandomIdModel):
    """One run of a model from its asking to its end, or one that was refused and why. A worker does it; who asked may leave."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="match_runs")
    authorization = models.ForeignKey(Authorization, models.CASCADE, related_name="match_runs")
    model = models.CharField(max_length=64)
    engine_run = models.CharField(max_length=40, blank=True)
    trial = models.BooleanField(default=False, help_text="one in a hundred, counts only")
    state = models.CharField(max_length=10, choices=[("queued", "排队"), ("running", "运行中"), ("done", "完成"), ("failed", "失败"), ("cancelled", "已取消"), ("refused", "拒绝")])
    session = models.BigIntegerField(null=True, help_text="the session in which it was asked: its capacity is the job's")
    stage = models.CharField(max_length=12, blank=True)
    done = models.BigIntegerField(default=0, help_text="rows laid down, or percent of the model")
    total = models.BigIntegerField(default=0, help_text="rows of the data sets it compares")
    started_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True, help_text="last sign of life")
    cancel_at = models.DateTimeField(null=True, help_text="when somebody asked it to stop")
    result = models.JSONField(default=dict)
    said_zh = models.CharField(max_length=500, blank=True)
    said_en = models.CharField(max_length=500, blank=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "match_run"


class Hit(RandomIdModel):
    """A hit in words with its evidence rows: never a finding. Its verdict is the newest row of its verdicts."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="match_hits")
    run = models.ForeignKey(Run, models.CASCADE, related_name="found")
    code = models.CharField(max_length=40)
    model = models.CharField(max_length=64)
    strength = models.CharField(max_length=20)
    told_zh = models.TextField()
    told_en = models.TextField()
    causes = models.JSONField(default=list)
    evidence = models.JSONField(default=dict)
    edges = models.JSONField(default=list, help_text="what its evidence rows say of who stands in what relation to whom")

    class Meta:
        db_table = "match_hit"
        constraints = [models.UniqueConstraint(fields=["matter", "code"], name="match_hit_once")]


class Reveal(RandomIdModel):
    """The second act: one hit, one person, one reason. What was shown is not kept, only its digest."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="+")
    hit = models.ForeignKey(Hit, models.CASCADE, related_name="reveals")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()

    class Meta:
        db_table = "match_reveal"


class Verdict(RandomIdModel):
    """What a person judged of a hit. Only ever added to."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="+")
    hit = models.ForeignKey(Hit, models.CASCADE, related_name="verdicts")
    verdict = models.CharField(max_length=12, choices=[("true", "属实"), ("not_true", "不属实"), ("data_error", "数据错误"), ("open", "待核")])
    reason = models.CharField(max_length=500, blank=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        db_table = "match_verdict"


class Conversion(RandomIdModel):
    """One hit, judged true, became one lead by a person's act; with the evidence and the authorization it came from."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="+")
    hit = models.OneToOneField(Hit, models.CASCADE, related_name="conversion")
    verdict = models.ForeignKey(Verdict, models.PROTECT, related_name="+")
    lead = models.OneToOneField(Matter, models.PROTECT, related_name="from_hit")
    evidence = models.JSONField()
    authorization_digest = models.CharField(max_length=64)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        db_table = "match_conversion"


class LeadEvidence(RandomIdModel):
    """What goes along with a lead that was made of a hit: read by the lead's circle. It names no other matter, no hit, no run."""

    matter = models.OneToOneField(Matter, models.CASCADE, related_name="hit_evidence")
    evidence = models.JSONField()
    bound = models.JSONField(default=dict, help_text="by table of the model: which columns of which data set")
    authorization_digest = models.CharField(max_length=64)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    withdrawn = models.CharField(max_length=12, blank=True, default="", db_default="", help_text="the later verdict on the hit, where it is no longer true")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "match_lead_evidence"


class Correction(RandomIdModel):
    """Somebody was hit by wrong data: who says so, what the owner of the data is asked to put right, its answer, and whether he was told."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="+")
    hit = models.ForeignKey(Hit, models.CASCADE, related_name="corrections")
    dataset = models.CharField(max_length=64)
    wrong = models.CharField(max_length=500)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    answer = models.CharField(max_length=500, blank=True)
    answered_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    asked_by = models.CharField(max_length=10, choices=[("handler", "办案人员"), ("person", "本人"), ("counsel", "律师或代理人"), ("owner", "主管单位")], default="handler")
    told_on = models.DateField(null=True, help_text="when the person was told what became of it")
    not_told = models.CharField(max_length=300, blank=True, default="", help_text="why he was not")

    class Meta:
        db_table = "match_correction"


class Snapshot(RandomIdModel):
    """A picture of relations as somebody laid it out for a meeting: which edges, in which state, and what he said about it."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="+")
    authorization = models.ForeignKey(Authorization, models.CASCADE, related_name="snapshots")
    title = models.CharField(max_length=100)
    note = models.CharField(max_length=500, blank=True)
    view = models.JSONField(help_text="the address parts that lay the picture out again")
    edges = models.JSONField(help_text="the edges as they stood, with evidence and verdict")
    digest = models.CharField(max_length=64)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        db_table = "match_snapshot"


class Tripwire(RandomIdModel):
    """A recommendation's model, rerun each quarter under a programme authorization: it would have caught the case."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="tripwires")
    authorization = models.ForeignKey(Authorization, models.PROTECT, related_name="tripwires")
    model = models.CharField(max_length=64)
    item = models.CharField(max_length=200, help_text="the ask of the recommendation that it watches")
    baseline = models.JSONField(help_text="hits known when it was set, with how many rows each had")
    state = models.CharField(max_length=10, choices=[("armed", "布防"), ("tripped", "已报警"), ("ended", "已撤")])
    next_on = models.DateField()
    session = models.BigIntegerField(null=True, help_text="the session in which it was set: its capacity is the job's")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        db_table = "match_tripwire"


class TripwireCheck(RandomIdModel):
    """One quarter's rerun: what it found, and whether the item was reopened by it."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="+")
    tripwire = models.ForeignKey(Tripwire, models.CASCADE, related_name="checks")
    run = models.ForeignKey(Run, models.PROTECT, null=True, related_name="+")
    due_on = models.DateField()
    relapses = models.IntegerField()
    reopened = models.CharField(max_length=40, blank=True, help_text="what the recommendation's hook did")
    said_zh = models.CharField(max_length=300, blank=True)
    said_en = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "match_tripwire_check"
        constraints = [models.UniqueConstraint(fields=["tripwire", "due_on"], name="match_tripwire_checked_once")]
