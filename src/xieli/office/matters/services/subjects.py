"""Whom a step concerns where a matter has several subjects: the person whom its forms name, never whoever happens to be first."""
from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from xieli.engines.playbooks.model import Playbook
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.tables.core import Matter, MatterSubject

_APART = re.compile(r"[、，,；;\s]+")


def named(matter: Matter, playbook: Playbook, forms: Mapping[str, Mapping[str, Any]]) -> list[MatterSubject]:
    """The subjects whose names stand in the person fields of the forms handed in; the only subject where there is one; else none."""
    subjects = list(matter.subjects.filter(role="subject").order_by("id"))
    if len(subjects) <= 1:
        return subjects
    written: set[str] = set()
    for code, data in forms.items():
        form = playbook.forms.get(code)
        for field in form.fields if form else ():
            if field.type == "person" and data.get(field.code):
                written.update(_APART.split(str(data[field.code]).strip()))
    return [s for s in subjects if s.name in written or str(s.id) in written or (s.person_id is not None and str(s.person_id) in written)]


def one_named(matter: Matter, playbook: Playbook, forms: Mapping[str, Mapping[str, Any]]) -> MatterSubject | None:
    """The one person whom a measure or a presence concerns. Raises Refused when of several subjects none or more than one is named; None without subjects."""
    found = named(matter, playbook, forms)
    if len(found) == 1:
        return found[0]
    if not found and not matter.subjects.filter(role="subject").exists():
        return None
    names = "、".join(s.name for s in (found or matter.subjects.filter(role="subject").order_by("id")))
    raise Refused("which_subject", f"事项有几名对象（{names}）：表单须写明是其中哪一名，前后各表须是同一人。",
                  f"The matter has several subjects ({names}): the forms must name which one, the same person in each of them.")


def first_of(found: Iterable[MatterSubject], matter: Matter) -> MatterSubject | None:
    """Whom a fact stands with: the first named, else the matter's first subject."""
    return next(iter(found), None) or matter.subjects.filter(role="subject").order_by("id").first()
