"""Custodians: named persons, any two of whom (or more, as set) can open a backup, and none alone.

A custodian makes a pair of keys on a machine of his own; only the public line comes here. Each backup has a random key of
its own, split by Shamir's scheme over GF(2^8) (A. Shamir, "How to share a secret", CACM 22, 1979); each share is sealed to
one custodian with X25519, HKDF-SHA256 and ChaCha20-Poly1305 (the construction of the age format, age-encryption.org/v1).
"""
from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from xieli.server.words import Trouble

LINE = "xieli-custodian-1"
SHARE = b"xieli backup share 1"
SCRYPT = {"n": 2**16, "r": 8, "p": 1}  # about 64 MB and a quarter of a second per guess
NONCE = bytes(12)  # every key encrypts one message only


@dataclass(frozen=True)
class Custodian:
    """A person's name and public key."""

    name: str
    public: bytes

    @property
    def fingerprint(self) -> str:
        """Sixteen characters to read out over the telephone: xxxx-xxxx-xxxx-xxxx."""
        text = hashlib.sha256(self.public).hexdigest()[:16]
        return "-".join(text[i : i + 4] for i in range(0, 16, 4))

    def line(self) -> str:
        return f"{LINE} {base64.b64encode(self.public).decode()} {self.name}"

    @classmethod
    def read(cls, text: str) -> Custodian:
        """Read a public line. Error: `Trouble`."""
        parts = text.strip().split(" ", 2)
        try:
            if len(parts) != 3 or parts[0] != LINE:
                raise ValueError
            public = base64.b64decode(parts[1], validate=True)
            X25519PublicKey.from_public_bytes(public)
        except ValueError:
            raise Trouble("这不是保管人公钥（应以 xieli-custodian-1 开头，一行）。", "This is no custodian's public key (one line that begins with xieli-custodian-1).") from None
        return cls(parts[2], public)


def read_all(files: Sequence[Path]) -> list[Custodian]:
    """The custodians of these files. Errors: `Trouble` for a bad line or the same key twice."""
    found = [Custodian.read(line) for file in files for line in file.read_text("utf-8").splitlines() if line.strip()]
    if len({c.public for c in found}) != len(found):
        raise Trouble("同一把公钥出现了两次：一个人不能当两个保管人。", "The same key is named twice: one person cannot be two custodians.")
    return found


def make(name: str, passphrase: str, file: Path) -> Custodian:
    """Make a pair of keys; the private one goes to `file` (0600) under the passphrase. Never overwrites."""
    private = X25519PrivateKey.generate()
    custodian = Custodian(name.strip(), private.public_key().public_bytes_raw())
    salt = secrets.token_bytes(16)
    sealed = ChaCha20Poly1305(_stretch(passphrase, salt)).encrypt(NONCE, private.private_bytes_raw(), custodian.line().encode())
    record = {"custodian": custodian.line(), "salt": salt.hex(), "private": sealed.hex(), "kdf": SCRYPT}
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        json.dump(record, handle, ensure_ascii=False, indent=1)
    return custodian


def open_private(file: Path, passphrase: str) -> tuple[Custodian, X25519PrivateKey]:
    """The private key of a custodian's file. Error: `Trouble` when the passphrase does not open it."""
    try:
        record = json.loads(file.read_text("utf-8"))
        custodian = Custodian.read(record["custodian"])
        raw = ChaCha20Poly1305(_stretch(passphrase, bytes.fromhex(record["salt"]))).decrypt(NONCE, bytes.fromhex(record["private"]), custodian.line().encode())
    except InvalidTag:
        raise Trouble(f"口令打不开 {file.name}。", f"The passphrase does not open {file.name}.") from None
    except (ValueError, KeyError, TypeError) as error:
        raise Trouble(f"{file.name} 不是保管人私钥文件，或已损坏。", f"{file.name} is no custodian's private key file, or it is damaged.") from error
    return custodian, X25519PrivateKey.from_private_bytes(raw)


def _stretch(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, **SCRYPT).derive(passphrase.encode())


