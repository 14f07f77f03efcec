"""Tokens and webhooks: each service is one transaction, and the database decides who may."""
from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction

from xieli.office.audit import record
from xieli.office.clients.hosts import NAME, target_of
from xieli.office.clients.models import EVENTS, SCOPES, ApiAnswer, WebhookHost
from xieli.office.ids import from_ref
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.services.source import call, now
from xieli.office.matters.tables.core import Matter

_REFS = re.compile(r"\b[0-3][0-9a-hjkmnp-tv-z]{12}\b")  # an address part: 62 bits in 13 characters
PREFIX = "xieli_"  # so that a scanner of leaked secrets can tell ours


@dataclass(frozen=True)
class Client:
    """The program that is bound now."""

    token: int
    scopes: frozenset[str]
    zone: str
    person: int


def _words(text: str, most: int) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:most]


# ── tokens ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@transaction.atomic
def propose(person: int, *, collector: int | None = None, label: str, scopes: Iterable[str], days: int, reason: str, agreement: str = "", closed_zone: bool = False) -> int:
    """Ask for a token as security administrator. Nothing acts before the body's head has confirmed it and its holder collected it."""
    wanted = sorted(set(scopes))
    unknown = [s for s in wanted if s not in SCOPES]
    if unknown or not wanted:
        raise Refused("scope", "请选择令牌的范围。", "Choose what the token may do.")
    if not reason.strip() or not label.strip():
        raise Refused("reason_needed", "请写明名称和用途。", "Enter a name and what it is for.")
    if not 1 <= days <= 366:
        raise Refused("too_long", "令牌有效期为 1 至 366 天。", "A token lasts from 1 to 366 days.")
    until = now() + timedelta(days=days)
    token = int(call("propose_token", person, person if collector is None else collector, _words(label, 80), wanted,  # type: ignore[call-overload]
                     "closed" if closed_zone else "government", _words(reason, 200), _words(agreement, 120), until))
    record("client.proposed", token=token, person_named=person, scopes=" ".join(wanted), reason=_words(reason, 200), until=until)
    return token


@transaction.atomic
def confirm(token: int) -> None:
    """Confirm a token as the head of the person's body."""
    call("confirm_token", token)
    record("client.confirmed", token=token)


@transaction.atomic
def collect(token: int) -> str:
    """Receive a confirmed token: shown once, only its digest is kept."""
    secret = PREFIX + secrets.token_urlsafe(32)
    call("collect_token", token, hashlib.sha256(secret.encode()).digest())
    record("client.collected", token=token)
    return secret


@transaction.atomic
def revoke(token: int) -> None:
    """End a token: its next request finds nothing bound. Doing it twice changes nothing."""
    if call("revoke_token", token):
        record("client.revoked", token=token)


def bind(secret: str) -> Client | None:
    """Bind the current transaction to the program behind a token; None: no such token now, and nothing will be seen."""
    with connection.cursor() as cursor:
        cursor.execute("select token, scopes, zone, person from access.bind_client(%s)", [secret])
        row = cursor.fetchone()
    return Client(int(row[0]), frozenset(row[1]), row[2], int(row[3])) if row and row[0] is not None else None


def touch(secret: str) -> None:
    """Note that a token was used, at most once a minute."""
    with connection.cursor() as cursor:
        cursor.execute("select access.touch_client(%s)", [secret])


# ── one effect for a repeated request ───────────────────────────────────────────────────────────────────────────────
def kept_answer(client: Client, key: str, digest: str) -> tuple[bool, ApiAnswer]:
    """(True, row) when this request is the first with its key: carry it out and call `keep_answer`. (False, row): answer as kept.

    Two at once: the second waits for the first at the unique key. Raises Refused when the key was used for another request, NotVisible
    when the kept answer tells of a matter that is open to this person no more.
    """
    if not 1 <= len(key) <= 80 or not key.isascii() or not key.isprintable():
        raise Refused("bad_key", "Idempotency-Key 须为 1 至 80 个可见 ASCII 字符。", "An Idempotency-Key has 1 to 80 visible ASCII characters.")
    try:
        row, made = ApiAnswer.objects.get_or_create(token_id=client.token, key=key, defaults={"digest": digest, "at": now()})
    except IntegrityError:  # it is there, and its policy does not show it
        raise NotVisible() from None
    if not made and row.digest != digest:
        raise Refused("key_reused", "这个 Idempotency-Key 已用于另一个请求，没有做任何改动。", "This Idempotency-Key was used for another request. Nothing was changed.")
    if made:
        record("client.acted", token=client.token, route="idempotent", key=key)
    return made, row


