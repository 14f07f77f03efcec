"""A definition to SQL: a closed vocabulary of sources and columns, every value a parameter. Nothing reads the forms' JSON.

`as of` takes two dates: happened by (the period's end) and known by (None: as it is known now): a fact recorded later than
`known_by`, or retracted before it, does not count, so that a figure can be printed again to the digit.
"""
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from .model import Count, Metric, MetricError, Period, Where
from .sources import MATTER, SOURCES, SUBJECT, ZONE, Source, day_of, living

OPERATORS = ("is", "in", "not_in", "lt", "le", "gt", "ge", "has", "present", "absent")
AGGREGATES = {"row": "count(*)", "matter": "count(distinct {matter})", "subject": "count(distinct {subject})", "person": "count(distinct s.person_key)", "body": "count(distinct m.owner_body_id)", "ref": "count(distinct x.ref)",
              "text": "count(distinct x.text)", "sum": "coalesce(sum({value}), 0)", "mean": "avg({value})", "median": "percentile_cont(0.5) within group (order by {value})", "max": "max({value})"}
GROUPS = {"body": "{bodies}", "kind": "m.kind", "source": "m.source", "quarter": "date_trunc('quarter', {day})::date", "month": "date_trunc('month', {day})::date", "year": "date_trunc('year', {day})::date",
          "receiver": "x.receiver_id", "sender": "x.sender_id", "pair": "{pair}", "reason": "x.text", "text": "x.text", "number": "x.number", "code": "x.code", "move": "x.move", "state": "{state}",
          "close_kind": "m.close_kind", "unit": "x.ref", "model": "x.model", "status": "x.status", "row_kind": "x.kind", "office": "x.office_code", "body_kind": "x.body_kind"}
# two bodies in one cell: sender and receiver of a hand-over, lead and partner of a joint matter
PAIRS = {"handovers": "x.sender_id || ':' || x.receiver_id", "partners": "m.owner_body_id || ':' || x.body_id", "duties": "x.owed_by_id || ':' || x.owed_to_id"}
_INSTANT = re.compile(r"^\(\((x\.\w+)\) at time zone '[^']+'\)::date$")
_LIVING = re.compile(re.escape(living("@")).replace("@", r"(\w+)", 1).replace("@", r"\1"))
_KNOWN = re.compile(re.escape(day_of("@")).replace("@", r"(\w+\.\w+)") + r" (<=|>) :known\b(?!:)")
_MARK = re.compile(r":(last|known)\b(?!:)")


@dataclass(frozen=True)
class AsOf:
    """What happened in the period, as it was known on a day (None: as it is known now)."""

    period: Period
    known_by: date | None = None


@dataclass(frozen=True)
class Query:
    """SQL with ``%(name)s`` marks and its parameters."""

    sql: str
    parameters: Mapping[str, Any]


@dataclass
class _Build:
    """The parameters of one query as they are found; every value gets a name of its own."""

    asof: AsOf
    values: dict[str, Any] = field(default_factory=dict)

    def param(self, value: Any) -> str:
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f"%({name})s"

    def text(self, sql: str) -> str:
        """The marks ``:last`` and ``:known`` become parameters; a per cent sign stays one."""
        if self.asof.known_by is None:  # as known now: what was not taken back; a legal day per row is spared
            sql = _LIVING.sub(r"\1.retracted_at is null", sql)
            sql = _KNOWN.sub(lambda m: f"{m[1]} is not null" if m[2] == "<=" else "false", sql)
        else:  # an instant against the first instant after the day: the same answer without a legal day per row
            sql = _KNOWN.sub(lambda m: f"{m[1]} {'<' if m[2] == '<=' else '>='} ((:known + 1)::timestamp at time zone '{ZONE}')", sql)
        return _MARK.sub(lambda mark: f"%({mark[1]})s::date", sql.replace("%", "%%"))

    def done(self, sql: str) -> Query:
        return Query(sql, {**self.values, "last": self.asof.period.last, "known": self.asof.known_by or "infinity"})


def column_of(count: Count, name: str, where: str = "") -> str:
    """SQL of a column that a definition may name. Raises MetricError for any other."""
    source = SOURCES[count.source]
    found = source.columns.get(name) or (MATTER.get(name) if source.matter else None) or (SUBJECT.get(name) if source.subject and source.matter else None)
    if found is None:
        raise MetricError(where, 0, f"“{count.source}”没有“{name}”这一列", f"“{count.source}” has no column “{name}”")
    return found


def group_of(count: Count, by: str, where: str = "") -> str:
    """SQL of a grouping. Raises MetricError where the source has nothing of the sort."""
    source = SOURCES[count.source]
    if (by == "pair" and count.source not in PAIRS) or (not source.matter and by in ("kind", "source", "close_kind")):
        raise MetricError(where, 0, f"“{count.source}”不能按“{by}”分组", f"“{count.source}” cannot be grouped by “{by}”")
    return GROUPS[by].format(day=source.day, pair=PAIRS.get(count.source, ""), state=source.columns.get("state", "x.state"), bodies=source.bodies)


