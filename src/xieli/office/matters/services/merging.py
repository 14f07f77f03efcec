"""Merging bodies on the screen: one asks, the head above confirms, the same function as `xieli org merge` carries it out."""
from __future__ import annotations

import json
from datetime import date
from typing import Any

from django.db import transaction

from xieli.office.audit import record
from xieli.office.bodies.models import Body
from xieli.office.matters.services.source import call
from xieli.office.matters.tables.merging import BodyMerge


@transaction.atomic
def ask(old: Body, heir: Body, on: date, document_no: str) -> BodyMerge:
    """Ask for a merger. Raises Refused without its document, of two kinds or ranks, on a day to come; nothing moves yet."""
    identity = int(call("ask_merge", old.id, heir.id, on, document_no.strip()))  # type: ignore[call-overload]
    record("bodies.merge_asked", request=identity, old=old.id, heir=heir.id, on=str(on), document=document_no.strip())
    return BodyMerge.objects.get(pk=identity)


@transaction.atomic
def decide(request: BodyMerge, agreed: bool) -> dict[str, Any]:
    """Confirm, as the head of the body above: everything open moves in this transaction. Or refuse: nothing moves."""
    moved: dict[str, Any] = json.loads(str(call("confirm_merge", request.id, agreed)))
    record("bodies.merge_decided", request=request.id, agreed=agreed, matters_moved=int(moved.get("matters", 0)))
    return moved


def may_confirm(request: BodyMerge) -> bool:
    """Whether the bound person is the one who confirms it."""
    return bool(call("may_confirm_merge", request.id))
