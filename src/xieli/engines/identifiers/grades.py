"""Grades and reasons of an identifier: right, doubtful or wrong, and why, in Chinese and English.

A grade is advice, never a gate: people are registered late, re-numbered, mistyped by clerks, and a rule that
throws their row away loses the very people a subsidy check must not lose.
"""
from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Grade(IntEnum):
    """正确 / 存疑 / 错误, ordered so that the worst of several is their maximum."""

    RIGHT = 0
    DOUBTFUL = 1
    WRONG = 2

    @property
    def zh(self) -> str:
        return ("正确", "存疑", "错误")[self]

    @property
    def en(self) -> str:
        return ("right", "doubtful", "wrong")[self]


# code -> (grade it leads to, Chinese, English)
REASONS: dict[str, tuple[Grade, str, str]] = {
    "empty": (Grade.WRONG, "空值", "no value"),
    "not_text": (Grade.WRONG, "含有该号码不会出现的字符", "holds characters that this number never has"),
    "length": (Grade.WRONG, "位数不对", "wrong number of characters"),
    "check_digit": (Grade.WRONG, "校验码不符，多为录入错误", "the check digit does not agree; usually a typing error"),
    "digits_lost": (
        Grade.WRONG,
        "被表格软件存为数字，末几位已丢失，请把该列设为文本后重新填写",
        "stored as a number by a spreadsheet, so the last digits are lost; set the column to text and enter it again",
    ),
    "rounded": (
        Grade.WRONG,
        "末三位为 000 且校验码不符，疑似被表格软件截断",
        "ends in 000 and the check digit does not agree: probably cut off by a spreadsheet",
    ),
    "birth_date": (Grade.WRONG, "出生日期不存在", "no such birth date"),
    "birth_future": (Grade.WRONG, "出生日期晚于今天", "born after today"),
    "birth_ancient": (Grade.DOUBTFUL, "出生日期早于 1850 年", "born before 1850"),
    "area_unassigned": (
        Grade.DOUBTFUL,
        "地区码未分配（演示数据用 99 开头）",
        "area code not assigned (demo data begins with 99)",
    ),
    "legacy15": (Grade.DOUBTFUL, "15 位旧号，没有校验码", "15-digit legacy number, which has no check digit"),
    "no_check_rule": (
        Grade.DOUBTFUL,
        "该证件没有公开的校验规则，只核了格式",
        "no public check rule for this document; only its form was checked",
    ),
    "unknown_document": (Grade.DOUBTFUL, "不认识的证件格式，需人工核对", "unknown form of document; a person must look"),
    "category": (Grade.DOUBTFUL, "登记管理部门代码未见于标准", "registration category not in the standard as we know it"),
    "organisation_code": (
        Grade.DOUBTFUL,
        "总校验码相符，但第 9 至 17 位的组织机构代码校验不符",
        "the last check character agrees, but the organisation code within (9th to 17th) does not",
    ),
    "legacy_registration": (
        Grade.DOUBTFUL,
        "15 位旧工商注册号，应换为统一社会信用代码",
        "15-digit former registration number; ask for the unified credit code",
    ),
    "legacy_registration_check": (
        Grade.WRONG,
        "15 位旧工商注册号校验码不符",
        "15-digit former registration number whose check digit does not agree",
    ),
    "letter_not_used": (
        Grade.WRONG,
        "含有标准不用的字母 I、O、S、V、Z，可能是 1、0、5 的误录",
        "holds a letter the standard never uses (I, O, S, V, Z); perhaps 1, 0 or 5 was meant",
    ),
    "no_area_code": (Grade.DOUBTFUL, "固定电话缺区号", "landline without its area code"),
    "prefix_unassigned": (Grade.DOUBTFUL, "号段未见分配", "number range not known to be assigned"),
    "luhn": (
        Grade.DOUBTFUL,
        "不符合银行卡校验，可能是单位账号、存折账号或录入错误",
        "fails the card check; may be a company or passbook account, or a typing error",
    ),
    "issuer": (Grade.DOUBTFUL, "发卡行识别码不以 62 等常见号段开头", "issuer prefix is not among the common ones"),
    "invoice_year": (Grade.DOUBTFUL, "发票中的年份不合理", "the year inside the invoice number is not plausible"),
    "all_same": (Grade.WRONG, "所有数字相同，疑为占位", "every digit is the same: a placeholder"),
}


@dataclass(frozen=True)
class Verdict:
    """What a check found. `key` is the form to match on ("" when the value is unusable); `value` is as received."""

    kind: str
    grade: Grade
    value: str
    key: str
    reasons: tuple[str, ...] = ()
    document: str = ""

    def words(self, lang: str = "zh") -> str:
        """The verdict in one sentence, `zh` or `en`."""
        head = self.grade.zh if lang == "zh" else self.grade.en
        told = [REASONS[r][1] if lang == "zh" else REASONS[r][2] for r in self.reasons]
        if not told:
            return head
        return f"{head}：{'；'.join(told)}" if lang == "zh" else f"{head}: {'; '.join(told)}"


def judge(kind: str, value: str, key: str, reasons: list[str], document: str = "") -> Verdict:
    """A verdict whose grade is the worst of its reasons."""
    grade = max((REASONS[r][0] for r in reasons), default=Grade.RIGHT)
    return Verdict(kind, grade, value, key, tuple(reasons), document)
