"""What the difficulty of a matter suggests (seed row S0-50): help from above, a specialist, laying data side by side. Never done by itself.

The suggestions are our defaults: the seeds name the three difficulties and that they drive team, data and designation, not how.
"""
from __future__ import annotations

from dataclasses import dataclass

from xieli.office.matters.services.moves import forms_of
from xieli.office.matters.tables.core import Matter


@dataclass(frozen=True)
class Hint:
    """One suggestion: for which difficulty, what to do, and the kind of matter or page where it begins."""

    tag: str
    zh: str
    en: str
    where: str


HINTS = (
    Hint("cross_region", "跨地区：请市级协调，必要时开绿色通道或提请指定", "Across regions: ask the superior to co-ordinate, by the green channel or a designation where needed", "green_channel"),
    Hint("cross_sector", "跨领域：联合组吸收专业人员（书面聘用，不计入两名谈话人）", "Across sectors: take a specialist into the team (by written appointment, never one of the two)", "team"),
    Hint("hidden", "手段隐蔽：在初步核实之后提请数据比对授权", "Hidden means: ask for a matching authorization, once the verification has begun", "authorization"),
)


def tags_of(matter: Matter) -> list[str]:
    """The difficulties that the matter's own papers name, wherever they stand, each once."""
    named = [tag for data in forms_of(matter).values() for tag in data.get("difficulty") or []]
    return list(dict.fromkeys(named))


def hints(matter: Matter) -> list[Hint]:
    """The suggestions for a matter, in a fixed order; none where no difficulty was named."""
    tags = set(tags_of(matter))
    return [hint for hint in HINTS if hint.tag in tags]
