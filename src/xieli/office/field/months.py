"""Months in a row: a section's class held since when. A missing month breaks the row, a worse month breaks it (seed row S3-20)."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.work import Fact

Month = tuple[int, int]


def before(month: Month) -> Month:
    """The month before."""
    year, number = month
    return (year, number - 1) if number > 1 else (year - 1, 12)


def in_a_row(classes: Mapping[Month, int]) -> int:
    """For how many months up to the last one sampled the class was no worse than in that last month; 0 without a sample."""
    if not classes:
        return 0
    month = max(classes)
    latest, found = classes[month], 0
    while month in classes and classes[month] <= latest:
        found, month = found + 1, before(month)
    return found


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


def sections() -> list[Section]:
    """Every section that the bound person sees; within a month the worst sample counts."""
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
        month = before(month)
        if month not in classes:
            found.append(month)
    return tuple(sorted(found))

