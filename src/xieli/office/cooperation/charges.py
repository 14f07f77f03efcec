"""Who has what in charge: a leader's sheet by kind, and the objects that need a leader and have none, or more than one."""
from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date

from xieli.office.bodies.models import Body
from xieli.office.cooperation.queries import valid_on
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.work import Fact
from xieli.office.people.models import Person

KINDS = ("area", "case", "project", "benefit", "topic", "town")
# objects of these kinds need somebody in charge; which cases and benefits do is decided with each of them (ours)
REQUIRED = ("area", "town", "topic", "project")


@dataclass(frozen=True)
class Line:
    """One charge on a leader's sheet: what, how many items, how many are not done."""

    matter: int
    object: str
    items: int
    open: int


def _running() -> dict[int, dict[str, Fact]]:
    """Living facts of every charge that is being carried out, by matter and code."""
    found: dict[int, dict[str, Fact]] = defaultdict(dict)
    rows = Fact.objects.filter(matter__kind="charge", matter__status="open", code__startswith="charge.", retracted_at=None)
    for fact in rows.order_by("recorded_at", "id"):
        found[fact.matter_id][fact.code] = fact
    return found


Running = dict[int, dict[str, Fact]]


def sheet(leader: int, running: Running | None = None) -> dict[str, list[Line]]:
    """A leader's charges under every kind, also those under which there are none; ended ones are off the sheet."""
    out: dict[str, list[Line]] = {kind: [] for kind in KINDS}
    for matter, facts in (running or _running()).items():
        if "charge.leader" in facts and facts["charge.leader"].ref == leader:
            items = int(facts["charge.items"].number or 0)
            left = int(facts["charge.open"].number or 0) if "charge.open" in facts else items
            out[facts["charge.kind"].text].append(Line(matter, facts["charge.object"].text, items, left))
    return {kind: sorted(lines, key=lambda line: line.object) for kind, lines in out.items()}


def place(name: str) -> str:
    """A district or town without the words for its commission: `巫川县纪委监委` and `巫川县` are one place."""
    return name.strip().removesuffix("纪委监委").removesuffix("纪委")


def leaders() -> list[tuple[Person, dict[str, list[Line]]]]:
    """Everybody who has something in charge, as the reader may see it, with his sheet; by name."""
    running = _running()
    held = {f["charge.leader"].ref for f in running.values() if "charge.leader" in f}
    return [(person, sheet(person.id, running)) for person in Person.objects.filter(id__in=held).order_by("sort_key", "name", "id")]


def required(kind: str, day: date) -> list[str]:
    """Names of the objects of a kind that need a leader on a day: districts, towns, running topics and projects; none for kinds without a register."""
    if kind in ("area", "town"):
        bodies = Body.objects.filter(valid_on(day), kind="commission" if kind == "area" else "town_committee", **({"rank": "county"} if kind == "area" else {}))
        return sorted(place(b.name_zh) for b in bodies)
    if kind in ("topic", "project"):
        return sorted(Matter.objects.filter(kind="campaign_topic" if kind == "topic" else "project", status="open").values_list("title", flat=True))
    return []


@dataclass(frozen=True)
class Gaps:
    """Objects that need exactly one leader: those without, those with more than one."""

    missing: tuple[str, ...]
    doubled: tuple[str, ...]


def gaps(kind: str, day: date) -> Gaps:
    """Uncovered and doubly covered objects of a kind, of what the viewer may see."""
    held = Counter(place(f["charge.object"].text) if kind in ("area", "town") else f["charge.object"].text for f in _running().values() if "charge.kind" in f and f["charge.kind"].text == kind)
    return Gaps(tuple(name for name in required(kind, day) if not held[name]), tuple(sorted(name for name, n in held.items() if n > 1)))
