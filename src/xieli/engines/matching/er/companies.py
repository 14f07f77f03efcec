"""Company names split into place, trade name, industry and legal form; the trade name is what identifies.

`…建筑工程有限公司` and `…建设工程有限公司` are different firms, `有限公司` and `有限责任公司` the same legal form:
whole-string similarity gets both wrong (measured, reference notes on name matching).
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import pyarrow as pa

from . import han
from .gazetteer import LEVELS, Found, Gazetteer
from .names import prepare_persons

MAX_INDUSTRIES = 3  # industry words read off the end of one name


@dataclass(frozen=True, slots=True)
class CompanyName:
    """The parts of a company name; empty where the name has none."""

    place: str
    place_code: str
    trade: str
    industry: str
    form: str


@lru_cache(maxsize=1)
def _terms() -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    forms: list[tuple[str, str]] = []
    industries: list[tuple[str, str]] = []
    for row in han.rows("company_terms.csv"):
        target = forms if row["kind"] == "form" else industries
        target.append((han.fold_long(row["term"]), row["canonical"]))
    return tuple(sorted(forms, key=lambda t: -len(t[0]))), tuple(sorted(industries, key=lambda t: -len(t[0])))


def _ending(text: str, terms: tuple[tuple[str, str], ...], keep: int) -> tuple[str, str]:
    """Cut the longest known ending, leaving at least `keep` characters: (rest, canonical form)."""
    for term, canonical in terms:
        if text.endswith(term) and len(text) - len(term) >= keep:
            return text[: -len(term)], canonical
    return text, ""


def _deepest(found: Found) -> str:
    """Code of the most exact place found."""
    return next(found.codes[level] for level in reversed(LEVELS) if level in found.codes)


def split_company(name: str, gazetteer: Gazetteer) -> CompanyName:
    """Split one company name. A place in brackets counts like one in front."""
    text = han.fold_long(name)
    place, place_code = "", ""
    if "(" in text and ")" in text:
        before, _, after = text.partition("(")
        inside, _, behind = after.partition(")")
        found = gazetteer.read(inside)
        if found.codes and not found.tail:
            place, place_code = inside, _deepest(found)
            text = before + behind
    forms, industries = _terms()
    text, form = _ending(text, forms, keep=2)
    text, _ = _ending(text, (("集团", "集团"),), keep=2)  # "集团有限公司" and "有限公司" are told apart by trade name
    found = gazetteer.read(text)
    if found.codes and len(found.tail) >= 2:
        place, place_code = text[: len(text) - len(found.tail)], _deepest(found)
        text = found.tail
    words: list[str] = []
    while len(words) < MAX_INDUSTRIES:
        text, word = _ending(text, industries, keep=2)
        if not word:
            break
        words.append(word)
    return CompanyName(place, place_code, text, "|".join(sorted(set(words))), form)


def prepare_companies(names: Sequence[str | None], gazetteer: Gazetteer, prefix: str = "c_") -> pa.Table:
    """Matching columns for a column of company names: parts, and sound and shape of the trade name."""
    coded = pa.array(names, pa.string()).dictionary_encode()
    parts = [split_company(n, gazetteer) for n in coded.dictionary.to_pylist()]
    columns = {
        key: pa.array([getattr(p, key) or None for p in parts], pa.string())
        for key in ("place", "place_code", "trade", "industry", "form")
    }
    columns["full"] = pa.array([han.fold_long(n) for n in coded.dictionary.to_pylist()], pa.string())
    trade = prepare_persons([p.trade for p in parts]).table("t_")
    for key in ("sound", "dialect", "ordered", "sounds", *(f"{k}{i}" for k in "cv" for i in range(4))):
        columns["t_" + key] = trade["t_" + key].combine_chunks()
    return pa.table({prefix + k: v.take(coded.indices) for k, v in columns.items()})