def keep_answer(row: ApiAnswer, status: int, headers: dict[str, str], body: str, asked: str) -> None:
    """Keep what was answered at this address, in the transaction that did it, with the matters it tells of."""
    told = Matter.objects.filter(id__in={from_ref(ref) for ref in _REFS.findall(f"{asked} {body}")})
    row.status, row.headers, row.body = status, headers | {"matters": sorted(str(m) for m in told.values_list("id", flat=True))}, body
    row.save()
    record("client.acted", token=row.token_id, route="kept", key=row.key)


# ── webhooks ────────────────────────────────────────────────────────────────────────────────────────────────────────
@transaction.atomic
def allow_host(host: str, port: int = 443, *, private: bool = False, note: str = "") -> int:
    """Allow a receiver, as system administrator."""
    name = host.strip().lower()
    if not NAME.fullmatch(name) or not 1 <= port <= 65535:
        raise Refused("bad_address", "请填主机名（不带 https:// 和路径）和端口。", "Enter a host's name (without https:// or a path) and a port.")
    identity = int(call("allow_host", name, port, private, _words(note, 200)))  # type: ignore[call-overload]
    record("webhook.host_allowed", host=name, port=port, private=private)
    return identity


@transaction.atomic
def end_host(host: int) -> None:
    """Allow it no longer: what waits for it is not delivered."""
    if call("end_host", host):
        record("webhook.host_ended", host=host)


def _kinds(kinds: Iterable[str]) -> list[str]:
    wanted = sorted(set(kinds))
    if not wanted or any(k not in EVENTS for k in wanted):
        raise Refused("event_kind", "请从列表中选择要告知的事件种类。", "Choose from the list which kinds of event are told.")
    return wanted


@transaction.atomic
def subscribe(body: int, label: str, url: str, kinds: Iterable[str]) -> tuple[int, str]:
    """A body's webhook, as security administrator. Returns its identity and its secret, shown once."""
    wanted, target = _kinds(kinds), target_of(url.strip())
    if not label.strip():
        raise Refused("empty", "请填名称。", "Enter a name.")
    host = WebhookHost.objects.filter(host=target.host, port=target.port, ended_at=None).first()
    if target.scheme != "https" and (host is None or not host.private):
        raise Refused("tls", "不加密的地址只能用于已声明为内网的主机。", "An address without TLS is only for a host stated as private.")
    identity = int(call("make_webhook", body, _words(label, 80), url.strip(), target.host, target.port, wanted))  # type: ignore[call-overload]
    secret = str(call("show_hook_secret", identity, False))
    record("webhook.made", webhook=identity, body=body, kinds=" ".join(wanted))
    return identity, secret


@transaction.atomic
def change(webhook: int, label: str, kinds: Iterable[str]) -> None:
    """Another name, other kinds; the address stays (a new address is a new webhook)."""
    wanted = _kinds(kinds)
    if not label.strip():
        raise Refused("empty", "请填名称。", "Enter a name.")
    call("change_webhook", webhook, _words(label, 80), wanted)
    record("webhook.changed", webhook=webhook, kinds=" ".join(wanted))


@transaction.atomic
def rotate(webhook: int) -> str:
    """A new secret, shown once; the old one signs beside it for a day."""
    secret = str(call("show_hook_secret", webhook, True))
    record("webhook.rotated", webhook=webhook)
    return secret


@transaction.atomic
def unsubscribe(webhook: int) -> None:
    """End a webhook; what waits is not delivered."""
    if call("end_webhook", webhook):
        record("webhook.ended", webhook=webhook)


@transaction.atomic
def resend(delivery: int) -> None:
    """Put a dead delivery back into the queue."""
    if not call("redeliver", delivery):
        raise Refused("not_dead", "这次投递没有放弃，或回调已停用。", "That delivery is not dead, or its webhook has ended.")
    record("webhook.resent", delivery=delivery)


def what_happened(reference: int) -> tuple[str, datetime, int | None, int | None, int | None]:
    """What an event's opaque reference stands for, to who may read it now. Raises NotVisible."""
    with connection.cursor() as cursor:
        cursor.execute("select kind, at, matter_id, handover_id, approval_id from access.resolve_event(%s)", [reference])
        row = cursor.fetchone()
    if row is None:
        raise NotVisible()
    return row  # type: ignore[no-any-return]
