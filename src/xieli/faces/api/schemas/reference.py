# No `from __future__ import annotations` in the API's modules: ninja reads the annotations as they stand.
"""Reference data: bodies, code lists, playbooks, calendars."""

from datetime import date

from xieli.faces.api.schemas.common import Labels, Out


class Body(Out):
    """A body with its dates; codes are stable, names change."""

    code: str
    kind: str
    rank: str
    labels: Labels
    short: Labels
    parent: str | None
    unit: str | None
    division_code: str
    valid_from: date
    valid_to: date | None
    successor: str | None


class Bodies(Out):
    """All bodies, or those that were asked for."""

    items: list[Body]


class CodeItem(Out):
    """One code of a list."""

    code: str
    labels: Labels


class CodeList(Out):
    """A list of codes."""

    name: str
    items: list[CodeItem]


class StageOut(Out):
    """One stage of a kind of matter."""

    code: str
    labels: Labels


class MoveRule(Out):
    """One move of a kind of matter: from where, with which form and approval."""

    code: str
    labels: Labels
    from_stages: list[str]
    form: str | None
    approval: str | None


class FieldRule(Out):
    """One field of a form."""

    code: str
    labels: Labels
    type: str
    required: bool
    options: list[CodeItem]


class FormRule(Out):
    """One form of a kind of matter."""

    code: str
    labels: Labels
    fields: list[FieldRule]


class PlaybookRow(Out):
    """A kind of matter."""

    code: str
    version: int
    sha256: str
    labels: Labels


class Playbook(PlaybookRow):
    """A kind of matter with its stages, moves and forms."""

    stages: list[StageOut]
    moves: list[MoveRule]
    forms: list[FormRule]


class Playbooks(Out):
    """Every kind of matter."""

    items: list[PlaybookRow]


class Day(Out):
    """One day of a calendar that is not as its weekday says, or has a name."""

    day: date
    working: bool
    labels: Labels


class CalendarYear(Out):
    """One year of a working-day calendar; a projected year may still change."""

    code: str
    year: int
    projected: bool
    days: list[Day]
    working_days: int
