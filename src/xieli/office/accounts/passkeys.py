"""Passkeys (WebAuthn level 2) as a second factor: user verification required, origin and RP identity checked, a counter that went back refused."""
from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

from django.db import connection, transaction
from fido2 import cbor
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.webauthn import (
    Aaguid,
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    UserVerificationRequirement,
)

from xieli.office.accounts import door

MOST = 10  # passkeys of one person
REQUIRED = UserVerificationRequirement.REQUIRED


class Wrong(Exception):
    """The answer of the authenticator does not fit; nothing was changed."""


def origin() -> str:
    """Where the door is reached, as browsers write it."""
    parts = urlsplit(os.environ.get("XIELI_DOOR_URL", "http://localhost"))
    return f"{parts.scheme}://{parts.netloc}"


def server() -> Fido2Server:
    """The relying party: this door's host, this door's origin and no other."""
    here = origin()
    return Fido2Server(PublicKeyCredentialRpEntity(id=urlsplit(here).hostname or "localhost", name="Xieli 协力"), verify_origin=lambda given: given == here)


def listed(person: int) -> list[dict[str, Any]]:
    """A person's passkeys, newest first."""
    with connection.cursor() as cursor:
        cursor.execute("select id, name, made_at from door.passkey where person = %s order by made_at desc", [person])
        return [{"id": bytes(i).hex(), "name": name, "made_at": at} for i, name, at in cursor.fetchall()]


def _credentials(person: int) -> list[AttestedCredentialData]:
    with connection.cursor() as cursor:
        cursor.execute("select id, public_key from door.passkey where person = %s", [person])
        return [AttestedCredentialData.create(Aaguid.NONE, bytes(i), CoseKey.parse(cbor.decode(bytes(k)))) for i, k in cursor.fetchall()]


def begin_registration(person: int, login: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Options for the browser, and the state to be kept at the door."""
    options, state = server().register_begin(PublicKeyCredentialUserEntity(id=str(person).encode(), name=login, display_name=login), _credentials(person), user_verification=REQUIRED)
    return dict(options), dict(state)


@transaction.atomic
def finish_registration(person: int, state: dict[str, Any], answer: dict[str, Any], name: str) -> None:
    """Keep a new passkey. Raises Wrong."""
    try:
        made = server().register_complete(state, answer)
        data = made.credential_data
        assert data is not None
        if not made.is_user_verified():
            raise ValueError("user not verified")
    except (ValueError, KeyError, TypeError, AssertionError) as error:
        raise Wrong from error
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from door.passkey where person = %s", [person])
        if cursor.fetchone()[0] >= MOST:
            raise Wrong
        cursor.execute("insert into door.passkey (id, person, public_key, sign_count, name, made_at) values (%s, %s, %s, %s, %s, access.now()) on conflict do nothing",
                       [data.credential_id, person, cbor.encode(dict(data.public_key)), made.counter, name.strip()[:60] or "passkey"])
        if cursor.rowcount != 1:
            raise Wrong


def begin_authentication(person: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Options for the browser, and the state. Raises Wrong for a person without a passkey."""
    found = _credentials(person)
    if not found:
        raise Wrong
    options, state = server().authenticate_begin(found, user_verification=REQUIRED)
    return dict(options), dict(state)


def check(person: int, state: dict[str, Any], answer: dict[str, Any]) -> bool:
    """Whether the authenticator's answer fits: challenge, origin, signature, user verified, counter gone on. A failure is counted."""
    if door.waits(person):
        return False
    with transaction.atomic():
        try:
            used = server().authenticate_complete(state, _credentials(person), answer)
            counter = AuthenticationResponse.from_dict(answer).response.authenticator_data.counter
        except (ValueError, KeyError, TypeError):
            door.failed(person)
            return False
        with connection.cursor() as cursor:
            # zero for ever is an authenticator without a counter; one that does not go on is a copy
            cursor.execute("update door.passkey set sign_count = %s where id = %s and person = %s and (sign_count < %s or (sign_count = 0 and %s = 0))", [counter, used.credential_id, person, counter, counter])
            if cursor.rowcount == 1:
                return True
        door.failed(person)
        return False


@transaction.atomic
def remove(person: int, key: str) -> None:
    """Take a passkey away, unless it is the last second factor."""
    app, _ = door.factors(person)
    with connection.cursor() as cursor:
        if not app:
            cursor.execute("select count(*) from door.passkey where person = %s", [person])
            if cursor.fetchone()[0] <= 1:
                raise Wrong
        cursor.execute("delete from door.passkey where person = %s and id = %s", [person, bytes.fromhex(key)])
