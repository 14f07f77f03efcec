"""What a release keeps back, so that nobody works out a small number from what it shows or from what was shown before.

`＜5` is printed for a number that is small itself; `不公布` (withheld) for one that would give a small number away. Everything that was ever computed
counts as shown, refused drafts too: whoever may ask for figures must not learn by asking twice what one figure would not tell him.
A stock at the end of a period is not netted over time (docs/threat-model.md says so).
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

import psycopg

from xieli.engines.metrics import (
    SMALL,
    Figure,
    Metric,
    Period,
    Shown,
    compile_metric,
    gives_away,
    hidden_in,
    previous_years,
    suppress,
)
from xieli.engines.metrics.compile import AsOf, compile_count
from xieli.engines.metrics.compute import Run

COUNTED = ("row", "matter", "subject", "person", "body", "ref", "text")
SMALL_TEXT, WITHHELD_TEXT = ("＜5", "<5"), ("不公布", "withheld")


@dataclass(frozen=True)
class Before:
    """What earlier releases showed: (metric, group or "" for the whole or "records") -> the counts of their periods."""

    shown: Mapping[tuple[str, str], list[Shown]] = field(default_factory=dict)

    def gives_away(self, metric: str, what: str, over: Period, number: Decimal | int) -> bool:
        """Whether this number of this period, beside them, tells a small one."""
        return gives_away(Shown(over.first, over.last, Decimal(number)), self.shown.get((metric, what), ()))


def before(connection: psycopg.Connection[Any], release: int, codes: Iterable[str]) -> Before:
    """Every count that another release shows for one of these metrics, oldest first; what was rounded or hidden tells no exact number."""
    found: dict[tuple[str, str], list[Shown]] = {}
    wanted = set(codes)
    for first, last, figures in connection.execute("select first, last, content->'figures' from release where id <> %s and state <> 'asked' order by computed_at, id", [release]).fetchall():
        for code in wanted & set(figures or {}):
            line = figures[code]
            for what, text in {"": line["text_en"], "records": line["records"], **{f"={g}": n for g, n in line["groups"].items()}}.items():
                try:
                    number = Decimal(str(text))
                except InvalidOperation:
                    continue
                if number.is_finite():
                    found.setdefault((code, what), []).append(Shown(first, last, number))
    return Before(found)


def small_records(metric: Metric, records: int | None) -> bool:
    """A sum, a mean or a longest time over fewer things than may be shown says something of each of them."""
    return metric.count.of not in COUNTED and records is not None and 0 < records < SMALL


def kept_back(figures: list[Figure], records: Mapping[str, int | None], over: Period, earlier: Before) -> dict[str, tuple[str, str]]:
    """Codes of the figures that are not shown, with what is printed in their place (zh, en)."""
    found = {}
    for f in figures:
        code, n = f.metric.code, records.get(f.metric.code)
        counts = f.metric.denominator is None and f.metric.count.of in COUNTED
        if (counts and f.number is not None and 0 < f.number < SMALL) or small_records(f.metric, n):
            found[code] = SMALL_TEXT
        elif f.metric.denominator is None and not f.metric.at_end and (
            (counts and f.number is not None and earlier.gives_away(code, "", over, f.number)) or (n is not None and n >= SMALL and earlier.gives_away(code, "records", over, n))
        ):
            found[code] = WITHHELD_TEXT
    for code in hidden_in(figures, more=set(found)):
        found.setdefault(code, WITHHELD_TEXT)
    return found


def groups_shown(f: Figure, by: str, asof: AsOf, run: Run, earlier: Before) -> dict[Any, Decimal | None]:
    """The cells of a figure's groups that may be shown; None for one that may not."""
    metric = f.metric
    if not f.groups:
        return {}
    if metric.denominator is not None:
        top, bottom = compile_metric(metric, asof, by=by)
        tops, wholes = _cells(run(top)), _cells(run(bottom)) if bottom is not None else {}
        return {g: None if 0 < tops.get(g, Decimal(0)) < SMALL or (metric.rounding.startswith("percent") and 0 < wholes.get(g, Decimal(0)) - tops.get(g, Decimal(0)) < SMALL) else n for g, n in f.groups.items()}
    sizes = f.groups if metric.count.of in COUNTED else _cells(run(compile_count(replace(metric.count, of="row", value=""), asof, at_end=metric.at_end, by=by)))
    told = set() if metric.at_end or metric.count.of not in COUNTED else {g for g, n in f.groups.items() if earlier.gives_away(metric.code, f"={g}", asof.period, n)}
    shown = suppress({g: sizes.get(g, Decimal(0)) for g in f.groups}, more=told)
    return {g: None if shown[g] is None else n for g, n in f.groups.items()}


def comparisons_shown(f: Figure, over: Period, earlier: Before) -> list[dict[str, str]]:
    """Comparisons with bases that may be told."""
    last_year = previous_years(over, 1)[0]
    return [{"zh": c.zh, "en": c.en} for c in f.comparisons
            if c.base == 0 or (c.base >= SMALL and not (c.kind == "last_year" and not f.metric.at_end and earlier.gives_away(f.metric.code, "", last_year, c.base)))]


def _cells(rows: Iterable[Any]) -> dict[Any, Decimal]:
    return {row[0]: Decimal(str(row[1])) for row in rows if row[1] is not None}
