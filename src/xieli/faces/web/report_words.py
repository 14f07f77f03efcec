"""Words for the cells of reports: names of bodies and pairs, options of forms, kinds of matters."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from xieli.content.playbooks import sources
from xieli.engines.metrics import Count, Figure
from xieli.engines.needtoknow import KINDS
from xieli.engines.playbooks import load_all
from xieli.engines.playbooks.model import FormField, Playbook
from xieli.faces.web.templatetags.xieli import english, named
from xieli.office.bodies.models import Body, BodyKind
from xieli.office.desk.queries import model_names
from xieli.office.people.models import Posting

Words = dict[str, tuple[str, str]]


def _fields(playbook: Playbook) -> Iterator[FormField]:
    """Every field of its forms, those of tables too."""
    for form in playbook.forms.values():
        for field in form.fields:
            yield from (field, *field.columns)


def _choices(fields: Iterable[FormField]) -> Words:
    found: Words = {}
    for field in fields:
        for option in field.options:
            found.setdefault(option.code, (option.label.zh, option.label.en))
    return found


def _asked(count: Count, *columns: str) -> set[str]:
    """The values that a definition asks for in these columns; empty when it asks for all."""
    return {str(v) for w in count.where if w.column in columns and w.operator in ("is", "in") for v in w.values}


@lru_cache(maxsize=256)
def vocabulary(count: Count, by: str) -> Words:
    """What the codes of a figure's groups mean: one code is a word of audits in one kind of matter and of leads in another,
    so the figure's own kind of matter and its own field say which."""
    playbooks = load_all(sources())
    own = [p for code, p in playbooks.items() if code in _asked(count, "kind", "matter.kind")] or list(playbooks.values())
    if by == "kind":
        return {p.code: (p.label.zh, p.label.en) for p in playbooks.values()}
    if by == "body_kind":
        return {code: (str(zh), code.replace("_", " ")) for code, zh in BodyKind.choices}
    if by == "source":
        return _choices(f for p in own for f in _fields(p) if f.code == "source" and f.fact is not None)
    if by == "row_kind" and count.source == "grants":
        return {code: (kind.zh, kind.en) for code, kind in KINDS.items()}
    if by == "row_kind" and count.source == "outcomes":
        return {code: (o.label.zh, o.label.en) for p in reversed(own) for code, o in p.outcomes.items()}
    if by in ("reason", "text") and count.source == "facts":
        codes = _asked(count, "code")
        return _choices(f for p in playbooks.values() for f in _fields(p) if f.fact is not None and f.fact.code in codes)
    if by == "model":
        return {code: (title["zh"], title["en"]) for code, title in model_names().items()}
    return {}


def names(figures: Iterable[Figure], by: Mapping[str, str]) -> dict[str, dict[Any, str]]:
    """By figure: what stands in front of each group's number: a body, two bodies, an option, a month. `by` says how a figure is grouped."""
    figures = [f for f in figures if f.groups]
    keys = {g for f in figures for g in f.groups}
    numbers = {g for g in keys if isinstance(g, int)} | {int(p) for g in keys if isinstance(g, str) and ":" in g for p in g.split(":") if p.isdecimal()}
    bodies = {b.id: str(named(b)) for b in Body.objects.filter(id__in=numbers)}
    return {f.metric.code: {g: _word(g, vocabulary(f.metric.count, by.get(f.metric.code, "")), bodies) for g in f.groups} for f in figures}


def _word(group: Any, words: Words, bodies: Mapping[int, str]) -> str:
    if group is None or group == "":
        return "not stated" if english() else "未写明"
    if isinstance(group, int):
        return bodies.get(group, str(group))
    if isinstance(group, date):
        return group.isoformat()[:7]
    if ":" in str(group) and all(p.isdecimal() for p in group.split(":")):
        return " × ".join(bodies.get(int(p), p) for p in group.split(":"))
    return words[group][1 if english() else 0] if group in words else str(group)


def people(behind: Any) -> list[tuple[str, list[str]]]:
    """The persons behind a figure under the body where they serve now, for names repeat. Empty when the rows are no persons."""
    if behind is None or behind.what != "person":
        return []
    at: dict[int, Body] = {}
    for row in Posting.objects.filter(person_id__in=[p.id for p in behind.things], ends_at=None).exclude(confirmed_by=None).select_related("body").order_by("id"):
        at.setdefault(row.person_id, row.body)
    found: dict[int, list[str]] = {}
    for person in behind.things:
        found.setdefault(at[person.id].id if person.id in at else 0, []).append(named(person))
    bodies = {b.id: b for b in at.values()}
    return [(named(bodies[b]) if b else _("现无任职"), found[b]) for b in sorted(found, key=lambda b: (b == 0, bodies[b].sort_key if b else ""))]
