"""Playbook forms as plain HTML: one field per line, the published type decides the control; nothing here knows a rule."""
from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from xieli.engines.playbooks.model import Form, FormField
from xieli.office.bodies.models import Body

ROWS = 5  # empty rows offered for a table field; more appear after each save


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


def controls(form: Form, data: dict[str, Any], errors: dict[str, str] | None = None) -> list[Control]:
    """The form's controls, filled with what was typed or drafted before."""
    return [_control(f, f.code, data.get(f.code, ""), (errors or {}).get(f.code, "")) for f in form.fields if f.type != "computed"]


def _control(f: FormField, name: str, value: Any, error: str = "") -> Control:
    made = Control(f, name, value, error)
    if f.type in ("choice", "choices"):
        made.options = [(o.code, o.label) for o in f.options]
    if f.type == "body":
        made.options = [(str(b.id), b) for b in Body.objects.filter(valid_to=None).order_by("sort_key")]
    if f.type == "table":
        given = value if isinstance(value, list) else []
        made.columns = list(f.columns)
        for i, row in enumerate([*given, *({} for _ in range(max(1, ROWS - len(given))))]):
            made.rows.append([_control(c, f"{name}.{i}.{c.code}", row.get(c.code, "")) for c in f.columns])
    return made


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
            from decimal import Decimal

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
