"""Who may do what one may not: a page that shows no form says whose work it is."""
from __future__ import annotations

from typing import Any

from django.db.models.expressions import RawSQL

from xieli.office.access.models import Grant
from xieli.office.matters.tables.core import Matter

MOST = 6  # names; more tell nobody whom to ask


def who_may(matter: Matter, act: str) -> list[Any]:
    """Persons, rooms and offices that may do this on the matter now, as the reader sees them; none on a closed matter."""
    from xieli.faces.web.views.matter import principal_names

    if matter.status != "open":
        return []
    now = RawSQL("access.now()", [])
    rows = Grant.objects.filter(matter=matter, revoked_at=None, starts_at__lte=now, ends_at__gt=now, acts__contains=[act]).order_by("starts_at", "id")
    names = principal_names({g.principal for g in rows})
    return [names[p] for p in dict.fromkeys(g.principal for g in rows) if p in names][:MOST]
