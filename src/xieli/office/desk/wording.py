"""What the tables, columns and meanings of models are called on screen; a name that nobody has worded is shown as it is."""
from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml

Words = dict[str, dict[str, dict[str, str]]]


@cache
def words() -> Words:
    """tables, columns (by name, or by table.name where that means something else) and meanings, each in Chinese and English."""
    read: Words = yaml.safe_load(files("xieli").joinpath("content/models/words.yaml").read_text("utf-8"))
    return read


def table_word(table: str, lang: str) -> str:
    """The title of a model's table."""
    return words()["tables"].get(table, {}).get(lang, table)


def column_word(table: str, column: str, lang: str) -> str:
    """The title of a column of a model's table."""
    known = words()["columns"]
    return (known.get(f"{table}.{column}") or known.get(column) or {}).get(lang, column)


def meaning_word(meaning: str, lang: str) -> str:
    """What a column of this meaning holds."""
    return words()["meanings"].get(meaning, {}).get(lang, meaning)
