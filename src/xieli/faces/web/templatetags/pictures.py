"""`{% drawing d %}` and `{% heat h %}`: a picture with its table twin, a heat map as the table it is."""
from __future__ import annotations

from typing import Any

from django import template

register = template.Library()


@register.inclusion_tag("web/parts/drawing.html")
def drawing(drawn: Any, open_table: bool = False) -> dict[str, Any]:
    """A `Drawing` of faces/web/pictures: SVG, note, and its table behind one press (open at once with `open_table=1`)."""
    return {"d": drawn, "open": open_table}


@register.inclusion_tag("web/parts/heatmap.html")
def heat(drawn: Any) -> dict[str, Any]:
    """A `HeatMap`."""
    return {"h": drawn}
