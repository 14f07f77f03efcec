"""The protocol between a client (short approved list) and an owner (long list), by files.

1. request: the client blinds H(item) with a secret of this session.
2. approve: an approver of the client's side sees the list itself, recomputes every blinded point, signs.
3. respond: the owner checks signature, expiry, caps and that the session is new; multiplies the client's points
   (same order) and its own hashed items (sorted, so that their order says nothing) with its secret; signs.
4. finish: the client multiplies the owner's points with its secret; equal points are hits.

The client learns which of its items the owner holds and how many rows the owner has (padded on demand); the owner
learns how many items were asked. Both are assumed to follow the protocol; an owner who lies can only spoil the
answer, a client who lies is bound by the approver's signature and the caps. docs/decisions/er-psi.md has the argument.
"""
from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .group import check_points, hash_to_point, multiply, new_secret, normal

PROTOCOL = "xieli-psi-1"
MOST_ITEMS = 5_000  # hard upper bound on one client list, whatever a policy says; our default


class Refused(Exception):
    """The owner does not answer, or the answer is not to be trusted; the message says why, zh and en."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What an owner allows. approvers: Ed25519 public keys (hex) it knows; caps count distinct items."""

    owner: str
    approvers: tuple[str, ...]
    cap_per_request: int
    cap_per_authorization: int
    pad_to: int = 1


def canonical(message: Mapping[str, Any]) -> bytes:
    """The bytes that are signed: sorted keys, no spaces, without the signature itself."""
    body = {k: v for k, v in message.items() if k != "signature"}
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(message: Mapping[str, Any]) -> str:
    """SHA-256 of the signed bytes, hex."""
    return hashlib.sha256(canonical(message)).hexdigest()


def _pack(points: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(p).decode() for p in points]


def _unpack(texts: Sequence[str]) -> list[bytes]:
    try:
        return [base64.b64decode(t, validate=True) for t in texts]
    except (ValueError, TypeError) as error:
        raise Refused("the message is damaged / 报文损坏") from error


def _distinct(items: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(normal(i) for i in items))
    return [i for i in found if i]


def request(items: Sequence[str], authorization: str, purpose: str, expires: date) -> tuple[dict[str, Any], bytes]:
    """The client's unsigned request and its secret (kept by the client, destroyed after finish).

    Raises Refused for an empty list or one above MOST_ITEMS.
    """
    mine = _distinct(items)
    if not mine or len(mine) > MOST_ITEMS:
        raise Refused(f"the list has {len(mine)} items; 1 to {MOST_ITEMS} are allowed / 名单 {len(mine)} 项，允许 1 至 {MOST_ITEMS} 项")
    session = secrets.token_bytes(16)
    secret = new_secret()
    points = multiply(secret, [hash_to_point(i, session) for i in mine])
    message = {
        "protocol": PROTOCOL, "kind": "request", "session": session.hex(), "authorization": authorization,
        "purpose": purpose, "expires": expires.isoformat(), "count": len(mine), "points": _pack(points),
    }  # fmt: skip
    return message, secret


def approve(message: Mapping[str, Any], items: Sequence[str], secret: bytes, key: Ed25519PrivateKey) -> dict[str, Any]:
    """Sign a request after recomputing it from the list that the approver read. Raises Refused if it is another list."""
    mine = _distinct(items)
    points = multiply(secret, [hash_to_point(i, bytes.fromhex(message["session"])) for i in mine])
    if _pack(points) != message["points"] or message["count"] != len(mine):
        raise Refused("the request does not belong to this list; nothing was signed / 请求与名单不符，未签署")
    signed = dict(message) | {"approver": key.public_key().public_bytes_raw().hex()}
    signed["signature"] = key.sign(canonical(signed)).hex()
    return signed


def _verify(message: Mapping[str, Any], public_hex: str) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_hex)).verify(bytes.fromhex(message["signature"]), canonical(message))
    except (InvalidSignature, KeyError, ValueError) as error:
        raise Refused("the signature does not fit / 签名不符") from error


