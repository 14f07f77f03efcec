"""A second factor is taken away by two persons: asked by the security administrator, confirmed by the head or another administrator."""
from __future__ import annotations

import secrets
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from xieli.office.accounts.door import digest
from xieli.office.matters.services.source import call, rows


class Reset(NamedTuple):
    """A request that waits, as whoever asked or may confirm sees it."""

    id: int
    person: int
    asked_by: int
    asked_at: datetime
    reason: str
    expires_at: datetime
    may_confirm: bool


def waiting() -> list[Reset]:
    """What the bound person asked, or may confirm; nobody else sees any."""
    return [Reset(*row) for row in rows("resets")]


@transaction.atomic
def ask(person: int, reason: str) -> int:
    """Ask for it; nothing changes before `confirm`. The database writes the event. Raises Refused."""
    return int(call("ask_reset", person, reason))  # type: ignore[call-overload]


@transaction.atomic
def confirm(reset: int) -> tuple[int, str]:
    """Confirm: factors, password and sessions end. Returns the person and the one-time code, shown once to the confirmer, who hands it over."""
    code = "-".join(secrets.token_hex(2) for _ in range(4))
    return int(call("confirm_reset", reset, digest(code))), code  # type: ignore[call-overload]


@transaction.atomic
def refuse(reset: int) -> None:
    """Refuse it, or take one's own request back."""
    call("refuse_reset", reset)
