# No `from __future__ import annotations` in the API's modules: ninja reads the annotations as they stand.
"""Hand-overs, the duty to report back, feedback."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import StringConstraints

from xieli.faces.api.schemas.common import Code, In, Out, Text


class FeedbackOut(Out):
    """One answer."""

    final: bool
    outcome_class: str
    usable_for_sanction: bool | None
    text: str
    document_no: str
    given_at: datetime


class DutyOut(Out):
    """A debt of an answer."""

    ref: str
    owed_by: str
    owed_to: str | None
    state: str
    first_due: date
    next_due: date
    answers: list[FeedbackOut]


class HandoverOut(Out):
    """A parcel with its receipt. The sender sees coarse stages and one agreed sentence, never the receiver's inner state."""

    ref: str
    matter: str | None
    kind: str
    sender: str
    receiver: str
    state: str
    coarse_stage: str
    visible_note: str
    receipt_no: str
    document_no: str
    reason: str
    sent_at: datetime
    received_at: datetime | None
    opened_at: datetime | None
    decided_at: datetime | None
    redirected_to: str | None
    index_sha256: str
    duties: list[DutyOut]


class Handovers(Out):
    """A page of parcels, newest first."""

    items: list[HandoverOut]
    next: str | None


class NewHandover(In):
    """A hand-over to be sent."""

    receiver: Code
    reason: Annotated[str, StringConstraints(min_length=2, max_length=2000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")]
    kind: Literal["handover", "assign_down", "referral", "assistance"] = "handover"
    keep_view: bool = False
    document_no: Annotated[str, StringConstraints(max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""


class Decision(In):
    """What the receiver does with a parcel."""

    verdict: Literal["opened", "accepted", "returned", "redirected"]
    reason: Text = ""
    to_body: Code | None = None


class NewFeedback(In):
    """An answer to a duty."""

    text: Annotated[str, StringConstraints(min_length=2, max_length=20_000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")]
    final: bool = False
    outcome_class: Annotated[str, StringConstraints(max_length=40, pattern=r"^[A-Za-z0-9_.-]*$")] = ""
    usable_for_sanction: bool | None = None
    document_no: Annotated[str, StringConstraints(max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""


class Remind(In):
    """A reminder; at most one a month for each parcel."""

    text: Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")] = ""
