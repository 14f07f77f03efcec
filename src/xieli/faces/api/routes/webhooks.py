# No `from __future__ import annotations` here: ninja reads the annotations as they stand.
"""Webhooks of the bodies: for a token of the security administrator. Hosts are allowed on the screen only."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from xieli.faces.api import schemas
from xieli.faces.api.finding import body as body_by
from xieli.faces.api.finding import one
from xieli.faces.api.gate import etag_of, must_match, route
from xieli.faces.api.schemas import at
from xieli.office.clients import services
from xieli.office.clients.models import Webhook, WebhookDelivery
from xieli.office.ids import to_ref

router = Router(tags=["webhooks"])
ROWS = Webhook.objects.filter(ended_at=None).select_related("body")


def shown(hook: Webhook, secret: str | None = None) -> schemas.WebhookOut:
    return schemas.WebhookOut(ref=to_ref(hook.id), body=hook.body.code, label=hook.label, url=hook.url, kinds=list(hook.kinds), made_at=at(hook.made_at), rotated_at=at(hook.rotated_at), secret=secret)


@route(router, "GET", "/webhooks", schemas.Webhooks, name="list_webhooks", scope="webhooks:read", summary="回调 Webhooks in force", tag="webhooks")
def list_webhooks(request: HttpRequest) -> Any:
    """Empty for who does not administer them."""
    return {"items": [shown(h) for h in ROWS.order_by("made_at", "id")[:500]]}


@route(router, "POST", "/webhooks", schemas.WebhookOut, name="make_webhook", scope="webhooks:write", status=201, summary="设立回调 Make a webhook", tag="webhooks")
def make_webhook(request: HttpRequest, response: HttpResponse, new: schemas.NewWebhook) -> Any:
    """Its secret is in this answer and nowhere else."""
    identity, secret = services.subscribe(body_by(new.body).id, new.label, new.url, new.kinds)
    answer = shown(one(ROWS, to_ref(identity)), secret)
    response["Location"] = f"/api/v1/webhooks/{to_ref(identity)}"
    return Status(201, answer)


@route(router, "GET", "/webhooks/{ref}", schemas.WebhookOut, name="read_webhook", scope="webhooks:read", summary="一个回调 One webhook", tag="webhooks")
def read_webhook(request: HttpRequest, response: HttpResponse, ref: str) -> Any:
    """Without its secret."""
    answer = shown(one(ROWS, ref))
    response["ETag"] = etag_of(answer)
    return answer


@route(router, "PATCH", "/webhooks/{ref}", schemas.WebhookOut, name="change_webhook", scope="webhooks:write", match=True, summary="修改回调 Change a webhook", tag="webhooks")
def change_webhook(request: HttpRequest, response: HttpResponse, ref: str, given: schemas.WebhookChange) -> Any:
    """Name and kinds; a new address is a new webhook."""
    hook = one(ROWS, ref)
    must_match(request, shown(hook))
    services.change(hook.id, given.label, given.kinds)
    answer = shown(one(ROWS, ref))
    response["ETag"] = etag_of(answer)
    return answer


@route(router, "DELETE", "/webhooks/{ref}", schemas.Nothing, name="end_webhook", scope="webhooks:write", summary="停用回调 End a webhook", tag="webhooks")
def end_webhook(request: HttpRequest, ref: str) -> Any:
    """What waits is not delivered."""
    services.unsubscribe(one(ROWS, ref).id)
    return {"done": True}


@route(router, "POST", "/webhooks/{ref}/secret", schemas.WebhookOut, name="rotate_webhook", scope="webhooks:write", status=201, summary="更换密钥 Rotate the secret", tag="webhooks")
def rotate_webhook(request: HttpRequest, ref: str) -> Any:
    """The old secret signs beside the new one for a day."""
    hook = one(ROWS, ref)
    secret = services.rotate(hook.id)
    return Status(201, shown(one(ROWS, ref), secret))


@route(router, "GET", "/webhooks/{ref}/deliveries", schemas.Deliveries, name="list_deliveries", scope="webhooks:read", summary="投递记录 Deliveries", tag="webhooks")
def list_deliveries(request: HttpRequest, ref: str, limit: schemas.Limit = 50) -> Any:
    """The last ones, dead letters among them."""
    hook = one(ROWS, ref)
    rows = WebhookDelivery.objects.filter(webhook=hook).order_by("-next_try", "-id").values_list("id", "event_id", "event__kind", "state", "attempts", "next_try", "last_status", "last_error")[:limit]
    return {"items": [{"ref": to_ref(i), "event": to_ref(e), "kind": k, "state": s, "attempts": a, "next_try": at(t), "last_status": c, "last_error": w} for i, e, k, s, a, t, c, w in rows]}


@route(router, "POST", "/webhooks/{ref}/deliveries/{delivery}/again", schemas.Nothing, name="resend_delivery", scope="webhooks:write", status=201, summary="重新投递 Send a dead letter again", tag="webhooks")
def resend_delivery(request: HttpRequest, ref: str, delivery: str) -> Any:
    """Only what was given up."""
    found = one(WebhookDelivery.objects.filter(webhook=one(ROWS, ref)).only("id"), delivery)
    services.resend(found.id)
    return Status(201, {"done": True})
