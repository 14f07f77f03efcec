"""Suggestions of a matter for its page."""
from __future__ import annotations

from django import template

from xieli.office.matters.queries import advice
from xieli.office.matters.tables.core import Matter

register = template.Library()
KINDS = ("joint_case",)  # where a difficulty profile is asked for


@register.simple_tag
def hints_of(matter: Matter) -> list[advice.Hint]:
    """What the named difficulties suggest; nothing is asked of the database for other kinds."""
    return advice.hints(matter) if matter.kind in KINDS else []
