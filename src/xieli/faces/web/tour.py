"""The guided tour's panel: which step of which tour this visitor is at. Demo installations only."""
from __future__ import annotations

from typing import Any

from django.http import HttpRequest

COOKIE = "xieli_tour"  # call-3: third step of “one call, the same night”


def here(request: HttpRequest) -> tuple[str, int] | None:
    """Tour and step of this visitor's cookie, or nothing."""
    from xieli.office.demo.guide import TOURS

    which, _, step = request.COOKIES.get(COOKIE, "").rpartition("-")
    if which not in TOURS or not (step.isascii() and step.isdecimal() and len(step) < 3) or not 1 <= int(step) <= len(TOURS[which]):
        return None
    return which, int(step)


def tour_step(request: HttpRequest) -> dict[str, Any] | None:
    """The panel's words, or nothing when no tour runs."""
    from xieli.faces.web.context import installation
    from xieli.faces.web.templatetags.xieli import english
    from xieli.office.demo.guide import TOURS

    at = here(request)
    if at is None or installation()["mark"] != "demo":
        return None
    which, number = at
    steps = TOURS[which]
    step = steps[number - 1]
    en = english()
    return {"which": which, "n": number, "of": len(steps), "title": step.en if en else step.zh, "look": step.look_en if en else step.look_zh, "before": step.before_en if en else step.before_zh,
            "next": number + 1 if number < len(steps) else None, "back": number - 1 if number > 1 else None,
            "titles": [(i, s.en if en else s.zh, i == number) for i, s in enumerate(steps, 1)]}
