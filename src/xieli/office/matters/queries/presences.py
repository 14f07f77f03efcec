"""到场时钟 as the screens tell it: the presence of each person of a matter folded by the engine, its keeper's hand-overs, who may keep.

A presence is told from its rows alone, so the matter page reads them with everything else in one statement.
"""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from xieli.engines.clocks import Presence as Folded
from xieli.engines.clocks import PresenceMark, presence
from xieli.engines.clocks.presence import BASES, CUSTODY, NO_BASIS, VOLUNTARY, Mark
from xieli.engines.clocks.rules import Text
from xieli.office.matters.services.papers import Papers
from xieli.office.matters.services.source import ZONE
from xieli.office.matters.tables.approvals import Approval
from xieli.office.matters.tables.measures import Presence, PresenceEntry
from xieli.office.matters.tables.work import FormSubmission
from xieli.office.people.models import Person
from xieli.office.together import prepared

#: kinds of matter in which people are called in to speak; in others the clock is a link away
WHERE_PEOPLE_COME = frozenset({
    "lead", "case", "joint_case", "area_case", "liuzhi", "guanhu", "order_to_await", "compelled_appearance", "accountability", "party_appeal", "reconsideration", "superior_review", "measure_complaint"})
SOON = timedelta(hours=2)  # the badge turns yellow (ours)
#: where a form of arrival says when it was; with `medical` filled in, it records the check on arrival
ARRIVED = ("delivered_at", "arrived_at", "announced_at")
_MARKS = {"meal": Mark.MEAL, "medical": Mark.MEDICAL, "leave_offer": Mark.TOLD_FREE}


