"""The door: password or identity provider, second factor, first use by a one-time code, a fresh proof, passkeys. Every failure answers the same."""
from __future__ import annotations

import base64
import json
import os
import secrets
from io import BytesIO
from typing import Any

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from xieli.office.accounts import door, oidc, passkeys, passwords, totp

HALF = "xieli_half"  # names a sign-in under way, kept at the door: five minutes, used once
WRONG = ("登录名、密码或验证码不对，或须稍后再试。", "Login, password or code is wrong, or a short wait is due.")
DEMO = ("演示环境没有账号，也不接统一认证；请从演示入口选择角色。", "A demo has no accounts and no identity provider; choose a role at the demo's entrance.")


def profile() -> str:
    """Which of the two password profiles this installation follows (XIELI_PASSWORDS: asvs or mlps3)."""
    found = os.environ.get("XIELI_PASSWORDS", "mlps3")
    return found if found in passwords.PROFILES else "mlps3"


def _page(request: HttpRequest, template: str, status: int = 200, **context: object) -> HttpResponse:
    response = render(request, f"web/door/{template}.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _say(zh: str, en: str) -> str:
    return en if (get_language() or "zh").startswith("en") else zh


def _secure() -> bool:
    return bool(settings.SESSION_COOKIE.startswith("__Host-"))


def _token(request: HttpRequest) -> str:
    return request.COOKIES.get(HALF, "")


def _hold(response: HttpResponse, person: int | None, step: str, **data: Any) -> HttpResponse:
    # Lax: the way back from an identity provider is a navigation from another site
    response.set_cookie(HALF, door.hold(person, step, **data), max_age=door.HALF_MINUTES * 60, httponly=True, samesite="Lax", secure=_secure())
    return response


def _inside(request: HttpRequest, factor: str) -> HttpResponse:
    """Use the sign-in up, open the session, go to the screens."""
    pending = door.use(_token(request))
    if pending is None or pending.person is None:
        return redirect("sign_in")
    response = redirect(os.environ.get("XIELI_WEB_URL", "/"))
    cookie = door.open_session(pending.person, factor, before=request.COOKIES.get(settings.SESSION_COOKIE, ""))
    response.set_cookie(settings.SESSION_COOKIE, cookie, httponly=True, samesite="Strict", secure=_secure(), path="/")
    response.delete_cookie(HALF)
    return response


def _no_demo(request: HttpRequest) -> HttpResponse | None:
    return _page(request, "closed", 403, error=_say(*DEMO)) if door.mark() == "demo" else None


def _next_step(person: int, confirmed: bool) -> HttpResponse:
    return _hold(redirect("second" if confirmed else "enrol"), person, "password")


def sign_in(request: HttpRequest) -> HttpResponse:
    """Login and password."""
    if (closed := _no_demo(request)) is not None:
        return closed
    offered = oidc.provider()
    if request.method == "POST":
        account = door.check_password(request.POST.get("login", ""), request.POST.get("password", ""))
        if account is None:
            return _page(request, "sign_in", 401, error=_say(*WRONG), provider=offered)
        rule = passwords.PROFILES[profile()]
        if rule.max_age_days is not None and account.age_days > rule.max_age_days:
            return _hold(redirect("first"), account.person, "expired")
        return _next_step(account.person, account.confirmed)
    return _page(request, "sign_in", provider=offered)


def first(request: HttpRequest) -> HttpResponse:
    """A one-time code, or an expired password, and the new password."""
    if (closed := _no_demo(request)) is not None:
        return closed
    pending = door.held(_token(request))
    known = pending.person if pending and pending.step in ("expired", "code") else None
    if request.method == "POST":
        step = pending.step if pending and known is not None else "code"
        person = known if known is not None else door.redeem(request.POST.get("login", ""), request.POST.get("code", ""))
        if person is None:
            return _page(request, "first", 401, error=_say(*WRONG), known=False)
        same = request.POST.get("password") == request.POST.get("again")
        wrong = door.set_password(person, request.POST.get("password", ""), profile()) if same else [("两次输入不一致。", "The two entries differ.")]
        if wrong:
            return _hold(_page(request, "first", 422, errors=[_say(*w) for w in wrong], known=True), person, step)
        door.use(_token(request))
        return _next_step(person, any(door.factors(person)))
    return _page(request, "first", known=known is not None)


def enrol(request: HttpRequest) -> HttpResponse:
    """The first second factor: an authenticator app, or a passkey; then the recovery codes. Closed to whoever has one."""
    pending = door.held(_token(request))
    if pending is None or pending.person is None or pending.step != "password":
        return redirect("sign_in")
    if any(door.factors(pending.person)):
        return redirect("second")
    secret = door.begin_totp(pending.person)
    status, error = 200, ""
    if request.method == "POST":
        factor = ""
        if request.POST.get("answer"):
            factor = "webauthn" if _registered(pending, request) else ""
        elif door.check_totp(pending.person, request.POST.get("code", ""), confirm=True):
            factor = "totp"
        if factor and door.use(_token(request)):
            return _hold(_page(request, "recovery", codes=door.recovery_codes(pending.person)), pending.person, "enrolled", factor=factor)
        status, error = 401, _say(*WRONG)
    options, state = passkeys.begin_registration(pending.person, door.login_of(pending.person))
    door.keep(_token(request), state=state)
    return _page(request, "enrol", status, error=error, options=options, **_shown(secret, pending.person))


def _registered(pending: door.Pending, request: HttpRequest) -> bool:
    try:
        passkeys.finish_registration(int(pending.person or 0), pending.data.get("state", {}), json.loads(request.POST.get("answer", "")), request.POST.get("name", ""))
    except (passkeys.Wrong, ValueError):
        return False
    return True


def _shown(secret: bytes, person: int) -> dict[str, str]:
    out = BytesIO()
    segno.make(totp.uri(secret, door.login_of(person))).save(out, kind="png", scale=5)
    return {"qr": base64.b64encode(out.getvalue()).decode(), "secret": base64.b32encode(secret).decode()}


def _proved(person: int, state: dict[str, Any], request: HttpRequest) -> str:
    """Which factor the form proves for this person: `totp`, `webauthn`, or none."""
    if request.POST.get("answer"):
        try:
            answer = json.loads(request.POST["answer"])
        except ValueError:
            return ""
        return "webauthn" if isinstance(answer, dict) and passkeys.check(person, state, answer) else ""
    return "totp" if door.check_totp(person, request.POST.get("code", "")) else ""


def _challenge(person: int) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    try:
        return passkeys.begin_authentication(person)
    except passkeys.Wrong:
        return None, {}


def second(request: HttpRequest) -> HttpResponse:
    """Six digits, a recovery code, or a passkey."""
    token = _token(request)
    pending = door.held(token)
    if pending is None or pending.person is None:
        return redirect("sign_in")
    if pending.step == "enrolled" and request.method == "POST" and request.POST.get("kept") == "1":
        return _inside(request, str(pending.data.get("factor", "totp")))
    if pending.step != "password":
        return redirect("sign_in")
    status, error = 200, ""
    if request.method == "POST":
        factor = _proved(pending.person, pending.data.get("state", {}), request)
        if factor:
            return _inside(request, factor)
        status, error = 401, _say(*WRONG)
    options, state = _challenge(pending.person)
    door.keep(token, state=state)
    return _page(request, "second", status, error=error, options=options, app=door.factors(pending.person)[0])


def again(request: HttpRequest) -> HttpResponse:
    """A fresh proof before a sensitive act; then back to where it was asked."""
    token = request.COOKIES.get(settings.SESSION_COOKIE, "")
    found = door.session_of(token)
    if found is None:
        return redirect("sign_in")
    person = found[0]
    back = request.POST.get("next") or request.GET.get("next", "")
    web = os.environ.get("XIELI_WEB_URL", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=set()) or not back.startswith("/"):
        back = "/"
    status, error = 200, ""
    if request.method == "POST":
        pending = door.use(_token(request))
        state = pending.data.get("state", {}) if pending and pending.person == person and pending.step == "passkey" else {}
        if _proved(person, state, request) and door.prove(token):
            return redirect(web.rstrip("/") + back)
        status, error = 401, _say(*WRONG)
    options, state = _challenge(person)
    return _hold(_page(request, "again", status, error=error, next=back, options=options, app=door.factors(person)[0]), person, "passkey", state=state)


def keys(request: HttpRequest) -> HttpResponse:
    """One's passkeys: add, take away. Only with a proof of the last five minutes; the last second factor stays."""
    found = door.session_of(request.COOKIES.get(settings.SESSION_COOKIE, ""))
    if found is None:
        return redirect("sign_in")
    person, fresh = found
    if not fresh:
        return _hold(_page(request, "prove_first", 403), person, "passkey")
    status, error = 200, ""
    if request.method == "POST":
        pending = door.use(_token(request))
        try:
            if request.POST.get("remove"):
                passkeys.remove(person, request.POST["remove"])
            elif pending is None or pending.person != person or not _registered(pending, request):
                raise passkeys.Wrong
            return redirect("keys")
        except (passkeys.Wrong, ValueError):
            status, error = 422, _say("没有办成：通行密钥没有通过核对，或者这是最后一个第二因素。", "Not done: the passkey did not verify, or it is the last second factor.")
    options, state = passkeys.begin_registration(person, door.login_of(person))
    return _hold(_page(request, "keys", status, error=error, rows=passkeys.listed(person), options=options, web=os.environ.get("XIELI_WEB_URL", "/")), person, "passkey", state=state)


@require_POST
def to_provider(request: HttpRequest) -> HttpResponse:
    """Off to the identity provider, with state, nonce and PKCE kept here."""
    if (closed := _no_demo(request)) is not None:
        return closed
    of = oidc.provider()
    if of is None:
        return redirect("sign_in")
    try:
        where, kept = oidc.start(of)
    except oidc.Wrong:
        return _page(request, "sign_in", 401, error=_say("统一认证现在连不上；可以用登录名和密码。", "The identity provider cannot be reached now; login and password work."), provider=of)
    state = secrets.token_urlsafe(24)
    return _hold(_page(request, "leaving", where=f"{where}&state={state}", provider=of), None, "oidc", state=state, **kept)


def from_provider(request: HttpRequest) -> HttpResponse:
    """Back from the provider: it says who; the second factor is asked here as always."""
    if (closed := _no_demo(request)) is not None:
        return closed
    of, pending = oidc.provider(), door.use(_token(request))
    try:
        if of is None or pending is None or pending.step != "oidc" or not secrets.compare_digest(str(pending.data.get("state", "")), request.GET.get("state", "")) or request.GET.get("error"):
            raise oidc.Wrong
        person = oidc.person_of(of.issuer, oidc.subject(of, request.GET.get("code", ""), pending.data))
        if person is None or door.waits(person):
            raise oidc.Wrong
    except oidc.Wrong:
        return _page(request, "sign_in", 401, error=_say(*WRONG), provider=of)
    return _next_step(person, any(door.factors(person)))


def bad(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Anything else: back to the start, nothing said."""
    return redirect("/")
