"""The way in: the role picker of a demo, the door's sign-in otherwise; language, theme, leaving."""
from __future__ import annotations

import json
import os
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from xieli.faces.web.context import installation
from xieli.faces.web.tour import COOKIE as TOUR
from xieli.server import anew
from xieli.server.binding import open_demo_session

# the ten personas of the field, by the code of the person who plays them; what they do first
FACES = (
    ("chief3", "监督检查室主任", "Head of a supervision room", "电话响了：开绿色通道，提请指定管辖", "The phone rings: open the green channel, propose a designation"),
    ("yj-head", "市纪委监委主要负责人", "Head of the commission", "两下点批；读一页驾驶舱", "Approve in two taps; read one page"),
    ("fire-officer", "中央单位纪委负责人", "Discipline officer of a central unit", "移送线索，看看后来怎么样了", "Hand over a lead, see what became of it"),
    ("zhou-rong", "县纪委监委分管领导", "Deputy head of a county commission", "路上看案情，定方案", "Read the brief on the road, fix the plan"),
    ("wuchuan-handler1", "县纪委监委办案人员", "County investigator", "谈话、协查、时钟", "Talks, assistance, clocks"),
    ("yj-clerk", "案管室台账员", "Ledger clerk", "登记、导入、催办、对账", "Register, import, remind, reconcile"),
    ("ins-leader", "巡察组组长", "Leader of an inspection group", "边巡边移，看反馈", "Hand over during inspection, read feedback"),
    ("yj-analyst", "数据分析员", "Data analyst", "授权之下碰撞数据，逐条研判", "Match data under authorization, judge each hit"),
    ("wenshan-secretary", "乡镇纪委书记", "Town secretary", "请求支援，上报，看整改", "Ask for hands, report, check rectification"),
    ("fengdeng-supervisor", "村（廉勤）监督员", "Village supervisor", "随手记", "A note in thirty seconds"),
    ("audadmin", "审计管理员", "Audit administrator", "谁看了什么，链是否完整", "Who saw what, is the chain whole"),
)


def loopback(request: HttpRequest) -> bool:
    """Whether the request comes from this machine."""
    return request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1", "")


def demo_people() -> dict[str, int]:
    """Persons of the demo by their code."""
    from xieli.office.demo.world import cast

    with connection.cursor() as cursor:
        cursor.execute("select access.demo_faces()")
        people = json.loads(cursor.fetchone()[0] or "{}")
    return {p.code: people[p.name] for p in cast() if p.name in people}


def entrance(request: HttpRequest) -> HttpResponse:
    """A demo shows faces; a real installation goes to the sign-in process."""
    place = installation()
    if place["mark"] != "demo":
        return redirect(os.environ.get("XIELI_DOOR_URL", "/"))
    from xieli.office.demo.world import PEOPLE

    people, by_code = demo_people(), {p.code: p for p in PEOPLE}
    faces = [{"code": code, "zh": zh, "en": en, "do_zh": do_zh, "do_en": do_en, "name": by_code[code].name, "name_en": by_code[code].en, "id": people.get(code)}
             for code, zh, en, do_zh, do_en in FACES]
    return render(request, "web/entrance.html", {"faces": [f for f in faces if f["id"]], "anew": anew.VARIABLE in os.environ and loopback(request), "unsure": request.GET.get("sure") == "no"})


@require_POST
def start_anew(request: HttpRequest) -> HttpResponse:
    """Ask the supervisor to make this demo anew; the page waits until it is there. Anywhere but in a demo on this machine it does not exist."""
    place = os.environ.get(anew.VARIABLE)
    if not place or installation()["mark"] != "demo" or not loopback(request):
        raise Http404
    if request.POST.get("sure") != "1":
        return redirect(f"{reverse('entrance')}?sure=no#anew")
    anew.ask(Path(place))
    response = render(request, "web/anew.html", {}, status=202)
    response.delete_cookie(settings.SESSION_COOKIE)
    response.delete_cookie(TOUR)
    return response


@require_POST
def enter(request: HttpRequest) -> HttpResponse:
    """Take a role in a demo; the database refuses it anywhere else, and off loopback it does not exist."""
    if installation()["mark"] != "demo" or not loopback(request):
        return redirect("entrance")
    if request.POST.get("person", "") not in {str(i) for i in demo_people().values()}:
        return redirect("entrance")
    token = open_demo_session(int(request.POST["person"]))
    response = redirect("workbench")
    response.set_cookie(settings.SESSION_COOKIE, token, httponly=True, samesite="Strict", secure=settings.SESSION_COOKIE.startswith("__Host-"))
    return response


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """End the session now; the next query of a copied cookie sees nothing."""
    with connection.cursor() as cursor:
        cursor.execute("select access.end_session()")
    response = redirect("entrance")
    response.delete_cookie(settings.SESSION_COOKIE)
    response["Clear-Site-Data"] = '"cache", "storage"'  # language and theme are cookies and stay
    return response


def _next(request: HttpRequest) -> str:
    target = request.POST.get("next", "/")
    return target if url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}) else "/"


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Chinese or English, remembered on this machine."""
    response = redirect(_next(request))
    code = request.POST.get("language", "zh-hans")
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, code if code in dict(settings.LANGUAGES) else "zh-hans", max_age=31_536_000, samesite="Lax")
    return response


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Light, dark, as the system; larger type."""
    response = redirect(_next(request))
    wanted = request.POST.get("theme", "")
    if wanted in ("light", "dark", "auto"):
        response.set_cookie("xieli_theme", wanted, max_age=31_536_000, samesite="Lax")
    if request.POST.get("keys") in ("on", "off"):
        response.set_cookie("xieli_keys", request.POST["keys"], max_age=31_536_000, samesite="Lax")
    if request.POST.get("big") in ("0", "1"):
        response.set_cookie("xieli_big", request.POST["big"], max_age=31_536_000, samesite="Lax")
    return response
