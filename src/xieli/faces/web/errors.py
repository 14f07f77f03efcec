"""Answers when something cannot be shown: what happened, what was kept, what to do, a number to quote."""
from __future__ import annotations

import secrets

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _


def _page(request: HttpRequest, status: int, title: str, text: str, quote: str = "") -> HttpResponse:
    return HttpResponse(render_to_string("web/error.html", {"title": title, "text": text, "quote": quote}, request=request), status=status)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Unknown and forbidden answer the same: same status, same body."""
    return HttpResponse(render_to_string("web/notfound.html", {}, request=None), status=404)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A request that no form of ours sends."""
    return _page(request, 400, _("请求有误"), _("这个请求不完整或过大，没有做任何改动。请返回重试。"))


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours: everything of this step was undone."""
    quote = secrets.token_hex(4)
    import logging

    logging.getLogger("xieli.web").error("fault %s", quote)
    return HttpResponse(render_to_string("web/fault.html", {"quote": quote}, request=None), status=500)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form came from elsewhere or the session ended while typing; the draft is kept."""
    return _page(request, 403, _("会话已更新"), _("您的会话已结束或页面已过时。填写的内容保存在草稿里，请重新进入后继续。"))
