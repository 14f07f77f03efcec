"""Identifiers and names of persons and organisations: graded right / doubtful / wrong with reasons, never a gate.

    check("person_id", "990101199001011236", today)  -> Verdict(grade, key, reasons, document)
    check_column("person_id", values, today)         -> Arrow table grade, key, reasons
    name_key("歐陽鋒")                                -> the form to match on; the original is kept by the caller
    search_keys("单雄信")                             -> initials and full readings under which a name is found
"""
from .columns import CHECKS, check, check_column, graded_sql
from .grades import REASONS, Grade, Verdict
from .names import company_key, name_key, simplified
from .pinyin import SearchKeys, found_by, initials, readings, search_keys, sort_key

__all__ = [
    "CHECKS",
    "REASONS",
    "Grade",
    "SearchKeys",
    "Verdict",
    "check",
    "check_column",
    "company_key",
    "found_by",
    "graded_sql",
    "initials",
    "name_key",
    "readings",
    "search_keys",
    "simplified",
    "sort_key",
]
