"""Pictures of figures: funnel and deadline wall; the table twin stands beside each."""
from __future__ import annotations

from django.utils.safestring import SafeString

from xieli.engines.metrics import whole_percent
from xieli.faces.web.pictures.svg import Picture


def funnel(steps: list[tuple[str, str, int]], title: str, english: bool) -> SafeString:
    """Bars from left, each with its number and its share of the first."""
    width, row = 640, 38
    picture = Picture(width, row * len(steps) + 8, title)
    most = max((n for _, _, n in steps), default=0) or 1
    for i, (zh, en, n) in enumerate(steps):
        y = i * row + 4
        share = f" · {whole_percent(n, steps[0][2])}%" if i and steps[0][2] else ""
        picture.text(86, y + 20, en if english else zh, "axis", "end")
        picture.rect(96, y, (width - 240) * n / most, 28, "bar-owner", f"{en if english else zh}: {n}")
        picture.text(104 + (width - 240) * n / most, y + 20, f"{n}{share}", "ink")
    return picture.render()
