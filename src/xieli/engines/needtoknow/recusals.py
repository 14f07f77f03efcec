"""Recusal: what follows from facts alone, and whom a request that is still undecided bars from new grants.

Sources: 监察法实施条例 art. 67 and 政务处分法 art. 47–48 (content/statutes/recusal.yaml: cn.jcf.recuse, cn.zw.recuse.who). That the
leadership of the subject's own unit is recused when the unit takes part, and that former employment is raised for
decision, are ours.
"""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from xieli.engines.needtoknow.model import World, holds

LEADERSHIP = frozenset({"head", "deputy", "party_secretary"})
_ORDER = ("subject", "witness", "kin", "own_unit", "former_employer")


@dataclass(frozen=True)
class Ground:
    """A person and the strongest ground against him; `state` is in_force, or raised where a head must decide."""

    person: int
    ground: str
    state: str


def barred(world: World, matter: int, principal: int, t: datetime, states: tuple[str, ...] = ("in_force", "raised")) -> bool:
    """Whether the principal, or a body that the person serves in or is lent by, is recused or under such a request."""
    names = {principal} | {
        b for p in world.postings if p.person == principal and holds(p.start, p.end, t) for b in (p.body, p.home_body) if b is not None
    }
    return any(r.matter == matter and r.state in states and r.principal in names and t < r.end for r in world.recusals)


def automatic_recusals(world: World, matter: int, t: datetime) -> set[Ground]:
    """Every recusal that the facts demand at t, one ground per person.

    In force: the subject, near kin declared by either side, a witness; where a body taking part besides the owner is the
    subject's own unit or sits in it: the leadership there and the subject's line superiors. Raised: staff of the bodies
    taking part who once worked at the subject's unit.
    """
    found: dict[int, str] = {}

    def add(person: int, ground: str) -> None:
        if person not in found or _ORDER.index(ground) < _ORDER.index(found[person]):
            found[person] = ground

    owner = world.matters[matter].owner_body
    partners = {p.body for p in world.parties if p.matter == matter and p.body != owner and holds(p.start, p.end, t)}
    serving = [p for p in world.postings if holds(p.start, p.end, t)]
    for s in (s for s in world.subjects if s.matter == matter):
        known = {p.id for p in world.persons.values() if p.id == s.person or (s.digest is not None and p.digest == s.digest)}
        for person in known:
            add(person, "witness" if s.role == "witness" else "subject")
        if s.role != "subject":
            continue
        digests = {s.digest} if s.digest is not None else {world.persons[p].digest for p in known} - {None}
        for k in world.kin:
            if k.near and k.digest is not None and k.digest in digests:
                add(k.person, "kin")
            if k.near and k.digest is not None and k.person in known:
                for person in (p.id for p in world.persons.values() if p.digest == k.digest):
                    add(person, "kin")
        if s.unit is None:
            continue
        unit_and_organs = {b.id for b in world.bodies.values() if b.id == s.unit or b.unit == s.unit}
        if unit_and_organs & partners:
            rooms = {p.room for p in serving if p.person in known and p.room is not None}
            for p in serving:
                office = world.offices.get(p.office) if p.office is not None else None
                if p.body in unit_and_organs and office is not None and (
                    office.code in LEADERSHIP or (office.code == "room_head" and office.room in rooms) or office.line_rooms & rooms
                ):
                    add(p.person, "own_unit")
        for person, body in world.former:
            if body == s.unit and any(p.person == person and p.body in partners | {owner} for p in serving):
                add(person, "former_employer")
    return {Ground(p, g, "raised" if g == "former_employer" else "in_force") for p, g in found.items()}
