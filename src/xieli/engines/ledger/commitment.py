"""Personal parts of an event: the ledger holds a salted commitment, the salt and the value live apart and can be erased.

A bare hash of an identity number can be guessed (there are few); HMAC-SHA-256 under a fresh 32-byte salt cannot, once the salt is gone.
Erasing salt and value leaves the event, its leaf and every seal as they were.
"""
from __future__ import annotations

import hmac
from hashlib import sha256

SALT_BYTES = 32


def commit(salt: bytes, part: str, value: str) -> bytes:
    """HMAC-SHA-256(salt, part ‖ 0x00 ‖ value), 32 bytes. Raises ValueError unless the salt has 32 bytes and the part no NUL."""
    if len(salt) != SALT_BYTES:
        raise ValueError("盐须为 32 字节 / the salt must have 32 bytes")
    if "\x00" in part:
        raise ValueError("项目名不得含 NUL / the name of a part holds no NUL")
    return hmac.new(salt, part.encode() + b"\x00" + value.encode(), sha256).digest()


def opens(commitment: bytes, salt: bytes, part: str, value: str) -> bool:
    """Whether this salt and value are what the commitment was made from."""
    return len(salt) == SALT_BYTES and "\x00" not in part and hmac.compare_digest(commit(salt, part, value), commitment)