# ── shares ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def seal_shares(key: bytes, custodians: Sequence[Custodian], threshold: int) -> list[dict[str, str | int]]:
    """Split `key` and seal a share to each custodian. Errors: `Trouble` unless 2 ≤ threshold ≤ custodians ≤ 255."""
    if not 2 <= threshold <= len(custodians) <= 255:
        raise Trouble(
            f"至少需要两名保管人，开启人数在 2 与保管人数之间（现有 {len(custodians)} 名，要求 {threshold} 名）。",
            f"At least two custodians are needed, and between two and all of them to open (there are {len(custodians)}, {threshold} required).",
        )
    sealed: list[dict[str, str | int]] = []
    for x, (custodian, share) in enumerate(zip(custodians, split(key, len(custodians), threshold), strict=True), start=1):
        one_time = X25519PrivateKey.generate()
        secret = _agree(one_time, custodian.public, one_time.public_key().public_bytes_raw(), custodian.public)
        sealed.append({
            "x": x, "name": custodian.name, "public": custodian.public.hex(), "one_time": one_time.public_key().public_bytes_raw().hex(),
            "share": ChaCha20Poly1305(secret).encrypt(NONCE, share, bytes([x])).hex(),
        })
    return sealed


def open_shares(sealed: Sequence[dict[str, str | int]], threshold: int, keys: Sequence[tuple[Custodian, X25519PrivateKey]]) -> bytes:
    """The key again from enough custodians. Errors: `Trouble` when they are too few or not the ones it was sealed to."""
    shares: dict[int, bytes] = {}
    for custodian, private in keys:
        for entry in sealed:
            if entry["public"] == custodian.public.hex():
                one_time = bytes.fromhex(str(entry["one_time"]))
                secret = _agree(private, one_time, one_time, custodian.public)
                try:
                    shares[int(entry["x"])] = ChaCha20Poly1305(secret).decrypt(NONCE, bytes.fromhex(str(entry["share"])), bytes([int(entry["x"])]))
                except (InvalidTag, ValueError):
                    raise Trouble(f"备份中给 {custodian.name} 的份额已损坏。", f"The share for {custodian.name} in this backup is damaged.") from None
    if len(shares) < threshold:
        named = ", ".join(str(entry["name"]) for entry in sealed)
        raise Trouble(
            f"需要 {threshold} 名保管人，只有 {len(shares)} 名能打开。这份备份的保管人：{named}。",
            f"{threshold} custodians are needed and {len(shares)} can open it. The custodians of this backup: {named}.",
        )
    return combine(dict(list(shares.items())[:threshold]))


def _agree(private: X25519PrivateKey, public: bytes, one_time: bytes, recipient: bytes) -> bytes:
    shared = private.exchange(X25519PublicKey.from_public_bytes(public))
    return HKDF(hashes.SHA256(), 32, salt=one_time + recipient, info=SHARE).derive(shared)


# ── Shamir over GF(2^8), reduced by x^8 + x^4 + x^3 + x + 1 (FIPS 197) ─────────────────────────────────────────────────────


def _tables() -> tuple[list[int], list[int]]:
    power, log = [0] * 510, [0] * 256
    value = 1
    for exponent in range(255):
        power[exponent] = power[exponent + 255] = value
        log[value] = exponent
        value ^= (value << 1) ^ (0x11B if value & 0x80 else 0)  # times 3, a generator
    return power, log


POWER, LOG = _tables()


def _times(a: int, b: int) -> int:
    return POWER[LOG[a] + LOG[b]] if a and b else 0


def _over(a: int, b: int) -> int:
    return POWER[LOG[a] - LOG[b] + 255] if a else 0


def split(secret: bytes, shares: int, threshold: int) -> list[bytes]:
    """Shares 1…n of a secret: any `threshold` give it back, fewer say nothing about it."""
    rows = [secret, *(secrets.token_bytes(len(secret)) for _ in range(threshold - 1))]
    made = []
    for x in range(1, shares + 1):
        share = bytearray(len(secret))
        for row in reversed(rows):
            share = bytearray(_times(s, x) ^ r for s, r in zip(share, row, strict=True))
        made.append(bytes(share))
    return made


def combine(shares: dict[int, bytes]) -> bytes:
    """The secret from exactly as many shares as its threshold (Lagrange at zero)."""
    length = len(next(iter(shares.values())))
    secret = bytearray(length)
    for x, share in shares.items():
        weight = 1
        for other in shares:
            if other != x:
                weight = _times(weight, _over(other, other ^ x))
        secret = bytearray(s ^ _times(weight, byte) for s, byte in zip(secret, share, strict=True))
    return bytes(secret)
