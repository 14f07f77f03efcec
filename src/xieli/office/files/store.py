"""Bytes on disc: `files/ab/abcd…`, named by their address. What is there never changes.

 1. An upload is written beside the store under a name of its own, hashed as it comes, and forced to disc.
 2. The database gives its address; the file is renamed into place and the folder forced to disc.
 3. Only then its row is written. Whatever stops in between leaves bytes without a row, never a row without bytes.
 4. The sweeper removes what no row names, under a lock that no upload holds at that moment.
"""
from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

BLOCK = 1 << 20
INCOMING = ".incoming-"
# a file without a row is left alone this long: its upload may still be under way (a binding lives five minutes)
ORPHAN_AFTER_S = 3600


def folder() -> Path:
    """The store of this installation, made at its first use."""
    path = Path(settings.FILES)
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def place(digest: bytes) -> Path:
    """Where the content of an address lies."""
    name = digest.hex()
    return folder() / name[:2] / name


class TooLarge(Exception):
    """More bytes than are accepted."""


@dataclass(frozen=True)
class Incoming:
    """An upload that is on disc and has no address yet."""

    path: Path
    size: int
    sha: bytes


@contextmanager
def incoming(blocks: Iterable[bytes], largest: int) -> Iterator[Incoming]:
    """The blocks as a file forced to disc; removed again unless it was put in its place. Raises TooLarge."""
    path = folder() / f"{INCOMING}{secrets.token_hex(12)}"
    sha, size = hashlib.sha256(), 0
    try:
        with path.open("xb") as file:
            os.chmod(path, 0o600)
            for block in blocks:
                size += len(block)
                if size > largest:
                    raise TooLarge
                sha.update(block)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        yield Incoming(path, size, sha.digest())
    finally:
        path.unlink(missing_ok=True)


def put(found: Incoming, digest: bytes) -> Path:
    """Rename an upload to its address. The same content again replaces itself."""
    target = place(digest)
    target.parent.mkdir(exist_ok=True, mode=0o700)
    os.replace(found.path, target)
    for directory in (target.parent, folder()):
        _force(directory)
    return target


def _force(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def blocks_of(path: Path) -> Iterator[bytes]:
    """A stored file, block by block."""
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def sha_of(path: Path) -> bytes:
    """SHA-256 of what lies on disc."""
    sha = hashlib.sha256()
    for block in blocks_of(path):
        sha.update(block)
    return sha.digest()


def left_behind() -> tuple[list[Path], dict[bytes, Path]]:
    """Uploads that never got an address, and old enough files by address: what the sweeper asks about."""
    old = time.time() - ORPHAN_AFTER_S
    partial, stored = [], {}
    for path in folder().rglob("*"):
        try:
            if not path.is_file() or path.stat().st_mtime > old:
                continue
        except FileNotFoundError:  # put in its place in this very moment
            continue
        if path.name.startswith(INCOMING):
            partial.append(path)
        elif len(path.name) == 64:
            stored[bytes.fromhex(path.name)] = path
    return partial, stored
