"""Binding: every request runs in one transaction, bound to the session in its cookie before anything is read.

A setting may guide the planner, never decide: `access.bind` also writes a MAC that the policies check. Without a live
session nothing is bound and every matter-bound SELECT is empty.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from secrets import token_urlsafe

from django.conf import settings
from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse


def bind(token: str) -> bool:
    """Bind the current transaction to the session of this token. False: no live session, nothing will be seen."""
    with connection.cursor() as cursor:
        cursor.execute("select access.bind(%s)", [token])
        return bool(cursor.fetchone()[0])


@contextmanager
def acting(token: str) -> Iterator[None]:
    """One bound transaction for commands, jobs, stories and tests. Raises PermissionError without a live session."""
    with transaction.atomic():
        if not bind(token):
            raise PermissionError("no live session 会话已结束")
        yield


def open_demo_session(person_id: int) -> str:
    """A session for a person of a demo or scratch installation; the database refuses it anywhere else."""
    token = token_urlsafe(32)
    with connection.cursor() as cursor:
        cursor.execute("select access.open_demo_session(%s, %s)", [sha256(token.encode()).digest(), person_id])
    return token


def _bearer(request: HttpRequest) -> str:
    """The token of a program, from its header; empty when there is none."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" and secret.isascii() and secret.isprintable() else ""


def bind_client(secret: str) -> object | None:
    """Bind the current transaction to the program behind a token (office.clients); None: nothing will be seen."""
    from xieli.office.clients.services import bind as bind_program

    return bind_program(secret)


class BindingMiddleware:
    """One transaction and one binding per request; an exception in the view undoes both the effect and its events."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(("/static/", "/healthz", "/readyz")):
            return self.get_response(request)
        if settings.ZONE and request.path.startswith("/api/"):
            raise Http404  # a process for people outside the zone serves no program
        program = _bearer(request) if request.path.startswith("/api/") else ""
        token = "" if request.path.startswith("/api/") else request.COOKIES.get(settings.SESSION_COOKIE, "")  # a browser's cookie opens no API
        request.xieli_failed = False  # type: ignore[attr-defined]
        with transaction.atomic():
            request.xieli_client = bind_client(program) if program else None  # type: ignore[attr-defined]
            request.bound = bool(token) and bind(token)  # type: ignore[attr-defined]
            response = self.get_response(request)
            # bytes of a stored file never change and ask no database: they may flow after the binding has ended
            if getattr(response, "streaming", False) and not getattr(response, "from_disc", False):
                raise RuntimeError("a streamed response would outlive its binding")
            # what one person saw is nobody else's at this machine: no page stays in a cache, no copy behind the back button
            response.headers.setdefault("Cache-Control", "no-store")
            if request.xieli_failed or response.status_code >= 500:  # type: ignore[attr-defined]
                transaction.set_rollback(True)
        if getattr(request, "bound", False):
            with connection.cursor() as cursor:
                cursor.execute("select access.touch(%s)", [token])
        if getattr(request, "xieli_client", None) is not None:
            from xieli.office.clients.services import touch

            touch(program)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Mark the transaction for rollback; the answer itself is made by the error handlers. A null sign, which no text of a
        database can hold and no keyboard types, is a request that no form of ours sends."""
        request.xieli_failed = True  # type: ignore[attr-defined]
        if "NUL (0x00)" in str(exception) and settings.ROLE != "door":
            from django.urls import get_resolver

            answer: HttpResponse = get_resolver().resolve_error_handler(400)(request, exception=exception)
            return answer
        return None
