"""Persons, postings, kin, skills, teams. Rights on a matter end the moment a posting or membership ends."""
from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from xieli.office.bodies.models import Body, Office, Room
from xieli.office.ids import Dated, RandomIdModel, principal_id_field


class Person(models.Model):
    """Someone who works on the platform.

    The keyed digest of the identity number is a column that no session may read (``id_digest``, written by loaders and
    compared by definers); it is not a field, so that no query ever asks for it. The number itself is nowhere here.
    """

    id = principal_id_field()
    name = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80, blank=True)
    initials = ArrayField(models.CharField(max_length=24), default=list)
    sort_key = models.CharField(max_length=120, blank=True)
    cadre_rank = models.CharField(max_length=24, blank=True)
    native_division = models.CharField(max_length=12, blank=True)
    clearance = models.SmallIntegerField(default=1, help_text="highest level this person may see")
    active = models.BooleanField(default=True)
    account = models.BooleanField(default=True, help_text="false: signs on paper")

    class Meta:
        db_table = "person"

    def __str__(self) -> str:
        return self.name


class PostingKind(models.TextChoices):
    """One entity for every kind of posting, with rules by kind (catalogue, corrections S0-24)."""

    REGULAR = "regular", "任职"
    BORROWING = "borrowing", "抽调、借用"
    TEMPORARY_POST = "temporary_post", "挂职"
    FRONT_LINE = "front_line", "顶岗锻炼"
    FOLLOW_CLASS = "follow_class", "跟班学习"
    TRAIN_BY_WORK = "train_by_work", "以干代训"
    SENT_DOWN = "sent_down", "下派"
    DISPATCH = "dispatch", "派员"
    PAIR = "pair", "结对"


class Posting(models.Model):
    """Who serves where, in which office, from when to when (instants; the end is exclusive)."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="postings")
    body = models.ForeignKey(Body, models.PROTECT, related_name="postings")
    room = models.ForeignKey(Room, models.PROTECT, null=True, blank=True, related_name="postings")
    office = models.ForeignKey(Office, models.PROTECT, null=True, blank=True, related_name="postings")
    home_body = models.ForeignKey(Body, models.PROTECT, null=True, blank=True, related_name="lent")
    kind = models.CharField(max_length=16, choices=PostingKind, default=PostingKind.REGULAR)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    granted_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    basis = models.CharField(max_length=200, blank=True)
    is_deputy = models.BooleanField(default=False, help_text="stands in for the office within limits")

    class Meta:
        db_table = "posting"
        indexes = [models.Index(fields=["person"], name="posting_of_person")]


class Kin(models.Model):
    """A declared relation, matched by the keyed digest of the relative's identity number; never shown in lists."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="kin")
    relation = models.CharField(max_length=24)
    name = models.CharField(max_length=60)
    near = models.BooleanField(default=True, help_text="spouse or near kin: recusal is automatic")
    declared_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "kin"


class FormerEmployment(Dated):
    """Where a person worked before: raised for decision as a possible recusal, never automatic."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="former_employments")
    body = models.ForeignKey(Body, models.PROTECT, null=True, blank=True, related_name="+")
    unit_name = models.CharField(max_length=120)

    class Meta:
        db_table = "former_employment"


class Skill(models.Model):
    """A skill a person has, for staffing (audit, finance, IT, medicine …) and its level 1–3."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="skills")
    code = models.CharField(max_length=40)
    level = models.SmallIntegerField(default=1)
    years = models.SmallIntegerField(default=0)

    class Meta:
        db_table = "skill"


class Team(RandomIdModel):
    """A case team or task force: valid only while its slots are filled; ends by date."""

    id = principal_id_field()  # type: ignore[assignment]
    matter_id = models.BigIntegerField(null=True, db_index=True, help_text="null: a standing task force of bodies")
    kind = models.CharField(max_length=16, choices=[("case_team", "专案组"), ("task_force", "专班")])
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160, blank=True)
    composition = models.CharField(max_length=40, blank=True, help_text="slot template, e.g. 1+2+1+X")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "team"


class TeamMember(RandomIdModel):
    """One person in one slot of a team, approved, from–to."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="members")
    person = models.ForeignKey(Person, models.PROTECT, related_name="team_memberships")
    slot = models.CharField(max_length=24)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    approval_id = models.BigIntegerField(null=True)
    undertaking_at = models.DateTimeField(null=True, help_text="confidentiality undertaking signed")

    class Meta:
        db_table = "team_member"
        indexes = [models.Index(fields=["person"], name="team_member_of_person")]
