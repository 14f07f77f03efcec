"""Names folded for matching only: traditional to simplified, minority-name dots, rare and compatibility characters.

The original is never changed; the fold is a second value beside it. Not NFKC as a whole: that would alter characters
people write on purpose. Traditional forms fold one to one (data/traditional.csv), so 乾 and 干 meet, which costs a
little precision and never a name.
"""
from __future__ import annotations

import csv
import unicodedata
from functools import cache
from importlib.resources import files

# Every dot people type in 买买提·吐尔逊; in the key the dot disappears, because half of all registers leave it out.
DOTS = "·•・‧∙⋅●.．｡。ㆍ᛫"
# Characters that older systems held in private-use cells until GB 18030-2005 gave them places (facts of that standard).
PRIVATE_USE = {
    "\ue816": "𠂇", "\ue817": "𠂉", "\ue818": "𠃌", "\ue81e": "龴", "\ue826": "龵", "\ue82b": "龶", "\ue82c": "龷",
    "\ue831": "𡗗", "\ue832": "龸", "\ue83b": "𢦏", "\ue843": "龹", "\ue854": "龺", "\ue855": "𤇾", "\ue864": "龻",
}  # fmt: skip
# Shapes used for a character that could not be typed; a search may match any character there.
HOLES = "?？□〓■*＊"
_BRACKETS = str.maketrans("（）【】〔〕［］｛｝《》", "()[][][]{}<>")


@cache
def fold_table() -> dict[int, str]:
    """Code point -> simplified character, for `str.translate`."""
    table: dict[int, str] = {ord(k): v for k, v in PRIVATE_USE.items()}
    text = files(__package__).joinpath("data/traditional.csv").read_text("utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    table.update({ord(r["traditional"]): r["simplified"] for r in rows})
    return table


def simplified(text: str) -> str:
    """Traditional and private-use characters folded one by one; everything else as it is."""
    return _compatible(text).translate(fold_table())


def _compatible(text: str) -> str:
    # NFC replaces compatibility ideographs (U+F900…) by the character itself; Kangxi radicals and full-width letters
    # need NFKC, applied to those blocks only.
    out = []
    for c in unicodedata.normalize("NFC", text):
        n = ord(c)
        out.append(unicodedata.normalize("NFKC", c) if 0x2E80 <= n <= 0x2FDF or 0xFF00 <= n <= 0xFFEF else c)
    return "".join(out)


def name_key(text: str) -> str:
    """The form under which a person's name is matched: simplified, no dots, spaces or invisible characters, lower case."""
    folded = simplified(text)
    kept = [c for c in folded if c not in DOTS and not c.isspace() and unicodedata.category(c) != "Cf"]
    return "".join(kept).lower()


def company_key(text: str) -> str:
    """The form under which a company's name is matched: simplified, one kind of bracket, no spaces, upper case."""
    folded = simplified(text).translate(_BRACKETS)
    return "".join(c for c in folded if not c.isspace() and unicodedata.category(c) != "Cf").upper()


def needs_folding_pattern() -> str:
    """A regular expression (RE2) that matches every name whose key may differ from itself."""
    classes = "".join(sorted(c for c in map(chr, fold_table()) if "\u4e00" <= c <= "\u9fff"))
    return f"[^\\x{{4e00}}-\\x{{9fff}}0-9a-z]|[{classes}]"
