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


def given_to(matter: Matter, forms: Mapping[str, Mapping[str, Any]], field: str, all_named: list[MatterSubject]) -> list[MatterSubject]:
    """Who is given what a field (`form.choice`) stands for: in a case of several persons the rows of the form's table `persons` say it one by one.

    Without rows the field is for everybody named, and for nobody while it is empty. Raises Refused when the rows name somebody who is no
    subject, or leave one of the subjects out: what becomes of each must be said.
    """
    form, _, code = field.partition(".")
    data = forms.get(form, {})
    rows = data.get("persons") or []
    if not rows:
        return all_named if data.get(code) else []
    subjects = {s.name: s for s in matter.subjects.filter(role="subject").order_by("id")} | {str(s.id): s for s in matter.subjects.filter(role="subject")}
    listed = [(subjects.get(str(row["subject"]).strip()), row) for row in rows]
    missing = {s.id: s for s in subjects.values()}
    for subject, _row in listed:
        if subject is not None:
            missing.pop(subject.id, None)
    if missing or any(subject is None for subject, _row in listed):
        names = "、".join(s.name for s in missing.values()) or "、".join(str(row["subject"]) for subject, row in listed if subject is None)
        raise Refused("each_person", f"逐人处分须写全每名对象，一人一行，且只写本案对象：{names}。没有作出决定。", f"The sanctions must name every subject of the case, a line each, and nobody else: {names}. Nothing was decided.")
    return [subject for subject, row in listed if subject is not None and row.get(code)]
