"""Figures as they are printed."""
from __future__ import annotations

import re
from typing import Any

from django import template

from xieli.engines.metrics.compute import half_up, written
from xieli.faces.web.templatetags.xieli import english, named

register = template.Library()


@register.filter
def printed(figure: Any) -> str:
    """26件, 55%, 700余个; in English without the counter word."""
    return minutes(figure, figure.number) or str(figure.text("en" if english() else "zh"))


def minutes(figure: Any, number: Any) -> str:
    """Hours below one as minutes, which people say; empty for everything else."""
    if figure.metric.unit != "小时" or number is None or getattr(figure, "suppressed", False) or not 0 < number < 1:
        return ""
    n = half_up(number * 60)
    words = ("under a minute", f"{n} min") if english() else ("不到 1 分钟", f"{n}分钟")
    return words[n > 0]


@register.filter
def exact(figure: Any) -> str:
    """The number in the records where it is printed as "a good thirty" (30余); empty otherwise."""
    return written(figure.number, "") if figure.metric.rounding == "yu" and figure.number is not None and not figure.suppressed else ""


@register.filter
def about(metric: Any) -> str:
    """The definition 口径 in the reader's language."""
    return str(metric.about_en if english() else metric.about_zh)


@register.filter
def defined(metric: Any) -> str:
    """The definition, unless it only says the name again."""
    words = about(metric)
    return "" if _bare(words) == _bare(named(metric)) else words


def _bare(words: str) -> str:
    """What is left of a name or a definition when what both always mean is taken away."""
    return re.sub(r"期间内|的|in the period|[\s。，、,.;；:：]", "", words.lower())


@register.filter
def all_ours(figures: Any) -> bool:
    """Whether every definition of a table is this platform's own, so that it is said once."""
    return all(f.metric.source != "law" for f in figures)


@register.filter
def any_compared(figures: Any) -> bool:
    """Whether any line has something to compare with."""
    return any(f.comparisons for f in figures)


@register.filter
def cell_text(figure: Any, number: Any) -> str:
    """One group's number in the figure's way of rounding."""
    return minutes(figure, number) or written(number, figure.metric.rounding)
