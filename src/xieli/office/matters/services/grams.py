"""Two-character pieces of titles and names, for search: names are two or three characters, where trigrams find nothing."""
from __future__ import annotations

import re

from xieli.engines.identifiers import simplified

_SPACES = re.compile(r"\s+")


def grams_of(text: str) -> set[str]:
    """Distinct adjacent pairs of the folded text; a single character stands for itself."""
    found: set[str] = set()
    for word in _SPACES.split(simplified(text).lower()):
        if len(word) == 1:
            found.add(word)
        found.update(word[i:i + 2] for i in range(len(word) - 1))
    return found
