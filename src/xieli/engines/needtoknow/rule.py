"""The rule on a page. Everything else in this package prepares its facts or explains its answer."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from xieli.engines.needtoknow.model import Matter, Session, World, holds


@dataclass(frozen=True)
class Standing:
    """What a session is at an instant: whom grants may mean by it, whom recusals may mean, how high, in which circles."""

    principals: frozenset[int]
    recusable: frozenset[int]
    level: int
    comps: frozenset[int]


NOBODY = Standing(frozenset(), frozenset(), -1, frozenset())


def session_ok(session: Session, t: datetime) -> bool:
    """Not ended, not past its end, not idle too long."""
    return not session.ended and t < session.until and t < session.seen_at + session.idle


# kinds of posting whose rights go by matter only (catalogue, corrections S0-24)
ONLY_BY_NAME = frozenset({"front_line", "temporary_post", "follow_class", "train_by_work", "sent_down", "pair"})


def standing(world: World, session: Session, t: datetime) -> Standing:
    """What the session stands for at t. Without a live session, an active person and a confirmed posting: nobody."""
    person = world.persons.get(session.person)
    if person is None or not person.active or not session_ok(session, t):
        return NOBODY
    serving = [p for p in world.postings if p.person == person.id and holds(p.start, p.end, t)]
    held = [p for p in serving if p.confirmed and (session.capacity is None or p.id == session.capacity or p.kind == "regular")]
    principals: set[int] = set()
    if held:
        principals.add(person.id)
        # who serves for a time sees what he was given by name or through a team, never what the room or the body sees
        settled = [p for p in held if p.kind not in ONLY_BY_NAME]
        principals.update(x for p in settled for x in (p.body, p.room, p.office) if x is not None)
        principals.update(
            m.team for m in world.members
            if m.person == person.id and holds(m.start, m.end, t) and holds(world.teams[m.team].start, world.teams[m.team].end, t)
        )
        day, bodies = world.day(t), {p.body for p in settled}
        principals.update(
            a.id for a in world.areas
            if a.lead_body in bodies and a.valid_from <= day and (a.valid_to is None or day < a.valid_to)
        )
    # a recusal of a body reaches everyone who serves in it or is lent by it, in whatever capacity he signs in
    recusable = {person.id} | {x for p in serving for x in (p.body, p.home_body if p.home_body is not None else p.body)}
    comps = {h.compartment for h in world.holders if h.person == person.id and h.confirmed and holds(h.start, h.end, t)}
    return Standing(frozenset(principals), frozenset(recusable), min(person.clearance, world.level_cap), frozenset(comps))


def recused(world: World, who: Standing, matter: Matter, t: datetime) -> bool:
    """Whether a recusal in force at t names the person or one of his bodies. It wins over every grant, break-glass included."""
    return any(
        r.matter == matter.id and r.state == "in_force" and r.principal in who.recusable and holds(r.start, r.end, t)
        for r in world.recusals
    )


def limited(world: World, who: Standing, matter: Matter, t: datetime) -> bool:
    """Whether the head decided that the person, or one of his bodies, only reads and remarks on the matter at t."""
    return any(r.matter == matter.id and r.state == "limited" and r.principal in who.recusable and holds(r.start, r.end, t) for r in world.recusals)


def allows(world: World, who: Standing, matter: Matter, t: datetime, act: str = "read") -> bool:
    """The rule for a standing already computed. Every act presumes reading."""
    if matter.level > who.level or not matter.comps <= who.comps or recused(world, who, matter, t):
        return False
    if act not in ("read", "note") and limited(world, who, matter, t):
        return False
    acts = {
        a for g in world.grants
        if g.matter == matter.id and g.principal in who.principals and g.in_force(t) for a in g.acts
    }
    return "read" in acts and act in acts


def sees(world: World, session: Session, matter: Matter | None, t: datetime, act: str = "read") -> bool:
    """sees(u, m, t, act). A matter that does not exist is answered like one that must not be seen."""
    return matter is not None and allows(world, standing(world, session, t), matter, t, act)


def sees_all(world: World, session: Session, matters: Iterable[Matter | None], t: datetime) -> bool:
    """For what derives from several matters (hit, minute, export, draft, job): it is seen by who sees every parent."""
    parents = list(matters)
    return bool(parents) and all(sees(world, session, m, t) for m in parents)
