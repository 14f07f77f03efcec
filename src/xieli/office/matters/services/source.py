"""The one source of time, and who is acting."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

ZONE = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """`access.now()`: transaction time; in demo and scratch databases plus the owner's offset."""
    with connection.cursor() as cursor:
        cursor.execute("select access.now()")
        value: datetime = cursor.fetchone()[0]
    return value


def today() -> date:
    """The legal day of now in the calendar's zone."""
    return now().astimezone(ZONE).date()


@dataclass(frozen=True)
class Actor:
    """The bound session: who acts, as which principals, in which capacity."""

    person: int
    principals: frozenset[int]
    me: frozenset[int]
    level: int
    session: int


def actor() -> Actor:
    """Raises PermissionError when nobody is bound."""
    with connection.cursor() as cursor:
        cursor.execute("select p, me, lvl, person, session from access.who()")
        p, me, lvl, person, session = cursor.fetchone()
    if person is None:
        raise PermissionError("no session 会话已结束")
    return Actor(person, frozenset(p), frozenset(me), lvl, session)


def call(function: str, *arguments: object) -> object:
    """One definer function of the schema `access`; its refusals come back as plain words."""
    from xieli.office.matters.services.errors import plain_words

    marks = ", ".join(["%s"] * len(arguments))
    with plain_words(), connection.cursor() as cursor:
        cursor.execute(f"select access.{function}({marks})", list(arguments))
        row = cursor.fetchone()
    return row[0] if row else None


def ask_now() -> None:
    """Ask at once what waits for the end of the transaction; a refusal then comes back in plain words. Raises Refused."""
    from xieli.office.matters.services.errors import plain_words

    with plain_words(), connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("set constraints all deferred")


def rows(function: str, *arguments: object) -> list[tuple[Any, ...]]:
    """All rows of one definer function of the schema `access`."""
    from xieli.office.matters.services.errors import plain_words

    marks = ", ".join(["%s"] * len(arguments))
    with plain_words(), connection.cursor() as cursor:
        cursor.execute(f"select * from access.{function}({marks})", list(arguments))
        return list(cursor.fetchall())
