"""What the sign-in process does with credentials. Runs as the door role; nothing else can read these tables."""
from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass

from django.db import connection, transaction

from xieli.office.accounts import passwords, totp

IDLE, IDLE_ADMIN, HOURS = 15, 10, 8


@dataclass(frozen=True)
class Account:
    """A credential as read for one attempt."""

    person: int
    login: str
    password: str
    confirmed: bool
    age_days: int


def digest(code: str) -> bytes:
    """One-time and recovery codes are stored as digests."""
    return hashlib.sha256(code.strip().replace("-", "").lower().encode()).digest()


@transaction.atomic
def check_password(login: str, password: str) -> Account | None:
    """The account, if login and password fit and no delay runs. Failures delay the next try (1, 2, 4 … 40 s); unknown logins take as long."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.person, c.login, c.password, t.confirmed_at is not null, extract(day from access.now() - coalesce(c.changed_at, access.now())),"
            " c.next_try > clock_timestamp(), c.disabled_at is null and p.active and p.account"
            " from door.credential c join person p on p.id = c.person left join door.totp t on t.person = c.person where c.login = %s for update of c", [login.strip().lower()])
        row = cursor.fetchone()
        fits = passwords.matches(password, row[2] if row else "")
        if row is None or row[5] or not row[6]:
            return None
        if not fits:
            cursor.execute("update door.credential set failures = failures + 1, next_try = clock_timestamp() + least(40, power(2, least(failures, 6))) * interval '1 second' where person = %s", [row[0]])
            return None
        cursor.execute("update door.credential set failures = 0 where person = %s", [row[0]])
    return Account(row[0], row[1], row[2], bool(row[3]), int(row[4]))


@transaction.atomic
def redeem(login: str, code: str) -> int | None:
    """A one-time code opens the account once: returns the person, or None."""
    with connection.cursor() as cursor:
        cursor.execute("update door.one_time o set used_at = access.now() from door.credential c where c.person = o.person and c.login = %s and o.code = %s and o.used_at is null"
                       " and access.now() < o.expires_at returning o.person", [login.strip().lower(), digest(code)])
        row = cursor.fetchone()
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
    """A new, unconfirmed secret."""
    secret = totp.new_secret()
    with connection.cursor() as cursor:
        cursor.execute("insert into door.totp (person, secret) values (%s, %s) on conflict (person) do update set secret = excluded.secret, confirmed_at = null, last_step = 0"
                       " where door.totp.confirmed_at is null", [person, totp.seal(secret, person)])
        cursor.execute("select secret from door.totp where person = %s", [person])
        return totp.unseal(bytes(cursor.fetchone()[0]), person)


@transaction.atomic
def check_totp(person: int, code: str, *, confirm: bool = False) -> bool:
    """Whether the code fits and was not used; a recovery code serves once instead."""
    with connection.cursor() as cursor:
        cursor.execute("select secret, confirmed_at is not null, last_step from door.totp where person = %s for update", [person])
        row = cursor.fetchone()
        if row is None or (not row[1] and not confirm):
            return False
        step = totp.step_of(totp.unseal(bytes(row[0]), person), code, time.time(), row[2])
        if step is not None:
            cursor.execute("update door.totp set last_step = %s, confirmed_at = coalesce(confirmed_at, access.now()) where person = %s", [step, person])
            return True
        cursor.execute("update door.recovery set used_at = access.now() where person = %s and used_at is null and code = %s returning id", [person, digest(code).hex()])
        if cursor.fetchone():
            return True
        cursor.execute("update door.credential set failures = failures + 1, next_try = clock_timestamp() + least(40, power(2, least(failures, 6))) * interval '1 second' where person = %s", [person])
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
def open_session(person: int, factor: str) -> str:
    """Open a session; returns the cookie. Administrators idle shorter."""
    token = secrets.token_urlsafe(32)
    with connection.cursor() as cursor:
        cursor.execute("select access.is_admin(%s)", [person])
        idle = IDLE_ADMIN if cursor.fetchone()[0] else IDLE
        cursor.execute("select zone from access.installation")
        zone = cursor.fetchone()[0]
        cursor.execute("select access.open_session(%s, %s, %s, %s, %s, %s)", [hashlib.sha256(token.encode()).digest(), person, factor, zone, HOURS, idle])
    return token


def prove(token: str) -> bool:
    """A fresh proof on an open session."""
    with connection.cursor() as cursor:
        cursor.execute("select access.prove(%s)", [hashlib.sha256(token.encode()).digest()])
        return bool(cursor.fetchone()[0])


def person_of(token: str) -> int | None:
    """Whose live session a cookie is."""
    with connection.cursor() as cursor:
        cursor.execute("select access.bind(%s)", [token])
        if not cursor.fetchone()[0]:
            return None
        cursor.execute("select person from access.who()")
        row = cursor.fetchone()
    return int(row[0]) if row and row[0] is not None else None
