"""Persons' names as clerks and callers write them, in the form in which they are compared.

Whether a report belongs to the superior must not hang on a blank in a name: “赵　刚” and “赵刚（书记）” are the same man.
"""
from __future__ import annotations

import re

# nothing to look at: what joins to Chinese letters only is a column of plain names
PLAIN_NAMES = re.compile("[\u4e00-\u9fff]*")
_BETWEEN = re.compile(r"[、，,；;/／\n&＆]+")
_WRAPPED = re.compile("[（(【\\[“\"]([^（(【\\[“\"]*)[）)】\\]”\"]")
_REMARK = re.compile("[（(【\\[][^）)】\\]]*[）)】\\]]?")
_NOBODY = frozenset(("不详", "不祥", "不明", "未知", "未详", "无", "暂无", "待查", "待核", "不清", "不清楚", "姓名不详", "匿名", "/", "／", "-", "--", "—", "——", "\\", "?", "？"))


def read_name(text: str) -> str:
    """A person's name in the form in which names are compared: “吴　梅” as written to fill a column is 吴梅; every word for
    nobody known is 不详. “张三 李四” stays as it is: these are two."""
    text = text.strip()
    if (whole := _WRAPPED.fullmatch(text)) is not None:
        text = whole[1].strip()
    if text in _NOBODY:
        return "不详"
    parts = text.split()
    if len(parts) > 1 and all(PLAIN_NAMES.fullmatch(p) for p in parts) and (len("".join(parts)) <= 3 or all(len(p) == 1 for p in parts)):
        return "".join(parts)
    return "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip())


def persons(name: str) -> list[str]:
    """The persons that a cell names: one, or several that a mark or a blank between Chinese names sets apart; a remark in
    brackets behind a name (已退休) is no part of it."""
    found = [read_name(p) for p in _BETWEEN.split(_REMARK.sub("", name)) if p.strip()]
    out: list[str] = []
    for one in found:
        parts = one.split()
        out += parts if len(parts) > 1 and all(PLAIN_NAMES.fullmatch(p) and len(p) > 1 for p in parts) else [one]
    return out or [name]
