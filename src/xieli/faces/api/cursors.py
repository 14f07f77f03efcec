"""Pages by cursor: signed, bound to its query, resting on the last row shown, so that new rows in front move nothing."""
from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core import signing
from django.db.models import Q, QuerySet

SALT = "xieli.api.cursor"


class BadCursor(Exception):
    """Not one of ours, or of another query."""


def _query(route: str, filters: Mapping[str, Any]) -> str:
    return hashlib.sha256(repr((route, sorted((k, str(v)) for k, v in filters.items() if v is not None))).encode()).hexdigest()[:16]


def page(rows: QuerySet[Any], route: str, filters: Mapping[str, Any], cursor: str | None, limit: int, stamp: str = "opened_at") -> tuple[list[Any], str | None]:
    """One page, newest first by (`stamp`, identity), and the cursor of the next. Raises BadCursor."""
    listed = rows.order_by(f"-{stamp}", "-id")
    if cursor:
        try:
            query, at, identity = signing.loads(cursor, salt=SALT)
            moment = datetime.fromisoformat(at)
        except (signing.BadSignature, ValueError, TypeError):
            raise BadCursor from None
        if query != _query(route, filters):
            raise BadCursor
        listed = listed.filter(Q(**{f"{stamp}__lt": moment}) | Q(**{stamp: moment, "id__lt": identity}))
    found = list(listed[: limit + 1])
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], signing.dumps([_query(route, filters), getattr(last, stamp).isoformat(), last.id], salt=SALT)
