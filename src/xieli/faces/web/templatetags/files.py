"""The files part of a matter's page."""
from __future__ import annotations

from typing import Any

from django import template

from xieli.office.files.models import StoredFile
from xieli.office.matters.tables.core import Matter

register = template.Library()


@register.inclusion_tag("web/parts/files_card.html")
def files_card(matter: Matter) -> dict[str, Any]:
    """The newest files and how many there are."""
    rows = list(StoredFile.objects.filter(matter=matter).order_by("-received_at", "-id"))
    return {"matter": matter, "files": rows[:6], "count": len(rows)}
