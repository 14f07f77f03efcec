"""欠人账: what the bodies owe to people, and the one rule of what is late: its term has ended. What has no term is owed, but not late."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from xieli.office.matters.services.source import today
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.handover import FeedbackDuty
from xieli.office.matters.tables.measures import MeasureNotice, RightsSheet
from xieli.office.matters.tables.work import Task

APPEALS = ("measure_complaint", "reconsideration", "superior_review", "party_appeal", "rights_intake")


@dataclass(frozen=True)
class Kind:
    """One kind of debt: its name, the open ones that the reader may see, which of them are late, and the field that says since or until when."""

    code: str
    zh: str
    en: str
    rows: Any
    late: Q
    stamp: str


def kinds(now: datetime) -> list[Kind]:
    """Notices, sheets, answers, clearing of names and replies to reporters that are owed and not given."""
    notices = MeasureNotice.objects.filter(given_at=None, exception_approval=None).select_related("matter", "measure__subject")
    sheets = RightsSheet.objects.filter(given_at=None).select_related("matter", "measure")
    replies = FeedbackDuty.objects.filter(state="open", to_reporter=True).select_related("matter")
    papers = Task.objects.filter(state="open", source_kind__startswith="owed:").select_related("matter")
    matters = Matter.objects.filter(status="open")
    ended = Q(next_due__lte=now)
    return [
        Kind("notice24", "采取措施后对家属、单位的通知", "notices to family or unit after a measure", notices, Q(due_at__lte=now), "due_at"),
        Kind("rights_sheet", "未交付的权利告知书", "rights sheets not handed over", sheets, Q(measure__started_at__lte=now), "measure__started_at"),
        Kind("reply", "欠反映人的回音", "answers owed to reporters", replies, Q(next_due__lt=today()), "next_due"),
        Kind("paper", "欠本人、家属、单位的书面告知", "written notices owed", papers, Q(due_on__lt=today()), "due_on"),
        Kind("clearing", "未办结的澄清正名", "names not yet cleared", matters.filter(kind="exoneration"), ended, "next_due"),
        Kind("complaint", "未办结的申诉、复审、复核", "complaints and reviews not yet decided", matters.filter(kind__in=APPEALS), ended, "next_due"),
    ]


@dataclass(frozen=True)
class Owed:
    """One line of the leader's page: how many are owed, how many of them late, the earliest day."""

    code: str
    zh: str
    en: str
    number: int
    late: int
    first: date | datetime | None


def owed_to_people(now: datetime) -> list[Owed]:
    """The debts counted by kind."""
    return [Owed(k.code, k.zh, k.en, k.rows.count(), k.rows.filter(k.late).count(), k.rows.exclude(**{k.stamp: None}).order_by(k.stamp).values_list(k.stamp, flat=True).first()) for k in kinds(now)]
