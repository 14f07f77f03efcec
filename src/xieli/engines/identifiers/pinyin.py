"""Names found by their sound: initials and full readings, all readings of a character, the right one first.

A surname table and a place table (data/) name the reading people use; after it come the other readings in order of
how far they stray, so that a common misreading still finds the name (measured: pypinyin alone is wrong on 32 of 71
hard names, docs/decisions). At most `LIMIT` combinations per name.
"""
from __future__ import annotations

import csv
import heapq
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from .names import HOLES, name_key

LIMIT = 16


@dataclass(frozen=True)
class SearchKeys:
    """Under what a name is found; the first of each is the reading people use."""

    name: str
    key: str
    initials: tuple[str, ...]
    full: tuple[str, ...]


def _toneless(syllable: str) -> str:
    out: list[str] = []
    for c in unicodedata.normalize("NFD", syllable):
        if c == "\u0308":
            out[-1] = "v"
        elif not unicodedata.combining(c):
            out.append(c)
    return "".join(out)


@cache
def _dictionary() -> dict[int, str]:
    from pypinyin.pinyin_dict import pinyin_dict  # half a second and 60 MB, so only where a name is searched

    return dict(pinyin_dict)


@cache
def readings(character: str) -> tuple[str, ...]:
    """All readings of one character without tones, the commonest first; letters and digits read as themselves."""
    entry = _dictionary().get(ord(character))
    if entry is None:
        return (character.lower(),) if character.isalnum() and character.isascii() else ()
    return tuple(dict.fromkeys(_toneless(s) for s in entry.split(",")))


def _table(filename: str) -> dict[str, tuple[tuple[str, ...], ...]]:
    text = files(__package__).joinpath("data", filename).read_text("utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    table = {}
    for row in rows:
        said = [tuple(reading.split()) for reading in row["readings"].split("|")]
        # per character: the readings of that character, the right one first
        table[row["name"]] = tuple(tuple(dict.fromkeys(column)) for column in zip(*said, strict=True))
    return table


@cache
def surnames() -> dict[str, tuple[tuple[str, ...], ...]]:
    return _table("surnames.csv")


@cache
def places() -> dict[str, tuple[tuple[str, ...], ...]]:
    return _table("places.csv")


def _choices(key: str) -> list[tuple[str, ...]]:
    """For each character that can be read, its readings with the one in use first."""
    return [every for every in _said(key) if every]


def _said(key: str) -> list[tuple[str, ...]]:
    """For each character its readings with the one in use first; nothing for one that cannot be read."""
    fixed: dict[int, tuple[str, ...]] = {}
    for length in (2, 1):
        head = surnames().get(key[:length])
        if head and len(key) >= length:
            fixed.update(enumerate(head))
            break
    # A place wins over a surname: 单县 is read as the place, and a body's name begins with its place.
    for length in range(min(len(key), 5), 1, -1):
        for start in range(len(key) - length + 1):
            said = places().get(key[start : start + length])
            if said:
                fixed.update((start + i, r) for i, r in enumerate(said))
    out = []
    for i, character in enumerate(key):
        out.append(tuple(dict.fromkeys((*fixed.get(i, ()), *readings(character)))))
    return out


def _nearest(choices: Sequence[Sequence[str]], limit: int) -> Iterator[tuple[str, ...]]:
    """Combinations in order of how many steps they stray from the first choice of each, at most `limit`."""
    start = (0,) * len(choices)
    heap, seen = [(0, start)], {start}
    while heap and limit:
        _, at = heapq.heappop(heap)
        yield tuple(c[i] for c, i in zip(choices, at, strict=True))
        limit -= 1
        for position, i in enumerate(at):
            if i + 1 < len(choices[position]):
                step = (*at[:position], i + 1, *at[position + 1 :])
                if step not in seen:
                    seen.add(step)
                    # a second stray character costs more than a further reading of one
                    strays = sum(1 for j in step if j)
                    heapq.heappush(heap, (strays * 10 + sum(step), step))


def search_keys(name: str) -> SearchKeys:
    """Initials and full readings of a name of a person, place or body."""
    key = name_key(name)
    choices = _choices(key)
    heads = [tuple(dict.fromkeys(r[0] for r in c)) for c in choices]
    return SearchKeys(
        name,
        key,
        tuple(dict.fromkeys("".join(c) for c in _nearest(heads, LIMIT))),
        tuple(dict.fromkeys("".join(c) for c in _nearest(choices, LIMIT))),
    )


def all_initials(name: str) -> tuple[str, ...]:
    """The initials of every reading, as `search_keys` gives them, without the full readings: for thousands of names at once."""
    heads = [tuple(dict.fromkeys(r[0] for r in c)) for c in _choices(name_key(name))]
    if all(len(h) == 1 for h in heads):
        return ("".join(h[0] for h in heads),)
    return tuple(dict.fromkeys("".join(c) for c in _nearest(heads, LIMIT)))


def initials(name: str) -> str:
    """The initials people use for a name, e.g. 单雄信 -> sxx."""
    return search_keys(name).initials[0]


def sort_key(name: str) -> str:
    """What a name is ordered by: its reading in use, character by character, so that all of one surname stand together (彭 at p, never at b)."""
    key = name_key(name)
    return " ".join(said[0] if said else character for character, said in zip(key, _said(key), strict=True))[:120]


def found_by(keys: SearchKeys, query: str) -> bool:
    """Whether a query finds a name: characters (with ？ or □ for one that cannot be typed), full pinyin or initials."""
    asked = name_key(query)
    if not asked:
        return False
    if any(c in HOLES for c in query):
        wanted = [None if c in HOLES else c for c in "".join(query.split())]
        return any(
            all(w is None or w == c for w, c in zip(wanted, keys.key[start:], strict=False))
            for start in range(len(keys.key) - len(wanted) + 1)
        )
    if asked in keys.key:
        return True
    return any(k.startswith(asked) for k in (*keys.initials, *keys.full))
