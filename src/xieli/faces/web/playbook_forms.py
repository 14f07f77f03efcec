"""Playbook forms as plain HTML: one field per line, the published type decides the control; nothing here knows a rule."""
from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict

from xieli.engines.playbooks.model import Form, FormField
from xieli.faces.web.templatetags.xieli import english, named
from xieli.office.bodies.models import Body
from xieli.office.ids import to_ref
from xieli.office.matters.models import Matter
from xieli.office.matters.services import known
from xieli.office.people.models import Person, Posting

ROWS = 5  # empty rows offered for a table field, below the filled ones; fewer where a row is a card of its own
BESIDE = 6  # columns that can be read beside each other
SEEN = 20  # rows that can be seen on one page
MORE = 10  # empty rows added when somebody asks for more
ZONE = ZoneInfo("Asia/Shanghai")  # a form's times are the calendar's


@dataclass
class Control:
    """One control as the template draws it."""

    field: FormField
    name: str
    value: Any = ""
    error: str = ""
    options: list[tuple[str, Any]] = field(default_factory=list)
    columns: list[FormField] = field(default_factory=list)
    rows: list[list[Control]] = field(default_factory=list)
    officer: bool = False
    matter: Matter | None = None  # what a field that names a matter names now

    @property
    def cards(self) -> bool:
        """A few rows of many columns are read one below the other, each with its labels."""
        return len(self.columns) > BESIDE and not self.tall

    @property
    def tall(self) -> bool:
        """A long table scrolls within the page, so that its heads and the buttons stay in reach."""
        return len(self.rows) > SEEN


@dataclass
class _Shelf:
    """What the controls of one form share: the list of bodies, read once, and the names of officers by identity."""

    form: str
    bodies: list[tuple[str, Any]]
    officers: dict[str, str]
    more: str  # the table for which more rows were asked
    titles: bool  # the matters that fields name are shown by their titles


def controls(form: Form, data: dict[str, Any], errors: dict[str, str] | None = None, *, more: str = "", titles: bool = False) -> list[Control]:
    """The form's controls, filled with what was typed or drafted before; `more` names a table for which more empty rows are wanted.

    With `titles` a field that names a matter shows its title; the caller records that look (`matters_in`).
    """
    wants_bodies = any(c.type == "body" for f in form.fields for c in (f, *f.columns))
    shelf = _Shelf(form.code, [(str(b.id), b) for b in Body.objects.filter(valid_to=None).order_by("sort_key")] if wants_bodies else [], officers(set(known.officers_in(form, data))), more, titles)
    return [_control(shelf, f, f.code, data.get(f.code, ""), (errors or {}).get(f.code, "")) for f in form.fields if f.type != "computed"]


def heading(kind: Any, label: Any) -> str:
    """The title of a page about one form or act of a kind: a bare “proposal” says nothing, so the kind stands before it."""
    whose, what = named(kind), named(label)
    if whose.casefold() in what.casefold():
        return what
    return f"{whose}: {what}" if english() else f"{whose} · {what}"


def matters_in(made: list[Control]) -> list[int]:
    """The matters whose titles these controls show, for the record of looks."""
    return [c.matter.id for c in made if c.matter is not None]


def officers(ids: set[int]) -> dict[str, str]:
    """The words by which a form names an officer: his name and where he serves now."""
    if not ids:
        return {}
    places: dict[int, str] = {}
    for row in Posting.objects.filter(person_id__in=ids, ends_at=None).exclude(confirmed_by=None).select_related("body", "room").order_by("id"):
        places.setdefault(row.person_id, named(row.room or row.body))
    return {str(p.id): f"{named(p)} {known.APART} {places[p.id]}" if p.id in places else named(p) for p in Person.objects.filter(id__in=ids).only("id", "name", "name_en")}


def _control(shelf: _Shelf, f: FormField, name: str, value: Any, error: str = "") -> Control:
    made = Control(f, name, _shown(f, value), error)
    if f.type in ("choice", "choices"):
        made.options = [(o.code, o.label) for o in f.options]
    if f.type == "body":
        made.options = shelf.bodies
    if known.names_officer(shelf.form, f):
        made.officer, made.value = True, shelf.officers.get(str(value), value)
    if shelf.titles and f.type == "matter" and str(value).isdecimal():
        made.matter = Matter.objects.filter(pk=int(value)).first()
    if f.type == "table":
        given = value if isinstance(value, list) else []
        made.columns = list(f.columns)
        for i, row in enumerate([*given, *({} for _ in range(MORE if shelf.more == f.code else max(2, (ROWS if len(f.columns) <= BESIDE else 2) - len(given))))]):
            made.rows.append([_control(shelf, c, f"{name}.{i}.{c.code}", row.get(c.code, "")) for c in f.columns])
    return made


def _shown(f: FormField, value: Any) -> Any:
    """A kept value as its control takes it: money in yuan as it was typed, an instant as local time. What could not be read stays as it was typed."""
    if f.type == "money" and isinstance(value, int):
        return f"{Decimal(value) / 100:.2f}".removesuffix(".00")
    if f.type == "datetime" and value:
        with contextlib.suppress(ValueError):
            return datetime.fromisoformat(str(value)).astimezone(ZONE).strftime("%Y-%m-%dT%H:%M")
    if f.type == "matter" and isinstance(value, str) and value.isdecimal():
        return f"/m/{to_ref(int(value))}"
    return value


def read(form: Form, posted: QueryDict) -> dict[str, Any]:
    """What was posted, as the engine's types. What cannot be read stays text: the engine's refusal says why."""
    data: dict[str, Any] = {}
    for f in form.fields:
        if f.type == "computed":
            continue
        if f.type == "table":
            data[f.code] = _table(f, posted)
        elif f.type == "choices":
            data[f.code] = posted.getlist(f.code)
        else:
            value = _value(f, posted.get(f.code, ""))
            if value != "":
                data[f.code] = value
    return {k: v for k, v in data.items() if v not in ("", [], None)}


def _value(f: FormField, text: str) -> Any:
    text = text.strip()
    if text == "":
        return ""
    if f.type == "boolean":
        return text == "true"
    if f.type == "integer":
        with contextlib.suppress(ValueError):
            return int(text)
    if f.type == "money":
        with contextlib.suppress(ArithmeticError, ValueError):
            return int((Decimal(text.replace(",", "")) * 100).to_integral_value())
    if f.type == "datetime" and len(text) == 16:
        return text + ":00+08:00"
    return text


def _table(f: FormField, posted: QueryDict) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for i in range(500):
        prefix = f"{f.code}.{i}."
        if not any(key.startswith(prefix) for key in posted):
            break
        row = {c.code: _value(c, posted.get(prefix + c.code, "")) for c in f.columns}
        row = {k: v for k, v in row.items() if v != ""}
        if row and any(v not in ("", False) for v in row.values()):
            rows.append(row)
    return rows


def posted(draft: dict[str, Any]) -> QueryDict:
    """A kept draft as if it had been posted."""
    found = QueryDict(mutable=True)
    for key, value in draft.items():
        found.setlist(key, value if isinstance(value, list) else [str(value)])
    return found
