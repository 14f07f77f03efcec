"""What the sign-in process does with credentials. Runs as the door role; nothing else can read these tables.

Every failure costs the next try of that account more (1, 2, 4 … 40 s), whichever factor failed, and only a whole sign-in wipes the
count: knowing the password buys no free guesses at the second factor. Unknown, disabled and waiting accounts answer alike.
"""
from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from psycopg.types.json import Jsonb

from xieli.office.access.zones import outermost
from xieli.office.accounts import passwords, totp

IDLE, IDLE_ADMIN, HOURS = 15, 10, 8
HALF_MINUTES = 5  # a sign-in under way


@dataclass(frozen=True)
class Account:
    """A credential as read for one attempt."""

    person: int
    login: str
    password: str
    confirmed: bool
    age_days: int


@dataclass(frozen=True)
class Pending:
    """A sign-in under way: whose (None until an identity provider has said), what is missing, and what it carries."""

    person: int | None
    step: str
    data: dict[str, Any]


def digest(code: str) -> bytes:
    """One-time and recovery codes are stored as digests."""
    return hashlib.sha256(code.strip().replace("-", "").lower().encode()).digest()


def _token(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def mark() -> str:
    """What this installation was made as; a demo has no sign-in."""
    with connection.cursor() as cursor:
        cursor.execute("select mark from access.installation")
        row = cursor.fetchone()
    return str(row[0]) if row else ""


# ── sign-ins under way ──
@transaction.atomic
def hold(person: int | None, step: str, **data: Any) -> str:
    """Begin or go on with a sign-in; returns the browser's token. What ran out is cleared away."""
    token = secrets.token_urlsafe(32)
    with connection.cursor() as cursor:
        cursor.execute("delete from door.pending where expires_at < clock_timestamp() - interval '1 day'")
        cursor.execute("insert into door.pending (token, person, step, data, expires_at) values (%s, %s, %s, %s, clock_timestamp() + make_interval(mins => %s))",
                       [_token(token), person, step, Jsonb(data), HALF_MINUTES])
    return token


def held(token: str) -> Pending | None:
    """The sign-in of this token, if it is alive and unused."""
    with connection.cursor() as cursor:
        cursor.execute("select person, step, data from door.pending where token = %s and used_at is null and clock_timestamp() < expires_at", [_token(token)])
        row = cursor.fetchone()
    return Pending(row[0], row[1], _data(row[2])) if row else None


def _data(value: Any) -> dict[str, Any]:
    import json

    return dict(json.loads(value)) if isinstance(value, str) else dict(value)


@transaction.atomic
def use(token: str) -> Pending | None:
    """Use a sign-in up: the second who comes with the same token gets nothing."""
    with connection.cursor() as cursor:
        cursor.execute("update door.pending set used_at = clock_timestamp() where token = %s and used_at is null and clock_timestamp() < expires_at returning person, step, data", [_token(token)])
        row = cursor.fetchone()
    return Pending(row[0], row[1], _data(row[2])) if row else None


# ── failures ──
def failed(person: int) -> None:
    """Count a failure of any factor and delay the next try."""
    with connection.cursor() as cursor:
        cursor.execute("update door.credential set failures = failures + 1, next_try = clock_timestamp() + least(40, power(2, least(failures, 6))) * interval '1 second' where person = %s", [person])


def waits(person: int) -> bool:
    """Whether this account must wait, or may not sign in at all."""
    with connection.cursor() as cursor:
        cursor.execute("select c.next_try > clock_timestamp() or c.disabled_at is not null or not p.active or not p.account from door.credential c join person p on p.id = c.person where c.person = %s", [person])
        row = cursor.fetchone()
    return row is None or bool(row[0])


@transaction.atomic
def check_password(login: str, password: str) -> Account | None:
    """The account, if login and password fit and no delay runs. Unknown logins take as long."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.person, c.login, c.password, t.confirmed_at is not null or exists (select 1 from door.passkey k where k.person = c.person),"
            " extract(day from access.now() - coalesce(c.changed_at, access.now())),"
            " c.next_try > clock_timestamp(), c.disabled_at is null and p.active and p.account"
            " from door.credential c join person p on p.id = c.person left join door.totp t on t.person = c.person where c.login = %s for update of c", [login.strip().lower()])
        row = cursor.fetchone()
    fits = passwords.matches(password, row[2] if row else "")
    if row is None or row[5] or not row[6]:
        return None
    if not fits:
        failed(row[0])
        return None
    return Account(row[0], row[1], row[2], bool(row[3]), int(row[4]))


@transaction.atomic
def redeem(login: str, code: str) -> int | None:
    """A one-time code opens the account once: returns the person, or None."""
    with connection.cursor() as cursor:
        cursor.execute("update door.one_time o set used_at = access.now() from door.credential c join person p on p.id = c.person and p.active and p.account where c.person = o.person and c.login = %s and o.code = %s and o.used_at is null"
                       " and access.now() < o.expires_at and c.next_try <= clock_timestamp() and c.disabled_at is null returning o.person", [login.strip().lower(), digest(code)])
        row = cursor.fetchone()
        if row is None:
            cursor.execute("select person from door.credential where login = %s", [login.strip().lower()])
            known = cursor.fetchone()
            if known:
                failed(known[0])
    return int(row[0]) if row else None


@transaction.atomic
def set_password(person: int, password: str, profile: str) -> list[tuple[str, str]]:
    """Store a password if the profile allows it; returns what is wrong with it. Other sessions of the person end."""
    with connection.cursor() as cursor:
        cursor.execute("select c.login, p.name from door.credential c join person p on p.id = c.person where c.person = %s", [person])
        login, name = cursor.fetchone()
        wrong = passwords.problems(password, passwords.PROFILES[profile], (login, name, "xieli", "协力"))
        if wrong:
            return wrong
        cursor.execute("update door.credential set password = %s, changed_at = access.now(), failures = 0 where person = %s", [passwords.hashed(password), person])
        cursor.execute("select access.end_sessions_of(%s)", [person])
    return []


@transaction.atomic
def begin_totp(person: int) -> bytes:
    """The secret that waits to be confirmed, made if there is none. Raises PermissionError once one is in use: it is never shown again."""
    secret = totp.new_secret()
    with connection.cursor() as cursor:
        cursor.execute("insert into door.totp (person, secret) values (%s, %s) on conflict (person) do nothing", [person, totp.seal(secret, person)])
        cursor.execute("select secret from door.totp where person = %s and confirmed_at is null", [person])
        row = cursor.fetchone()
    if row is None:
        raise PermissionError("the second factor is in use")
    return totp.unseal(bytes(row[0]), person)


@transaction.atomic
def check_totp(person: int, code: str, *, confirm: bool = False) -> bool:
    """Whether the code fits and was not used; a recovery code serves once instead. Nothing fits while a delay runs."""
    if waits(person):
        return False
    with connection.cursor() as cursor:
        cursor.execute("select secret, confirmed_at is not null, last_step from door.totp where person = %s for update", [person])
        row = cursor.fetchone()
        if row is not None and (row[1] or confirm):
            step = totp.step_of(totp.unseal(bytes(row[0]), person), code, time.time(), row[2])
            if step is not None:
                cursor.execute("update door.totp set last_step = %s, confirmed_at = coalesce(confirmed_at, access.now()) where person = %s", [step, person])
                return True
        cursor.execute("update door.recovery set used_at = access.now() where person = %s and used_at is null and code = %s returning id", [person, digest(code).hex()])
        if cursor.fetchone():
            return True
    failed(person)
    return False


@transaction.atomic
def recovery_codes(person: int) -> list[str]:
    """Ten fresh recovery codes, shown once; older ones end."""
    codes = [f"{secrets.token_hex(3)}-{secrets.token_hex(3)}" for _ in range(10)]
    with connection.cursor() as cursor:
        cursor.execute("update door.recovery set used_at = access.now() where person = %s and used_at is null", [person])
        for code in codes:
            cursor.execute("insert into door.recovery (person, code) values (%s, %s)", [person, digest(code).hex()])
    return codes


@transaction.atomic
def open_session(person: int, factor: str, before: str = "") -> str:
    """Open a session; returns its new cookie. The session that this browser held before ends; administrators idle shorter."""
    token = secrets.token_urlsafe(32)
    with connection.cursor() as cursor:
        if before:
            cursor.execute("select access.end_session_of(%s)", [_token(before)])
        cursor.execute("select access.is_admin(%s)", [person])
        idle = IDLE_ADMIN if cursor.fetchone()[0] else IDLE
        cursor.execute("select zone from access.installation")
        zone = outermost(cursor.fetchone()[0], settings.ZONE)
        cursor.execute("select access.open_session(%s, %s, %s, %s, %s, %s)", [_token(token), person, factor, zone, HOURS, idle])
        cursor.execute("update door.credential set failures = 0 where person = %s", [person])  # after it: the event says how many went before
    return token


def prove(token: str) -> bool:
    """A fresh proof on an open session."""
    with connection.cursor() as cursor:
        cursor.execute("select access.prove(%s)", [_token(token)])
        return bool(cursor.fetchone()[0])


def session_of(token: str) -> tuple[int, bool] | None:
    """Whose live session a cookie is, and whether it was proved within five minutes."""
    if not token:
        return None
    with connection.cursor() as cursor:
        cursor.execute("select person, fresh from access.session_of(%s)", [_token(token)])
        row = cursor.fetchone()
    return (int(row[0]), bool(row[1])) if row else None


def factors(person: int) -> tuple[bool, bool]:
    """Which second factors a person has: authenticator app, passkey."""
    with connection.cursor() as cursor:
        cursor.execute("select exists (select 1 from door.totp where person = %s and confirmed_at is not null), exists (select 1 from door.passkey where person = %s)", [person, person])
        row = cursor.fetchone()
    return bool(row[0]), bool(row[1])


def login_of(person: int) -> str:
    """The login, for the label in an authenticator."""
    with connection.cursor() as cursor:
        cursor.execute("select login from door.credential where person = %s", [person])
        row = cursor.fetchone()
    return str(row[0]) if row else ""


@transaction.atomic
def keep(token: str, **data: Any) -> None:
    """Put something beside a sign-in under way: the challenge that was just shown."""
    with connection.cursor() as cursor:
        cursor.execute("update door.pending set data = data || %s where token = %s and used_at is null", [Jsonb(data), _token(token)])
