"""Kinds of grant, what each may carry, how long it lasts, and what ends it early."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from xieli.engines.needtoknow.model import Grant, Matter, Posting, World, holds
from xieli.engines.needtoknow.recusals import barred

BREAK_GLASS = timedelta(hours=4)
JUDGED_WITHIN = timedelta(hours=24)


@dataclass(frozen=True)
class Kind:
    """A kind of grant: its name in both languages and the acts it may carry."""

    zh: str
    en: str
    acts: frozenset[str]


def _kind(zh: str, en: str, acts: str) -> Kind:
    return Kind(zh, en, frozenset(acts.split()))


KINDS: dict[str, Kind] = {
    "handler": _kind("承办", "handler", "read write grant handover close export note"),
    "team": _kind("专案组", "case team", "read write note export"),
    "leader": _kind("分管领导", "leader of the line", "read approve note grant handover"),
    "approver": _kind("审批", "approver", "read approve note"),
    "dispatched": _kind("派员", "dispatched", "read write note"),
    "reviewer": _kind("复核", "reviewer", "read note approve"),
    "receiver": _kind("接收", "receiver", "read write grant handover close export note"),
    "sender": _kind("移送方", "sender", "read note"),
    "break_glass": _kind("破窗", "break-glass", "read"),
}


class GrantRefused(ValueError):
    """Why a grant cannot be given; the message is a plain sentence in both languages."""


def twelve_months_later(t: datetime) -> datetime:
    """The same day a year on; 29 February becomes 28 February, as PostgreSQL reckons."""
    try:
        return t.replace(year=t.year + 1)
    except ValueError:
        return t.replace(year=t.year + 1, day=28)


def rests_on(world: World, matter: Matter, person: int, start: datetime) -> Posting | None:
    """The posting that a grant to this person rests on: in the owning body first, then the one that lasts longest."""
    candidates = [p for p in world.postings if p.person == person and p.confirmed and holds(p.start, p.end, start)]
    if not candidates:
        return None
    return min(candidates, key=lambda p: (p.body != matter.owner_body, p.end is not None, -(p.end.timestamp() if p.end else 0.0), p.id))


def end_of(kind: str, start: datetime, wanted: datetime, posting: Posting | None) -> datetime:
    """When a grant ends: as wanted, but within twelve months (break-glass: four hours) and with its posting."""
    cap = start + BREAK_GLASS if kind == "break_glass" else twelve_months_later(start)
    ends = [wanted, cap] + ([posting.end] if posting is not None and posting.end is not None else [])
    return min(ends)


def new_grant(
    world: World, *, identity: int, matter: Matter, principal: int, kind: str, acts: Iterable[str], start: datetime,
    end: datetime, basis: str, now: datetime,
) -> Grant:
    """A grant as it would be recorded. Raises GrantRefused; nothing in the world changes."""
    wanted = frozenset(acts)
    if kind not in KINDS or not wanted or not wanted <= KINDS[kind].acts:
        raise GrantRefused(f"“{kind}”不能带有这些权限。A grant of kind {kind} does not carry these acts.")
    if not basis:
        raise GrantRefused("授权须写明依据。A grant needs a basis.")
    if barred(world, matter.id, principal, now):
        raise GrantRefused("该人已回避或正待决定，不得新授权。A person recused, or under such a request, receives no grant.")
    if not wanted <= {"read", "note"} and barred(world, matter.id, principal, now, ("limited",)):
        raise GrantRefused("该人限制参与，只能查看和记录。A person limited on the matter reads and remarks only.")
    posting = rests_on(world, matter, principal, start) if principal in world.persons else None
    stops = end_of(kind, start, end, posting)
    if stops <= start:
        raise GrantRefused("授权止于其开始之前。The grant would end before it begins.")
    return Grant(identity, matter.id, principal, kind, wanted, start, stops, basis, None, posting.id if posting else None)


def cut_by_posting(grants: Iterable[Grant], old: Posting, new: Posting | None, now: datetime) -> list[Grant]:
    """Grants after a posting changed or was removed: what rested on it ends with it; a longer posting brings nothing back."""
    gone = new is None or not new.confirmed or new.person != old.person
    stop = now if gone else new.end if new is not None else None
    out = []
    for g in grants:
        if g.posting == old.id and g.revoked_at is None and stop is not None:
            if stop <= g.start and now < g.end:
                g = replace(g, revoked_at=now)
            elif g.start < stop < g.end:
                g = replace(g, end=stop)
        out.append(g)
    return out


def line_offices(world: World, matter: Matter) -> set[int]:
    """The offices that lead the line of a matter: head of the owning body and of the owning room, and whoever answers for either."""
    return {
        o.id for o in world.offices.values()
        if (o.body == matter.owner_body and o.code == "head")
        or (matter.owner_room is not None and o.room == matter.owner_room and o.code == "room_head")
        or matter.owner_room in o.line_rooms or matter.owner_body in o.line_bodies
    }
