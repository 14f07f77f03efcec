"""Who reported: the desk of keepers, approvers and askers, and what a matter's page may know. Nothing typed here is ever drafted."""
from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound, identity, matter_or_404
from xieli.faces.web.menu import ADMINS
from xieli.office.audit import record_look
from xieli.office.bodies.models import Body
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.services.source import today
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.handover import FeedbackDuty
from xieli.office.people.models import Person
from xieli.office.reporters import services
from xieli.office.reporters.demo import PASSPHRASE as DEMO_WORDS

PURPOSES = {"contact": _("与反映人核对情况"), "answer": _("答复反映人"), "protect": _("保护反映人"), "law": _("法定要求"), "extract": _("改写摘录（只看原文，不看身份）")}
STATES = {"waiting": _("待同意"), "released": _("已同意，可查看一次"), "shown": _("已查看，待办结"), "refused": _("未同意"), "withdrawn": _("已撤回或过期"), "closed": _("已办结")}
SIDES = {"keeper": _("保管人"), "approver": _("审批人"), "asker": _("申请人")}
EXTRACTS = {"draft": _("待审定"), "approved": _("已审定"), "returned": _("已退回")}
HOWS = {"talk": _("当面"), "call": _("电话"), "letter": _("书面"), "other": _("其他")}
FIELDS = (("name", _("姓名")), ("other_name", _("曾用名、化名")), ("id_number", _("证件号码")), ("phone", _("电话")), ("contact", _("其他联系方式")), ("address", _("住址")), ("unit", _("单位")))


