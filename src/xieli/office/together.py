"""Many questions in one statement: rows of several querysets (and of definer functions) in one round trip.

    found = together(clocks=Clock.objects.filter(matter=m), parent=Rows("select * from access.parent_of(%s)", [m.id]))
    found["clocks"]  # the same instances that list(queryset) gives, select_related included

Each queryset is the SQL that Django would send, a sub-select of one statement; row policies hold inside as they hold outside.
A page that shows twenty small tables then costs one plan and one answer, not twenty. Not for large results: the answer is one
JSON value. Prefetches are refused, a queryset of its own says the same.

What every step and every page asks is `prepared`: Django writes its SQL once in a process, each call only brings its values.

    @prepared
    def clocks_of(matter): return Clock.objects.filter(matter=matter)
    together(clocks=clocks_of(matter=m.id))

The text of a prepared question depends on the source alone, never on a value, a person or a playbook; so nothing makes it stale.
A statement that holds nothing but such questions is planned once for a connection, too (docs/decisions/kernel-plans-kept.md).
"""
from __future__ import annotations

import hashlib
import inspect
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.query import FlatValuesListIterable, ModelIterable, ValuesListIterable, get_related_populators


@dataclass(frozen=True)
class Rows:
    """Plain SQL whose rows come back as dictionaries of JSON values; write the SQL in the source, never from input."""

    sql: str
    params: Sequence[object] = ()


Reader = Callable[[list[dict[str, Any]]], list[Any]]


@dataclass(frozen=True)
class Place:
    """Where a value goes in a prepared question."""

    name: str


@dataclass(frozen=True)
class Asked:
    """A prepared question with its values: ready to be sent, nothing left to be written."""

    sql: str
    params: Sequence[object]
    reader: Reader
    plain: Callable[[], QuerySet[Any]]  # the same question as a queryset of its own


class Prepared:
    """A question whose SQL is written at its first use; see `prepared`."""

    def __init__(self, write: Callable[..., QuerySet[Any]]) -> None:
        self.write = write
        self.names = frozenset(inspect.signature(write).parameters)
        self._written: tuple[str, tuple[object, ...], Reader] | None = None

    def __call__(self, **values: object) -> Asked:
        """The question with these values. Raises TypeError when one is missing or not asked for, ValueError for NULL: no row equals it."""
        if values.keys() != self.names:
            raise TypeError(f"{self.write.__qualname__} asks for {sorted(self.names)}, not {sorted(values)}")
        if any(value is None for value in values.values()):
            raise ValueError(f"{self.write.__qualname__}: a value is missing")
        if self._written is None:
            self._written = _compiled(self.write(**{name: RawSQL("%s", [Place(name)]) for name in self.names}))
        sql, params, reader = self._written
        return Asked(sql, [values[p.name] if isinstance(p, Place) else p for p in params], reader, lambda: self.write(**{name: RawSQL("%s", [value]) for name, value in values.items()}))


def prepared(write: Callable[..., QuerySet[Any]]) -> Prepared:
    """Let Django write this queryset's SQL once: the function's arguments stand for values of columns, or go through `among`."""
    return Prepared(write)


def among(column: str, values: RawSQL) -> RawSQL:
    """`column__in` for a prepared question; the column is written in the source with its table, never from input."""
    return RawSQL(f"{column} = any (%s)", values.params, output_field=BooleanField())


Question = QuerySet[Any] | Rows | Asked


def together(**asked: Question) -> dict[str, list[Any]]:
    """The rows of each, by name. Raises TypeError for a queryset with prefetches, slices of values() or odd iterables."""
    parts: list[str] = []
    params: list[object] = []
    lasting = all(isinstance(question, Asked | Rows) for question in asked.values())
    readers: list[tuple[str, Reader]] = []
    found: dict[str, list[Any]] = {}
    for name, question in asked.items():
        if isinstance(question, Rows):
            sql, given, reader = question.sql, tuple(question.params), list
        elif isinstance(question, Asked):
            sql, given, reader = question.sql, tuple(question.params), question.reader
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
        row = _answer("select " + ", ".join(parts), params, lasting)
        for (name, reader), value in zip(readers, row, strict=True):
            found[name] = reader(json.loads(value) if isinstance(value, str) else value)
    return found


#: statements that a connection keeps the plan of, by connection; it forgets them when it closes
_kept: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
MOST_KEPT = 64  # plans of a connection, about 1 MB of the server's memory each at the most


