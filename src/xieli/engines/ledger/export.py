"""The export: a folder that anyone can check with a public key, and receipts for single events.

    events.jsonl    line n is exactly the bytes that were hashed for row n (an empty line: the row is gone from the store)
    seals.jsonl     one line per seal (engines/ledger/seal.py), leaf hashes included
    personal.jsonl  only if asked for: {"index":n,"part":…,"salt":…,"value":…} of the personal parts not erased
    keys.txt        the public keys that the keeper claims; the verifier takes its key from elsewhere
    manifest.json   counts, for people

Files are opened by a function that is handed in.
"""
from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, BinaryIO

from xieli.engines.ledger import canonical, tree
from xieli.engines.ledger.seal import Signed, key_id

FORMAT = "xieli-ledger-1"


def write(
    open_file: Callable[[str], BinaryIO], *, rows: Iterable[bytes], seals: Iterable[bytes], keys: Sequence[bytes],
    personal: Iterable[Mapping[str, Any]] | None = None, notes: Mapping[str, object] | None = None,
) -> dict[str, Any]:
    """Write the files of an export; `open_file(name)` gives a binary file. Returns the manifest.

    `rows` in row order, b"" for a row that is gone; `seals` as lines, damaged ones too: the verifier is to see them.
    `notes` (e.g. the number of events not yet sealed) go into the manifest.
    """
    manifest: dict[str, Any] = {"format": FORMAT, "rows": 0, "seals": 0, **(notes or {})}
    with open_file("events.jsonl") as f:
        for row in rows:
            f.write(row + b"\n")
            manifest["rows"] += 1
    with open_file("seals.jsonl") as f:
        for line in seals:
            f.write(line + b"\n")
            manifest["seals"] += 1
    if personal is not None:
        manifest["personal"] = 0
        with open_file("personal.jsonl") as f:
            for part in personal:
                f.write(canonical.dumps(part) + b"\n")
                manifest["personal"] += 1
    with open_file("keys.txt") as f:
        for key in keys:
            f.write(f"{key.hex()}  # {key_id(key)}\n".encode())
    with open_file("manifest.json") as f:
        f.write(json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n")
    return manifest


def receipt(canon: bytes, index: int, leaves: Sequence[bytes], signed: Signed) -> bytes:
    """One event with its path to a seal: proof of this act alone, without any other row (checked by `verify.check_receipt`).

    `leaves`: the leaf hashes of rows 0 … seal.size − 1. Raises ValueError if they do not give the seal's root or the event is not row `index`.
    """
    if len(leaves) != signed.seal.size or tree.root_of(leaves).hex() != signed.seal.root:
        raise ValueError("叶摘要与封存的根不符 / the leaf hashes do not give the root of the seal")
    if not 0 <= index < len(leaves) or tree.leaf_hash(canon) != leaves[index]:
        raise ValueError(f"该记录不是第 {index} 行 / the event is not row {index}")
    return canonical.dumps({
        "event": canon.decode(), "index": index, "path": [h.hex() for h in tree.inclusion_proof(leaves, index)],
        "seal": signed.line(with_leaves=False).decode(),
    }) + b"\n"
