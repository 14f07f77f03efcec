"""Published error mixes of the generator, read from data/mixes.yaml; every rate carries its source."""
from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import yaml

KINDS = (
    "address_format", "name_order", "name_missing_char", "name_other_char", "name_sound", "name_dialect",
    "name_shape", "name_sound_and_shape", "name_traditional", "birth_digit", "birth_swap", "birth_missing",
    "birth_lunar", "phone_changed", "phone_digit", "phone_missing", "phone_household", "moved",
    "address_missing", "sex_wrong",
)  # fmt: skip
BY_SOUND_OR_SHAPE = frozenset(k for k in KINDS if k.startswith(("name_sound", "name_shape", "name_dialect")))


@dataclass(frozen=True, slots=True)
class Rate:
    """Share of records (0–1) and where the number comes from."""

    rate: float
    source: str


@dataclass(frozen=True, slots=True)
class Mix:
    """One error mix: a name, what it stands for in both languages, and its rates by kind of error."""

    name: str
    zh: str
    en: str
    rates: dict[str, Rate]

    def rate(self, kind: str) -> float:
        """The rate of one kind of error; 0 where the mix does not name it."""
        if kind not in KINDS:
            raise KeyError(kind)
        found = self.rates.get(kind)
        return found.rate if found else 0.0

    @property
    def has_sound_or_shape(self) -> bool:
        """Whether any name error follows sound or shape: such mixes favour comparators that know them."""
        return any(self.rate(k) > 0 for k in BY_SOUND_OR_SHAPE)


@lru_cache(maxsize=1)
def mixes() -> dict[str, Mix]:
    """All mixes by name. Raises ValueError for an unknown kind, a rate outside 0–1 or a rate without source."""
    text = (files(__package__) / "data" / "mixes.yaml").read_text(encoding="utf-8")
    out: dict[str, Mix] = {}
    for name, body in yaml.safe_load(text)["mixes"].items():
        rates = {}
        for kind, value in body["rates"].items():
            if kind not in KINDS or not 0 <= value["rate"] <= 1 or not str(value.get("source", "")).strip():
                raise ValueError(f"mix {name}, {kind}: unknown kind, rate outside 0–1, or no source")
            rates[kind] = Rate(float(value["rate"]), str(value["source"]))
        out[name] = Mix(name, body["zh"], body["en"], rates)
    return out