@dataclass(frozen=True)
class Told:
    """One presence for the screen. `light`: green, yellow or red, with its shape; `handed_to`: who was named keeper and has not signed."""

    row: Presence
    folded: Folded
    entries: list[PresenceEntry]
    light: str
    shape: str
    handed_to: int | None

    @property
    def basis(self) -> Text:
        """The basis that holds now, in words."""
        return BASES.get(self.row.basis) or NO_BASIS.get(self.row.basis) or Text(self.row.basis, self.row.basis)

    @property
    def voluntary(self) -> bool:
        """Whether he came of his own will and may go when he likes."""
        return self.row.basis in VOLUNTARY

    @property
    def custody(self) -> bool:
        """Whether custody took over: then its own clock counts."""
        return any(s.basis in CUSTODY for s in self.folded.stretches)

    @property
    def span(self) -> tuple[int, int]:
        """Hours and minutes present, from arrival to the end or to now."""
        return divmod(int((self.folded.until - self.folded.arrived).total_seconds()) // 60, 60)


@prepared
def of_matter(matter: RawSQL) -> QuerySet[Presence]:
    """Every presence of a matter, the newest first."""
    return Presence.objects.filter(matter=matter).select_related("subject", "keeper").order_by("-started_at", "-id")


@prepared
def entries_of(matter: RawSQL) -> QuerySet[PresenceEntry]:
    """What was entered in them, in the order of what happened."""
    return PresenceEntry.objects.filter(matter=matter).select_related("recorded_by").order_by("starts_at", "recorded_at")


def tell(rows: Iterable[Presence], entries: Iterable[PresenceEntry], approvals: Iterable[Approval], at: datetime, forms: Iterable[FormSubmission] = ()) -> list[Told]:
    """The presences of one matter as at `at`, folded from their rows; `approvals` of the matter tell when 24 hours were approved,
    its `forms` of arrival that the person was examined when he came (art. 50 asks for medical care, not for a second entry of it)."""
    by: dict[int, list[PresenceEntry]] = {}
    for entry in entries:
        by.setdefault(entry.presence_id, []).append(entry)
    needed = min((a.decided_at for a in approvals if a.act == "to_24h" and a.state == "approved" and a.decided_at), default=None)
    found, checks = [], _checks(forms)
    ended: dict[int, datetime] = {}
    for row in sorted(rows, key=lambda r: r.started_at):
        lines = by.get(row.id, [])
        folded = presence([*_marks(row, lines, needed), *_examined(row, checks)], at, previous_end=ended.get(row.subject_id))
        if row.ended_at:
            ended[row.subject_id] = row.ended_at
        light, shape = _light(row, folded, at)
        found.append(Told(row, folded, lines, light, shape, _handed(row, lines)))
    return found[::-1]


def _marks(row: Presence, lines: list[PresenceEntry], needed: datetime | None) -> list[PresenceMark]:
    changes = [e for e in lines if e.kind == "basis"]
    # the row carries the basis of now; the first one is what the first change replaced, which only an unchanged row still says
    marks = [PresenceMark(Mark.ARRIVE, row.started_at, row.basis if not changes else _first(row, changes))]
    for e in lines:
        if e.kind == "basis":
            marks.append(PresenceMark(Mark.BASIS, e.starts_at, e.note))
        elif e.kind == "rest":
            marks.append(PresenceMark(Mark.REST_START, e.starts_at))
            if e.ends_at:
                marks.append(PresenceMark(Mark.REST_END, e.ends_at))
        elif e.kind in _MARKS:
            marks.append(PresenceMark(_MARKS[e.kind], e.starts_at))
    if needed is not None and row.started_at <= needed <= (row.ended_at or needed):
        marks.append(PresenceMark(Mark.CUSTODY_NEEDED, needed))
    if row.ended_at:
        marks = [m for m in marks if m.at <= row.ended_at]
        marks.append(PresenceMark(Mark.LEAVE, row.ended_at))
    return marks


def _checks(forms: Iterable[FormSubmission]) -> list[tuple[datetime, str]]:
    """When a form of the matter records a medical check on arrival, and of whom; the newest revision of each form counts."""
    last = {f.form: f for f in sorted(forms, key=lambda f: f.revision)}
    found = []
    for form in last.values():
        said = next((form.data[k] for k in ARRIVED if form.data.get(k)), None)
        if form.data.get("medical") and said:
            at = datetime.fromisoformat(str(said))
            found.append((at if at.tzinfo else at.replace(tzinfo=ZONE), str(form.data.get("subject") or form.data.get("person") or "")))
    return found


def _examined(row: Presence, checks: Iterable[tuple[datetime, str]]) -> list[PresenceMark]:
    """Checks on arrival that belong to this presence: of this person, within it or on the day before it was begun."""
    return [PresenceMark(Mark.MEDICAL, max(at, row.started_at)) for at, who in checks
            if who in ("", row.subject.name) and row.started_at - timedelta(days=1) <= at <= (row.ended_at or at)]


def _first(row: Presence, changes: list[PresenceEntry]) -> str:
    """The basis at arrival: each change says what it replaced."""
    said = next((p.get("was") for p in changes[0].persons if p.get("role") == "basis"), None)
    return str(said or row.basis)


def _light(row: Presence, folded: Folded, at: datetime) -> tuple[str, str]:
    custody = any(s.basis in CUSTODY for s in folded.stretches)
    if any(f.code in ("over_limit", "no_basis", "waiting_is_no_basis", "back_to_back", "late_extension") for f in folded.breaches):
        return "red", "■"
    if row.ended_at is None and not custody and folded.limit_at - at <= SOON:
        return "yellow", "▲"
    if folded.breaches or (row.risk == "high" and row.ended_at is None):
        return "yellow", "▲"
    return "green", "●"


def _handed(row: Presence, lines: list[PresenceEntry]) -> int | None:
    """Who was named and has not signed yet; as `take_keeper` reads it."""
    waiting: dict[int, int] = {}
    for e in lines:
        if e.kind == "keeper" and len(e.persons) > 1 and e.persons[0]["person"] == row.keeper_id:
            waiting[e.persons[1]["person"]] = waiting.get(e.persons[1]["person"], 0) + (-1 if e.persons[1].get("signed") else 1)
    return next((p for p, n in waiting.items() if n > 0), None) if row.ended_at is None else None


def may_keep(papers: Papers) -> list[Person]:
    """Who can be named keeper and sign for it: whoever works on the matter now, as person, room, office or on its team, and is not recused."""
    barred = {r.principal for r in papers.recusals}
    return list(Person.objects.filter(id__in=[int(p) for p in papers.handlers], active=True).exclude(id__in=barred).only("id", "name", "name_en").order_by("sort_key"))


def people_in(told: Iterable[Told]) -> dict[int, Any]:
    """Names of those who talked, kept and took over, by identity."""
    ids = {int(p["person"]) for t in told for e in t.entries for p in e.persons if p.get("person")}
    return dict(Person.objects.filter(id__in=ids).only("id", "name", "name_en").in_bulk()) if ids else {}
