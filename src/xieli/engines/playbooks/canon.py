"""One byte string for one meaning: canonical JSON (RFC 8785 for our types) and its SHA-256."""
from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical(value: Any) -> bytes:
    """RFC 8785 bytes of plain data made of dict, list, str, int, bool, None.

    Keys of playbooks are ASCII and there are no fractions, so sorted keys and Python's escapes are already the
    canonical form; anything else raises TypeError rather than being written in a way another machine would not.
    """
    _only_plain(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def content_hash(value: Any) -> str:
    """Hexadecimal SHA-256 of the canonical bytes."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _only_plain(value: Any) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise TypeError(f"key {key!r} is not ASCII text")
            _only_plain(item)
    elif isinstance(value, list):
        for item in value:
            _only_plain(item)
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53 - 1:
        raise TypeError("whole numbers beyond 2^53-1 have no canonical form")
    elif not (value is None or isinstance(value, str | bool | int)):
        raise TypeError(f"{type(value).__name__} has no canonical form here")
