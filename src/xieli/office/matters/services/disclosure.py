"""From what was disclosed to what it led to: the link from a package to a lead of its round, by id (seed row S2-11)."""
from __future__ import annotations

from django.db import transaction

from xieli.office.matters.queries.rounds import PACKAGE, ROUND
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.services.leads import link
from xieli.office.matters.services.source import call
from xieli.office.matters.tables.core import Matter, MatterLink
from xieli.office.matters.tables.work import FormSubmission


def marked(round_id: int) -> set[str]:
    """Titles of the leads that a round's own papers say its package led to."""
    rows = FormSubmission.objects.filter(matter_id=round_id, form="during").values_list("data", flat=True)
    return {str(r["title"]) for data in rows for r in data.get("leads") or [] if r.get("from_package")}


@transaction.atomic
def tie(package: Matter, lead: Matter) -> None:
    """Record that a package led to a lead. Who ties must work on the package; the pair must be of one round, and the round's papers must say so.

    Raises Refused otherwise. The link is seen only by who may see both ends, so the group learns nothing of the case from it.
    """
    if not call("may", package.id, "write"):
        raise Refused("no_right", "您不办理这个信息包。", "You do not work on this package.")
    above = set(MatterLink.objects.filter(target=package, source__kind=ROUND).values_list("source_id", flat=True))
    common = above & set(MatterLink.objects.filter(target=lead, source__kind=ROUND).values_list("source_id", flat=True))
    if package.kind != PACKAGE or lead.kind != "lead" or not common:
        raise Refused("other_round", "信息包和线索不出自同一轮巡察。没有保存。", "The package and the lead are not of one round. Nothing was kept.")
    if not any(lead.title in marked(r) for r in common):
        raise Refused("not_marked", "移交时没有写明这条线索由信息包引出。没有保存。", "The hand-over did not say that the package led to this lead. Nothing was kept.")
    if not MatterLink.objects.filter(source=package, target=lead, kind="led_to").exists():
        link(package, lead, "led_to")


def untied(package: Matter) -> list[Matter]:
    """Leads of the package's round that its papers say it led to, and that are not tied to it yet, as far as the reader may see them."""
    rounds = list(MatterLink.objects.filter(target=package, source__kind=ROUND).values_list("source_id", flat=True))
    titles = set().union(*(marked(r) for r in rounds)) if rounds else set()
    have = MatterLink.objects.filter(source=package, kind="led_to").values("target_id")
    return list(Matter.objects.filter(kind="lead", title__in=titles, links_in__source_id__in=rounds).exclude(id__in=have).distinct().order_by("opened_at", "id"))
