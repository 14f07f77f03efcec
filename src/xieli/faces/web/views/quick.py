"""Two doors at which a person stands or a telephone rings: the green channel in four fields, and rights intake on the spot."""
from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from xieli.faces.web.context import Me, me
from xieli.faces.web.decorators import bound
from xieli.faces.web.templatetags.xieli import ZONE
from xieli.office.audit import record_look
from xieli.office.bodies.models import Body, Room
from xieli.office.ids import to_ref
from xieli.office.matters.services import approvals, forms, leads
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.services.playbooks import current
from xieli.office.matters.tables.core import Matter

FOUR = ("subject", "unit", "caller", "urgent")


def _room(who: Me, kinds: tuple[str, ...] = ()) -> Room | None:
    for posting in who.postings:
        if posting.room is not None and (not kinds or posting.room.kind in kinds):
            return posting.room
    return None


@bound
def green_channel(request: HttpRequest) -> HttpResponse:
    """Four fields open it; the request to the duty officer goes out with the same press. Whom it concerns is asked first.

    No draft is kept: a name may belong to the superior, and then nothing of it stays here (DESIGN.md §9).
    """
    who = me(request)
    room = _room(who)
    if not who.offices & {"room_head", "handler", "case_duty", "head", "deputy"} or who.body is None:
        raise NotVisible()
    error: Refused | None = None
    typed: dict[str, Any] = {k: request.POST.get(k, "").strip() for k in FOUR}
    if request.method == "POST":
        try:
            with transaction.atomic():
                return redirect("matter", to_ref(_open_channel(who, room, typed, request.POST.get("caller_body", ""))))
        except Refused as refusal:
            if refusal.code == "sealed_hand_up":
                typed = dict.fromkeys(FOUR, "")  # nothing of it is kept, not even on the page
            error = refusal
    mine = list(Matter.objects.filter(kind="green_channel", status="open").select_related("owner_body").order_by("-opened_at")[:20])
    record_look([m.id for m in mine], purpose="green-channel", list=True)
    return render(request, "web/green.html", {"typed": typed, "error": error, "room": room, "mine": mine, "callers": Body.objects.filter(kind="resident_organ", valid_to=None).order_by("sort_key"),
                                              "units": Body.objects.filter(valid_to=None, kind__in=["central_unit", "line_department", "unit"]).order_by("kind", "sort_key"),
                                              "caller_body": request.POST.get("caller_body", "")}, status=422 if error else 200)


def _open_channel(who: Me, room: Room | None, typed: dict[str, str], caller_body: str) -> int:
    missing = [k for k in FOUR if not typed[k]]
    if missing:
        words = {"subject": ("涉及谁", "whom it concerns"), "unit": ("哪个单位", "which unit"), "caller": ("谁来的", "who calls"), "urgent": ("急在哪里", "what is urgent")}
        raise Refused("missing", "还没有填：" + "、".join(words[k][0] for k in missing) + "。", "Still empty: " + ", ".join(words[k][1] for k in missing) + ".")
    unit = Body.objects.filter(pk=int(typed["unit"])).first() if typed["unit"].isdecimal() else None
    if unit is None:
        raise Refused("unit", "请从列表中选择单位。", "Choose the unit from the list.")
    caller = Body.objects.filter(pk=int(caller_body)).first() if caller_body.isdecimal() else Body.objects.filter(unit=unit, kind="resident_organ", valid_to=None).first()
    assert who.body is not None
    matter = leads.register(leads.NewMatter(
        "green_channel", f"绿色通道：{unit.name_zh}请求办理{typed['subject']}", who.body.id, room.id if room else None,
        (leads.Subject(typed["subject"], unit_body=unit.id),), source="phone", urgent=True, parties={"caller": (caller.id,)} if caller else {}))
    forms.submit(matter, "call", typed)
    approvals.request(matter, "open", {"caller": typed["caller"]}, reason=typed["urgent"], urgent=True)
    return int(matter.id)


@bound
def rights(request: HttpRequest) -> HttpResponse:
    """Whatever a person under investigation hands in: received by someone outside the team, with a number on the spot."""
    from xieli.faces.web import playbook_forms

    who = me(request)
    if not who.offices & {"rights_officer", "case_duty", "head"} or who.body is None:
        raise NotVisible()
    form = current("rights_intake").forms["intake"]
    data: dict[str, Any] = {"received_at": who.now.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M")}
    error: Refused | None = None
    if request.method == "POST":
        data = playbook_forms.read(form, request.POST)
        try:
            with transaction.atomic():
                room = _room(who, ("internal_supervision", "case_management", "petitions"))
                name = str(data.get("person", "")).strip()
                if not name:
                    raise Refused("missing", "请写明提出人。", "Say who hands it in.")
                matter = leads.register(leads.NewMatter("rights_intake", f"权利事项：{name}", who.body.id, room.id if room else None, (leads.Subject(name),), source="in_person"))
                forms.submit(matter, "intake", data)
                return redirect("matter", matter.ref)
        except Refused as refusal:
            error = refusal
    mine = list(Matter.objects.filter(kind="rights_intake").select_related("owner_body").order_by("-opened_at")[:30])
    record_look([m.id for m in mine], purpose="rights", list=True)
    return render(request, "web/rights.html", {"form": form, "controls": playbook_forms.controls(form, data), "error": error, "mine": mine, "now": who.now}, status=422 if error else 200)
