"""Addresses split by a small gazetteer: place by place, from province to village, then group and number.

Only the places of the installation's own list are known; former names lead to their successor. An
ambiguous place stays open instead of being guessed (measured elsewhere: a general library put
Jiangbei of Chongqing into Ningbo). The raw text is always kept by the caller.
"""
from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from . import han

LEVELS = ("province", "city", "county", "town", "village")
ENDINGS = {
    "province": ("省", "自治区", "市"),
    "city": ("市", "地区", "自治州", "盟"),
    "county": ("自治县", "县", "区", "市", "旗"),
    "town": ("街道办事处", "街道", "民族乡", "镇", "乡"),
    "village": ("社区居委会", "村委会", "社区", "村", "居"),
}
_NUMBER = "[0-9零〇一二三四五六七八九十百]+"
# place | rest: the rest begins at the first number that counts houses or groups, not at a number inside a name
_SPLIT = f"^(?P<place>.*?)(?P<rest>(?:第?{_NUMBER}(?:村民小组|小组|组|社|号|栋|幢|弄|巷|单元|室|楼).*)|(?:[0-9].*))?$"
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0}
_GROUP = re.compile(f"第?({_NUMBER})(?:村民小组|小组|组|社)")
_ALL_NUMBERS = re.compile(_NUMBER)


@dataclass(frozen=True, slots=True)
class Place:
    """One entry: a code, its full name, other names (short, former) and the code of what it lies in."""

    code: str
    name: str
    level: str
    parent: str | None = None
    other_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """Codes found for an address, by level; `tail` is what no entry explained; `doubtful` if several fit."""

    codes: Mapping[str, str]
    tail: str
    doubtful: bool = False


def number(text: str) -> int | None:
    """A house or group number in digits or Chinese numerals up to 999; None if it is neither."""
    if text.isdecimal():
        return int(text)
    if not text or any(c not in _DIGITS and c not in "十百" for c in text):
        return None
    if "十" not in text and "百" not in text:
        return int("".join(str(_DIGITS[c]) for c in text))
    total, last = 0, 0
    for c in text:
        if c == "百":
            total, last = total + (last or 1) * 100, 0
        elif c == "十":
            total, last = total + (last or 1) * 10, 0
        else:
            last = _DIGITS[c]
    return total + last


def house(rest: str) -> str:
    """Group and house numbers of an address in one spelling: `3组27号`, `三社27` → `g3 27`."""
    group = _GROUP.search(rest)
    others = _GROUP.sub(" ", rest)
    parts = [f"g{number(group.group(1))}"] if group else []
    parts += [str(n) for n in (number(m) for m in _ALL_NUMBERS.findall(others)) if n is not None]
    return " ".join(parts)


@dataclass
class Gazetteer:
    """A list of places that can read addresses.

    `prior`: codes of places that an address lies in unless it says otherwise (the installation's province).
    """

    places: Sequence[Place]
    prior: str | None = None
    _by_code: dict[str, Place] = field(init=False, repr=False)
    _by_name: dict[str, list[Place]] = field(init=False, repr=False)
    _longest: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._by_code = {p.code: p for p in self.places}
        self._by_name = {}
        for p in self.places:
            for name in {p.name, *p.other_names, *self._short(p)}:
                self._by_name.setdefault(han.fold(name), []).append(p)
        self._longest = max((len(n) for n in self._by_name), default=0)

    @staticmethod
    def _short(place: Place) -> Iterable[str]:
        """The name without its class word, where at least two characters remain."""
        for ending in ENDINGS[place.level]:
            if place.name.endswith(ending) and len(place.name) - len(ending) >= 2:
                yield place.name[: -len(ending)]
                return

    def lies_in(self, place: Place, code: str) -> bool:
        """Whether a place is, or lies in, the place with this code."""
        at: str | None = place.code
        while at is not None:
            if at == code:
                return True
            above = self._by_code.get(at)
            at = above.parent if above else None
        return False

    def codes(self, place: Place) -> dict[str, str]:
        """The place and everything above it, by level."""
        out: dict[str, str] = {}
        at: Place | None = place
        while at is not None:
            out[at.level] = at.code
            at = self._by_code.get(at.parent) if at.parent else None
        return out

    def read(self, text: str) -> Found:
        """Read the place part of an address from left to right, longest name first, each inside the last."""
        rest = han.fold_long(text)
        here: list[Place] = []  # all places that explain what was read so far
        while rest:
            step = self._step(rest, here)
            if step is None:
                break
            here, used = step
            rest = rest[used:]
        if not here:
            return Found({}, rest)
        if len(here) > 1 and self.prior is not None:
            inside = [p for p in here if self.lies_in(p, self.prior)]
            here = inside or here
        if len(here) > 1:
            common = set.intersection(*(set(self.codes(p).items()) for p in here))
            return Found(dict(common), rest, doubtful=True)
        return Found(self.codes(here[0]), rest)

    def _step(self, rest: str, here: list[Place]) -> tuple[list[Place], int] | None:
        for used in range(min(self._longest, len(rest)), 1, -1):
            options = self._by_name.get(rest[:used])
            if not options:
                continue
            if here:
                options = [p for p in options if any(p.code != h.code and self.lies_in(p, h.code) for h in here)]
                if not options:
                    continue
            # a class word right after a short name belongs to it: 临溪|县
            if not here and any(p.level in ("province", "city", "county") for p in options):
                options = [p for p in options if p.level in ("province", "city", "county")]
            return options, used
        return None


def split_addresses(column: pa.Array, gazetteer: Gazetteer) -> pa.Table:
    """Columns county, town, village, place (raw place text), house for a column of addresses.

    Work is done once per distinct place text and per distinct house text. Missing parts are null.
    """
    text = column.cast(pa.string()) if not isinstance(column, pa.ChunkedArray) else column.combine_chunks().cast(pa.string())
    # spaces and full-width forms first, so that one place has one text
    text = pc.replace_substring_regex(pc.utf8_normalize(text, "NFKC"), r"[\s,，.。·-]+", "")
    parts = pc.extract_regex(text, _SPLIT)
    place = pc.struct_field(parts, "place").dictionary_encode()
    rest = pc.struct_field(parts, "rest").dictionary_encode()
    found = [gazetteer.read(p) if p else None for p in place.dictionary.to_pylist()]
    columns = {}
    for level in ("county", "town", "village"):
        values = pa.array([f.codes.get(level) if f else None for f in found], pa.string())
        columns[level] = values.take(place.indices)
    columns["place"] = pa.array(place.dictionary.to_pylist(), pa.string()).take(place.indices)
    houses = pa.array([house(r) or None if r else None for r in rest.dictionary.to_pylist()], pa.string())
    columns["house"] = houses.take(rest.indices)
    return pa.table(columns)
