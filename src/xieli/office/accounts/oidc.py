"""Sign-in through an identity provider (OpenID Connect Core 1.0, code flow with PKCE, RFC 7636): it says who, never what he may.

A subject counts only where a security administrator linked it to a person; the second factor stays ours. Settings: a JSON file named in
XIELI_OIDC with `issuer`, `client_id`, `client_secret` (or `client_secret_file`) and, for the screen, `label`.
"""
from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from django.db import connection
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

ALGORITHMS = ["RS256", "ES256", "EdDSA", "Ed25519"]  # signatures only: "none" and shared secrets are no proof of the issuer
LEEWAY = 30  # seconds by which two clocks may differ
TIMEOUT = 5.0


class Wrong(Exception):
    """The provider's answer does not hold; the person sees the same page as for a wrong password."""


@dataclass(frozen=True)
class Provider:
    """One identity provider and what we are to it."""

    issuer: str
    client_id: str
    client_secret: str
    label: str


def provider() -> Provider | None:
    """The provider of this installation, if one is set. Raises ValueError for a setting that cannot be."""
    path = os.environ.get("XIELI_OIDC", "")
    if not path:
        return None
    given = json.loads(Path(path).read_text("utf-8"))
    secret = given.get("client_secret") or Path(given["client_secret_file"]).read_text("utf-8").strip()
    parts = urlsplit(given["issuer"])
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise ValueError("身份提供方须用 https。/ An identity provider needs https.")
    return Provider(given["issuer"].rstrip("/"), given["client_id"], secret, given.get("label", "单位统一认证"))


def redirect_uri() -> str:
    """Where the provider sends the browser back."""
    return os.environ.get("XIELI_DOOR_URL", "").rstrip("/") + "/oidc/back"


def _get(client: httpx.Client, url: str) -> dict[str, Any]:
    answer = client.get(url)
    answer.raise_for_status()
    return dict(answer.json())


def _client() -> httpx.Client:
    return httpx.Client(timeout=TIMEOUT, trust_env=False, follow_redirects=False)


def _metadata(client: httpx.Client, of: Provider) -> dict[str, Any]:
    found = _get(client, of.issuer + "/.well-known/openid-configuration")
    if str(found.get("issuer", "")).rstrip("/") != of.issuer:
        raise Wrong
    return found


def start(of: Provider) -> tuple[str, dict[str, str]]:
    """The provider's address for this sign-in without `state`, and what the door keeps: nonce, PKCE verifier. Raises Wrong."""
    kept = {"nonce": secrets.token_urlsafe(24), "verifier": secrets.token_urlsafe(48), "issuer": of.issuer}
    challenge = base64.urlsafe_b64encode(hashlib.sha256(kept["verifier"].encode()).digest()).rstrip(b"=").decode()
    try:
        with _client() as client:
            where = str(_metadata(client, of)["authorization_endpoint"])
    except (httpx.HTTPError, KeyError, ValueError) as error:
        raise Wrong from error
    asked = {"response_type": "code", "client_id": of.client_id, "redirect_uri": redirect_uri(), "scope": "openid", "nonce": kept["nonce"], "code_challenge": challenge, "code_challenge_method": "S256"}
    return where + ("&" if "?" in where else "?") + urlencode(asked), kept


def subject(of: Provider, code: str, kept: dict[str, str]) -> str:
    """Who signed in there. Raises Wrong: bad code, signature, issuer, audience, nonce, or a token out of time."""
    if kept.get("issuer") != of.issuer or not code:
        raise Wrong
    try:
        with _client() as client:
            metadata = _metadata(client, of)
            answer = client.post(str(metadata["token_endpoint"]), auth=(of.client_id, of.client_secret),
                                 data={"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri(), "code_verifier": kept["verifier"]})
            answer.raise_for_status()
            keys = KeySet.import_key_set(_get(client, str(metadata["jwks_uri"])))  # type: ignore[arg-type]
            claims = jwt.decode(str(answer.json()["id_token"]), keys, algorithms=ALGORITHMS).claims
    except (httpx.HTTPError, JoseError, KeyError, ValueError, TypeError) as error:
        raise Wrong from error
    return _held_to(claims, of, kept["nonce"])


def _held_to(claims: dict[str, Any], of: Provider, nonce: str) -> str:
    now, audience = time.time(), claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    good = (str(claims.get("iss", "")).rstrip("/") == of.issuer and of.client_id in audiences and (len(audiences) == 1 or claims.get("azp") == of.client_id)
            and claims.get("azp", of.client_id) == of.client_id and isinstance(claims.get("exp"), int | float) and now < claims["exp"] + LEEWAY
            and isinstance(claims.get("iat"), int | float) and claims["iat"] <= now + LEEWAY and secrets.compare_digest(str(claims.get("nonce", "")), nonce)
            and isinstance(claims.get("sub"), str) and 0 < len(claims["sub"]) <= 255)
    if not good:
        raise Wrong
    return str(claims["sub"])


def person_of(issuer: str, sub: str) -> int | None:
    """The person to whom a security administrator linked this subject; nobody else, whatever else the provider says."""
    with connection.cursor() as cursor:
        cursor.execute("select i.person from door.identity i join door.credential c on c.person = i.person join person p on p.id = i.person"
                       " where i.issuer = %s and i.subject = %s and c.disabled_at is null and p.active and p.account", [issuer, sub])
        row = cursor.fetchone()
    return int(row[0]) if row else None
