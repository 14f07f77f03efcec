"""Search by two-character pieces: names are mostly two or three characters, which no trigram index can find. The one place where
pieces are made: for what is stored, for what is typed, for what is recomputed.

A matter's pieces are computed here when it is saved; a query asks for rows that hold every piece of what was typed, and
then compares the whole text. Visible rows only: the index is on (acl, grams), and the policy comes first.
"""
from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from django.db import connection

from xieli.engines.identifiers import pinyin, simplified

_SPLIT = re.compile(r"[\s\W_]+", re.UNICODE)
LONGEST_QUERY = 60  # characters; more would only cost
LIMIT = 50
LONGEST_NAME = 6  # characters of a person's name that is also found by its initials


def words(text: str) -> list[str]:
    """Runs of letters, digits and characters, folded (full width, case)."""
    return [w for w in _SPLIT.split(unicodedata.normalize("NFKC", text).casefold()) if w]


def grams(*texts: str, initials: Iterable[str] = ()) -> list[str]:
    """The distinct two-character pieces of all texts, traditional characters folded, sorted; a one-character word stands for itself.

    `initials` (zhangwei → zw) are indexed in the same way, marked so that they do not mix with words.
    """
    pieces: set[str] = set()
    for text in texts:
        for word in words(simplified(text)):
            pieces.update(word[i : i + 2] for i in range(len(word) - 1)) if len(word) > 1 else pieces.add(word)
    for short in initials:
        folded = short.casefold()
        pieces.add("^" + folded[:1])
        pieces.update("~" + folded[i : i + 2] for i in range(len(folded) - 1))
    return sorted(pieces)


def pieces_of(text: str, names: Iterable[str]) -> list[str]:
    """What a matter is found by: the pieces of its words, and the initials of the persons named in it (郭某某 by gmm)."""
    return grams(text, initials=(short for name in names if 2 <= len(name) <= LONGEST_NAME for short in pinyin.all_initials(name)))


def query_pieces(typed: str) -> tuple[list[str], list[str]]:
    """What was typed → (pieces that a row must hold, words that its text must contain). Both empty: nothing to look for."""
    found = words(typed[:LONGEST_QUERY])
    return grams(*found), found


def initials_pieces(typed: str) -> list[str]:
    """Pieces for a search by initials: Latin letters only, else empty."""
    short = typed.strip().casefold()
    return grams(initials=[short]) if re.fullmatch(r"[a-z]{2,8}", short) else []


# A word of one or two characters is its own piece. Longer words are compared with the text, behind the policy: that
# comparison is never made leakproof (its errors would tell of hidden rows).
WORD = """ and (position(%s in lower(normalize(title, NFKC))) > 0 or exists (
    select 1 from matter_subject s where s.matter_id = matter.id and position(%s in lower(normalize(s.name || ' ' || s.unit_name, NFKC))) > 0))"""
SEARCH = """
select id, title, kind, next_due from matter
where grams @> %s::varchar[] and status = any (%s){words}
order by next_due nulls last, id limit %s
"""


def search(typed: str, *, closed: bool = False, limit: int = LIMIT) -> list[tuple[Any, ...]]:
    """Visible matters whose title or subjects hold every word typed: (id, title, kind, next_due), by deadline."""
    pieces, found = query_pieces(typed)
    if not pieces:
        return []
    return _run(pieces, [w for w in found if len(w) > 2], closed, limit)


def search_initials(typed: str, *, closed: bool = False, limit: int = LIMIT) -> list[tuple[Any, ...]]:
    """The same by the initials of names (zw → 张伟)."""
    pieces = initials_pieces(typed)
    return _run(pieces, [], closed, limit) if pieces else []


def _run(pieces: list[str], long_words: list[str], closed: bool, limit: int) -> list[tuple[Any, ...]]:
    statuses = ["open", "closed"] if closed else ["open"]
    with connection.cursor() as cursor:
        cursor.execute(SEARCH.format(words=WORD * len(long_words)), [pieces, statuses, *(w for w in long_words for _ in range(2)), limit])
        return cursor.fetchall()
