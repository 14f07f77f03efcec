"""What stands before every route: token, rate, scope, purpose, If-Match, Idempotency-Key; and the one event after it.

A route says what it needs when it is declared (`route`), and the description says so too: both come from the same arguments.
"""
from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import unquote

from django.db import DatabaseError, OperationalError, transaction
from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from ninja.decorators import decorate_view
from ninja.security import HttpBearer

from xieli.faces.api import problems
from xieli.faces.api.limits import READS, WRITES, buckets
from xieli.faces.api.schemas import Problem
from xieli.office.audit import record
from xieli.office.clients import services
from xieli.office.clients.services import Client
from xieli.office.matters.services.errors import Refused

SCOPES_OF: dict[str, str] = {}  # operation → scope: the table of the tests is checked against it


class Bearer(HttpBearer):
    """The token is bound before any view (server.binding): here it only has to be there."""

    openapi_bearerFormat = "opaque"

    def authenticate(self, request: HttpRequest, token: str) -> Client | None:
        return getattr(request, "xieli_client", None)


def client_of(request: HttpRequest) -> Client:
    """The program that asks."""
    return request.xieli_client  # type: ignore[attr-defined,no-any-return]


def looked(request: HttpRequest, matters: Any) -> None:
    """Note which matters' content this answer shows; the event is written once, after the route."""
    request.xieli_looked = {*getattr(request, "xieli_looked", ()), *matters}  # type: ignore[attr-defined]


def etag_of(shown: Schema) -> str:
    """The entity tag of a representation. It holds both languages, so it does not depend on the one asked for."""
    return '"' + hashlib.sha256(shown.model_dump_json().encode()).hexdigest()[:32] + '"'


def must_match(request: HttpRequest, current: Schema) -> None:
    """If-Match against the present representation. Raises Changed."""
    asked = [t.strip() for t in request.headers.get("If-Match", "").split(",")]
    if "*" not in asked and etag_of(current) not in asked:
        raise Changed


class Changed(Exception):
    """It has changed since it was read."""


def purpose_of(request: HttpRequest) -> str | None:
    """What the reading is for; None when it is not said in a usable way."""
    try:
        text = unquote(request.headers.get("X-Purpose", ""), errors="strict").strip()
    except UnicodeDecodeError:
        return None
    return text if 2 <= len(text) <= 200 and text.isprintable() else None


def _digest(request: HttpRequest) -> str:
    return hashlib.sha256(b"\n".join([(request.method or "").encode(), request.get_full_path().encode(), request.body])).hexdigest()


def _parameters(purpose: bool, idempotent: bool, match: bool) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if purpose:
        found.append({"in": "header", "name": "X-Purpose", "required": True, "schema": {"type": "string", "minLength": 2, "maxLength": 200, "pattern": "^[A-Za-z0-9 .,:-]{2,200}$"},
                      "description": "目的，记入审计记录；非 ASCII 字符按 UTF-8 百分号编码。 What this reading is for; written into the ledger. UTF-8, percent-encoded."})
    if idempotent:
        found.append({"in": "header", "name": "Idempotency-Key", "required": False, "schema": {"type": "string", "minLength": 1, "maxLength": 80, "pattern": "^[A-Za-z0-9._:-]+$"},
                      "description": "同一个键只办一次，重复请求得到同一回答，保留 24 小时。 One effect per key; a repetition gets the kept answer for 24 hours."})
    if match:
        found.append({"in": "header", "name": "If-Match", "required": True, "schema": {"type": "string", "minLength": 1, "maxLength": 80, "pattern": "^[A-Za-z0-9*\"]+$"},
                      "description": "读取时得到的 ETag。 The ETag that was read."})
    return found


