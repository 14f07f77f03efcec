"""Zones: where an installation stands, and from how far outside somebody reaches it (DESIGN.md §9)."""
from __future__ import annotations

ZONES = ("closed", "government", "public")  # from the inside out


def outermost(*zones: str) -> str:
    """The zone farthest out among those that are named; an unknown word counts as public, an empty one not at all."""
    return max((z if z in ZONES else "public" for z in zones if z), key=ZONES.index, default="closed")


def beyond(zone: str, house: str) -> bool:
    """Whether `zone` lies outside the zone of the installation."""
    return ZONES.index(outermost(zone)) > ZONES.index(outermost(house))
