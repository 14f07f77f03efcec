"""Finding a body by what people type: characters, full name of former days, initials in any reading; or walking down the tree."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

from django.db import connection
from django.db.models import Q

from xieli.engines.clocks.divisions import Divisions, load_divisions
from xieli.office.bodies.models import Body, BodyName

MOST = 30


@dataclass(frozen=True)
class Found:
    """One body, and why it was found: `name`, `initials`, `former` (with the former name) or `tree`."""

    body: Body
    why: str
    former: str = ""
    former_en: str = ""


def begins(table: str, column: str, letters: str) -> list[int]:
    """Identities whose initials, in any reading of their characters, begin with these letters; at most fifty."""
    if not letters.isalnum():
        return []
    with connection.cursor() as cursor:
        # table and column are ours; only the letters were typed
        cursor.execute(f"select {column} from {table} where exists (select 1 from unnest(initials) k where k like %s) limit 50", [letters + "%"])
        return [row[0] for row in cursor.fetchall()]


def find(typed: str) -> list[Found]:
    """Bodies in force for what was typed; a former name leads to the successor that is in force now."""
    typed = typed.strip()[:40]
    if not typed:
        return []
    letters = typed.lower() if typed.isascii() else ""
    by_name = Q(name_zh__contains=typed) | Q(short_zh__contains=typed) | (Q(name_en__icontains=typed) if letters else Q())
    found = {b.id: Found(b, "name") for b in Body.objects.filter(by_name, valid_to=None).select_related("parent").order_by("sort_key")[:MOST]}
    if letters:
        for body in Body.objects.filter(id__in=begins("body", "id", letters), valid_to=None).select_related("parent").order_by("sort_key"):
            found.setdefault(body.id, Found(body, "initials"))
    former = Q(name_zh__contains=typed) | (Q(name_en__icontains=typed) | Q(body_id__in=begins("body_name", "body_id", letters)) if letters else Q())
    for name in BodyName.objects.filter(former).select_related("body__parent", "body__successor__parent")[:MOST]:
        _former(found, name.body, name.name_zh, name.name_en)
    for body in Body.objects.filter(by_name | Q(id__in=begins("body", "id", letters)) if letters else by_name).exclude(valid_to=None).select_related("successor__parent")[:MOST]:
        _former(found, body, body.name_zh, body.name_en)
    # those who handle matters first: they are what is looked for most
    return sorted(found.values(), key=lambda f: (f.body.kind != "commission", f.why != "name", f.body.sort_key))[:MOST]


def _former(found: dict[int, Found], body: Body, zh: str, en: str) -> None:
    """A name of former days: the body that carries on, over at most eight mergers."""
    for _step in range(8):
        if body.valid_to is None or body.successor is None:
            break
        body = body.successor
    if body.valid_to is None and zh != body.name_zh:
        found.setdefault(body.id, Found(body, "former", zh, en))


def under(parent: int | None) -> list[Found]:
    """The bodies directly below one, or those at the top, in their order."""
    return [Found(b, "tree") for b in Body.objects.filter(parent_id=parent, valid_to=None).select_related("parent").order_by("kind", "sort_key")[:200]]


@cache
def _divisions() -> Divisions:
    return load_divisions()


def seated_in(code: str, day: date) -> list[Body]:
    """County-level commissions of a division on a day. A code that had ended by then leads to the divisions it became (the merger of 2025)."""
    codes = [row.code for row in _divisions().became(code, day)] or [code]
    there = Body.objects.filter(kind="commission", rank="county", division_code__in=codes, valid_from__lte=day).filter(Q(valid_to=None) | Q(valid_to__gt=day))
    return sorted(there, key=lambda body: codes.index(body.division_code))
