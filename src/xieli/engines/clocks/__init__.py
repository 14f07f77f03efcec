"""Legal clocks: ``due = f(rule, dated events, calendar)``, a fold, never a counter.

    rules, calendars = load_rules(), load_calendars()
    result = due(rules["cn.jcf.liuzhi"], [Event(Kind.START, date(2026, 2, 26))], calendars["cn-mainland"])
    result.due_on, result.readings, result.provisional, result.findings
"""
from .calendar import Calendar, CalendarDiff, CalendarRow, DayFact, Notice, apply_notice, diff
from .calendar_files import load_calendars, parse_notice
from .divisions import Division, Divisions, load_divisions
from .errors import CalendarRange, ClockError, ContentError, RuleNotInForce
from .events import Event, Kind, parse_at, parse_event
from .explain import DayLine, Explanation
from .fold import due
from .gate import Answer, Gate, custody_gate
from .instants import last_day
from .practice import ApprovalMatrix, HardGate, load_approvals, load_gates
from .presence import Mark, Presence, PresenceLimits, PresenceMark, presence
from .recompute import Moved, recompute, touched
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
from .state import SHAPES, Light, Standing, State, near_from, next_change, standing

__all__ = [
    "SHAPES",
    "Answer",
    "ApprovalMatrix",
    "Calendar",
    "CalendarDiff",
    "CalendarRange",
    "CalendarRow",
    "Citation",
    "ClockError",
    "ContentError",
    "DayFact",
    "DayLine",
    "Division",
    "Divisions",
    "Due",
    "Event",
    "Explanation",
    "Extension",
    "Finding",
    "Gate",
    "HardGate",
    "Kind",
    "Light",
    "Limit",
    "Mark",
    "Moved",
    "Notice",
    "Presence",
    "PresenceLimits",
    "PresenceMark",
    "Reading",
    "Restart",
    "Rule",
    "RuleBook",
    "RuleNotInForce",
    "Sense",
    "Standing",
    "State",
    "Stricter",
    "Suspension",
    "Text",
    "Unit",
    "Version",
    "apply_notice",
    "custody_gate",
    "diff",
    "due",
    "internal_rule",
    "last_day",
    "load_approvals",
    "load_calendars",
    "load_divisions",
    "load_gates",
    "load_rules",
    "near_from",
    "next_change",
    "parse_at",
    "parse_event",
    "parse_notice",
    "presence",
    "recompute",
    "standing",
    "touched",
]
