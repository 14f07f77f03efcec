"""Chinese characters as numbers: simplified form, readings, similar shapes — whole columns at a time.

A column of names becomes a matrix of code points, so that a million names are folded and read with a
few look-ups in arrays instead of a million loops. Tables and their licences: data/README.md.
"""
from __future__ import annotations

import csv
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from pypinyin.pinyin_dict import pinyin_dict

Codes = NDArray[np.uint32]

PLANES = 0x20000  # the basic plane and the one after it; anything beyond keeps its own code
WIDTH = 24  # characters of a name that are compared; longer names are cut for matching only
MIN_WIDTH = 4
MAX_READINGS = 3  # readings kept per character, in the order of the source
# Separators inside transliterated and minority names, spaces and stray marks: never part of a name.
NOISE = frozenset("·•・‧∙⋅･.．。 　\t\r\n-－—_,，'’`")


@dataclass(frozen=True, slots=True)
class Tables:
    """Look-up tables over code points."""

    simplified: Codes  # code → simplified code
    first_reading: NDArray[np.uint16]  # code → syllable number + 1 (0: none)
    readings: dict[int, tuple[int, ...]]  # code → syllable numbers, most usual first
    syllables: tuple[str, ...]
    fuzzy: NDArray[np.uint16]  # syllable number + 1 → number + 1 of its dialect class
    similar: dict[int, tuple[int, ...]]
    surname_readings: dict[str, tuple[str, ...]]


def rows(name: str) -> list[dict[str, str]]:
    """Rows of one of the engine's own tables, by file name."""
    text = (files(__package__) / "data" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def plain(syllable: str) -> str:
    """A syllable without its tone; ü is written v."""
    out = unicodedata.normalize("NFD", syllable.replace("ü", "v").replace("ê", "e"))
    bare = "".join(c for c in out if not unicodedata.combining(c) or c == "̈")
    return unicodedata.normalize("NFC", bare).replace("ü", "v")


def dialect_class(syllable: str) -> str:
    """A syllable with the distinctions merged that many speakers do not make.

    zh/z, ch/c, sh/s; initial n/l; final -ng/-n: the usual fuzzy pairs of Chinese input methods.
    """
    s = syllable
    if s[:2] in ("zh", "ch", "sh"):
        s = s[0] + s[2:]
    if s.startswith("n"):
        s = "l" + s[1:]
    if s.endswith("ng"):
        s = s[:-1]
    return s


@lru_cache(maxsize=1)
def tables() -> Tables:
    """All tables, read once."""
    simplified = np.arange(PLANES, dtype=np.uint32)
    for row in rows("simplified.csv"):
        if ord(row["from"]) < PLANES and ord(row["to"]) < PLANES:
            simplified[ord(row["from"])] = ord(row["to"])
    numbers: dict[str, int] = {}
    readings: dict[int, tuple[int, ...]] = {}
    first = np.zeros(PLANES, dtype=np.uint16)
    for code, text in pinyin_dict.items():
        if code >= PLANES:
            continue
        mine: list[int] = []
        for one in text.split(","):
            n = numbers.setdefault(plain(one), len(numbers))
            if n not in mine:
                mine.append(n)
        readings[code] = tuple(mine[:MAX_READINGS])
        first[code] = mine[0] + 1
    surname_readings: dict[str, tuple[str, ...]] = {}
    for row in rows("surnames.csv"):
        surname_readings[row["surname"]] = tuple(plain(r) for r in row["reading"].split("|"))
        for reading in surname_readings[row["surname"]]:
            for part in reading.split():
                numbers.setdefault(part, len(numbers))
    syllables = tuple(numbers)
    for s in syllables:
        numbers.setdefault(dialect_class(s), len(numbers))
    fuzzy = np.zeros(len(syllables) + 1, dtype=np.uint16)
    for i, s in enumerate(syllables):
        fuzzy[i + 1] = numbers[dialect_class(s)] + 1
    similar = {ord(r["char"]): tuple(ord(c) for c in r["similar"]) for r in rows("similar.csv")}
    return Tables(simplified, first, readings, syllables, fuzzy, similar, surname_readings)


def clean(text: str | None) -> str:
    """A name without spaces, dots and marks, full-width forms made half-width, upper case."""
    if not text:
        return ""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if c not in NOISE).upper()


def to_codes(names: Sequence[str | None]) -> Codes:
    """Names as a matrix of simplified code points, shape (n, width ≤ WIDTH), zero where a name has ended.

    Missing names become rows of zeros. Only rows that hold something besides plain Han characters
    are cleaned one by one.
    """
    array = np.array([n or "" for n in names], dtype="<U")
    width = min(max(array.itemsize // 4, MIN_WIDTH), WIDTH)
    codes = array.astype(f"<U{width}").view(np.uint32).reshape(len(array), width).copy()
    plain_han = (codes == 0) | ((codes >= 0x3400) & (codes < 0xA000))
    for i in np.flatnonzero(~plain_han.all(axis=1)).tolist():
        fresh = clean(names[i])[:width]
        codes[i] = 0
        codes[i, : len(fresh)] = [ord(c) for c in fresh]
    low = codes < PLANES
    codes[low] = tables().simplified[codes[low]]
    return codes


def to_text(codes: Codes) -> list[str]:
    """The inverse of to_codes for matching forms: one string per row."""
    return [str(s) for s in as_strings(codes)]


def as_strings(codes: Codes) -> NDArray[np.str_]:
    """Rows of code points as an array of strings (trailing zeros are no characters)."""
    return np.ascontiguousarray(codes, dtype=np.uint32).view(f"<U{codes.shape[1]}").ravel()


def fold(text: str | None) -> str:
    """One name in its matching form: cleaned, simplified."""
    return to_text(to_codes([text]))[0]


def are_similar(a: str, b: str) -> bool:
    """Whether two characters look alike according to the table."""
    return ord(b) in tables().similar.get(ord(a), ())


def syllables_of(char: str) -> tuple[str, ...]:
    """All kept readings of a character, without tones; itself when it has none."""
    t = tables()
    found = t.readings.get(ord(char))
    return tuple(t.syllables[i] for i in found) if found else (char,)


def fold_long(text: str) -> str:
    """Any text, however long, cleaned and in simplified characters."""
    simplified = tables().simplified
    return "".join(chr(int(simplified[ord(c)])) if ord(c) < PLANES else c for c in clean(text))
