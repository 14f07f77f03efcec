"""My tokens and my calendar address; for administrators and heads: tokens to ask for and confirm, hosts, webhooks, deliveries."""
from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from xieli.faces.web.context import installation, me
from xieli.faces.web.decorators import bound, identity
from xieli.office.bodies.models import Body
from xieli.office.clients import services
from xieli.office.clients.models import EVENTS, SCOPES, ApiToken, Webhook, WebhookDelivery, WebhookHost
from xieli.office.ids import to_ref
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.notices import services as notices
from xieli.office.notices.models import CalendarFeed
from xieli.office.people.models import Person

TOKENS = ApiToken.objects.select_related("person", "collector", "asked_by").defer(
    *(f"{who}__{field}" for who in ("person", "collector", "asked_by") for field in ("clearance", "initials", "sort_key", "cadre_rank", "native_division")))


def _labelled(pairs: dict[str, tuple[str, str]]) -> list[tuple[str, str, str]]:
    return [(code, zh, en) for code, (zh, en) in pairs.items()]


@bound
def mine(request: HttpRequest, **shown: Any) -> HttpResponse:
    """Tokens that act for me or that I collect, and my calendar address."""
    who = me(request)
    rows = [t for t in TOKENS.order_by("-asked_at", "person_id", "id")[:200] if who.person_id in (t.person_id, t.collector_id)]
    feed = CalendarFeed.objects.filter(revoked_at=None).first()
    return render(request, "web/clients/mine.html", {"tokens": rows, "feed": feed, "now": who.now, **shown})


@require_POST
@bound
def mine_act(request: HttpRequest, what: str) -> HttpResponse:
    """Collect or end a token; make or end the calendar address. Secrets are shown once."""
    if what == "collect":
        return mine(request, secret=services.collect(identity(request.POST.get("token", ""))))
    if what == "revoke":
        services.revoke(identity(request.POST.get("token", "")))
    elif what == "feed":
        address = request.build_absolute_uri(reverse("calendar_feed", args=[notices.make_feed()]))
        return mine(request, address=address)
    elif what == "feed_end":
        notices.end_feed()
    else:
        raise NotVisible()
    return redirect("my_access")


@bound
def page(request: HttpRequest, **shown: Any) -> HttpResponse:
    """Tokens, allowed hosts, webhooks and their deliveries; heads see what waits for their confirmation."""
    who = me(request)
    security, system, audit = ("security_admin" in who.offices, "system_admin" in who.offices, "audit_admin" in who.offices)
    if not (security or system or audit or who.offices & {"head", "town_secretary"}):
        raise NotVisible()
    tokens = list(TOKENS.order_by("-asked_at")[:200])
    hooks = list(Webhook.objects.filter(ended_at=None).select_related("body").order_by("body__sort_key", "made_at"))
    deliveries = list(WebhookDelivery.objects.filter(webhook__in=hooks).select_related("webhook").order_by("-next_try").values(
        "id", "webhook__label", "event__kind", "event__at", "state", "attempts", "next_try", "last_status", "last_error")[:100])
    for row in deliveries:
        row["ref"], (row["zh"], row["en"]) = to_ref(row["id"]), EVENTS[row["event__kind"]]
        row["kind"], row["label"], row["at"] = row["event__kind"], row["webhook__label"], row["event__at"]
    return render(request, "web/clients/page.html", {
        "security": security, "system": system, "audit": audit, "now": who.now, "tokens": tokens, "waiting": [t for t in tokens if t.confirmed_at is None and t.revoked_at is None], "me_id": who.person_id,
        "people": Person.objects.filter(active=True).only("id", "name", "name_en", "account").order_by("sort_key")[:500] if security else [],
        "bodies": Body.objects.filter(valid_to=None).exclude(kind="village").order_by("kind", "sort_key") if security else [],
        "scopes": _labelled(SCOPES), "events": _labelled(EVENTS), "hosts": WebhookHost.objects.filter(ended_at=None).order_by("host", "port"), "hooks": hooks, "deliveries": deliveries,
        "place_zone": installation()["zone"], **shown}, status=422 if shown.get("error") else 200)


def _number(text: str | None) -> int:
    if not (text or "").isdecimal() or len(text or "") > 9:
        raise Refused("number", "请填数字。", "Enter a number.")
    return int(text or "")


@require_POST
@bound
def act(request: HttpRequest, what: str) -> HttpResponse:
    """One act of administration; the database decides who may."""
    p = request.POST
    if what == "propose":
        services.propose(_number(p.get("person")), collector=_number(p["collector"]) if p.get("collector") else None, label=p.get("label", ""), scopes=p.getlist("scopes"), days=_number(p.get("days")),
                         reason=p.get("reason", ""), agreement=p.get("agreement", ""), closed_zone=p.get("closed") == "1")
    elif what == "confirm":
        services.confirm(identity(p.get("token", "")))
    elif what == "revoke":
        services.revoke(identity(p.get("token", "")))
    elif what == "host":
        services.allow_host(p.get("host", ""), _number(p.get("port")), private=p.get("private") == "1", note=p.get("note", ""))
    elif what == "host_end":
        services.end_host(identity(p.get("host", "")))
    elif what == "subscribe":
        _, secret = services.subscribe(_number(p.get("body")), p.get("label", ""), p.get("url", ""), p.getlist("kinds"))
        return page(request, secret=secret)
    elif what == "rotate":
        return page(request, secret=services.rotate(identity(p.get("webhook", ""))))
    elif what == "unsubscribe":
        services.unsubscribe(identity(p.get("webhook", "")))
    elif what == "resend":
        services.resend(identity(p.get("delivery", "")))
    else:
        raise NotVisible()
    return redirect("clients")
