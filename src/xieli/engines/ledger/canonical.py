"""Canonical JSON: RFC 8785 without floating point.

One value has exactly one byte string, so a hash over the bytes is a hash over the value. Numbers are whole and within ±(2⁵³−1), the range in
which every JSON reader agrees; amounts of money and identifiers travel as text. Source: RFC 8785 §3.2, RFC 7493 §2.2.
"""
from __future__ import annotations

import json
from collections.abc import Mapping
from json.encoder import encode_basestring
from typing import Any

LARGEST = 2**53 - 1


class NotCanonical(ValueError):
    """The value or the bytes have no canonical form; the message says where and why, in Chinese and English."""

    def __init__(self, where: str, zh: str, en: str) -> None:
        super().__init__(f"{where or '$'}: {zh} / {en}")
        self.where, self.zh, self.en = where or "$", zh, en


def _write(value: object, where: str, out: list[str]) -> None:
    if value is None:
        out.append("null")
    elif value is True:
        out.append("true")
    elif value is False:
        out.append("false")
    elif isinstance(value, int):
        if not -LARGEST <= value <= LARGEST:
            raise NotCanonical(where, "整数超出 ±(2⁵³−1)，请以文本记录", "whole number beyond ±(2⁵³−1); record it as text")
        out.append(str(int(value)))
    elif isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise NotCanonical(where, "文本含半个代理字符", "text holds half of a surrogate pair") from None
        out.append(encode_basestring(value))
    elif isinstance(value, list | tuple):
        out.append("[")
        for i, item in enumerate(value):
            if i:
                out.append(",")
            _write(item, f"{where}[{i}]", out)
        out.append("]")
    elif isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise NotCanonical(where, "键须为文本", "a key must be text")
        out.append("{")
        # RFC 8785 §3.2.3: keys are sorted by UTF-16 code units, which differs from code points outside the basic plane
        for i, key in enumerate(sorted(value, key=lambda k: k.encode("utf-16-be", "surrogatepass"))):
            if i:
                out.append(",")
            _write(key, where, out)
            out.append(":")
            _write(value[key], f"{where}.{key}", out)
        out.append("}")
    else:
        raise NotCanonical(
            where, f"不支持 {type(value).__name__}（不用浮点数）", f"{type(value).__name__} has no canonical form here (no floats)"
        )


def dumps(value: object) -> bytes:
    """The RFC 8785 bytes of a value made of None, bool, int, str, list/tuple and mappings with text keys.

    Raises NotCanonical for floats, other types, whole numbers beyond ±(2⁵³−1) and unpaired surrogates.
    """
    out: list[str] = []
    _write(value, "", out)
    return "".join(out).encode("utf-8")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotCanonical("", "键重复", "a key appears twice")
    return found


def _no_float(text: str) -> Any:
    raise NotCanonical("", f"不用浮点数：{text}", f"no floats: {text}")


def loads(data: bytes) -> Any:
    """Read canonical bytes back; raises NotCanonical unless `dumps(loads(data)) == data`."""
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_no_duplicates, parse_float=_no_float, parse_constant=_no_float)
    except NotCanonical:
        raise
    except (ValueError, RecursionError) as reason:
        raise NotCanonical("", "不是 JSON", f"not JSON ({type(reason).__name__})") from None
    if dumps(value) != data:
        raise NotCanonical("", "不是规范形式（顺序、空格或转义不同）", "not in canonical form (order, spaces or escapes differ)")
    return value
