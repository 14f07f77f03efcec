"""An encrypted file of named members, written and read as a stream: the form of a backup.

    "xieli-backup 1\\n" · header length (4 bytes) · header (JSON: kind, time, custodians with their sealed shares, salt)
    chunks of at most 64 KiB, each ChaCha20-Poly1305 under HKDF(key, salt, header) with nonce = counter · last-chunk flag
        (the STREAM construction: Hoang, Reyhanitabar, Rogaway, Vizár, CRYPTO 2015, as used by age)
    inside: per member a JSON line of its name, then blocks, each with its length; an empty block ends it;
        the last member is MANIFEST, with the size and SHA-256 of every other

The header is bound into the key, so that not one byte of the file can be changed, cut off or exchanged unnoticed.
"""
from __future__ import annotations

import hashlib
import json
import os
import secrets
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from xieli.server.custodians import Custodian, open_shares, seal_shares
from xieli.server.words import Trouble

MAGIC = b"xieli-backup 1\n"
CHUNK = 65536
BLOCK = 2**20
LONGEST_HEADER = 2**20
MANIFEST = "MANIFEST"


def damaged(path: Path, why: str) -> Trouble:
    return Trouble(
        f"备份文件 {path.name} 已损坏或被改动（{why}）。没有恢复任何内容；请用另一份备份。",
        f"The backup {path.name} is damaged or was altered ({why}). Nothing was restored; use another copy.",
    )


def body_cipher(key: bytes, header: bytes, salt: bytes) -> ChaCha20Poly1305:
    info = b"xieli backup body 1" + hashlib.sha256(header).digest()
    return ChaCha20Poly1305(HKDF(hashes.SHA256(), 32, salt=salt, info=info).derive(key))


def nonce(counter: int, last: bool) -> bytes:
    return counter.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


@dataclass
class Writer:
    """Writes one container. Use `add` for each member, then `close`; until then the file carries a draft's name."""

    path: Path
    kind: str
    about: dict[str, Any]
    custodians: Sequence[Custodian]
    threshold: int
    manifest: dict[str, Any] = field(default_factory=dict)
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def __post_init__(self) -> None:
        salt = secrets.token_bytes(32)
        header = json.dumps({
            "kind": self.kind, **self.about, "threshold": self.threshold, "salt": salt.hex(),
            "custodians": seal_shares(self.key, self.custodians, self.threshold),
        }, ensure_ascii=False, sort_keys=True).encode()
        self.draft = self.path.with_name(f".{self.path.name}.draft")
        self.file: BinaryIO = self.draft.open("wb")
        self.draft.chmod(0o600)
        self.file.write(MAGIC + struct.pack(">I", len(header)) + header)
        self.cipher = body_cipher(self.key, header, salt)
        self.waiting = bytearray()
        self.counter = 0
        self.members: dict[str, dict[str, Any]] = {}

    def add(self, name: str, blocks: Iterable[bytes]) -> int:
        """Add a member from blocks of bytes; returns its size."""
        digest, size = hashlib.sha256(), 0
        self._framed(json.dumps({"name": name}, ensure_ascii=False).encode())
        for block in blocks:
            if block:
                digest.update(block)
                size += len(block)
                self._framed(block)
        self._framed(b"")
        self.members[name] = {"size": size, "sha256": digest.hexdigest()}
        return size

    def close(self) -> Path:
        """Write the manifest and the last chunk, flush to the disk, and give the file its name."""
        text = json.dumps({**self.manifest, "members": self.members}, ensure_ascii=False, sort_keys=True).encode()
        self._framed(json.dumps({"name": MANIFEST}).encode())
        self._framed(text)
        self._framed(b"")
        self.file.write(self.cipher.encrypt(nonce(self.counter, True), bytes(self.waiting), None))
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        self.draft.rename(self.path)
        return self.path

    def abandon(self) -> None:
        self.file.close()
        self.draft.unlink(missing_ok=True)

    def _framed(self, data: bytes) -> None:
        self.waiting += struct.pack(">I", len(data)) + data
        while len(self.waiting) > CHUNK:  # the last chunk is never empty: something is always kept back
            self.file.write(self.cipher.encrypt(nonce(self.counter, False), bytes(self.waiting[:CHUNK]), None))
            del self.waiting[:CHUNK]
            self.counter += 1


def read_header(path: Path) -> dict[str, Any]:
    """The open part: kind, time, names of the custodians. Error: `Trouble` when this is no backup."""
    return _header(path)[0]


def _header(path: Path) -> tuple[dict[str, Any], bytes, int]:
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise Trouble(f"{path.name} 不是协力的备份文件。", f"{path.name} is no backup of Xieli.")
        raw = file.read(4)
        length = struct.unpack(">I", raw)[0] if len(raw) == 4 else LONGEST_HEADER + 1
        if length > LONGEST_HEADER:
            raise damaged(path, "header")
        header = file.read(length)
        start = file.tell()
    try:
        return json.loads(header), header, start
    except ValueError:
        raise damaged(path, "header") from None


class Reader:
    """Reads one container with its custodians' keys (or the backup's own key, right after writing)."""

    def __init__(self, path: Path, keys: Sequence[tuple[Custodian, X25519PrivateKey]] = (), *, key: bytes | None = None) -> None:
        self.path = path
        self.header, raw, self.start = _header(path)
        try:
            opened = key if key is not None else open_shares(self.header["custodians"], int(self.header["threshold"]), keys)
            self.cipher = body_cipher(opened, raw, bytes.fromhex(self.header["salt"]))
        except (KeyError, ValueError, TypeError):
            raise damaged(path, "header") from None
        self.manifest: dict[str, Any] = {}

    def _plain(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            file.seek(self.start)
            counter = 0
            chunk = file.read(CHUNK + 16)
            while True:
                following = file.read(CHUNK + 16)
                try:
                    yield self.cipher.decrypt(nonce(counter, not following), chunk, None)
                except InvalidTag:
                    raise damaged(self.path, f"byte {self.start + counter * (CHUNK + 16)}…") from None
                if not following:
                    return
                chunk, counter = following, counter + 1

    def _frames(self) -> Iterator[bytes]:
        held = bytearray()
        for piece in self._plain():
            held += piece
            while len(held) >= 4:
                length = struct.unpack(">I", held[:4])[0]
                if len(held) < 4 + length:
                    break
                yield bytes(held[4 : 4 + length])
                del held[: 4 + length]
        if held:
            raise damaged(self.path, "end")

    def members(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Each member's name and blocks, in order; read one before asking for the next. Fills `manifest` at the end."""
        frames = self._frames()
        seen: dict[str, dict[str, Any]] = {}
        for opening in frames:
            name = json.loads(opening)["name"]
            if name == MANIFEST:
                self.manifest = json.loads(b"".join(iter(lambda: next(frames), b"")))
                continue
            digest, size = hashlib.sha256(), 0

            def blocks() -> Iterator[bytes]:
                nonlocal size
                for block in iter(lambda: next(frames), b""):
                    digest.update(block)  # noqa: B023 - read before the next member begins
                    size += len(block)
                    yield block

            reading = blocks()
            yield name, reading
            for _ in reading:  # what the caller did not read still counts
                pass
            seen[name] = {"size": size, "sha256": digest.hexdigest()}
        if seen != self.manifest.get("members"):
            raise damaged(self.path, "manifest")

    def check(self) -> dict[str, Any]:
        """Read everything once, keep nothing: every byte is authentic and complete. Returns the manifest."""
        for _, blocks in self.members():
            for _ in blocks:
                pass
        return self.manifest
