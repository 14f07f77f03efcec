"""Second factor: TOTP (RFC 6238, SHA-1, 30 s, six digits); secrets sealed under the door's own key; a code is used once."""
from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import struct
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

STEP = 30


def _key() -> bytes:
    path = os.environ.get("XIELI_DOOR_KEY")
    if not path or not Path(path).exists():
        raise RuntimeError("the door's key file is missing (XIELI_DOOR_KEY)")
    return hashlib.sha256(Path(path).read_bytes()).digest()


def new_secret() -> bytes:
    """Twenty random bytes."""
    return secrets.token_bytes(20)


def seal(secret: bytes, person: int) -> bytes:
    """Seal a secret for one person: nonce and AES-GCM."""
    nonce = secrets.token_bytes(12)
    return nonce + AESGCM(_key()).encrypt(nonce, secret, str(person).encode())


def unseal(sealed: bytes, person: int) -> bytes:
    """Open a sealed secret. Raises cryptography's InvalidTag when it was altered or belongs to another."""
    return AESGCM(_key()).decrypt(sealed[:12], sealed[12:], str(person).encode())


def code_at(secret: bytes, step: int) -> str:
    """The six digits of a time step."""
    digest = hmac.new(secret, struct.pack(">Q", step), hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset:offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def step_of(secret: bytes, code: str, at: float, last: int) -> int | None:
    """The time step a code belongs to, one either side allowed, never one that was used; None when it does not fit."""
    now = int(at) // STEP
    clean = code.replace(" ", "")
    return next((s for s in (now, now - 1, now + 1) if s > last and hmac.compare_digest(code_at(secret, s), clean)), None)


def uri(secret: bytes, login: str) -> str:
    """What an authenticator app scans."""
    return f"otpauth://totp/Xieli:{login}?secret={base64.b32encode(secret).decode()}&issuer=Xieli"
