"""The iCalendar feed of one's deadlines (RFC 5545). It tells that something is due and when; not what, on whom, or under which rule."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import connection

from xieli.engines.clocks import last_day
from xieli.office.audit import record
from xieli.office.matters.services.source import actor, now
from xieli.office.matters.tables.clocks import Clock
from xieli.office.matters.tables.handover import FeedbackDuty
from xieli.office.notices.words import deadline

MOST = 500  # deadlines in a feed, the nearest first
FEED_NAME = {"zh-hans": "协力期限", "en": "Xieli deadlines"}


@dataclass(frozen=True)
class Entry:
    """One day on which something is due: an opaque identity, the day, `clock`, `statutory` or `owed`."""

    uid: str
    day: date
    kind: str


def fold(line: str) -> str:
    """A content line in pieces of at most 75 octets, never inside a character (RFC 5545 §3.1)."""
    out, piece = [], b""
    for character in line:
        octets = character.encode()
        if len(piece) + len(octets) > (75 if not out else 74):
            out.append(piece.decode())
            piece = b""
        piece += octets
    out.append(piece.decode())
    return "\r\n ".join(out)


def escaped(text: str) -> str:
    """A TEXT value (RFC 5545 §3.3.11)."""
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def rendered(entries: Iterable[Entry], stamp: datetime, language: str) -> str:
    """The calendar as text. `stamp`: when it was made."""
    at = stamp.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Xieli//Deadlines//ZH", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
             f"X-WR-CALNAME:{escaped(FEED_NAME.get(language, FEED_NAME['zh-hans']))}"]
    for entry in entries:
        summary, note = deadline(entry.kind, language)
        lines += ["BEGIN:VEVENT", f"UID:{entry.uid}@xieli.invalid", f"DTSTAMP:{at}", f"DTSTART;VALUE=DATE:{entry.day:%Y%m%d}",
                  f"DTEND;VALUE=DATE:{entry.day + timedelta(days=1):%Y%m%d}", f"SUMMARY:{escaped(summary)}", f"DESCRIPTION:{escaped(note)}",
                  "CLASS:CONFIDENTIAL", "TRANSP:TRANSPARENT", "END:VEVENT"]
    lines.append("END:VCALENDAR")
    return "\r\n".join(fold(line) for line in lines) + "\r\n"


def _uid(feed: int, thing: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute("select access.feed_uid(%s, %s)", [feed, thing])
        return str(cursor.fetchone()[0])


def feed(secret: str, language: str) -> str | None:
    """The calendar behind a secret address, recorded as read; None when there is none now (unknown, revoked, posting ended)."""
    with connection.cursor() as cursor:
        cursor.execute("select access.bind_feed(%s)", [secret])
        found = cursor.fetchone()[0]
    if found is None:
        return None
    clocks = Clock.objects.filter(state="running", alarm_at__isnull=False, matter__status="open").order_by("alarm_at")[:MOST]
    entries = [Entry(_uid(found, c.id), last_day(c.alarm_at), "statutory" if c.statutory else "clock") for c in clocks if c.alarm_at]
    duties = FeedbackDuty.objects.filter(state="open", owed_by_id__in=actor().principals).order_by("next_due")[:MOST]
    entries += [Entry(_uid(found, d.id), d.next_due, "owed") for d in duties]
    entries.sort(key=lambda e: (e.day, e.uid))
    record("feed.read", feed=found, deadlines=len(entries))
    return rendered(entries, now(), language)
