"""The door: password, second factor, first use by a one-time code, a fresh proof. Every failure answers the same."""
from __future__ import annotations

import base64
import os
from io import BytesIO

import segno
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language

from xieli.office.accounts import door, passwords, totp

HALF = "xieli_half"  # password right, second factor missing: signed, five minutes, this browser only
PROFILE = os.environ.get("XIELI_PASSWORDS", "mlps3")


def _page(request: HttpRequest, template: str, status: int = 200, **context: object) -> HttpResponse:
    response = render(request, f"web/door/{template}.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _say(zh: str, en: str) -> str:
    return en if (get_language() or "zh").startswith("en") else zh


WRONG = ("登录名、密码或验证码不对，或须稍后再试。", "Login, password or code is wrong, or a short wait is due.")


def _half(request: HttpRequest) -> tuple[int, str] | None:
    try:
        person, why = signing.loads(request.COOKIES.get(HALF, ""), salt=HALF, max_age=300)
        return int(person), str(why)
    except (signing.BadSignature, ValueError):
        return None


def _hold(response: HttpResponse, person: int, why: str) -> HttpResponse:
    response.set_cookie(HALF, signing.dumps([person, why], salt=HALF), max_age=300, httponly=True, samesite="Strict", secure=settings.SESSION_COOKIE.startswith("__Host-"))
    return response


def _inside(request: HttpRequest, person: int, factor: str) -> HttpResponse:
    """Open the session and go to the workbench (or back to where a fresh proof was asked)."""
    response = redirect(os.environ.get("XIELI_WEB_URL", "/"))
    response.set_cookie(settings.SESSION_COOKIE, door.open_session(person, factor), httponly=True, samesite="Strict", secure=settings.SESSION_COOKIE.startswith("__Host-"))
    response.delete_cookie(HALF)
    return response


def sign_in(request: HttpRequest) -> HttpResponse:
    """Login and password."""
    if request.method == "POST":
        account = door.check_password(request.POST.get("login", ""), request.POST.get("password", ""))
        if account is None:
            return _page(request, "sign_in", 401, error=_say(*WRONG))
        rule = passwords.PROFILES[PROFILE]
        if rule.max_age_days is not None and account.age_days > rule.max_age_days:
            return _hold(redirect("first"), account.person, "expired")
        return _hold(redirect("second" if account.confirmed else "enrol"), account.person, "password")
    return _page(request, "sign_in")


def first(request: HttpRequest) -> HttpResponse:
    """A one-time code, or an expired password, and the new password."""
    half = _half(request)
    known = half[0] if half and half[1] == "expired" else None
    if request.method == "POST":
        person = known if known is not None else door.redeem(request.POST.get("login", ""), request.POST.get("code", "")) if request.POST.get("code") else half[0] if half and half[1] == "code" else None
        if person is None:
            return _page(request, "first", 401, error=_say(*WRONG), known=known is not None)
        wrong = door.set_password(person, request.POST.get("password", ""), PROFILE) if request.POST.get("password") == request.POST.get("again") else [("两次输入不一致。", "The two entries differ.")]
        if wrong:
            return _hold(_page(request, "first", 422, errors=[_say(*w) for w in wrong], known=True), person, "expired" if known is not None else "code")
        return _hold(redirect("enrol"), person, "password")
    return _page(request, "first", known=known is not None)


def enrol(request: HttpRequest) -> HttpResponse:
    """The authenticator: scan, confirm one code, keep the recovery codes."""
    half = _half(request)
    if half is None or half[1] != "password":
        return redirect("sign_in")
    secret = door.begin_totp(half[0])
    if request.method == "POST":
        if door.check_totp(half[0], request.POST.get("code", ""), confirm=True):
            if request.POST.get("kept") == "1":
                return _inside(request, half[0], "totp")
            return _hold(_page(request, "recovery", codes=door.recovery_codes(half[0])), half[0], "enrolled")
        return _page(request, "enrol", 401, error=_say(*WRONG), **_shown(secret))
    return _page(request, "enrol", **_shown(secret))


def _shown(secret: bytes) -> dict[str, str]:
    out = BytesIO()
    segno.make(totp.uri(secret, "xieli")).save(out, kind="png", scale=5)
    return {"qr": base64.b64encode(out.getvalue()).decode(), "secret": base64.b32encode(secret).decode()}


def second(request: HttpRequest) -> HttpResponse:
    """Six digits, or a recovery code."""
    half = _half(request)
    if half is None:
        return redirect("sign_in")
    if half[1] == "enrolled" and request.method == "POST" and request.POST.get("kept") == "1":
        return _inside(request, half[0], "totp")
    if half[1] != "password":
        return redirect("sign_in")
    if request.method == "POST":
        if door.check_totp(half[0], request.POST.get("code", "")):
            return _inside(request, half[0], "totp")
        return _page(request, "second", 401, error=_say(*WRONG))
    return _page(request, "second")


def again(request: HttpRequest) -> HttpResponse:
    """A fresh proof before a sensitive act: a code of the second factor; then back."""
    token = request.COOKIES.get(settings.SESSION_COOKIE, "")
    person = door.person_of(token) if token else None
    if person is None:
        return redirect("sign_in")
    back = request.POST.get("next") or request.GET.get("next", "")
    web = os.environ.get("XIELI_WEB_URL", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=set()) or not back.startswith("/"):
        back = "/"
    if request.method == "POST":
        if door.check_totp(person, request.POST.get("code", "")) and door.prove(token):
            return redirect(web.rstrip("/") + back)
        return _page(request, "again", 401, error=_say(*WRONG), next=back)
    return _page(request, "again", next=back)


def bad(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Anything else: back to the start, nothing said."""
    return redirect("/")
