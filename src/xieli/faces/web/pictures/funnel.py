"""Funnel: how many of those received came how far, and how long each step took (median days)."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from xieli.engines.metrics import whole_percent
from xieli.faces.web.pictures.drawing import Drawing, cell, table
from xieli.faces.web.pictures.svg import Picture, fit


@dataclass(frozen=True)
class Step:
    """One step: its name, how many came so far, median days from the step before (None: not known), an address of its list."""

    label: str
    n: int
    days: float | None = None
    url: str = ""


def funnel(steps: Sequence[Step], title: str, note: str = "") -> Drawing:
    """Bars from the left, each with its number and its share of the first step, never of a sum.

    Say the cohort and the denominators in `note`: the picture prints it.
    """
    width, row, left = 640, 38, 110
    picture = Picture(width, row * len(steps) + 8, title)
    most = max((s.n for s in steps), default=0) or 1
    first = steps[0].n if steps else 0
    rows = []
    for i, step in enumerate(steps):
        y, begin = i * row + 4, len(picture.shapes)
        share = f"{whole_percent(step.n, first)}%" if i and first else ""
        days = _("%(n)s 天") % {"n": f"{step.days:g}"} if step.days is not None else ""
        bar = (width - left - 190) * step.n / most
        picture.text(left - 10, y + 20, fit(step.label, left - 14), "axis", "end")
        picture.rect(left, y, bar, 28, "bar-owner", f"{step.label}: {step.n}")
        picture.text(left + 8 + max(bar, 1), y + 20, " · ".join(filter(None, (f"{step.n:,}", share, days))), "ink")
        picture.link(step.url, begin)
        rows.append((step.label, cell(step.n, step.url), share or "—", step.days))
    return Drawing(picture.render(), title, *table((_("环节"), _("件数"), _("占第一步"), _("中位天数")), rows), note)
