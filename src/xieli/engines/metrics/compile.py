"""A definition to SQL: a closed vocabulary of sources and columns, every value a parameter. Nothing reads the forms' JSON.

`as of` takes two dates: happened by (the period's end) and known by (default the same): a fact recorded later than
`known_by`, or retracted before it, does not count, so that a figure can be printed again to the digit.
"""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from .model import Count, Metric, MetricError, Period, Where

ZONE = "Asia/Shanghai"


@dataclass(frozen=True)
class Source:
    """A table, the day its rows happened, the instant they were known, and the columns a definition may name."""

    table: str
    day: str
    known: str
    columns: dict[str, str]
    subject: str = ""
    gone: str = ""  # instant from which a row no longer counts
    matter: str = "x.matter_id"


def _day(column: str) -> str:
    return f"(({column}) at time zone '{ZONE}')::date"


_MATTER = {"matter.kind": "m.kind", "matter.body": "m.owner_body_id", "matter.status": "m.status", "matter.source": "m.source", "matter.urgent": "m.urgent",
           "matter.close_kind": "m.close_kind", "matter.level": "m.level"}

SOURCES: dict[str, Source] = {
    "matters": Source("matter", "coalesce(x.received_on, " + _day("x.opened_at") + ")", "x.opened_at",
                      {"kind": "x.kind", "status": "x.status", "source": "x.source", "body": "x.owner_body_id", "urgent": "x.urgent", "close_kind": "x.close_kind",
                       "days": "extract(day from coalesce(x.closed_at, x.opened_at) - x.opened_at)"}, matter="x.id"),
    "closings": Source("matter", _day("x.closed_at"), "x.closed_at", {"kind": "x.kind", "source": "x.source", "body": "x.owner_body_id", "close_kind": "x.close_kind",
                       "days": "extract(epoch from x.closed_at - x.opened_at) / 86400"}, matter="x.id"),
    "moves": Source("matter_move", _day("x.happened_at"), "x.at", {"move": "x.move", "from_stage": "x.from_stage", "to_stage": "x.to_stages", "body": "x.body_id"}),
    "facts": Source("fact", "x.happened_on", "x.recorded_at", {"code": "x.code", "number": "x.number", "day": "x.day", "unit": "x.unit", "text": "x.text", "ref": "x.ref"}, "x.subject_id", "x.retracted_at"),
    "outcomes": Source("outcome", "x.happened_on", "x.recorded_at", {"kind": "x.kind", "amount": "x.amount_fen"}, "x.subject_id", "x.retracted_at"),
    "measures": Source("measure", _day("x.started_at"), "x.recorded_at", {"kind": "x.kind", "late": "x.late_record", "end_reason": "x.end_reason",
                       "days": "extract(epoch from coalesce(x.ended_at, x.started_at) - x.started_at) / 86400"}, "x.subject_id"),
    "handovers": Source("handover", _day("x.sent_at"), "x.sent_at", {"kind": "x.kind", "state": "x.state", "sender": "x.sender_id", "receiver": "x.receiver_id",
                        "hours": "extract(epoch from x.decided_at - x.sent_at) / 3600"}),
    "duties": Source("feedback_duty", "x.first_due", "x.created_at", {"state": "x.state", "owed_by": "x.owed_by_id", "owed_to": "x.owed_to_id"}),
    "clocks": Source("clock", _day("x.started_at"), "x.started_at", {"rule": "x.rule", "code": "x.code", "state": "x.state", "statutory": "x.statutory"}),
    "subjects": Source("matter_subject", "coalesce(m.received_on, " + _day("m.opened_at") + ")", "m.opened_at", {"kind": "x.kind", "dual_managed": "x.dual_managed", "unit": "x.unit_body_id", "role": "x.role"}, "x.id"),
}
SUBJECT_COLUMNS = {"subject.dual_managed": "s.dual_managed", "subject.kind": "s.kind", "subject.unit": "s.unit_body_id"}
OPERATORS = ("is", "in", "not_in", "lt", "le", "gt", "ge", "has", "present", "absent")
AGGREGATES = {"row": "count(*)", "matter": "count(distinct {matter})", "subject": "count(distinct {subject})", "body": "count(distinct m.owner_body_id)", "ref": "count(distinct x.ref)",
              "sum": "coalesce(sum({value}), 0)", "mean": "avg({value})", "median": "percentile_cont(0.5) within group (order by {value})", "max": "max({value})"}
GROUPS = {"body": "m.owner_body_id", "kind": "m.kind", "source": "m.source", "quarter": "date_trunc('quarter', {day})::date", "month": "date_trunc('month', {day})::date",
          "receiver": "x.receiver_id", "sender": "x.sender_id", "reason": "x.text", "text": "x.text", "code": "x.code", "move": "x.move", "state": "x.state", "close_kind": "m.close_kind"}


@dataclass(frozen=True)
class AsOf:
    """What happened in the period, as it was known on a day (None: as it is known now)."""

    period: Period
    known_by: date | None = None


