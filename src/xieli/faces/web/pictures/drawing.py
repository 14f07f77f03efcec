"""A picture never stands alone: a `Drawing` is the SVG and the table that says the same, shown by `{% drawing d %}`.

How another room uses it::

    from xieli.faces.web.pictures.funnel import Step, funnel
    context["funnel"] = funnel([Step(_("线索"), 69), Step(_("办结"), 38, days=21)], title=_("转化漏斗"), note=_("按收到月份"))
    …
    {% load pictures %}{% drawing funnel %}

Labels come in the reader's language; the pictures add only words of their own through gettext. Every function draws from
plain values: no query, no rule, no clock.
"""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

LIGHTS = {"": ("", ""), "green": ("●", "c-green"), "yellow": ("▲", "c-yellow"), "red": ("■", "c-red"), "grey": ("–", "c-grey")}


@dataclass(frozen=True)
class Cell:
    """One cell of the table twin; an address makes it a link."""

    text: str
    number: bool = False
    url: str = ""


@dataclass(frozen=True)
class Drawing:
    """The SVG (empty when there is nothing to draw), its caption, the table twin and a note under both."""

    svg: SafeString
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def __bool__(self) -> bool:
        return bool(self.rows)


def cell(value: object, url: str = "") -> Cell:
    """A value as the table twin shows it: numbers right-aligned with a thousands mark, None as a dash."""
    if value is None:
        return Cell("—", True, url)
    if isinstance(value, Cell):
        return value
    if isinstance(value, int | float):
        return Cell(f"{value:,}", True, url)
    return Cell(str(value), False, url)


def table(head: Sequence[object], rows: Iterable[Sequence[object]]) -> tuple[tuple[str, ...], tuple[tuple[Cell, ...], ...]]:
    """Head and rows of a table twin."""
    return tuple(str(h) for h in head), tuple(tuple(cell(v) for v in row) for row in rows)
