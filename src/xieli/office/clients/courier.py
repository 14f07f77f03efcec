"""Delivering webhooks. Runs as the job role; several may run.

1. Claim up to `at_most` deliveries that are due, each with a lease of two minutes: the claim is committed before anything is sent.
2. For each: the host must be allowed now, and resolve to addresses that are; connect to what was resolved, follow nothing.
3. 2xx is delivered; everything else is tried again with growing pauses, and is dead after the eighth failure.
4. A row that fails in any way is written down as failed and does not stop the others. A killed process's rows come back when
   their lease ends, with the same event identity: at least once, never under two identities.
"""
from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import logging
import socket
import ssl
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from xieli.office.clients.hosts import Forbidden, Target, addresses, target_of
from xieli.office.ids import to_ref

log = logging.getLogger(__name__)
PATIENCE = 10.0  # seconds for connecting and for the answer
SIGNATURE = "Xieli-Signature"


@dataclass(frozen=True)
class Due:
    """One claimed delivery."""

    id: int
    url: str
    host_ok: bool
    private: bool
    event: int
    kind: str
    at: datetime
    secrets: list[str]
    stamp: int


def payload(event: int, kind: str, at: datetime) -> bytes:
    """What is told: identity, kind, time and an opaque reference to ask the API with. No case fact can be in it: none is read."""
    reference = to_ref(event)
    return json.dumps({"id": reference, "kind": kind, "at": at.isoformat(), "ref": f"/api/v1/events/{reference}"}, separators=(",", ":")).encode()


def signature(secrets: list[str], stamp: int, body: bytes) -> str:
    """`t=<unix seconds>,v1=<hex>[,v1=<hex>]`: HMAC-SHA-256 of `t.body`, once per secret in force."""
    return ",".join([f"t={stamp}", *("v1=" + hmac.new(s.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest() for s in secrets)])


def post(target: Target, numbers: list[str], body: bytes, headers: dict[str, str], context: ssl.SSLContext | None = None) -> int:
    """POST to the first number that answers; returns the status. The certificate is checked against the name, not the number."""
    last: OSError | None = None
    for number in numbers:
        try:
            line: socket.socket = socket.create_connection((number, target.port), timeout=PATIENCE)
        except OSError as error:
            last = error
            continue
        with line:
            if target.scheme == "https":
                line = (context or ssl.create_default_context()).wrap_socket(line, server_hostname=target.host)
            there = http.client.HTTPConnection(target.host, target.port, timeout=PATIENCE)
            there.sock = line
            try:
                there.request("POST", target.path, body=body, headers=headers)
                answer = there.getresponse()
                answer.read(65536)
                return answer.status
            finally:
                there.close()
    raise last or OSError("no address")


def deliver(due: Due) -> int:
    """Send one. Returns the status; raises Forbidden, Refused, OSError or HTTPException."""
    if not due.host_ok:
        raise Forbidden("the host is not allowed any more")
    target = target_of(due.url)
    body = payload(due.event, due.kind, due.at)
    headers = {"Content-Type": "application/json", "User-Agent": "xieli-webhook/1", "Xieli-Event": to_ref(due.event), SIGNATURE: signature(due.secrets, due.stamp, body)}
    return post(target, addresses(target, private=due.private), body, headers)


def round_once(at_most: int = 20) -> int:
    """One round. Returns how many were tried."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select id, url, host_ok, private, event, kind, at, secrets, stamp from access.take_deliveries(%s)", [at_most])
        rows = [Due(*row) for row in cursor.fetchall()]
    for due in rows:
        status, trouble = None, ""
        try:
            status = deliver(due)
            ok = 200 <= status < 300
            trouble = "" if ok else f"status {status}"
        except Exception as error:  # whatever is wrong with one must not stop the others
            ok, trouble = False, f"{type(error).__name__}: {error}"
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select access.delivered(%s, %s, %s, %s)", [due.id, ok, status, "".join(c for c in trouble if c.isprintable())])
            if cursor.fetchone()[0] == "dead":
                log.warning("webhook delivery %s was given up", due.id)
    return len(rows)


def forget() -> int:
    """Drop answers to repeated requests that are older than a day."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select access.forget_answers()")
        return int(cursor.fetchone()[0])