def _answer(sql: str, params: list[object], lasting: bool) -> Any:
    with connection.cursor() as cursor:
        if lasting and settings.KEEP_PLANS and (name := _kept_as(sql)):
            cursor.execute(f"execute {name}" + (f" ({', '.join(['%s'] * len(params))})" if params else ""), params)
        else:
            cursor.execute(sql, params)
        return cursor.fetchone()


def _kept_as(sql: str) -> str:
    """The name under which this connection keeps the statement, made at its first use; empty when it keeps enough."""
    known = _kept.setdefault(connection.connection, set())
    name = f"together_{hashlib.sha256(sql.encode()).hexdigest()[:16]}"
    if name not in known:
        if len(known) >= MOST_KEPT:
            return ""
        number = count(1)
        connection.connection.execute(f"prepare {name} as " + re.sub("%[s%]", lambda found: f"${next(number)}" if found[0] == "%s" else "%", sql))
        known.add(name)
    return name


def _compiled(question: QuerySet[Any]) -> tuple[str, tuple[object, ...], Reader]:
    if question._prefetch_related_lookups or question._iterable_class not in (ModelIterable, ValuesListIterable, FlatValuesListIterable):  # type: ignore[attr-defined]
        raise TypeError(f"together() cannot read {question.model.__name__} this way")
    compiler = question.query.get_compiler(connection=connection)
    sql, given = compiler.as_sql(with_col_aliases=True)
    unnamed = count(1)  # Django numbers the columns that have no alias of their own
    columns = [(decoder(_field(expression)), alias or f"col{next(unnamed)}") for expression, _sql, alias in compiler.select]
    whole = _instances(compiler) if question._iterable_class is ModelIterable else None  # type: ignore[attr-defined]
    flat = question._iterable_class is FlatValuesListIterable  # type: ignore[attr-defined]

    def reader(values: list[dict[str, Any]]) -> list[Any]:
        rows = [[value[name] if decode is None or value[name] is None else decode(value[name]) for decode, name in columns] for value in values]
        if whole is not None:
            return whole(rows)
        return [row[0] for row in rows] if flat else [tuple(row) for row in rows]

    return sql, tuple(given), reader


def _instances(compiler: Any) -> Callable[[list[list[Any]]], list[Any]]:
    """Model instances as Django's own ModelIterable builds them (django 5.2, django/db/models/query.py)."""
    info = compiler.klass_info
    begin, end = info["select_fields"][0], info["select_fields"][-1] + 1
    model, names = info["model"], [f[0].target.attname for f in compiler.select[begin:end]]
    populators = get_related_populators(info, compiler.select, connection.alias)

    def make(rows: list[list[Any]]) -> list[Any]:
        made = []
        for row in rows:
            one = model.from_db(connection.alias, names, row[begin:end])
            for populator in populators:
                populator.populate(row, one)
            made.append(one)
        return made

    return make


def _field(expression: Any) -> models.Field[Any, Any]:
    found: models.Field[Any, Any] = getattr(expression, "target", None) or expression.output_field
    return found


def decoder(field: Any) -> Callable[[Any], Any] | None:
    """How a JSON value becomes what Django would give for this field; None: as it is. Raises TypeError for a type that is not known here."""
    if isinstance(field, models.ForeignKey):
        return decoder(field.target_field)
    if hasattr(field, "base_field"):
        inner = decoder(field.base_field)
        return None if inner is None else lambda value: [None if v is None else inner(v) for v in value]
    if isinstance(field, models.JSONField):
        if field.decoder is not None:
            raise TypeError(f"together() does not know how {field} reads its JSON")
        return None
    if hasattr(field, "from_db_value"):  # a conversion of the field's own, which nobody made here
        raise TypeError(f"together() does not know {type(field).__name__}")
    if isinstance(field, models.DateTimeField):
        return datetime.fromisoformat
    if isinstance(field, models.DateField):
        return date.fromisoformat
    if isinstance(field, models.BinaryField):
        return lambda value: bytes.fromhex(value[2:])
    if isinstance(field, models.DecimalField):
        return lambda value: Decimal(str(value))
    if isinstance(field, models.CharField | models.TextField | models.BooleanField | models.IntegerField | models.FloatField):
        return None
    raise TypeError(f"together() does not know {type(field).__name__}")
