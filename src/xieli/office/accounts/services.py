"""Duties and accounts: proposed by the security administrator, confirmed by the body's head, never for himself."""
from __future__ import annotations

import secrets

from django.db import transaction

from xieli.engines.identifiers import search_keys, sort_key
from xieli.office.accounts.door import digest
from xieli.office.audit import record
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.services.source import call


@transaction.atomic
def add_person(name: str, name_en: str = "", level: int = 1, account: bool = True) -> int:
    """A new person of the register."""
    if not name.strip():
        raise Refused("empty", "请填姓名。", "Enter the name.")
    identity = int(call("add_person", name.strip()[:60], name_en.strip()[:80], [sort_key(name), *sorted(search_keys(name).initials)[:16]], level, account))  # type: ignore[call-overload]
    record("person.added", person=identity)
    return identity


@transaction.atomic
def propose(person: int, office: int, reason: str = "") -> int:
    """Propose a duty; it counts only when the body's head has confirmed it."""
    identity = int(call("propose_duty", person, office, None, None, reason[:200]))  # type: ignore[call-overload]
    record("duty.proposed", posting=identity, person=person, office=office)
    return identity


@transaction.atomic
def confirm(posting: int) -> None:
    """Confirm a duty as the body's head (as system administrator where there is no head yet)."""
    call("confirm_duty", posting)
    record("duty.confirmed", posting=posting)


@transaction.atomic
def end(posting: int) -> None:
    """End a duty; its rights end with the next query."""
    call("end_duty", posting)
    record("duty.ended", posting=posting)


@transaction.atomic
def enrol(person: int, login: str) -> str:
    """An account with a one-time code, returned once; it is handed over on paper, not by mail."""
    code = "-".join(secrets.token_hex(2) for _ in range(4))
    call("enrol", person, login.strip().lower(), digest(code), 72)
    record("account.enrolled", person=person)
    return code


@transaction.atomic
def disable(person: int) -> None:
    """Disable an account: every session of it ends now."""
    call("disable_account", person)
    record("account.disabled", person=person)


@transaction.atomic
def link(person: int, issuer: str, subject: str) -> None:
    """Say who a person is at the identity provider: identity only, never a right. By the security administrator, never for himself."""
    if not issuer.strip().startswith(("https://", "http://127.0.0.1", "http://localhost")) or not subject.strip():
        raise Refused("identity", "请填写统一认证的地址（https）和对方的用户标识。", "Enter the provider's address (https) and the subject there.")
    call("link_identity", person, issuer.strip().rstrip("/")[:200], subject.strip()[:255])
    record("account.linked", person=person)


def require_fresh() -> None:
    """Raise ProveAgain unless identity was proved within five minutes (ASVS 7.5.3); a demo has no factors to prove."""
    call("require_fresh")