def _condition(count: Count, w: Where, build: _Build) -> str:
    column = build.text(column_of(count, w.column))
    if w.operator == "present":
        return f"{column} is not null"
    if w.operator == "absent":
        return f"{column} is null"
    if w.operator in ("in", "not_in"):
        return f"{column} {'<> all' if w.operator == 'not_in' else '= any'} ({build.param(list(w.values))})"
    value = build.param(w.values[0])
    if w.operator == "has":
        return f"{value} = any ({column})"
    return f"{column} {({'is': '=', 'lt': '<', 'le': '<=', 'gt': '>', 'ge': '>='})[w.operator]} {value}"


def _standing(source: Source, build: _Build) -> list[str]:
    """Known by the day, and not taken back before it."""
    conditions = []
    if build.asof.known_by is not None:
        conditions.append(build.text(f"{day_of(source.known)} <= :known"))
    if source.gone:
        conditions.append(f"{source.gone} is null" if build.asof.known_by is None else build.text(f"({source.gone} is null or {day_of(source.gone)} > :known)"))
    return conditions


def _from(count: Count, build: _Build, *, at_end: bool, bodies: tuple[int, ...] | None) -> str:
    source = SOURCES[count.source]
    sql = f"from {build.text(source.table)} x"
    if source.matter:
        sql += f" join matter m on m.id = {source.matter}"
    if count.of == "person" or any(w.column in SUBJECT for w in count.where):
        sql += f" join matter_subject s on s.id = {source.subject}"
    conditions = []
    if source.dated:
        instant = _INSTANT.match(source.day)
        first = "" if at_end else build.param(build.asof.period.first)
        if instant:  # days become instants once, in the bounds, never in the rows
            conditions.append(build.text(f"{instant[1]} < ((:last + 1)::timestamp at time zone '{ZONE}')"))
            conditions += [] if at_end else [f"{instant[1]} >= ({first}::date::timestamp at time zone '{ZONE}')"]
        else:
            conditions.append(build.text(f"{source.day} <= :last"))
            conditions += [] if at_end else [f"{build.text(source.day)} >= {first}"]
    conditions += _standing(source, build)
    if at_end and source.table == "matter":
        conditions.append(build.text(f"(x.closed_at is null or x.closed_at >= ((least(:last, :known) + 1)::timestamp at time zone '{ZONE}'))"))
    conditions += [_condition(count, w, build) for w in count.where]
    if bodies is not None:
        conditions.append(f"{source.bodies} = any ({build.param(list(bodies))})")
    for wanted, other in count.having:
        inner = SOURCES[other.source]
        clauses = [f"{inner.matter.replace('x.', 'y.')} = {source.matter}", *(c.replace("x.", "y.") for c in _standing(inner, build))]
        clauses += [_condition(other, w, build).replace("x.", "y.") for w in other.where]
        conditions.append(f"{'' if wanted else 'not '}exists (select 1 from {build.text(inner.table)} y where {' and '.join(clauses)})")
    return f"{sql} where {' and '.join(conditions) or 'true'}"


def _lean(sql: str, source: Source) -> str:
    """Without the join to the matter where nothing of the matter is asked: its row decides nothing then, and costs a whole scan."""
    join = f" join matter m on m.id = {source.matter}"
    bare = sql.replace(join, "", 1)
    return sql if re.search(r"\bm\.", bare) else bare


def compile_count(count: Count, asof: AsOf, *, at_end: bool = False, by: str = "", bodies: tuple[int, ...] | None = None) -> Query:
    """The number of a count, in the whole or for each group; one row (value) or rows (group, value)."""
    source, build = SOURCES[count.source], _Build(asof)
    tail = _from(count, build, at_end=at_end, bodies=bodies)
    value = column_of(count, count.value) if count.value else "1"
    aggregate = build.text(AGGREGATES[count.of].format(matter=source.matter, subject=source.subject or "x.id", value=value))
    if not by:
        return build.done(_lean(f"select {aggregate} {tail}", source))
    return build.done(_lean(f"select {build.text(group_of(count, by))} as g, {aggregate} {tail} group by 1 order by 1", source))


def compile_rows(count: Count, asof: AsOf, *, at_end: bool = False, limit: int = 500) -> Query:
    """What stands behind a count, for drill-down: the matters, or the labels of rows that stand on no matter."""
    source, build = SOURCES[count.source], _Build(asof)
    tail = _from(count, build, at_end=at_end, bodies=None)
    what = source.matter or source.label.partition(":")[2]
    return build.done(_lean(f"select distinct {what} {tail} limit {int(limit)}", source))


def compile_total(count: Count, asof: AsOf, *, at_end: bool = False) -> Query:
    """How many distinct things stand behind a count: matters, or rows that stand on none."""
    source, build = SOURCES[count.source], _Build(asof)
    tail = _from(count, build, at_end=at_end, bodies=None)
    return build.done(_lean(f"select count(distinct {source.matter or source.label.partition(':')[2]}) {tail}", source))


def compile_metric(metric: Metric, asof: AsOf, *, by: str = "", bodies: tuple[int, ...] | None = None) -> tuple[Query, Query | None]:
    """Numerator and, for a share, denominator."""
    return (compile_count(metric.count, asof, at_end=metric.at_end, by=by, bodies=bodies),
            compile_count(metric.denominator, asof, at_end=metric.at_end, by=by, bodies=bodies) if metric.denominator else None)
