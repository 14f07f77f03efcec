"""Seals: signed statements that the ledger has so many rows with this root, each chained to the one before.

A seal's canonical bytes are signed by Ed25519 after the prefix `xieli-seal-1\\n`, so the signature can mean nothing else. One line of
`seals.jsonl` and of a witness file is

    {"leaves":"<base64 of the leaf hashes since the previous seal>","seal":{…},"sig":"<128 hex digits>"}

`leaves` is left out of a short witness. It is not trusted by itself: `rows` inside the seal is SHA-256 over those hashes, so a verifier can name
the exact row that differs, which a root alone cannot. `prev` is SHA-256(previous seal's bytes ‖ its signature): a valid signature on the last
seal vouches for all before it.
"""
from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from xieli.engines.ledger import canonical

PREFIX = b"xieli-seal-1\n"
FIRST = "0" * 64
LINE = re.compile(rb'\{(?:"leaves":"([A-Za-z0-9+/]*={0,2})",)?"seal":(\{[ -~]+\}),"sig":"([0-9a-f]{128})"\}')
KEYS = {"at", "key", "log", "number", "prev", "root", "rows", "size", "v"}
HEX64 = re.compile(r"[0-9a-f]{64}")
AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


class BadSeal(ValueError):
    """The line is no seal: its form, not its signature, is wrong."""


def key_id(public: bytes) -> str:
    """The first 16 hex digits of SHA-256 over the raw 32-byte Ed25519 public key."""
    return sha256(public).hexdigest()[:16]


def stamp(at: datetime) -> str:
    """An instant as the ledger writes it: UTC, microseconds, `2026-11-22T03:39:16.000000Z`. Raises ValueError without a zone."""
    if at.tzinfo is None:
        raise ValueError("时间须带时区 / the instant needs a zone")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True, slots=True)
class Restored:
    """Declared in the first seal after a restore from a backup: the seal that was lost with the rows after it."""

    number: int
    size: int
    hash: str


@dataclass(frozen=True, slots=True)
class Seal:
    """The ledger `log` had `size` rows with root `root` at `at`; `rows` binds the leaf hashes added since seal `number` − 1."""

    log: str
    number: int
    size: int
    root: str
    rows: str
    prev: str
    at: str
    key: str
    restored: Restored | None = None

    def canon(self) -> bytes:
        value: dict[str, Any] = {
            "at": self.at, "key": self.key, "log": self.log, "number": self.number, "prev": self.prev,
            "root": self.root, "rows": self.rows, "size": self.size, "v": 1,
        }
        if self.restored:
            value["restored"] = {"hash": self.restored.hash, "number": self.restored.number, "size": self.restored.size}
        return canonical.dumps(value)

    def hash(self, sig: bytes) -> str:
        """What the next seal carries as `prev`."""
        return sha256(self.canon() + sig).hexdigest()


@dataclass(frozen=True, slots=True)
class Signed:
    """A seal with its signature and, unless left out, the leaf hashes it added."""

    seal: Seal
    sig: bytes
    leaves: bytes | None = None

    def line(self, with_leaves: bool = True) -> bytes:
        """The line of `seals.jsonl`, without its newline."""
        head = b"{"
        if with_leaves and self.leaves is not None:
            head += b'"leaves":"' + base64.b64encode(self.leaves) + b'",'
        return head + b'"seal":' + self.seal.canon() + b',"sig":"' + self.sig.hex().encode() + b'"}'

    def hash(self) -> str:
        return self.seal.hash(self.sig)


def make(
    *, log: str, number: int, size: int, root: bytes, leaves: Sequence[bytes], prev: str, at: datetime, public: bytes,
    sign: Callable[[bytes], bytes], restored: Restored | None = None,
) -> Signed:
    """Sign the next seal. `sign` is handed in (the private key never enters the engine) and gets PREFIX ‖ canonical bytes."""
    joined = b"".join(leaves)
    seal = Seal(log, number, size, root.hex(), sha256(joined).hexdigest(), prev, stamp(at), key_id(public), restored)
    return Signed(seal, sign(PREFIX + seal.canon()), joined)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def parse(line: bytes) -> Signed:
    """Read one line strictly; raises BadSeal for anything `Signed.line` would not have written."""
    match = LINE.fullmatch(line)
    if not match:
        raise BadSeal("不是封存行 / not a seal line")
    try:
        leaves = None if match[1] is None else base64.b64decode(match[1], validate=True)
        value = canonical.loads(match[2])
    except ValueError as reason:
        raise BadSeal(str(reason)) from None
    if not isinstance(value, dict) or set(value) - {"restored"} != KEYS or value["v"] != 1 or isinstance(value["v"], bool):
        raise BadSeal("封存项目不符 / the seal has other keys than it should")
    lost = value.get("restored")
    if "restored" in value and not (
        isinstance(lost, dict) and set(lost) == {"hash", "number", "size"} and _whole(lost["number"]) and _whole(lost["size"])
        and isinstance(lost["hash"], str) and HEX64.fullmatch(lost["hash"])
    ):
        raise BadSeal("恢复说明不符 / the note of a restore is malformed")
    texts = all(isinstance(value[k], str) for k in ("at", "key", "log", "prev", "root", "rows"))
    if not texts or not (_whole(value["number"]) and _whole(value["size"]) and value["number"] >= 1):
        raise BadSeal("封存项目类型不符 / a value of the seal has the wrong type")
    if not (AT.fullmatch(value["at"]) and all(HEX64.fullmatch(value[k]) for k in ("prev", "root", "rows"))):
        raise BadSeal("封存的时间或摘要不符 / the seal's time or a digest is malformed")
    seal = Seal(
        value["log"], value["number"], value["size"], value["root"], value["rows"], value["prev"], value["at"], value["key"],
        Restored(lost["number"], lost["size"], lost["hash"]) if lost else None,
    )
    signed = Signed(seal, bytes.fromhex(match[3].decode()), leaves)
    if signed.line() != line:
        raise BadSeal("封存行不是规范形式 / the seal line is not in canonical form")
    return signed
