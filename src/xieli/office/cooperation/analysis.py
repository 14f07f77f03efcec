"""What cases teach: their second halves side by side, weaknesses merged over cases, classes of cases by tag, sectors without a name in them; leads by kind, source and month.

Everything is counted over what the reader may see, and no person stands in any of it (seed rows S2-10, S4-03, S4-12, S4-15, S4-27, S4-30,
S4-31, S4-32, S4-50).
"""
from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from xieli.office.bodies.models import Body
from xieli.office.matters.services.recorded import living, plain, products_missing
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.work import Fact, FormSubmission, MatterMove, Outcome
from xieli.office.people.models import Person

ZONE = ZoneInfo("Asia/Shanghai")
THREADS = ("case", "remedy", "supervision", "education")
_EDUCATION = {"committee", "organ", "talks"}


@dataclass(frozen=True)
class Half:
    """The second half of one case: its unit, the threads still open, whether one was waived, days from adjudication to the four talks, both meetings, products missing."""

    matter: Matter
    unit: Body | None
    open: tuple[str, ...]
    waived: bool
    days: int | None
    adjudicated: bool
    committee_met: date | None
    organ_met: date | None
    missing: tuple[str, ...]

    @property
    def meeting_due(self) -> bool:
        """The committee owes its meeting once the case is adjudicated (专题民主生活会)."""
        return self.adjudicated and self.committee_met is None


def _open(matter: Matter) -> tuple[str, ...]:
    stages = set(matter.stages)
    if matter.status != "open":
        return ()
    if stages & {"plan", "case"}:
        return THREADS
    return tuple(t for t in ("remedy", "supervision") if t in stages) + (("education",) if stages & _EDUCATION else ())


def second_halves() -> list[Half]:
    """Every second half of a case that the reader sees, those with most open threads first."""
    matters = list(Matter.objects.filter(kind="after_case").order_by("opened_at", "id")[:500])
    ids = [m.id for m in matters]
    facts: dict[tuple[int, str], Fact] = {(f.matter_id, f.code): f for f in Fact.objects.filter(matter_id__in=ids, code__startswith="after_case.", retracted_at=None).order_by("recorded_at", "id")}
    at: dict[tuple[int, str], datetime] = {(m.matter_id, m.move): m.at for m in MatterMove.objects.filter(matter_id__in=ids, move__in=["adjudicated", "talked"]).order_by("at")}
    waived = set(Outcome.objects.filter(matter_id__in=ids, kind="waived", retracted_at=None).values_list("matter_id", flat=True))
    bodies = Body.objects.in_bulk({f.ref for (_m, code), f in facts.items() if code == "after_case.unit" and f.ref})

    def day(matter: Matter, code: str) -> date | None:
        found = facts.get((matter.id, code))
        return found.happened_on if found else None

    made = []
    for m in matters:
        begun, talked, unit = at.get((m.id, "adjudicated")), at.get((m.id, "talked")), facts.get((m.id, "after_case.unit"))
        days = (talked.astimezone(ZONE).date() - begun.astimezone(ZONE).date()).days if begun and talked else None
        made.append(Half(m, bodies.get(int(unit.ref or 0)) if unit else None, _open(m), m.id in waived, days, begun is not None, day(m, "after_case.reflection_committee"), day(m, "after_case.reflection_organ"),
                         tuple(products_missing(m)) if m.status == "open" and begun else ()))
    return sorted(made, key=lambda h: (-len(h.open), h.matter.opened_at))


def share_complete(halves: list[Half]) -> tuple[int, int]:
    """Of the cases filed away: those with all four threads closed, and all of them."""
    ended = [h for h in halves if h.matter.status != "open"]
    return sum(1 for h in ended if not h.waived), len(ended)


@dataclass
class Weakness:
    """A weak point as several cases show it: level, fields, how many cases, and who owns it at its level; no owner is flagged."""

    title: str
    level: str
    cases: int = 0
    fields: Counter[str] = field(default_factory=Counter)
    owners: list[Body] = field(default_factory=list)


def _tables(matters: list[int]) -> dict[int, list[dict[str, Any]]]:
    last = {f.matter_id: f.data for f in FormSubmission.objects.filter(matter_id__in=matters, form="weaknesses", matter__kind="after_case").order_by("revision")}
    return {m: list(data.get("rows") or []) for m, data in last.items()}


def _units(matters: list[int]) -> dict[int, int]:
    return {f.matter_id: int(f.ref or 0) for f in living("after_case.unit").filter(matter_id__in=matters)}


