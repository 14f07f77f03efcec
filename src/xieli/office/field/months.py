"""Months in a row: a section's class held since when. A missing month breaks the row, a worse month breaks it (seed row S3-20)."""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from xieli.engines.clocks.arithmetic import Month, in_a_row, month_before
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.work import Fact, FormSubmission


@dataclass(frozen=True)
class Section:
    """A water section as its samples show it: latest class against the target, months in a row, months missing between the first and last sample."""

    matter: Matter
    name: str
    target: int
    classes: dict[Month, int]
    months: int
    missing: tuple[Month, ...]

    @property
    def latest(self) -> int | None:
        """Class of the last month sampled."""
        return self.classes[max(self.classes)] if self.classes else None

    @property
    def met(self) -> bool:
        """Whether the latest class is no worse than the target."""
        return self.latest is not None and self.latest <= self.target


def sections(matters: list[Matter] | None = None) -> list[Section]:
    """Every section that the bound person sees, or these; within a month the worst sample counts."""
    if matters is None:
        matters = list(Matter.objects.filter(kind="water_section").order_by("title", "id")[:200])
    facts = list(Fact.objects.filter(matter_id__in=[m.id for m in matters], code__in=["water.class", "water.target", "water.section"], retracted_at=None).order_by("happened_on", "id"))
    found = []
    for m in matters:
        mine = [f for f in facts if f.matter_id == m.id]
        classes: dict[Month, int] = {}
        for f in (f for f in mine if f.code == "water.class"):
            key = (f.happened_on.year, f.happened_on.month)
            classes[key] = max(classes.get(key, 0), int(f.number or 0))
        target = next((int(f.number or 0) for f in mine if f.code == "water.target"), 0)
        name = next((f.text for f in mine if f.code == "water.section"), m.title)
        found.append(Section(m, name, target, classes, in_a_row(classes), gaps(classes)))
    return found


def gaps(classes: Mapping[Month, int]) -> tuple[Month, ...]:
    """Months without a sample between the first and the last."""
    if not classes:
        return ()
    month, first, found = max(classes), min(classes), []
    while month != first:
        month = month_before(month)
        if month not in classes:
            found.append(month)
    return tuple(sorted(found))



@dataclass(frozen=True)
class Pair:
    """One month of a section as both sides sampled it: value in µg/L and class each, None where a side has no sample; the tolerance of the section."""

    month: Month
    own: int | None
    other: int | None
    own_class: int | None
    other_class: int | None
    tolerance: int

    @property
    def gap(self) -> int | None:
        """How far the two samples lie apart; None while one is missing."""
        return None if self.own is None or self.other is None else abs(self.own - self.other)

    @property
    def state(self) -> str:
        """`within`, `beyond` the tolerance, or `half` while one side has not sampled."""
        if self.gap is None:
            return "half"
        return "within" if self.gap <= self.tolerance else "beyond"


def pairs(matters: list[Matter]) -> dict[int, list[Pair]]:
    """By section, every month side by side, the latest first; the last sample of a side in a month counts (seed row S3-20)."""
    tolerance: dict[int, int] = {}
    sides: dict[tuple[int, str], dict[Month, dict[str, int]]] = defaultdict(dict)
    for form in FormSubmission.objects.filter(matter_id__in=[m.id for m in matters], form__in=["section", "own", "other"]).order_by("revision"):
        if form.form == "section":
            tolerance[form.matter_id] = int(form.data.get("tolerance") or 0)
        else:
            day = str(form.data["month"])
            sides[form.matter_id, form.form][int(day[:4]), int(day[5:7])] = form.data
    found: dict[int, list[Pair]] = {}
    for m in matters:
        mine, theirs = sides[m.id, "own"], sides[m.id, "other"]
        both = [(month, mine.get(month, {}), theirs.get(month, {})) for month in sorted({*mine, *theirs}, reverse=True)]
        found[m.id] = [Pair(month, a.get("value"), b.get("value"), a.get("class"), b.get("class"), tolerance.get(m.id, 0)) for month, a, b in both]
    return found
