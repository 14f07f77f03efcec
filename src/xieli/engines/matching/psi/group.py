"""The group behind the protocol: points of Curve25519 given by their u coordinate, multiplied by X25519.

X25519 commutes: a·(b·P) = b·(a·P), which is all that commutative encryption needs. Items are hashed to points of
the curve itself (never of its twist) by trying counters, so that no bit of the hash survives a multiplication.
Multiplication is RFC 7748's, from the `cryptography` package, with its clamped scalars (multiples of eight: small
subgroups drop out). Why this and not another library: docs/decisions/er-psi.md.
"""
from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

PRIME = 2**255 - 19
A = 486662  # Montgomery coefficient of Curve25519 (RFC 7748)
DOMAIN = b"xieli-psi-1/hash-to-curve25519"
POINT_BYTES = 32


def normal(item: str) -> str:
    """The spelling under which both owners hash an identifier: NFKC, no spaces, upper case."""
    return "".join(unicodedata.normalize("NFKC", item).split()).upper()


def on_curve(u: int) -> bool:
    """Whether u belongs to a point of the curve (Euler's criterion on u³ + Au² + u); zero does not."""
    right = (u * u % PRIME * u + A * u * u + u) % PRIME
    return right != 0 and pow(right, (PRIME - 1) // 2, PRIME) == 1


def hash_to_point(item: str, session: bytes) -> bytes:
    """Map an item to a point, differently in every session. Half of all tries succeed."""
    text = normal(item).encode()
    for counter in range(256):
        digest = hashlib.sha512(b"\x00".join((DOMAIN, session.hex().encode(), counter.to_bytes(1, "big"), text))).digest()
        u = int.from_bytes(digest, "little") % PRIME
        if on_curve(u):
            return u.to_bytes(POINT_BYTES, "little")
    raise ValueError("no point found / 未能映射到曲线")  # probability 2⁻²⁵⁶


def new_secret() -> bytes:
    """A fresh secret multiplier (32 bytes)."""
    return X25519PrivateKey.generate().private_bytes_raw()


def multiply(secret: bytes, points: Iterable[bytes]) -> list[bytes]:
    """Multiply every point by the secret.

    Raises ValueError for a point of small order, of the twist, or of another length: an honest party sends none.
    """
    key = X25519PrivateKey.from_private_bytes(secret)
    out = []
    for p in points:
        if len(p) != POINT_BYTES or int.from_bytes(p, "little") >= PRIME:
            raise ValueError("not a point of the curve / 不是曲线上的点")
        out.append(key.exchange(X25519PublicKey.from_public_bytes(p)))
    return out


def check_points(points: Iterable[bytes]) -> None:
    """Refuse points that lie on the twist: one bit of the other side's secret work could hang on them."""
    for p in points:
        if len(p) != POINT_BYTES or not on_curve(int.from_bytes(p, "little") % PRIME):
            raise ValueError("the message holds something that is not a point of the curve / 报文含有非曲线点")
