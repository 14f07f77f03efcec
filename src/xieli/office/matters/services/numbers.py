"""Numbers: a count without gaps, used in the transaction of its act; what is printed tells neither count nor order."""
from __future__ import annotations

from xieli.engines.playbooks.model import Series
from xieli.office.matters.services.source import call
from xieli.office.matters.tables.core import Matter


def next_number(matter: Matter, series: Series) -> str:
    """The next number of a series for this matter's body: its mark in front, the year in 〔〕, six digits (docs/decisions/access-numbers-apart.md).

    Matters in a compartment count in a series of their own, so that case management's check of it is whole.
    """
    body = matter.owner_body
    key = f"{series.code}:{body.id}"
    if matter.comps:
        key += ":" + ",".join(str(c) for c in matter.comps)
    pattern = series.pattern.replace("{mark}", body.document_mark or body.short_zh or body.name_zh)
    for name, value in (("{body}", body.code), ("{body_mark}", body.document_mark or body.short_zh)):
        pattern = pattern.replace(name, value)
    pattern = pattern.replace("{number}", "{n}").replace("{seq}", "{n}")
    return str(call("next_number", key, pattern, matter.id))
