"""Signing by two persons (Ed25519), the trust file that says who may sign, and the key of an authorization.

A signature covers the canonical form of the whole document under a fixed prefix, so no signature made for another
purpose can be passed off as one. The authorization's own key makes the tokens of persons: destroying it makes them
meaningless for good.
"""
from __future__ import annotations

import base64
import os
import secrets
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from ..words import Conflict, MatchError, Refused
from ..workspace import Workspace, canonical, read_json, read_yaml, write_atomic, write_json
from .document import Authorization, load_authorization, parse_authorization

PREFIX = b"xieli.match.authorization.v1\0"


def new_key(path: Path) -> str:
    """Write a private key (readable by its owner only) and return the public key in base64. Conflict if it exists."""
    if path.exists():
        raise Conflict("key_exists", f"密钥 {path.name} 已存在", f"key {path.name} exists already")
    key = Ed25519PrivateKey.generate()
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "wb") as f:
        f.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return public_of(key)


def read_key(path: Path) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError) as e:
        raise MatchError("key", f"无法读取私钥 {path.name}", f"the private key {path.name} cannot be read") from e
    if not isinstance(key, Ed25519PrivateKey):
        raise MatchError("key", f"{path.name} 不是 Ed25519 私钥", f"{path.name} is no Ed25519 key")
    return key


def public_of(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def trust(workspace: Workspace) -> dict[str, dict[str, Any]]:
    """person -> entry of trust.yaml."""
    path = workspace.root / "trust.yaml"
    entries = read_yaml(path) if path.exists() else {}
    people = entries.get("signers", []) if isinstance(entries, dict) else []
    return {str(p["person"]): p for p in people if isinstance(p, dict) and "person" in p and "public_key" in p}


def signatures_path(workspace: Workspace, ident: str) -> Path:
    return workspace.authorizations / f"{ident}.signatures.json"


def sign(workspace: Workspace, document: Path, person: str, key: Ed25519PrivateKey, now: datetime) -> Authorization:
    """Add a person's signature. Refused unless trust.yaml names the person with this key and he is no operator."""
    authorization = load_authorization(document)
    entry = trust(workspace).get(person)
    if entry is None or entry["public_key"] != public_of(key):
        raise Refused("not_trusted", f"{person} 或其密钥不在 trust.yaml 中", f"{person} or his key is not in trust.yaml")
    if person in authorization.operators:
        raise Refused("operator_signs", f"{person} 是操作人，不能签批", f"{person} is an operator and cannot sign")
    home = workspace.authorizations / f"{authorization.id}.yaml"
    text = document.read_bytes()
    with workspace.lock("authorizations"):
        if home.exists() and load_authorization(home).digest != authorization.digest:
            raise Conflict("other_document", f"授权书 {authorization.id} 已有不同内容，请换一个编号", f"authorization {authorization.id} exists with other content; use another number")
        if not home.exists():
            write_atomic(home, text)
        path = signatures_path(workspace, authorization.id)
        signed = read_json(path) if path.exists() else []
        if any(s["person"] == person for s in signed):
            raise Conflict("signed", f"{person} 已签过", f"{person} has signed already")
        signature = base64.b64encode(key.sign(PREFIX + canonical(authorization.document))).decode()
        signed.append({"person": person, "public_key": entry["public_key"], "at": now.isoformat(), "signature": signature})
        write_json(path, signed)
        secret = workspace.authorizations / f"{authorization.id}.key"
        if not secret.exists() and not is_destroyed(workspace, authorization.id):
            write_atomic(secret, secrets.token_bytes(32))
            secret.chmod(0o600)
        workspace.record(now, person, "authorization_signed", {"authorization": authorization.id, "digest": authorization.digest})
    return authorization


def is_destroyed(workspace: Workspace, ident: str) -> bool:
    return any(a["act"] == "authorization_destroyed" and a["detail"]["authorization"] == ident for a in workspace.acts())


def open_signed(workspace: Workspace, ident: str) -> Authorization:
    """The authorization of that number if two trusted persons, neither an operator, signed exactly this document.

    Refused otherwise; whether it may be used now is `permit`'s question.
    """
    path = workspace.authorizations / f"{ident}.yaml"
    if not path.exists() or path.parent != workspace.authorizations:
        raise Refused("no_authorization", f"没有授权书 {ident}", f"there is no authorization {ident}")
    authorization = parse_authorization(read_yaml(path), path.name)
    listed = signatures_path(workspace, ident)
    known = trust(workspace)
    good: dict[str, str] = {}
    for s in read_json(listed) if listed.exists() else []:
        entry = known.get(s.get("person", ""))
        if entry is None or s["person"] in authorization.operators:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(base64.b64decode(entry["public_key"])).verify(
                base64.b64decode(s["signature"]), PREFIX + canonical(authorization.document)
            )
        except (InvalidSignature, ValueError) as e:
            raise Refused("bad_signature", f"{s['person']} 的签名与授权书内容不符，内容可能被改动", f"{s['person']}'s signature does not fit the document; it may have been altered") from e
        good[s["person"]] = entry["public_key"]
    if len(good) < 2 or len(set(good.values())) < 2:
        raise Refused("two_persons", f"授权书 {ident} 需要两名非操作人签批，现有 {len(good)} 名", f"authorization {ident} needs the signatures of two persons who are no operators; it has {len(good)}")
    return authorization


def secret_of(workspace: Workspace, authorization: Authorization) -> bytes:
    """The key that makes this authorization's tokens; Refused after destruction."""
    path = workspace.authorizations / f"{authorization.id}.key"
    if not path.exists():
        raise Refused("destroyed", f"授权书 {authorization.id} 的密钥已销毁", f"the key of authorization {authorization.id} was destroyed")
    return path.read_bytes()
