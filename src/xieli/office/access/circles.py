"""Closed circles: opened by security, peopled by two persons, looked at again within a year, closed with a reason."""
from __future__ import annotations

from datetime import date, datetime, time
from typing import NamedTuple

from django.db import transaction

from xieli.office.audit import record
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.services.source import ZONE, call, rows


class Circle(NamedTuple):
    """A circle as its holders, security, and who must confirm in it know it. `mine`: the bound person manages it."""

    id: int
    code: str
    name: str
    basis: str
    opened_by: int | None
    opened_at: datetime | None
    review_on: date | None
    closed_at: datetime | None
    close_reason: str
    mine: bool


class Holder(NamedTuple):
    """A person's place in a circle; `confirmed_by` is None while it waits."""

    id: int
    compartment: int
    code: str
    person: int
    starts_at: datetime
    ends_at: datetime
    granted_by: int | None
    confirmed_by: int | None


def circles() -> list[Circle]:
    """Empty for whoever holds none, confirms none and is not security."""
    return [Circle(*row) for row in rows("circles")]


def holders() -> list[Holder]:
    return [Holder(*row) for row in rows("holders")]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("day", "请填写日期。", "Enter a date.") from None


@transaction.atomic
def found(code: str, name: str, basis: str, review_on: str) -> int:
    """Open an empty circle. The database writes the event. Raises Refused."""
    return int(call("open_circle", code.strip().lower(), name, basis, _day(review_on)))  # type: ignore[call-overload]


@transaction.atomic
def review(circle: int, review_on: str) -> None:
    """Say when it is looked at again: a year at most."""
    call("review_circle", circle, _day(review_on))


@transaction.atomic
def close(circle: int, reason: str) -> None:
    """Nobody more is admitted and no matter drawn in; who holds it keeps it to the end of his time."""
    call("close_circle", circle, reason)


@transaction.atomic
def propose(circle: int, person: int, until: str, basis: str) -> int:
    """Propose a holder, as security; nothing is held before another person confirms."""
    ends = datetime.combine(_day(until), time.max, tzinfo=ZONE) if until else None
    holder = int(call("propose_holder", circle, person, ends, basis))  # type: ignore[call-overload]
    record("circle.proposed", holder=holder, compartment=circle, person_named=person, basis=basis)
    return holder


@transaction.atomic
def confirm(holder: int) -> None:
    """By a holder, or while there is none by the head of the person's body."""
    call("confirm_holder", holder)
    record("circle.confirmed", holder=holder)


@transaction.atomic
def end(holder: int, reason: str) -> None:
    """End a place, with a reason: one's own, as security or as a holder."""
    if not reason.strip():
        raise Refused("reason_needed", "请写明移出的理由。", "Say why the person leaves the compartment.")
    call("end_holder", holder, reason.strip()[:150])
    record("circle.ended", holder=holder, reason=reason.strip()[:150])


@transaction.atomic
def draw(matter: int, circles_now: list[int], basis: str) -> None:
    """Draw a matter into circles that one holds, or out of one by who may approve."""
    with transaction.atomic():
        call("set_comps", matter, sorted(set(circles_now)), basis)
        record("matter.circled", matters=[matter], compartments=[str(c) for c in sorted(set(circles_now))], basis=basis)
