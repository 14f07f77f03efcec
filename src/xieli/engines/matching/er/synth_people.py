"""Synthetic Chinese registers of invented persons with the truth, at any size, from a seed.

Persons live in households (shared surname along the father's line, shared address, sometimes one
telephone). The first register is as it should be; the second is a copy with the errors of a mix, for a
share of the persons, plus persons of its own. Identity numbers carry area codes 99xxxx, telephones begin
with 12: neither can belong to a living person.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from . import han
from .mixes import Mix
from .synth_places import synthetic_gazetteer

FIRST_YEAR, LAST_YEAR = 1935, 2015
ONE_CHARACTER_GIVEN = 0.25  # share of one-character given names; assumed
OVERLAP = 0.5  # share of the second register's persons who are also in the first
WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])  # GB 11643-1999, check digit
CHECK = np.array(list("10X98765432"))

Ints = NDArray[np.int64]
Strings = NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Registers:
    """Two registers as Arrow tables; `truth` has left_id, right_id of every true pair.

    Columns: id, entity, household, name, sex (男/女), birth (YYYY-MM-DD), phone, address, id_number
    (left only: the second register was kept without it), errors (right only: what was done to the row).
    """

    left: pa.Table
    right: pa.Table
    truth: pa.Table


def _draw(rng: np.random.Generator, texts: Strings, weights: NDArray[np.float64], n: int) -> Strings:
    return texts[rng.choice(len(texts), size=n, p=weights / weights.sum())]


class _Population:
    """Households and their members, as columns."""

    def __init__(self, rng: np.random.Generator, n: int) -> None:
        table = han.rows("synthetic_names.csv")
        pick = {
            k: (np.array([r["text"] for r in table if r["kind"] == k]), np.array([float(r["weight"]) for r in table if r["kind"] == k]))
            for k in ("surname", "male", "female")
        }
        sizes = rng.choice([1, 2, 3, 4, 5], size=n, p=[0.15, 0.25, 0.3, 0.2, 0.1])  # assumed
        household = np.repeat(np.arange(n), sizes)[:n]
        homes = int(household[-1]) + 1
        self.household = household
        head_surname = _draw(rng, *pick["surname"], homes)
        first = np.concatenate([[True], household[1:] != household[:-1]])
        outsider = ~first & (rng.random(n) < 0.35)  # wives keep their surname
        surname = head_surname[household]
        surname[outsider] = _draw(rng, *pick["surname"], int(outsider.sum()))
        self.male = rng.random(n) < 0.51
        given = np.where(self.male, _draw(rng, *pick["male"], n), _draw(rng, *pick["female"], n))
        second = np.where(self.male, _draw(rng, *pick["male"], n), _draw(rng, *pick["female"], n))
        single = rng.random(n) < ONE_CHARACTER_GIVEN
        self.surname = surname
        self.given = np.where(single, given, np.char.add(given, second))
        span = (np.datetime64(f"{LAST_YEAR}-12-31") - np.datetime64(f"{FIRST_YEAR}-01-01")).astype(int)
        self.birth = np.datetime64(f"{FIRST_YEAR}-01-01") + rng.integers(0, span, n)
        villages = [p for p in synthetic_gazetteer().places if p.level == "village"]
        self.village = rng.integers(0, len(villages), homes)[household]
        self.group = rng.integers(1, 13, homes)[household]
        self.number = rng.integers(1, 200, homes)[household]
        self.phone = _phones(rng, n)
        self.home_phone = _phones(rng, homes)[household]
        self.moved_village = rng.integers(0, len(villages), n)

    @property
    def names(self) -> Strings:
        return np.char.add(self.surname, self.given)


def _phones(rng: np.random.Generator, n: int) -> Strings:
    return (12 * 10**9 + rng.integers(0, 10**9, n)).astype(str)


def _identity_numbers(birth: NDArray[np.datetime64], male: NDArray[np.bool_], area: Strings, rng: np.random.Generator) -> Strings:
    serial = rng.integers(0, 500, len(birth)) * 2 + male
    digits = np.char.add(np.char.add(area, np.char.replace(birth.astype("datetime64[D]").astype(str), "-", "")), np.char.zfill(serial.astype(str), 3))
    numbers = np.ascontiguousarray(digits.astype("<U17")).view(np.uint32).reshape(-1, 17).astype(np.int64) - ord("0")
    return np.char.add(digits, CHECK[(numbers * WEIGHTS).sum(axis=1) % 11])


def _village_texts() -> tuple[Strings, Strings, Strings]:
    """Per village: full text, county-first text, short text without class words; and the county code."""
    g = synthetic_gazetteer()
    by_code = {p.code: p for p in g.places}
    full, short, area = [], [], []
    for p in g.places:
        if p.level != "village":
            continue
        codes = g.codes(p)
        parts = [by_code[codes[level]].name for level in ("province", "city", "county", "town", "village")]
        full.append("".join(parts))
        short.append("".join(parts[2:]))
        area.append(codes["county"])
    return np.array(full), np.array(short), np.array(area)


def _chinese_number(n: int) -> str:
    digits = "零一二三四五六七八九"
    if n < 10:
        return digits[n]
    return ("" if n // 10 == 1 else digits[n // 10]) + "十" + (digits[n % 10] if n % 10 else "")


class _Corrupter:
    """Applies one mix to a copy of the population; keeps a note of every error per row."""

    def __init__(self, rng: np.random.Generator, mix: Mix, people: _Population, rows: Ints) -> None:
        self.rng, self.mix, self.people, self.rows = rng, mix, people, rows
        self.notes: list[list[str]] = [[] for _ in rows]
        self.codes = han.to_codes(people.names[rows].tolist())[:, : han.MIN_WIDTH]
        self.lengths = (self.codes > 0).sum(axis=1)

    def hit(self, kind: str) -> Ints:
        at = np.flatnonzero(self.rng.random(len(self.rows)) < self.mix.rate(kind))
        return at

    def note(self, kind: str, at: Ints) -> None:
        for i in at.tolist():
            self.notes[i].append(kind)

    def replace_from(self, kind: str, options: dict[int, list[int]]) -> None:
        """Exchange one character of the name, any position, for one of its options; no option, no error."""
        done = []
        for i in self.hit(kind).tolist():
            positions = [p for p in range(int(self.lengths[i])) if options.get(int(self.codes[i, p]))]
            if positions:
                p = positions[int(self.rng.integers(len(positions)))]
                choice = options[int(self.codes[i, p])]
                self.codes[i, p] = choice[int(self.rng.integers(len(choice)))]
                done.append(i)
        self.note(kind, np.array(done, dtype=np.int64))

    def names(self) -> list[str]:
        sound, dialect, shape = homophones(), near_sounds(), confusable()
        self.replace_from("name_sound", sound)
        self.replace_from("name_dialect", dialect)
        self.replace_from("name_shape", shape)
        both = {c: [o for o in opts if set(han.syllables_of(chr(o))) & set(han.syllables_of(chr(c)))] for c, opts in shape.items()}
        self.replace_from("name_sound_and_shape", both)
        self.replace_from("name_traditional", traditional())
        given = [ord(r["text"]) for r in han.rows("synthetic_names.csv") if r["kind"] in ("male", "female")]
        for kind in ("name_other_char",):
            at = self.hit(kind)
            last = self.lengths[at] - 1
            self.codes[at, last] = self.rng.choice(given, len(at))
            self.note(kind, at)
        at = self.hit("name_order")
        at = at[self.lengths[at] == 3]
        self.codes[at, 1], self.codes[at, 2] = self.codes[at, 2].copy(), self.codes[at, 1].copy()
        self.note("name_order", at)
        at = self.hit("name_missing_char")
        at = at[self.lengths[at] == 3]
        drop_middle = self.rng.random(len(at)) < 0.5
        self.codes[at[drop_middle], 1] = self.codes[at[drop_middle], 2]
        self.codes[at, 2] = 0
        self.note("name_missing_char", at)
        return han.to_text(self.codes)

    def births(self) -> list[str | None]:
        birth = self.people.birth[self.rows].copy()
        at = self.hit("birth_lunar")  # the lunar date read as a solar one: some 20 to 50 days earlier
        birth[at] = birth[at] - self.rng.integers(20, 51, len(at)).astype("timedelta64[D]")
        self.note("birth_lunar", at)
        text = birth.astype("datetime64[D]").astype(str)
        out: list[str | None] = text.tolist()
        swapped = []
        for i in self.hit("birth_swap").tolist():
            y, m, d = text[i].split("-")
            if int(d) <= 12 and d != m:
                out[i] = f"{y}-{d}-{m}"
                swapped.append(i)
        self.note("birth_swap", np.array(swapped, dtype=np.int64))
        at = self.hit("birth_digit")
        for i in at.tolist():
            out[i] = self._wrong_date(str(out[i]))
        self.note("birth_digit", at)
        at = self.hit("birth_missing")
        for i in at.tolist():
            out[i] = None
        self.note("birth_missing", at)
        return out

    def _wrong_date(self, text: str) -> str:
        """One digit of the date typed wrongly; the result is again a date of the calendar."""
        while True:
            p = int(self.rng.choice([2, 3, 5, 6, 8, 9]))
            new = text[:p] + str(self.rng.integers(10)) + text[p + 1 :]
            try:
                np.datetime64(new)
            except ValueError:
                continue
            if new != text:
                return new

    def phones(self) -> list[str | None]:
        phone = self.people.phone[self.rows].copy()
        at = self.hit("phone_household")
        phone[at] = self.people.home_phone[self.rows][at]
        self.note("phone_household", at)
        at = self.hit("phone_changed")
        phone[at] = _phones(self.rng, len(at))
        self.note("phone_changed", at)
        out: list[str | None] = phone.tolist()
        at = self.hit("phone_digit")
        for i in at.tolist():
            p = int(self.rng.integers(2, 11))
            out[i] = str(out[i])[:p] + str((int(str(out[i])[p]) + int(self.rng.integers(1, 10))) % 10) + str(out[i])[p + 1 :]
        self.note("phone_digit", at)
        at = self.hit("phone_missing")
        for i in at.tolist():
            out[i] = None
        self.note("phone_missing", at)
        return out

    def addresses(self, full: Strings, short: Strings) -> list[str | None]:
        village = self.people.village[self.rows].copy()
        group, number = self.people.group[self.rows].copy(), self.people.number[self.rows].copy()
        at = self.hit("moved")
        village[at] = self.people.moved_village[self.rows][at]
        group[at], number[at] = self.rng.integers(1, 13, len(at)), self.rng.integers(1, 200, len(at))
        self.note("moved", at)
        out: list[str | None] = _address(full[village], group, number).tolist()
        at = self.hit("address_format")
        style = self.rng.integers(0, 3, len(at)).tolist()
        for i, s in zip(at.tolist(), style, strict=True):
            g, n, v = int(group[i]), int(number[i]), short[village[i]]
            out[i] = (f"{v}{g}组{n}号", f"{v}{_chinese_number(g)}组{n}号", f"{v}{g}社{n}")[s]
        self.note("address_format", at)
        at = self.hit("address_missing")
        for i in at.tolist():
            out[i] = None
        self.note("address_missing", at)
        return out

    def sexes(self) -> list[str]:
        male = self.people.male[self.rows].copy()
        at = self.hit("sex_wrong")
        male[at] = ~male[at]
        self.note("sex_wrong", at)
        return list(np.where(male, "男", "女"))


def _address(places: Strings, group: Ints, number: Ints) -> Strings:
    text = np.char.add(np.char.add(places, group.astype(str)), "组")
    return np.char.add(np.char.add(text, number.astype(str)), "号")


def _name_characters() -> list[int]:
    """Characters that occur in names of the generator: wrong characters are drawn from plausible ones."""
    return sorted({ord(c) for r in han.rows("synthetic_names.csv") for c in r["text"]} | set(confusable()))


def homophones() -> dict[int, list[int]]:
    """Character → other name characters with the same usual reading."""
    return _by_reading(lambda c: han.syllables_of(chr(c))[0])


def near_sounds() -> dict[int, list[int]]:
    """Character → name characters of another reading in the same dialect class (zh/z, n/l, -ng/-n)."""
    same = homophones()
    wide = _by_reading(lambda c: han.dialect_class(han.syllables_of(chr(c))[0]))
    return {c: [o for o in opts if o not in same.get(c, ())] for c, opts in wide.items()}


def _by_reading(key: object) -> dict[int, list[int]]:
    groups: dict[str, list[int]] = {}
    assert callable(key)
    for c in _name_characters():
        groups.setdefault(key(c), []).append(c)
    return {c: [o for o in members if o != c] for members in groups.values() for c in members}


def confusable() -> dict[int, list[int]]:
    """Character → characters that people take it for: written by hand, not the comparator's own table."""
    out: dict[int, list[int]] = {}
    for row in han.rows("confusable.csv"):
        out.setdefault(ord(row["a"]), []).append(ord(row["b"]))
        out.setdefault(ord(row["b"]), []).append(ord(row["a"]))
    return out