def weaknesses(matters: list[int]) -> list[Weakness]:
    """Weak points merged by their words and level over cases, the most frequent first; one at the unit's level is owned by the unit."""
    found: dict[tuple[str, str], Weakness] = {}
    units, tables = _units(matters), _tables(matters)
    bodies = Body.objects.in_bulk({*units.values(), *(int(r["owner"]) for rows in tables.values() for r in rows if r.get("owner"))})
    for matter, rows in tables.items():
        for row in {(plain(r["title"]), r["level"]): r for r in rows}.values():
            one = found.setdefault((plain(row["title"]), row["level"]), Weakness(row["title"], row["level"]))
            one.cases += 1
            one.fields[row["field"]] += 1
            owner = bodies.get(int(row.get("owner") or 0)) or (bodies.get(units.get(matter, 0)) if row["level"] == "unit" else None)
            if owner is not None and owner not in one.owners:
                one.owners.append(owner)
    return sorted(found.values(), key=lambda w: (-w.cases, w.level, w.title))


@dataclass(frozen=True)
class Class:
    """A class of cases: how many there are, in how many units, and how often each cause stands in them."""

    name: str
    cases: int
    units: int
    causes: Counter[str]
    levels: Counter[str]
    matters: tuple[int, ...]


def _class(name: str, matters: list[int]) -> Class:
    tables, units = _tables(matters), _units(matters)
    causes: Counter[str] = Counter()
    levels: Counter[str] = Counter()
    for rows in tables.values():
        causes.update({row["title"] for row in rows})
        levels.update(row["level"] for row in rows)
    return Class(name, len(matters), len(set(units.values())), causes, levels, tuple(matters))


def by_tag(tag: str) -> Class:
    """The cases that bear a tag, drawn from the register, with the frequency of their causes."""
    return _class(tag, sorted(set(living("after_case.tag").filter(text=tag).values_list("matter_id", flat=True))))


def tags() -> list[tuple[str, int]]:
    """Tags in use with their cases, the most frequent first."""
    found: dict[str, set[int]] = defaultdict(set)
    for text, matter in living("after_case.tag").values_list("text", "matter_id"):
        found[text].add(matter)
    return sorted(((t, len(m)) for t, m in found.items()), key=lambda x: (-x[1], x[0]))


def by_sector(sector: str) -> Class:
    """Cases filed away whose unit belongs to a sector: patterns with counts, for inspectors; nobody can be recognised in it."""
    ended = set(Matter.objects.filter(kind="after_case").exclude(status="open").values_list("id", flat=True))
    bodies = set(Body.objects.filter(sector=sector).values_list("id", flat=True))
    return _class(sector, sorted(m for m, unit in _units(sorted(ended)).items() if unit in bodies))


def matched(level: str, post: str = "") -> list[Matter]:
    """Typical cases in use that were written for a level of audience, and for a kind of post where one is named."""
    used = Outcome.objects.filter(kind="published", retracted_at=None).values("matter_id")
    fits = living("typical.for_level").filter(text=level).values("matter_id")
    found = Matter.objects.filter(kind="typical_case", status="open", id__in=used).filter(id__in=fits)
    other = living("typical.for_post").exclude(text=post).values("matter_id") if post else living("typical.for_post").filter(text__isnull=True).values("matter_id")
    return list(found.exclude(id__in=other).order_by("title", "id"))


# --- leads ------------------------------------------------------------------------------------------------------------

SEVERAL = "several"


def registrations() -> dict[int, dict[str, Any]]:
    """The last registration of every lead that the reader sees."""
    return {f.matter_id: f.data for f in FormSubmission.objects.filter(form="registration", matter__kind="lead").order_by("revision")}


def cross(given: dict[int, dict[str, Any]]) -> Counter[tuple[str, str, str]]:
    """(kind, source, month) to leads: a lead of several kinds stands under `several`, so that every table adds up to the total."""
    return Counter((str(d["kinds"][0]) if len(d["kinds"]) == 1 else SEVERAL, str(d["source"]), str(d["received_on"])[:7]) for d in given.values())


@dataclass(frozen=True)
class Key:
    """A lead of the key list: the grounds that put it there, and the leader in charge of it, or None."""

    matter: Matter
    grounds: tuple[str, ...]
    leader: Person | None


CRITERIA = ("assigned", "public_concern", "key_few", "campaign")


def key_list(given: dict[int, dict[str, Any]]) -> list[Key]:
    """Open leads that meet at least one of the four criteria, those with most grounds first; the leader is whose charge names the lead."""
    wanted = {m: tuple(c for c in CRITERIA if c in (d.get("priority") or ())) for m, d in given.items()}
    matters = list(Matter.objects.filter(id__in=[m for m, grounds in wanted.items() if grounds], status="open").order_by("opened_at", "id"))
    charges = {f.ref: f.matter_id for f in living("charge.matter").filter(ref__in=[m.id for m in matters], matter__status="open").order_by("recorded_at", "id")}
    held = {f.matter_id: f.ref for f in living("charge.leader").filter(matter_id__in=charges.values())}
    people = Person.objects.in_bulk([ref for ref in held.values() if ref])
    return sorted((Key(m, wanted[m.id], people.get(int(held.get(charges.get(m.id, 0)) or 0))) for m in matters), key=lambda k: (-len(k.grounds), k.matter.opened_at))
