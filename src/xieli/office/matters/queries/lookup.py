"""Looking matters up by number or by words: what is visible, newest first, quick over hundreds of thousands."""
from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from xieli.office.access.search import HITS
from xieli.office.matters.tables.core import Matter

LIMIT = 50
FEW = 2_000  # hits that are sorted outright; a word that more rows hold is walked from the newest


def by_number(number: str, limit: int = LIMIT) -> list[Matter]:
    """The visible matters of this running number, newest first."""
    return list(Matter.objects.filter(number=number).select_related("owner_body").order_by("-opened_at")[:limit])


def by_pieces(pieces: Iterable[str], limit: int = LIMIT) -> list[Matter]:
    """The newest visible matters that hold all these two-character pieces.

    A name is in a few hundred rows: the index on (acl, pieces) finds them and they are sorted. A common word is in most rows,
    and sorting them all would ask the policy of each; then the rows are walked from the newest until enough are found. Either
    way the policy has spoken before a row is counted here.
    """
    held = sorted(pieces)
    with connection.cursor() as cursor:
        cursor.execute(HITS, [held, FEW + 1])
        found = cursor.fetchall()
    if len(found) <= FEW:
        wanted = [i for _, i in sorted(found, reverse=True)[:limit]]
        return list(Matter.objects.filter(id__in=wanted).select_related("owner_body").order_by("-opened_at", "-id"))
    with connection.cursor() as cursor:
        # the planner cannot know how many rows a person sees; here it is known that they are many
        cursor.execute("set local enable_bitmapscan = off")
        walked = list(Matter.objects.filter(grams__contains=held).order_by("-opened_at", "-id").values_list("id", flat=True)[:limit])
        cursor.execute("set local enable_bitmapscan = on")
    return list(Matter.objects.filter(id__in=walked).select_related("owner_body").order_by("-opened_at", "-id"))
