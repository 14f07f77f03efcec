"""The guided tour's panel: which of the seven steps this visitor is at. Demo installations only."""
from __future__ import annotations

from typing import Any

from django.http import HttpRequest

COOKIE = "xieli_tour"


def tour_step(request: HttpRequest) -> dict[str, Any] | None:
    """The panel's words, or nothing when no tour runs."""
    from xieli.faces.web.context import installation
    from xieli.faces.web.templatetags.xieli import english
    from xieli.office.demo.guide import STEPS

    at = request.COOKIES.get(COOKIE, "")
    if not at.isdecimal() or not 1 <= int(at) <= len(STEPS) or installation()["mark"] != "demo":
        return None
    number = int(at)
    step = STEPS[number - 1]
    en = english()
    return {"n": number, "of": len(STEPS), "title": step.en if en else step.zh, "look": step.look_en if en else step.look_zh, "before": step.before_en if en else step.before_zh,
            "next": number + 1 if number < len(STEPS) else None, "back": number - 1 if number > 1 else None,
            "titles": [(i, s.en if en else s.zh, i == number) for i, s in enumerate(STEPS, 1)]}
