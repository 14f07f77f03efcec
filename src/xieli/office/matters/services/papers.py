"""All rows of one matter that a step asks for, read in two statements under the actor's own policies.

The engine's context (`context.build`) and the matter page are made from the same rows: the first statement reads what hangs on
the matter, the second those who are posted at the bodies that take part. Every question is prepared: its SQL is written once in a
process (bench: a third of a step's CPU was the writing of the same SQL).
"""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from xieli.office.access.models import Grant, Recusal
from xieli.office.bodies.models import Body
from xieli.office.matters.services.source import Actor
from xieli.office.matters.tables.approvals import Approval
from xieli.office.matters.tables.clocks import Clock
from xieli.office.matters.tables.core import Matter, MatterBody, MatterSubject
from xieli.office.matters.tables.work import FormSubmission
from xieli.office.people.models import Person, Posting, Team, TeamMember
from xieli.office.together import Question, Rows, among, prepared, together

NOW = RawSQL("access.now()", [])
ME = RawSQL("(select w.person from access.who() w)", [])
WHO = Rows("select p, me, lvl, person, session, t from access.who()")


@dataclass
class Papers:
    """What was read: who acts and when, the parties, and the rows by name. `more` holds what the caller asked for beside."""

    matter: Matter
    who: Actor
    at: datetime
    parties: dict[str, tuple[str, ...]]
    parts: list[MatterBody]
    subjects: list[MatterSubject]
    forms: list[FormSubmission]
    approvals: list[Approval]
    clocks: list[Clock]
    recusals: list[Recusal]
    grants: list[Any]
    seats: list[TeamMember]
    held: list[Posting]
    handlers: frozenset[str]
    posted: list[tuple[int, int, str | None, str | None]] = field(default_factory=list)
    bodies: list[Body] = field(default_factory=list)
    more: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def writers(self) -> list[Any]:
        """Grants that let someone work on it now."""
        return [g for g in self.grants if "write" in g.acts and g.starts_at <= self.at]

    @property
    def subject(self) -> MatterSubject | None:
        """The first subject."""
        return next((s for s in self.subjects if s.role == "subject"), None)


def bound(rows: list[dict[str, Any]]) -> tuple[Actor, datetime]:
    """Who acts and when, from the row of `WHO`. Raises PermissionError when nobody is bound."""
    row = rows[0]
    if row["person"] is None:
        raise PermissionError("no session 会话已结束")
    return Actor(row["person"], frozenset(row["p"]), frozenset(row["me"]), row["lvl"], row["session"]), datetime.fromisoformat(row["t"])


def _live(matter: RawSQL) -> QuerySet[Grant]:
    return Grant.objects.filter(matter=matter, revoked_at=None, ends_at__gt=NOW).order_by("starts_at", "principal", "id")


def _writing(matter: RawSQL) -> QuerySet[Any]:
    return _live(matter).filter(starts_at__lte=NOW, acts__contains=["write"]).values("principal")


def _posted() -> QuerySet[Posting]:
    return Posting.objects.filter(starts_at__lte=NOW).exclude(ends_at__lte=NOW)


@prepared
def parts_of(matter: RawSQL) -> QuerySet[MatterBody]:
    """Bodies that take part now."""
    return MatterBody.objects.filter(matter=matter, ends_at=None).select_related("body").order_by("starts_at")


@prepared
def subjects_of(matter: RawSQL) -> QuerySet[MatterSubject]:
    """Its subjects, the first first."""
    return MatterSubject.objects.filter(matter=matter).select_related("unit_body", "managed_by").order_by("id")


@prepared
def bodies_among(bodies: RawSQL) -> QuerySet[Body]:
    """Bodies by identity."""
    return Body.objects.filter(among("body.id", bodies))


@prepared
def _forms(matter: RawSQL) -> QuerySet[FormSubmission]:
    return FormSubmission.objects.filter(matter=matter).select_related("person").order_by("form", "revision")


@prepared
def _approvals(matter: RawSQL) -> QuerySet[Approval]:
    return Approval.objects.filter(matter=matter).select_related("subject").order_by("requested_at")


@prepared
def _clocks(matter: RawSQL) -> QuerySet[Clock]:
    return Clock.objects.filter(matter=matter).order_by("started_at")


