"""知悉范围靶心: who knows, in rings from those who act to those who only read; and who is kept out."""
from __future__ import annotations

from math import cos, pi, sin
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from xieli.faces.web.pictures.svg import Picture
from xieli.faces.web.templatetags.xieli import ACT_WORDS, named
from xieli.office.access.services import Knower

#: colour and shape of each ring's people, from the middle outwards
MARKS = (("c-blue", "circle"), ("c-green", "diamond"), ("c-yellow", "circle"), ("c-grey", "square"))


def knower_rings(knowers: list[Knower], english: bool, names: dict[int, Any]) -> SafeString:
    """Three rings: acts on it, signs, reads. Those barred stand outside, hollow. The table beside it says the same."""
    rings: list[list[Knower]] = [[], [], [], []]
    for knower in knowers:
        acts = set(knower.acts)
        rings[3 if knower.barred else 0 if "write" in acts else 1 if "approve" in acts else 2].append(knower)
    picture = Picture(300, 290, _("知悉范围"))
    cx, cy = 150, 145
    for radius, css in ((125, "ring"), (90, "ring"), (50, "ring-in")):
        picture.shapes.append(f'<circle cx="{cx}" cy="{cy}" r="{radius}" class="{css}"/>')
    for index, (group, radius) in enumerate(zip(rings, (28, 70, 107, 137), strict=True)):
        for k, knower in enumerate(group[:24]):
            angle = 2 * pi * k / max(len(group[:24]), 1) + index
            picture.mark(cx + radius * cos(angle), cy + min(radius, 134) * sin(angle), MARKS[index][0], named(names.get(knower.person, knower.name)), MARKS[index][1])
    legend = []
    for (css, shape), group, words in zip(MARKS, rings, (ACT_WORDS["write"][english], ACT_WORDS["approve"][english], ACT_WORDS["read"][english], _("回避、密级不够")), strict=True):
        key = Picture(14, 14, words)
        key.mark(7, 7, css, "", shape)
        legend.append((key.render(), words, len(group)))
    return format_html('{}<p class="small rings-legend">{}</p>', picture.render(), format_html_join(" ", '<span class="nowrap">{} {} {}</span>', legend))
