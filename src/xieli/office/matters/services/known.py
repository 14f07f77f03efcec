"""Persons and matters that a form names: typed by name or address, kept as the identity on which facts, roles and postings stand.

A person field means one of two things. A subject is written as his name stands in the papers. An officer (who leads a topic, who
came to a course, who is to read a package) is somebody of the platform: his name is looked up, and a name that finds nobody, or
more than one, is refused instead of being kept as a word on which nothing stands.
"""
from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from django.db.models import Q

from xieli.engines.playbooks.model import Form, FormField
from xieli.office.ids import from_ref
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.tables.core import Matter
from xieli.office.people.models import Person, Posting

# officers whose field projects no fact: the named reader of a package, who is told face to face, a keeper, a judge, whose recusal is decided
_OFFICERS = frozenset({("target", "reader"), ("request", "reader"), ("briefing", "told_to"), ("plan", "keeper"), ("plan", "judge"), ("scores", "judge"), ("raise", "who"), ("candidate", "person")})
APART = "·"


def names_officer(form: str, field: FormField) -> bool:
    """Whether a person field of this form means somebody of the platform, not a subject by his name."""
    return field.type == "person" and (bool(field.fact) or (form, field.code) in _OFFICERS)


def identities(form: Form, values: dict[str, Any]) -> dict[str, Any]:
    """The values with officers and matters as identities. Raises Refused naming what was not found, or whose name several bear."""
    found = dict(values)
    for field in form.fields:
        if field.type == "table":
            if isinstance(found.get(field.code), list):
                found[field.code] = [_row(form.code, field, row, n) for n, row in enumerate(found[field.code], 1)]
        elif found.get(field.code):
            found[field.code] = _identity(form.code, field, found[field.code], field.label.zh, field.label.en)
    return found


def _row(form: str, table: FormField, row: dict[str, Any], n: int) -> dict[str, Any]:
    return row | {c.code: _identity(form, c, row[c.code], f"{table.label.zh}”第 {n} 行“{c.label.zh}", f"{table.label.en}” row {n} “{c.label.en}") for c in table.columns if row.get(c.code)}


def _identity(form: str, field: FormField, value: Any, zh: str, en: str) -> Any:
    if not isinstance(value, str) or value.isdecimal():
        return value
    if names_officer(form, field):
        return officer(value.strip(), zh, en)
    return _matter(value.strip(), zh, en) if field.type == "matter" else value


def officer(typed: str, zh: str, en: str) -> str:
    """The identity of whom a name, or a name and a place (“王某 · 某室”), means; `zh` and `en` say where it was typed. Raises Refused for nobody and for several."""
    name, _, where = (part.strip() for part in typed.partition(APART))
    people = list(Person.objects.filter(Q(name=name) | Q(name_en__iexact=name), active=True).only("id", "name", "name_en").order_by("id")) if name else []
    places = _places([p.id for p in people])
    if where:
        people = [p for p in people if where in places.get(p.id, ())]
    if not people:
        raise Refused("no_such_person", f"“{zh}”：没有找到“{typed}”。请写全名；平台上没有的人先登记。没有保存。", f"“{en}”: nobody called “{typed}” was found. Write the full name; who is not on the platform is registered first. Nothing was kept.")
    if len(people) > 1:
        told = "、".join(f"{p.name} {APART} {next(iter(places.get(p.id, ())), '')}" for p in people)
        raise Refused("same_name", f"“{zh}”：叫“{name}”的不止一人，请连单位一起写：{told}。没有保存。", f"“{en}”: more than one person is called “{name}”; write the unit as well: {told}. Nothing was kept.")
    return str(people[0].id)


def _places(people: list[int]) -> dict[int, tuple[str, ...]]:
    """Where each serves now, in every name that the place has; the room first, as pickers show it."""
    found: dict[int, tuple[str, ...]] = {}
    for row in Posting.objects.filter(person_id__in=people, ends_at=None).exclude(confirmed_by=None).select_related("body", "room"):
        words = [w for place in (row.room, row.body) if place is not None for w in (place.name_zh, place.name_en, getattr(place, "short_zh", ""), getattr(place, "short_en", "")) if w]
        found[row.person_id] = (*found.get(row.person_id, ()), *words)
    return found


def _matter(typed: str, zh: str, en: str) -> str:
    """A matter by the address of its page, or by its title; one that the actor does not see does not exist."""
    with contextlib.suppress(ValueError):
        identity = from_ref(_address(typed))
        if Matter.objects.filter(pk=identity).exists():
            return str(identity)
    same = list(Matter.objects.filter(title=typed).values_list("id", flat=True)[:2])
    if len(same) != 1:
        raise Refused("no_such_matter", f"“{zh}”：没有找到“{typed}”。请粘贴该事项页的网址，或写它的完整标题。没有保存。", f"“{en}”: “{typed}” was not found. Paste the address of that matter's page, or write its whole title. Nothing was kept.")
    return str(same[0])


def _address(typed: str) -> str:
    """The reference in the address of a matter's page, or what was typed."""
    _, found, rest = typed.partition("/m/")
    return rest.split("/")[0].split("?")[0].split("#")[0] if found else typed


def officers_in(form: Form, values: dict[str, Any]) -> Iterator[int]:
    """Identities that stand in the form's officer fields, for showing their names."""
    for field in form.fields:
        rows = values.get(field.code)
        for column, row in [(c, r) for c in field.columns for r in rows] if field.type == "table" and isinstance(rows, list) else [(field, values)]:
            value = row.get(column.code)
            if names_officer(form.code, column) and isinstance(value, str) and value.isdecimal():
                yield int(value)
