"""知悉范围靶心: who knows, in rings from those who act to those who only read; and who is kept out."""
from __future__ import annotations

from math import cos, pi, sin
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from xieli.faces.web.pictures.svg import Picture
from xieli.faces.web.templatetags.xieli import ACT_WORDS, named
from xieli.office.access.services import Knower


def knower_rings(knowers: list[Knower], english: bool, names: dict[int, Any]) -> SafeString:
    """Three rings: acts on it, signs, reads. Those barred stand outside, hollow. The table beside it says the same."""
    rings: list[list[Knower]] = [[], [], [], []]
    for knower in knowers:
        acts = set(knower.acts)
        rings[3 if knower.barred else 0 if "write" in acts else 1 if "approve" in acts else 2].append(knower)
    picture = Picture(460, 324, _("知悉范围"))
    cx, cy = 230, 140
    for radius, css in ((125, "ring"), (90, "ring"), (50, "ring-in")):
        picture.shapes.append(f'<circle cx="{cx}" cy="{cy}" r="{radius}" class="{css}"/>')
    for index, (group, radius) in enumerate(zip(rings, (28, 70, 107, 137), strict=True)):
        for k, knower in enumerate(group[:24]):
            angle = 2 * pi * k / max(len(group[:24]), 1) + index
            picture.mark(cx + radius * cos(angle), cy + min(radius, 134) * sin(angle), ("c-blue", "c-green", "c-yellow", "c-grey")[index], named(names.get(knower.person, knower.name)), "diamond" if index == 1 else "square" if index == 3 else "circle")
    for index, words in enumerate((ACT_WORDS["write"][english], ACT_WORDS["approve"][english], ACT_WORDS["read"][english], _("回避、密级不够"))):
        x, y = 20 + index % 2 * 215, 292 + index // 2 * 22  # two lines of two: four English names do not stand in one
        picture.mark(x, y - 4, ("c-blue", "c-green", "c-yellow", "c-grey")[index], "", "diamond" if index == 1 else "square" if index == 3 else "circle")
        picture.text(x + 10, y, f"{words} {len(rings[index])}", "axis")
    return picture.render()
