# No `from __future__ import annotations` in the API's modules: ninja reads the annotations as they stand.
"""What every route takes and gives: the base of all shapes, problems, labels, texts with a length."""

from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

ZONE = ZoneInfo("Asia/Shanghai")
Line = Annotated[str, StringConstraints(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")]
Filled = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$")]
Text = Annotated[str, StringConstraints(max_length=20_000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")]
Code = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
Ref = Annotated[str, StringConstraints(min_length=13, max_length=13, pattern=r"^[0-9a-z]{13}$")]
Limit = Annotated[int, Field(ge=1, le=100)]
Cursor = Annotated[str, StringConstraints(min_length=1, max_length=400, pattern=r"^[A-Za-z0-9_:.-]+$")]


def at(moment: datetime | None) -> datetime | None:
    """An instant as the API writes it."""
    return moment.astimezone(ZONE) if moment is not None else None


class Out(Schema):
    """Given by the API; the description names every key."""

    model_config = ConfigDict(extra="forbid")


class In(Schema):
    """Taken by the API; a key that is not described is refused, so that a misspelt one is not silently lost."""

    model_config = ConfigDict(extra="forbid")


class Reason(Out):
    """One of several reasons of a refusal."""

    code: str
    zh: str
    en: str


class FieldError(Out):
    """Where a field is not as described, and in which way; its value is not repeated."""

    at: str
    why: str


class Problem(Out):
    """RFC 9457, in both languages."""

    type: str
    status: int
    code: str
    title: str
    detail: str
    title_zh: str
    title_en: str
    detail_zh: str
    detail_en: str
    scope: str | None = None
    reasons: list[Reason] | None = None
    fields: list[FieldError] | None = None


class Labels(Out):
    """A name in both languages."""

    zh: str
    en: str


class Health(Out):
    """Whether the service answers, and the version of this description."""

    ok: bool
    version: str


class Seal(Out):
    """The last seal of a finished day: what the printed page bears and a witness compares. `digest`: SHA-256 of the signed seal."""

    number: int
    sealed_at: datetime | None
    tree_size: int
    digest: str


class Verify(Out):
    """How the ledger stands: the last seal, and about how late the sealer is (0 while it is in time)."""

    last_seal: Seal | None
    unsealed_seconds: float
    alarms: int


class Me(Out):
    """Whose rights this token has, what it opens and until when."""

    person: str
    bodies: list[str]
    scopes: list[str]
    zone: str
    expires_at: datetime


class Nothing(Out):
    """Done; there is nothing to say."""

    done: bool = True


def labels(thing: Any) -> Labels:
    """From anything that has `zh` and `en`."""
    return Labels(zh=thing.zh, en=thing.en)


def language_of(request: HttpRequest) -> str:
    """Which language the caller asked for."""
    from django.utils.translation import get_language

    return "en" if (get_language() or "zh").startswith("en") else "zh-hans"
