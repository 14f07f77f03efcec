"""A trial that waits to be posted: sealed under the installation's key file, so that the database (and its backups) hold
no identity number of a person whom nobody has registered. Without the key the trial is gone; the file is read once more."""
from __future__ import annotations

import base64
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def _box() -> Fernet:
    key = HKDF(SHA256(), 32, salt=None, info=b"xieli import trial").derive(settings.SECRET_KEY.encode())
    return Fernet(base64.urlsafe_b64encode(key))


def sealed(data: dict[str, Any]) -> dict[str, str]:
    """What may lie in a draft: the address to go on at, and a box."""
    return {"_path": str(data.get("_path", "")), "box": _box().encrypt(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()).decode()}


def opened(kept: dict[str, Any]) -> dict[str, Any] | None:
    """The trial again; None when it was sealed under another key or altered."""
    try:
        found: dict[str, Any] = json.loads(_box().decrypt(str(kept.get("box", "")).encode()))
    except InvalidToken:
        return None
    return found
