"""A software authenticator: keeps P-256 keys and answers as a security key does, with knobs for everything that may be wrong."""
from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

FLAG = AuthenticatorData.FLAG


@dataclass
class Authenticator:
    """One device. `verified` says whether it checks its user; `counter` goes on with every answer."""

    origin: str
    verified: bool = True
    counter: int = 0
    keys: dict[bytes, ec.EllipticCurvePrivateKey] = field(default_factory=dict)

    def _client(self, kind: str, challenge: str) -> CollectedClientData:
        return CollectedClientData.create(type=kind, challenge=challenge, origin=self.origin)

    def _flags(self) -> FLAG:
        return FLAG.UP | (FLAG.UV if self.verified else FLAG(0))

    def create(self, options: dict[str, Any]) -> str:
        """The answer to a registration."""
        options = options["publicKey"]
        key, identity = ec.generate_private_key(ec.SECP256R1()), secrets.token_bytes(32)
        self.keys[identity] = key
        self.counter += 1
        data = AuthenticatorData.create(hashlib.sha256(options["rp"]["id"].encode()).digest(), self._flags() | FLAG.AT, self.counter,
                                        AttestedCredentialData.create(Aaguid.NONE, identity, ES256.from_cryptography_key(key.public_key())))
        client = self._client("webauthn.create", options["challenge"])
        return self._json(identity, {"clientDataJSON": websafe_encode(client), "attestationObject": websafe_encode(AttestationObject.create("none", data, {}))})

    def get(self, options: dict[str, Any], *, challenge: str = "") -> str:
        """The answer to a sign-in."""
        options = options["publicKey"]
        identity = next(iter(self.keys))
        self.counter += 1
        data = AuthenticatorData.create(hashlib.sha256(options["rpId"].encode()).digest(), self._flags(), self.counter)
        client = self._client("webauthn.get", challenge or options["challenge"])
        signature = self.keys[identity].sign(data + client.hash, ec.ECDSA(hashes.SHA256()))
        return self._json(identity, {"clientDataJSON": websafe_encode(client), "authenticatorData": websafe_encode(data), "signature": websafe_encode(signature)})

    @staticmethod
    def _json(identity: bytes, response: dict[str, str]) -> str:
        return json.dumps({"id": websafe_encode(identity), "rawId": websafe_encode(identity), "type": "public-key", "clientExtensionResults": {}, "response": response})
