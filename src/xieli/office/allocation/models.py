"""Readiness as confirmed, loads as released, travel as known, calls as made."""
from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from xieli.office.bodies.models import Body, Office
from xieli.office.ids import Dated, RandomIdModel
from xieli.office.matters.tables.core import Matter
from xieli.office.people.models import Person


class ReadinessAnswer(RandomIdModel):
    """What a duty officer confirmed for his body, morning or evening, himself or by phone. No answer means unknown, never free."""

    body = models.ForeignKey(Body, models.CASCADE, related_name="readiness")
    team = models.CharField(max_length=8, choices=[("yes", "有"), ("no", "无"), ("unknown", "未确认")])
    custody = models.CharField(max_length=8)
    keepers = models.CharField(max_length=8)
    doctor = models.CharField(max_length=8)
    by_phone = models.BooleanField(default=False)
    confirmed_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    valid_until = models.DateTimeField()

    class Meta:
        db_table = "readiness_answer"
        indexes = [models.Index(fields=["body", "-at"], name="readiness_latest")]


class BodyLoad(models.Model):
    """Weekly released load of a body: open matters by weight, in 0.1 officer-month, and its officers. Counts only, no content."""

    body = models.OneToOneField(Body, models.CASCADE, primary_key=True, related_name="load")
    load = models.IntegerField()
    officers = models.IntegerField()
    designations = models.IntegerField(default=0)
    experience = models.JSONField(default=dict, help_text="cases by sector")
    released_at = models.DateTimeField()

    class Meta:
        db_table = "body_load"


class BodyTravel(models.Model):
    """Hours by road from a body's seat to the middle of the area."""

    body = models.OneToOneField(Body, models.CASCADE, primary_key=True, related_name="travel")
    hours = models.DecimalField(max_digits=5, decimal_places=1)
    duty_number = models.CharField(max_length=30, blank=True)

    class Meta:
        db_table = "body_travel"


