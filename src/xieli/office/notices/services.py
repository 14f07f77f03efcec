"""How a person is told: reading, muting, mail, the calendar address."""
from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from datetime import time

from django.db import transaction

from xieli.office.audit import record
from xieli.office.matters.services.errors import Refused, plain_words
from xieli.office.matters.services.source import actor, call, now
from xieli.office.matters.tables.desk import Notification
from xieli.office.notices.models import NoticeMute, NoticeSetting

# every kind a person can be told of; the face has the sentence of each
KINDS = ("approval_waiting", "handover_arrived", "designated", "handover_opened", "handover_accepted", "handover_returned", "handover_redirected",
         "feedback", "reminder", "alarm", "clock_alarm", "feedback_overdue", "reporter_asked", "reporter_released", "reporter_refused", "match_run", "tripwire", "exhibit_forged", "export_ended",
         "factor_reset", "match_sign", "match_in_force", "match_ends", "match_destroyed", "model_suspended", "hit_withdrawn", "access_ending")
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*")


@transaction.atomic
def mark_read(identities: Iterable[int] | None = None) -> int:
    """Mark one's notifications as read: these, or all. Returns how many were unread."""
    rows = Notification.objects.filter(person_id=actor().person, read_at=None)
    if identities is not None:
        rows = rows.filter(id__in=list(identities)[:500])
    n = rows.update(read_at=now())
    if n:
        record("notice.read", number=n)
    return n


@transaction.atomic
def mute(kind: str, on: bool) -> None:
    """Mute a kind or hear of it again. What is muted is kept in the list; statutory red is never muted."""
    if kind not in KINDS:
        raise Refused("unknown_kind", "没有这种通知。", "There is no such kind of notification.")
    person = actor().person
    if on:
        NoticeMute.objects.get_or_create(person_id=person, kind=kind)
    else:
        NoticeMute.objects.filter(person_id=person, kind=kind).delete()
    record("notice.muted", kind=kind, on=on)


@transaction.atomic
def choose(*, email: str, email_on: bool, how: str, quiet_from: str, quiet_to: str, language: str) -> NoticeSetting:
    """Set one's address, digest and quiet hours. Raises Refused; a demo never sends mail."""
    address = email.strip()
    if address and (len(address) > 254 or not ADDRESS.fullmatch(address)):
        raise Refused("bad_email", "邮箱地址不对。", "That is not a mail address.")
    if email_on and not address:
        raise Refused("email_missing", "请填邮箱地址。", "Enter a mail address.")
    if how not in ("daily", "each") or language not in ("zh-hans", "en"):
        raise Refused("bad_choice", "请从列表中选择。", "Choose from the list.")
    try:
        begins, ends = time.fromisoformat(quiet_from), time.fromisoformat(quiet_to)
    except ValueError:
        raise Refused("bad_time", "免打扰时段的时间不对，例如 20:00。", "That is not a time of day; write 20:00.") from None
    with plain_words():
        row, _ = NoticeSetting.objects.update_or_create(person_id=actor().person, defaults={
            "email": address, "email_on": email_on, "how": how, "quiet_from": begins, "quiet_to": ends, "language": language})
    record("notice.chosen", mail=email_on, how=how)
    return row


@transaction.atomic
def make_feed() -> str:
    """A new secret calendar address, shown once; an older one ends. Returns the secret."""
    secret = secrets.token_urlsafe(32)
    feed = int(call("make_feed", hashlib.sha256(secret.encode()).digest()))  # type: ignore[call-overload]
    record("feed.made", feed=feed)
    return secret


@transaction.atomic
def end_feed() -> None:
    """End one's calendar address."""
    n = int(call("end_feeds", actor().person))  # type: ignore[call-overload]
    if n:
        record("feed.ended", number=n)
