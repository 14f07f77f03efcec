"""Bodies, rooms, offices, areas (DESIGN.md §3: every fact has valid-from/valid-to and a successor)."""
from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from xieli.office.ids import Dated, principal_id_field


class BodyKind(models.TextChoices):
    COMMISSION = "commission", "纪委监委"
    WORKING_COMMITTEE = "working_committee", "纪工委（监察室）"
    DISPATCHED_UNIT = "dispatched_unit", "派驻（出）机构"
    RESIDENT_ORGAN = "resident_organ", "垂管单位纪委（驻在机构）"
    CENTRAL_UNIT = "central_unit", "垂管单位"
    INSPECTION_OFFICE = "inspection_office", "巡察机构"
    LINE_DEPARTMENT = "line_department", "职能部门"
    TOWN_COMMITTEE = "town_committee", "乡镇（街道）纪委"
    VILLAGE_COMMITTEE = "village_committee", "片区廉勤委"
    ORGANIZATION_DEPARTMENT = "organization_department", "组织部"
    PARTY_COMMITTEE = "party_committee", "党委"
    COURT = "court", "法院"
    PROCURATORATE = "procuratorate", "检察院"
    UNIT = "unit", "其他单位"
    VILLAGE = "village", "村（社区）"


class Rank(models.TextChoices):
    """A name never decides a power: the rank does (GLOSSARY)."""

    NATIONAL = "national", "国家级"
    PROVINCE = "province", "省级"
    PREFECTURE = "prefecture", "地市级"
    COUNTY = "county", "县级"
    TOWN = "town", "乡镇级"
    VILLAGE = "village", "村级"
    NONE = "none", "无"


class Body(Dated):
    """An organisation that acts on, or is the subject of, matters. Its parent is the line it answers to."""

    id = principal_id_field()
    code = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=30, choices=BodyKind)
    rank = models.CharField(max_length=12, choices=Rank, default=Rank.NONE)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    second_parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="second_children",
                                      help_text="a body with two parents (S3-01)")
    unit = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="organs",
                             help_text="the unit in which a resident organ or dispatched unit sits")
    division_code = models.CharField(max_length=12, blank=True)
    sector = models.CharField(max_length=40, blank=True)
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160)
    short_zh = models.CharField(max_length=40, blank=True)
    short_en = models.CharField(max_length=60, blank=True)
    document_mark = models.CharField(max_length=20, blank=True, help_text="机关代字, e.g. 渝江纪")
    initials = ArrayField(models.CharField(max_length=24), default=list)
    sort_key = models.CharField(max_length=200, blank=True)
    successor = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="predecessors")

    class Meta:
        db_table = "body"

    def __str__(self) -> str:
        return self.name_zh


class BodyName(Dated):
    """What a body was called, and when: old papers keep old names, search finds the successor."""

    body = models.ForeignKey(Body, models.CASCADE, related_name="names")
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160)
    initials = ArrayField(models.CharField(max_length=24), default=list)

    class Meta:
        db_table = "body_name"


class BodyRelation(Dated):
    """A typed, dated relation between two bodies; a cooperation gives no powers (S0-43…46)."""

    class Kind(models.TextChoices):
        LEADS = "leads", "领导"
        GUIDES = "guides", "指导"
        CONTACT = "contact", "对口联系"
        COOPERATES = "cooperates", "协作"
        SUPERVISES = "supervises", "监督"

    source = models.ForeignKey(Body, models.CASCADE, related_name="relations_out")
    target = models.ForeignKey(Body, models.CASCADE, related_name="relations_in")
    kind = models.CharField(max_length=16, choices=Kind)
    basis = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "body_relation"


class RoomKind(models.TextChoices):
    SUPERVISION = "supervision", "监督检查室"
    INVESTIGATION = "investigation", "审查调查室"
    CASE_MANAGEMENT = "case_management", "案件监督管理室"
    PETITIONS = "petitions", "信访室"
    ADJUDICATION = "adjudication", "案件审理室"
    PARTY_CONDUCT = "party_conduct", "党风政风监督室"
    INTERNAL_SUPERVISION = "internal_supervision", "干部监督室"
    GENERAL = "general", "综合室"
    INSPECTION_GROUP = "inspection_group", "巡察组"


