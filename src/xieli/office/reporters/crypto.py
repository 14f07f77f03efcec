"""The store's cryptography, pure: key pairs under passphrases, a key per report in two halves, ciphertext bound to its report.

Passphrase → Argon2id (RFC 9106; 64 MiB, three passes) → key of the private key's file. Halves: Shamir two-of-two over GF(2^8), each sealed to one
X25519 key (RFC 7748, HKDF-SHA256, ChaCha20-Poly1305; the construction of the age format). Custodians: server/custodians.py, two of them open.
"""
from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from xieli.server.custodians import combine, split

NONCE = bytes(12)  # every key encrypts one message only
HALF = b"xieli reporter half 1"
BODY = b"xieli reporter body 1|"
KEEPER, APPROVER = 1, 2  # which of the two halves


class CannotOpen(Exception):
    """The passphrase is wrong, or what was to be opened was altered or meant for another."""


@dataclass(frozen=True)
class KeyPair:
    """What the store keeps of a person's key: the private part only under his passphrase."""

    public: bytes
    sealed: bytes
    salt: bytes


@dataclass(frozen=True)
class Sealed:
    """A half sealed to one key."""

    one_time: bytes
    sealed: bytes


def _stretch(passphrase: str, salt: bytes) -> bytes:
    return hash_secret_raw(passphrase.encode(), salt, time_cost=3, memory_cost=64 * 1024, parallelism=2, hash_len=32, type=Type.ID)


def make_key(passphrase: str, person: int) -> KeyPair:
    """A new pair for a person."""
    private, salt = X25519PrivateKey.generate(), secrets.token_bytes(16)
    public = private.public_key().public_bytes_raw()
    return KeyPair(public, ChaCha20Poly1305(_stretch(passphrase, salt)).encrypt(NONCE, private.private_bytes_raw(), public + str(person).encode()), salt)


def open_key(pair: KeyPair, passphrase: str, person: int) -> X25519PrivateKey:
    """The private key. Raises CannotOpen for a wrong passphrase or another's key."""
    try:
        return X25519PrivateKey.from_private_bytes(ChaCha20Poly1305(_stretch(passphrase, pair.salt)).decrypt(NONCE, pair.sealed, pair.public + str(person).encode()))
    except InvalidTag:
        raise CannotOpen from None


def _agree(private: X25519PrivateKey, public: bytes, one_time: bytes, recipient: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=one_time + recipient, info=HALF).derive(private.exchange(X25519PublicKey.from_public_bytes(public)))


def seal_half(half: bytes, which: int, report: int, recipient: bytes) -> Sealed:
    """A half sealed to one public key, good for this report and this side only."""
    one_time = X25519PrivateKey.generate()
    public = one_time.public_key().public_bytes_raw()
    return Sealed(public, ChaCha20Poly1305(_agree(one_time, recipient, public, recipient)).encrypt(NONCE, half, f"{report}|{which}".encode()))


def open_half(sealed: Sealed, which: int, report: int, private: X25519PrivateKey) -> bytes:
    """The half. Raises CannotOpen when it was sealed to another key, another report or another side."""
    own = private.public_key().public_bytes_raw()
    try:
        return ChaCha20Poly1305(_agree(private, sealed.one_time, sealed.one_time, own)).decrypt(NONCE, sealed.sealed, f"{report}|{which}".encode())
    except (InvalidTag, ValueError):
        raise CannotOpen from None


def seal_body(identity: dict[str, str], report: int) -> tuple[bytes, bytes, dict[int, bytes]]:
    """A report's ciphertext under a key of its own; returns ciphertext, key (for the custodians) and the two halves by side."""
    key = secrets.token_bytes(32)
    halves = split(key, 2, 2)
    body = ChaCha20Poly1305(key).encrypt(NONCE, json.dumps(identity, ensure_ascii=False, sort_keys=True).encode(), BODY + str(report).encode())
    return body, key, {KEEPER: halves[0], APPROVER: halves[1]}


def join(halves: dict[int, bytes]) -> bytes:
    """The report's key from both halves. Raises CannotOpen with one."""
    if set(halves) != {KEEPER, APPROVER}:
        raise CannotOpen
    return combine(halves)


def open_body(body: bytes, key: bytes, report: int) -> dict[str, str]:
    """Who reported, and the words. Raises CannotOpen when the key is not this report's."""
    try:
        found: dict[str, Any] = json.loads(ChaCha20Poly1305(key).decrypt(NONCE, body, BODY + str(report).encode()))
    except InvalidTag:
        raise CannotOpen from None
    return {k: str(v) for k, v in found.items()}


def seal_halves(halves: dict[int, bytes], report: int, holders: Sequence[tuple[int, int, bytes]]) -> list[dict[str, str]]:
    """Each half to every key of its side: `holders` are (holder, side, public key)."""
    out = []
    for holder, side, public in holders:
        one = seal_half(halves[side], side, report, public)
        out.append({"holder": str(holder), "one_time": one.one_time.hex(), "sealed": one.sealed.hex()})
    return out