def _said(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    response = render(request, f"web/reporters/{template}.html", {"purposes": PURPOSES.items(), "hows": HOWS.items(), **context}, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("day", "请填写日期。", "Enter the date.") from None


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise NotVisible()
    return int(text)


def _names(ids: set[int | None]) -> dict[int, Person]:
    return {p.id: p for p in Person.objects.filter(id__in=[i for i in ids if i]).only("id", "name", "name_en")}


@bound
def desk(request: HttpRequest) -> HttpResponse:
    """My keys, what waits for my half, extracts to decide, my requests, and the store as keepers and approvers see it."""
    who = me(request)
    if who.offices and who.offices <= ADMINS:
        raise NotVisible()
    keys = services.my_keys()
    bodies = {b.id: b for b in Body.objects.filter(id__in=[p.body_id for p in who.postings])}
    may: dict[int, list[tuple[str, Any]]] = {}
    for posting in who.postings:
        code = posting.office.code if posting.office else ""
        side = "keeper" if code == "keeper" else "approver" if code in ("head", "deputy") else "asker"
        if side not in {s for s, _w in may.setdefault(posting.body_id, [])}:
            may[posting.body_id].append((side, SIDES[side]))
    waiting, drafts, mine, register = services.waiting(), services.drafts(), services.my_requests(), services.register()
    standing = {k["body"]: services.standing(k["body"]) for k in keys if k["side"] != "asker"}
    names = _names({r["person"] for r in waiting} | {d["drafted_by"] for d in drafts} | {r["approver"] for r in mine} | {r["keeper"] for r in mine}
                   | {h["person"] for rows in standing.values() for h in rows} | {r["erase_ordered_by"] for r in register})
    titles = {m.id: m for m in Matter.objects.filter(id__in=[r["matter"] for r in register if r["matter"]])}
    record_look(list(titles), purpose="reporters", list=True)
    return _said(request, "desk", {
        "keys": [k | {"word": SIDES[k["side"]], "at": bodies.get(k["body"])} for k in keys], "may": [(bodies[b], sides) for b, sides in may.items() if b in bodies],
        "waiting": [r | {"word": PURPOSES[r["purpose"]], "part": SIDES[r["side"]]} for r in waiting], "drafts": [d | {"parts": [services.PART_WORDS[p] for p in d["warned"]]} for d in drafts],
        "mine": [r | {"word": PURPOSES[r["purpose"]], "now": STATES["withdrawn" if r["late"] else r["state"]]} for r in mine],
        "register": [r | {"title": titles.get(r["matter"]), "extract_word": EXTRACTS.get(r["extract_state"] or "", _("未拟"))} for r in register], "names": names, "today": today(),
        "standing": [(bodies.get(b), [h | {"word": SIDES[h["side"]], "ours": h["side"] == next(k["side"] for k in keys if k["body"] == b), "me": h["person"] == who.person_id} for h in rows])
                     for b, rows in standing.items()], "custodians": services.custodians() if standing else [], "demo_words": DEMO_WORDS,
    })


@bound
def of_matter(request: HttpRequest, ref: str) -> HttpResponse:
    """What everyone on the matter may know: named or anonymous, and the approved extract. Those who may, take a reporter in here."""
    matter = matter_or_404(ref)
    record_look([matter.id], purpose="reporter")
    may_take = services.may_take(matter.id)
    typed = request.POST.dict() if request.method == "POST" else {"named": "1", "received_on": today().isoformat()}
    error: Refused | None = None
    taken: services.Taken | None = None
    if request.method == "POST":
        if not may_take:
            raise NotVisible()
        try:
            with transaction.atomic():
                taken = services.take_in(matter.id, body=matter.owner_body_id, named=typed.get("named") == "1", received_on=_day(typed.get("received_on", "")),
                                         identity={k: typed.get(k, "") for k in services.PARTS}, extract=typed.get("extract", ""), answer=typed.get("answer", ""))
                typed = {"named": "1", "received_on": today().isoformat()}
        except Refused as refused:
            if refused.code == "not_found":
                raise
            error = refused
    sides = {h["side"] for h in services.standing(matter.owner_body_id)} if may_take else set()
    return _said(request, "matter", {
        "matter": matter, "rows": [r | {"word": EXTRACTS.get(r["extract_state"] or "", _("未拟"))} for r in services.of_matter(matter.id)], "may_take": may_take, "taken": taken, "error": error, "typed": typed,
        "fields": [(code, word, typed.get(code, "")) for code, word in FIELDS], "ready": {"keeper", "approver"} <= sides and len(services.custodians()) >= services.OPEN_WITH,
        "duties": FeedbackDuty.objects.filter(matter=matter, to_reporter=True), "key": any(k["body"] == matter.owner_body_id for k in services.my_keys()),
    }, status=422 if error else 200)


@bound
def one(request: HttpRequest, ref: str) -> HttpResponse:
    """One report for its keyholder: ask, answer, erase."""
    report = services.one(identity(ref))
    row = next((r for r in services.register() if r["id"] == report["id"]), None)
    return _said(request, "report", {"r": report, "row": row, "side": SIDES[report["side"]], "today": today(), "names": _names({row["erase_ordered_by"]}) if row else {},
                                     "choices": [(k, w) for k, w in PURPOSES.items() if (report["named"] or k == "extract") and (report["side"] == "keeper" or k not in ("extract", "answer"))]})


@bound
def request_page(request: HttpRequest, ref: str) -> HttpResponse:
    """My request: the one showing (it is not stored, not cached and not shown again), the new extract, and how it ended."""
    found = next((r for r in services.my_requests() if r["id"] == identity(ref)), None)
    if found is None:
        raise NotVisible()
    shown: dict[str, str] | None = None
    if request.method == "POST":
        shown = services.show(found["id"], request.POST.get("passphrase", ""))
        found = next(r for r in services.my_requests() if r["id"] == found["id"])
    labels = [*FIELDS, ("original", _("原文"))]
    return _said(request, "request", {"r": found | {"word": PURPOSES[found["purpose"]], "now": STATES["withdrawn" if found["late"] else found["state"]]}, "names": _names({found["approver"], found["keeper"]}),
                                      "shown": [(word, shown[code]) for code, word in labels if shown and code in shown]})


def _handed(p: Any) -> None:
    services.hand(_number(p.get("request", "")), p.get("passphrase", ""))


ACTS: dict[str, Callable[[Any], Any]] = {
    "key": lambda p: services.make_key(_number(p.get("body", "")), p.get("side", ""), p.get("passphrase", "") if p.get("passphrase") == p.get("again") else ""),
    "end-key": lambda p: services.retire_key(_number(p.get("holder", "")), p.get("why", "")),
    "hand-on": lambda p: services.hand_on(_number(p.get("body", "")), _number(p.get("holder", "")), p.get("passphrase", "")),
    "ask": lambda p: services.ask(_number(p.get("report", "")), p.get("purpose", ""), p.get("reason", ""), min(_number(p.get("hours", "24")), 72)),
    "hand": _handed,
    "refuse": lambda p: services.refuse(_number(p.get("request", "")), p.get("why", "")),
    "withdraw": lambda p: services.withdraw(_number(p.get("request", ""))),
    "rewrite": lambda p: services.rewrite(_number(p.get("request", "")), p.get("passphrase", ""), p.get("extract", ""), p.get("answer", "")),
    "close": lambda p: services.close(_number(p.get("request", "")), p.get("outcome", "")),
    "decide": lambda p: services.decide_extract(_number(p.get("extract", "")), p.get("verdict", ""), p.get("remark", "")),
    "answered": lambda p: services.answered(_number(p.get("report", "")), how=p.get("how", ""), on=_day(p.get("on", "")), duty=_number(p["duty"]) if p.get("duty") else None, text=p.get("text", "")),
    "order-erasure": lambda p: services.order_erasure(_number(p.get("report", "")), p.get("basis", "")),
    "erase": lambda p: services.erase(_number(p.get("report", ""))),
}


@require_POST
@bound
def act(request: HttpRequest, what: str) -> HttpResponse:
    """One act of the store; the database decides who may."""
    if what not in ACTS:
        raise NotVisible()
    if what == "answered" and request.POST.get("how") not in HOWS:
        raise Refused("how", "请选择答复方式。", "Choose how the answer was given.")
    ACTS[what](request.POST)
    return redirect("reporters")