def route(router: Router, method: str, path: str, answer: Any, *, name: str, scope: str = "", purpose: bool = False, match: bool = False,
          status: int = 200, summary: str = "", tag: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare one route. `scope`: which scope of the token opens it ('' any token). `purpose`: it shows content. `match`: it updates.

    Every POST takes an Idempotency-Key. A refusal undoes what the route did before it.
    """
    writes = method != "GET"
    SCOPES_OF[name] = scope
    codes = {400, 401, 404, 413, 422, 429, 500, 503} | ({403} if scope else set()) | ({409} if writes else set()) | ({412, 428} if match else set())

    def gate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            client: Client | None = getattr(request, "xieli_client", None)
            if client is None:
                return problems.said("no_token")
            wait = buckets.wait(client.token, WRITES if writes else READS)
            if wait:
                response = problems.said("slow_down")
                response["Retry-After"] = str(math.ceil(wait))
                return response
            if scope and scope not in client.scopes:
                return problems.said("scope", scope=scope)
            why = purpose_of(request)
            if purpose and why is None:
                return problems.said("purpose_needed")
            if match and not request.headers.get("If-Match"):
                return problems.said("match_needed")
            try:
                response = _once(view, client, request, args, kwargs) if writes and request.headers.get("Idempotency-Key") else _undone_if_refused(view, request, args, kwargs)
            except Refused as error:
                return problems.refused(error)
            except OperationalError:
                request.xieli_failed = True  # type: ignore[attr-defined]
                return problems.said("busy")
            except DatabaseError as error:
                if getattr(error.__cause__, "sqlstate", "") != "XL001":  # access.require_fresh, met outside a service's own words
                    raise
                return problems.said("prove_again")
            if response.status_code == 200 and not writes:
                response = _not_modified(request, response)
            if purpose and response.status_code < 500:
                record("client.looked", matters=getattr(request, "xieli_looked", ()) if response.status_code < 400 else (), token=client.token, route=name, why=why,
                       asked=request.get_full_path()[:300] if request.GET or response.status_code == 404 else None)
            elif writes and response.status_code < 300:
                record("client.acted", token=client.token, route=name)
            return response

        return guarded

    def declare(view: Callable[..., Any]) -> Callable[..., Any]:
        extra = {"parameters": _parameters(purpose, method == "POST", match)}
        responses = {status: answer} | dict.fromkeys(sorted(codes), Problem)
        return router.api_operation([method], path, response=responses, operation_id=name, summary=summary, tags=[tag] if tag else None, openapi_extra=extra,
                                    description=f"scope: `{scope}`" if scope else None)(decorate_view(gate)(view))

    return declare


def _undone_if_refused(view: Callable[..., HttpResponse], request: HttpRequest, args: Any, kwargs: Any) -> HttpResponse:
    with transaction.atomic():
        response = view(request, *args, **kwargs)
        if response.status_code >= 400:
            transaction.set_rollback(True)
    return response


def _once(view: Callable[..., HttpResponse], client: Client, request: HttpRequest, args: Any, kwargs: Any) -> HttpResponse:
    """One effect per key. A refusal keeps nothing: the request may be made again."""
    with transaction.atomic():
        first, row = services.kept_answer(client, request.headers["Idempotency-Key"], _digest(request))
        if not first:
            response = HttpResponse(row.body, status=row.status, content_type=row.headers.get("Content-Type", "application/json"))
            for key in ("ETag", "Location"):
                if key in row.headers:
                    response[key] = row.headers[key]
            response["Idempotent-Replay"] = "true"
            return response
        response = view(request, *args, **kwargs)
        if response.status_code >= 400:
            transaction.set_rollback(True)
        else:
            kept = {k: v for k, v in response.items() if k in ("Content-Type", "ETag", "Location")}
            services.keep_answer(row, response.status_code, kept, response.content.decode(), request.path)
    return response


def _not_modified(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """304 when the program has it already. The reading is recorded all the same."""
    tag = response.get("ETag")
    if tag and tag in [t.strip() for t in request.headers.get("If-None-Match", "").split(",")]:
        fresh = HttpResponse(status=304)
        fresh["ETag"] = tag
        return fresh
    return response
