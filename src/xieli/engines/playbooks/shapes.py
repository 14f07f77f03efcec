"""What a drawing of a playbook is made of: boxes and arrows, in pixels from the top left corner."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """A stage's place: centre and size."""

    stage: str
    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True)
class Arrow:
    """One drawn arrow (a move from one of its sources): the points it runs through, its name in lines and where the middle of that stands.

    Moves that stay at their stage share one small loop; `loops` names them all. What leaves a split or a join has no name.
    """

    move: str
    source: str
    to: str
    points: tuple[tuple[int, int], ...]
    label: tuple[int, int]
    back: bool
    loops: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
