"""Whether a text tells who reported: names, numbers, telephones and addresses found however they are written. Pure."""
from __future__ import annotations

import re
import unicodedata

DIGITS = str.maketrans("〇零一二三四五六七八九壹贰叁肆伍陆柒捌玖幺", "00123456789" + "123456789" + "1")
SHORTEST_NUMBER = 7  # of a telephone's or identity number's digits in a row, as tails are told too


def _folded(text: str) -> str:
    """Full width to half width, small letters, nothing but letters and digits: what spaces, dots and dashes hide is found."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).lower())


def _number(text: str) -> str:
    return re.sub(r"[^0-9x]", "", unicodedata.normalize("NFKC", text).lower().translate(DIGITS))


def leaks(text: str, identity: dict[str, str]) -> list[str]:
    """Which parts of an identity a text gives away: `name`, `id_number`, `phone`, `address`, `unit`; empty when none.

    A name of one character finds nothing (it would find everything); of numbers, any seven digits in a row of it count.
    """
    words, digits = _folded(text), _number(text)
    found = []
    for part in ("name", "other_name", "unit"):
        value = _folded(identity.get(part, ""))
        if len(value) >= 2 and value in words:
            found.append("name" if part == "other_name" else part)
    for part in ("id_number", "phone", "contact"):
        value = _number(identity.get(part, ""))
        if len(value) >= SHORTEST_NUMBER and any(value[i:i + SHORTEST_NUMBER] in digits for i in range(len(value) - SHORTEST_NUMBER + 1)):
            found.append("phone" if part == "contact" else part)
    address = _folded(identity.get("address", ""))
    if len(address) >= 6 and any(address[i:i + 6] in words for i in range(len(address) - 5)):
        found.append("address")
    return sorted(set(found))
