"""Search by two-character pieces: names are mostly two or three characters, which no trigram index can find. The one place where
pieces are made: for what is stored, for what is typed, for what is recomputed.

A matter's pieces are computed here when it is saved; a query asks for rows that hold every piece of what was typed
(office/matters/queries/lookup.py). Visible rows only: the index is on (acl, grams), and the policy comes first.
"""
from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from xieli.engines.identifiers import pinyin, simplified

_SPLIT = re.compile(r"[\s\W_]+", re.UNICODE)
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


def initials_pieces(typed: str) -> list[str]:
    """Pieces for a search by initials: Latin letters only, else empty."""
    short = typed.strip().casefold()
    return grams(initials=[short]) if re.fullmatch(r"[a-z]{2,8}", short) else []


#: visible matters that hold all pieces, so many at most: (opened_at, id), in no order
HITS = "select opened_at, id from matter where grams @> %s::varchar[] limit %s"