@dataclass(frozen=True)
class Query:
    """SQL with %s marks and its parameters."""

    sql: str
    parameters: tuple[Any, ...]


def column_of(count: Count, name: str, where: str = "") -> str:
    """SQL of a column that a definition may name. Raises MetricError for any other."""
    source = SOURCES[count.source]
    found = source.columns.get(name) or _MATTER.get(name) or (SUBJECT_COLUMNS.get(name) if source.subject else None)
    if found is None:
        raise MetricError(where, 0, f"“{count.source}”没有“{name}”这一列", f"“{count.source}” has no column “{name}”")
    return found


def _condition(count: Count, w: Where, parameters: list[Any]) -> str:
    column = column_of(count, w.column)
    if w.operator == "present":
        return f"{column} is not null"
    if w.operator == "absent":
        return f"{column} is null"
    if w.operator in ("in", "not_in"):
        parameters.append(list(w.values))
        return f"{column} {'<> all' if w.operator == 'not_in' else '= any'} (%s)"
    parameters.append(w.values[0])
    if w.operator == "has":
        return f"%s = any ({column})"
    return f"{column} {({'is': '=', 'lt': '<', 'le': '<=', 'gt': '>', 'ge': '>='})[w.operator]} %s"


def _from(count: Count, asof: AsOf, parameters: list[Any], *, at_end: bool, bodies: tuple[int, ...] | None) -> str:
    source = SOURCES[count.source]
    sql = f"from {source.table} x"
    sql += "" if source.table == "matter" else f" join matter m on m.id = {source.matter}"
    if source.table == "matter":
        sql += " join matter m on m.id = x.id"
    if any(w.column in SUBJECT_COLUMNS for w in count.where):
        sql += f" join matter_subject s on s.id = {source.subject}"
    conditions = []
    if at_end:
        conditions.append(f"{source.day} <= %s")
        parameters.append(asof.period.last)
    else:
        conditions.append(f"{source.day} between %s and %s")
        parameters += [asof.period.first, asof.period.last]
    if asof.known_by is not None:
        conditions.append(f"{_day(source.known)} <= %s")
        parameters.append(asof.known_by)
    if source.gone:
        if asof.known_by is None:
            conditions.append(f"{source.gone} is null")
        else:
            conditions.append(f"({source.gone} is null or {_day(source.gone)} > %s)")
            parameters.append(asof.known_by)
    if at_end and source.table == "matter":
        conditions.append(f"(x.closed_at is null or {_day('x.closed_at')} > %s)")
        parameters.append(asof.period.last)
    conditions += [_condition(count, w, parameters) for w in count.where]
    if bodies is not None:
        conditions.append("m.owner_body_id = any (%s)")
        parameters.append(list(bodies))
    for wanted, other in count.having:
        inner = SOURCES[other.source]
        clauses = [f"{inner.matter.replace('x.', 'y.')} = {source.matter}"]
        if inner.gone:
            clauses.append(inner.gone.replace("x.", "y.") + " is null")
        clauses += [_condition(other, w, parameters).replace("x.", "y.") for w in other.where]
        conditions.append(f"{'' if wanted else 'not '}exists (select 1 from {inner.table} y where {' and '.join(clauses)})")
    return f"{sql} where {' and '.join(conditions)}"


def compile_count(count: Count, asof: AsOf, *, at_end: bool = False, by: str = "", bodies: tuple[int, ...] | None = None) -> Query:
    """The number of a count, in the whole or for each group; one row (value) or rows (group, value)."""
    source = SOURCES[count.source]
    parameters: list[Any] = []
    tail = _from(count, asof, parameters, at_end=at_end, bodies=bodies)
    value = column_of(count, count.value) if count.value else "1"
    aggregate = AGGREGATES[count.of].format(matter=source.matter, subject=source.subject or "x.id", value=value)
    if not by:
        return Query(f"select {aggregate} {tail}", tuple(parameters))
    group = GROUPS[by].format(day=source.day)
    return Query(f"select {group} as g, {aggregate} {tail} group by 1 order by 1", tuple(parameters))


def compile_rows(count: Count, asof: AsOf, *, at_end: bool = False, limit: int = 500) -> Query:
    """The matters behind a count, for drill-down."""
    source = SOURCES[count.source]
    parameters: list[Any] = []
    tail = _from(count, asof, parameters, at_end=at_end, bodies=None)
    return Query(f"select distinct {source.matter} {tail} limit {int(limit)}", tuple(parameters))


def compile_metric(metric: Metric, asof: AsOf, *, by: str = "", bodies: tuple[int, ...] | None = None) -> tuple[Query, Query | None]:
    """Numerator and, for a share, denominator."""
    return (compile_count(metric.count, asof, at_end=metric.at_end, by=by, bodies=bodies),
            compile_count(metric.denominator, asof, at_end=metric.at_end, by=by, bodies=bodies) if metric.denominator else None)
