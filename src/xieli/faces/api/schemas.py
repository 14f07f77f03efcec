# No `from __future__ import annotations` in the API's modules: ninja reads the annotations as they stand.
"""What the API takes and gives: snake_case English keys, codes as strings, both languages under `labels`, instants at +08:00."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
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
    """The last seal of the ledger: what an outside witness compares. `digest`: SHA-256 of the signed seal."""

    number: int
    sealed_at: datetime | None
    tree_size: int
    digest: str


class Verify(Out):
    """How the ledger stands: the last seal, and how long acts wait for one."""

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
