"""两手抓: the two tracks of a green channel side by side, each step with its time, the total, and what it saved against ordinary designations.

Everything is read under the reader's rights: whoever does not see the case sees the channel's own steps and no measure. The total
counts approvals and muster, never how long a person was kept (catalogue, corrections S0-40 and S0-42).
"""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from statistics import median

from django.db import connection

from xieli.office.matters.services.playbooks import playbook_of
from xieli.office.matters.tables.approvals import Approval
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.measures import Measure
from xieli.office.matters.tables.work import MatterMove, Task

ROAD = frozenset({"planned", "go_road"})  # moves of the channel that belong to the car; all else is desk work
FEWEST = 3  # below this many ordinary designations no median is printed: ours


@dataclass(frozen=True)
class Line:
    """One step of a track: what, from when to when, who signed."""

    track: str
    zh: str
    en: str
    began: datetime | None
    ended: datetime

    @property
    def minutes(self) -> int | None:
        """How long it took; None for what happens at one moment."""
        return round((self.ended - self.began).total_seconds() / 60) if self.began else None

    @property
    def took(self) -> str:
        """Hours and minutes as 1:05; empty for one moment."""
        return "" if self.minutes is None else f"{self.minutes // 60}:{self.minutes % 60:02d}"


@dataclass(frozen=True)
class Board:
    """The channel's board: its lines in order, when it began, when the measure (or the answer) came, and the ordinary median in hours."""

    lines: list[Line]
    began: datetime
    ended: datetime | None
    ordinary: float | None
    sample: int
    seen: tuple[int, ...] = ()  # other matters whose steps stand in it: the same person's, as far as they are open to the reader

    @property
    def minutes(self) -> int | None:
        """From the call to the measure, or to the answer where the reader sees no measure."""
        return round((self.ended - self.began).total_seconds() / 60) if self.ended else None

    @property
    def took(self) -> str:
        """The total in hours and minutes as 13:30; empty while it runs."""
        return "" if self.minutes is None else f"{self.minutes // 60}:{self.minutes % 60:02d}"

    @property
    def saved(self) -> float | None:
        """Hours saved against the median of ordinary designations; None without a sample."""
        return round(self.ordinary - self.minutes / 60, 1) if self.ordinary is not None and self.minutes is not None else None

    def of(self, track: str) -> list[Line]:
        """The lines of one track."""
        return [line for line in self.lines if line.track == track]


def board(channel: Matter) -> Board:
    """The board of one channel as the reader may see it."""
    with connection.cursor() as cursor:  # the key by which a person is one over many matters is the database's own column
        cursor.execute("select distinct o.matter_id from matter_subject s join matter_subject o on o.person_key = s.person_key where s.matter_id = %s and o.matter_id <> %s", [channel.id, channel.id])
        same = [row[0] for row in cursor.fetchall()]
    related = list(Matter.objects.filter(id__in=same))
    lines = [_step(channel, m) for m in MatterMove.objects.filter(matter=channel, at__gte=channel.opened_at).order_by("at", "id")]
    lines += [Line("road", task.title, task.title, task.created_at, task.done_at) for task in Task.objects.filter(matter__in=[channel, *related], done_at__gte=channel.opened_at) if task.done_at]
    for row in Approval.objects.filter(matter__in=[channel, *related], state__in=["approved", "used"], requested_at__gte=channel.opened_at).select_related("matter"):
        act = playbook_of(row.matter).approvals.get(row.act)
        if row.decided_at is not None:
            lines.append(Line("road" if row.act == "travel" else "home", act.label.zh if act else row.act, act.label.en if act else row.act, row.requested_at, row.decided_at))
    measure = Measure.objects.filter(matter__in=related, started_at__gte=channel.opened_at).order_by("started_at").first()
    ended = measure.started_at if measure is not None else channel.closed_at
    hours = ordinary()
    return Board(sorted(lines, key=lambda x: x.ended), channel.opened_at, ended, median(hours) if len(hours) >= FEWEST else None, len(hours), tuple(m.id for m in related))


def _step(channel: Matter, move: MatterMove) -> Line:
    if not move.from_stage:  # the opening is recorded as "start", which a playbook may use for a step of its own
        return Line("home", "接话登记", "call taken", None, move.at)
    known = playbook_of(channel).moves.get(move.move)
    return Line("road" if move.move in ROAD else "home", known.label.zh if known else move.move, known.label.en if known else move.move, None, move.at)


def ordinary() -> list[float]:
    """Hours from opening to closing of designations that came by no channel, as far as the reader may see them."""
    rows = Matter.objects.filter(kind="designation", status="closed").exclude(links_in__source__kind="green_channel").exclude(closed_at=None)
    return [(m.closed_at - m.opened_at).total_seconds() / 3600 for m in rows if m.closed_at]
