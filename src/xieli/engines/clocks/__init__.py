"""Legal clocks: ``due = f(rule, dated events, calendar)``, a fold, never a counter.

    rules, calendars = load_rules(), load_calendars()
    result = due(rules["cn.jcf.liuzhi"], [Event(Kind.START, date(2026, 2, 26))], calendars["cn-mainland"])
    result.due_on, result.readings, result.provisional, result.findings
"""
from .calendar import Calendar, CalendarDiff, CalendarRow, DayFact, Notice, apply_notice, diff
from .calendar_files import load_calendars, parse_notice
from .errors import CalendarRange, ClockError, ContentError, RuleNotInForce
from .events import Event, Kind, parse_at, parse_event
from .fold import due
from .result import Due, Finding, Reading
from .rule_files import load_rules
from .rules import (
    Citation,
    Extension,
    Limit,
    Restart,
    Rule,
    RuleBook,
    Sense,
    Stricter,
    Suspension,
    Text,
    Unit,
    Version,
    internal_rule,
)

__all__ = [
    "Calendar", "CalendarDiff", "CalendarRange", "CalendarRow", "Citation", "ClockError", "ContentError", "DayFact", "Due",
    "Event", "Extension", "Finding", "Kind", "Limit", "Notice", "Reading", "Restart", "Rule", "RuleBook",
    "RuleNotInForce", "Sense", "Stricter", "Suspension", "Text", "Unit", "Version", "apply_notice", "diff", "due",
    "internal_rule", "load_calendars", "load_rules", "parse_at", "parse_event", "parse_notice",
]
