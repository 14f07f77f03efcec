"""Unified social credit code of organisations (GB 32100-2015) and the 15-digit registration number before it.

The first two characters name the registering department and the kind of organisation. Village and town collective
economic organisations stand under N, army reform entities under A, others under Y: checkers that demand eight
leading digits lose exactly the bodies that collective-asset cases are about.
"""
from __future__ import annotations

import re

from .codes import clean_code, looks_like_float
from .grades import Verdict, judge

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
VALUE = {c: i for i, c in enumerate(ALPHABET)}
WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
# GB 11714: the organisation code counts letters A=10 … Z=35.
ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
# Registering department -> second characters the standard lists (1 机构编制 2 外交 3 教育 4 公安 5 民政 6 司法
# 7 交通 8 文化 9 工商 A 军队改革 N 农业 Y 其他).
CATEGORIES: dict[str, str] = {
    "1": "12349",
    "2": "19",
    "3": "12345679",
    "4": "19",
    "5": "12349",
    "6": "1234569",
    "7": "1239",
    "8": "19",
    "9": "1239",
    "A": "19",
    "N": "1239",
    "Y": "1",
}
_FORM = re.compile(r"[0-9A-HJ-NP-RTUW-Y]{18}", re.ASCII)


def check_character(first17: str) -> str:
    """The 18th character from the first 17 (GB 32100: 31 − Σ mod 31, with 31 written as 0)."""
    total = sum(VALUE[c] * w for c, w in zip(first17, WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def organisation_check(first8: str) -> str:
    """The ninth character of an organisation code (GB 11714)."""
    total = sum(int(c, 36) * w for c, w in zip(first8, ORG_WEIGHTS, strict=True))
    return "0123456789X"[(11 - total % 11) % 11]


def check_credit(text: str) -> Verdict:
    """Grade an organisation's code; the key is the cleaned 18 (or 15) characters."""
    code = clean_code(text)
    if not code:
        return judge("credit_code", text, "", ["empty"])
    if looks_like_float(text):
        return judge("credit_code", text, "", ["digits_lost"])
    if len(code) == 15 and code.isascii() and code.isdigit():
        return judge("credit_code", text, code, [_legacy(code)], "registration_number")
    if len(code) != 18:
        alphanumeric = code.isascii() and code.isalnum()
        return judge("credit_code", text, code, ["length" if alphanumeric else "not_text"])
    if not _FORM.fullmatch(code):
        plain = code.isascii() and code.isalnum()
        return judge("credit_code", text, code, ["letter_not_used" if plain else "not_text"])
    reasons = []
    if len(set(code)) == 1:
        reasons.append("all_same")
    if check_character(code[:17]) != code[17]:
        reasons.append("check_digit")
    if code[1] not in CATEGORIES.get(code[0], ""):
        reasons.append("category")
    if organisation_check(code[8:16]) != code[16]:
        reasons.append("organisation_code")
    return judge("credit_code", text, code, reasons, "unified_credit_code")


def _legacy(code: str) -> str:
    """Check digit of the 15-digit registration number (GS15-2006, ISO 7064 MOD 11,10)."""
    p = 10
    for c in code[:14]:
        s = (p + int(c)) % 10 or 10
        p = s * 2 % 11
    return "legacy_registration" if (p + int(code[14])) % 10 == 1 else "legacy_registration_check"
