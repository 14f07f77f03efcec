"""Every component on one page: both themes, both languages, grey as a black-and-white printer shows it. Invented data only."""
from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound
from xieli.faces.web.pictures.rings import knower_rings
from xieli.faces.web.samples import drawings
from xieli.office.access.services import Knower
from xieli.office.bodies.models import Body

PANES = (("theme-light", "zh-hans"), ("theme-dark", "zh-hans"), ("theme-light", "en"), ("theme-dark", "en"), ("theme-light grey", "zh-hans"))


@bound
def page(request: HttpRequest) -> HttpResponse:
    """The page designers and testers open first."""
    now = me(request).now
    day = timedelta(days=1)
    panes: list[dict[str, Any]] = []
    for css, language in PANES:
        with translation.override(language):
            knowers = [Knower(i, f"示例{i}", ["handler"], acts, None, barred) for i, (acts, barred) in enumerate(
                [(["read", "write"], ""), (["read", "write"], ""), (["read", "approve"], ""), (["read"], ""), (["read"], "recused")])]
            panes.append({"css": css, "language": language, "pictures": drawings(now), "rings": knower_rings(knowers, language == "en", {}), "id": f"p{len(panes)}"})
    error = SimpleNamespace(sentence="示例：尚未批准，不能执行。 / Example: not approved yet.", others=())
    return render(request, "web/components.html", {
        "panes": panes, "some_bodies": Body.objects.filter(valid_to=None, kind="commission").order_by("sort_key")[:40], "some_people": [me(request).person], "now": now, "soon": now + 2 * day, "late": now - day, "later": now + 20 * day, "error": error,
        "tokens": ("bg", "card", "line", "ink", "soft", "head", "blue", "red", "yellow", "green", "grey", "tint", "warn", "bad", "good"),
    })
