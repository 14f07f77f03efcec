"""Sending mail. Runs as the job role; off unless the installation names a mail server, and always in a demo.

XIELI_SMTP: smtp://[user@]host[:port] (STARTTLS when the server offers it), smtps://… (TLS from the start) ·
XIELI_SMTP_PASSWORD: a file · XIELI_MAIL_FROM: the sender's address.

1. Claim what is due, each with a lease of five minutes; the claim is committed before anything is sent.
2. One message at a time: its Message-ID is the row's identity, so that a repetition after a crash is recognised as the same.
3. What fails is tried again with growing pauses and is dead after the sixth failure; one bad row stops no other.
"""
from __future__ import annotations

import logging
import os
import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.db import connection, transaction

from xieli.office.ids import to_ref
from xieli.office.notices.words import mail

log = logging.getLogger(__name__)
PATIENCE = 20.0  # seconds for each step of the dialogue


@dataclass(frozen=True)
class Server:
    """Where mail is handed over."""

    host: str
    port: int
    tls: bool
    user: str
    password: str
    sender: str


def server() -> Server | None:
    """The mail server of this installation; None: mail is off."""
    address = os.environ.get("XIELI_SMTP", "")
    if not address:
        return None
    parts = urlsplit(address)
    file = os.environ.get("XIELI_SMTP_PASSWORD", "")
    tls = parts.scheme == "smtps"
    return Server(parts.hostname or "localhost", parts.port or (465 if tls else 25), tls, unquote(parts.username or ""),
                  Path(file).read_text().strip() if file else "", os.environ.get("XIELI_MAIL_FROM", f"xieli@{parts.hostname or 'localhost'}"))


def message(identity: int, to: str, number: int, red: bool, language: str, at: datetime, sender: str) -> EmailMessage:
    """One message. Its identity is the row's; nothing in it comes from a matter. Raises ValueError for an address that is none."""
    name, _, domain = to.rpartition("@")
    made = EmailMessage(policy=SMTP)
    made["From"] = sender
    made["To"] = Address(username=name, domain=domain)
    made["Subject"], text = mail(number, red, language)
    made["Message-ID"] = f"<{to_ref(identity)}@{sender.rpartition('@')[2]}>"
    made["Date"] = format_datetime(at)
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(text, cte="base64")
    return made


def hand_over(there: Server, made: EmailMessage) -> None:
    """Give one message to the mail server. Raises OSError or SMTPException."""
    if there.tls:
        line: smtplib.SMTP = smtplib.SMTP_SSL(there.host, there.port, timeout=PATIENCE, context=ssl.create_default_context())
    else:
        line = smtplib.SMTP(there.host, there.port, timeout=PATIENCE)
    with line:
        line.ehlo()
        if not there.tls and line.has_extn("starttls"):
            line.starttls(context=ssl.create_default_context())
            line.ehlo()
        if there.user:
            line.login(there.user, there.password)
        line.send_message(made)


def round_once(at_most: int = 20) -> int:
    """One round. Returns how many were tried; 0 when mail is off."""
    there = server()
    if there is None:
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select id, address, language, red, number, stamp from access.take_mail(%s)", [at_most])
        rows = cursor.fetchall()
    for identity, address, language, red, number, stamp in rows:
        trouble = ""
        try:
            hand_over(there, message(identity, address, number, red, language, stamp, there.sender))
        except Exception as error:  # whatever is wrong with one must not stop the others
            trouble = type(error).__name__  # never the server's words: they repeat the address
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select access.mailed(%s, %s, %s)", [identity, not trouble, trouble])
            if cursor.fetchone()[0] == "dead":
                log.warning("message %s was given up", identity)
    return len(rows)
