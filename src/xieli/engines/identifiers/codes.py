"""Cleaning of codes (not of names): full-width to half-width, no spaces, upper case."""
from __future__ import annotations

import re
import unicodedata

# Zero-width characters, the byte-order mark and the apostrophe with which people force text in a spreadsheet.
_NOISE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff'`’‘\u00ad"))
_GAPS = re.compile(r"[\s\-–—·.]+")
_FLOAT = re.compile(r"\d(?:\.\d+)?[eE]\+?\d{1,3}|\d{15,}\.0+")


def clean_code(text: str) -> str:
    """The code as it should be compared: NFKC, no spaces, dashes or invisible characters, upper case."""
    folded = unicodedata.normalize("NFKC", text).translate(_NOISE).strip()
    if folded.startswith('="') and folded.endswith('"'):  # how spreadsheets are made to keep a number as text
        folded = folded[2:-1]
    return _GAPS.sub("", folded).upper()


def looks_like_float(text: str) -> bool:
    """True when a spreadsheet turned a long number into a float (5.00112198501011E+17, 500112198501011000.0)."""
    return _FLOAT.fullmatch(text.strip()) is not None
