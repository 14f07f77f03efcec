"""The engine's folder of this database: data sets, documents, keys of persons, runs. Files of the service's own user only.

The signing key of a person is made by the platform at his first signature and lies in that folder: the act is his bound
session's, the signature is the seal that lets the engine, without any database, refuse a document nobody signed.
"""
from __future__ import annotations

from datetime import datetime
from pathlib import Path

import yaml
from django.conf import settings
from django.db import connection

from xieli.engines.matching.authorization.signing import new_key, public_of, read_key, trust
from xieli.engines.matching.workspace import Workspace, write_atomic


def folder() -> Path:
    """One folder per database, so that a demo and a test never share a run."""
    return Path(settings.HOME) / "matching" / str(connection.settings_dict["NAME"])


def workspace(at: datetime) -> Workspace:
    """The workspace, made at its first use."""
    root = folder()
    if not (root / "acts.jsonl").exists():
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        return Workspace.create(root, "platform", at)
    return Workspace(root)


def key_of(space: Workspace, person: int) -> Path:
    """The private key with which a person's signature is made; entered in the trust file when it is new."""
    path = space.keys / f"{person}.key"
    with space.lock("trust"):
        if not path.exists():
            new_key(path)
        known = trust(space)
        if str(person) not in known:
            entries = [*known.values(), {"person": str(person), "public_key": public_of(read_key(path)), "roles": ["signer"]}]
            write_atomic(space.root / "trust.yaml", yaml.safe_dump({"signers": entries}, allow_unicode=True, sort_keys=False).encode())
    return path
