"""Computing figures live, and releasing them."""
from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

import psycopg
from django.db import connection, transaction

from xieli.content import content_path
from xieli.engines.ledger.canonical import dumps
from xieli.engines.metrics import AsOf, Figure, MetricBook, Period, Query, evaluate, load_book, named_period
from xieli.engines.metrics.compile import compile_rows
from xieli.engines.metrics.compute import suppress, written
from xieli.office.audit import record
from xieli.office.ids import random_id
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.services.source import actor, call, now, today
from xieli.office.matters.tables.core import Matter
from xieli.office.reports.models import NamedPeriod, OpeningBalance, Release


@lru_cache(maxsize=1)
def book() -> MetricBook:
    """The shipped definitions. Raises MetricError naming file and line."""
    return load_book({entry.name: entry.read_text(encoding="utf-8") for entry in content_path("metrics").iterdir() if entry.name.endswith(".yaml")})


def definitions_digest() -> str:
    """Digest of every definition, printed on released figures."""
    texts = sorted((e.name, e.read_text(encoding="utf-8")) for e in content_path("metrics").iterdir() if e.name.endswith(".yaml"))
    return hashlib.sha256(json.dumps(texts, ensure_ascii=False).encode()).hexdigest()


def period(name: str) -> Period:
    """A period by name or by two days; stored names included."""
    stored = {p.name: (p.first, p.last) for p in NamedPeriod.objects.all()}
    return named_period(name or "this_year", today(), stored)


def run_live(query: Query) -> Sequence[Sequence[Any]]:
    """Under the reader's own policies: a live figure counts what he may see."""
    with connection.cursor() as cursor:
        cursor.execute(query.sql, list(query.parameters))
        return cursor.fetchall()


def openings(until: date) -> dict[str, Decimal]:
    """Signed opening balances that lie before a day."""
    found: dict[str, Decimal] = {}
    for row in OpeningBalance.objects.filter(until__lt=until):
        found[row.metric] = found.get(row.metric, Decimal(0)) + row.number
    return found


def figure(code: str, over: Period, *, known_by: date | None = None, by: str = "") -> Figure:
    """One live figure."""
    return evaluate(book(), code, over, run_live, known_by=known_by, by=by)


def report(code: str, over: Period, *, known_by: date | None = None) -> list[Figure]:
    """All figures of a report, live; counterparts follow the figures they belong to."""
    definition = book().reports[code]
    codes = list(definition.metrics)
    for metric in definition.metrics:
        codes += [c for c in book()[metric].counterparts if c not in codes]
    return [figure(c, over, known_by=known_by, by=definition.by if definition.by and c in definition.metrics else "") for c in codes]


def rows_behind(code: str, over: Period, *, known_by: date | None = None, limit: int = 200) -> tuple[list[Matter], int]:
    """The visible matters behind a figure, and how many distinct matters it counts in all for this reader."""
    metric = book()[code]
    ids = [row[0] for row in run_live(compile_rows(metric.count, AsOf(over, known_by), at_end=metric.at_end, limit=limit))]
    matters = list(Matter.objects.filter(id__in=ids).select_related("owner_body").order_by("-opened_at"))
    return matters, len(ids)


@transaction.atomic
def ask_release(code: str, over: Period, known_by: date) -> Release:
    """Compute a report by the report role over facts only and put it before a checker and an approver."""
    if code not in book().reports:
        raise Refused("unknown_report", "没有这张报表。", "There is no such report.")
    if over.last > today():
        raise Refused("future", "期间尚未结束，不能发布。", "The period has not ended; it cannot be released.")
    who = actor().person
    content = _compute(code, over, known_by)
    canon = dumps(content)
    identity = random_id()
    dsn = os.environ.get("XIELI_DB_REPORT")
    if not dsn:
        raise Refused("no_report_role", "发布由统计角色的进程计算，本进程没有它的连接。请用命令 xieli report release。", "Released figures are computed by the report role's process; use xieli report release.")
    with psycopg.connect(dsn) as c:
        c.execute('insert into release (id, report, first, last, known_by, computed_at, content, sha, state, asked_by_id) values (%s,%s,%s,%s,%s,%s,%s,%s,%s,%s)',
                  [identity, code, over.first, over.last, known_by, now(), json.dumps(content), hashlib.sha256(canon).hexdigest(), "draft", who])
    record("report.asked", release=identity, report=code)
    return Release.objects.get(pk=identity)


def _compute(code: str, over: Period, known_by: date) -> dict[str, Any]:
    dsn = os.environ.get("XIELI_DB_REPORT")
    if not dsn:
        return {}
    definition = book().reports[code]
    codes = list(definition.metrics)
    for metric in definition.metrics:
        codes += [c for c in book()[metric].counterparts if c not in codes]
    figures: dict[str, Any] = {}
    with psycopg.connect(dsn) as c:

        def run(query: Query) -> Sequence[Sequence[Any]]:
            return c.execute(query.sql, query.parameters).fetchall()  # type: ignore[arg-type]

        for name in codes:
            found = evaluate(book(), name, over, run, known_by=known_by, by=definition.by if name in definition.metrics else "")
            metric = found.metric
            small = found.number is not None and metric.denominator is None and 0 < found.number < 5
            figures[name] = {"text_zh": "＜5" if small else found.text("zh"), "text_en": "<5" if small else found.text("en"),
                             "comparisons": [] if small else [{"zh": x.zh, "en": x.en} for x in found.comparisons],
                             "groups": {str(g): (None if n is None else written(n, metric.rounding)) for g, n in suppress(found.groups).items()} if found.groups else {}}
    return {"report": code, "first": over.first.isoformat(), "last": over.last.isoformat(), "known_by": known_by.isoformat(), "figures": figures, "definitions": definitions_digest()}


@transaction.atomic
def pass_release(release: Release, verdict: str) -> str:
    """Check or approve a release as one of two persons; refused is final."""
    state = str(call("pass_release", release.id, verdict))
    record("report.passed", release=release.id, verdict=verdict)
    return state
