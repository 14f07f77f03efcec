"""Telephone numbers, bank accounts and invoice numbers.

Sources: Luhn's check (ISO/IEC 7812-1) for cards; the number forms of mainland telephones; invoice numbers of 8 digits
beside a code of 10 or 12, and 20 digits for the fully digital electronic invoice. Company accounts carry no public
check, so a failed card check is doubtful, never wrong.
"""
from __future__ import annotations

import re
from datetime import date

from .codes import clean_code, looks_like_float
from .grades import Verdict, judge

_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
# 010/020-029 take eight digits, other areas seven or eight.
_LANDLINE = re.compile(r"0(10|2\d)\d{8}|0[3-9]\d{2}\d{7,8}", re.ASCII)
_SHORT = re.compile(r"[2-8]\d{6,7}", re.ASCII)
_SERVICE = re.compile(r"(400|800)\d{7}|95\d{3,6}|1[012]\d{1,4}|96\d{3,6}", re.ASCII)


def check_phone(text: str) -> Verdict:
    """Grade a telephone number; the key drops +86 and separators."""
    if looks_like_float(text):
        return judge("phone", text, "", ["digits_lost"])
    code = clean_code(text).replace("(", "").replace(")", "")
    code = re.sub(r"(转|X|EXT|#).*$", "", code)
    code = re.sub(r"^(\+86|0086|86(?=1[3-9]\d{9}$))", "", code)
    if not code:
        return judge("phone", text, "", ["empty"])
    if not (code.isascii() and code.isdigit()):
        return judge("phone", text, code, ["not_text"])
    if _MOBILE.fullmatch(code):
        return judge("phone", text, code, ["all_same"] if len(set(code[3:])) == 1 else [], "mobile")
    if _LANDLINE.fullmatch(code):
        return judge("phone", text, code, [], "landline")
    if _SERVICE.fullmatch(code):
        return judge("phone", text, code, [], "service")
    if _SHORT.fullmatch(code):
        return judge("phone", text, code, ["no_area_code"], "landline")
    if len(code) == 11 and code[0] == "1":
        return judge("phone", text, code, ["prefix_unassigned"], "mobile")
    return judge("phone", text, code, ["length"])


def luhn(digits: str) -> bool:
    """True when the digits satisfy Luhn's check."""
    total = 0
    for i, c in enumerate(reversed(digits)):
        d = int(c)
        if i % 2:
            d = d * 2 - 9 if d > 4 else d * 2
        total += d
    return total % 10 == 0


def check_bank_account(text: str) -> Verdict:
    """Grade a bank card or account number."""
    if looks_like_float(text):
        return judge("bank_account", text, "", ["digits_lost"])
    code = clean_code(text)
    if not code:
        return judge("bank_account", text, "", ["empty"])
    if not (code.isascii() and code.isdigit()):
        return judge("bank_account", text, code, ["not_text"])
    if not 8 <= len(code) <= 30:
        return judge("bank_account", text, code, ["length"])
    if len(set(code)) == 1:
        return judge("bank_account", text, code, ["all_same"])
    if 12 <= len(code) <= 19 and luhn(code):
        return judge("bank_account", text, code, [] if code[0] in "34569" else ["issuer"], "card")
    return judge("bank_account", text, code, ["luhn"], "account")


def check_invoice(text: str, today: date) -> Verdict:
    """Grade an invoice number: 8 digits, code and number together (18 or 20), or 20 digits fully digital."""
    if looks_like_float(text):
        return judge("invoice_no", text, "", ["digits_lost"])
    code = clean_code(text)
    if not code:
        return judge("invoice_no", text, "", ["empty"])
    if not (code.isascii() and code.isdigit()):
        return judge("invoice_no", text, code, ["not_text"])
    if len(set(code)) == 1:
        return judge("invoice_no", text, code, ["all_same"])
    if len(code) == 8:
        return judge("invoice_no", text, code, [], "number")
    if len(code) == 20:
        # 20 digits are either a 12-digit code with its number or the digital invoice, which begins with two
        # digits of the year (from 2021 on). Both are accepted; only an implausible year of both is a doubt.
        digital = 21 <= int(code[:2]) <= today.year % 100
        paper = code[0] in "01" and 13 <= int(code[5:7]) <= today.year % 100
        return judge("invoice_no", text, code, [] if digital or paper else ["invoice_year"], "digital" if digital else "code_and_number")
    if len(code) == 18:
        return judge("invoice_no", text, code, [], "code_and_number")
    return judge("invoice_no", text, code, ["length"])


def check_invoice_code(text: str) -> Verdict:
    """Grade an invoice code: 10 or 12 digits."""
    if looks_like_float(text):
        return judge("invoice_code", text, "", ["digits_lost"])
    code = clean_code(text)
    if not code:
        return judge("invoice_code", text, "", ["empty"])
    if not (code.isascii() and code.isdigit()):
        return judge("invoice_code", text, code, ["not_text"])
    if len(code) not in (10, 12):
        return judge("invoice_code", text, code, ["length"])
    return judge("invoice_code", text, code, ["all_same"] if len(set(code)) == 1 else [])
