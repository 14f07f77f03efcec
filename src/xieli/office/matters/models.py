"""The kernel's tables, collected for Django; each group lives in its own module under tables/."""
from __future__ import annotations

from xieli.office.matters.tables.approvals import Approval, ApprovalRule, ApprovalStep, Delegation, Snapshot
from xieli.office.matters.tables.clocks import Alarm, Clock, ClockEvent
from xieli.office.matters.tables.core import Matter, MatterBody, MatterLink, MatterSubject, MatterWork
from xieli.office.matters.tables.desk import (
    CalendarRevision,
    Draft,
    ImportBatch,
    ImportedMatter,
    Notification,
    NumberSeries,
    NumberUse,
    SavedView,
)
from xieli.office.matters.tables.handover import (
    CompetenceBasis,
    Feedback,
    FeedbackDuty,
    Handover,
    LineNotice,
    Reminder,
)
from xieli.office.matters.tables.measures import Measure, MeasureNotice, Presence, PresenceEntry, RightsSheet
from xieli.office.matters.tables.merging import BodyMerge
from xieli.office.matters.tables.work import (
    Fact,
    FormFill,
    FormSubmission,
    MatterMove,
    MatterStage,
    Note,
    Outcome,
    PlaybookMove,
    PlaybookVersion,
    Task,
)

__all__ = [
    "Alarm", "Approval", "ApprovalRule", "ApprovalStep", "BodyMerge", "CalendarRevision", "Clock", "ClockEvent", "CompetenceBasis",
    "Delegation", "Draft", "Fact", "Feedback", "FeedbackDuty", "FormFill",
    "FormSubmission", "Handover", "ImportBatch",
    "ImportedMatter", "LineNotice", "Matter", "MatterBody", "MatterLink", "MatterMove", "MatterStage", "MatterSubject",
    "MatterWork", "Measure", "MeasureNotice", "Note", "Notification", "NumberSeries", "NumberUse", "Outcome",
    "PlaybookMove", "PlaybookVersion", "Presence", "PresenceEntry", "Reminder", "RightsSheet", "SavedView", "Snapshot",
    "Task",
]