def check_request(message: Mapping[str, Any], policy: Policy, answered: Sequence[Mapping[str, Any]], today: date) -> list[bytes]:
    """All that an owner checks before answering; returns the client's points. Raises Refused, saying why.

    answered: the owner's register of earlier answers (session, authorization, count).
    """
    if message.get("protocol") != PROTOCOL or message.get("kind") != "request":
        raise Refused("not a request of this protocol / 不是本协议的请求")
    if message.get("approver") not in policy.approvers:
        raise Refused("the request is not signed by an approver this owner knows / 请求未经本单位认可的审批人签署")
    _verify(message, str(message["approver"]))
    if date.fromisoformat(message["expires"]) < today:
        raise Refused(f"the authorization expired on {message['expires']} / 授权已于 {message['expires']} 到期")
    points = _unpack(message["points"])
    if len(points) != message["count"] or len(set(points)) != len(points):
        raise Refused("the count does not fit the list / 数目与名单不符")
    if len(points) > min(policy.cap_per_request, MOST_ITEMS):
        raise Refused(f"{len(points)} items; this owner answers at most {policy.cap_per_request} / {len(points)} 项，超过上限 {policy.cap_per_request}")
    if any(a["session"] == message["session"] for a in answered):
        raise Refused("this session was answered before / 本次会话已答复过")
    used = sum(int(a["count"]) for a in answered if a["authorization"] == message["authorization"])
    if used + len(points) > policy.cap_per_authorization:
        raise Refused(
            f"authorization {message['authorization']} has {policy.cap_per_authorization - used} items left / "
            f"授权 {message['authorization']} 尚余 {policy.cap_per_authorization - used} 项"
        )
    try:
        check_points(points)
    except ValueError as error:
        raise Refused(str(error)) from error
    return points


def respond(
    message: Mapping[str, Any], items: Sequence[str], policy: Policy, answered: Sequence[Mapping[str, Any]], key: Ed25519PrivateKey, today: date
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The owner's signed response, and the line for its register. The owner's secret lives only in this call."""
    points = check_request(message, policy, answered, today)
    session = bytes.fromhex(message["session"])
    secret = new_secret()
    mine = _distinct(items)
    own = multiply(secret, [hash_to_point(i, session) for i in mine])
    # padding: points of nobody, so that the exact number of rows stays at home
    while len(own) % policy.pad_to:
        own += multiply(secret, [hash_to_point(secrets.token_hex(32), session)])
    response = {
        "protocol": PROTOCOL, "kind": "response", "session": message["session"], "request": digest(message),
        "owner": policy.owner, "owner_count": len(own), "doubled": _pack(multiply(secret, points)),
        "points": _pack(sorted(own)), "signer": key.public_key().public_bytes_raw().hex(),
    }  # fmt: skip
    response["signature"] = key.sign(canonical(response)).hex()
    line = {"session": message["session"], "authorization": message["authorization"], "count": len(points), "request": digest(message), "on": today.isoformat()}
    return response, line


def finish(request_message: Mapping[str, Any], response: Mapping[str, Any], items: Sequence[str], secret: bytes, owner_key: str) -> list[str]:
    """The client's hits, in the order of its list. Raises Refused for an answer to another request or a wrong signer."""
    if response.get("kind") != "response" or response.get("request") != digest(request_message):
        raise Refused("this is not the answer to this request / 答复与请求不对应")
    if response.get("signer") != owner_key:
        raise Refused("the answer is not signed by this owner / 答复不是该单位签署")
    _verify(response, owner_key)
    doubled, theirs = _unpack(response["doubled"]), _unpack(response["points"])
    mine = _distinct(items)
    if len(doubled) != len(mine):
        raise Refused("the answer has another length than the list / 答复与名单长度不一")
    try:
        held = set(multiply(secret, theirs))  # X25519 is safe on the twist too; a false point only spoils the answer
    except ValueError as error:
        raise Refused(str(error)) from error
    return [item for item, point in zip(mine, doubled, strict=True) if point in held]
