# No `from __future__ import annotations` in the API's modules: ninja reads the annotations as they stand.
"""Matters, their forms, facts, clocks and approvals."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from xieli.faces.api.schemas.common import Code, Filled, In, Labels, Out, Reason, Text


class MatterRow(Out):
    """One matter as lists show it."""

    ref: str
    kind: str
    kind_labels: Labels
    number: str
    title: str
    status: str
    stages: list[str]
    level: int
    owner_body: str
    urgent: bool
    source: str
    opened_at: datetime
    received_on: date | None
    next_due: datetime | None
    closed_at: datetime | None
    close_kind: str


class Subject(Out):
    """Whom a matter is about; the identity number is shown by its last four characters only."""

    name: str
    kind: str
    role: str
    id_masked: str
    unit: str
    post: str


class Offer(Out):
    """A move that is open now, and what still stands against it."""

    move: str
    labels: Labels
    stage: str
    ready: bool
    reasons: list[Reason]


class Matter(MatterRow):
    """One matter."""

    summary: str
    version: int
    subjects: list[Subject]
    offers: list[Offer]


class Matters(Out):
    """A page of matters, newest first."""

    items: list[MatterRow]
    next: str | None


class NewSubject(In):
    """Whom a lead is about, as it is registered."""

    name: Filled
    kind: Literal["person", "unit"] = "person"
    id_number: Annotated[str, StringConstraints(max_length=20, pattern=r"^[0-9A-Za-z]*$")] = ""
    unit_body: Code | None = None
    unit_name: Annotated[str, StringConstraints(max_length=120, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    post: Annotated[str, StringConstraints(max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    dual_managed: bool = False


class NewMatter(In):
    """A matter to be registered for one's own body. The subject comes first: one that belongs to the superior keeps nothing."""

    kind: Code = "lead"
    title: Filled
    owner_body: Code
    subjects: Annotated[list[NewSubject], Field(min_length=1, max_length=50)]
    summary: Text = ""
    source: Annotated[str, StringConstraints(max_length=40, pattern=r"^[A-Za-z0-9_.-]*$")] = ""
    urgent: bool = False
    received_on: date | None = None
    registration: dict[str, Any] | None = None


class NewMove(In):
    """A move to be made, with its reason and the form that goes with it."""

    reason: Text = ""
    form: Code | None = None
    data: dict[str, Any] | None = None


class FormValue(Out):
    """The last submission of a form; revision 0: none yet."""

    form: str
    revision: int
    data: dict[str, Any]
    submitted_at: datetime | None


class FormData(In):
    """A form to be handed in."""

    data: dict[str, Any]


class FactOut(Out):
    """One projected fact."""

    code: str
    number: str | None
    text: str
    day: date | None
    unit: str
    happened_on: date
    recorded_at: datetime


class Facts(Out):
    """The facts of a matter, those retracted left out."""

    items: list[FactOut]


class ClockOut(Out):
    """One clock. `alarm_at`: the earlier reading, on which alarms and gates act."""

    ref: str
    matter: str
    code: str
    rule: str
    statutory: bool
    state: str
    started_at: datetime
    due_at: datetime | None
    alarm_at: datetime | None
    provisional: bool


class Clocks(Out):
    """Clocks, the nearest first."""

    items: list[ClockOut]


class ApprovalOut(Out):
    """A request for approval: its state; the act only for a token of the closed zone. Nothing is approved through the API."""

    ref: str
    state: str
    urgent: bool
    requested_at: datetime
    decided_at: datetime | None
    act: str | None


class Approvals(Out):
    """Requests on matters that one sees, newest first."""

    items: list[ApprovalOut]
    next: str | None