class DutyCall(RandomIdModel):
    """Called, answered: what happened when the duty number was rung for a matter."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="duty_calls")
    body = models.ForeignKey(Body, models.PROTECT, related_name="+")
    answer = models.CharField(max_length=16, choices=[("yes", "能承办"), ("no", "不能"), ("none", "无人接听")])
    note = models.CharField(max_length=200, blank=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        db_table = "duty_call"


class RankingShown(RandomIdModel):
    """A ranking as it was shown: inputs, weights, result, digest. What a chief can defend a year later."""

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="rankings")
    inputs = models.JSONField()
    result = models.JSONField()
    sha = models.CharField(max_length=64)
    chosen_body = models.ForeignKey(Body, models.PROTECT, null=True, related_name="+")
    chosen_place = models.IntegerField(null=True)
    why_not_first = models.TextField(blank=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        db_table = "ranking_shown"


class BodyPlace(Dated):
    """Where a body or unit sits, from–to: kilometres on the city's grid, its tile, whether the central city shares it out.

    A seat that moves gets a new row: the answer to “whose is it” changes from that day only (S0-44).
    """

    body = models.ForeignKey(Body, models.CASCADE, related_name="places")
    x_km = models.DecimalField(max_digits=7, decimal_places=2)
    y_km = models.DecimalField(max_digits=7, decimal_places=2)
    division_code = models.CharField(max_length=12, blank=True)
    central = models.BooleanField(default=False, help_text="in the central city: shared out by area, not by seat")
    headcount = models.IntegerField(default=0)
    column = models.SmallIntegerField(null=True, help_text="tile on the picture, from 0")
    row = models.SmallIntegerField(null=True)

    class Meta:
        db_table = "body_place"


class UnitLoad(models.Model):
    """Weekly released counts of a unit: leads and cases about it in two years. Counts only; the index is made of them."""

    body = models.OneToOneField(Body, models.CASCADE, primary_key=True, related_name="unit_load")
    leads = models.IntegerField()
    cases = models.IntegerField()
    years = models.DecimalField(max_digits=4, decimal_places=1)
    released_at = models.DateTimeField()

    class Meta:
        db_table = "unit_load"


class LoadRelease(models.Model):
    """What was released of a body, week after week: the effect of a division is read from here."""

    body = models.ForeignKey(Body, models.CASCADE, related_name="load_releases")
    load = models.IntegerField()
    officers = models.IntegerField()
    released_at = models.DateTimeField()

    class Meta:
        db_table = "body_load_release"
        constraints = [models.UniqueConstraint(fields=["body", "released_at"], name="load_released_once")]


class PlanRun(RandomIdModel):
    """A plan asked for and made by the worker: the problem as handed in, the result, the independent verdict.

    Belongs to the body that plans; a staffing run belongs to its matter as well and is seen by that circle only.
    """

    TASKS = [("zones", "划分"), ("replan", "最少调整"), ("frontier", "方案并列"), ("explain", "解释"), ("exact", "假设"), ("conflict", "冲突"), ("staff", "配员"), ("committees", "片区廉勤委"), ("rota", "轮值"), ("batch", "成批比选")]
    STATES = [("queued", "排队"), ("running", "运行中"), ("done", "完成"), ("failed", "失败"), ("cancelled", "已取消"), ("refused", "拒绝")]

    body = models.ForeignKey(Body, models.PROTECT, related_name="+")
    matter = models.ForeignKey(Matter, models.CASCADE, null=True, related_name="+")
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="questions", help_text="the plan that a what-if is asked of")
    task = models.CharField(max_length=12, choices=TASKS)
    title = models.CharField(max_length=120)
    problem = models.JSONField()
    options = models.JSONField(default=dict)
    limits = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=STATES)
    progress = models.JSONField(default=dict, help_text="last better plan's cost and place")
    result = models.JSONField(null=True)
    verdict = models.JSONField(null=True, help_text="violations found by the checker, none is an empty list")
    said_zh = models.CharField(max_length=500, blank=True)
    said_en = models.CharField(max_length=500, blank=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    session = models.BigIntegerField(null=True, help_text="the session in which it was asked: its capacity is the job's")
    at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True)
    cancel_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "plan_run"
        indexes = [models.Index(fields=["body", "-at"], name="plan_runs_of_body")]


class PlanVersion(RandomIdModel):
    """A plan put forward, and in force once a second person adopted it; the last good one stays until then.

    `snapshot` is what both saw: tables, verdict, rule and record. Dates are days; the end is exclusive.
    """

    KINDS = [("central_units", "央地协作片区"), ("villages", "片区廉勤委"), ("inspection", "督查轮值"), ("chair", "会议主持轮值")]
    STATES = [("proposed", "待通过"), ("in_force", "现行"), ("ended", "已结束"), ("withdrawn", "已撤回")]

    body = models.ForeignKey(Body, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16, choices=KINDS)
    number = models.IntegerField(null=True, help_text="given when adopted")
    run = models.ForeignKey(PlanRun, models.PROTECT, related_name="versions")
    rule_zh = models.TextField()
    rule_en = models.TextField()
    reason = models.CharField(max_length=300)
    snapshot = models.JSONField()
    sha = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=STATES, default="proposed")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    proposed_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    adopted_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    adopted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "plan_version"


class Drill(RandomIdModel):
    """A drill night: the channel walked on an invented person with the real duty list. No matter, no fact, no figure comes of it."""

    body = models.ForeignKey(Body, models.PROTECT, related_name="+")
    name = models.CharField(max_length=40, help_text="of the invented person")
    natural = models.ForeignKey(Body, models.PROTECT, related_name="+")
    ranking = models.JSONField(default=dict)
    steps = models.JSONField(default=list, help_text="[{step, at, note}] in order")
    started_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "drill"


class VillageRecord(models.Model):
    """What the division of a town's villages rests on: work by count, the supervisor's mark, whether he may head a committee."""

    body = models.OneToOneField(Body, models.CASCADE, primary_key=True, related_name="village_record")
    work = models.IntegerField(help_text="items a year, a count")
    score = models.SmallIntegerField(help_text="the town's yearly mark of the supervisor, 0-100")
    cadre = models.BooleanField(default=False, help_text="the supervisor is a village cadre: he heads no committee")
    kin_in = ArrayField(models.IntegerField(), default=list, help_text="villages whose cadres are his kin")
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "village_record"


class VillageBorder(models.Model):
    """Two villages that adjoin; the smaller identity first."""

    a = models.ForeignKey(Body, models.CASCADE, related_name="+")
    b = models.ForeignKey(Body, models.CASCADE, related_name="+")

    class Meta:
        db_table = "village_border"
        constraints = [models.UniqueConstraint(fields=["a", "b"], name="border_once"), models.CheckConstraint(condition=models.Q(a__lt=models.F("b")), name="border_in_order")]


class CheckGroup(Dated):
    """An inspection group with two heads: two offices, never two persons, so that a change of holder leaves the group as it is.

    `barred` are counties where a head is at home or served; no group goes where it is barred.
    """

    body = models.ForeignKey(Body, models.CASCADE, related_name="check_groups")
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80)
    heads = ArrayField(models.IntegerField(), help_text="two offices")
    barred = ArrayField(models.IntegerField(), default=list)

    class Meta:
        db_table = "check_group"

    def offices(self) -> list[Office]:
        """The two offices that lead the group, in order."""
        found = {o.id: o for o in Office.objects.filter(id__in=self.heads).select_related("body", "room")}
        return [found[i] for i in self.heads if i in found]


class RankingWeights(RandomIdModel):
    """Weights of the ranking, as a version: put forward by one person, adopted by another, from a day; the last stays until then."""

    STATES = PlanVersion.STATES

    body = models.ForeignKey(Body, models.PROTECT, related_name="+")
    number = models.IntegerField(null=True, help_text="given when adopted")
    weights = models.JSONField()
    reason = models.CharField(max_length=300)
    reviewed = models.SmallIntegerField(null=True, help_text="the year whose choices were reviewed")
    findings = models.JSONField(default=dict, help_text="what the review showed when it was put forward")
    sha = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=STATES, default="proposed")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    proposed_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    adopted_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    adopted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "ranking_weights"
