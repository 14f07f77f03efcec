"""What the flags ask of one release: bids by status, complete awards, comparable prices, dates."""
from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Json = dict[str, Any]
SUBMITTED = ("pending", "valid", "disqualified")
COMPLETE = ("active", "cancelled", "unsuccessful")
# RFC 3339, which OCDS demands: a date without time or zone is no instant.
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})")


def listed(value: Any) -> list[Json]:
    """The objects of a list, or one object alone."""
    if isinstance(value, dict):
        return [value]
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def at(value: Any, *path: str) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def ident(value: Any) -> str | None:
    """An organisation's id or a code: a text, as OCDS demands; a number is none."""
    return value if isinstance(value, str) else None


def instant(value: Any) -> datetime | None:
    """An RFC 3339 instant, or None."""
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def finite(value: object) -> float | None:
    """A JSON number as a price; None for anything else and for what no price can be (beyond 10³⁰⁸, not a number)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


@dataclass(frozen=True)
class Bid:
    """A bid: its status, the ids of those who made it, its price in the main currency if it has one, and its price with currency."""

    status: str
    tenderers: tuple[str, ...]
    amount: float | None
    date: datetime | None
    price: tuple[float, str] | None


class Release:
    """A contracting process read once for all flags."""

    def __init__(self, raw: Json, currency: str | None) -> None:
        self.raw = raw
        self.ocid: str = raw["ocid"]
        tender = raw.get("tender") if isinstance(raw.get("tender"), dict) else {}
        self.tender: Json = tender or {}
        self.method = self.tender.get("procurementMethod")
        self.details = self.tender.get("procurementMethodDetails")
        self.awards = listed(raw.get("awards"))
        self.bids = [self._bid(b, currency) for b in listed(at(raw, "bids", "details"))]

    @staticmethod
    def _bid(raw: Json, currency: str | None) -> Bid:
        ids = tuple(i for t in listed(raw.get("tenderers")) if (i := ident(t.get("id"))) is not None)
        amount = at(raw, "value", "amount")
        stated = at(raw, "value", "currency")
        number = finite(amount)
        price = (number, stated) if number is not None and isinstance(stated, str) else None
        status = raw.get("status")
        return Bid(status if isinstance(status, str) else "", ids, price[0] if price and stated == currency else None, instant(raw.get("date")), price)

    def with_status(self, *statuses: str) -> list[Bid]:
        return [b for b in self.bids if b.status in statuses]

    @property
    def awards_complete(self) -> bool:
        """No award is pending or of a status outside the code list."""
        return all(a.get("status") in COMPLETE for a in self.awards)

    @property
    def active(self) -> list[Json]:
        return [a for a in self.awards if a.get("status") == "active"]

    @staticmethod
    def suppliers(award: Json) -> list[str]:
        return [i for s in listed(award.get("suppliers")) if (i := ident(s.get("id"))) is not None]

    def single_winner(self) -> str | None:
        """The one supplier of the one active award, when all awards are complete."""
        if not self.awards_complete or len(self.active) != 1 or len(listed(self.active[0].get("suppliers"))) != 1:
            return None
        suppliers = self.suppliers(self.active[0])
        return suppliers[0] if len(suppliers) == 1 else None


def first_currency(raw: Json) -> str | None:
    """The first currency a release states, in its bids."""
    for bid in listed(at(raw, "bids", "details")):
        currency = at(bid, "value", "currency")
        if isinstance(currency, str) and currency:
            return currency
    return None
