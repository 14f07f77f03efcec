"""Names of persons, prepared for comparison: form, order, sound, shape.

Everything here serves matching only; the original spelling stays in the record and is what people see.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, product

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from . import han

POSITIONS = 4  # characters compared one by one; a Han name longer than this is compared as a string
COMBINATIONS = 8  # sounds kept for one name with several readings (ux.md asks for a cap; 16 is for search)
SOUND_BASE = 0x3400  # a syllable is written as one character, so that a name's sound is a short string


@lru_cache(maxsize=1)
def _compound() -> frozenset[str]:
    return frozenset(s for s in han.tables().surname_readings if len(s) == 2)


def split_person(name: str) -> tuple[str, str]:
    """Surname and given name of a folded Han name; compound surnames are known by the table.

    A name of another script, or of one character, has no surname that could be told apart.
    """
    if len(name) < 2 or not all("㐀" <= c < "\ua000" for c in name):
        return "", name
    if len(name) > 2 and name[:2] in _compound():
        return name[:2], name[2:]
    if len(name) > POSITIONS:
        return "", name
    return name[:1], name[1:]


def sounds(name: str, cap: int = COMBINATIONS) -> tuple[str, ...]:
    """All sounds of one name, syllables joined by spaces; a surname's own reading comes first."""
    surname, given = split_person(han.fold(name))
    options: list[tuple[str, ...]] = []
    special = han.tables().surname_readings.get(surname)
    if special:
        usual = () if len(surname) > 1 else han.syllables_of(surname)
        options.append(tuple(dict.fromkeys(special + usual)))
    else:  # a surname without an entry is read as usual: its rare readings belong to words, not to names
        options += [han.syllables_of(c)[:1] for c in surname]
    options += [han.syllables_of(c) for c in given]
    return tuple(" ".join(p) for p in islice(product(*options), cap))


@dataclass(frozen=True, slots=True)
class PersonNames:
    """Columns derived from a column of names; all of the same length, null where the name is missing."""

    form: pa.Array  # matching form
    surname: pa.Array
    last: pa.Array  # last character of the name: a blocking key
    ordered: pa.Array  # characters in sorted order: equal when only the order differs
    sound: pa.Array  # one character per syllable, most usual reading
    dialect: pa.Array  # the same with fuzzy pairs merged
    sounds: pa.ListArray  # all sounds where there are several, else empty
    chars: NDArray[np.uint32]  # (n, POSITIONS)
    alike: list[pa.ListArray]  # per position: characters of similar shape

    def table(self, prefix: str = "n_") -> pa.Table:
        """The columns as an Arrow table, names beginning with `prefix`."""
        columns: dict[str, object] = {
            k: getattr(self, k) for k in ("form", "surname", "last", "ordered", "sound", "dialect", "sounds")
        }
        for i in range(POSITIONS):
            columns[f"c{i}"] = pa.array(self.chars[:, i])
            columns[f"v{i}"] = self.alike[i]
        return pa.table({prefix + k: v for k, v in columns.items()})


def _strings(codes: NDArray[np.uint32]) -> pa.Array:
    """Rows of code points as Arrow strings, null where empty."""
    column = pa.array(han.as_strings(codes), pa.string())
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)


def _sound_strings(numbers: NDArray[np.uint16]) -> pa.Array:
    codes = np.where(numbers > 0, numbers.astype(np.uint32) + SOUND_BASE, 0).astype(np.uint32)
    return _strings(codes)


def _lists(codes: NDArray[np.uint32], options: dict[int, tuple[int, ...]]) -> pa.ListArray:
    """Per row the options of its code, as an Arrow list column built without a loop over rows."""
    distinct, where = np.unique(codes, return_inverse=True)
    lists = [np.array(options.get(int(c), ()), dtype=np.uint32) for c in distinct]
    sizes = np.array([len(x) for x in lists], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    flat = np.concatenate([*lists, np.zeros(0, dtype=np.uint32)])
    per_row = sizes[where]
    offsets = np.concatenate([[0], np.cumsum(per_row)])
    source = np.repeat(starts[:-1][where] - offsets[:-1], per_row) + np.arange(offsets[-1])
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), pa.array(flat[source]))


@lru_cache(maxsize=1)
def _alternatives() -> tuple[NDArray[np.uint16], NDArray[np.uint16], NDArray[np.uint16], NDArray[np.uint16]]:
    """Second and third reading of a character inside a name, then the same for a one-character surname."""
    t = han.tables()
    number = {s: i + 1 for i, s in enumerate(t.syllables)}
    given = np.zeros((2, han.PLANES), dtype=np.uint16)
    for code, readings in t.readings.items():
        for k, r in enumerate(readings[1:3]):
            given[k, code] = r + 1
    surname = np.zeros((2, han.PLANES), dtype=np.uint16)
    for name, own in t.surname_readings.items():
        if len(name) == 1:
            rest = list(own[1:]) + [t.syllables[r] for r in t.readings.get(ord(name), ()) if t.syllables[r] != own[0]]
            for k, s in enumerate(dict.fromkeys(rest)):
                if k < 2:
                    surname[k, ord(name)] = number[s]
    return given[0], given[1], surname[0], surname[1]


