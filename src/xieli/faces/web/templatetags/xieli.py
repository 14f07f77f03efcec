"""Tags of the screens: names in the reader's language, references, masked values, lights, clocks."""
from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from xieli.office.ids import to_ref

register = template.Library()
ZONE = ZoneInfo("Asia/Shanghai")


def english() -> bool:
    """Whether the reader reads English."""
    return (get_language() or "zh").startswith("en")


@register.filter
def named(thing: Any) -> str:
    """A body's, room's, office's or person's name, or a playbook label, in the reader's language."""
    if thing is None:
        return ""
    if hasattr(thing, "zh") and hasattr(thing, "en"):
        return str(thing.en if english() else thing.zh)
    if hasattr(thing, "name_zh"):
        return str((english() and thing.name_en) or thing.name_zh)
    if hasattr(thing, "title_zh"):
        return str((english() and thing.title_en) or thing.title_zh)
    if hasattr(thing, "name"):
        return str((english() and getattr(thing, "name_en", "")) or thing.name)
    return str(thing)


@register.filter
def ref(thing: Any) -> str:
    """The address part of a matter-bound row or identity."""
    return to_ref(thing if isinstance(thing, int) else thing.id)


@register.filter
def day(value: date | datetime | None) -> str:
    """2026-03-17, in the legal zone."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.astimezone(ZONE)
    return value.strftime("%Y-%m-%d")


@register.filter
def minute(value: datetime | None) -> str:
    """2026-03-17 14:02, in the legal zone."""
    return value.astimezone(ZONE).strftime("%Y-%m-%d %H:%M") if value else ""


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """A mapping's value, for templates."""
    return mapping.get(key) if mapping else None


@register.filter
def masked(name: str) -> str:
    """A name as lists show it: 张某某, 张*."""
    if not name:
        return ""
    return name[0] + ("*" if len(name) == 2 else "某某")


LEVELS = ("内部", "工作秘密", "秘密", "机密", "绝密")
LEVELS_EN = ("internal", "work secret", "confidential", "secret", "top secret")


@register.filter
def level_name(level: int) -> str:
    """A classification in words."""
    return (LEVELS_EN if english() else LEVELS)[level]


@register.simple_tag
def light(alarm_at: datetime | None, warn_at: datetime | None, now: datetime, statutory: bool = False, state: str = "running") -> str:
    """A traffic light as colour, shape and words; statutory clocks are solid, internal ones hollow."""
    if state in ("stopped", "suspended") or alarm_at is None:
        code, shape, words = "grey", "❚❚" if state == "suspended" else "–", _("已暂停") if state == "suspended" else _("无期限")
    elif alarm_at <= now:
        code, shape = ("sred", "◼!") if statutory else ("red", "■")
        words = _("已超期")
    else:
        left = (alarm_at - now).days
        code, shape = ("yellow", "▲") if warn_at and warn_at <= now else ("green", "●")
        words = _("剩 %(n)s 天") % {"n": left} if left else _("今天到期")
    return format_html('<span class="light {}{}"><span aria-hidden="true">{}</span> {}</span>', code, "" if statutory else " hollow", shape, words)
