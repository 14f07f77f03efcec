"""The next deadlines of whoever is bound: fifty per principal from the worklist, then the earliest fifty of these.

The worklist (principal, next_due, matter) is kept in the same transaction as the grants. Starting from it costs the same
for a reader of ten matters and of a hundred thousand; a plain list through the policy does not (bench/needtoknow).
"""
from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection

# `after` pages on: (next_due, id) of the last row shown
WORKLIST = """
with mine as (
    select distinct w.next_due, w.matter_id
    from unnest((nullif(current_setting('app.p', true), ''))::integer[]) as p
    cross join lateral (
        select x.next_due, x.matter_id from matter_work x
        where x.principal = p and (x.next_due, x.matter_id) > (%(due)s::timestamptz, %(id)s::bigint)
        order by x.next_due, x.matter_id limit %(n)s
    ) w
    order by 1, 2 limit %(n)s
)
select m.id, m.title, m.kind, m.next_due from mine join matter m on m.id = mine.matter_id
order by mine.next_due, mine.matter_id
"""


def worklist(limit: int = 50, after: tuple[datetime | None, int] = (None, 0)) -> list[tuple[Any, ...]]:
    """Open matters that the bound session may read, by deadline: (id, title, kind, next_due)."""
    due, last = after
    with connection.cursor() as cursor:
        cursor.execute(WORKLIST, {"due": due or "-infinity", "id": last, "n": limit})
        return cursor.fetchall()
