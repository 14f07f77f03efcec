"""A matter that another body's step opened for us comes to the desk and to no room; here the desk seats it, once its head has approved.

Without a room the work would hang on persons: what follows from it (a case, a check) is opened for a room's people only when its
parent has a room, and the approvers of a room's line would not know of it.
"""
from __future__ import annotations

from django.db import transaction

from xieli.office.audit import record
from xieli.office.bodies.models import Room
from xieli.office.matters.services import grants
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.services.source import call
from xieli.office.matters.tables.approvals import Approval
from xieli.office.matters.tables.core import Matter

APPROVAL = "assign"  # 线索分办审批: the head decides who works on it


@transaction.atomic
def seat(matter: Matter, room: int) -> None:
    """Give a matter without a room to a room of the body that owns it; its people work on it from now on.

    Raises NotVisible without the rights to write and to pass on; Refused: closed, has a room, another body's room, not approved, recused.
    """
    row = Matter.objects.select_for_update().filter(pk=matter.pk).first()
    if row is None or not (call("may", row.id, "write") and call("may", row.id, "grant")):
        raise NotVisible()
    if row.status != "open":
        raise Refused("closed", "事项已办结，不再分办。", "The matter is closed and is not assigned any more.")
    if row.owner_room_id is not None:
        raise Refused("has_room", "事项已有承办部门。要换部门，请办理移送。", "The matter has a room already. To change it, hand it over.")
    if not Room.objects.filter(pk=room, body_id=row.owner_body_id, valid_to=None).exists():
        raise Refused("not_our_room", "请选择主办机构现有的内设部门。", "Choose a present room of the body that owns the matter.")
    if not Approval.objects.filter(matter=row, act=APPROVAL, state__in=["approved", "used"]).exists():
        raise Refused("not_approved", "分办须先经主要负责人批准。", "The head has to approve the assignment first.")
    grants.give(row.id, room, kind="handler", acts=["read", "write", "grant", "handover", "close", "export", "note"], ends_at=None, basis="分办", reason="")
    Matter.objects.filter(pk=row.pk).update(owner_room_id=room, row_version=row.row_version + 1)
    record("matter.edited", matters=[row.id], fields=["owner_room"])
    matter.refresh_from_db()
