"""Figures as they are printed."""
from __future__ import annotations

from typing import Any

from django import template

from xieli.engines.metrics.compute import written
from xieli.faces.web.templatetags.xieli import english

register = template.Library()


@register.filter
def printed(figure: Any) -> str:
    """26件, 55%, 700余个; in English without the counter word."""
    return str(figure.text("en" if english() else "zh"))


@register.filter
def exact(figure: Any) -> str:
    """The number in the records where it is printed as "a good thirty" (30余); empty otherwise."""
    return written(figure.number, "") if figure.metric.rounding == "yu" and figure.number is not None and not figure.suppressed else ""


@register.filter
def about(metric: Any) -> str:
    """The definition 口径 in the reader's language."""
    return str(metric.about_en if english() else metric.about_zh)


@register.filter
def cell_text(figure: Any, number: Any) -> str:
    """One group's number in the figure's way of rounding."""
    return written(number, figure.metric.rounding)
