"""The fields of a lead ledger and the names that clerks give its columns."""
from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

_SOUND = re.compile(r"[\s*＊:：_\-—/／、,，。.·（()）【】\[\]“”\"']+")
_ASIDE = re.compile(r"[（(][^（()）]*[)）]")


@dataclass(frozen=True)
class Field:
    """One field: code, names in both languages, how its cells are read, whether a row needs it."""

    code: str
    zh: str
    en: str
    kind: str
    required: bool
    names: tuple[str, ...]


@cache
def fields() -> dict[str, Field]:
    """All fields by code, in the order in which they are written out."""
    raw = yaml.safe_load(Path(__file__).with_name("fields.yaml").read_text(encoding="utf-8"))
    return {code: Field(code, f["zh"], f["en"], f["kind"], bool(f.get("required")), tuple(f["names"])) for code, f in raw.items()}


def folded(text: object) -> str:
    """A heading as it is compared: full and half width alike, without blanks, marks and asides in brackets."""
    whole = unicodedata.normalize("NFKC", str(text or "")).lower()
    return _SOUND.sub("", _ASIDE.sub("", whole)) or _SOUND.sub("", whole)


@cache
def _by_name() -> dict[str, str]:
    found: dict[str, str] = {}
    for field in fields().values():
        for name in field.names:
            found.setdefault(folded(name), field.code)
    return found


def field_for(heading: object) -> str | None:
    """The field that a heading means, or None when it is no name we know."""
    return _by_name().get(folded(heading))
