"""Computing figures live: under the reader's own policies, so that a live figure counts what he may see."""
from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db import connection, transaction

from xieli.content import content_path
from xieli.engines.metrics import (
    SOURCES,
    AsOf,
    Figure,
    MetricBook,
    Period,
    Query,
    compile_rows,
    compile_total,
    evaluate,
    load_book,
    named_period,
    remembering,
)
from xieli.office.audit import record
from xieli.office.bodies.models import Area, Body
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.services.source import call, today
from xieli.office.matters.tables.core import Matter
from xieli.office.people.models import Person
from xieli.office.reports.models import NamedPeriod, OpeningBalance


@lru_cache(maxsize=1)
def _texts() -> dict[str, str]:
    return {entry.name: entry.read_text(encoding="utf-8") for entry in content_path("metrics").iterdir() if entry.name.endswith(".yaml")}


@lru_cache(maxsize=1)
def book() -> MetricBook:
    """The shipped definitions. Raises MetricError naming file and line."""
    return load_book(_texts())


def definitions_digest() -> str:
    """Digest of every definition, printed on released figures."""
    return hashlib.sha256(json.dumps(sorted(_texts().items()), ensure_ascii=False).encode()).hexdigest()


def period(name: str) -> Period:
    """A period by name or by two days; stored names included."""
    stored = {p.name: (p.first, p.last) for p in NamedPeriod.objects.all()}
    return named_period(name or "this_year", today(), stored)


def run_live(query: Query) -> Sequence[Sequence[Any]]:
    """Under the reader's own policies: a live figure counts what he may see."""
    with connection.cursor() as cursor:
        cursor.execute(query.sql, query.parameters)
        return cursor.fetchall()


def opening(code: str, over: Period) -> Decimal:
    """The signed opening balances of a metric whose whole span lies within a period."""
    rows = OpeningBalance.objects.filter(metric=code, until__lte=over.last, until__gte=over.first)
    return sum((r.number for r in rows if r.since is None or r.since >= over.first), Decimal(0))


def as_known(over: Period, known_by: date | None = None) -> date | None:
    """The second of the two dates: as asked, else the same as the first, the period's last day; a period that has not ended is as known now."""
    return known_by or (over.last if over.last < today() else None)


def figure(code: str, over: Period, *, known_by: date | None = None, by: str = "") -> Figure:
    """One live figure."""
    return evaluate(book(), code, over, run_live, known_by=as_known(over, known_by), by=by, opening=opening)


def codes_of(report: str) -> list[str]:
    """The metrics that a report prints: its own, then the counterparts that must stand beside them."""
    definition = book().reports[report]
    codes = list(definition.metrics)
    for metric in definition.metrics:
        codes += [c for c in book()[metric].counterparts if c not in codes]
    return codes


def report(code: str, over: Period, *, known_by: date | None = None) -> list[Figure]:
    """All figures of a report, live; counterparts follow the figures they belong to."""
    by, run = book().reports[code].by, remembering(run_live)
    return [evaluate(book(), c, over, run, known_by=as_known(over, known_by), by=by.get(c, ""), opening=opening) for c in codes_of(code)]


@dataclass(frozen=True)
class Behind:
    """What stands behind a figure for this reader: matters, or people, bodies, areas or words (`what` says which); how many in all."""

    matters: list[Matter]
    things: list[Any]
    counted: int
    what: str = ""

    @property
    def lines(self) -> list[str]:
        """The things as they call themselves."""
        return [str(thing) for thing in self.things]


def rows_behind(code: str, over: Period, *, known_by: date | None = None, limit: int = 200) -> Behind:
    """The visible records behind a figure. Those of a share are the records of its numerator."""
    metric = book()[code]
    asof = AsOf(over, as_known(over, known_by))
    found = [row[0] for row in run_live(compile_rows(metric.count, asof, at_end=metric.at_end, limit=limit))]
    counted = int(run_live(compile_total(metric.count, asof, at_end=metric.at_end))[0][0])
    source = SOURCES[metric.count.source]
    if source.matter:
        return Behind(list(Matter.objects.filter(id__in=found).select_related("owner_body").order_by("-opened_at")), [], counted)
    kind = source.label.partition(":")[0]
    if kind == "person":
        rows = Person.objects.filter(id__in=found).order_by("sort_key", "name")
        return Behind([], list(rows), counted, kind)
    if kind in ("body", "area"):
        return Behind([], list((Body if kind == "body" else Area).objects.filter(id__in=found).order_by("name_zh")), counted, kind)
    return Behind([], sorted(str(f) for f in found), counted)


@transaction.atomic
def sign_opening(metric: str, number: Decimal, first: date, until: date, source: str) -> OpeningBalance:
    """Enter a signed opening balance (期初) for a span before the first day: number, source, signer; printed as such, without drill-down.

    Raises Refused for a metric nobody defined, a share, a span that ends before it starts, or a span that the records cover.
    """
    definition = book().get(metric)
    if definition is None:
        raise Refused("unknown_metric", "没有这个口径。", "There is no such definition.")
    if definition.denominator is not None or definition.count.of in ("mean", "median", "max"):
        raise Refused("no_opening", "占比、均值、中位数没有期初数。", "A share, a mean or a median has no opening balance.")
    if until < first:
        raise Refused("period", f"期初的结束日 {until} 早于开始日 {first}。", f"The opening balance ends on {until}, before it starts on {first}.")
    if len(source.strip()) < 4:
        raise Refused("no_source", "期初数须写明出处。", "An opening balance needs its source.")
    identity = call("sign_opening", metric, number, first, until, source.strip())
    record("opening.signed", metric=metric, first=first, until=until)
    return OpeningBalance.objects.get(pk=identity)