@prepared
def _recusals(matter: RawSQL) -> QuerySet[Recusal]:
    return Recusal.objects.filter(matter=matter).exclude(state="rejected")


@prepared
def _grants(matter: RawSQL) -> QuerySet[Grant]:
    return _live(matter).order_by("kind")


@prepared
def _seats(matter: RawSQL) -> QuerySet[TeamMember]:
    return TeamMember.objects.filter(team__matter_id=matter, starts_at__lte=NOW)


@prepared
def _held() -> QuerySet[Posting]:
    return Posting.objects.filter(person_id=ME, starts_at__lte=NOW).exclude(confirmed_by=None).select_related("office", "room")


@prepared
def _persons(matter: RawSQL) -> QuerySet[Any]:
    return Person.objects.filter(id__in=_writing(matter)).values_list("id", flat=True)


@prepared
def _desks(matter: RawSQL) -> QuerySet[Any]:
    writing = _writing(matter)
    return _posted().filter(Q(room_id__in=writing) | Q(body_id__in=writing) | Q(office_id__in=writing)).exclude(confirmed_by=None).values_list("person_id", flat=True)


@prepared
def _members(matter: RawSQL) -> QuerySet[Any]:
    teams = Team.objects.filter(id__in=_writing(matter)).values("id")
    return TeamMember.objects.filter(team_id__in=teams, starts_at__lte=NOW).exclude(ends_at__lte=NOW).values_list("person_id", flat=True)


@prepared
def _posted_at(bodies: RawSQL) -> QuerySet[Any]:
    return _posted().filter(among("posting.body_id", bodies)).values_list("person_id", "body_id", "office__code", "room__kind")


def read(matter: Matter, more: Mapping[str, Question] | None = None, after: Any = None) -> Papers:
    """The rows of one matter. `more` rides along in the first statement, what `after(papers)` returns in the second."""
    m = matter.id
    found = together(
        who=WHO, parts=parts_of(matter=m), subjects=subjects_of(matter=m), superior=Rows("select access.body_at(%s, 'next_up') as body", [matter.owner_body_id]),
        forms=_forms(matter=m), approvals=_approvals(matter=m), clocks=_clocks(matter=m), recusals=_recusals(matter=m), grants=_grants(matter=m), seats=_seats(matter=m),
        held=_held(), persons=_persons(matter=m), desks=_desks(matter=m), members=_members(matter=m), **(more or {}))
    who, at = bound(found.pop("who"))
    running = [row for row in found.pop("seats") if row.ends_at is None or at < row.ends_at]
    handlers = frozenset(str(p) for name in ("persons", "desks", "members") for p in found.pop(name))
    superior = found.pop("superior")[0]["body"]
    papers = Papers(matter, who, at, parties_of(matter, found["parts"], found["subjects"], superior), seats=running, handlers=handlers,
                    held=[p for p in found.pop("held") if p.ends_at is None or at < p.ends_at],
                    **{name: found.pop(name) for name in ("parts", "subjects", "forms", "approvals", "clocks", "recusals", "grants")})
    papers.more = found
    relevant = sorted({int(b) for group in papers.parties.values() for b in group})
    second = together(posted=_posted_at(bodies=relevant), party_bodies=bodies_among(bodies=relevant), **(after(papers) if after else {}))
    papers.posted, papers.bodies = second.pop("posted"), second.pop("party_bodies")
    papers.more |= second
    return papers


def parties_of(matter: Matter, parts: list[MatterBody], subjects: list[MatterSubject], superior: int | None) -> dict[str, tuple[str, ...]]:
    """Bodies of each party now, as text identities; `owner`, `subject_unit` and `superior` are built in."""
    found: dict[str, list[str]] = defaultdict(list)
    found["owner"].append(str(matter.owner_body_id))
    for part in parts:
        if str(part.body_id) not in found[part.role] and part.role != "owner":
            found[part.role].append(str(part.body_id))
    unit = next((s.unit_body_id for s in subjects if s.role == "subject" and s.unit_body_id is not None), None)
    if unit is not None:
        found["subject_unit"].append(str(unit))
    if superior:
        found["superior"].append(str(superior))
    return {role: tuple(bodies) for role, bodies in found.items()}