def _other_sounds(
    codes: han.Codes, sound: NDArray[np.uint16], has_surname: NDArray[np.bool_], surname_len: NDArray[np.int64]
) -> pa.ListArray:
    """Per name the sounds with one reading exchanged, the usual sound first; empty where there is only one.

    One exchange at a time: two names meet when each differs from the usual sound in one place at most.
    """
    found_rows: list[NDArray[np.int64]] = []
    found: list[pa.Array] = []
    low = np.minimum(codes[:, :POSITIONS], han.PLANES - 1)
    tables = _alternatives()
    for position in range(POSITIONS):
        in_surname = has_surname & (position < surname_len)
        for given, surname in ((tables[0], tables[2]), (tables[1], tables[3])):
            other = np.where(in_surname, np.where(surname_len == 1, surname[low[:, position]], 0), given[low[:, position]])
            at = np.flatnonzero(other)
            if at.size:
                changed = sound[at].copy()
                changed[:, position] = other[at]
                found_rows.append(at)
                found.append(_sound_strings(changed))
    if not found:
        return pa.array([[]] * len(codes), pa.list_(pa.string()))
    row = np.concatenate(found_rows)
    usual = np.unique(row)
    texts = pa.concat_arrays([_sound_strings(sound[usual]), *found])
    row = np.concatenate([usual, row])
    order = np.argsort(row, kind="stable")
    offsets = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(codes)))]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), texts.take(pa.array(order)))


def prepare_persons(names: Sequence[str | None] | pa.Array | pa.ChunkedArray) -> PersonNames:
    """Derive all matching columns from a column of person names (None stays None).

    Work is done once per distinct name: registers repeat them.
    """
    t = han.tables()
    column = pa.array(names, pa.string()) if isinstance(names, Sequence) else names
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    coded = column.cast(pa.string()).fill_null("").dictionary_encode()
    where = coded.indices
    codes = han.to_codes(coded.dictionary.to_pylist())
    lengths = (codes > 0).sum(axis=1)
    is_han = ((codes == 0) | ((codes >= 0x3400) & (codes < 0xA000))).all(axis=1) & (lengths > 0)

    first_two = np.ascontiguousarray(codes[:, :2])
    pair_codes = first_two[:, 0].astype(np.uint64) << np.uint64(32) | first_two[:, 1]
    compound = np.array([ord(s[0]) << 32 | ord(s[1]) for s in _compound()], dtype=np.uint64)
    is_compound = is_han & (lengths > 2) & np.isin(pair_codes, compound)
    has_surname = is_han & (lengths >= 2) & ((lengths <= POSITIONS) | is_compound)
    surname_len = np.where(has_surname, np.where(is_compound, 2, 1), 0)
    surname = np.where(np.arange(codes.shape[1])[None, :] < surname_len[:, None], codes, 0)
    last = codes[np.arange(len(codes)), np.maximum(lengths - 1, 0)].astype(np.uint32)

    # sound: the usual reading, and for the surname its own
    low = np.minimum(codes, han.PLANES - 1)
    sound = t.first_reading[low]
    number = {s: i + 1 for i, s in enumerate(t.syllables)}
    for name, readings in t.surname_readings.items():
        parts = readings[0].split()
        mask = has_surname & (surname_len == len(name))
        for i, c in enumerate(name):
            mask = mask & (codes[:, i] == ord(c))
        for i, p in enumerate(parts):
            sound[mask, i] = number[p]
    # a character without a reading (a Latin letter, a rare sign) stands for itself in its own range
    dialect = t.fuzzy[sound]
    bare = (sound == 0) & (codes > 0)
    own = (codes[bare] % 0x2000 + 0x4000).astype(np.uint16)
    sound[bare] = own
    dialect[bare] = own

    others = _other_sounds(codes, sound, has_surname, surname_len)
    sorted_codes = np.sort(codes, axis=1)
    # zeros sort to the front: turn each row so that characters come first
    shift = (np.arange(codes.shape[1])[None, :] + (codes.shape[1] - lengths)[:, None]) % codes.shape[1]
    ordered = np.take_along_axis(sorted_codes, shift, axis=1)

    chars = np.where((lengths <= POSITIONS)[:, None] & is_han[:, None], codes[:, :POSITIONS], 0).astype(np.uint32)
    chars = chars[where.to_numpy()]
    return PersonNames(
        form=_strings(codes).take(where),
        surname=_strings(surname).take(where),
        last=_strings(last[:, None]).take(where),
        ordered=_strings(ordered).take(where),
        sound=_sound_strings(sound).take(where),
        dialect=_sound_strings(dialect).take(where),
        sounds=others.take(where),
        chars=chars,
        alike=[_lists(chars[:, i], t.similar) for i in range(POSITIONS)],
    )
