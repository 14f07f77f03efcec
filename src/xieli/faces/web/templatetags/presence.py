"""Words of the presence clock: roles in a talk and at a hand-over, a change of basis, the hour of an end."""
from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from xieli.engines.clocks.presence import BASES
from xieli.faces.web.templatetags.xieli import ZONE, named

register = template.Library()
ROLES = {"lead": _("主谈"), "assistant": _("协助谈话"), "specialist": _("专业人员"), "hands_over": _("交出看护"), "takes_over": _("接收看护")}


@register.filter
def presence_role(person: dict[str, Any]) -> str:
    """What someone did in an entry; a keeper who took over has signed, or not yet."""
    word = str(ROLES.get(person.get("role", ""), _("在场")))
    if person.get("role") == "takes_over":
        word += "（" + (gettext("已签收") if person.get("signed") else gettext("待签收")) + "）"
    return word


@register.filter
def presence_kind(entry: Any) -> str:
    """What an entry is; a rest here is a pause, not a day off."""
    return str(_("中途休息")) if entry.kind == "rest" else gettext(entry.get_kind_display())


@register.filter
def presence_note(entry: Any) -> str:
    """An entry's note; a change of basis names the basis."""
    return named(BASES[entry.note]) if entry.kind == "basis" and entry.note in BASES else str(entry.note)


@register.filter
def clock_time(value: datetime | None) -> str:
    """16:05, in the legal zone."""
    return value.astimezone(ZONE).strftime("%H:%M") if value else ""
