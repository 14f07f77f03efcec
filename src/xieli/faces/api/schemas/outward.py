# No `from __future__ import annotations` in the API's modules: ninja reads the annotations as they stand.
"""Released figures, events and webhooks."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from xieli.faces.api.schemas.common import Code, In, Out


class ReleaseRow(Out):
    """A released report."""

    ref: str
    report: str
    first: date
    last: date
    known_by: date
    released_at: datetime | None
    sha256: str


class Release(ReleaseRow):
    """A released report with its figures after suppression."""

    content: dict[str, Any]


class Releases(Out):
    """Released reports, newest first."""

    items: list[ReleaseRow]


class EventOut(Out):
    """What an opaque reference stands for, under the caller's own need-to-know."""

    kind: str
    at: datetime
    matter: str | None
    handover: str | None
    approval: str | None


class WebhookOut(Out):
    """A body's webhook. Its secret is shown when it is made or rotated, never again."""

    ref: str
    body: str
    label: str
    url: str
    kinds: list[str]
    made_at: datetime
    rotated_at: datetime | None
    secret: str | None = None


class Webhooks(Out):
    """The webhooks in force."""

    items: list[WebhookOut]


class NewWebhook(In):
    """A webhook to be made; its host must be on the administrators' list."""

    body: Code
    label: Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$")]
    url: Annotated[str, StringConstraints(min_length=8, max_length=300)]
    kinds: Annotated[list[str], Field(min_length=1, max_length=20)]


class WebhookChange(In):
    """Another name, other kinds."""

    label: Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$")]
    kinds: Annotated[list[str], Field(min_length=1, max_length=20)]


class DeliveryOut(Out):
    """One delivery: what became of it."""

    ref: str
    event: str
    kind: str
    state: str
    attempts: int
    next_try: datetime
    last_status: int | None
    last_error: str


class Deliveries(Out):
    """The last deliveries of a webhook, newest first."""

    items: list[DeliveryOut]
