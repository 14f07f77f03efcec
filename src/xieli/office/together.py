"""Many questions in one statement: rows of several querysets (and of definer functions) in one round trip.

    found = together(clocks=Clock.objects.filter(matter=m), parent=Rows("select * from access.parent_of(%s)", [m.id]))
    found["clocks"]  # the same instances that list(queryset) gives, select_related included

Each queryset is the SQL that Django would send, a sub-select of one statement; row policies hold inside as they hold outside.
A page that shows twenty small tables then costs one plan and one answer, not twenty. Not for large results: the answer is one
JSON value. Prefetches are refused, a queryset of its own says the same.
"""
from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import QuerySet
from django.db.models.query import FlatValuesListIterable, ModelIterable, ValuesListIterable, get_related_populators


@dataclass(frozen=True)
class Rows:
    """Plain SQL whose rows come back as dictionaries of JSON values; write the SQL in the source, never from input."""

    sql: str
    params: Sequence[object] = ()


def together(**asked: QuerySet[Any] | Rows) -> dict[str, list[Any]]:
    """The rows of each, by name. Raises TypeError for a queryset with prefetches, slices of values() or odd iterables."""
    parts: list[str] = []
    params: list[object] = []
    readers: list[tuple[str, Callable[[list[dict[str, Any]]], list[Any]]]] = []
    found: dict[str, list[Any]] = {}
    for name, question in asked.items():
        if isinstance(question, Rows):
            sql, given, reader = question.sql, tuple(question.params), list
        else:
            try:
                sql, given, reader = _compiled(question)
            except EmptyResultSet:
                found[name] = []
                continue
        parts.append(f"(select coalesce(json_agg(row_to_json(of_this)), '[]') from ({sql}) of_this)")
        params += given
        readers.append((name, reader))
    if parts:
        with connection.cursor() as cursor:
            cursor.execute("select " + ", ".join(parts), params)
            row = cursor.fetchone()
        for (name, reader), value in zip(readers, row, strict=True):
            found[name] = reader(json.loads(value) if isinstance(value, str) else value)
    return found


def _compiled(question: QuerySet[Any]) -> tuple[str, tuple[object, ...], Callable[[list[dict[str, Any]]], list[Any]]]:
    if question._prefetch_related_lookups or question._iterable_class not in (ModelIterable, ValuesListIterable, FlatValuesListIterable):  # type: ignore[attr-defined]
        raise TypeError(f"together() cannot read {question.model.__name__} this way")
    compiler = question.query.get_compiler(connection=connection)
    sql, given = compiler.as_sql(with_col_aliases=True)

    def reader(values: list[dict[str, Any]]) -> list[Any]:
        unnamed = count(1)  # Django numbers the columns that have no alias of their own
        fields = [(_field(expression), alias or f"col{next(unnamed)}") for expression, _sql, alias in compiler.select]
        rows = [[from_json(field, value[name]) for field, name in fields] for value in values]
        answers = compiler.results_iter([rows])
        if question._iterable_class is FlatValuesListIterable:  # type: ignore[attr-defined]
            return [row[0] for row in answers]
        if question._iterable_class is ValuesListIterable:  # type: ignore[attr-defined]
            return [tuple(row) for row in answers]
        return _instances(compiler, answers)

    return sql, tuple(given), reader


def _instances(compiler: Any, answers: Any) -> list[Any]:
    """Model instances as Django's own ModelIterable builds them (django 5.2, django/db/models/query.py)."""
    info = compiler.klass_info
    begin, end = info["select_fields"][0], info["select_fields"][-1] + 1
    names = [f[0].target.attname for f in compiler.select[begin:end]]
    populators = get_related_populators(info, compiler.select, connection.alias)
    made = []
    for row in answers:
        one = info["model"].from_db(connection.alias, names, row[begin:end])
        for populator in populators:
            populator.populate(row, one)
        made.append(one)
    return made


def _field(expression: Any) -> models.Field[Any, Any]:
    found: models.Field[Any, Any] = getattr(expression, "target", None) or expression.output_field
    return found


def from_json(field: models.Field[Any, Any], value: Any) -> Any:
    """A JSON value as the driver would have given it for this field. Raises TypeError for a type that is not known here."""
    if value is None:
        return None
    if isinstance(field, models.ForeignKey):
        return from_json(field.target_field, value)
    if hasattr(field, "base_field"):
        return [from_json(field.base_field, v) for v in value]
    if isinstance(field, models.DateTimeField):
        return datetime.fromisoformat(value)
    if isinstance(field, models.DateField):
        return date.fromisoformat(value)
    if isinstance(field, models.JSONField):
        return json.dumps(value)  # Django's own converter loads it again
    if isinstance(field, models.BinaryField):
        return bytes.fromhex(value[2:])
    if isinstance(field, models.DecimalField):
        return Decimal(str(value))
    if isinstance(field, models.CharField | models.TextField | models.BooleanField | models.IntegerField | models.FloatField):
        return value
    raise TypeError(f"together() does not know {type(field).__name__}")
