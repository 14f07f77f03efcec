"""The world that the rule looks at: plain facts, each with its instants. Ends are exclusive; None is an open end.

Principals (persons, bodies, rooms, offices, areas, teams) share one number space, so that a grant can name any of them.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo


def holds(start: datetime, end: datetime | None, t: datetime) -> bool:
    """Whether t lies in [start, end)."""
    return start <= t and (end is None or t < end)


@dataclass(frozen=True)
class Person:
    """`digest`: keyed digest of the identity number, by which kin and subjects are recognised."""

    id: int
    clearance: int = 1
    active: bool = True
    digest: str | None = None


@dataclass(frozen=True)
class Body:
    """`unit`: the unit in which a resident organ or dispatched unit sits. `parent`: the line it answers to."""

    id: int
    parent: int | None = None
    unit: int | None = None


@dataclass(frozen=True)
class Office:
    """A post with duties; `line_rooms` and `line_bodies` are what a leader answers for."""

    id: int
    body: int
    code: str
    room: int | None = None
    line_rooms: frozenset[int] = frozenset()
    line_bodies: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Posting:
    """Who serves where, from when to when; nothing counts before a second person confirmed it."""

    id: int
    person: int
    body: int
    start: datetime
    end: datetime | None = None
    room: int | None = None
    office: int | None = None
    home_body: int | None = None
    kind: str = "regular"
    confirmed: bool = True


@dataclass(frozen=True)
class Team:
    id: int
    start: datetime
    end: datetime | None = None
    matter: int | None = None


@dataclass(frozen=True)
class TeamMember:
    team: int
    person: int
    start: datetime
    end: datetime | None = None


@dataclass(frozen=True)
class Area:
    """An area says who helps: a grant to it reaches the staff of the body that leads it."""

    id: int
    lead_body: int | None
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True)
class Kin:
    """A declaration by `person` about a relative; `near` is a spouse or near kin."""

    person: int
    digest: str | None
    near: bool = True


@dataclass(frozen=True)
class Subject:
    """Whom a matter is about, or a witness in it."""

    matter: int
    person: int | None = None
    digest: str | None = None
    unit: int | None = None
    role: str = "subject"


@dataclass(frozen=True)
class Party:
    """A body that takes part in a matter."""

    matter: int
    body: int
    start: datetime
    end: datetime | None = None


@dataclass(frozen=True)
class Matter:
    id: int
    owner_body: int
    owner_room: int | None = None
    level: int = 0
    comps: frozenset[int] = frozenset()
    open: bool = True


@dataclass(frozen=True)
class Grant:
    """The truth about access. `posting`: what a grant to a person rests on; `end` is never later than that posting's."""

    id: int
    matter: int
    principal: int
    kind: str
    acts: frozenset[str]
    start: datetime
    end: datetime
    basis: str
    revoked_at: datetime | None = None
    posting: int | None = None

    def in_force(self, t: datetime) -> bool:
        return self.start <= t < self.end and (self.revoked_at is None or t < self.revoked_at) and self.basis != ""


@dataclass(frozen=True)
class Recusal:
    """`state`: raised (bars new grants only), in_force (wins over every grant), limited (reads and remarks, nothing else), rejected."""

    id: int
    matter: int
    principal: int
    state: str
    start: datetime
    end: datetime
    ground: str = "tie"


@dataclass(frozen=True)
class Holder:
    """A person in a closed circle; nothing is held before a second person confirmed it."""

    compartment: int
    person: int
    start: datetime
    end: datetime
    confirmed: bool = True


@dataclass(frozen=True)
class Session:
    """`capacity`: the posting chosen (own duty, borrowed, case team); None means all."""

    person: int
    opened_at: datetime
    seen_at: datetime
    until: datetime
    idle: timedelta = timedelta(minutes=15)
    capacity: int | None = None
    ended: bool = False


@dataclass
class World:
    """All facts. `level_cap` is the highest level the installation is approved for, `zone` the zone of its legal day."""

    level_cap: int = 1
    zone: str = "Asia/Shanghai"
    persons: dict[int, Person] = field(default_factory=dict)
    bodies: dict[int, Body] = field(default_factory=dict)
    offices: dict[int, Office] = field(default_factory=dict)
    matters: dict[int, Matter] = field(default_factory=dict)
    postings: list[Posting] = field(default_factory=list)
    teams: dict[int, Team] = field(default_factory=dict)
    members: list[TeamMember] = field(default_factory=list)
    areas: list[Area] = field(default_factory=list)
    kin: list[Kin] = field(default_factory=list)
    former: list[tuple[int, int]] = field(default_factory=list)  # (person, body where he once worked)
    subjects: list[Subject] = field(default_factory=list)
    parties: list[Party] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    recusals: list[Recusal] = field(default_factory=list)
    holders: list[Holder] = field(default_factory=list)

    def day(self, t: datetime) -> date:
        """The legal day of an instant."""
        return t.astimezone(ZoneInfo(self.zone)).date()
