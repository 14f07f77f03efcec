"""Identity documents of persons: resident ID (18 and 15 digits), residence permits, foreigners' permits.

Source: GB 11643-1999 (form, weights and check character of the 18-digit number); measured pitfalls of other
checkers (they reject the 15-digit form, residence permits and people registered late) in docs/decisions.
"""
from __future__ import annotations

import re
from datetime import date

from .codes import clean_code, looks_like_float
from .grades import Verdict, judge

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK = "10X98765432"
# First two digits of the administrative division code; 81-83 are the residence permits of Hong Kong, Macao and
# Taiwan residents, 71 the code kept for Taiwan.
PROVINCES = frozenset(
    (11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46,
     50, 51, 52, 53, 54, 61, 62, 63, 64, 65, 71, 81, 82, 83)
)
_EIGHTEEN = re.compile(r"\d{17}[\dX]", re.ASCII)
_FIFTEEN = re.compile(r"\d{15}", re.ASCII)
# Documents without a public check rule, by form only.
_OTHER = (
    ("foreign_permit_2004", re.compile(r"[A-Z]{3}\d{12}", re.ASCII)),
    ("hk_macao_travel_permit", re.compile(r"[HM]\d{8}(\d{2})?", re.ASCII)),
    ("taiwan_travel_permit", re.compile(r"\d{8}(\d{2})?", re.ASCII)),
    ("passport", re.compile(r"[A-Z]{1,2}\d{7,8}", re.ASCII)),
    ("military_card", re.compile(r"[军武兵士文职\u4e00-\u9fff]{1,6}字?第?\d{6,10}号?")),
)


def check_character(first17: str) -> str:
    """The 18th character of a resident number from its first 17 digits (ISO 7064 MOD 11-2)."""
    return CHECK[sum(int(d) * w for d, w in zip(first17, WEIGHTS, strict=True)) % 11]


def check_resident(text: str, today: date) -> Verdict:
    """Grade a person's document number.

    `today` bounds the birth date. The key of a 15-digit number is its 18-digit form, so that both meet in a match.
    """
    code = clean_code(text)
    if not code:
        return judge("person_id", text, "", ["empty"])
    if looks_like_float(text):
        return judge("person_id", text, "", ["digits_lost"])
    if _EIGHTEEN.fullmatch(code):
        return _eighteen(text, code, today)
    if _FIFTEEN.fullmatch(code):
        return _fifteen(text, code, today)
    for document, form in _OTHER:
        if form.fullmatch(code):
            return judge("person_id", text, code, ["no_check_rule"], document)
    if code.isascii() and code.isdigit():
        return judge("person_id", text, code, ["length"])
    if re.fullmatch(r"[0-9A-Z]{6,20}", code):
        return judge("person_id", text, code, ["unknown_document"])
    return judge("person_id", text, code, ["not_text"])


def _eighteen(text: str, code: str, today: date) -> Verdict:
    reasons: list[str] = []
    document = _document(code)
    if len(set(code[:17])) == 1:
        reasons.append("all_same")
    if check_character(code[:17]) != code[17]:
        reasons.append("rounded" if code.endswith("000") else "check_digit")
    reasons += _birth(code[6:14], today)
    if document == "unassigned":
        reasons.append("area_unassigned")
    if document == "foreign_permit":
        reasons.append("no_check_rule")
    return judge("person_id", text, code, reasons, document)


def _document(code: str) -> str:
    province = int(code[:2])
    if province in (81, 82, 83):
        return "residence_permit"
    if province in PROVINCES:
        return "resident_id"
    # The 2023 permanent residence card of foreigners: 9, the issuing province, the nationality. Its structure is
    # known to us from secondary descriptions only, so it is graded doubtful, never wrong for its area.
    if code[0] == "9" and int(code[1:3]) in PROVINCES:
        return "foreign_permit"
    return "unassigned"


def _fifteen(text: str, code: str, today: date) -> Verdict:
    born = "19" + code[6:12]
    reasons = ["legacy15", *_birth(born, today)]
    if int(code[:2]) not in PROVINCES:
        reasons.append("area_unassigned")
    long = code[:6] + born + code[12:]
    return judge("person_id", text, long + check_character(long), reasons, "resident_id_15")


def _birth(digits: str, today: date) -> list[str]:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return ["birth_date"]
    if born > today:
        return ["birth_future"]
    return ["birth_ancient"] if born.year < 1850 else []
