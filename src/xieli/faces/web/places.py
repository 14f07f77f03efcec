"""Districts and towns go by their Chinese names in plans and charges; a page names them in the reader's language."""
from __future__ import annotations

from collections.abc import Iterable

from xieli.faces.web.templatetags.xieli import english
from xieli.office.bodies.models import Body
from xieli.office.cooperation.charges import place


def in_words(names: Iterable[str]) -> dict[str, str]:
    """By the name that the records hold, the place's name for this reader; a name that is no district or town stays as it is."""
    wanted = list(names)
    if not english() or not wanted:
        return {n: n for n in wanted}
    known = {place(b.name_zh): b.name_en.removesuffix(" Commission").removesuffix(" Committee") for b in Body.objects.filter(kind__in=["commission", "town_committee"]).exclude(name_en="")}
    return {n: known.get(n, n) for n in wanted}
