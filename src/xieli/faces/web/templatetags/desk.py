"""What a lead that came of a matching hit carries on its page."""
from __future__ import annotations

import re
from typing import Any

from django import template

from xieli.faces.web.templatetags.xieli import english
from xieli.office.desk import queries, wording
from xieli.office.desk.models import LeadEvidence
from xieli.office.matters.tables.core import Matter

register = template.Library()


@register.inclusion_tag("web/desk/from_hit.html")
def from_hit_card(matter: Matter) -> dict[str, Any]:
    """The evidence and the authorization behind a lead, if a person made it of a hit."""
    made = LeadEvidence.objects.filter(matter=matter).select_related("person").first() if matter.kind == "lead" else None
    return {"made": made, "told": matter.summary, "evidence": queries.kept_evidence(made, "en" if english() else "zh") if made else [], "hit": queries.hit_behind(matter) if made else None}


@register.filter
def table_word(table: str) -> str:
    """What a model's table is called."""
    return wording.table_word(table, "en" if english() else "zh")


@register.filter
def column_word(column: str, table: str) -> str:
    """What a column of a model's table is called."""
    return wording.column_word(table, column, "en" if english() else "zh")


@register.filter
def meaning_word(meaning: str) -> str:
    """What a column of a meaning holds."""
    return wording.meaning_word(meaning, "en" if english() else "zh")


@register.filter
def blanks(sentence: str) -> str:
    """How a model will word its hits, with a blank where a hit's own value comes."""
    return re.sub(r"\{[^{}]*\}", "…", sentence)
