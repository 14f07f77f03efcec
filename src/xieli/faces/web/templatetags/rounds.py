"""Words of a round's composite report."""
from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext_lazy as _

register = template.Library()
WORDS: dict[str, Any] = {"units": _("单位"), "found": _("问题"), "handed": _("移交线索"), "rectified": _("已整改"), "text": _("综合情况")}


@register.filter
def report_word(code: str) -> Any:
    """What a compared field of the report is called."""
    return WORDS.get(code, code)
