"""Identities: random for everything bound to a matter, shared and dense for principals."""
from __future__ import annotations

import secrets
from datetime import UTC, datetime

from django.db import models
from django.db.models import Func, Value

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford base 32: no i, l, o, u
_VALUE = {c: i for i, c in enumerate(_ALPHABET)} | {"i": 1, "l": 1, "o": 0}

# an open end: psycopg cannot carry PostgreSQL's infinity, so "for ever" is the first day of the year 9999
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)


def random_id() -> int:
    """A random positive 62-bit identity: no order, no gaps, nothing to guess."""
    return secrets.randbits(62) | (1 << 61)


class BadReference(ValueError):
    """An address part that `to_ref` could not have written: answered as what does not exist."""


def to_ref(identity: int) -> str:
    """The form used in addresses: 13 base-32 characters."""
    out = ""
    for _ in range(13):
        out = _ALPHABET[identity & 31] + out
        identity >>= 5
    return out


def from_ref(ref: str) -> int:
    """Read an address part back. Raises ValueError on anything that ``to_ref`` could not have written."""
    if len(ref) != 13:
        raise BadReference("a reference has 13 characters")
    value = 0
    for character in ref.lower():
        if character not in _VALUE:
            raise BadReference("not a reference")
        value = value << 5 | _VALUE[character]
    if value >= 1 << 62:
        raise BadReference("not a reference")
    return value


class RandomIdModel(models.Model):
    """Base of every matter-bound table."""

    id = models.BigIntegerField(primary_key=True, default=random_id, editable=False)

    class Meta:
        abstract = True

    @property
    def ref(self) -> str:
        """The identity as it appears in addresses."""
        return to_ref(self.id)


def principal_id_field() -> models.IntegerField[int, int]:
    """Primary key of persons, bodies, rooms, areas, teams and offices: one sequence, so a grant names any of them."""
    return models.IntegerField(
        primary_key=True, editable=False, db_default=Func(Value("principal_id"), function="nextval")
    )


class Dated(models.Model):
    """A fact with valid-from and valid-to (exclusive); an open end is null."""

    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        abstract = True
