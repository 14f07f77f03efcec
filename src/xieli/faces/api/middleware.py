"""Around the API: answers that Django makes by itself (no such address, too large, a fault) speak the API's language too."""
from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from xieli.faces.api import problems

OWN = {400: "bad_request", 405: "method", 413: "too_large", 500: "fault"}


def _length(request: HttpRequest) -> int:
    stated = request.META.get("CONTENT_LENGTH") or "0"
    return int(stated) if stated.isdecimal() else 0


class ApiMiddleware:
    """Nothing of the API is kept by caches; no answer of it is a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.path.startswith("/api/"):
            return response
        if response.status_code >= 400 and response.get("Content-Type", "") != problems.TYPE:
            made = problems.not_found() if response.status_code == 404 else problems.said(OWN.get(response.status_code, "bad_request" if response.status_code < 500 else "fault"))
            if response.status_code == 400 and _length(request) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
                made = problems.said("too_large")  # Django says only 400
            if response.get("Allow"):
                made["Allow"] = response["Allow"]
            response = made
        response["Cache-Control"] = "no-store"
        return response
