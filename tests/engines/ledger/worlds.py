"""Invented logs for the tests: rows, seals and witnesses from a seed; and the twelve ways to tamper with them."""
from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from xieli.engines.ledger import Actor, CompactRange, compose, leaf_hash, seal
from xieli.engines.ledger.seal import FIRST, Signed

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@dataclass
class Log:
    """What an export holds, and the private key that made it."""

    key: Ed25519PrivateKey
    rows: list[bytes]
    seals: list[Signed]
    per_seal: int
    name: str = "7b0c1a52-0000-4000-8000-000000000001"
    raw_seals: list[bytes] = field(default_factory=list)

    @property
    def public(self) -> bytes:
        return self.key.public_key().public_bytes_raw()

    @property
    def keys(self) -> dict[str, bytes]:
        return {seal.key_id(self.public): self.public}

    def lines(self, short: bool = False) -> list[bytes]:
        return self.raw_seals or [s.line(with_leaves=not short) for s in self.seals]

    def copy(self) -> Log:
        return replace(self, rows=list(self.rows), seals=list(self.seals), raw_seals=list(self.raw_seals))

    def save(self, place: Path) -> Path:
        place.mkdir(parents=True)
        (place / "events.jsonl").write_bytes(b"".join(r + b"\n" for r in self.rows))
        (place / "seals.jsonl").write_bytes(b"".join(s + b"\n" for s in self.lines()))
        return place


def row(i: int, note: str = "") -> bytes:
    return compose(
        at=START + timedelta(seconds=i), by=Actor(100 + i % 7, 9000 + i % 7, "regular:10", "xieli_web"),
        event=str(UUID(int=(4 << 76) | (2 << 62) | i)), verb="test.noted", fields={"note": note or f"第 {i} 条 / note {i}", "n": i}, matters=[10**17 + i % 13],
    )


def seal_rows(key: Ed25519PrivateKey, rows: list[bytes], per_seal: int, name: str = Log.name, start: list[Signed] | None = None) -> list[Signed]:
    """Seal all rows, `per_seal` at a time; `start` keeps earlier seals (the rows under them are taken as given)."""
    seals = list(start or [])
    edge = CompactRange()
    public = key.public_key().public_bytes_raw()
    done = seals[-1].seal.size if seals else 0
    edge.extend(leaf_hash(r) for r in rows[:done])
    while done < len(rows):
        leaves = [leaf_hash(r) for r in rows[done : done + per_seal]]
        edge.extend(leaves)
        done += len(leaves)
        seals.append(seal.make(
            log=name, number=len(seals) + 1, size=done, root=edge.root(), leaves=leaves, prev=seals[-1].hash() if seals else FIRST,
            at=START + timedelta(minutes=len(seals)), public=public, sign=key.sign,
        ))
    return seals


def key_from(seed: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(sha256(b"test key %d" % seed).digest())


def make_log(rows: int = 400, per_seal: int = 16, seed: int = 0) -> Log:
    key, content = key_from(seed), [row(i) for i in range(rows)]
    return Log(key, content, seal_rows(key, content, per_seal), per_seal)


@dataclass
class Tampered:
    """A tampered log, the first bad row that a verifier has to name (None: no row is bad) and the seal it has to name, if any."""

    log: Log
    first_bad: int | None
    bad_seal: int | None = None


def edit(log: Log, i: int, rng: random.Random) -> Tampered:
    log.rows[i] = row(i, "别的内容 / something else")
    return Tampered(log, i)


def delete(log: Log, i: int, rng: random.Random) -> Tampered:
    del log.rows[i]
    return Tampered(log, i)


def insert(log: Log, i: int, rng: random.Random) -> Tampered:
    log.rows.insert(i, row(10**6 + i))
    return Tampered(log, i)


def swap(log: Log, i: int, rng: random.Random) -> Tampered:
    j = rng.choice([k for k in range(len(log.rows)) if k != i])
    log.rows[i], log.rows[j] = log.rows[j], log.rows[i]
    return Tampered(log, min(i, j))


def duplicate(log: Log, i: int, rng: random.Random) -> Tampered:
    log.rows.insert(i, log.rows[i])
    return Tampered(log, i + 1)


def cut_tail(log: Log, i: int, rng: random.Random) -> Tampered:
    del log.rows[i:]
    return Tampered(log, i)


def rechain(log: Log, i: int, rng: random.Random) -> Tampered:
    """Edit, and recompute every hash that needs no key: leaves, roots and `prev`; the signatures stay."""
    log.rows[i] = row(i, "别的内容")
    made: list[Signed] = []
    for honest, forged in zip(log.seals, seal_rows(log.key, log.rows, log.per_seal), strict=True):
        body = replace(forged.seal, prev=made[-1].hash() if made else FIRST)
        made.append(Signed(body, honest.sig, forged.leaves))
    log.seals = made
    return Tampered(log, i, i // log.per_seal + 1)


def drop_seal(log: Log, i: int, rng: random.Random) -> Tampered:
    number = min(i // log.per_seal, len(log.seals) - 2)  # the last one is `cut_tail_with_seals`
    del log.seals[number]
    return Tampered(log, None, number + 1)


def cut_tail_with_seals(log: Log, i: int, rng: random.Random) -> Tampered:
    keep = min(i // log.per_seal, len(log.seals) - 1)
    del log.seals[keep:], log.rows[keep * log.per_seal :]
    return Tampered(log, keep * log.per_seal)


def stolen_key(log: Log, i: int, rng: random.Random) -> Tampered:
    """With the sealer's key: edit, and seal the whole past anew."""
    log.rows[i] = row(i, "别的内容")
    log.seals = seal_rows(log.key, log.rows, log.per_seal)
    return Tampered(log, i, i // log.per_seal + 1)


def roll_back(log: Log, i: int, rng: random.Random) -> Tampered:
    """Back to an older backup, and on from there with other acts, properly sealed: as many rows as before."""
    keep = min(i // log.per_seal, len(log.seals) - 1)
    old, total = log.seals[:keep], len(log.rows)
    log.rows = log.rows[: keep * log.per_seal] + [row(j, "恢复之后 / after the restore") for j in range(keep * log.per_seal, total)]
    log.seals = seal_rows(log.key, log.rows, log.per_seal, start=old)
    return Tampered(log, keep * log.per_seal, keep + 1)


def flip_bit(log: Log, i: int, rng: random.Random) -> Tampered:
    """One bit of one row; a flip that makes or unmakes a line end shifts rows, as it would in the file."""
    data = bytearray(log.rows[i])
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    log.rows[i : i + 1] = bytes(data).split(b"\n")
    return Tampered(log, i)


KINDS: dict[str, Callable[[Log, int, random.Random], Tampered]] = {
    f.__name__: f
    for f in (edit, delete, insert, swap, duplicate, cut_tail, rechain, drop_seal, cut_tail_with_seals, stolen_key, roll_back, flip_bit)
}
NEED_WITNESS = {"cut_tail_with_seals", "stolen_key", "roll_back", "rechain"}