def traditional() -> dict[int, list[int]]:
    """Simplified character → its traditional forms."""
    out: dict[int, list[int]] = {}
    for row in han.rows("simplified.csv"):
        if 0x4E00 <= ord(row["from"]) < 0xA000:
            out.setdefault(ord(row["to"]), []).append(ord(row["from"]))
    return out


def make_people(n: int, mix: Mix, seed: int, overlap: float = OVERLAP) -> Registers:
    """Two registers of n rows each, `overlap` of them the same persons, errors of `mix` in the second.

    The same arguments give the same registers.
    """
    if n < 10 or not 0 < overlap <= 1:
        raise ValueError("n must be at least 10 and overlap between 0 and 1 / 行数至少 10，重合比例在 0 与 1 之间")
    rng = np.random.default_rng(seed)
    both = round(n * overlap)
    people = _Population(rng, 2 * n - both)
    # households stay together: both registers are cut from a random order of persons
    order = rng.permutation(len(people.household))
    left_rows = np.sort(order[:n])
    right_rows = np.concatenate([rng.permutation(order[:both]), order[n:]])
    right_rows = right_rows[rng.permutation(len(right_rows))]
    full, short, area = _village_texts()
    left = pa.table({
        "id": pa.array(np.char.add("L", np.arange(n).astype(str))),
        "entity": pa.array(left_rows),
        "household": pa.array(np.char.add("H", people.household[left_rows].astype(str))),
        "name": pa.array(people.names[left_rows]),
        "sex": pa.array(np.where(people.male[left_rows], "男", "女")),
        "birth": pa.array(people.birth[left_rows].astype("datetime64[D]").astype(str)),
        "phone": pa.array(people.phone[left_rows]),
        "address": pa.array(_address(full[people.village[left_rows]], people.group[left_rows], people.number[left_rows])),
        "id_number": pa.array(_identity_numbers(people.birth[left_rows], people.male[left_rows], area[people.village[left_rows]], rng)),
    })
    wrong = _Corrupter(rng, mix, people, right_rows)
    columns = {
        "id": pa.array(np.char.add("R", np.arange(n).astype(str))),
        "entity": pa.array(right_rows),
        "household": pa.array(np.char.add("B", people.household[right_rows].astype(str))),
        "name": pa.array(wrong.names()),
        "sex": pa.array(wrong.sexes()),
        "birth": pa.array(wrong.births(), pa.string()),
        "phone": pa.array(wrong.phones(), pa.string()),
        "address": pa.array(wrong.addresses(full, short), pa.string()),
    }
    columns["errors"] = pa.array([" ".join(x) for x in wrong.notes])
    right = pa.table(columns)
    position = np.full(int(order.max()) + 1, -1, dtype=np.int64)
    position[left_rows] = np.arange(n)
    match = position[right_rows]
    at = np.flatnonzero(match >= 0)
    truth = pa.table({"left_id": left["id"].take(pa.array(match[at])), "right_id": right["id"].take(pa.array(at))})
    return Registers(left, right, truth)
