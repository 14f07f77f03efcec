"""The identity number of a person whom a matter is about: its last four are shown, the whole only as an act of its own."""
from __future__ import annotations

from django.db import transaction

from xieli.office.matters.services.source import call
from xieli.office.matters.tables.core import MatterSubject


@transaction.atomic
def number(subject: MatterSubject, reason: str) -> str:
    """The whole number, for a reason and after a fresh proof; the database writes the event (`identity.opened`). Raises Refused."""
    return str(call("open_identity", subject.id, reason))
