"""One press, one effect: a form that the network delivers twice, or that is pressed twice, is answered as it was the first time.

Algorithm. (1) The page's own token and everything the form carries make a key; a page that is opened anew has a new token.
(2) The key is written first, in the transaction of the act: of two that arrive at once the second waits there for the first.
(3) Whoever finds the key written is led where the first was led. (4) An act that failed takes its key back with it.
"""
from __future__ import annotations

import hashlib
from collections.abc import Iterable

from django.db import connection

KEPT_DAYS = 2  # a page left open over night may be pressed again in the morning (ours)


def key_of(path: str, token: str, fields: Iterable[tuple[str, str]]) -> str:
    """The digest that names a press: address, the page's token, fields in their order."""
    digest = hashlib.sha256()
    for part in (path, token, *(x for pair in fields for x in pair)):
        digest.update(len(part).to_bytes(8, "big") + part.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def begin(person: int, key: str) -> str | None:
    """None: this is the first, go on. Else where the first was led (waits while the first is under way)."""
    with connection.cursor() as cursor:
        cursor.execute("delete from press where person_id = %s and at < access.now() - make_interval(days => %s)", [person, KEPT_DAYS])
        cursor.execute("insert into press (id, person_id, key, location, at) values (access.new_id(), %s, %s, '', access.now()) on conflict (person_id, key) do nothing", [person, key])
        if cursor.rowcount:
            return None
        cursor.execute("select location from press where person_id = %s and key = %s", [person, key])
        found = cursor.fetchone()
    return str(found[0]) if found and found[0] else "/"


def done(person: int, key: str, location: str) -> None:
    """The act took effect and its sender is led there; without a place to go the press counts for nothing."""
    with connection.cursor() as cursor:
        if location:
            cursor.execute("update press set location = %s where person_id = %s and key = %s", [location[:500], person, key])
        else:
            cursor.execute("delete from press where person_id = %s and key = %s", [person, key])
