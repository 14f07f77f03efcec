"""Refusals as RFC 9457 problem details, in both languages: `title` and `detail` in the language asked for, each also as `…_zh` and `…_en`."""
from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from django.utils.translation import get_language

from xieli.office.matters.services.errors import NotVisible, Refused

TYPE = "application/problem+json"
TITLES: dict[int, tuple[str, str]] = {
    400: ("请求有误", "The request is not right"), 401: ("令牌无效", "No valid token"), 403: ("令牌没有这项范围", "The token lacks this scope"),
    404: ("不存在或无权限", "It does not exist or is not open to you"), 405: ("不支持这种方法", "Method not allowed"), 409: ("与他人的办理冲突", "In conflict with another's act"),
    412: ("内容已被他人改动", "It has changed since you read it"), 413: ("内容过大", "Too large"), 422: ("规则不允许或内容不合要求", "Refused by a rule, or not as required"),
    428: ("须带 If-Match", "If-Match is required"), 429: ("请求过于频繁", "Too many requests"), 500: ("系统故障", "A fault of ours"), 503: ("暂时不能办理", "Not possible at the moment"),
}
SAID: dict[str, tuple[int, str, str]] = {
    "bad_json": (400, "请求正文不是有效的 JSON。没有做任何改动。", "The body is not valid JSON. Nothing was changed."),
    "bad_cursor": (400, "翻页标记无效或属于另一个查询，请从第一页重新开始。", "The cursor is not valid or belongs to another query; start from the first page."),
    "purpose_needed": (400, "读取内容须在 X-Purpose 中写明目的（2 至 200 字，按 UTF-8 百分号编码），目的会记入审计记录。",
                       "Reading content needs its purpose in X-Purpose (2 to 200 characters, UTF-8 percent-encoded); it is written into the ledger."),
    "no_token": (401, "请在 Authorization: Bearer 中带上有效的令牌；令牌可能已过期或作废。", "Send a valid token in Authorization: Bearer; it may have expired or been revoked."),
    "scope": (403, "这个令牌的范围不包括此操作。范围只能由安全管理员重新签发。", "This token's scopes do not include that. Only a new token can carry others."),
    "bad_request": (400, "这个请求不完整，没有做任何改动。", "The request is not complete. Nothing was changed."),
    "method": (405, "这个地址不支持该方法。", "This address does not take that method."),
    "prove_again": (422, "这一步须由本人再次验证身份（五分钟内有效），程序不能代为验证；请在界面上办理。没有做任何改动。",
                    "This step needs a fresh proof of the person's own identity (of the last five minutes), which no program can give; do it on the screens. Nothing was changed."),
    "changed": (412, "您读取之后内容已有变动，没有做任何改动；请重新读取再提交。", "It has changed since you read it. Nothing was changed; read it again."),
    "too_large": (413, "请求正文过大，没有做任何改动。", "The body is too large. Nothing was changed."),
    "match_needed": (428, "更新须带 If-Match（读取时得到的 ETag），没有做任何改动。", "An update needs If-Match (the ETag you read). Nothing was changed."),
    "slow_down": (429, "请求过于频繁，请按 Retry-After 稍后再试。没有做任何改动。", "Too many requests; wait as Retry-After says. Nothing was changed."),
    "fault": (500, "这一步没有完成，已全部撤销。请稍后再试；若再次出现请告知管理员。", "This step was not completed and everything of it was undone. Try again; tell the administrator if it recurs."),
    "busy": (503, "同一请求正在办理或系统繁忙，请稍后用同一 Idempotency-Key 再试。", "The same request is under way, or the system is busy; try again with the same Idempotency-Key."),
}


def made(status: int, code: str, zh: str, en: str, **more: Any) -> HttpResponse:
    """One problem document."""
    english = (get_language() or "zh").startswith("en")
    title_zh, title_en = TITLES.get(status, TITLES[400])
    body = {"type": f"urn:xieli:problem:{code}", "status": status, "code": code, "title": title_en if english else title_zh, "detail": en if english else zh,
            "title_zh": title_zh, "title_en": title_en, "detail_zh": zh, "detail_en": en, **more}
    response = HttpResponse(json.dumps(body, ensure_ascii=False), status=status, content_type=TYPE)
    if status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="xieli"'
    return response


def said(code: str, **more: Any) -> HttpResponse:
    """A problem of this face's own."""
    status, zh, en = SAID[code]
    return made(status, code, zh, en, **more)


def not_found() -> HttpResponse:
    """Hidden and unknown alike, whatever was asked for: the same bytes."""
    refused = NotVisible()
    return made(404, refused.code, refused.zh, refused.en)


def refused(error: Refused) -> HttpResponse:
    """What a service said, with every reason."""
    if isinstance(error, NotVisible) or error.code == "not_found":
        return not_found()
    if error.code == "prove_again":
        return said("prove_again")
    status = 409 if error.code in ("conflict", "duplicate", "under_way") else 422
    reasons = [{"code": r.code, "zh": r.zh, "en": r.en} for r in error.others]
    return made(status, error.code, error.zh, error.en, **({"reasons": reasons} if reasons else {}))


def invalid(errors: list[dict[str, Any]]) -> HttpResponse:
    """Fields that are not as described; what was sent is not repeated."""
    fields = [{"at": ".".join(str(p) for p in e.get("loc", ())), "why": str(e.get("type", ""))[:60]} for e in errors[:50]]
    return made(422, "invalid", "有字段不合要求，没有做任何改动。", "Some fields are not as described. Nothing was changed.", fields=fields)