class Room(Dated):
    """A room of a body; it may be the contact room of other bodies."""

    id = principal_id_field()
    body = models.ForeignKey(Body, models.CASCADE, related_name="rooms")
    kind = models.CharField(max_length=24, choices=RoomKind)
    name_zh = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120)
    contacts = models.ManyToManyField(Body, related_name="contact_rooms", db_table="room_contact", blank=True)

    class Meta:
        db_table = "room"

    def __str__(self) -> str:
        return self.name_zh


class OfficeCode(models.TextChoices):
    """Duties attach to the office (DESIGN.md §3)."""

    HEAD = "head", "主要负责人"
    DEPUTY = "deputy", "分管领导"
    PARTY_SECRETARY = "party_secretary", "同级党委主要负责人"
    ROOM_HEAD = "room_head", "室主任"
    HANDLER = "handler", "承办人"
    CLERK = "clerk", "台账员"
    CASE_DUTY = "case_duty", "案管值班员"
    INTAKE = "intake", "信访接待员"
    ADJUDICATOR = "adjudicator", "审理人员"
    RIGHTS_OFFICER = "rights_officer", "权利受理员"
    INSPECTION_LEADER = "inspection_leader", "巡察组组长"
    ANALYST = "analyst", "数据分析员"
    TOWN_SECRETARY = "town_secretary", "乡镇纪委书记"
    VILLAGE_SUPERVISOR = "village_supervisor", "村（廉勤）监督员"
    UNIT_LIAISON = "unit_liaison", "单位联络员"
    KEEPER = "keeper", "举报人信息保管员"
    SYSTEM_ADMIN = "system_admin", "系统管理员"
    SECURITY_ADMIN = "security_admin", "安全管理员"
    AUDIT_ADMIN = "audit_admin", "审计管理员"


class Office(Dated):
    """A post with duties in a body, perhaps in a room; a deputy's line is the rooms and bodies he answers for."""

    id = principal_id_field()
    body = models.ForeignKey(Body, models.CASCADE, related_name="offices")
    room = models.ForeignKey(Room, models.CASCADE, null=True, blank=True, related_name="offices")
    code = models.CharField(max_length=24, choices=OfficeCode)
    title_zh = models.CharField(max_length=80)
    title_en = models.CharField(max_length=120)
    line_rooms = models.ManyToManyField(Room, related_name="line_offices", db_table="office_line_room", blank=True)
    line_bodies = models.ManyToManyField(Body, related_name="line_offices", db_table="office_line_body", blank=True)

    class Meta:
        db_table = "office"

    def __str__(self) -> str:
        return self.title_zh


class AreaKind(models.TextChoices):
    """The same word, three things (catalogue §8.1): a rule for one must not leak to another."""

    CENTRAL_UNITS = "central_units", "央地协作片区"
    TOWNSHIPS = "townships", "乡镇协作片区"
    VILLAGES = "villages", "村级片区"
    COOPERATION = "cooperation", "协作区"


class Area(Dated):
    """An area says who helps, never who may file. Versions by date; the rule in force is shown."""

    id = principal_id_field()
    kind = models.CharField(max_length=16, choices=AreaKind)
    name_zh = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120)
    lead_body = models.ForeignKey(Body, models.PROTECT, null=True, blank=True, related_name="areas_led")
    basis = models.CharField(max_length=200, blank=True)
    plan_digest = models.CharField(max_length=64, blank=True)

    class Meta:
        db_table = "area"

    def __str__(self) -> str:
        return self.name_zh


class AreaBody(Dated):
    """A body that belongs to an area, and as what."""

    area = models.ForeignKey(Area, models.CASCADE, related_name="members")
    body = models.ForeignKey(Body, models.PROTECT, related_name="area_memberships")
    role = models.CharField(max_length=24, default="member")

    class Meta:
        db_table = "area_body"
