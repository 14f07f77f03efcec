"""The sealer's key: a file of its own that only its account reads; the public half is handed out and printed.

    seals/seal.key      Ed25519, PKCS #8 PEM, mode 0600
    seals/seal.pub      the public key, PEM
    seals/sealer.state  the last seal this key has signed (number, size, hash): how the sealer notices a rolled-back database
"""
from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from xieli.engines.ledger.seal import key_id
from xieli.server.words import Trouble


@dataclass(frozen=True, slots=True)
class Memory:
    """What the key remembers of its last seal."""

    number: int
    size: int
    hash: str


def write_whole(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Replace a file so that a crash leaves the old or the new content, never half of it. Raises OSError (a full disk, say)."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as f:
            f.write(data)
            f.flush()
            os.fsync(f.fileno())
        draft.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class KeyFolder:
    """The folder with the key, its public half and its memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key, self.pub, self.state, self.alarm = (folder / n for n in ("seal.key", "seal.pub", "sealer.state", "ALARM"))

    def make(self) -> bytes:
        """Make a key. Returns the raw public key. Raises Trouble when there is one already: a key is never overwritten."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        private = Ed25519PrivateKey.generate()
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        try:
            descriptor = os.open(self.key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise Trouble(f"{self.key.name} 已存在，未改动；更换密钥请另用目录。", f"{self.key.name} exists already and was left as it is; use another folder for a new key.") from None
        with os.fdopen(descriptor, "wb") as f:
            f.write(pem)
            f.flush()
            os.fsync(f.fileno())
        write_whole(self.pub, private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), 0o644)
        return self.public()

    def private(self) -> Ed25519PrivateKey:
        """The signing key. Raises Trouble when it is missing, readable by others or no Ed25519 key."""
        try:
            mode, pem = self.key.stat().st_mode, self.key.read_bytes()
        except FileNotFoundError:
            raise Trouble(f"没有封存密钥 {self.key}；请运行 xieli audit keys new。", f"There is no seal key {self.key}; run xieli audit keys new.") from None
        if mode & 0o077:
            raise Trouble(f"封存密钥 {self.key} 他人可读；请改为仅本账户可读（0600），并考虑更换。", f"The seal key {self.key} can be read by others; make it 0600 and consider a new one.")
        key = load_pem_private_key(pem, None)
        if not isinstance(key, Ed25519PrivateKey):
            raise Trouble(f"{self.key} 不是 Ed25519 密钥。", f"{self.key} is no Ed25519 key.")
        return key

    def public(self) -> bytes:
        """The raw 32 bytes of the public key, taken from the private one."""
        return self.private().public_key().public_bytes_raw()

    def identity(self) -> str:
        return key_id(self.public())

    def remember(self, memory: Memory) -> None:
        """Store the last seal. Raises OSError."""
        write_whole(self.state, json.dumps(asdict(memory), sort_keys=True).encode() + b"\n")

    def memory(self) -> Memory | None:
        """The last seal, or None if nothing was ever stored. Raises Trouble when the file cannot be understood."""
        try:
            return Memory(**json.loads(self.state.read_bytes()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as reason:
            raise Trouble(f"{self.state} 已损坏，封存停止。请从备份恢复此文件，或按恢复程序处理。", f"{self.state} is damaged; sealing stops. Restore the file, or follow the procedure for a restore.") from reason
